"""How the report's tables hang together: the cubes behind them, and which cell each published count is.

Suppression and the attacker both build on this, from the finished tables alone. What does not belong here: figures,
and the choice of what to hide.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assets.disclosure.cells import Axis, Cell, Cube, Interval, Relation
from assets.disclosure.limits import WITHHELD
from assets.finished import Finished, Row, number
from assets.list_names import LISTED_STATUSES
from assets.reporting.labels import (
    AGES,
    ALL,
    COUNTERPARTS,
    COUNTRY,
    EDUCATIONS,
    EMPLOYMENTS,
    KINDS,
    LISTED,
    MUNICIPALITY_GROUPS,
    counterparts,
)

AREA = "omraade:"
OTHER_AREA = "andet_omraade"
BETWEEN_OTHERS = "mellem_andre"
"""Movers from one listed area to another, both of them others than that of the cell."""
STAYERS = "blevet_boende"
"""Residents who lived in the same area on both days."""
EARLIER_RESIDENTS = "beboere_foer"
"""Residents of an area on the first of the two days."""
OF_MOVERS = ("beskaeftigelse", "uddannelse")
MOVED, STAYED = "flyttet", "blev"
MIGRATIONS = "vandringer_"
CAP = "loft"
"""Family homes in a municipality's areas of a kind."""
WAYS = {"indvandrede": "ind", "udvandrede": "ud"}
AGES_OF_EMPLOYMENT = ("unge", "midt", "seniorer")
AGES_OF_EDUCATION = ("midt",)
NOT_OF_WORKING_AGE = "uden_for_beskaeftigelsesalder"
NOT_OF_MIDDLE_AGE = "uden_for_uddannelsesalder"
LISTED_GROUPS = LISTED_STATUSES
"""Groups of homes that have areas."""
HALF_A_UNIT = Decimal("0.5")


@dataclass(frozen=True)
class Structure:
    """The cubes of a list year's report, what ties them, and which cells stand in no table."""

    cubes: tuple[Cube, ...]
    relations: tuple[Relation, ...]
    unpublished: frozenset[Cell]


def _tree(top: str | None, members: Sequence[str], below: Mapping[str, str] | None = None) -> dict[str, str | None]:
    parents: dict[str, str | None] = {top: None} if top else {}
    parents.update(dict.fromkeys(members, top))
    parents.update(below or {})
    return parents


def _scopes(areas: Mapping[str, str], country: bool) -> Axis:
    listed = {AREA + area: group for area, group in areas.items()}
    if country:
        return Axis("scope", _tree(COUNTRY, (*LISTED_GROUPS, "oevrige_almene", "oevrige_boliger"), listed))
    return Axis("scope", _tree(LISTED, LISTED_GROUPS, listed))


ORIGIN_TREE = Axis(
    "oprindelse",
    _tree(ALL, ("dansk", "vestlig", "ikke_vestlig"), dict.fromkeys(("menapt", "ikke_vestlig_oevrig"), "ikke_vestlig")),
)
TRAITS: Mapping[str, Axis] = {
    "alder": Axis("alder", _tree(ALL, tuple(AGES))),
    "oprindelse": ORIGIN_TREE,
    "uddannelse": Axis("uddannelse", _tree(ALL, tuple(EDUCATIONS))),
    "beskaeftigelse": Axis("beskaeftigelse", _tree(ALL, tuple(EMPLOYMENTS))),
}
TARGET_TREE = Axis(
    "persongruppe",
    {"maalgruppe": None, "ydelse": "maalgruppe", "statsborgerskab": "maalgruppe", "begge": "maalgruppe", "andre": None},
)
MOVEMENT = Axis("flytning", _tree(ALL, (MOVED, STAYED)))


