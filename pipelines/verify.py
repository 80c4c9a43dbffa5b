"""Verification: derives a sealed edition anew, aside, from the home's register tables and the history sealed in it.

Nothing in the home is written. What does not belong here: how an edition is sealed (`assets.sealing`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from assets import derivation, edition, law_tables, openlineage, releases, sealing, snapshots, warehouse
from assets.contracts import REGISTERS
from assets.public_lists import Release
from law.loader import Law, LegalValue, list_day, statistics_law
from pipelines.home import Home


class VerificationError(Exception):
    """An edition is not what it says. Each argument is one line that names what differs."""


def verify_edition(home: Home, list_year: int) -> list[str]:
    """Lines that say what was verified. Raises VerificationError naming everything that differs, the first first."""
    with home.locked():
        return verify_locked(home, list_year)


def verify_locked(home: Home, list_year: int) -> list[str]:
    """`verify_edition` for a caller that holds the home's lock."""
    folder = home.edition(list_year)
    manifest = read_sealed(home, list_year)
    damaged = sealing.damaged_files(folder, manifest)
    if damaged:
        raise VerificationError(
            *(f"{name}: not the file that was sealed." for name in damaged)
        )
    _same_manifest(home, list_year)
    law = statistics_law()
    values = law.for_list_year(list_year)
    _same_rules(manifest, law, values, list_year)
    release = releases.release_of(manifest)
    with aside(home, manifest, law) as con, tempfile.TemporaryDirectory() as scratch:
        derived = Path(scratch)
        rows = sealing.write_tables(con, list_year, derived)
        openlineage.write(derived, list_year, manifest["inputs"], law.sha256)
        edition.write_public_lists(con, law, list_year, derived, release, manifest.get("changes"))
        _same_history(con, manifest, list_year)
        _same_files(sealing.describe_outputs(derived, rows), manifest)
    _same_changes(home, list_year, manifest)
    files = len(manifest["outputs"])
    return [
        f"Edition {list_year} is {_state(home, list_year, release)}.",
        f"Edition {list_year}, revision {manifest['revision']}: {files} files derived anew, byte for byte the same.",
        f"{len(manifest['inputs'])} snapshots, law {manifest['law']['sha256'][:12]}, "
        f"SQL {manifest['sql']['sha256'][:12]}.",
    ]


def read_sealed(home: Home, list_year: int) -> sealing.Manifest:
    """The manifest of the newest edition. Raises VerificationError where there is none or it cannot be read."""
    try:
        manifest = sealing.read_manifest(home.edition(list_year))
    except ValueError:
        raise VerificationError(f"{sealing.MANIFEST}: not the file that was sealed; it cannot be read.") from None
    if manifest is None:
        raise VerificationError(f"There is no sealed edition of list year {list_year} in {home.path}.")
    return manifest


def _same_manifest(home: Home, list_year: int) -> None:
    """The warehouse noted the manifest's hash when it was sealed or released."""
    now = sealing.sha256_of(home.edition(list_year) / sealing.MANIFEST)
    with warehouse.connect(home.warehouse, home.scratch, read_only=True) as con:
        query = "SELECT manifest_sha256 FROM published.editions WHERE list_year = ?"
        noted = con.execute(query, [list_year]).fetchall()
    if noted and noted[0][0] != now:
        raise VerificationError(f"{sealing.MANIFEST}: not the file that was sealed.")


def _same_changes(home: Home, list_year: int, manifest: Mapping[str, Any]) -> None:
    released = releases.last_released(home.editions, list_year, before=manifest["revision"])
    status = home.edition(list_year) / "area_status.parquet"
    expected = None if released is None else releases.changes_since(released, status)
    if manifest.get("changes") != expected:
        raise VerificationError("changes: not what differs from the revision released before.")


def _state(home: Home, list_year: int, release: Release | None) -> str:
    """In words, draft or released. Raises VerificationError where the log does not bear the release out."""
    try:
        log = releases.read_log(home.editions)
    except releases.ReleaseLogError as error:
        raise VerificationError(str(error)) from None
    if release is None:
        return "a draft, not released"
    sealed = sealing.sha256_of(home.edition(list_year) / sealing.MANIFEST)
    if (list_year, release.revision, sealed) not in {(e.list_year, e.revision, e.manifest_sha256) for e in log}:
        raise VerificationError(f"{releases.LOG}: holds no release of this manifest, which says that it was released.")
    return f"released on {release.when} by {release.by}"


