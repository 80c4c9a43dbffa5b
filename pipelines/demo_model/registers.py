"""What the other registers say about the people: benefits, decisions, education, income, occupation.

Here belong the rows of `of`, `kraf`, `udda`, `ind` and `akm` as columns of numbers. What does not belong
here: text formats and files (see `pipelines.demo`). Inside an area the figures are exact quotas of its
residents of that day, so that a small area is not blown off its plan by chance; outside, everyone has the
share that brings the country to the marginals, as far as the areas leave room for it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from pipelines.demo_model.draws import AnyInts, Bools, Draws, Floats, Ints, lowest
from pipelines.demo_model.housing import Housing
from pipelines.demo_model.people import People
from pipelines.demo_model.plan import Area

#: Stands for an empty cell in columns of numbers.
EMPTY = -(2**31)
Columns = dict[str, AnyInts]

#: States of those outside work and education, drawn by the marginals' numbers of persons.
_OUTSIDE_STATES = (7025, 7050, 7024, 7036, 1040, 7005, 5080, 7090)
#: What a person outside work has on average of a full-time year, given the forms of spells below.
_FULL_TIME = 0.90
_SPELL_FORMS = (0.62, 0.13, 0.15, 0.10)
_FULL_WEEK = 3700
_SHORT_WEEKS = (1850, 1233, 2550)
_UNLISTED_STATE = 9998

_SENTENCES = (111, 112, 113, 121, 122, 123, 124)
_SENTENCE_WEIGHTS = (30, 8, 2, 38, 10, 6, 6)
_FINES = (211, 212, 219, 311, 411)
#: AFG_GER7: since 2020 the first four digits and three zeros. The first list counts in the criterion.
_OFFENCES = (1252, 1210, 1292, 1316, 1320, 1332, 1336, 1357, 1376, 1380, 1390, 1435, 1445, 3210, 3410)
_OFFENCE_WEIGHTS = (22, 4, 5, 3, 5, 12, 9, 10, 3, 3, 4, 2, 1, 12, 7)
_OTHER_OFFENCES = (2140, 2210, 2410, 2610, 2620, 3610, 3820)
_OTHER_OFFENCE_WEIGHTS = (4, 9, 8, 40, 30, 3, 6)
_MALE_OF_CONVICTED = 4

_PRIMARY_CODES = (1006, 1007, 1008, 1009, 1010, 1021, 1109)
_PRIMARY_WEIGHTS = (4, 12, 8, 52, 20, 2, 2)
_UNKNOWN_CODES = (0, 1, 2, 9999)
_FURTHER_CODES = (2010, 3055, 3120, 3520, 4010, 4530, 5028, 5190, 6540, 6710, 7050, 7160, 8010)
_FURTHER_WEIGHTS = (7, 26, 16, 1, 5, 3, 13, 9, 3, 2, 9, 6, 1)
_SOURCES = (15, 2, 1, 5, 8, 13, 14)
_SOURCE_WEIGHTS = (86, 6, 2, 2, 2, 1, 1)
_SURVEYS = (3, 17, 18, 9, 10)
_SURVEY_WEIGHTS = (12, 40, 40, 6, 2)
_APPROVED_ABROAD = 11

_IN_WORK = (
    (0.04, 0.11, 0.2, 0.3, 0.22, 0.1, 0.025, 0.005),
    (60e3, 180e3, 300e3, 390e3, 500e3, 680e3, 1.1e6, 2.2e6, 8e6),
)
_ON_BENEFIT = ((0.2, 0.5, 0.3), (120e3, 165e3, 225e3, 290e3))
_IN_EDUCATION = ((0.3, 0.5, 0.2), (8e3, 75e3, 130e3, 240e3))
_RETIRED = ((0.35, 0.4, 0.2, 0.05), (110e3, 190e3, 280e3, 450e3, 1.4e6))
_OTHERS = ((0.3, 0.4, 0.3), (0, 30e3, 120e3, 300e3))
_WORKER_CODES = (131, 132, 133, 134, 135, 139, 111, 112, 113, 114, 120)
_WORKER_WEIGHTS = (4, 24, 12, 35, 10, 8, 0.3, 0.3, 1.5, 4, 0.2)

#: Years of migrations before the list year, and how many of a year's movers come and go, relative to the last year.
MIGRATION_YEARS = 6
_IMMIGRATION_LEVELS = (0.92, 0.71, 0.85, 1.18, 1.06, 1.0)
_EMIGRATION_LEVELS = (1.02, 0.88, 0.9, 0.97, 1.05, 1.0)


@dataclass(frozen=True)
class Year:
    """One calendar year and the residents of the day after it: the cohort on which its figures are taken."""

    year: int
    present: Bools
    age: Ints
    area: Ints

    @property
    def first_day(self) -> int:
        """1 January as days since 1970-01-01."""
        return (datetime.date(self.year, 1, 1) - datetime.date(1970, 1, 1)).days

    @property
    def last_day(self) -> int:
        """31 December as days since 1970-01-01."""
        return (datetime.date(self.year, 12, 31) - datetime.date(1970, 1, 1)).days


def years(people: People, housing: Housing, list_year: int) -> tuple[Year, Year]:
    """The years Y-2 and Y-1 with their cohorts."""

    def area_of(home: Ints) -> Ints:
        return np.where(home >= 0, housing.area[home], -1)

    earlier = Year(list_year - 2, people.present_before, people.age - 1, area_of(people.home_before))
    later = Year(list_year - 1, people.present, people.age, area_of(people.home))
    return earlier, later


def outside_work(year: Year, areas: list[Area], figures: dict[str, float], draws: Draws) -> Bools:
    """Who is on a benefit of those outside work and education; largely the same people in both years."""
    of_age = year.present & (year.age >= 18) & (year.age <= 64)
    latent = draws.uniform("outside", np.arange(len(of_age)))
    persons = sum(figures[f"state_{state}"] for state in _OUTSIDE_STATES)
    national = persons / figures["population"] * int(year.present.sum())
    wanted = [area.outside / _FULL_TIME for area in areas]
    return _with_quotas(of_age, year.area, latent, wanted, national, 0.03)


def convicted(year: Year, people: People, areas: list[Area], figures: dict[str, float], draws: Draws) -> Bools:
    """Who has at least one counted decision; exactly the national share of adults. Mostly young men."""
    adult = year.present & (year.age >= 18)
    rows = np.arange(len(adult))
    weight = np.where(people.sex == 1, _MALE_OF_CONVICTED, 1) * np.select(
        [year.age < 25, year.age < 35, year.age < 50], [6, 5, 3], 1
    )
    score = draws.uniform(f"convicted/{year.year}", rows) / weight
    national = figures["convicted_of_adults"] / 100
    quota = [area.convicted_ratio * national for area in areas]
    return _exact_quotas(adult, year.area, score, quota, national * int(adult.sum()))


def primary_only(year: Year, areas: list[Area], figures: dict[str, float], draws: Draws) -> Bools:
    """Who of those aged 30-59 has nothing above grundskole, completed or approved in Denmark."""
    of_age = year.present & (year.age >= 30) & (year.age <= 59)
    latent = draws.uniform("primary", np.arange(len(of_age)))
    national = figures["primary_only_30_59"] / 100 * int(of_age.sum())
    return _with_quotas(of_age, year.area, latent, [area.primary_only for area in areas], national, 0.05)


def students(year: Year, outside: Bools, draws: Draws) -> Bools:
    """Who is under education at the end of the year, by age."""
    share = np.select(
        [year.age < 15, year.age < 18, year.age < 22, year.age < 26, year.age < 30, year.age < 40],
        [0.0, 0.93, 0.62, 0.40, 0.15, 0.03],
        0.0,
    )
    return ~outside & (draws.uniform("student", np.arange(len(share))) < share)


def of_spells(year: Year, outside: Bools, student: Bools, figures: dict[str, float], draws: Draws) -> Columns:
    """Rows of `of`: the counted spells, the others (SU, dagpenge, leave), and the usual dirt."""
    people = np.flatnonzero(outside)
    tag = f"of/{year.year}"
    form = draws.choose(f"{tag}/form", people, _SPELL_FORMS)
    weights = [figures[f"state_{state}"] for state in _OUTSIDE_STATES]
    state = np.array(_OUTSIDE_STATES)[draws.choose("of/state", people, weights)]
    start = year.first_day - draws.below(f"{tag}/since", people, 1500)
    start = np.where(form == 2, year.first_day + draws.below(f"{tag}/start", people, 250), start)
    split = year.first_day + 60 + draws.below(f"{tag}/split", people, 240)
    open_end = draws.uniform(f"{tag}/open", people) < 0.4
    end = np.where(form == 1, split, np.where(open_end, EMPTY, year.last_day))
    short = np.array(_SHORT_WEEKS)[draws.choose(f"{tag}/hours", people, (1, 1, 1))]
    counted = _spells(people, state, start, end, np.where(form == 3, short, _FULL_WEEK))
    second = people[form == 1]
    overlap = np.where(draws.uniform(f"{tag}/overlap", second) < 0.3, 20, -1)
    next_state = np.where(state[form == 1] == 7050, 1040, 7050)
    follow = _spells(
        second,
        next_state,
        split[form == 1] - overlap,
        np.full(len(second), year.last_day),
        np.full(len(second), _FULL_WEEK),
    )
    columns = _stack(counted, follow, _other_spells(year, outside, student, figures, draws))
    return _of_dirt(columns, year, outside, draws)


def kraf_decisions(year: Year, guilty: Bools, figures: dict[str, float], draws: Draws) -> Columns:
    """Rows of `kraf`: counted decisions, and fines and traffic cases that do not count."""
    tag = f"kraf/{year.year}"
    main = np.flatnonzero(guilty)
    again = main[draws.uniform(f"{tag}/again", main) < 0.25]
    more = again[draws.uniform(f"{tag}/more", again) < 0.3]
    sentenced = [
        _sentences(rows, f"{tag}/{name}", year, draws)
        for name, rows in (("main", main), ("again", again), ("more", more))
    ]
    same_case = draws.uniform(f"{tag}/same_case", again) < 0.5
    sentenced[1]["case"] = np.where(same_case, _cases(again, f"{tag}/main", draws), sentenced[1]["case"])
    rows_wanted = figures["decisions"] / figures["population"] * int(year.present.sum())
    eligible = year.present & (year.age >= 15)
    share = max(0.005, (rows_wanted - sum(len(part["person"]) for part in sentenced)) / int(eligible.sum()))
    rest = np.flatnonzero(eligible & (draws.uniform(f"{tag}/rest", np.arange(len(eligible))) < share))
    return _kraf_dirt(_stack(*sentenced, _minor_cases(rest, tag, year, draws)), year, draws)


def udda_educations(year: Year, people: People, primary: Bools, draws: Draws) -> Columns:
    """Rows of `udda`: those without a row and those known from surveys only have nothing that counts."""
    person = np.flatnonzero(year.present & (year.age >= 15))
    age, only = year.age[person], primary[person]
    foreign = people.origin[person] == 2
    young = np.select([age < 18, age < 20, age < 30], [1.0, 0.75, 0.25], 0.0)
    old = np.where(age >= 60, 0.30, 0.0)
    only |= draws.uniform("udda/only", person) < np.maximum(young, old)
    way = draws.uniform("udda/way", person)
    survey = only & foreign & (way < 0.40)
    no_row = only & (way >= np.where(foreign, 0.75, 0.93))
    unknown = only & ~no_row & (way >= np.where(foreign, 0.70, 0.88))
    code = np.array(_FURTHER_CODES)[draws.choose("udda/code", person, _FURTHER_WEIGHTS)]
    school = np.array(_PRIMARY_CODES)[draws.choose("udda/school", person, _PRIMARY_WEIGHTS)]
    blank = np.array(_UNKNOWN_CODES)[draws.choose("udda/unknown", person, (2, 2, 3, 1))]
    code = np.where(unknown, blank, np.where(only & ~survey, school, code))
    source = np.array(_SOURCES)[draws.choose("udda/source", person, _SOURCE_WEIGHTS)]
    surveys = np.array(_SURVEYS)[draws.choose("udda/survey", person, _SURVEY_WEIGHTS)]
    source = np.where(survey, surveys, source)
    approved = foreign & ~only & (draws.uniform("udda/approved", person) < 0.5)
    source = np.where(approved, _APPROVED_ABROAD, source)
    rare = (year.area[person] < 0) & (draws.uniform("udda/empty", person) < 0.0003)
    odd = draws.uniform("udda/which", person) < 0.5
    code = np.where(rare & odd, EMPTY, code)
    source = np.where(rare & ~odd, EMPTY, source)
    kept = ~no_row
    return {"person": person[kept], "hfaudd": code[kept], "source": source[kept]}


def ind_incomes(
    year: Year,
    people: People,
    areas: list[Area],
    regs: Ints,
    outside: Bools,
    student: Bools,
    figures: dict[str, float],
    draws: Draws,
) -> Columns:
    """Rows of `ind`, income in øre: scaled so that each area stands to its region as planned."""
    rows = np.arange(len(people))
    amount = _base_income(year, outside, student, draws)
    liable = draws.uniform("ind/liable", rows)
    scope = np.where(year.age < 15, 0, np.where(people.immigrated, 2, 1))
    scope = np.where((scope == 1) & (liable < 0.012), np.where(liable < 0.006, 4, 2), scope)
    scope = np.where(~year.present, np.where(liable < 0.4, 5, 2), scope)
    counts = year.present & (scope == 1) & (year.age >= 15) & (year.age <= 64) & ~student
    for reg in np.unique(regs[regs > 0]):
        _scale_region(amount, counts & (regs == reg), year.area, areas, figures[f"income_{reg}"])
    empty = (year.area < 0) & (draws.uniform("ind/empty", rows) < 0.0002)
    amount[empty] = EMPTY
    return {"person": rows, "amount": amount, "scope": scope}


def akm_codes(year: Year, outside: Bools, student: Bools, draws: Draws) -> Columns:
    """Rows of `akm`: SOCIO13 of everyone present."""
    person = np.flatnonzero(year.present)
    age = year.age[person]
    work = np.array(_WORKER_CODES)[draws.choose("akm/work", person, _WORKER_WEIGHTS)]
    benefit = np.array((321, 330, 220, 210))[draws.choose("akm/benefit", person, (50, 30, 14, 6))]
    idle = draws.uniform("akm/idle", person)
    code = np.where(idle < 0.06, 410, np.where(idle < 0.09, 210, work))
    code = np.where((age >= 60) & (age < 65) & (idle < 0.05), 323, code)
    code = np.where((age >= 65) & (idle >= 0.12), 322, code)
    code = np.select([age < 15, student[person], outside[person]], [420, 310, benefit], code)
    return {"person": person, "socio": code}


def immigrations(year: int, list_year: int, people: People, draws: Draws) -> Columns:
    """Rows of `vnds_ind`: the last year's are the immigrants of `bef`, the earlier years' look like them."""
    came = np.flatnonzero(people.immigrated)
    return _migrations(year, list_year, "immigrations", came, _IMMIGRATION_LEVELS, people, draws)


def emigrations(year: int, list_year: int, people: People, draws: Draws) -> Columns:
    """Rows of `vnds_ud`: working-age people who are gone the year after, most of whom have no Danish origin."""
    gone = np.flatnonzero(people.present_before & ~people.present & (people.age < 60))
    return _migrations(year, list_year, "emigrations", gone, _EMIGRATION_LEVELS, people, draws)


def _migrations(
    year: int,
    list_year: int,
    stream: str,
    pattern: AnyInts,
    levels: tuple[float, ...],
    people: People,
    draws: Draws,
) -> Columns:
    position = year - (list_year - MIGRATION_YEARS)
    last = position == MIGRATION_YEARS - 1
    rows = np.arange(round(len(pattern) * levels[position])) if not last else np.arange(len(pattern))
    tag = f"{stream}/{list_year - year}"
    like = pattern if last else pattern[draws.below(f"{tag}/like", rows, max(1, len(pattern)))]
    # people of earlier years are none of those who live here now
    person = like if last else len(people) + 1_000_000 * (1 + position) + 500_000 * (stream == "emigrations") + rows
    first_day = (datetime.date(year, 1, 1) - datetime.date(1970, 1, 1)).days
    danish = people.origin[like] == 1
    elsewhere = np.array((5110, 5120, 5126, 5170))[draws.choose(f"{tag}/land", rows, (3, 3, 2, 2))]
    return {
        "person": person,
        "day": first_day + draws.below(f"{tag}/day", rows, 365),
        "origin": people.origin[like],
        "country": people.country[like],
        "abroad": np.where(danish, elsewhere, people.country[like]),
    }


def _with_quotas(
    eligible: Bools, area: Ints, latent: Floats, shares: list[float], national: float, floor: float
) -> Bools:
    """Exact shares inside the areas; outside, those with a latent value below the share that is left."""
    inside = np.flatnonzero(eligible & (area >= 0))
    size = np.bincount(area[inside], minlength=len(shares))
    quota = np.rint(size * np.array(shares)).astype(np.int64)
    elsewhere = eligible & (area < 0)
    left = max(floor, (national - quota.sum()) / max(1, int(elsewhere.sum())))
    chosen = elsewhere & (latent < left)
    chosen[inside] = lowest(latent[inside], area[inside], quota)
    return chosen


def _exact_quotas(eligible: Bools, area: Ints, score: Floats, shares: list[float], national: float) -> Bools:
    """Exact shares inside the areas and an exact total in the country."""
    rows = np.flatnonzero(eligible)
    group = np.where(area[rows] >= 0, area[rows], len(shares))
    quota = np.rint(np.bincount(group, minlength=len(shares) + 1)[:-1] * np.array(shares)).astype(np.int64)
    rest = max(0, round(national) - int(quota.sum()))
    chosen = np.zeros(len(eligible), dtype=bool)
    inside = group < len(shares)
    chosen[rows[inside]] = lowest(score[rows[inside]], group[inside], quota)
    others = rows[~inside]
    if rest:
        chosen[others[np.argsort(score[others], kind="stable")[:rest]]] = True
    return chosen


def _spells(person: AnyInts, state: AnyInts, start: AnyInts, end: AnyInts, hours: AnyInts) -> Columns:
    return {"person": person, "state": state, "start": start, "last": end, "hours": hours}


def _stack(*parts: Columns) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _other_spells(year: Year, outside: Bools, student: Bools, figures: dict[str, float], draws: Draws) -> Columns:
    """Spells in states that are not counted: the share of the eligible follows from the marginals."""
    tag = f"of/{year.year}"
    free = year.present & ~outside & (year.age >= 18) & (year.age <= 66)
    parts: list[Columns] = []
    for state, eligible, days in (
        (7100, free & student & (year.age < 35), 300),
        (5025, free & ~student, 150),
        (7046, free & ~student & (year.age < 43), 180),
        (6010, free & (year.age >= 62), 365),
        (5100, free & ~student & (year.age >= 30), 200),
    ):
        wanted = figures[f"state_{state}"] / figures["population"] * int(year.present.sum()) * 365 / days
        share = min(0.85, wanted / max(1, int(eligible.sum())))
        chance = draws.uniform(f"{tag}/{state}", np.arange(len(free)))
        person = np.flatnonzero(eligible & (chance < share))
        start = year.first_day + draws.below(f"{tag}/{state}/start", person, 366 - days)
        parts.append(
            _spells(person, np.full(len(person), state), start, start + days - 1, np.full(len(person), _FULL_WEEK))
        )
    return _stack(*parts)


def _of_dirt(columns: Columns, year: Year, outside: Bools, draws: Draws) -> Columns:
    """A few rows without a person, of unknown persons, outside the year, in unknown states, without hours."""
    person = np.flatnonzero(year.present & ~outside & (year.age >= 18) & (year.area < 0))
    person = person[: max(10, len(person) // 20_000)]
    n = len(person)
    start = year.first_day + 10 + draws.below(f"of/{year.year}/dirt", person, 200)
    full = np.full(n, _FULL_WEEK)
    state = np.full(n, 7050)
    nobody, unknown = np.full(n, EMPTY), len(year.present) + 10 + np.arange(n)
    return _stack(
        columns,
        _spells(nobody, state, start, start + 30, full),
        _spells(unknown, state, start, start + 30, full),
        _spells(person, state, start + 500, start + 530, full),
        _spells(person, np.full(n, _UNLISTED_STATE), start, start + 60, full),
        _spells(person, state, start, start + 30, np.full(n, EMPTY)),
    )


def _sentences(person: AnyInts, tag: str, year: Year, draws: Draws) -> Columns:
    return {
        "person": person,
        "case": _cases(person, tag, draws),
        "day": year.first_day + draws.below(f"{tag}/day", person, 365),
        "offence": np.array(_OFFENCES)[draws.choose(f"{tag}/offence", person, _OFFENCE_WEIGHTS)],
        "decision": np.array(_SENTENCES)[draws.choose(f"{tag}/decision", person, _SENTENCE_WEIGHTS)],
    }


def _cases(person: AnyInts, tag: str, draws: Draws) -> AnyInts:
    return draws.below(f"{tag}/case", person, 2**30) + 2**30


def _minor_cases(person: AnyInts, tag: str, year: Year, draws: Draws) -> Columns:
    """Decisions that must not count: any offence with a fine, or traffic and other laws with a sentence."""
    columns = _sentences(person, f"{tag}/minor", year, draws)
    chance = draws.uniform(f"{tag}/minor", person)
    other = np.array(_OTHER_OFFENCES)[draws.choose(f"{tag}/minor/law", person, _OTHER_OFFENCE_WEIGHTS)]
    fine = np.array(_FINES)[draws.choose(f"{tag}/minor/fine", person, (88, 4, 3, 3, 2))]
    columns["offence"] = np.where(chance < 0.80, other, columns["offence"])
    columns["decision"] = np.where(chance < 0.05, columns["decision"], fine)
    return columns


def _kraf_dirt(columns: Columns, year: Year, draws: Draws) -> Columns:
    """Firms have no PNR, some convicted people live abroad, and a few rows are dated after the year."""
    adult = np.flatnonzero(year.present & (year.age >= 18) & (year.area < 0))
    n = max(5, len(adult) // 10_000)
    rows = np.arange(n)
    firms = _sentences(rows, f"kraf/{year.year}/firm", year, draws) | {
        "person": np.full(n, EMPTY),
        "offence": np.full(n, 3820),
        "decision": np.full(n, 211),
    }
    abroad = _sentences(len(year.present) + 1_000 + rows, f"kraf/{year.year}/abroad", year, draws)
    late = _sentences(adult[:5], f"kraf/{year.year}/late", year, draws)
    late["day"] = np.full(len(late["person"]), year.last_day + 8)
    return _stack(columns, firms, abroad, late)


def _base_income(year: Year, outside: Bools, student: Bools, draws: Draws) -> Ints:
    """Income in øre before scaling, by what the person mainly does; a few have none or a loss."""
    rows = np.arange(len(year.age))
    idle = draws.uniform("akm/idle", rows)
    main = np.select(
        [year.age < 15, student, outside, (year.age >= 65) & (idle >= 0.12), idle < 0.06], [0, 1, 2, 3, 4], 5
    )
    kroner = np.zeros(len(rows))
    for value, (shares, edges) in enumerate((_IN_EDUCATION, _ON_BENEFIT, _RETIRED, _OTHERS, _IN_WORK), start=1):
        who = np.flatnonzero(main == value)
        kroner[who] = draws.shaped("ind/amount", who, shares, edges)
    special = draws.uniform("ind/special", rows)
    kroner = np.where((special < 0.002) & (main == 5), -0.4 * kroner, kroner)
    kroner = np.where((special > 0.995) & (main >= 4), 0.0, kroner)
    return np.rint(kroner * 100).astype(np.int64)


def _scale_region(amount: Ints, counted: Bools, area: Ints, areas: list[Area], target: float) -> None:
    """Scale the incomes that count: the region gets mean `target` kroner, each area its ratio of that."""
    goal = target * 100
    elsewhere = np.flatnonzero(counted & (area < 0))
    inside = np.flatnonzero(counted & (area >= 0))
    size = np.bincount(area[inside], minlength=len(areas))
    ratio = np.array([planned.income_ratio for planned in areas])
    total = np.bincount(area[inside], weights=amount[inside], minlength=len(areas))
    factor = np.divide(ratio * goal * size, total, out=np.ones(len(areas)), where=total > 0)
    amount[inside] = np.rint(amount[inside] * factor[area[inside]]).astype(np.int64)
    if len(elsewhere):
        left = goal * (len(elsewhere) + len(inside)) - goal * float((ratio * size).sum())
        scale = left / float(amount[elsewhere].sum())
        amount[elsewhere] = np.rint(amount[elsewhere] * scale).astype(np.int64)