def structure(areas: Mapping[str, str], koms: Sequence[str], migrations: Sequence[tuple[int, str]]) -> Structure:
    """Everything about a report with these listed areas (with their group), municipalities, and years and directions
    of migrations."""
    cubes: list[Cube] = []
    relations: list[Relation] = []
    unpublished: set[Cell] = set()
    scopes = _scopes(areas, True)
    for dimension, axis in TRAITS.items():
        cubes.append(Cube(f"sammensaetning_{dimension}", (scopes, axis)))
    for scope in scopes.members:
        ages = tuple(("sammensaetning_alder", scope, age) for age in AGES_OF_EMPLOYMENT)
        relations.append(Relation(("sammensaetning_beskaeftigelse", scope, ALL), ages))
        relations.append(
            Relation(("sammensaetning_uddannelse", scope, ALL), (("sammensaetning_alder", scope, "midt"),))
        )
        everyone = tuple((f"sammensaetning_{other}", scope, ALL) for other in ("alder", "oprindelse"))
        relations.append(Relation(everyone[0], everyone[1:]))
    cubes += [Cube("indkomstpersoner", (scopes,)), Cube("indkomst", (scopes,)), _homes(scopes)]
    parts = [_moves(direction, areas) for direction in COUNTERPARTS]
    for moves, tied, implied in (*parts, _both_directions(areas), _stayers(areas)):
        cubes += moves
        relations += tied
        unpublished |= implied
    groups = Axis("kommunegruppe", dict.fromkeys(MUNICIPALITY_GROUPS))
    cubes.append(Cube("kommuneflytning", (groups, TARGET_TREE, MOVEMENT)))
    by_kom = Cube(
        "kommuneflytning_kommuner",
        (Axis("kommune", _tree("med", koms)), Axis("persongruppe", {"maalgruppe": None, "andre": None}), MOVEMENT),
    )
    cubes.append(by_kom)
    for target in ("maalgruppe", "andre"):
        for moved in MOVEMENT.members:
            relations.append(Relation(("kommuneflytning", "med", target, moved), (by_kom.cell("med", target, moved),)))
            unpublished.add(by_kom.cell("med", target, moved))
    for cube in cubes[-2:]:
        unpublished |= {cube.cell(*at) for at in cube.coordinates() if at[-1] == STAYED}
    cubes += [Cube(migration_cube(year, way), (ORIGIN_TREE,)) for year, way in migrations]
    for cube in cubes:
        relations += cube.relations()
    return Structure(tuple(cubes), tuple(relations), frozenset(unpublished))


def migration_cube(year: object, way: str) -> str:
    """The cube of a year's migrations in one direction, `ind` or `ud`."""
    return f"{MIGRATIONS}{year}_{way}"


def migration_years(cells: Iterable[Cell]) -> list[int]:
    """The years of which cells count migrations, ascending."""
    names = {cell[0] for cell in cells if cell[0].startswith(MIGRATIONS)}
    return sorted({int(name.removeprefix(MIGRATIONS).split("_")[0]) for name in names})


def _homes(scopes: Axis) -> Cube:
    kinds = Axis("boligart", _tree(ALL, [kind for kind in KINDS if kind != ALL]))
    uses = Axis("brug", _tree(ALL, ("beboet", "ubeboet")))
    social = [kind for kind in kinds.members if kind not in (ALL, "ikke_almen")]
    never = {("oevrige_boliger", kind, use) for kind in social for use in uses.members}
    never |= {("oevrige_almene", "ikke_almen", use) for use in uses.members}
    return Cube("boliger", (scopes, kinds, uses), frozenset(never))


def _moves(direction: str, areas: Mapping[str, str]) -> tuple[list[Cube], list[Relation], set[Cell]]:
    """Moves of all ages by area, and of those with an employment or an education by group."""
    ends = Axis("modpart", _tree(ALL, counterparts(direction)))
    groups = Axis("scope", _tree(LISTED, LISTED_GROUPS))
    name = f"flytninger_{direction}"
    everyone = Cube(name, (_scopes(areas, False), ends))
    by_trait = {trait: Cube(f"{name}_{trait}", (groups, ends, TRAITS[trait])) for trait in OF_MOVERS}
    older = Cube(f"{name}_{NOT_OF_WORKING_AGE}", (groups, ends))
    middle = Cube(f"{name}_{NOT_OF_MIDDLE_AGE}", (groups, ends))
    relations = []
    for scope in groups.members:
        for counterpart in ends.members:
            working = by_trait["beskaeftigelse"].cell(scope, counterpart, ALL)
            learning = by_trait["uddannelse"].cell(scope, counterpart, ALL)
            relations.append(Relation(everyone.cell(scope, counterpart), (working, older.cell(scope, counterpart))))
            relations.append(Relation(working, (learning, middle.cell(scope, counterpart))))
    implied = {cube.cell(*at) for cube in (older, middle) for at in cube.coordinates()}
    return [everyone, *by_trait.values(), older, middle], relations, implied


