"""Where a run that is started from the command line writes its events: Dagster's own SQLite files, kept open.

Dagster opens and closes a database for each of the two thousand small transactions of a run, and the last one to close
a database folds its log back into it. Here a database stays open until the run ends: the same tables, files and
commits for a quarter of the cost. A server whose instance names another storage (PostgreSQL) is left as it is.
What does not belong here: what a run says (`pipelines.running`), and who may write to a home (`pipelines.home`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster import DagsterInstance
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, inspect

from pipelines.home import Home

STORAGES = ("storage", "run_storage", "event_log_storage", "schedule_storage")


class OpenEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite event log with one connection per database that outlives its transaction."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> OpenEventLogStorage:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if shard not in self._initialized_dbs:
            with super()._connect(shard):
                pass
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def has_table(self, table_name: str) -> bool:
        with self._engine(INDEX_SHARD_NAME).connect() as connection:
            return inspect(connection).has_table(table_name)

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            waits = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
            self._engines[shard] = create_engine(self.conn_string_for_shard(shard), connect_args=waits)
        return self._engines[shard]

    def dispose(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def instance_of(home: Home) -> DagsterInstance:
    """The Dagster instance of a home for one run in this process. Close it: its databases are open until then."""
    folder = str(home.instance)
    config, _ = dagster_instance_config(folder)
    if any(config.get(storage) for storage in STORAGES):
        return DagsterInstance.from_config(folder)
    kept_open = {
        "event_log_storage": {
            "module": OpenEventLogStorage.__module__,
            "class": OpenEventLogStorage.__name__,
            "config": {"base_dir": str(home.instance / "history" / "runs")},
        }
    }
    return DagsterInstance.from_ref(InstanceRef.from_dir(folder, overrides=kept_open))
