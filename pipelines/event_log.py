"""Where a run that is started from the command line writes its events: Dagster's own SQLite files, kept open.

Dagster opens and closes a database for each of the three thousand small transactions of a run, and the last one to
close a database folds its log back into it. Here a database stays open until the run ends, and events are written
together: the planned ones with a run's start, materialisations and outcomes of checks at the end of their step, and
always before anything is read. What was read of an asset is not read again until an event about it comes.
The tables, their rows and the files are the same, for a fraction of the cost. What a step prints is not captured, for
which Dagster starts four processes beside a run: it goes to the terminal. Such a run holds its home's lock from
its first step to its last, so it asks for no slot of the writer pool. A server whose instance names another storage
(PostgreSQL) is left as it is.
What does not belong here: what a run says (`pipelines.running`), and who may write to a home (`pipelines.home`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import yaml
from dagster import AssetKey, DagsterEventType, DagsterInstance, EventLogEntry
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS
from dagster._core.instance.config import DAGSTER_CONFIG_YAML_FILENAME
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.base import AssetRecord, AssetRecordsFilter, EventRecordsResult
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, bindparam, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from pipelines.failures import DamagedFileError

Answer = TypeVar("Answer")

STORAGES = ("storage", "run_storage", "event_log_storage", "schedule_storage")
DATABASES = ("history/runs.db", f"history/runs/{INDEX_SHARD_NAME}.db", "schedules/schedules.db")
"""Dagster's own on SQLite, within the folder of an instance; that of each run stands beside the second."""
LAYOUT = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
"""The statements that SQLite keeps of a database's tables and indexes, in the order in which they were made."""
MAY_WAIT = {
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
    DagsterEventType.ASSET_CHECK_EVALUATION,
    DagsterEventType.STEP_OUTPUT,
}
INDEXED = {*ASSET_EVENTS, *ASSET_CHECK_EVENTS, *EVENT_TYPE_TO_PIPELINE_RUN_STATUS}
CHECKS = AssetCheckExecutionsTable.c
OUTCOME_OF_PLANNED = (
    AssetCheckExecutionsTable.update()
    .where(
        CHECKS.asset_key == bindparam("of_asset"),
        CHECKS.check_name == bindparam("of_check"),
        CHECKS.run_id == bindparam("of_run"),
        CHECKS.partition.is_not_distinct_from(bindparam("of_partition")),
    )
    .values(
        {
            column: bindparam(column.name)
            for column in (
                CHECKS.execution_status,
                CHECKS.evaluation_event,
                CHECKS.evaluation_event_timestamp,
                CHECKS.evaluation_event_storage_id,
                CHECKS.materialization_event_storage_id,
            )
        }
    )
)
"""How a planned check came out, in Dagster's table of checks."""


class OpenEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite event log with one connection per database that outlives its transaction.

    What one thread asks for within `_together` shares one transaction per database.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._turn = threading.RLock()
        self._open: ExitStack | None = None
        self._begun: dict[str, Connection] = {}
        self._waiting: list[EventLogEntry] = []
        self._columns: dict[str, bool] = {}
        self._tables: set[str] = set()
        self._records: dict[AssetKey, AssetRecord] = {}
        self._answers: dict[AssetKey, dict[str, Any]] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> OpenEventLogStorage:
        return cls(inst_data=inst_data, **config_value)

    @property
    def supports_global_concurrency_limits(self) -> bool:
        """No slot is claimed: whoever holds the home's lock is alone."""
        return False

    def store_event(self, event: EventLogEntry) -> None:
        """Writes an event, and those that waited for it: what a run plans, and how its checks came out."""
        with self._turn:
            self._forget_asset_of(event)
            self._waiting.append(event)
            if not (event.is_dagster_event and event.dagster_event_type in MAY_WAIT):
                self._write_waiting()

    def _write_waiting(self) -> None:
        """Writes what waits, in its order: each event to its run's database, and to the index what is about an asset, a
        check or a run's state. Dagster does the same with one event after the other."""
        events = self._waiting
        rows = [self._event_to_row(event) for event in events]
        indexed = [number for number, event in enumerate(events) if event.dagster_event_type in INDEXED]
        insert = SqlEventLogStorageTable.insert()
        with self._together():
            # the index first: of what is begun together the last is committed first, and the index only after it
            if indexed:
                with self.index_connection() as connection:
                    connection.execute(insert, [rows[number] for number in indexed])
                    # SQLite gives each the next number, and nobody else writes before this transaction ends
                    last = connection.execute(text("SELECT last_insert_rowid()")).scalar_one()
                    ids = range(last - len(indexed) + 1, last + 1)
                    self._mirror(connection, [(events[n], rows[n], i) for n, i in zip(indexed, ids, strict=True)])
            for run_id, of_run in groupby(rows, key=itemgetter("run_id")):
                with self.run_connection(run_id) as connection:
                    connection.execute(insert, list(of_run))
        self._waiting.clear()

    def _mirror(self, connection: Connection, written: Sequence[tuple[EventLogEntry, dict[str, Any], int]]) -> None:
        """What the index knows of assets and checks besides their events, of which it is given row and number."""
        planned, evaluated = [], []
        for entry, row, number in written:
            if entry.dagster_event_type in ASSET_EVENTS:
                self._store_asset_event_tags(connection, [entry], [number])
                self._store_asset_event(connection, entry, number)
            elif entry.dagster_event_type is DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
                planned += _planned_rows(entry, row, number)
            elif entry.dagster_event_type in ASSET_CHECK_EVENTS:
                evaluated.append((entry, row, number))
        if planned:
            connection.execute(AssetCheckExecutionsTable.insert(), planned)
        if evaluated:
            outcomes = [_outcome(*written) for written in evaluated]
            if connection.execute(OUTCOME_OF_PLANNED, outcomes).rowcount != len(evaluated):
                for entry, _, number in evaluated:  # not all were planned
                    self.store_asset_check_event(entry, number)

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        """As Dagster does, but that an asset's row is updated before it is tried to insert one: most are there."""
        key = event.get_dagster_event().asset_key
        values = self._get_asset_entry_values(event, event_id, self._has_asset_key_index_cols_on_connection(conn))
        if key is None or not values:
            return
        of_asset = AssetKeyTable.c.asset_key == key.to_string()
        if not conn.execute(AssetKeyTable.update().values(**values).where(of_asset)).rowcount:
            conn.execute(AssetKeyTable.insert().values(asset_key=key.to_string(), **values))

    def _forget_asset_of(self, event: EventLogEntry) -> None:
        if event.dagster_event and event.dagster_event.asset_key:
            self._records.pop(event.dagster_event.asset_key, None)
            self._answers.pop(event.dagster_event.asset_key, None)

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> Sequence[AssetRecord]:
        """As read before, unless an event about the asset was written since: each step asks about all it reads."""
        if asset_keys is None:
            return super().get_asset_records()
        unknown = [key for key in asset_keys if key not in self._records]
        for record in super().get_asset_records(unknown) if unknown else ():
            self._records[record.asset_entry.asset_key] = record
        return [self._records[key] for key in asset_keys if key in self._records]

    def get_latest_tags_by_partition(
        self, asset_key: AssetKey, event_type: DagsterEventType, tag_keys: Sequence[str], *args: Any, **kwargs: Any
    ) -> Mapping[str, Mapping[str, str]]:
        """As read before, unless an event about the asset was written since."""
        ask = partial(super().get_latest_tags_by_partition, asset_key, event_type, tag_keys, *args, **kwargs)
        return self._answer(asset_key, ask)

    def fetch_materializations(
        self, records_filter: AssetKey | AssetRecordsFilter, *args: Any, **kwargs: Any
    ) -> EventRecordsResult:
        """As read before, unless an event about the asset was written since: each check asks which one it judges."""
        asset_key = records_filter if isinstance(records_filter, AssetKey) else records_filter.asset_key
        return self._answer(asset_key, partial(super().fetch_materializations, records_filter, *args, **kwargs))

    def _answer(self, asset_key: AssetKey, ask: partial[Answer]) -> Answer:
        known = self._answers.setdefault(asset_key, {})
        question = repr((ask.func.__name__, ask.args, sorted(ask.keywords.items())))
        if question not in known:
            known[question] = ask()
        answer: Answer = known[question]
        return answer

    @contextmanager
    def _together(self) -> Iterator[None]:
        with self._turn:
            try:
                with ExitStack() as self._open:
                    yield
            finally:
                self._open, self._begun = None, {}

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._turn:
            if self._waiting and self._open is None:
                self._write_waiting()
        if shard not in self._initialized_dbs:
            with super()._connect(shard):
                pass
        with self._turn:
            if self._open is None:
                with self._engine(shard).begin() as connection:
                    yield connection
            else:
                if shard not in self._begun:
                    self._begun[shard] = self._open.enter_context(self._engine(shard).begin())
                yield self._begun[shard]

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """Lays a run's new database out as the index is. Dagster reads all its migrations for that, twice, and once
        more for a database that is there."""
        with engine.connect() as connection:
            known, empty = _revision_of(connection), not inspect(connection).get_table_names()
        if known:
            return
        with self._engine(INDEX_SHARD_NAME).connect() as index:
            revision = _revision_of(index)
            layout = index.execute(text(LAYOUT)).scalars().all()
        if empty and revision:
            try:
                _lay_out(engine, layout, revision)
                return
            except DatabaseError:  # a web server that looks at the new run does so at the same time
                pass
        super()._initdb(engine, for_index_shard)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._columns:
            self._columns[column_name] = super()._has_asset_key_col_on_connection(conn, column_name)
        return self._columns[column_name]

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables:
            with self._engine(INDEX_SHARD_NAME).connect() as connection:
                if not inspect(connection).has_table(table_name):
                    return False
            self._tables.add(table_name)
        return True

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            waits = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
            engine = create_engine(self.conn_string_for_shard(shard), connect_args=waits)
            event.listen(engine, "connect", _spare_the_disk)
            self._engines[shard] = engine
        return self._engines[shard]

    def dispose(self) -> None:
        if self._waiting:
            self._write_waiting()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _lay_out(engine: Engine, layout: Sequence[str], revision: str) -> None:
    """Makes the tables and indexes of a new database. Its revision comes last: without one it is not finished, and
    Dagster completes it."""
    with engine.connect() as connection:
        connection.execute(text("PRAGMA journal_mode = WAL"))
        for statement in layout:
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
        connection.commit()


