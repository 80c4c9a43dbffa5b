"""Why areas came on the lists, left them, or moved between them: each area's last and present status, and the cause.

Last year's law, boundaries and data are put back one at a time, and all together, and the list year is derived aside
each time. The columns stand side by side, for causes interact. What does not belong here: the derivation itself
(`sql/`), and how near an area is to another status (`sql/status/area_margins.sql`).
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
from dagster import AssetExecutionContext, Failure, MaterializeResult, asset

from assets import derivation, lineage
from assets.aside import AsideError, Snapshot, open_aside, promoted_snapshots, put_law, show_registers
from assets.contracts import LISTE, OMRAADE, REGISTERS, reference_years
from assets.documentation import described, materialized
from assets.factory import (
    OWNER,
    WRITER_POOL,
    key_of,
    law_of,
    list_year_of,
    register_and_law_fingerprints,
    register_tags,
    source_fingerprints,
)
from assets.law_tables import LAW_TABLES
from assets.list_names import NO_LIST
from assets.partitions import LIST_YEARS, ONE_YEAR_A_RUN
from assets.publishing import sealing
from assets.warehouse import Row, insert_rows, sql_file, transaction
from law.loader import Law, LawError, LegalValue, list_day
from pipelines.home import Home
from pipelines.resources import Run

TABLE = "status.status_changes"
READS = ("areas.areas", "status.area_categories", "status.area_status", "status.area_margins")
NO_AREA = "findes_ikke"
NOT_LISTED = (NO_LIST, NO_AREA)
COLUMNS: Mapping[str, str] = {name: kind for name, (kind, _) in lineage.FILLED_IN_PYTHON[TABLE].items()}
DESCRIPTION = """Ændringer siden sidste liste. Each area's status last year and now, and the cause where they differ.

Statuses are `parallelsamfund`, `udsat_boligomraade` (no parallelsamfund), `forebyggelsesomraade`, `ikke_omfattet`, and
`findes_ikke` where there was no such area. `change` is `entry`, `exit` or `move`. The columns `with_last_...` give
the status with last year's law, boundaries or data put back alone, and with all three; they are empty where last
year's registers are not in this home. `cause` names what alone gives back last year's status, `together` where only
all three do, `derivation` where not even that does. `near_miss`: an unlisted area whose status would be another with a
change in at most one in a hundred of its residents.

