"""`explain`: the counts behind each figure, and the words of the act that stood on the list's day."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.explain import _cap_lines, _fraction
from tests.command import Row, copied_product, csv_table, fresh_cli, run_cli
from tests.graph.homes import YEAR, Ready

OF_A_YEAR = ("--list-year", YEAR)
QUANTITY = Path("law/parameters/forebyggelsesomraade/nonwestern.yaml")
WORDS = Path("law/statutes/almenboligloven.yaml")
OPENING = "§ 61 b"
REMARK = f"(an earlier wording, of LBK nr. 1171/2024: 35 pct has been in force since {YEAR}-01-01, by an invented act)"


# --- the counts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "counts", "told"),
    [
        ("550", "1015", (), "= 550 / 1015 = 110 / 203 exactly"),
        ("7", "10", (), "= 7 / 10 exactly"),
        ("1015", "1", (), "= 1015 exactly"),
        ("0", "40", (), "= 0 / 40 = 0 exactly"),
        ("6", "8", ({"year": 2024},), "= 3 / 4 exactly"),
        (None, None, (), "no persons, or what it is held against is 0"),
    ],
)
def test_a_figure_stands_as_it_was_counted_and_in_lowest_terms(
    numerator: str | None, denominator: str | None, counts: tuple[Mapping[str, int], ...], told: str
) -> None:
    assert _fraction({"numerator": numerator, "denominator": denominator, "counts": counts}) == told


@pytest.fixture(scope="module")
def figures(ready: Ready) -> list[Row]:
    """What the edition publishes of each area."""
    return csv_table(ready.home, YEAR, "area_criteria")


@pytest.fixture(scope="module")
def in_words(ready: Ready, figures: list[Row]) -> list[str]:
    """The explanation of each area, in the order of the figures."""
    return [explained(ready, row) for row in figures]


@pytest.fixture(scope="module")
def as_data(ready: Ready, figures: list[Row]) -> list[list[dict[str, Any]]]:
    """The criteria of each area's explanation as data, in the order of the figures."""
    return [json.loads(explained(ready, row, "--json"))["criteria"] for row in figures]


def explained(ready: Ready, row: Row, *more: str) -> str:
    told = run_cli("explain", "--home", ready.home, *OF_A_YEAR, row["area_id"], *more)
    assert told.code == 0, told.output
    return told.output


def test_each_year_is_told_by_its_own_counts(
    figures: list[Row], in_words: list[str], as_data: list[list[dict[str, Any]]]
) -> None:
    for row, words, data in zip(figures, in_words, as_data, strict=True):
        for held in (one for one in data if one["criterion"] == "convicted"):
            of_area = [part for part in held["counts"] if part["of"] == "area"]
            assert [(part["year"], part["numerator"], part["denominator"]) for part in of_area] == [
                (YEAR - number, row[f"convicted_y{number}"], row[f"adults_y{number}"]) for number in (2, 1)
            ]
            for part in held["counts"]:
                counted = f"{part['numerator']} / {part['denominator']} (convicted, of adults)"
                assert f"    {part['year']}, {part['of']}: {counted}" in words.splitlines()


def test_a_share_of_one_day_is_told_by_its_counts_first(
    figures: list[Row], in_words: list[str], as_data: list[list[dict[str, Any]]]
) -> None:
    shortened = 0
    for row, words, data in zip(figures, in_words, as_data, strict=True):
        numerator, denominator = int(row["primary_only"]), int(row["persons_30_59"])
        held = [one for one in data if one["criterion"] == "primary_only"]
        if not denominator:
            continue
        assert {(one["numerator"], one["denominator"]) for one in held} == {(str(numerator), str(denominator))}
        assert all(one["counts"] == [] for one in held)
        exact = Fraction(numerator, denominator)
        forms = [(numerator, denominator), (exact.numerator, exact.denominator)]
        told = list(dict.fromkeys(f"{part} / {whole}" if whole > 1 else str(part) for part, whole in forms))
        shortened += len(told) > 1
        assert f"    = {' = '.join(told)} exactly; § 61 a, stk. 1, nr. 3" in words
    assert shortened


def test_the_parts_make_the_exact_figure(as_data: list[list[dict[str, Any]]]) -> None:
    made = set()
    for held in (one for data in as_data for one in data if one["counts"] and one["numerator"] is not None):
        parts: dict[str, list[Fraction]] = {}
        for part in held["counts"]:
            parts.setdefault(part["of"], []).append(Fraction(int(part["numerator"]), int(part["denominator"])))
        means = {of: sum(shares, Fraction()) / len(shares) for of, shares in parts.items()}
        base = means.get("country", means.get("region", Fraction(1)))
        assert means["area"] / base == Fraction(int(held["numerator"]), int(held["denominator"]))
        made.add(held["criterion"])
    assert made == {"outside", "convicted", "income"}


