"""An amendment is one value in one YAML file, and its sentence in another: `docs/law-changes.md` shown on a copy of
`law/`."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.publishing.sealing import describe_law
from law.loader import PARAMETER_DIRECTORY, STATISTICS_GROUPS, Law, LawError, list_day, load_law
from law.statutes import ALMENBOLIGLOVEN, STATUTE_DIRECTORY, Statutes, load_statutes
from pipelines.explain import Quoted, quotations
from tests.deriving import LAW, categories, database, put_figures
from tests.law.test_boundaries import EXPECTED
from tests.law.test_sql_limits import found_around, meeting

NAME = "forebyggelsesomraade.nonwestern"
PROVISION = "§ 61 b"
FIRST_YEAR = 2030
GUIDE = Path(__file__).resolve().parent.parent.parent / "docs" / "law-changes.md"


def from_the_guide(number: int) -> dict[str, Any]:
    """What one of the guide's two examples says: the value that is added, or the sentence."""
    text = GUIDE.read_text(encoding="utf-8")
    return yaml.safe_load(text.split("```yaml")[number].split("```")[0])


def add(path: Path, place: list[str], added: dict[str, Any]) -> None:
    """Ends the last dated entry at a place of a YAML file where the added one begins, as the guide says."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries = document
    for key in place:
        entries = entries[key]
    entries[-1]["until"] = added["from"]
    entries.append(added)
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("law") / "parameters"
    shutil.copytree(PARAMETER_DIRECTORY, copy)
    (_, added) = from_the_guide(1)["values"]
    add(copy / Path(*NAME.split(".")).with_suffix(".yaml"), ["values"], added)
    return copy


@pytest.fixture(scope="module")
def statutes(tmp_path_factory: pytest.TempPathFactory) -> Statutes:
    """The sentences with the one that the guide adds."""
    copy = tmp_path_factory.mktemp("law") / "statutes"
    shutil.copytree(STATUTE_DIRECTORY, copy)
    ((provision, (_, added)),) = from_the_guide(2)["sentences"].items()
    assert provision == PROVISION
    add(copy / ALMENBOLIGLOVEN, ["sentences", provision], added)
    return load_statutes(copy)


@pytest.fixture(scope="module")
def amended(directory: Path) -> Law:
    return load_law(directory).of_groups(STATISTICS_GROUPS)


@pytest.mark.parametrize("list_year", range(2018, 2041))
def test_only_list_years_from_the_amendment_on_and_only_the_quantity_change(amended: Law, list_year: int) -> None:
    now, before = amended.for_list_year(list_year), LAW.for_list_year(list_year)
    changed = {
        name for name in now.keys() | before.keys() if getattr(now.get(name), "value", None) != before[name].value
    }
    assert changed == ({NAME} if list_year >= FIRST_YEAR else set())


@pytest.mark.parametrize("list_year", [2018, 2026, 2029, 2030, 2031])
def test_editions_of_list_years_before_the_amendment_are_described_as_before(amended: Law, list_year: int) -> None:
    now = describe_law(amended.for_list_year(list_year), list_year)
    before = describe_law(LAW.for_list_year(list_year), list_year)
    assert (now == before) == (list_year < FIRST_YEAR)


@pytest.mark.parametrize("list_year", [2021, 2029, 2030, 2031])
def test_the_generated_boundary_test_follows_the_amendment(amended: Law, list_year: int) -> None:
    limit = amended.for_list_year(list_year)[NAME]
    assert limit.value == (Fraction(35, 100) if list_year >= FIRST_YEAR else Fraction(30, 100))
    with database(amended, list_year) as con:
        assert found_around(con, limit, list_year) == EXPECTED[str(limit.operator)]


@pytest.mark.parametrize(("list_year", "listed"), [(2029, True), (2030, False)])
def test_one_area_on_the_last_list_before_and_the_first_after(amended: Law, list_year: int, listed: bool) -> None:
    figures = {"nonwestern": Fraction(33, 100), "primary_only": Fraction(70, 100)}
    values = amended.for_list_year(list_year)
    outside = meeting(values, "forebyggelsesomraade", 1)["outside"]
    with database(amended, list_year) as con:
        put_figures(con, {"omraade": {**figures, "outside": outside}}, list_year)
        assert categories(con)["omraade"]["forebyggelsesomraade"] is listed


def test_the_day_before_has_the_old_value(amended: Law) -> None:
    day = list_day(FIRST_YEAR).replace(month=1, day=1)
    assert amended.in_force(day)[NAME].value == Fraction(35, 100)
    assert amended.in_force(day.replace(year=FIRST_YEAR - 1, month=12, day=31))[NAME].value == Fraction(30, 100)


@pytest.mark.parametrize("list_year", [2021, 2026, 2029, 2030, 2031])
def test_the_words_beside_the_limit_are_those_of_the_list_day(amended: Law, statutes: Statutes, list_year: int) -> None:
    values = amended.for_list_year(list_year)
    quoted = quotations(values, statutes, list_year)
    assert f"overstiger {values[NAME].text}., og hvor" in str(quoted[PROVISION].sentence)
    assert quoted[PROVISION].act == ("the amending act" if list_year >= FIRST_YEAR else "LBK nr. 1171/2024")
    assert remarks(quoted) == {}


@pytest.mark.parametrize("list_year", [2029, 2030, 2031])
def test_a_sentence_that_was_forgotten_is_told_as_an_earlier_wording(amended: Law, list_year: int) -> None:
    quoted = quotations(amended.for_list_year(list_year), load_statutes(), list_year)
    act = from_the_guide(1)["values"][1]["reference"]["act"]
    told = f"an earlier wording, of LBK nr. 1171/2024: 35 pct has been in force since {FIRST_YEAR}-01-01, by {act}"
    assert remarks(quoted) == ({PROVISION: told} if list_year >= FIRST_YEAR else {})


def remarks(quoted: dict[str, Quoted]) -> dict[str, str]:
    return {provision: one.remark for provision, one in quoted.items() if one.remark}


def test_an_end_that_was_forgotten_stops_the_load_and_names_the_fix(directory: Path, tmp_path: Path) -> None:
    copy = tmp_path / "parameters"
    shutil.copytree(directory, copy)
    path = copy / Path(*NAME.split(".")).with_suffix(".yaml")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["values"][-2]["until"] = None
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    with pytest.raises(LawError) as error:
        load_law(copy)
    assert "forebyggelsesomraade/nonwestern.yaml" in str(error.value)
    assert f"until to {FIRST_YEAR}-01-01" in str(error.value)
