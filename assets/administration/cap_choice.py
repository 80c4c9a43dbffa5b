"""Which sets of forebyggelsesområder a council may exempt: exact search for the inclusion-minimal ones.

Pure arithmetic on whole numbers. What does not belong here: where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def minimal_sets(homes: Mapping[str, int], must_leave: int) -> Iterator[tuple[str, ...]]:
    """Every set of areas whose homes reach `must_leave` and from which no area can be dropped.

    `homes` are the family homes of each area. The sets come in a fixed order; the areas of a set by id. Nothing
    comes when all areas together fall short, and the empty set when nothing must leave.

    Areas are taken by falling size, so a set is minimal exactly when it reaches the goal by its last, smallest area.
    A branch ends when what is left cannot reach the goal, so every branch leads to a set.
    """
    if must_leave <= 0:
        yield ()
        return
    ordered = sorted((size, area) for area, size in homes.items() if size > 0)[::-1]
    left = [0] * (len(ordered) + 1)
    for position in range(len(ordered) - 1, -1, -1):
        left[position] = left[position + 1] + ordered[position][0]

    # (next position, homes so far, chosen): depth first, the branch with the larger area first.
    stack: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
    while stack:
        position, reached, chosen = stack.pop()
        if position == len(ordered) or reached + left[position] < must_leave:
            continue
        size, area = ordered[position]
        stack.append((position + 1, reached, chosen))
        if reached + size >= must_leave:
            yield tuple(sorted((*chosen, area)))
        else:
            stack.append((position + 1, reached + size, (*chosen, area)))
