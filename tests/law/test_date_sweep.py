"""Over all list years exactly one value is in force for each quantity of the act that applies."""

from __future__ import annotations

import datetime as dt

import pytest

from law.loader import LegalValue, list_day, load_law

LAW = load_law()
YEARS = range(2018, 2036)
ALWAYS = ("udsat_boligomraade", "parallelsamfund", "omdannelsesomraade", "opgoerelse", "betegnelse")
FROM_2021 = ("forebyggelsesomraade", "anvisningsloft", "anvisning", "fleksibel_udlejning")
FROM_2022 = ("privat_anvisning",)
ENDED = ("ghettoomraade_2010", "ghettoomraade_2014")


def group(name: str) -> str:
    return name.split(".")[0]


def at(name: str, day: dt.date) -> list[LegalValue]:
    return [value for value in LAW.parameters[name].values if value.in_force(day)]


@pytest.mark.parametrize("year", YEARS)
def test_one_value_for_each_quantity_of_the_regime(year: int) -> None:
    expected = {*ALWAYS, *(FROM_2021 if year >= 2021 else ()), *(FROM_2022 if year >= 2022 else ())}
    for name in LAW.parameters:
        found = len(at(name, list_day(year)))
        if group(name) in expected:
            assert found == 1, name
        elif group(name) in (*FROM_2021, *FROM_2022, *ENDED):
            assert found == 0, name
        else:
            assert found <= 1, name


@pytest.mark.parametrize("year", YEARS)
def test_every_choice_of_the_present_regime_has_its_default(year: int) -> None:
    for name, parameter in LAW.parameters.items():
        if group(name) in ("valg", "afgoerelsesvalg") and parameter.values[0].effective_from <= list_day(year):
            assert at(name, list_day(year))[0].value in parameter.computed, name


def test_no_day_since_2011_is_without_an_act_and_none_has_two() -> None:
    residents = [f"{name}.residents" for name in (*ENDED, "udsat_boligomraade")]
    day, last = dt.date(2011, 1, 1), dt.date(2036, 1, 1)
    while day < last:
        assert sum(len(at(name, day)) for name in residents) == 1, day
        day += dt.timedelta(days=1)
    assert not any(at(name, dt.date(2010, 12, 31)) for name in residents)


@pytest.mark.parametrize("name", sorted(LAW.parameters))
def test_each_amendment_takes_effect_on_its_day_and_not_the_day_before(name: str) -> None:
    previous: list[LegalValue] = []
    for value in LAW.parameters[name].values:
        assert at(name, value.effective_from) == [value]
        assert at(name, value.effective_from - dt.timedelta(days=1)) == previous
        if value.until:
            assert at(name, value.until - dt.timedelta(days=1)) == [value]
            assert value not in at(name, value.until)
        previous = [value]
