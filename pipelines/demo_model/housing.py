"""Homes: dwellings with their households' sizes, on parcels and in social housing departments.

Here belong how many dwellings of which kind each municipality and area has, and where they stand. What does
not belong here: the people (see `people`). Rows are ordered by municipality, area and kind of home, so that
neighbours share parcels and departments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo_model.draws import Bools, Draws, Floats, Ints
from pipelines.demo_model.plan import LISTED, PREVENT, Area, Municipality

PRIVATE, FAMILY, YOUTH, ELDERLY = range(4)

#: Shares of households with 1, 2, 3 ... persons.
_SIZES = {
    "area": (0.46, 0.24, 0.12, 0.10, 0.05, 0.02, 0.01),
    "family": (0.54, 0.28, 0.09, 0.06, 0.022, 0.008),
    "private": (0.355, 0.335, 0.122, 0.133, 0.042, 0.013),
    "youth": (0.92, 0.08),
    "elderly": (0.82, 0.18),
}
_VACANT_PRIVATE = 0.145
_VACANT_ALMENE = 0.02
_NEW_BUILT = 0.008
_DEMOLISHED_OF_VACANT = 0.01
_HOMES_PER_PARCEL = {"area": 45, "almene": 22, "private": 3}
_PARCELS_PER_EJERLAV = 900
#: Shares of an area's almene homes that are for young and for elderly people.
_AREA_YOUTH, _AREA_ELDERLY = 0.03, 0.07
#: The share of the family homes that lie in listed areas in the municipalities that exceed the cap by design.
_ABOVE_CAP = 0.42
#: At small population sizes the areas would hold more than all almene homes: the rest there is private.
_MOST_ALMENE_IN_AREAS = 0.72
#: Almene homes outside the areas per resident there, in municipalities whose areas hold their share already.
_LEAST_ALMENE_OUTSIDE = 0.06
_LARGE_JUTLAND_CITIES = (751, 851)
#: Almene homes as a share of all, relative to the country: capital region 84, Zealand 85 and so on.
_REGION_FACTOR = {84: 1.2, 85: 0.85, 83: 0.95, 82: 0.75, 81: 0.85, 0: 0.0}


@dataclass(frozen=True)
class Block:
    """Homes of one kind in one municipality, inside one area (its index) or outside all (-1)."""

    kom: int
    reg: int
    area: int
    kind: int
    persons: int


@dataclass(frozen=True)
class Housing:
    """All dwellings, one row each; `persons` is the household's size on the list year's day, 0 if vacant.

    `new_built` homes did not stand a year earlier, `demolished` ones stood only then.
    """

    blocks: list[Block]
    block: Ints
    persons: Ints
    kom: Ints
    area: Ints
    kind: Ints
    parcel: Ints
    ejerlav: Ints
    department: Ints
    new_built: Bools
    demolished: Bools


def mean_size(name: str) -> float:
    """Mean persons per household of a kind."""
    shares = _SIZES[name]
    return sum(share * (i + 1) for i, share in enumerate(shares)) / sum(shares)


def blocks(where: list[Municipality], areas: list[Area], figures: dict[str, float]) -> list[Block]:
    """Spread every municipality's residents over kinds of homes, inside and outside its areas."""
    population = sum(m.residents for m in where)
    households = population * figures["households"] / figures["population"]
    in_areas = sum(area.residents for area in areas) / mean_size("area")
    almene = figures["almene_of_occupied"] / 100 * households
    area_almene = min(0.95, _MOST_ALMENE_IN_AREAS * almene / in_areas)
    designed = _designed_above_cap(where, areas)
    out: list[Block] = []
    for m in where:
        mine = [(i, area) for i, area in enumerate(areas) if area.kom == m.kom]
        outside = m.residents - sum(area.residents for _, area in mine)
        rate = _almene_rate(m, where, figures)
        in_mine = area_almene * sum(area.residents for _, area in mine) / mean_size("area")
        almene_homes = rate * m.residents / figures["population"] * figures["households"]
        missing = max(_LEAST_ALMENE_OUTSIDE * outside, almene_homes - in_mine) if m.reg else 0.0
        homes = dict(
            zip(
                (FAMILY, YOUTH, ELDERLY),
                _split(missing, areas, area_almene, households, figures),
                strict=True,
            )
        )
        if m.kom in designed:
            listed = sum(area.residents for _, area in mine if area.kind in LISTED)
            other = sum(area.residents for _, area in mine) - listed
            family = area_almene * (1 - _AREA_YOUTH - _AREA_ELDERLY) / mean_size("area")
            homes[FAMILY] = min(homes[FAMILY], max(0.0, family * (listed / _ABOVE_CAP - listed - other)))
        persons = {
            FAMILY: int(homes[FAMILY] * mean_size("family")),
            YOUTH: int(homes[YOUTH] * mean_size("youth")),
            ELDERLY: int(homes[ELDERLY] * mean_size("elderly")),
        }
        total = sum(persons.values())
        if total > 0.8 * outside:
            persons = {kind: int(n * 0.8 * outside / total) for kind, n in persons.items()}
        persons[PRIVATE] = outside - sum(persons.values())
        out += [Block(m.kom, m.reg, -1, kind, persons[kind]) for kind in sorted(persons) if persons[kind]]
        for i, area in mine:
            youth = int(area.residents * area_almene * _AREA_YOUTH / mean_size("area"))
            elderly = int(area.residents * area_almene * _AREA_ELDERLY / mean_size("area") * 1.2)
            private = int(area.residents * (1 - area_almene))
            family_persons = area.residents - youth - elderly - private
            inside = ((PRIVATE, private), (FAMILY, family_persons), (YOUTH, youth), (ELDERLY, elderly))
            out += [Block(m.kom, m.reg, i, kind, n) for kind, n in inside if n]
    return out


