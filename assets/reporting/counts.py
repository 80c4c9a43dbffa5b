"""The report's counts: sparse rows filled to whole cubes, and which of them disclosure control must look at.

What does not belong here: how anything is counted (`sql/report`) and the method of suppression
(`assets.disclosure.suppression`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from assets.disclosure.cells import Cell, Problem, filled
from assets.finished import Finished, Row
from assets.reporting import cells
from assets.reporting.cells import AREA, MOVED, OTHER_AREA, STAYED, Structure
from assets.reporting.labels import ALL, COUNTRY, DIMENSIONS, LISTED
from assets.reporting.shapes import SHAPES
from assets.reporting.source import PRIVATE_GROUPS, Area, Source
from assets.rounding import rounded

Counted = tuple[str, tuple[str, ...], int]
"""A cube, a place in it at the bottom of its trees, and what was counted there."""
OERE_PER_1000 = 100 * 1000


def counts(source: Source, areas: Sequence[Area]) -> tuple[dict[Cell, int], Structure]:
    """Every cell of the report's cubes with its true figure, and how the cells add up."""
    moved = source.rows("report.social_export")
    koms = sorted({row["kom"] for row in moved if row["kom"]})
    delivered = sorted(_migrations_delivered(source))
    structure = cells.structure({area.area_id: area.status for area in areas}, koms, delivered)
    counted: dict[str, Counter[tuple[str, ...]]] = {cube.name: Counter() for cube in structure.cubes}
    for cube, at, number in (
        *_residents_counted(source),
        *_homes_counted(source),
        *_moves_counted(source),
        *_municipal_moves_counted(moved),
        *_migrations_counted(source),
    ):
        counted[cube][at] += number
    values: dict[Cell, int] = {}
    for of_structure in structure.cubes:
        values.update(filled(of_structure, counted[of_structure.name]))
    fill_implied(values)
    return values, structure


def _residents_counted(source: Source) -> Iterator[Counted]:
    for row in source.rows("report.composition"):
        if scope := _lowest_scope(row):
            yield f"sammensaetning_{row['dimension']}", (scope, row["category"]), row["persons"]
    for row in source.rows("report.incomes"):
        if scope := _lowest_scope(row):
            yield "indkomstpersoner", (scope,), row["persons"]
            yield "indkomst", (scope,), thousands(row["income_oere"])


def _homes_counted(source: Source) -> Iterator[Counted]:
    for row in source.rows("report.housing"):
        if scope := _lowest_scope(row):
            use = "beboet" if row["lived_in"] else "ubeboet"
            yield "boliger", (scope, row["boligkategori"], use), row["homes"]


def _moves_counted(source: Source) -> Iterator[Counted]:
    """Movers of all ages by area; those with an employment or an education by group, which is told of no area."""
    for row in source.rows("report.moves"):
        name = f"flytninger_{row['direction']}"
        if row["measure"] == "alle" and row["area_id"]:
            yield name, (AREA + row["area_id"], row["counterpart"]), row["persons"]
        elif row["measure"] != "alle" and not row["area_id"]:
            at = (row["housing_group"], row["counterpart"], row["category"])
            yield f"{name}_{row['measure']}", at, row["persons"]


def _municipal_moves_counted(moved: Iterable[Mapping[str, Any]]) -> Iterator[Counted]:
    for row in moved:
        movement = MOVED if row["moved"] else STAYED
        if row["kom"]:
            target = "andre" if row["target"] == "andre" else "maalgruppe"
            yield "kommuneflytning_kommuner", (row["kom"], target, movement), row["persons"]
        else:
            yield "kommuneflytning", ("med" if row["listed"] else "uden", row["target"], movement), row["persons"]


def _migrations_counted(source: Source) -> Iterator[Counted]:
    for row in source.rows("report.net_immigration"):
        yield cells.migration_cube(row["year"], row["direction"]), (row["origin"],), row["persons"]


def thousands(oere: int) -> int:
    """A sum in thousands of kroner, as the report tells it."""
    return int(rounded(Fraction(oere, OERE_PER_1000), 0))


def _migrations_delivered(source: Source) -> set[tuple[int, str]]:
    """The years and directions of which migrations were delivered, also where nobody moved."""
    found = source.con.execute(
        """
        SELECT DISTINCT reference_year, register FROM registers.promoted
        WHERE list_year = ? AND register IN ('vnds_ind', 'vnds_ud')
        """,
        [source.list_year],
    ).fetchall()
    return {(int(year), register.removeprefix("vnds_")) for year, register in found}


def _lowest_scope(row: Mapping[str, Any]) -> str | None:
    """The scope of a row at the bottom of the tree: an area, or a group of homes that has no areas."""
    if row["area_id"]:
        return AREA + str(row["area_id"])
    return str(row["housing_group"]) if row["housing_group"] in PRIVATE_GROUPS else None


