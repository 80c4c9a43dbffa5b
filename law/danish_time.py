"""Danish time: the zone that days of the law, deadlines and clocks are read in.

What does not belong here: any deadline, and the clock itself.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

TIME_ZONE = "Europe/Copenhagen"
COPENHAGEN = ZoneInfo(TIME_ZONE)
