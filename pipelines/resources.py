"""The resources that assets receive: the home they write to, and the settings of the run.

What does not belong here: how a run is started, and any derivation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from dagster import ConfigurableResource, Failure

from assets import warehouse
from law.danish_time import COPENHAGEN, day_of
from law.loader import Law, statistics_law
from pipelines.failures import plain
from pipelines.home import Home, home_from_environment, snapshots_from_environment


class Run(ConfigurableResource):
    """One run's settings. Empty texts mean the default, so that the launchpad shows every setting.

    `home` and `snapshots` default to the environment; `as_of` (YYYY-MM-DD) to today in Copenhagen, and is the
    only clock; `reason` is recorded with a new revision of an edition.
    """

    home: str = ""
    snapshots: str = ""
    as_of: str = ""
    reason: str = ""

    @property
    def at_home(self) -> Home:
        return Home(Path(self.home).absolute()) if self.home else home_from_environment()

    @property
    def snapshot_folder(self) -> Path:
        return Path(self.snapshots).absolute() if self.snapshots else snapshots_from_environment()

    @property
    def day(self) -> dt.date:
        return day_of(self.as_of) if self.as_of else dt.datetime.now(COPENHAGEN).date()

    @property
    def latest_day(self) -> dt.date:
        """The run's day, or today where the run stands on a day gone by: what is dated after it has not been done yet.

        For warnings alone: no figure and no edition may depend on it.
        """
        return max(self.day, dt.datetime.now(COPENHAGEN).date())

    @property
    def law(self) -> Law:
        return statistics_law()

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The home's warehouse, opened for one step.

        Whatever goes wrong within is told as a `Failure` that holds nothing of the error's message: messages quote
        rows, and what a step raises is stored in the event log.
        """
        home = self.at_home
        try:
            home.prepare()
            with warehouse.connect(home.warehouse, home.scratch) as con:
                yield con
        except Failure:
            raise
        except Exception as error:
            raise Failure(plain(error), allow_retries=False) from None