def _both_directions(areas: Mapping[str, str]) -> tuple[list[Cube], list[Relation], set[Cell]]:
    """Who moves from one listed area to another is counted in both directions.

    So the two totals are one number, and of it an area has no more than what came and went there together: nobody moves
    to where they live. The same holds of a group that is one area.
    """
    sizes = Counter(areas.values())
    single = [group for group in LISTED_GROUPS if sizes[group] == 1]
    relations: list[Relation] = []
    cubes: list[Cube] = []
    for suffix, axis in (("", None), *((f"_{trait}", TRAITS[trait]) for trait in OF_MOVERS)):
        axes = (axis,) if axis else ()
        categories = [(category,) for category in axis.members] if axis else [()]
        scopes = [AREA + area for area in areas] if axis is None else single
        between = Cube(f"{BETWEEN_OTHERS}{suffix}", (Axis("scope", dict.fromkeys(scopes)), *axes))
        for category in categories:
            came, went = (
                {
                    scope: (f"flytninger_{direction}{suffix}", scope, OTHER_AREA, *category)
                    for scope in (LISTED, *scopes)
                }
                for direction in ("ind", "ud")
            )
            relations.append(Relation(came[LISTED], (went[LISTED],)))
            for scope in scopes:
                rest = (between.cell(scope, *category),) if len(areas) > 2 else ()
                relations.append(Relation(came[LISTED], (came[scope], went[scope], *rest)))
        if len(areas) > 2 and scopes:
            cubes.append(between)
    for ending in (NOT_OF_WORKING_AGE, NOT_OF_MIDDLE_AGE):
        in_all, out_all = ((f"flytninger_{way}_{ending}", LISTED, OTHER_AREA) for way in ("ind", "ud"))
        relations.append(Relation(in_all, (out_all,)))
    return cubes, relations, {cube.cell(*at) for cube in cubes for at in cube.coordinates()}


def _stayers(areas: Mapping[str, str]) -> tuple[list[Cube], list[Relation], set[Cell]]:
    """Residents are those who came since the day before and those who stayed; so were the residents of that day.

    Employment and education are those of the list year on both days, so that of the second day alone is published.
    """
    scopes = Axis("scope", {AREA + area: None for area in areas})
    everyone, earlier = Cube(STAYERS, (scopes,)), Cube(EARLIER_RESIDENTS, (scopes,))
    relations: list[Relation] = []
    for scope in scopes.members:
        stayed = everyone.cell(scope)
        relations.append(Relation(("sammensaetning_alder", scope, ALL), (("flytninger_ind", scope, ALL), stayed)))
        relations.append(Relation(earlier.cell(scope), (("flytninger_ud", scope, ALL), stayed)))
    cubes = [everyone, earlier]
    for trait in OF_MOVERS:
        of_groups = Cube(f"{STAYERS}_{trait}", (Axis("scope", dict.fromkeys(LISTED_GROUPS)), TRAITS[trait]))
        cubes.append(of_groups)
        for group, category in of_groups.coordinates():
            came = (f"flytninger_ind_{trait}", group, ALL, category)
            residents = (f"sammensaetning_{trait}", group, category)
            relations.append(Relation(residents, (came, of_groups.cell(group, category))))
    return cubes, relations, {cube.cell(*at) for cube in cubes for at in cube.coordinates()}