def _revision_of(connection: Connection) -> str | None:
    """How far Dagster's migrations of a database have come; None where it is not made yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _planned_rows(entry: EventLogEntry, row: Mapping[str, Any], number: int) -> list[dict[str, Any]]:
    """A planned check in Dagster's table of checks, once per partition."""
    plan: Any = entry.get_dagster_event().event_specific_data
    return [
        {
            "asset_key": plan.asset_key.to_string(),
            "check_name": plan.check_name,
            "partition": partition,
            "run_id": entry.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": row["event"],
            "evaluation_event_timestamp": row["timestamp"],
            "evaluation_event_storage_id": number,
        }
        for partition in (plan.partitions_subset.get_partition_keys() if plan.partitions_subset else [None])
    ]


def _outcome(entry: EventLogEntry, row: Mapping[str, Any], number: int) -> dict[str, Any]:
    evaluation: Any = entry.get_dagster_event().event_specific_data
    status = AssetCheckExecutionRecordStatus
    judged = evaluation.target_materialization_data
    return {
        "of_asset": evaluation.asset_key.to_string(),
        "of_check": evaluation.check_name,
        "of_run": entry.run_id,
        "of_partition": evaluation.partition,
        "execution_status": (status.SUCCEEDED if evaluation.passed else status.FAILED).value,
        "evaluation_event": row["event"],
        "evaluation_event_timestamp": row["timestamp"],
        "evaluation_event_storage_id": number,
        "materialization_event_storage_id": judged.storage_id if judged else None,
    }


def _spare_the_disk(connection: Any, _record: Any) -> None:
    """With SQLite's write-ahead log a database stays whole without waiting for the disk at each commit."""
    connection.execute("PRAGMA synchronous = NORMAL")


def instance_of(folder: Path) -> DagsterInstance:
    """The Dagster instance of a folder for one run in this process. Close it: its databases are open until then.

    Raises DamagedFileError where a database of it is damaged.
    """
    refuse_damaged(folder)
    with naming_damage(folder):
        return _instance_of(folder)


def refuse_damaged(folder: Path) -> None:
    """Raises DamagedFileError where a database of an instance cannot be opened: Dagster would tell it in many lines."""
    with naming_damage(folder):
        for path in _databases(folder):
            _look_at(path, "SELECT count(*) FROM sqlite_master")


@contextmanager
def naming_damage(folder: Path) -> Iterator[None]:
    """Raises DamagedFileError for an error within that comes from a damaged database of an instance."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError):
        damaged = [path for path in _databases(folder) if _is_damaged(path)]
        if not damaged:
            raise
        names = ", ".join(str(path) for path in damaged)
        raise DamagedFileError(
            f"{names}: the database is damaged. Restore a backup, or move the folder "
            f"{folder.name} away: the next run begins its record of runs anew, no edition or decision rests on it."
        ) from None


def _databases(folder: Path) -> list[Path]:
    """The databases that every run of an instance opens, those that are there."""
    return [path for name in DATABASES if (path := folder / name).is_file()]


def _is_damaged(path: Path) -> bool:
    try:
        return _look_at(path, "PRAGMA quick_check(1)") != ("ok",)
    except sqlite3.OperationalError:  # such as one that is locked
        return False
    except sqlite3.DatabaseError:
        return True


def _look_at(path: Path, query: str) -> Any:
    with closing(sqlite3.connect(path, timeout=SQLITE_BUSY_TIMEOUT_SECONDS)) as con:
        return con.execute(query).fetchone()


def _instance_of(folder: Path) -> DagsterInstance:
    config = yaml.safe_load((folder / DAGSTER_CONFIG_YAML_FILENAME).read_text(encoding="utf-8")) or {}
    if any(config.get(storage) for storage in STORAGES):
        return DagsterInstance.from_config(str(folder))
    kept_open = {
        "event_log_storage": {
            "module": OpenEventLogStorage.__module__,
            "class": OpenEventLogStorage.__name__,
            "config": {"base_dir": str(folder / "history" / "runs")},
        },
        "compute_logs": {
            "module": NoOpComputeLogManager.__module__,
            "class": NoOpComputeLogManager.__name__,
            "config": {},
        },
    }
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides=kept_open))
