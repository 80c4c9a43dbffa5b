"""The Danish names of the lists and statuses of §§ 61 a and 61 b, in the words of the act as it is now.

What does not belong here: what a list was called on an earlier day (`law/parameters`, group `betegnelse`), and the
names of other groups (`assets.reporting.labels`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ListName(NamedTuple):
    """One area and several, as they stand inside a sentence."""

    one: str
    many: str

    @property
    def heading(self) -> str:
        """Several, at the beginning of a line."""
        return self.many.capitalize()


LIST_NAMES: Mapping[str, ListName] = {
    "udsat_boligomraade": ListName("udsat boligområde", "udsatte boligområder"),
    "parallelsamfund": ListName("parallelsamfund", "parallelsamfund"),
    "omdannelsesomraade": ListName("omdannelsesområde", "omdannelsesområder"),
    "forebyggelsesomraade": ListName("forebyggelsesområde", "forebyggelsesområder"),
}
"""Every list by its code, in the order in which they are published."""

NO_LIST = "ikke_omfattet"
"""The status of an area that is on none."""

WITHIN = ("parallelsamfund", "omdannelsesomraade")
"""The lists of areas that are udsatte boligområder besides; each is a column of its own."""

LISTED_STATUSES = tuple(code for code in LIST_NAMES if code not in WITHIN)
"""The statuses of the areas that are on a list."""
