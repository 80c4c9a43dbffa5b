"""The parameter files against the acts: limits, operators and days typed in here by hand from their text."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from law.loader import Value, load_law

LAW = load_law()

LIMITS: list[tuple[str, str, str | None, Value]] = [
    ("2012-10-01", "ghettoomraade_2010.residents", ">=", 1000),
    ("2012-10-01", "ghettoomraade_2010.nonwestern", ">", Fraction(50, 100)),
    ("2012-10-01", "ghettoomraade_2010.outside", ">", Fraction(40, 100)),
    ("2012-10-01", "ghettoomraade_2010.convicted", ">", Fraction(270, 10000)),
    ("2012-10-01", "ghettoomraade_2010.criteria_needed", ">=", 2),
    ("2012-10-01", "ghettoomraade_2010.mean_years", None, 4),
    ("2016-12-01", "ghettoomraade_2014.residents", ">=", 1000),
    ("2016-12-01", "ghettoomraade_2014.nonwestern", ">", Fraction(50, 100)),
    ("2016-12-01", "ghettoomraade_2014.outside", ">", Fraction(40, 100)),
    ("2016-12-01", "ghettoomraade_2014.convicted", ">", Fraction(27, 1000)),
    ("2016-12-01", "ghettoomraade_2014.primary_only", ">", Fraction(50, 100)),
    ("2016-12-01", "ghettoomraade_2014.income", "<", Fraction(55, 100)),
    ("2016-12-01", "ghettoomraade_2014.criteria_needed", ">=", 3),
    ("2016-12-01", "ghettoomraade_2014.mean_years", None, 2),
    *(
        row
        for day in ("2018-12-01", "2021-12-01", "2025-12-01")
        for row in (
            (day, "udsat_boligomraade.residents", ">=", 1000),
            (day, "udsat_boligomraade.outside", ">", Fraction(40, 100)),
            (day, "udsat_boligomraade.convicted", ">=", Fraction(3)),
            (day, "udsat_boligomraade.primary_only", ">", Fraction(60, 100)),
            (day, "udsat_boligomraade.income", "<", Fraction(55, 100)),
            (day, "udsat_boligomraade.criteria_needed", ">=", 2),
            (day, "parallelsamfund.nonwestern", ">", Fraction(50, 100)),
            (day, "omdannelsesomraade.years", ">=", 5),
            (day, "opgoerelse.outside_age_from", None, 18),
            (day, "opgoerelse.outside_age_to", None, 64),
            (day, "opgoerelse.convicted_age_from", None, 18),
            (day, "opgoerelse.primary_only_age_from", None, 30),
            (day, "opgoerelse.primary_only_age_to", None, 59),
            (day, "opgoerelse.income_age_from", None, 15),
            (day, "opgoerelse.income_age_to", None, 64),
            (day, "opgoerelse.fulltime_hours_per_week", None, 37),
        )
    ),
    ("2021-06-01", "omdannelsesomraade.years", ">=", 4),
    ("2021-11-30", "forebyggelsesomraade.residents", ">=", 1000),
    ("2021-11-30", "forebyggelsesomraade.nonwestern", ">", Fraction(30, 100)),
    ("2021-11-30", "forebyggelsesomraade.outside", ">", Fraction(30, 100)),
    ("2021-11-30", "forebyggelsesomraade.convicted", ">=", Fraction(2)),
    ("2021-11-30", "forebyggelsesomraade.primary_only", ">", Fraction(60, 100)),
    ("2021-11-30", "forebyggelsesomraade.income", "<", Fraction(65, 100)),
    ("2021-11-30", "forebyggelsesomraade.criteria_needed", ">=", 2),
    ("2021-11-30", "anvisningsloft.share", ">", Fraction(30, 100)),
    ("2025-12-01", "udviklingsplan.demolished_from_year", None, 2011),
    ("2025-06-30", "anvisning.stk7_long_benefits", None, ("kontanthjaelp",)),
    ("2025-07-01", "anvisning.stk7_long_benefits", None, ("kontanthjaelp_16_1",)),
    ("2025-07-01", "anvisning.stk7_short_benefits", None, ("kontanthjaelp_16_2",)),
    ("2025-12-01", "anvisning.stk7_long_months", ">=", 24),
    ("2025-12-01", "anvisning.stk7_short_months", ">=", 6),
    ("2022-07-01", "privat_anvisning.refund_per_home", "<=", 30_000_00),
    ("2022-07-01", "privat_anvisning.municipal_limit", "<=", 500_000_00),
    ("2022-07-01", "privat_anvisning.pool", "<=", 6_800_000_00),
    ("2022-07-01", "privat_anvisning.max_share", "<=", Fraction(25, 100)),
    ("2022-07-01", "privat_anvisning.lapse_months", None, 3),
    ("2025-12-01", "udviklingsplan.family_home_share", "<=", Fraction(40, 100)),
    ("2025-12-01", "udviklingsplan.deadline_year", None, 2030),
    ("2025-12-01", "udviklingsplan.business_area_per_home", None, 75),
    ("2025-12-01", "fleksibel_udlejning.criteria_years", "<=", 4),
]


@pytest.mark.parametrize(("day", "name", "operator", "value"), LIMITS)
def test_value_and_operator_are_those_of_the_act(day: str, name: str, operator: str | None, value: Value) -> None:
    found = LAW.in_force(dt.date.fromisoformat(day))[name]
    assert (found.operator, found.value) == (operator, value)


OF_THE_LISTS = {"udsat_boligomraade", "parallelsamfund", "omdannelsesomraade", "forebyggelsesomraade", "anvisningsloft"}


def test_every_limit_of_the_lists_is_typed_in() -> None:
    """A second pair of eyes on each: a value that is added to a parameter file asks for its line above."""
    typed = [(dt.date.fromisoformat(day), name) for day, name, _, _ in LIMITS]
    missing = [
        f"{name} from {dated.effective_from}"
        for name, parameter in LAW.parameters.items()
        if name.split(".")[0] in OF_THE_LISTS and parameter.operator
        for dated in parameter.values
        if not any(
            typed_name == name and dated.effective_from <= day and (dated.until is None or day < dated.until)
            for day, typed_name in typed
        )
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("ghettoomraade_2010.residents", "2011-01-01", "2013-12-31"),
        ("ghettoomraade_2014.residents", "2014-01-01", "2018-11-30"),
        ("udsat_boligomraade.residents", "2018-12-01", None),
        ("parallelsamfund.nonwestern", "2018-12-01", None),
        ("forebyggelsesomraade.residents", "2021-11-30", None),
        ("anvisningsloft.share", "2021-11-30", None),
        ("privat_anvisning.pool", "2022-07-01", None),
    ],
)
def test_a_quantity_begins_and_ends_with_its_act(name: str, first: str, last: str | None) -> None:
    values = LAW.parameters[name].values
    assert values[0].effective_from == dt.date.fromisoformat(first)
    assert values[-1].until == (dt.date.fromisoformat(last) + dt.timedelta(days=1) if last else None)


@pytest.mark.parametrize(
    "name",
    [
        "forebyggelsesomraade.outside",
        "forebyggelsesomraade.primary_only",
        "forebyggelsesomraade.convicted",
        "anvisning.stk7_long_months",
        "anvisning.stk7_short_benefits",
        "anvisning.release_months",
        "anvisning.citizenship_groups",
        "privat_anvisning.refund_per_home",
        "privat_anvisning.pool",
    ],
)
def test_where_the_agreement_says_otherwise_the_note_says_so(name: str) -> None:
    assert "agreement" in (LAW.parameters[name].values[0].note or "")


@pytest.mark.parametrize("mark", [f"A{number}" for number in range(1, 12)])
def test_every_open_question_of_the_text_is_a_choice(mark: str) -> None:
    notes = [
        dated.note or ""
        for name, parameter in LAW.parameters.items()
        if name.startswith(("valg.", "afgoerelsesvalg."))
        for dated in parameter.values
    ]
    assert any(f"({mark})" in note or note.startswith(f"{mark}:") for note in notes)


def test_the_terms_are_those_of_the_time() -> None:
    terms = {
        year: [
            LAW.parameters[name].choices[str(LAW.for_list_year(year)[name].value)]
            for name in ("betegnelse.parallelsamfund", "betegnelse.omdannelsesomraade")
        ]
        for year in (2020, 2021)
    }
    assert terms == {
        2020: ["ghettoområde", "hårdt ghettoområde"],
        2021: ["parallelsamfund", "omdannelsesområde"],
    }
