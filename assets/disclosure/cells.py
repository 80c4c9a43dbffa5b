"""Cells of published tables, and how they add up: what suppression chooses among and what an attacker reckons with.

What does not belong here: which cells are hidden (`assets.disclosure.suppression`), and how closely a hidden one can be
bounded (`assets.disclosure.attack`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

Cell = tuple[str, ...]
"""A cell: the name of its cube and its coordinates."""
Interval = tuple[float, float]


@dataclass(frozen=True)
class Relation:
    """A total that is the sum of its parts."""

    total: Cell
    parts: tuple[Cell, ...]


@dataclass(frozen=True)
class Axis:
    """One dimension of a cube: its members in order, each with the member it is a part of (None: the top)."""

    name: str
    parents: Mapping[str, str | None]

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(self.parents)

    def families(self) -> dict[str, tuple[str, ...]]:
        """The parts of each member that has any."""
        found: dict[str, list[str]] = {}
        for member, parent in self.parents.items():
            if parent is not None:
                found.setdefault(parent, []).append(member)
        return {parent: tuple(parts) for parent, parts in found.items()}


@dataclass(frozen=True)
class Cube:
    """A table of counts over its axes. Coordinates in `never` cannot occur, and everybody knows."""

    name: str
    axes: tuple[Axis, ...]
    never: frozenset[tuple[str, ...]] = frozenset()

    def coordinates(self) -> Iterator[tuple[str, ...]]:
        return (at for at in product(*(axis.members for axis in self.axes)) if at not in self.never)

    def cell(self, *coordinates: str) -> Cell:
        return (self.name, *coordinates)

    def relations(self) -> list[Relation]:
        """Along each axis, each total with its parts, for every combination of the other axes."""
        existing = set(self.coordinates())
        found = []
        for position, axis in enumerate(self.axes):
            others = [a.members if i != position else ("",) for i, a in enumerate(self.axes)]
            for parent, parts in axis.families().items():
                for at in product(*others):
                    total = (*at[:position], parent, *at[position + 1 :])
                    these = [(*at[:position], part, *at[position + 1 :]) for part in parts]
                    kept = tuple(self.cell(*part) for part in these if part in existing)
                    if total in existing and kept:
                        found.append(Relation(self.cell(*total), kept))
        return found


def filled(cube: Cube, counted: Mapping[tuple[str, ...], int]) -> dict[Cell, int]:
    """Every cell of a cube: the lowest members as counted (0 where nothing was), the totals as their sums.

    Raises ValueError where something was counted that the cube has no place for.
    """
    stray = sorted(set(counted) - set(cube.coordinates()))
    if stray:
        raise ValueError(f"{cube.name}: no place for {stray[0]}")
    below = [{m: _lowest(axis, m) for m in axis.members} for axis in cube.axes]
    values = {}
    for at in cube.coordinates():
        leaves = product(*(lowest[member] for lowest, member in zip(below, at, strict=True)))
        values[cube.cell(*at)] = sum(counted.get(leaf, 0) for leaf in leaves)
    return values


def _lowest(axis: Axis, member: str) -> tuple[str, ...]:
    parts = axis.families().get(member, ())
    return tuple(low for part in parts for low in _lowest(axis, part)) if parts else (member,)


@dataclass
class Problem:
    """What protects or attacks a set of tables together.

    `values` are the true figures; `sensitive` says by how much, at least, each cell that may not be told must stay
    uncertain; `fixed` cells are published whatever happens; `unpublished` cells stand in no table but follow from
    some; `bounds` is what other publications tell of a cell. `weights` tells how dear a cell is to hide. `withheld`
    cells were hidden when the tables were released before, and stay hidden.
    """

    values: dict[Cell, int]
    relations: list[Relation]
    sensitive: dict[Cell, float]
    fixed: frozenset[Cell] = frozenset()
    unpublished: frozenset[Cell] = frozenset()
    bounds: Mapping[Cell, Interval] = field(default_factory=dict)
    weights: Mapping[Cell, float] = field(default_factory=dict)
    withheld: frozenset[Cell] = frozenset()


def components(cells: Iterable[Cell], relations: Sequence[Relation]) -> list[tuple[list[Cell], list[Relation]]]:
    """The cells in groups that no relation ties together, each with its relations; other cells are left out."""
    leader: dict[Cell, Cell] = {cell: cell for cell in cells}

    def top(cell: Cell) -> Cell:
        while leader[cell] != cell:
            leader[cell] = leader[leader[cell]]
            cell = leader[cell]
        return cell

    touching: list[tuple[Relation, Cell]] = []
    for relation in relations:
        free = [cell for cell in (relation.total, *relation.parts) if cell in leader]
        for cell in free[1:]:
            leader[top(cell)] = top(free[0])
        if free:
            touching.append((relation, free[0]))
    groups: dict[Cell, tuple[list[Cell], list[Relation]]] = {}
    for cell in leader:
        groups.setdefault(top(cell), ([], []))[0].append(cell)
    for relation, cell in touching:
        groups[top(cell)][1].append(relation)
    return list(groups.values())
