"""Suppression and the attacker, on small tables whose answer is plain."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from assets.disclosure import attack
from assets.disclosure.attack import ContradictionError, intervals, too_close
from assets.disclosure.cells import Axis, Cell, Cube, Problem, Relation, filled
from assets.disclosure.suppression import BEFORE, PRIMARY, SECONDARY, UnprotectableError, suppress

LIMIT = 5
AREAS = Axis("area", {"group": None, "a": "group", "b": "group", "c": "group"})
KINDS = Axis("kind", {"all": None, "x": "all", "y": "all", "z": "all"})
TABLE = Cube("t", (AREAS, KINDS))


def problem(counts: dict[tuple[str, ...], int], cube: Cube = TABLE, **more: object) -> Problem:
    values = filled(cube, counts)
    sensitive: dict[Cell, float] = {cell: LIMIT for cell, value in values.items() if 0 < value < LIMIT}
    return Problem(values, cube.relations(), sensitive, **more)  # type: ignore[arg-type]


def attacked(one: Problem, hidden: dict[Cell, str]) -> dict[Cell, attack.Interval]:
    told = {c: v for c, v in one.values.items() if c not in hidden and c not in one.unpublished}
    return intervals(told, [*hidden, *one.unpublished], one.relations, one.bounds)


def counts(*rows: tuple[int, int, int]) -> dict[tuple[str, ...], int]:
    return {(area, kind): n for area, row in zip("abc", rows, strict=True) for kind, n in zip("xyz", row, strict=True)}


def test_a_small_figure_alone_follows_from_its_totals() -> None:
    one = problem(counts((3, 40, 50), (20, 30, 40), (10, 60, 70)))
    weak = {TABLE.cell("a", "x"): PRIMARY}
    assert attacked(one, weak) == {TABLE.cell("a", "x"): (3, 3)}


def test_hiding_one_more_in_the_row_is_undone_by_the_columns() -> None:
    one = problem(counts((3, 40, 50), (20, 30, 40), (10, 60, 70)))
    weak = {TABLE.cell("a", "x"): PRIMARY, TABLE.cell("a", "y"): SECONDARY}
    assert all(low == high for low, high in attacked(one, weak).values())


def test_suppression_leaves_every_hidden_figure_uncertain_by_the_limit() -> None:
    one = problem(counts((3, 40, 50), (20, 30, 40), (10, 60, 70)))
    hidden = suppress(one)
    assert hidden[TABLE.cell("a", "x")] == PRIMARY
    assert len(hidden) >= 4
    assert all(high - low >= LIMIT for low, high in attacked(one, hidden).values())


def test_totals_that_must_be_published_are() -> None:
    one = problem(counts((3, 40, 50), (20, 30, 40), (10, 60, 70)))
    fixed = frozenset(cell for cell in one.values if "all" in cell or "group" in cell)
    one.fixed = fixed
    assert not fixed & suppress(one).keys()


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert suppress(problem(counts((13, 40, 50), (20, 0, 40), (10, 60, 70)))) == {}


def test_two_small_figures_that_add_up_to_few_are_protected_by_a_third() -> None:
    one = problem(counts((1, 2, 50), (20, 30, 40), (10, 60, 70)))
    hidden = suppress(one)
    found = attacked(one, hidden)
    assert min(high - low for low, high in found.values()) >= LIMIT
    assert set(hidden.values()) == {PRIMARY, SECONDARY}


@pytest.mark.parametrize("seed", range(12))
def test_random_tables_withstand_the_attack(seed: int) -> None:
    draw = random.Random(seed)
    areas = Axis("area", {"group": None, **{f"a{n}": "group" for n in range(draw.randint(3, 12))}})
    cube = Cube("t", (areas, KINDS, Axis("use", {"all": None, "u": "all", "v": "all"})))
    leaves = [at for at in cube.coordinates() if "group" not in at and "all" not in at]
    one = problem({at: draw.choice((0, 1, 2, 4, 6, 9, 30, 80)) for at in leaves}, cube)
    hidden = suppress(one)
    assert set(one.sensitive) <= hidden.keys()
    found = attacked(one, hidden)
    assert all(low <= one.values[cell] <= high for cell, (low, high) in found.items())
    assert not [cell for cell, interval in found.items() if too_close(interval, LIMIT, True)]


def test_differencing_two_tables_that_overlap() -> None:
    """Movers of all ages less those of working age are the few others, though no table shows them."""
    everyone, working, rest = ("all", "a"), ("working", "a"), ("rest", "a")
    other, other_working, other_rest = ("all", "b"), ("working", "b"), ("rest", "b")
    top, top_working = ("all", "sum"), ("working", "sum")
    values = {everyone: 42, working: 40, rest: 2, other: 90, other_working: 60, other_rest: 30, top: 132}
    values[top_working] = 100
    relations = [
        Relation(everyone, (working, rest)),
        Relation(other, (other_working, other_rest)),
        Relation(top, (everyone, other)),
        Relation(top_working, (working, other_working)),
    ]
    unpublished = frozenset({rest, other_rest})
    one = Problem(values, relations, {rest: LIMIT}, frozenset({top, top_working}), unpublished)
    assert attacked(one, {})[rest] == (2, 2)
    hidden = suppress(one)
    assert hidden
    assert not unpublished & hidden.keys()
    low, high = attacked(one, hidden)[rest]
    assert high - low >= LIMIT


def test_an_old_area_less_its_parts_tells_the_rest() -> None:
    """A split: the old area was published whole, so the part that is not listed follows from the one that is."""
    old, listed, left_over = ("old", "x"), ("new", "x"), ("rest", "x")
    values = {old: 60, listed: 57, left_over: 3}
    one = Problem(
        values, [Relation(old, (listed, left_over))], {left_over: LIMIT}, frozenset({old}), frozenset({left_over})
    )
    assert suppress(one) == {listed: SECONDARY}


def test_two_halves_of_a_total_that_stays_protect_each_other() -> None:
    """Neither can rise by the limit: the total is told. Each can be anything from 0 to it, and that is enough."""
    whole, one, other = ("whole",), ("one",), ("other",)
    values = {whole: 6, one: 3, other: 3}
    halves = Problem(values, [Relation(whole, (one, other))], {one: LIMIT, other: LIMIT}, bounds={whole: (6, 6)})
    assert suppress(halves) == {one: PRIMARY, other: PRIMARY}
    assert attacked(halves, dict.fromkeys((one, other), PRIMARY))[one] == (0, 6)
    values[whole], values[one] = 4, 1
    with pytest.raises(UnprotectableError):
        suppress(replace(halves, bounds={whole: (4, 4)}))


def test_a_figure_withheld_before_that_another_publication_tells_since_is_not_protected() -> None:
    cell = TABLE.cell("a", "x")
    told = problem(counts((7, 40, 50), (20, 3, 40), (10, 60, 70)))
    told.withheld, told.bounds = frozenset({cell}), {cell: (7, 7)}
    assert suppress(told)[cell] == BEFORE
    told.sensitive[cell] = LIMIT
    with pytest.raises(UnprotectableError):
        suppress(told)


def test_what_another_publication_tells_bounds_a_figure() -> None:
    one = problem(counts((3, 40, 50), (20, 30, 40), (10, 60, 70)))
    cell = TABLE.cell("a", "x")
    one.bounds = {cell: (2, 4)}
    with pytest.raises(UnprotectableError):
        suppress(one)


def test_tables_that_do_not_add_up_are_refused() -> None:
    relation = Relation(("sum",), (("a",), ("b",)))
    with pytest.raises(ContradictionError):
        intervals({("sum",): 10, ("a",): 3, ("b",): 4}, [], [relation], {})
    with pytest.raises(ContradictionError):
        intervals({("sum",): 10, ("a",): 13}, [("b",)], [relation], {})


def test_a_figure_that_nothing_bounds_is_unbounded() -> None:
    low, high = intervals({}, [("a",)], [], {})[("a",)]
    assert low == 0
    assert high == float("inf")


def test_figures_outside_the_axes_are_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        filled(TABLE, {("a", "unknown"): 1})
