"""People: who lives in which home on the list year's day and on the same day a year before.

Here belong birth dates, sex, origin and the year's moves, births, deaths and migrations. What does not
belong here: what the other registers say about a person (see `registers`). Rows are persons; the row number
is the person and never changes, the pseudonym is made from it.
"""

from __future__ import annotations

import csv
import datetime
from dataclasses import dataclass

import numpy as np

from pipelines.demo_model.draws import AnyInts, Bools, Draws, Ints
from pipelines.demo_model.housing import ELDERLY, YOUTH, Housing
from pipelines.demo_model.plan import DATA, Area

DENMARK = 5100
#: A country code that no list has, for the warning about unknown countries.
UNLISTED_COUNTRY = 5990

#: Ages at the edges, and shares of persons between them.
_ALONE = ((18, 25, 30, 40, 50, 65, 80, 96), (0.10, 0.12, 0.13, 0.075, 0.175, 0.24, 0.16))
_ALONE_IN_AREA = ((18, 25, 30, 40, 50, 65, 80, 94), (0.12, 0.14, 0.14, 0.12, 0.22, 0.18, 0.08))
_COUPLE = ((20, 30, 40, 50, 65, 80, 94), (0.12, 0.055, 0.065, 0.29, 0.38, 0.09))
_PARENT = ((23, 30, 38, 46, 54, 66), (0.06, 0.25, 0.31, 0.26, 0.12))
_FURTHER_ADULT = ((20, 25, 35, 65, 90), (0.24, 0.22, 0.28, 0.26))
_YOUNG = ((18, 22, 27, 31), (0.4, 0.45, 0.15))
_OLD = ((65, 75, 85, 98), (0.35, 0.42, 0.23))
_LEFT_BY_DEATH = ((50, 65, 75, 85, 99), (0.15, 0.22, 0.34, 0.29))
_LEFT_BY_MOVING_ABROAD = ((19, 25, 35, 50, 60), (0.25, 0.45, 0.22, 0.08))
#: Of those in a household beside its head and partner, the share that is no child: grown, flatmates, parents.
_FURTHER_ADULTS = 0.14
_DEATHS_OF_LEAVERS = 0.43

_MOVING_HOUSEHOLDS = 0.10
_MOVES_FAR = 0.25
_NO_HOME = 0.002

_DANISH, _WESTERN, _MENAPT, _OTHER = range(4)
_WESTERN_IN_AREAS = 0.06
_LEAST_NON_WESTERN_OUTSIDE = 0.02
_MENAPT_IN_AREAS = 0.62


@dataclass
class People:
    """Everyone who lived in the country on one of the two days; `home` is a dwelling row or -1.

    `age` is completed years on the later day. `present` and `present_before` tell who is in `bef` of the
    later and of the earlier day, `immigrated` who came in the year between.
    """

    birth_day: Ints
    age: Ints
    sex: AnyInts
    origin: AnyInts
    country: AnyInts
    citizenship: AnyInts
    non_western: Bools
    home: Ints
    home_before: Ints
    kom: AnyInts
    kom_before: AnyInts
    present: Bools
    present_before: Bools
    immigrated: Bools

    def __len__(self) -> int:
        return len(self.age)


def build(housing: Housing, areas: list[Area], figures: dict[str, float], list_year: int, draws: Draws) -> People:
    """Fill every household, then undo a year of moves, births, deaths and migrations."""
    lived = np.repeat(np.arange(len(housing.persons)), housing.persons)
    position = np.arange(len(lived)) - (np.cumsum(housing.persons) - housing.persons)[lived]
    partner, age = _ages(housing, lived, position, draws)
    group = _household_groups(housing, areas, figures, draws)[lived]
    arrived = _immigrated(group, age, draws)
    left = max(0, _leavers_wanted(figures, age, arrived))
    homes_left, age_left, group_left = _leavers(left, len(lived), housing, draws)

    everyone = np.arange(len(lived) + left)
    age = np.concatenate((age, age_left))
    group = np.concatenate((group, group_left))
    present = everyone < len(lived)
    immigrated = np.concatenate((arrived, np.zeros(left, dtype=bool)))
    present_before = ~present | ((age > 0) & ~immigrated)
    home = np.concatenate((lived, homes_left))
    home_before = np.concatenate((_homes_before(housing, draws)[lived], homes_left))
    origin = _origin(group, age, draws)
    country = _countries(group, home, draws)
    sex = 1 + (draws.uniform("sex", everyone) < 0.503)
    sex[partner] = 3 - sex[partner - 1]
    kom, kom_before = housing.kom[home], housing.kom[home_before]
    homeless = (housing.area[home] < 0) & (housing.area[home_before] < 0)
    homeless &= draws.uniform("no_home", everyone) < _NO_HOME
    home[homeless] = -1
    home_before[homeless] = -1
    return People(
        birth_day=_birth_days(age, list_year, draws),
        age=age,
        sex=sex,
        origin=origin,
        country=country,
        citizenship=_citizenship(country, origin, draws),
        non_western=group >= _MENAPT,
        home=home,
        home_before=home_before,
        kom=kom,
        kom_before=kom_before,
        present=present,
        present_before=present_before,
        immigrated=immigrated,
    )