def test_full_time_persons_are_those_of_the_published_share(
    figures: list[Row], as_data: list[list[dict[str, Any]]]
) -> None:
    for row, data in zip(figures, as_data, strict=True):
        parts = next(one["counts"] for one in data if one["criterion"] == "outside")
        for number, part in zip((2, 1), parts, strict=True):
            in_full_time, persons = part["unit"].split(": ")[1].split(" full-time persons of ")
            assert persons == row[f"persons_18_64_y{number}"]
            if share := row[f"outside_share_y{number}"]:
                assert abs(Fraction(in_full_time) - Fraction(share) * int(persons)) < Fraction(1, 1000)


# --- the words of the act -------------------------------------------------------------------------------------------


FIRST = dt.date(YEAR, 1, 1)


def amend(path: Path, place: Sequence[str], new: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Gives the dated entry in force on the first day of the list year another after it, from that day on."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries = document
    for key in place:
        entries = entries[key]
    number = max(number for number, entry in enumerate(entries) if entry["from"] < FIRST)
    entries.insert(number + 1, {**entries[number], **new(entries[number]), "from": FIRST})
    entries[number]["until"] = FIRST
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def amended(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The product under an act that raises a limit to 35 pct from 1 January of the list year, and its edition."""
    folder = tmp_path_factory.mktemp("amended")
    product = copied_product(folder / "product")
    home = Path(shutil.copytree(ready.home, folder / "home"))
    amend(
        product / QUANTITY,
        ["values"],
        lambda old: {"value": "35 pct", "reference": {**old["reference"], "act": "an invented act"}},
    )
    as_of = ("--as-of", f"{YEAR}-12-01", "--no-report")
    done = fresh_cli("run", *OF_A_YEAR, "--snapshots", ready.snapshots, "--home", home, *as_of, product=product)
    assert done.code == 0, done.output
    return product, home


def test_words_that_the_amendment_left_behind_are_told_as_an_earlier_wording(amended: tuple[Path, Path]) -> None:
    product, home = amended
    area = csv_table(home, YEAR, "area_status")[0]["area_id"]
    ask = ("explain", "--home", home, *OF_A_YEAR, area)
    told = fresh_cli(*ask, product=product)
    assert told.code == 0, told.output
    after = [
        below for line, below in zip(told.lines, told.lines[1:], strict=False) if "overstiger 30 pct., og hvor" in line
    ]
    assert after
    assert {line.strip() for line in after} == {REMARK}
    assert told.output.count("an earlier wording") == len(after)
    data = json.loads(fresh_cli(*ask, "--json", product=product).output)
    remarks = {provision: quoted["remark"] for provision, quoted in data["quotations"].items() if quoted["remark"]}
    assert remarks == {OPENING: REMARK[1:-1]}
    beside = {held["paragraph"] for held in data["criteria"] if held["sentence_remark"] == REMARK[1:-1]}
    assert beside == {OPENING}


def test_the_words_of_the_amendment_are_quoted_beside_its_limit(amended: tuple[Path, Path], tmp_path: Path) -> None:
    product, home = amended
    later = copied_product(tmp_path / "product")
    (later / QUANTITY).write_bytes((product / QUANTITY).read_bytes())
    amend(
        later / WORDS,
        ["sentences", OPENING],
        lambda old: {"act": "an invented act", "text": old["text"].replace("30 pct.", "35 pct.")},
    )
    area = csv_table(home, YEAR, "area_status")[0]["area_id"]
    told = fresh_cli("explain", "--home", home, *OF_A_YEAR, area, product=later)
    assert told.code == 0, told.output
    assert "> 35 pct" in told.output
    assert "overstiger 35 pct., og hvor mindst to" in told.output
    assert "overstiger 30 pct., og hvor mindst to" not in told.output
    assert "earlier wording" not in told.output


def test_residents_are_told_with_the_reading_of_a_sentence_that_names_another_year(
    as_data: list[list[dict[str, Any]]], in_words: list[str]
) -> None:
    """§ 61 a, stk. 3, speaks of 2010; § 61 b does not."""
    told = "read by valg.residents_day = list_year_1_january: the residents are those of the list year"
    found = {(one["criterion"], one["category"]): one["reading"] for data in as_data for one in data}
    assert found["residents", "udsat_boligomraade"] == told
    assert {key for key, reading in found.items() if reading} == {("residents", "udsat_boligomraade")}
    assert all(f"    ({told})" in words for words in in_words)


@pytest.mark.parametrize("over_exempted", [True, False])
def test_a_decision_that_exempts_too_much_is_told(over_exempted: bool) -> None:
    counts = {"homes_udsat": 10, "homes_forebyggelse": 30, "family_homes": 100, "homes_exempted": 20}
    cap = {**counts, "cap_exceeded": True, "decision": "valid", "covered_homes": 20, "over_exempted": over_exempted}
    line, *_ = _cap_lines({"cap": cap, "cap_in_force": True, "exempted": False, "quotations": {}})
    assert ("decision valid, though it exempts more than the cap calls for;" in line) == over_exempted