It also reads the sealed edition of the list year before, which the graph does not show: declared, a backfill of assets
would ask for a list year beyond its last."""

Statuses = Mapping[str, str]


@dataclass(frozen=True)
class Causes:
    """Each area's status with last year's law, boundaries and data put back, by area. None: cannot be derived."""

    law: Statuses | None = None
    boundary: Statuses | None = None
    data: Statuses | None = None
    all: Statuses | None = None


# --- what is put back -------------------------------------------------------------------------------------------


def put_back(con: duckdb.DuckDBPyConnection, home: Home, law: Law, list_year: int) -> Causes:
    """Derives the list year aside (`con`) with last year's law, boundaries and data put back alone, and all together.

    What does not rest on what is put back is not derived again: its rows are those of the home.
    """
    try:
        values, last_values = law.for_list_year(list_year), law.for_list_year(list_year - 1)
    except LawError:
        return Causes()
    used, last_used = promoted_snapshots(con, list_year), promoted_snapshots(con, list_year - 1)
    day, last_day = list_day(list_year), list_day(list_year - 1)
    present = _categories(con, "home.status.area_categories", list_year)
    with_law = (
        present
        if _same_law(values, day, last_values, last_day)
        else _derived(con, used, used, last_values, last_day, list_year)
    )
    if not last_used:
        return Causes(law=with_law)
    same_boundary = _boundary(con, used) == _boundary(con, last_used)
    with_boundary = present if same_boundary else _derived(con, used, last_used, values, day, list_year)
    with_all = _sealed(con, home, law, list_year - 1)
    if with_all is None:
        with_all = _derived(con, last_used, last_used, last_values, last_day, list_year - 1)
    with_data = (
        with_all
        if same_boundary and with_law is present
        else _derived(con, last_used, used, values, day, list_year - 1)
    )
    return Causes(with_law, with_boundary, with_data, with_all)


def _same_law(
    values: Mapping[str, LegalValue], day: dt.date, last_values: Mapping[str, LegalValue], last_day: dt.date
) -> bool:
    """Whether two days have the same limits, readings and code lists, whatever act they stand in."""
    one, other = (
        (
            {name: (value.value, value.operator) for name, value in law.items()},
            [table.rows(law, on) for table in LAW_TABLES if table.name != "parameters"],
        )
        for law, on in ((values, day), (last_values, last_day))
    )
    return one == other


def _boundary(con: duckdb.DuckDBPyConnection, used: Iterable[Snapshot]) -> set[tuple[object, ...]] | None:
    """The parcels of each area in a set of snapshots; None where they are no longer in the home."""
    try:
        show_registers(con, [snapshot for snapshot in used if snapshot.register == OMRAADE.name], 0)
    except AsideError:
        return None
    return set(con.execute("SELECT area_id, kom, ejerlav, matrikel FROM registers.omraade").fetchall())


def _derived(
    con: duckdb.DuckDBPyConnection,
    data: Iterable[Snapshot],
    boundary: Iterable[Snapshot],
    values: Mapping[str, LegalValue],
    day: dt.date,
    list_year: int,
) -> Statuses | None:
    """The status of each area from one year's data, another's boundaries, and a law; None where data are gone."""
    used = [snapshot for snapshot in data if snapshot.register != OMRAADE.name]
    used += [snapshot for snapshot in boundary if snapshot.register == OMRAADE.name]
    have = {(snapshot.register, snapshot.year) for snapshot in used}
    for register in REGISTERS:
        wanted = {(register.name, year) for year in reference_years(register, values, list_year)}
        if register.personal and not register.optional and not wanted <= have:
            return None
    try:
        show_registers(con, used, list_year)
    except AsideError:
        return None
    put_law(con, values, list_year, day)
    sources = register_and_law_fingerprints(con, values, list_year, day)
    at_home = derivation.recorded_fingerprints(con, list_year, "home.registers")
    for derived in derivation.upstream_of(["status.area_categories"]):
        if derived.kind == "table" and at_home.get(derived.table) == derivation.fingerprint(derived.table, sources):
            derivation.take_over(con, derived, list_year, "home")
        else:
            derivation.derive(con, derived, list_year)
    return _categories(con, "status.area_categories", list_year)


def _categories(con: duckdb.DuckDBPyConnection, table: str, list_year: int) -> Statuses:
    return dict(
        con.execute(
            f"""
            SELECT area_id, CASE
                WHEN parallelsamfund THEN 'parallelsamfund'
                WHEN udsat_boligomraade THEN 'udsat_boligomraade'
                WHEN forebyggelsesomraade THEN 'forebyggelsesomraade'
                ELSE '{NO_LIST}'
            END
            FROM {table} WHERE list_year = ?
            """,
            [list_year],
        ).fetchall()
    )


def _sealed(con: duckdb.DuckDBPyConnection, home: Home, law: Law, list_year: int) -> Statuses | None:
    """The statuses of a sealed edition, where deriving it anew would give the same: same law, same SQL."""
    manifest = sealing.read_manifest(home.edition(list_year))
    if manifest is None or manifest["sql"] != sealing.describe_sql():
        return None
    if manifest["law"] != sealing.describe_law(law.for_list_year(list_year), list_year):
        return None
    return _published(con, home, list_year)


def _published(con: duckdb.DuckDBPyConnection, home: Home, list_year: int) -> Statuses | None:
    file = home.edition(list_year) / "area_status.parquet"
    if not file.is_file():
        return None
    query = f"""
        SELECT area_id, CASE WHEN parallelsamfund THEN 'parallelsamfund' ELSE status END
        FROM read_parquet({sql_file(file)}, hive_partitioning=false)
    """
    return dict(con.execute(query).fetchall())


# --- what changed -----------------------------------------------------------------------------------------------


def last_statuses(con: duckdb.DuckDBPyConnection, home: Home, list_year: int) -> Statuses | None:
    """Each area's status the year before: by this home's edition, else by the list published then. `con` is aside."""
    own = _published(con, home, list_year - 1)
    if own is not None:
        return own
    used = [
        snapshot
        for snapshot in promoted_snapshots(con, list_year)
        if snapshot.register == LISTE.name and snapshot.year == list_year - 1
    ]
    if not used:
        return None
    show_registers(con, used, list_year)
    listed = dict(
        con.execute(
            """
            SELECT area_id, CASE
                WHEN bool_or(liste IN ('parallelsamfund', 'omdannelsesomraade')) THEN 'parallelsamfund'
                WHEN bool_or(liste = 'udsat_boligomraade') THEN 'udsat_boligomraade'
                ELSE 'forebyggelsesomraade'
            END
            FROM registers.liste GROUP BY area_id
            """
        ).fetchall()
    )
    # a published list names listed areas only: of the others nothing is known but that they were not listed
    others = _categories(con, "home.status.area_categories", list_year)
    return {**dict.fromkeys(others, NO_LIST), **listed}


def change_of(last: str | None, now: str) -> str | None:
    """`entry` to the lists, `exit` from them, `move` between them; None where nothing changed or last is unknown."""
    if last is None or last == now or (last in NOT_LISTED and now in NOT_LISTED):
        return None
    if last in NOT_LISTED:
        return "entry"
    return "exit" if now in NOT_LISTED else "move"


def cause_of(area_id: str, last: str | None, now: str, causes: Causes) -> str | None:
    """What alone gives an area its last status back; None where nothing changed or nothing can be derived."""
    if change_of(last, now) is None:
        return None
    alone = {"law": causes.law, "boundary": causes.boundary, "data": causes.data}
    found = [name for name, statuses in alone.items() if _in(statuses, area_id) == last]
    if found:
        return ", ".join(found)
    together = _in(causes.all, area_id)
    if together is None or None in alone.values():
        return None
    return "together" if together == last else "derivation"


def _in(statuses: Statuses | None, area_id: str) -> str | None:
    return None if statuses is None else statuses.get(area_id, NO_AREA)


def change_rows(con: duckdb.DuckDBPyConnection, list_year: int, last: Statuses | None, causes: Causes) -> list[Row]:
    """One row per area of last year or this, from the warehouse's present statuses and margins."""
    areas = {
        row[0]: row[1:]
        for row in con.execute(
            """
            SELECT status.area_id, status.area_name, status.kom, status.residents, margins.persons, margins.kroner
            FROM status.area_status AS status
            INNER JOIN status.area_margins AS margins
                ON margins.list_year = status.list_year AND margins.area_id = status.area_id
            WHERE status.list_year = ? AND margins.category = 'status'
            """,
            [list_year],
        ).fetchall()
    }
    present = _categories(con, "status.area_categories", list_year)
    rows: list[Row] = []
    for area_id in sorted(present.keys() | (last or {}).keys()):
        name, kom, residents, persons, kroner = areas.get(area_id, (None, None, 0, None, None))
        was, now = _in(last, area_id), present.get(area_id, NO_AREA)
        near = now == NO_LIST and persons is not None and 100 * persons <= residents
        rows.append(
            (
                list_year,
                area_id,
                name,
                kom,
                was,
                now,
                change_of(was, now),
                *(_in(statuses, area_id) for statuses in (causes.law, causes.boundary, causes.data, causes.all)),
                cause_of(area_id, was, now, causes),
                persons,
                kroner,
                near,
            )
        )
    return rows


