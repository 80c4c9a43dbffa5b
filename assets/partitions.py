"""The one partitioning: by list year. A job holds assets of one partitioning only, so every asset has this one.

What does not belong here: which references of a register a list year needs (`assets.contracts`).
"""

from __future__ import annotations

import warnings
from functools import cache

from dagster import BackfillPolicy, BetaWarning, TimeWindowPartitionMapping, TimeWindowPartitionsDefinition

from law.danish_time import TIME_ZONE
from law.loader import shipped_law

FIRST_LIST_YEAR = shipped_law().first_list_year
END_LIST_YEAR = 2041

LIST_YEARS = TimeWindowPartitionsDefinition(
    start=str(FIRST_LIST_YEAR),
    end=str(END_LIST_YEAR),
    fmt="%Y",
    cron_schedule="0 0 1 1 *",
    timezone=TIME_ZONE,
    end_offset=END_LIST_YEAR - FIRST_LIST_YEAR,
)
"""List years from the first under § 61 a. They do not grow with the clock: a run refuses a year after its own day."""

# Dagster asks over a hundred times in a run when a list year begins, and works it out from the cron string each time
object.__setattr__(LIST_YEARS, "start_time_for_partition_key", cache(LIST_YEARS.start_time_for_partition_key))

warnings.filterwarnings("ignore", category=BetaWarning, message="Parameter `backfill_policy`")

ONE_YEAR_A_RUN = BackfillPolicy.multi_run(1)
"""A backfill over many list years is one run per year: a run has one clock and seals one edition."""


def earlier_list_years(years: int) -> TimeWindowPartitionMapping:
    """The list years before this one that a five-year rule looks at; those before the first have no partition."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BetaWarning)
        return TimeWindowPartitionMapping(
            start_offset=1 - years, end_offset=-1, allow_nonexistent_upstream_partitions=True
        )