def _ages(housing: Housing, home: Ints, position: Ints, draws: Draws) -> tuple[Ints, Ints]:
    """Rows of partners (their spouse is the row before), and everyone's age."""
    homes = np.arange(len(housing.persons))
    chance = draws.uniform("household/form", homes)
    area = housing.area >= 0
    size = housing.persons
    couple = (size == 2) & (chance < np.where(area, 0.62, 0.82))
    couple |= (size > 2) & (chance < np.where(area, 0.66, 0.83))
    old, young = housing.kind == ELDERLY, housing.kind == YOUTH
    couple |= (size == 2) & (old | young)
    adults = 1 + couple
    head = np.zeros(len(homes))
    for name, who, (edges, shares) in (
        ("parent", size > adults, _PARENT),
        ("couple", (size == 2) & couple, _COUPLE),
        ("alone", (size == 1) & ~area, _ALONE),
        ("alone_in_area", (size == 1) & area, _ALONE_IN_AREA),
        ("young", young, _YOUNG),
        ("old", old, _OLD),
    ):
        rows = np.flatnonzero(who & (size > 0))
        head[rows] = draws.shaped(f"age/{name}", rows, shares, edges)
    rows = np.arange(len(home))
    age = head[home].astype(np.int64)
    partner = np.flatnonzero((position == 1) & couple[home])
    age[partner] = np.clip(age[partner] + draws.below("age/partner", partner, 9) - 5, 18, 99)
    child = np.flatnonzero(position >= adults[home])
    youngest = np.maximum(age[child] - 41, 0)
    oldest = np.maximum(np.minimum(age[child] - 21, 22), youngest + 1)
    age[child] = youngest + (draws.uniform("age/child", child) * (oldest - youngest + 1)).astype(np.int64)
    further = child[draws.uniform("further_adult", child) < _FURTHER_ADULTS]
    age[further] = draws.shaped("age/further", further, _FURTHER_ADULT[1], _FURTHER_ADULT[0]).astype(np.int64)
    return partner, age


def _household_groups(housing: Housing, areas: list[Area], figures: dict[str, float], draws: Draws) -> Ints:
    """Origin group per dwelling: the areas as planned, the rest of the country as the marginals leave it."""
    homes = np.arange(len(housing.persons))
    inside = np.flatnonzero(housing.area >= 0)
    order = inside[np.lexsort((draws.uniform("group/order", inside), housing.area[inside]))]
    persons = housing.persons[order]
    before = np.cumsum(persons) - persons
    starts = np.flatnonzero(np.diff(housing.area[order], prepend=-1))
    before -= np.repeat(before[starts], np.diff(np.append(starts, len(order))))
    target = np.array([round(area.non_western * area.residents) for area in areas])
    non_western = np.zeros(len(homes), dtype=bool)
    non_western[order] = before < target[housing.area[order]]

    total = int(housing.persons.sum())
    outside = total - int(persons.sum())
    wanted = figures["origin_non_western"] / 100 * total
    share = max(_LEAST_NON_WESTERN_OUTSIDE, (wanted - target.sum()) / outside)
    western_inside = _WESTERN_IN_AREAS * (persons.sum() - target.sum())
    western_share = max(0.02, (figures["origin_western"] / 100 * total - western_inside) / outside)
    chance = draws.uniform("group", homes)
    elsewhere = housing.area < 0
    non_western |= elsewhere & (chance < share)
    western = ~non_western & np.where(elsewhere, chance < share + western_share, chance < _WESTERN_IN_AREAS)

    menapt = figures["origin_menapt_of_non_western"] / 100
    everyone = target.sum() + share * outside
    left = (menapt * everyone - _MENAPT_IN_AREAS * target.sum()) / (share * outside)
    menapt_outside = min(0.9, max(0.2, left))
    is_menapt = draws.uniform("group/menapt", homes) < np.where(elsewhere, menapt_outside, _MENAPT_IN_AREAS)
    return np.where(non_western, np.where(is_menapt, _MENAPT, _OTHER), np.where(western, _WESTERN, _DANISH))