def store(con: duckdb.DuckDBPyConnection, list_year: int, rows: list[Row]) -> None:
    """Replaces a list year in the table."""
    layout = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    con.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} ({layout})")
    with transaction(con):
        con.execute(f"DELETE FROM {TABLE} WHERE list_year = ?", [list_year])
        insert_rows(con, TABLE, tuple(COLUMNS.values()), rows)


# --- the asset --------------------------------------------------------------------------------------------------


def code_version() -> str:
    """Hash of this module, which is the table's derivation."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


@asset(
    key=key_of(TABLE),
    group_name="status",
    # not the last edition, which it reads too: a backfill would then ask for the list year after its last one
    deps=[key_of(table) for table in READS],
    partitions_def=LIST_YEARS,
    backfill_policy=ONE_YEAR_A_RUN,
    description=DESCRIPTION,
    kinds={"duckdb", "python"},
    owners=[OWNER],
    tags={"layer": "status", "confidentiality": "aggregate", **register_tags(*READS)},
    metadata=described(TABLE, "Ændringer siden sidste liste", ("§ 61 a", "§ 61 b")),
    code_version=code_version(),
    pool=WRITER_POOL,
)
def status_changes(context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """Each area's last and present status, and the cause of the difference."""
    list_year = list_year_of(context)
    law = law_of(run, list_year)
    with run.warehouse() as con:
        recorded = derivation.recorded_fingerprints(con, list_year)
        sources = source_fingerprints(con, law, list_year)
        stale = derivation.stale_tables(recorded, sources, READS)
    if stale:
        raise Failure(f"{TABLE}: materialise {', '.join(stale)} first.", allow_retries=False)
    with open_aside(run.at_home) as con:
        last = last_statuses(con, run.at_home, list_year)
        causes = put_back(con, run.at_home, run.law, list_year)
    with run.warehouse() as con:
        rows = change_rows(con, list_year, last, causes)
        store(con, list_year, rows)
        upstream = "".join(derivation.fingerprint(table, sources) for table in READS)
        value = hashlib.sha256(f"{code_version()}{upstream}{last}{causes}".encode()).hexdigest()
        derivation.record_fingerprint(con, TABLE, list_year, value)
    changed = sum(row[list(COLUMNS).index("change")] is not None for row in rows)
    return materialized(TABLE, len(rows), value, {"changed": changed, "fingerprint": value})


ASSETS = [status_changes]