def build(plan: list[Block], draws: Draws, figures: dict[str, float]) -> Housing:
    """Dwellings for all blocks: exactly the planned number of persons, and some vacant homes between."""
    block, persons = _households(plan, draws)
    rows = np.arange(len(block))
    kom = np.array([b.kom for b in plan])[block]
    area = np.array([b.area for b in plan])[block]
    kind = np.array([b.kind for b in plan])[block]
    parcel_start = _starts(block) | (draws.uniform("parcel", rows) < _parcel_chance(area, kind))
    parcel = np.cumsum(parcel_start) - 1
    first_parcel = parcel[_first_of(kom)]
    parcel = parcel - first_parcel
    ejerlav = 9_000_000 + kom * 1000 + parcel // _PARCELS_PER_EJERLAV + 1
    return Housing(
        blocks=plan,
        block=block,
        persons=persons,
        kom=kom,
        area=area,
        kind=kind,
        parcel=parcel % _PARCELS_PER_EJERLAV,
        ejerlav=ejerlav,
        department=_departments(kom, area, kind, draws, figures),
        new_built=(area < 0) & (draws.uniform("new_built", rows) < _NEW_BUILT),
        demolished=(area < 0) & (persons == 0) & (draws.uniform("demolished", rows) < _DEMOLISHED_OF_VACANT),
    )


def _almene_rate(m: Municipality, where: list[Municipality], figures: dict[str, float]) -> float:
    """Almene homes as a share of all in the municipality; the weighted mean is the national share."""
    large = figures["almene_of_occupied_large_jutland_cities"] / 100
    if m.kom in _LARGE_JUTLAND_CITIES:
        return large
    others = [other for other in where if other.kom not in _LARGE_JUTLAND_CITIES]
    in_large = sum(other.residents for other in where) - sum(other.residents for other in others)
    national = figures["almene_of_occupied"] / 100 * sum(other.residents for other in where)
    weighted = sum(_REGION_FACTOR[other.reg] * other.residents for other in others)
    return _REGION_FACTOR[m.reg] * (national - large * in_large) / weighted


def _split(
    homes: float, areas: list[Area], area_almene: float, households: float, figures: dict[str, float]
) -> tuple[float, float, float]:
    """Family, youth and elderly homes outside the areas; with those inside they have the national split."""
    inside = area_almene * sum(area.residents for area in areas) / mean_size("area")
    everything = max(figures["almene_of_occupied"] / 100 * households, inside * 1.2)
    outside = everything - inside
    youth = (figures["almene_youth"] / 100 * everything - _AREA_YOUTH * inside) / outside
    elderly = (figures["almene_elderly"] / 100 * everything - _AREA_ELDERLY * inside) / outside
    youth, elderly = min(youth, 0.25), min(elderly, 0.35)
    return homes * (1 - youth - elderly), homes * youth, homes * elderly


