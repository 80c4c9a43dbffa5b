"""The settings of one run of the administration, and the store as its steps see it.

What does not belong here: how a run is started, and any decision.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from dagster import ConfigurableResource

from assets.administration import store
from assets.administration.errors import AdministrationError
from law.danish_time import day_of
from law.loader import Law, shipped_law

HOME_VARIABLE = "BOLIGOMRAADER_HOME"
DEFAULT_HOME = "data/home"


class Administration(ConfigurableResource):
    """What a run is about. `day` (YYYY-MM-DD) is the only clock; `home` defaults to the environment's.

    `list_year` names the sealed edition that the decisions rest on, `cases` the folder with a folder per table.
    """

    list_year: int = 0
    cases: str = ""
    home: str = ""
    day: str = ""

    @property
    def home_folder(self) -> Path:
        return Path(self.home or os.environ.get(HOME_VARIABLE, DEFAULT_HOME)).absolute()

    @property
    def case_folder(self) -> Path:
        if not self.cases:
            raise AdministrationError("no folder of cases is set: give cases in the run's settings")
        return Path(self.cases).absolute()

    @property
    def on_day(self) -> dt.date:
        try:
            return day_of(self.day)
        except ValueError:
            raise AdministrationError("the day of the run is missing or no day: give it as YYYY-MM-DD") from None

    @property
    def law(self) -> Law:
        return shipped_law()

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The store, opened for one step."""
        with store.connect(self.home_folder) as con:
            yield con

    @contextmanager
    def store(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The store with this run's edition and day in it; raises AdministrationError when it holds another run's."""
        with self.opened() as con:
            tables = con.execute(
                "SELECT 1 FROM information_schema.tables WHERE table_schema = 'cases' AND table_name = 'run'"
            ).fetchall()
            held = con.execute("SELECT list_year, day FROM cases.run").fetchall() if tables else []
            if held != [(self.list_year, self.on_day)]:
                raise AdministrationError(
                    "the store holds another run's cases: materialise the edition and the cases first"
                )
            yield con