def _same_rules(manifest: Mapping[str, Any], law: Law, values: Mapping[str, LegalValue], list_year: int) -> None:
    lines = []
    if manifest["law"] != sealing.describe_law(law, values, list_year):
        lines.append("law: the parameters or code lists are others than those the edition was sealed under.")
    if manifest["sql"] != sealing.describe_sql():
        lines.append("sql: the SQL is another than that the edition was sealed under.")
    if lines:
        raise VerificationError(*lines, "Verify it with the version of the product that sealed it.")


def _same_history(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], list_year: int) -> None:
    now = sealing.describe_history(con, list_year)
    for sealed, found in zip(manifest["history"], now, strict=True):
        if sealed["sha256"] != found["sha256"]:
            raise VerificationError(f"history: the list of {sealed['year']} is not the one named in the manifest.")


def _same_files(found: list[dict[str, Any]], manifest: Mapping[str, Any]) -> None:
    now = {item["file"]: item for item in found}
    sealed = {item["file"]: item for item in manifest["outputs"]}
    differing = [name for name in sorted(sealed.keys() | now.keys()) if sealed.get(name) != now.get(name)]
    if differing:
        raise VerificationError(*(f"{name}: derived anew it differs from the sealed file." for name in differing))


@contextmanager
def aside(home: Home, manifest: Mapping[str, Any], law: Law) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with a list year derived from the very snapshots that a manifest names.

    Raises VerificationError where a snapshot is no longer in the home.
    """
    list_year = int(manifest["list_year"])
    values = law.for_list_year(list_year)
    with open_aside(home) as con:
        for register in REGISTERS:
            used = [item for item in manifest["inputs"] if item["register"] == register.name]
            tables = [(list_year, int(item["reference"][:4]), _table(con, item)) for item in used]
            snapshots.create_view(con, register, tables, source="home.received")
            for item in used:
                con.execute(
                    "INSERT INTO registers.promoted VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        list_year,
                        register.name,
                        item["reference"],
                        int(item["reference"][:4]),
                        item["vintage"],
                        item["content_sha256"],
                    ],
                )
        _history_of(con, manifest, home.edition(list_year) / "parallelsamfund_history.parquet")
        derive_all(con, values, list_year)
        yield con


@contextmanager
def open_aside(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with empty schemas, and the home's warehouse attached read-only as `home`."""
    con = duckdb.connect(config=warehouse.settings())
    try:
        con.execute("SET enable_progress_bar = false")
        warehouse.prepare(con)
        derivation.prepare_session(con)
        con.execute(f"ATTACH '{home.warehouse}' AS home (READ_ONLY)")
        yield con
    finally:
        con.close()


def derive_all(con: duckdb.DuckDBPyConnection, values: Mapping[str, LegalValue], list_year: int) -> None:
    """Fills the law tables and derives every table of a list year, in order."""
    law_tables.set_law_variables(con, values, list_year)
    for table in law_tables.LAW_TABLES:
        law_tables.fill_law_table(con, table, values, list_year, list_day(list_year))
    for derived in derivation.TABLES:
        derivation.derive(con, derived, list_year)


def _table(con: duckdb.DuckDBPyConnection, item: Mapping[str, Any]) -> str:
    found = con.execute(
        "SELECT table_name FROM home.received.snapshots WHERE content_sha256 = ?", [item["content_sha256"]]
    ).fetchall()
    if not found:
        vintage = f", vintage {item['vintage']}" if item["vintage"] else ""
        raise VerificationError(
            f"{item['register']}/{item['reference']}{vintage}: deleted from this home; "
            "the edition cannot be derived anew."
        )
    return str(found[0][0])


def _history_of(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], sealed: Path) -> None:
    """The earlier years as the edition knew them: own editions and published lists, from its sealed history."""
    own = [item["year"] for item in manifest["history"] if item["source"] == "edition"]
    for year in own:
        con.execute("INSERT INTO published.editions VALUES (?, 1, '')", [year])
        con.execute(
            f"""
            INSERT INTO published.parallelsamfund_history
            SELECT year, year, area_id, parallelsamfund, source
            FROM read_parquet('{sealed}') WHERE year = ?
            """,
            [year],
        )