def fill_implied(values: dict[Cell, int]) -> None:
    """Persons who are in no table by themselves: movers too young or too old for an employment or an education, those
    who moved between two other areas, and who stayed."""
    for cell in list(values):
        name, *at = cell
        for ending, whole, part in (
            (cells.NOT_OF_WORKING_AGE, "", "_beskaeftigelse"),
            (cells.NOT_OF_MIDDLE_AGE, "_beskaeftigelse", "_uddannelse"),
        ):
            if name.endswith(ending):
                base = name.removesuffix(f"_{ending}")
                rest = (ALL,) if whole else ()
                values[cell] = values[(base + whole, *at, *rest)] - values[(base + part, *at, ALL)]
    for cell in list(values):
        if cell[0].startswith(cells.BETWEEN_OTHERS):
            values[cell] = _between_others(values, cell)
        elif cell[0].startswith(cells.STAYERS):
            values[cell] = _stayers(values, cell)
    for cell in list(values):
        if cell[0] == cells.EARLIER_RESIDENTS:
            values[cell] = values[("flytninger_ud", cell[1], ALL)] + values[(cells.STAYERS, cell[1])]


def _between_others(values: Mapping[Cell, int], cell: Cell) -> int:
    name, scope, *category = cell
    suffix = name.removeprefix(cells.BETWEEN_OTHERS)
    came, went = (f"flytninger_{way}{suffix}" for way in ("ind", "ud"))
    every = values[(came, LISTED, OTHER_AREA, *category)]
    return every - values[(came, scope, OTHER_AREA, *category)] - values[(went, scope, OTHER_AREA, *category)]


def _stayers(values: Mapping[Cell, int], cell: Cell) -> int:
    name, scope, *category = cell
    trait = name.removeprefix(cells.STAYERS)
    residents = values[(f"sammensaetning{trait}" if trait else "sammensaetning_alder", scope, *(category or (ALL,)))]
    return residents - values[(f"flytninger_ind{trait}", scope, ALL, *category)]


def problem(source: Source, values: dict[Cell, int], structure: Structure, criteria: Finished) -> Problem:
    """What is to be withheld: which cells may not be told, what is known of them, and which must stand."""
    least = source.limits.minimum_count
    sensitive: dict[Cell, float] = {c: least for c, v in values.items() if 0 < v < least and _of_people(c)}
    for row in source.rows("report.incomes"):
        scope = _lowest_scope(row) or row["housing_group"] or COUNTRY
        if row["dominated"] or 0 < row["persons"] < least:
            sensitive[("indkomst", scope)] = 0
    for cell in sensitive.keys() | cells.incomes_by_difference(values, source.before, least):
        if cell[0] == "indkomst":
            sensitive[cell] = max(1, abs(values[cell]) * source.limits.income_protection_pct / 100)
    # Whoever has an earlier release knows what it told: where that still holds, hiding it hides nothing.
    known = {cell for told in source.before.told for cell, value in told.items() if values.get(cell) == value}
    fixed = {
        cell
        for cell in values
        if cell not in sensitive
        and cell not in source.before.withheld
        and (cell[1] == COUNTRY or cell in known or _public_by_law(cell, values[cell], least))
    }
    told = {cell: low_high for cell, low_high in _told(values, criteria).items() if cell in values}
    # the list of the year before tells them, or an edition does
    known_before = {c: v for c, v in values.items() if c[0] == cells.EARLIER_RESIDENTS and not 0 < v < least}
    told |= {cell: (residents, residents) for cell, residents in known_before.items()}
    return Problem(
        values,
        list(structure.relations),
        sensitive,
        frozenset(fixed),
        structure.unpublished,
        told,
        {cell: GROUP_WEIGHT for cell in values if len(cell) > 1 and not cell[1].startswith(AREA)},
        source.before.withheld & (values.keys() - structure.unpublished),
    )


def _public_by_law(cell: Cell, value: int, least: int) -> bool:
    """Residents, as the lists tell them, and an area's family homes, which the cap is reckoned from."""
    if cell[0] == "boliger":
        return cell[1].startswith(AREA) and cell[2:] == ("familiebolig", ALL) and value >= least
    return cell[-1] == ALL and cell[0].startswith("sammensaetning")


GROUP_WEIGHT = 10.0
"""A figure of a whole group of homes is dearer to hide than one of an area."""


def _of_people(cell: Cell) -> bool:
    """Whether a cell counts people, or homes where people live. Sums of income and vacant homes do not."""
    return cell[0] != "indkomst" and (cell[0] != "boliger" or cell[-1] == "beboet")


def _told(values: Mapping[Cell, int], criteria: Finished) -> dict[Cell, tuple[float, float]]:
    shape = SHAPES["sammensaetning_omraader"]
    rows: list[Row] = [
        {"area_id": cell[1].removeprefix(AREA), "dimension": dimension, "kategori": ALL, "personer": values[cell]}
        for dimension in DIMENSIONS
        for cell in values
        if cell[0] == f"sammensaetning_{dimension}" and cell[1].startswith(AREA) and cell[2] == ALL
    ]
    return cells.told_elsewhere({"sammensaetning_omraader": replace(shape, rows=rows), "kriterier": criteria})
