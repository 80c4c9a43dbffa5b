"""Danish time: how days are written, how whole years are counted from them, and the zone that days of the law,
deadlines and clocks are read in.

What does not belong here: any deadline, and the clock itself.
"""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

TIME_ZONE = "Europe/Copenhagen"
COPENHAGEN = ZoneInfo(TIME_ZONE)
WRITTEN_DAY = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
"""A day as it is written everywhere, in a year that whole years can be counted on from."""


def day_of(text: str) -> dt.date:
    """A day from its text, YYYY-MM-DD. Raises ValueError where it is written otherwise or is no day."""
    if not re.fullmatch(WRITTEN_DAY, text):
        raise ValueError("no day")
    return dt.date.fromisoformat(text)


def years_after(day: dt.date, years: int) -> dt.date:
    """The same day whole years later, or earlier for a negative number; 28 February for a 29 February that is not."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=day.day - 1)