def structure_of(tables: Mapping[str, Finished]) -> Structure:
    """The structure that finished tables have."""
    areas = {str(row["area_id"]): str(row["boliggruppe"]) for row in tables["sammensaetning_omraader"].rows}
    koms = sorted({str(row["kom"]) for row in tables["social_eksport_kommuner"].rows})
    rows = tables["nettoindvandring"].rows
    migrations = {
        (int(str(row["aar"])), way) for row in rows for column, way in WAYS.items() if row[column] is not None
    }
    return structure(areas, koms, sorted(migrations))


def scope_of(row: Row) -> str:
    """The scope of a row: an area where it names one, else a group of homes."""
    return AREA + str(row["area_id"]) if row.get("area_id") else str(row["boliggruppe"])


def list_year_of(tables: Mapping[str, Finished]) -> int:
    """The list year that finished tables are of."""
    return int(str(tables["lister"].rows[0]["aar"]))


def counts(name: str, row: Row, list_year: int) -> Iterator[tuple[str, Cell]]:
    """The counts in a row of a finished table: the column each stands in, and the cell it is.

    Rows of earlier list years hold none: they are told as they were released, and hang together with nothing here.
    """
    if name.startswith("sammensaetning"):
        yield "personer", (f"sammensaetning_{row['dimension']}", scope_of(row), str(row["kategori"]))
    elif name.startswith("indkomst"):
        yield "personer", ("indkomstpersoner", scope_of(row))
        yield "indkomst_1000_kr", ("indkomst", scope_of(row))
    elif name in ("boliger", "boliger_omraader"):
        yield "boliger", ("boliger", scope_of(row), str(row["boligart"]), str(row["brug"]))
    elif name == "flytninger_traek":
        cube = f"flytninger_{row['retning']}_{row['dimension']}"
        yield "personer", (cube, scope_of(row), str(row["modpart"]), str(row["kategori"]))
    elif name.startswith("flytninger"):
        yield "personer", (f"flytninger_{row['retning']}", scope_of(row), str(row["modpart"]))
    elif name == "social_eksport" and row["aar"] == list_year:
        at = ("kommuneflytning", str(row["kommunegruppe"]), str(row["persongruppe"]))
        yield "personer", (*at, ALL)
        yield "flyttet", (*at, MOVED)
    elif name == "social_eksport_kommuner":
        at = ("kommuneflytning_kommuner", str(row["kom"]), str(row["persongruppe"]))
        yield "personer", (*at, ALL)
        yield "flyttet", (*at, MOVED)
    elif name == "nettoindvandring":
        for column, way in WAYS.items():
            yield column, (migration_cube(row["aar"], way), str(row["oprindelse"]))


def read(tables: Mapping[str, Finished]) -> tuple[dict[Cell, int], set[Cell]]:
    """The counts that finished tables tell, and those that stand in them as withheld."""
    told: dict[Cell, int] = {}
    hidden: set[Cell] = set()
    list_year = list_year_of(tables)
    for name, table in tables.items():
        for row in table.rows:
            for column, cell in counts(name, row, list_year):
                value = row[column]
                if value == WITHHELD:
                    hidden.add(cell)
                elif value is not None:
                    assert isinstance(value, int)
                    told[cell] = value
    return told, hidden


@dataclass(frozen=True)
class Before:
    """What earlier releases tell: counts by release, and every count that one of them withheld."""

    told: tuple[Mapping[Cell, int], ...] = ()
    withheld: frozenset[Cell] = frozenset()


def told_by_releases(
    same_year: Sequence[Mapping[str, Finished]], other_years: Sequence[Mapping[str, Finished]]
) -> Before:
    """What is out already of the figures of a list year's report.

    Of the reports of other list years only migrations count again: the other figures are of other days.
    """
    told: list[Mapping[Cell, int]] = []
    withheld: set[Cell] = set()
    for tables, again in [(tables, "") for tables in same_year] + [(tables, MIGRATIONS) for tables in other_years]:
        figures, hidden = read(tables)
        told.append({cell: value for cell, value in figures.items() if cell[0].startswith(again)})
        withheld |= {cell for cell in hidden if cell[0].startswith(again)}
    return Before(tuple(told), frozenset(withheld))