def _designed_above_cap(where: list[Municipality], areas: list[Area]) -> list[int]:
    """Two municipalities whose listed areas, at least one of them a forebyggelsesomraade, weigh most."""
    size = {m.kom: m.residents for m in where}
    listed: dict[int, int] = {}
    for area in areas:
        if area.kind in LISTED:
            listed[area.kom] = listed.get(area.kom, 0) + area.residents
    can = sorted({area.kom for area in areas if area.kind == PREVENT})
    return sorted(can, key=lambda kom: (-listed[kom] / size[kom], kom))[:2]


def _size_name(block: Block) -> str:
    if block.kind in (YOUTH, ELDERLY):
        return "youth" if block.kind == YOUTH else "elderly"
    if block.area >= 0:
        return "area"
    return "family" if block.kind == FAMILY else "private"


def _vacant(block: Block) -> float:
    return _VACANT_PRIVATE if block.kind == PRIVATE and block.area < 0 else _VACANT_ALMENE


def _households(plan: list[Block], draws: Draws) -> tuple[Ints, Ints]:
    """Block and household size per dwelling: sizes are drawn to spare and cut where a block is full."""
    drawn = [int(b.persons / mean_size(_size_name(b)) / (1 - _vacant(b)) * 1.1) + 60 for b in plan]
    ends = np.cumsum(drawn)
    block = np.repeat(np.arange(len(plan)), drawn)
    chance = draws.uniform("household/size", np.arange(len(block)))
    persons = np.zeros(len(block), dtype=np.int64)
    for i, b in enumerate(plan):
        here = slice(int(ends[i]) - drawn[i], int(ends[i]))
        shares = np.array(_SIZES[_size_name(b)])
        edges = _vacant(b) + (1 - _vacant(b)) * np.cumsum(shares) / shares.sum()
        persons[here] = np.searchsorted(np.concatenate(([_vacant(b)], edges[:-1])), chance[here], side="right")
    before = np.cumsum(persons) - persons
    before -= np.repeat(before[ends - drawn], drawn)
    target = np.array([b.persons for b in plan])[block]
    kept = before < target
    return block[kept], np.minimum(persons, target - before)[kept]


def _starts(key: Ints) -> Bools:
    changed = np.ones(len(key), dtype=bool)
    changed[1:] = key[1:] != key[:-1]
    return changed


def _first_of(key: Ints) -> Ints:
    """For each row of a sorted key, the first row with the same key."""
    starts = _starts(key)
    return np.flatnonzero(starts)[np.cumsum(starts) - 1]


def _parcel_chance(area: Ints, kind: Ints) -> Floats:
    homes = np.where(
        area >= 0,
        _HOMES_PER_PARCEL["area"],
        np.where(kind == PRIVATE, _HOMES_PER_PARCEL["private"], _HOMES_PER_PARCEL["almene"]),
    )
    return 1.0 / homes


def _departments(kom: Ints, area: Ints, kind: Ints, draws: Draws, figures: dict[str, float]) -> Ints:
    """Department number within the municipality, from 1; 0 for homes that are not almene."""
    almene = np.flatnonzero(kind != PRIVATE)
    place = kom[almene] * 100_000 + area[almene] + 1
    starts = _starts(place)
    wanted = len(almene) / figures["homes_per_department"]
    inside = area[almene] >= 0
    chance_inside = 1 / 140
    left = wanted - starts.sum() - chance_inside * inside.sum()
    chance_outside = max(1 / 400, left / max(1, int((~inside).sum())))
    starts |= draws.uniform("department", almene) < np.where(inside, chance_inside, chance_outside)
    number: Ints = np.cumsum(starts, dtype=np.int64)
    out = np.zeros(len(kom), dtype=np.int64)
    out[almene] = number - number[_first_of(kom[almene])] + 1
    return out