def _immigrated(group: Ints, age: Ints, draws: Draws) -> Bools:
    chance = draws.uniform("immigrated", np.arange(len(age)))
    return (age > 0) & (chance < np.where(group == _DANISH, 0.005, 0.08))


def _leavers_wanted(figures: dict[str, float], age: Ints, immigrated: Bools) -> int:
    """How many died or left, so that the earlier population is smaller by the true ratio."""
    before = round(len(age) * figures["population_year_before"] / figures["population"])
    return before - int(((age > 0) & ~immigrated).sum())


def _leavers(left: int, first: int, housing: Housing, draws: Draws) -> tuple[Ints, Ints, Ints]:
    """Home, age and origin group of those in the earlier population alone."""
    rows = np.arange(first, first + left)
    standing = np.flatnonzero(~housing.new_built)
    home = standing[draws.below("left/home", rows, len(standing))]
    dead = draws.uniform("left/why", rows) < _DEATHS_OF_LEAVERS
    died = draws.shaped("left/age", rows, _LEFT_BY_DEATH[1], _LEFT_BY_DEATH[0])
    moved = draws.shaped("left/age", rows, _LEFT_BY_MOVING_ABROAD[1], _LEFT_BY_MOVING_ABROAD[0])
    group = draws.choose("left/group", rows, (0.3, 0.4, 0.13, 0.17))
    return home, np.where(dead, died, moved).astype(np.int64), np.where(dead, _DANISH, group)


def _homes_before(housing: Housing, draws: Draws) -> Ints:
    """For each home, the home in which its household lived a year earlier.

    Households that moved change places in a ring, most of them within the municipality.
    """
    homes = np.arange(len(housing.persons))
    occupied = housing.persons > 0
    moving = occupied & (housing.new_built | (draws.uniform("moving", homes) < _MOVING_HOUSEHOLDS))
    far = draws.uniform("moving/far", homes) < _MOVES_FAR
    order = draws.uniform("moving/order", homes)
    before = homes.copy()
    for who in (moving & far, moving & ~far):
        movers = np.flatnonzero(who)
        ring = np.where(far[movers], 0, housing.kom[movers])
        movers = movers[np.lexsort((order[movers], ring))]
        origins = movers[~housing.new_built[movers]]
        if len(origins):
            turn = np.arange(len(movers)) * len(origins) // len(movers)
            before[movers] = origins[(turn + 1) % len(origins)]
    still_new = housing.new_built[before] & occupied
    before[still_new] = int(np.flatnonzero(~housing.new_built)[0])
    return before


def _origin(group: Ints, age: Ints, draws: Draws) -> AnyInts:
    """IE_TYPE: 1 Danish origin, 2 immigrant, 3 descendant (most children of immigrants)."""
    immigrant = np.select([age < 18, age < 35], [0.22, 0.68], 0.93)
    immigrant = np.where(group == _WESTERN, (1 + immigrant) / 2, immigrant)
    is_immigrant = draws.uniform("origin", np.arange(len(age))) < immigrant
    return np.where(group == _DANISH, 1, np.where(is_immigrant, 2, 3))


def _countries(group: Ints, home: Ints, draws: Draws) -> AnyInts:
    """OPR_LAND, the same for a whole household."""
    with (DATA / "countries.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    country = np.full(len(group), DENMARK)
    for value, name in ((_WESTERN, "western"), (_MENAPT, "menapt"), (_OTHER, "other")):
        codes = np.array([int(row["country_code"]) for row in listed if row["draw"] == name])
        weights = [float(row["weight"]) for row in listed if row["draw"] == name]
        rows = np.flatnonzero(group == value)
        country[rows] = codes[draws.choose(f"country/{name}", home[rows], weights)]
    rare = (group >= _MENAPT) & (draws.uniform("country/unlisted", np.arange(len(group))) < 0.0005)
    country[rare] = UNLISTED_COUNTRY
    return country


def _citizenship(country: AnyInts, origin: AnyInts, draws: Draws) -> AnyInts:
    danish = np.select([origin == 1, origin == 2], [0.999, 0.40], 0.72)
    return np.where(draws.uniform("citizenship", np.arange(len(origin))) < danish, DENMARK, country)


def _birth_days(age: Ints, list_year: int, draws: Draws) -> Ints:
    """Days since 1970-01-01 such that `age` years are completed on 1 January of the list year."""
    epoch = datetime.date(1970, 1, 1)
    start = np.array([(datetime.date(list_year - 1 - years, 1, 1) - epoch).days for years in range(111)])
    return start[age] + 1 + draws.below("birthday", np.arange(len(age)), 365)
