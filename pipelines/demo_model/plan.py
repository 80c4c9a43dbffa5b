"""Which municipalities and areas the demo country has, and what each area is meant to look like.

Here belong the marginals, the areas with their target figures, their invented names and the lists on which
they stood in earlier years. What does not belong here: people and homes. The targets keep a distance to the
limits of the law, so that the statuses come out as planned; whether they do is for the pipeline to say.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.demo_model.draws import Draws, apportion

DATA = Path(__file__).parent.parent / "demo_data"

#: What an area is meant to become.
PARALLEL = "parallelsamfund"
UDSAT = "udsat"
PREVENT = "forebyggelse"
SMALL = "too_few_residents"
MILD = "too_few_criteria"
WESTERN = "non_western_share_too_low"
LISTED = (PARALLEL, UDSAT, PREVENT)

#: Range of each target figure by level: 0 unremarkable, 1 as in a forebyggelsesomraade, 2 as in an udsat one.
_OUTSIDE = ((0.17, 0.26), (0.325, 0.38), (0.43, 0.50))
_CONVICTED = ((0.8, 1.6), (2.3, 2.7), (3.4, 4.2))
_PRIMARY = ((0.28, 0.54), (0.63, 0.70), (0.63, 0.70))
_INCOME = ((0.69, 0.86), (0.58, 0.63), (0.48, 0.53))

#: Levels of outside work, convicted, only grundskole and income; areas of a kind take them in turn.
_PATTERNS = {
    PARALLEL: ((2, 1, 2, 2), (2, 2, 0, 2), (0, 2, 2, 2), (2, 0, 2, 1), (1, 2, 0, 2), (2, 1, 1, 1)),
    UDSAT: ((2, 0, 1, 1), (1, 2, 0, 2), (2, 1, 0, 2), (0, 2, 1, 1)),
    PREVENT: (
        (1, 0, 0, 1),
        (0, 1, 0, 1),
        (1, 1, 0, 0),
        (0, 0, 1, 1),
        (1, 0, 1, 0),
        (2, 0, 0, 1),
        (0, 1, 1, 0),
        (1, 1, 0, 1),
    ),
    SMALL: ((1, 0, 1, 1), (2, 1, 1, 2), (1, 0, 0, 1)),
    MILD: ((0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 0, 1), (0, 0, 0, 0), (0, 1, 0, 0)),
    WESTERN: ((1, 0, 0, 1), (0, 1, 0, 1), (1, 0, 1, 1)),
}

#: Order in which kinds are dealt out where the population has room for few areas only.
_FEW = (PARALLEL, PREVENT, SMALL, UDSAT, PREVENT, WESTERN, PREVENT, MILD, PARALLEL, SMALL)

#: The years before the list year (1 = the year before) in which a parallelsamfund stood on that list.
_PARALLEL_YEARS = ((1, 2, 3, 4), (1,), (1, 2, 3, 4), (), (1, 2), (1, 2, 3), (1, 3, 4))

#: The share of a municipality's residents that may live in areas; more in a country too small for its areas.
_ROOM_FOR_AREAS = 0.72
_ROOM_IN_SMALL_COUNTRY = 0.92
_FULL_SET_FROM = 200_000

#: Where the law of forebyggelsesomraader begins, no earlier list names any.
_FIRST_PREVENT_LIST = 2021

_STEMS = (
    "Ravne",
    "Tudse",
    "Grævlinge",
    "Snoge",
    "Hermelin",
    "Salamander",
    "Guldsmede",
    "Spidsmuse",
    "Odder",
    "Firbens",
    "Løvfrø",
    "Natsværmer",
    "Flagermuse",
    "Dompap",
    "Vandrikse",
    "Klyde",
)
_SUFFIXES = ("kær", "mosen", "lunden", "toften", "krogen", "dammen", "brinken", "engen")


@dataclass(frozen=True)
class Municipality:
    """One municipality (or Christiansø) and its number of residents in the demo."""

    kom: int
    reg: int
    residents: int


@dataclass(frozen=True)
class Area:
    """One social housing area: size and target figures as shares, income as a share of the region's mean."""

    area_id: str
    name: str
    kom: int
    kind: str
    residents: int
    non_western: float
    outside: float
    convicted_ratio: float
    primary_only: float
    income_ratio: float
    parallel_years: tuple[int, ...]
    predecessor: str | None


