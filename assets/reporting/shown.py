"""The report's tables of counts, as they are shown: a figure, or the word for one that is withheld.

What does not belong here: which figures are withheld (`assets.reporting.counts`, `assets.disclosure.suppression`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from assets.disclosure.cells import Cell
from assets.disclosure.limits import WITHHELD
from assets.finished import Finished, Row, Value, share_pct
from assets.reporting import cells
from assets.reporting.cells import AREA, LISTED_GROUPS
from assets.reporting.labels import (
    ALL,
    COUNTERPARTS,
    COUNTRY,
    DIMENSIONS,
    DIRECTIONS,
    GROUPS,
    KINDS,
    LISTED,
    USES,
)
from assets.reporting.shapes import SHAPES
from assets.reporting.source import PRIVATE_GROUPS, Area
from assets.rounding import rounded


@dataclass(frozen=True)
class Shown:
    """The counts as tables show them: true figures and the word for those that are withheld."""

    values: Mapping[Cell, int]
    hidden: Mapping[Cell, str]
    areas: Sequence[Area]
    categories: Mapping[str, Mapping[str, str]]

    def __call__(self, *cell: str) -> Value:
        return WITHHELD if cell in self.hidden else self.values[cell]

    def tells(self, scope: str, homes: Sequence[tuple[str, str]]) -> bool:
        """Whether none of these counts of homes (kind, use) is withheld: a share of them tells them too."""
        return not any(("boliger", scope, kind, use) in self.hidden for kind, use in homes)

    def _area(self, area: Area) -> dict[str, Value]:
        return {
            "boliggruppe": area.status,
            "kommune": area.municipality,
            "area_id": area.area_id,
            "omraade": area.name,
        }

    def _persons(self, dimension: str, scope: str, head: Mapping[str, Value]) -> list[Row]:
        cube = f"sammensaetning_{dimension}"
        whole = self(cube, scope, ALL)
        texts = {**self.categories[dimension], ALL: "I alt"}
        rows: list[Row] = []
        for category in cells.TRAITS[dimension].members:
            persons = self(cube, scope, category)
            rows.append(
                {
                    **head,
                    "dimension": dimension,
                    "dimension_tekst": DIMENSIONS[dimension],
                    "kategori": category,
                    "kategori_tekst": texts[category],
                    "personer": persons,
                    "andel_pct": share_pct(persons, whole),
                }
            )
        return rows

    def composition(self) -> Finished:
        rows: list[Row] = []
        for dimension in DIMENSIONS:
            for group in (*LISTED_GROUPS, *PRIVATE_GROUPS, COUNTRY):
                rows += self._persons(dimension, group, {"boliggruppe": group, "boliggruppe_tekst": GROUPS[group]})
        return replace(SHAPES["sammensaetning"], rows=rows)

    def composition_by_area(self) -> Finished:
        rows: list[Row] = []
        for area in self.areas:
            for dimension in DIMENSIONS:
                rows += self._persons(dimension, AREA + area.area_id, self._area(area))
        return replace(SHAPES["sammensaetning_omraader"], rows=rows)

    def incomes(self) -> Finished:
        heads: list[tuple[str, dict[str, Value]]] = [
            (group, {"boliggruppe": group, "kommune": None, "area_id": None, "omraade": GROUPS[group]})
            for group in (*LISTED_GROUPS, *PRIVATE_GROUPS, COUNTRY)
        ]
        heads += [(AREA + area.area_id, self._area(area)) for area in self.areas]
        rows: list[Row] = []
        for scope, head in heads:
            persons, income = self("indkomstpersoner", scope), self("indkomst", scope)
            mean: Value = WITHHELD if WITHHELD in (persons, income) else None
            if mean is None and persons:
                assert isinstance(persons, int)
                assert isinstance(income, int)
                mean = int(rounded(Fraction(1000 * income, persons), 0))
            rows.append({**head, "personer": persons, "indkomst_1000_kr": income, "gennemsnit_kr": mean})
        return replace(SHAPES["indkomst"], rows=rows)

    def moves(self) -> Finished:
        rows: list[Row] = []
        for direction in DIRECTIONS:
            for group in (*LISTED_GROUPS, LISTED):
                whole = self(f"flytninger_{direction}", group, ALL)
                for counterpart, text in COUNTERPARTS[direction].items():
                    persons = self(f"flytninger_{direction}", group, counterpart)
                    rows.append(
                        {
                            **_direction(direction),
                            "boliggruppe": group,
                            "boliggruppe_tekst": GROUPS[group],
                            "modpart": counterpart,
                            "modpart_tekst": text,
                            "personer": persons,
                            "andel_pct": share_pct(persons, whole),
                        }
                    )
        return replace(SHAPES["flytninger"], rows=rows)

    def moves_by_area(self) -> Finished:
        rows: list[Row] = []
        for area in self.areas:
            for direction in DIRECTIONS:
                for counterpart, text in COUNTERPARTS[direction].items():
                    rows.append(
                        {
                            **self._area(area),
                            **_direction(direction),
                            "modpart": counterpart,
                            "modpart_tekst": text,
                            "personer": self(f"flytninger_{direction}", AREA + area.area_id, counterpart),
                        }
                    )
        return replace(SHAPES["flytninger_omraader"], rows=rows)

    def moves_by_trait(self) -> Finished:
        rows: list[Row] = []
        for dimension in ("beskaeftigelse", "uddannelse"):
            for direction in DIRECTIONS:
                cube = f"flytninger_{direction}_{dimension}"
                for group in (*LISTED_GROUPS, LISTED):
                    for counterpart, text in COUNTERPARTS[direction].items():
                        whole = self(cube, group, counterpart, ALL)
                        for category in cells.TRAITS[dimension].members:
                            persons = self(cube, group, counterpart, category)
                            rows.append(
                                {
                                    **_direction(direction),
                                    "boliggruppe": group,
                                    "boliggruppe_tekst": GROUPS[group],
                                    "modpart": counterpart,
                                    "modpart_tekst": text,
                                    "dimension": dimension,
                                    "dimension_tekst": DIMENSIONS[dimension],
                                    "kategori": category,
                                    "kategori_tekst": {**self.categories[dimension], ALL: "I alt"}[category],
                                    "personer": persons,
                                    "andel_pct": share_pct(persons, whole),
                                }
                            )
        return replace(SHAPES["flytninger_traek"], rows=rows)

    def _homes(self, scope: str, head: Mapping[str, Value]) -> list[Row]:
        return [
            {
                **head,
                "boligart": kind,
                "boligart_tekst": KINDS[kind],
                "brug": use,
                "brug_tekst": USES[use],
                "boliger": self("boliger", scope, kind, use),
            }
            for kind in KINDS
            for use in USES
            if ("boliger", scope, kind, use) in self.values
        ]

    def homes(self) -> Finished:
        rows: list[Row] = []
        for group in (*LISTED_GROUPS, *PRIVATE_GROUPS, COUNTRY):
            rows += self._homes(group, {"boliggruppe": group, "boliggruppe_tekst": GROUPS[group]})
        return replace(SHAPES["boliger"], rows=rows)

    def homes_by_area(self) -> Finished:
        rows: list[Row] = []
        for area in self.areas:
            rows += self._homes(AREA + area.area_id, self._area(area))
        return replace(SHAPES["boliger_omraader"], rows=rows)


def _direction(direction: str) -> dict[str, Value]:
    return {"retning": direction, "retning_tekst": DIRECTIONS[direction]}