def incomes_by_difference(now: Mapping[Cell, int], before: Before, least: int) -> set[Cell]:
    """Sums of income that differ from an earlier release by those of few persons: the difference is their income."""
    found = set()
    for told in before.told:
        for cell, persons in told.items():
            if cell[0] != "indkomstpersoner":
                continue
            income = ("indkomst", *cell[1:])
            both = (cell in now, income in now, income in told)
            if all(both) and 0 < abs(now[cell] - persons) < least and now[income] != told[income]:
                found.add(income)
    return found


def told_elsewhere(tables: Mapping[str, Finished]) -> dict[Cell, Interval]:
    """What the rounded shares of the criteria, which also stand on the public lists, tell of a count."""
    residents = {
        (str(row["area_id"]), str(row["dimension"])): number(row, "personer")
        for row in tables["sammensaetning_omraader"].rows
        if row["kategori"] == ALL
    }
    found: dict[Cell, Interval] = {}
    for row in tables["kriterier"].rows:
        area = str(row["area_id"])
        for criterion, dimension, category in (
            ("nonwestern", "oprindelse", "ikke_vestlig"),
            ("primary_only", "uddannelse", "grundskole"),
        ):
            base, pct = residents.get((area, dimension)), number(row, "tal")
            if row["kriterium"] == criterion and base is not None and pct is not None:
                found[(f"sammensaetning_{dimension}", AREA + area, category)] = rounded_to(Decimal(pct), int(base))
    return found


def told_by_the_cap(tables: Mapping[str, Finished], hidden: Collection[Cell]) -> dict[Relation, int]:
    """The family homes of a municipality's areas of a kind, which the cap's table tells, as a total of the areas',
    where one of those is withheld."""
    areas: dict[tuple[str, str], set[str]] = {}
    for row in tables["sammensaetning_omraader"].rows:
        areas.setdefault((str(row["kommune"]), str(row["boliggruppe"])), set()).add(str(row["area_id"]))
    found: dict[Relation, int] = {}
    for row in tables["loft"].rows:
        for group, column in zip(LISTED_GROUPS, ("i_udsatte", "i_forebyggelse"), strict=True):
            homes = number(row, column)
            of_kind = sorted(areas.get((str(row["kommune"]), group), set()))
            parts = tuple(("boliger", AREA + area, "familiebolig", ALL) for area in of_kind)
            if homes is not None and not set(parts).isdisjoint(hidden):
                found[Relation((CAP, str(row["kom"]), group), parts)] = int(homes)
    return found


def told_by_residents(tables: Mapping[str, Finished]) -> dict[Cell, Interval]:
    """Movers into an area, or out of it, that are withheld where those the other way are told.

    With the area's residents, which its lists tell of both days, the ones give the others away.
    """
    told, hidden = read(tables)
    year = list_year_of(tables) - 1
    found: dict[Cell, Interval] = {}
    for row in tables["udvikling_omraader"].rows:
        scope, earlier = AREA + str(row["area_id"]), number(row, "beboere")
        now = told.get(("sammensaetning_alder", scope, ALL))
        came, went = (("flytninger_ind", scope, ALL), ("flytninger_ud", scope, ALL))
        if row["aar"] != year or earlier is None or now is None:
            continue
        more = now - int(earlier)
        if came in hidden and went in told:
            found[came] = (told[went] + more, told[went] + more)
        elif went in hidden and came in told:
            found[went] = (told[came] - more, told[came] - more)
    return found


def rounded_to(pct: Decimal, base: int) -> Interval:
    """The counts out of `base` whose share is printed as `pct`, rounded half up to the digits it has."""
    exponent = pct.as_tuple().exponent
    assert isinstance(exponent, int)
    half = HALF_A_UNIT.scaleb(exponent)
    low, high = (pct - half) * base / 100, (pct + half) * base / 100
    return math.ceil(low), math.ceil(high) - 1
