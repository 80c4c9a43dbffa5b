"""What a load gives: exact values, dates, look-ups, hash, scenarios."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from law.danish_time import COPENHAGEN
from law.loader import PARAMETER_DIRECTORY, LawError, format_value, list_day, load_law, parse_exact, values_sha256

LAW = load_law()
DAY = dt.date(2025, 12, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("40 pct", Fraction(2, 5)),
        ("40pct.", Fraction(2, 5)),
        ("2,7 pct", Fraction(27, 1000)),
        ("40%", Fraction(2, 5)),
        ("0.40", Fraction(2, 5)),
        ("270/10000", Fraction(27, 1000)),
        ("3", Fraction(3)),
    ],
)
def test_exact_text_is_read_as_a_fraction(text: str, value: Fraction) -> None:
    assert parse_exact(text) == value


@pytest.mark.parametrize("text", ["", "pct", "40 per cent", "1e3", "1/0", "0x10", "40 pct/2", "nan"])
def test_other_text_is_no_exact_number(text: str) -> None:
    with pytest.raises(LawError, match="write it as 40 pct"):
        parse_exact(text)


@pytest.mark.parametrize("name", sorted(LAW.parameters))
def test_every_value_can_be_written_back_and_set_again(name: str) -> None:
    for dated in LAW.parameters[name].values:
        again = LAW.with_values({name: format_value(dated.unit, dated.value)})
        assert again.parameters[name].values[0].value == dated.value


def test_no_value_is_in_binary_floating_point() -> None:
    values = [dated for parameter in LAW.parameters.values() for dated in parameter.values]
    assert {type(dated.value) for dated in values if dated.unit in {"share", "factor"}} == {Fraction}
    assert {type(dated.value) for dated in values} == {Fraction, int, str, tuple}


def test_the_last_day_of_a_value_is_the_one_before_until() -> None:
    _, older, newer = LAW.parameters["omdannelsesomraade.years"].values
    assert older.until == newer.effective_from == dt.date(2021, 11, 30)
    assert LAW.in_force(dt.date(2021, 11, 29))["omdannelsesomraade.years"] is older
    assert LAW.in_force(dt.date(2021, 11, 30))["omdannelsesomraade.years"] is newer


def test_five_years_on_every_list_day_though_the_act_said_four_for_a_while() -> None:
    """Five for the lists of 2018 to 2020, four from 2021, and five for good from the day before that year's list."""
    years = {year: LAW.for_list_year(year)["omdannelsesomraade.years"].value for year in range(2018, 2031)}
    assert set(years.values()) == {5}
    assert LAW.in_force(dt.date(2020, 12, 31))["omdannelsesomraade.years"].value == 5
    assert LAW.in_force(dt.date(2021, 11, 29))["omdannelsesomraade.years"].value == 4


def test_citation_names_the_sentence() -> None:
    value = LAW.in_force(DAY)["udsat_boligomraade.convicted"]
    assert value.reference.citation == "§ 61 a, stk. 1, nr. 2"
    agreed = LAW.in_force(DAY)["redegoerelse.level_years"].reference
    assert agreed.citation == "Indledning", "a heading of the agreement is no paragraph"
    assert LAW.in_force(DAY)["forebyggelsesomraade.outside"].reference.citation == "§ 61 b, nr. 1"


def test_list_day_is_the_first_of_december() -> None:
    assert list_day(2024) == dt.date(2024, 12, 1)


def test_a_list_year_before_the_2018_act_is_refused() -> None:
    assert LAW.first_list_year == 2018
    assert LAW.for_list_year(2018) == LAW.in_force(dt.date(2018, 12, 1))
    with pytest.raises(LawError, match="no law here derives a list for 2017: the first list day covered is 2018-12-01"):
        LAW.for_list_year(2017)


def test_hash_ignores_order_and_comments(tmp_path: Path) -> None:
    copy = tmp_path / "parameters"
    for source in sorted(PARAMETER_DIRECTORY.rglob("*.yaml"), reverse=True):
        target = copy / source.relative_to(PARAMETER_DIRECTORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("# a comment\n" + source.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_law(copy).sha256 == LAW.sha256


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value: 30 pct", "value: 31 pct"),
        ('operator: ">"', 'operator: ">="'),
        ("until: null", "until: 2031-01-01"),
        ("confirmed: 2026-03-08", "confirmed: 2026-03-09"),
        ("nr: 1", "nr: 2"),
        ("lta/2021/2157", "lta/2021/2158"),
        ("exactly 30 pct is not over", "exactly 30 pct is not above"),
        ("mean of two", "average of two"),
    ],
)
def test_every_change_of_content_changes_the_hash(tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(PARAMETER_DIRECTORY, tmp_path / "parameters")
    changed = tmp_path / "parameters" / "forebyggelsesomraade" / "outside.yaml"
    text = changed.read_text(encoding="utf-8")
    assert old in text
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert load_law(tmp_path / "parameters").sha256 != LAW.sha256


def test_a_scenario_changes_the_value_and_keeps_operator_and_days() -> None:
    scenario = LAW.with_values({"forebyggelsesomraade.nonwestern": "25pct", "opgoerelse.income_omfang": "1,2"})
    before, after = (law.parameters["forebyggelsesomraade.nonwestern"].values[0] for law in (LAW, scenario))
    assert after.value == Fraction(1, 4)
    assert (after.operator, after.effective_from, after.reference) == (
        before.operator,
        before.effective_from,
        before.reference,
    )
    assert scenario.in_force(DAY)["opgoerelse.income_omfang"].value == ("1", "2")
    assert scenario.overrides == {
        "forebyggelsesomraade.nonwestern": "25pct",
        "opgoerelse.income_omfang": "1,2",
    }
    assert scenario.sha256 != LAW.sha256
    assert not LAW.overrides


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("forebyggelsesomraade.nonwest", "25pct", "no such parameter"),
        ("forebyggelsesomraade.nonwestern", "25", "outside what a share can be"),
        ("forebyggelsesomraade.nonwestern", "many", "write it as 40 pct"),
        ("forebyggelsesomraade.residents", "1000.5", "no whole number of persons"),
        ("forebyggelsesomraade.residents", "-1", "negative"),
        ("opgoerelse.income_omfang", "1,,2", "a list of texts"),
        ("valg.two_year_mean", "median", "not among the choices"),
        ("valg.two_year_mean", "pooled", "nothing computes the choice"),
    ],
)
def test_a_scenario_value_that_does_not_fit_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(LawError, match=said) as caught:
        LAW.with_values({name: text})
    assert str(caught.value).startswith(f"{name}: ")


