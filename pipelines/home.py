"""A home: the folder that holds all state, its layout, and the lock that lets one run at a time write to it.

What does not belong here: what is written (assets) and how a run is started (`pipelines.cli`, `pipelines.jobs`).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assets.exchange import held, remove
from pipelines import signs_of_life

HOME = "BOLIGOMRAADER_HOME"
SNAPSHOTS = "BOLIGOMRAADER_SNAPSHOTS"
DEFAULT_HOME = "data/home"
DEFAULT_SNAPSHOTS = "data/snapshots"
OWNER_ONLY = 0o077
INSTANCE_CONFIG = Path(__file__).parent / "dagster.yaml"
FORMER_CONFIGS = {
    "d5df1054d18f11f8eab638abc5a3b4b1c44eb376ccd5d9d078c50bf4b83b0634",
    "429ab0042e82d84ebafb480726a631232e20b38f969f31960c893ea65826f0a4",
    "4d8aa7f475c33d2a5912c5e7677b4c5bc0dee59a84332fb8c1a8de4f251ae510",
}
"""SHA-256 of the instance's configuration as earlier versions wrote it into a home: such a one is written anew."""
READ_AS_AN_ADDRESS = re.compile(r"\?|\\|%[0-9A-Fa-f]{2}")
"""What Dagster's SQLite databases take for the parts of an address, and DuckDB for a separator of folders, so that they
would stand in another folder."""


@dataclass(frozen=True)
class Home:
    """Paths of a home. The names of `warehouse.duckdb` and `editions/` are part of the public interface; `dagster/` is
    the Dagster instance. The warehouse holds register data, so all of a home is its owner's alone."""

    path: Path

    @property
    def warehouse(self) -> Path:
        return self.path / "warehouse.duckdb"

    @property
    def editions(self) -> Path:
        return self.path / "editions"

    @property
    def scenarios(self) -> Path:
        return self.path / "scenarios"

    @property
    def published(self) -> Path:
        return self.path / "published.duckdb"

    @property
    def scratch(self) -> Path:
        return self.path / "scratch"

    @property
    def instance(self) -> Path:
        return self.path / "dagster"

    def prepare(self) -> None:
        """Creates the folders and the Dagster instance's configuration; only the owner may read them. Raises OSError.

        From here on this process makes files that only their owner may read, whatever library writes them.
        """
        if READ_AS_AN_ADDRESS.search(str(self.path)):
            raise OSError("the path would be read as an address")
        os.umask(OWNER_ONLY)
        for folder in (self.path, self.editions, self.scratch, self.instance):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.path.stat().st_mode & OWNER_ONLY:
            self.path.chmod(0o700)
        config = self.instance / "dagster.yaml"
        if not config.exists() or hashlib.sha256(config.read_bytes()).hexdigest() in FORMER_CONFIGS:
            shutil.copyfile(INSTANCE_CONFIG, config)

    def edition(self, list_year: int) -> Path:
        """The newest sealed edition of a list year, whether or not there is one."""
        return self.editions / str(list_year)

    @contextmanager
    def locked(self, waiting: Callable[[bool], None] | None = None) -> Iterator[None]:
        """Holds the home's write lock, waiting for it first (`assets.exchange.held`)."""
        self.prepare()
        with held(self.path / ".lock", waiting):
            yield

    @contextmanager
    def opening_instance(self) -> Iterator[None]:
        """Lets one process at a time create the Dagster instance's databases: two at once would both begin."""
        self.prepare()
        with held(self.instance / ".lock"):
            yield

    @contextmanager
    def alive(self, run_id: str) -> Iterator[None]:
        """Shows that the process of a run lives, until it ends or dies."""
        self.prepare()
        with signs_of_life.shown(self.path, run_id):
            yield

    def is_alive(self, run_id: str) -> bool:
        """Whether the process of a run lives on this machine, at work or waiting for its turn."""
        return signs_of_life.lives(self.path, run_id) is True

    def has_died(self, run_id: str) -> bool:
        """Whether a run's process has left its sign of life behind: one that ends by itself takes it down."""
        return signs_of_life.lives(self.path, run_id) is False

    def clear_scratch(self) -> None:
        """Removes what a killed run may have left. Call it with the lock held."""
        for left in self.scratch.iterdir():
            remove(left)


def home_from_environment() -> Home:
    """The home that `BOLIGOMRAADER_HOME` names."""
    return Home(Path(os.environ.get(HOME, DEFAULT_HOME)).absolute())


def snapshots_from_environment() -> Path:
    """The snapshots folder that `BOLIGOMRAADER_SNAPSHOTS` names."""
    return Path(os.environ.get(SNAPSHOTS, DEFAULT_SNAPSHOTS)).absolute()
