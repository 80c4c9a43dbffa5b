"""What the report's tables are made from: the warehouse, the law with the report's choices, the limits, the areas.

What does not belong here: any table of the report (`assets.reporting.tables`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from assets.code_lists import municipality_names
from assets.disclosure.limits import Limits
from assets.finished import Finished
from assets.publishing.public_lists import danish_order
from assets.reporting.cells import LISTED_GROUPS, Before
from assets.warehouse import rows_of
from law.loader import LegalValue

PRIVATE_GROUPS = ("oevrige_almene", "oevrige_boliger")
"""Groups of homes that have no areas."""


@dataclass
class Source:
    """What the tables are made from: the warehouse, the list year, the law with the report's choices, the limits.

    `earlier` are the tables of the reports of earlier list years, as they were released; `before` is what those and
    earlier reports of this list year tell of the same figures.
    """

    con: duckdb.DuckDBPyConnection
    list_year: int
    law: Mapping[str, LegalValue]
    limits: Limits
    earlier: Mapping[int, Mapping[str, Finished]] = field(default_factory=dict)
    before: Before = field(default_factory=Before)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The list year's rows of a table."""
        return rows_of(self.con, f"SELECT * FROM {table} WHERE list_year = ? ORDER BY ALL", [self.list_year])

    def whole(self, parameter: str) -> int:
        value = self.law[parameter].value
        assert isinstance(value, int)
        return value


@dataclass(frozen=True)
class Area:
    """A listed area."""

    area_id: str
    name: str
    kom: str
    municipality: str
    status: str


def listed_areas(source: Source) -> list[Area]:
    """The listed areas, by municipality and name."""
    names = municipality_names()
    areas = [
        Area(row["area_id"], row["area_name"] or row["area_id"], row["kom"], names[int(row["kom"])], row["status"])
        for row in source.rows("status.area_status")
        if row["status"] in LISTED_GROUPS
    ]
    return sorted(areas, key=lambda area: place(area.municipality, area.name, area.area_id))


def place(municipality: str | None, area: str | None = None, area_id: str | None = None) -> tuple[Any, ...]:
    """Sort key by municipality and area as readers look for them, in the Danish order of the public lists."""
    return danish_order(municipality or ""), danish_order(area or ""), area_id or ""