def marginals() -> dict[str, float]:
    """The national figures that the demo aims at, by name (units and sources stand in the file)."""
    with (DATA / "marginals.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}


def municipalities(population: int) -> list[Municipality]:
    """All municipalities and Christiansø, `population` residents by true relative size, at least one each."""
    with (DATA / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["kom"]))
    residents = apportion(population, [int(row["people"]) for row in rows], at_least=1)
    return [Municipality(int(row["kom"]), int(row["reg"]), n) for row, n in zip(rows, residents, strict=True)]


def areas(where: list[Municipality], draws: Draws) -> list[Area]:
    """The areas, about 60 to 80 of them from 200,000 residents on and a handful in a small demo."""
    population = sum(municipality.residents for municipality in where)
    kinds = _kinds(population)
    spacious = min(1.0, max(0.0, 0.05 + (population - _FULL_SET_FROM) / 1_800_000))
    placed = _place(kinds, where, spacious, draws)
    rows = np.arange(len(placed))
    level = {name: draws.uniform(f"area/{name}", rows) for name in ("nonwestern", "o", "c", "p", "i")}
    names = draws.bits("area/name", np.arange(len(_STEMS) * len(_SUFFIXES))).argsort(kind="stable")
    seen: dict[str, int] = {}
    numbers: dict[int, int] = {}
    out: list[Area] = []
    for i, (kind, kom, residents) in enumerate(placed):
        turn = seen.get(kind, 0)
        seen[kind] = turn + 1
        numbers[kom] = numbers.get(kom, 0) + 1
        outside, convicted, primary, income = _PATTERNS[kind][turn % len(_PATTERNS[kind])]
        low, high = _non_western_range(kind, spacious)
        split = kind == PREVENT and turn == 1
        name = int(names[i])
        out.append(
            Area(
                area_id=f"OMR-{kom:03d}-{numbers[kom]:02d}",
                name=_STEMS[name // len(_SUFFIXES)] + _SUFFIXES[name % len(_SUFFIXES)],
                kom=kom,
                kind=kind,
                residents=residents,
                non_western=low + (high - low) * float(level["nonwestern"][i]),
                outside=_between(_OUTSIDE[outside], level["o"][i]),
                convicted_ratio=_between(_CONVICTED[convicted], level["c"][i]),
                primary_only=_between(_PRIMARY[primary], level["p"][i]),
                income_ratio=_between(_INCOME[income], level["i"][i]),
                parallel_years=_PARALLEL_YEARS[turn % len(_PARALLEL_YEARS)] if kind == PARALLEL else (),
                predecessor=f"OMR-{kom:03d}-90" if split else None,
            )
        )
    return out


def history(areas: list[Area], list_year: int, year: int) -> list[tuple[str, str]]:
    """The list of an earlier `year`: (AREA_ID, LISTE), as the ministry would have published it.

    An omdannelsesomraade stands there without a row of its own as parallelsamfund, which the former implies.
    """
    back = list_year - year
    rows: list[tuple[str, str]] = []
    for i, area in enumerate(areas):
        lists: tuple[str, ...] = ()
        if back in area.parallel_years:
            unbroken = len(area.parallel_years) == 4 and (back < 4 or i % 2 == 0)
            lists = ("udsat_boligomraade", "omdannelsesomraade" if unbroken else "parallelsamfund")
        elif (area.kind == UDSAT and (i + back) % 3) or (area.kind == PREVENT and i % 9 == back + 2):
            lists = ("udsat_boligomraade", "parallelsamfund")[: 2 if (i + back) % 4 == 1 else 1]
        elif year >= _FIRST_PREVENT_LIST and _was_preventive(area, i, back):
            lists = ("forebyggelsesomraade",)
        rows += [(area.area_id, name) for name in lists]
        if area.predecessor and back >= 2:
            rows += [(area.predecessor, name) for name in ("udsat_boligomraade", "parallelsamfund")]
    return sorted(rows)


def _was_preventive(area: Area, i: int, back: int) -> bool:
    if area.kind in (PREVENT, UDSAT):
        return area.predecessor is None and (i * 7 + back) % 6 != 0
    if area.kind == PARALLEL:
        return True
    return area.kind in (SMALL, MILD) and (i + back) % 5 == 0


def _between(limits: tuple[float, float], position: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * float(position)


def _non_western_range(kind: str, spacious: float) -> tuple[float, float]:
    return {
        PARALLEL: (0.54, 0.58 + 0.14 * spacious),
        UDSAT: (0.34, 0.40 + 0.07 * spacious),
        PREVENT: (0.325, 0.345 + 0.11 * spacious),
        SMALL: (0.25, 0.36 + 0.10 * spacious),
        MILD: (0.10, 0.20 + 0.25 * spacious),
        WESTERN: (0.16, 0.26),
    }[kind]


def _kinds(population: int) -> list[str]:
    """The kinds of areas to place, in order of placing; the mix is the same at every size."""
    if population < _FULL_SET_FROM:
        wanted = max(3, 60 * population // _FULL_SET_FROM)
        few = [_FEW[i % len(_FEW)] for i in range(wanted)]
        return sorted(few, key=lambda kind: kind == SMALL)
    more = min(1.0, (population - _FULL_SET_FROM) / 5_800_000)
    counts = {
        PARALLEL: 6 + round(2 * more),
        UDSAT: 3 + round(3 * more),
        SMALL: 9,
        MILD: 10 + round(2 * more),
        WESTERN: 6 + round(2 * more),
        PREVENT: 26 + round(9 * more),
    }
    spread = [((turn + 0.5) / counts[kind], kind) for kind in counts for turn in range(counts[kind])]
    return [kind for _, kind in sorted(spread)]


def _place(kinds: list[str], where: list[Municipality], spacious: float, draws: Draws) -> list[tuple[str, int, int]]:
    """(kind, KOM, residents) per area, ordered by municipality.

    Larger municipalities get more areas, by a divisor rule. Where no municipality has room for an area of
    1,000 residents, the area is placed as one with too few.
    """
    size = draws.shaped(
        "area/size",
        np.arange(len(kinds)),
        (0.25, 0.25, 0.25, 0.15, 0.1),
        (1020, 1350, 1900, 2700, 4200, 6900),
    )
    share = draws.uniform("area/small", np.arange(len(kinds)))
    population = sum(m.residents for m in where)
    roomy = _ROOM_IN_SMALL_COUNTRY if population < _FULL_SET_FROM else _ROOM_FOR_AREAS
    room = {m.kom: int(roomy * m.residents) for m in where if m.reg}
    weight = {m.kom: m.residents**0.8 for m in where if m.reg}
    count = dict.fromkeys(room, 0)
    placed: list[tuple[str, int, int]] = []
    exact = {PREVENT: 1000, SMALL: 999}
    for i, kind in enumerate(kinds):
        wanted = int(600 + 380 * share[i]) if kind == SMALL else int(1015 + spacious * (size[i] - 1015))
        wanted = exact.pop(kind, wanted)
        fitting = [kom for kom in room if room[kom] >= wanted]
        if not fitting and kind != SMALL:
            wanted = 1010
            fitting = [kom for kom in room if room[kom] >= wanted]
        if not fitting:
            kind = SMALL
            wanted = min(wanted, 900, max(room.values()))
            fitting = [kom for kom in room if room[kom] >= wanted]
        kom = min(fitting, key=lambda k: (-weight[k] / (count[k] + 1), k))
        room[kom] -= wanted
        count[kom] += 1
        placed.append((kind, kom, wanted))
    return sorted(placed, key=lambda area: area[1])
