"""Danish working days: Monday to Friday but for holidays, from the package `holidays`.

What does not belong here: which deadline is counted in them.
"""

from __future__ import annotations

import calendar
import datetime as dt
from functools import cache

import holidays

CATEGORIES = {"public_holidays": ("public",), "public_and_customary": ("public", "optional")}


@cache
def _free_days(year: int, kind: str) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("DK", years=year, categories=CATEGORIES[kind]))


def is_working_day(day: dt.date, kind: str) -> bool:
    """Whether a day is a working day; `kind` is a choice of afgoerelsesvalg.working_days."""
    return day.weekday() < calendar.SATURDAY and day not in _free_days(day.year, kind)


def working_days_after(day: dt.date, number: int, kind: str) -> dt.date:
    """The day on which the given number of working days after `day` has passed; `day` itself does not count."""
    while number > 0:
        day += dt.timedelta(days=1)
        number -= is_working_day(day, kind)
    return day
