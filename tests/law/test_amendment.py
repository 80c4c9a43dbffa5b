"""An amendment is one change in one YAML file: `docs/law-changes.md` shown on a copy of the parameters."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from assets.publishing.sealing import describe_law
from law.loader import PARAMETER_DIRECTORY, STATISTICS_GROUPS, Law, LawError, list_day, load_law
from tests.deriving import LAW, categories, database, put_figures
from tests.law.test_boundaries import EXPECTED
from tests.law.test_sql_limits import found_around, meeting

NAME = "forebyggelsesomraade.nonwestern"
FIRST_YEAR = 2030
GUIDE = Path(__file__).resolve().parent.parent.parent / "docs" / "law-changes.md"


def from_the_guide() -> dict[str, object]:
    """The value that the guide adds, read out of it."""
    text = GUIDE.read_text(encoding="utf-8")
    block = text.split("```yaml")[1].split("```")[0]
    (_, added) = yaml.safe_load(block)["values"]
    return added


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("law") / "parameters"
    shutil.copytree(PARAMETER_DIRECTORY, copy)
    path = copy / Path(*NAME.split(".")).with_suffix(".yaml")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    added = from_the_guide()
    document["values"][-1]["until"] = added["from"]
    document["values"].append(added)
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return copy


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