def test_a_limit_compares_exactly_and_an_empty_figure_never_meets_it() -> None:
    limit = LAW.in_force(DAY)["udsat_boligomraade.outside"]
    assert not limit.met_by(Fraction(2, 5))
    assert limit.met_by(Fraction(2, 5) + Fraction(1, 10**40))
    assert not limit.met_by(None)
    with pytest.raises(LawError, match="not float"):
        limit.met_by(0.5)  # type: ignore[arg-type]
    with pytest.raises(LawError, match="has no operator"):
        LAW.in_force(DAY)["opgoerelse.outside_age_from"].met_by(20)


def test_values_confirmed_over_a_year_before_are_reported() -> None:
    confirmed = {value.confirmed for value in LAW.in_force(DAY).values()}
    newest = max(confirmed)
    assert LAW.unconfirmed_since(min(confirmed).replace(year=min(confirmed).year + 1)) == ()
    late = dt.date(newest.year + 1, newest.month, newest.day) + dt.timedelta(days=1)
    assert {value.parameter for value in LAW.unconfirmed_since(late)} == set(LAW.in_force(late))
    assert LAW.unconfirmed_since(dt.date(2028, 2, 29))
    assert {value.parameter for value in LAW.unconfirmed_since(late, DAY)} == set(LAW.in_force(DAY))


def test_values_confirmed_after_a_day_are_reported() -> None:
    in_force = LAW.in_force(DAY).values()
    newest = max(value.confirmed for value in in_force)
    assert LAW.confirmed_after(newest, DAY) == ()
    before = newest - dt.timedelta(days=1)
    assert LAW.confirmed_after(before, DAY) == tuple(
        sorted((value for value in in_force if value.confirmed == newest), key=lambda value: value.parameter)
    )


def test_no_value_is_shipped_as_confirmed_on_a_day_to_come() -> None:
    today = dt.datetime.now(COPENHAGEN).date()
    ahead = [v.parameter for p in LAW.parameters.values() for v in p.values if v.confirmed > today]
    assert ahead == []


def test_all_parameters_load_fast() -> None:
    best = 1.0
    for _ in range(3):
        start = time.process_time()
        load_law()
        best = min(best, time.process_time() - start)
    assert best < 0.15


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    shutil.copytree(PARAMETER_DIRECTORY, tmp_path / "parameters")
    (tmp_path / "parameters" / ".DS_Store").write_bytes(b"\0")
    assert load_law(tmp_path / "parameters").sha256 == LAW.sha256


def test_the_hash_of_the_values_of_a_day_covers_what_a_list_of_that_day_rests_on() -> None:
    values = LAW.in_force(dt.date(2026, 12, 1))
    name = "forebyggelsesomraade.nonwestern"
    value = values[name]

    def hashed(**changed: object) -> str:
        return values_sha256({**values, name: replace(value, **changed)})  # type: ignore[arg-type]

    same = values_sha256(values)
    assert hashed(until=dt.date(2030, 1, 1), confirmed=dt.date(2026, 6, 1)) == same
    reference = replace(value.reference, nr="1")
    for changed in (
        {"value": Fraction(31, 100)},
        {"operator": ">="},
        {"unit": "factor"},
        {"reference": reference},
        {"effective_from": dt.date(2021, 12, 1)},
        {"note": "another reading"},
    ):
        assert hashed(**changed) != same, changed
    assert values_sha256({key: kept for key, kept in values.items() if key != name}) != same


def test_the_readme_names_every_group_and_no_other() -> None:
    text = (PARAMETER_DIRECTORY.parent / "README.md").read_text(encoding="utf-8")
    table = text[text.index("## Groups") : text.index("## Held, and")]
    named = {
        name
        for line in table.splitlines()
        for name in re.findall(r"`(\w+)`", line.split("|")[1:2][0] if "|" in line else "")
    }
    assert named == {path.name for path in PARAMETER_DIRECTORY.iterdir() if path.is_dir()}


def test_what_the_readme_says_nothing_is_derived_from_no_source_names() -> None:
    text = (PARAMETER_DIRECTORY.parent / "README.md").read_text(encoding="utf-8")
    table = text[text.index("## Held, and") : text.index("## Reading a file")]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    held = [name for first in rows for name in re.findall(r"`(\w+)\.([\w*]+)`", first)]
    assert len(held) == 4
    root = PARAMETER_DIRECTORY.parent.parent
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("assets", "pipelines", "sql")
        for path in (root / folder).rglob("*")
        if path.suffix in (".py", ".sql", ".j2")
    ]
    for group, quantity in held:
        word = group if quantity == "*" else quantity
        assert not any(word in source for source in sources), word
