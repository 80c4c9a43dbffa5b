"""Care of a home: retention (a vintage is deleted and proved gone), upgrade of the file format, and its protection.

Each holds the home's lock. What does not belong here: anything that a run does.
"""

from __future__ import annotations

import mmap
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets import warehouse
from assets.contracts import REGISTER_BY_NAME, REGISTERS, Kind, Register
from assets.intake import snapshots
from assets.warehouse import sql_text
from pipelines.home import OWNER_ONLY, Home

KEPT = "warehouse.before-upgrade.duckdb"
BOOKKEEPING = (
    "received.files",
    "received.counts",
    "received.validations",
    "received.deliveries",
    "received.vintages",
    "received.snapshots",
    "registers.promoted",
)
UNFINISHED = ".forgetting"
"""Stands in a home from before something is deleted until the file that held it has been overwritten, and names the
tables that are deleted."""
OVERWRITTEN = "warehouse.deleted.duckdb"
"""The old file's name while its bytes are overwritten; no backup takes it."""
SAMPLE = 1000
"""So many deleted keys are searched for in the new file's bytes."""
SHORTEST_SEARCHED = 6
"""A shorter key may stand among a file's bytes by chance."""


class UpkeepError(Exception):
    """It was not done. Each argument is one line that says why."""


# --- retention --------------------------------------------------------------------------------------------------


def forget(home: Home, register_name: str, reference: str, vintage: str | None) -> list[str]:
    """Deletes the snapshots of a reference (of one vintage alone where given) and proves that they are gone.

    The warehouse is written anew without them and takes the old file's place, which is overwritten. Editions stay:
    they hold aggregates. One that was stopped is finished by the next, whatever that is asked for. Returns lines that
    say what was deleted. Raises UpkeepError where there is no such vintage.
    """
    register = REGISTER_BY_NAME.get(register_name)
    if register is None:
        raise UpkeepError(f"There is no register {register_name!r}: name one of {', '.join(REGISTER_BY_NAME)}.")
    if not home.warehouse.exists():
        raise UpkeepError(f"{home.path}: there is no warehouse in this home.")
    named = f"{register.name}/{reference}" + (f", vintage {vintage}" if vintage else "")
    unfinished = home.path / UNFINISHED
    with home.locked():
        if (home.path / KEPT).exists():  # looked for under the lock: an upgrade that goes first makes one
            raise UpkeepError(
                f"{home.path / KEPT}: the warehouse kept before an upgrade holds the vintage: delete it first."
            )
        home.clear_scratch()
        with warehouse.connect(home.warehouse, home.scratch) as con:
            gone = _vintage(con, register, reference, vintage)
            if not gone and not unfinished.exists():
                raise UpkeepError(f"{named}: nothing of it is stored in this home.")
            tables = [table for _, table in gone]
            tables += unfinished.read_text(encoding="utf-8").split() if unfinished.exists() else []
            unfinished.write_text("\n".join(tables), encoding="utf-8")
            keys = _delete(con, register, gone)
        before = home.warehouse.stat().st_size
        fresh = rewritten(home)
        try:
            _prove(fresh, tables, keys)
        except UpkeepError:
            fresh.unlink()
            raise
        _replace(home, fresh)
        unfinished.unlink()
    searched = f", and none of {len(keys)} deleted text keys in its bytes" if keys else ""
    return [
        f"{named}: {len(gone)} snapshot{'' if len(gone) == 1 else 's'} deleted from the home."
        if gone
        else f"{named}: nothing of it is stored. An earlier deletion is finished, its text keys not looked for.",
        f"warehouse.duckdb was written anew ({before} bytes before, {home.warehouse.stat().st_size} now) and the old "
        f"file overwritten. It has none of the deleted tables{searched}.",
        "The delivery's own files in the snapshots folder are untouched: delete them too, or the next run reads them.",
    ]


def _vintage(
    con: duckdb.DuckDBPyConnection, register: Register, reference: str, vintage: str | None
) -> list[tuple[str, str]]:
    """(content, table) of the snapshots to delete."""
    stored = con.execute(
        "SELECT content_sha256, table_name FROM received.snapshots WHERE register = ? AND reference = ?",
        [register.name, reference],
    ).fetchall()
    if vintage is not None:
        named = con.execute(
            "SELECT content_sha256 FROM received.vintages WHERE register = ? AND reference = ? AND vintage = ?",
            [register.name, reference, vintage],
        ).fetchall()
        stored = [row for row in stored if (row[0],) in named]
    return [(str(content), str(table)) for content, table in stored]


def _delete(con: duckdb.DuckDBPyConnection, register: Register, gone: list[tuple[str, str]]) -> list[str]:
    """Deletes snapshots and what is known of them. Returns text keys that stand nowhere else now."""
    with warehouse.transaction(con):
        snapshots.drop_unfinished(con)
        for content, table in gone:
            for place in BOOKKEEPING:
                con.execute(f"DELETE FROM {place} WHERE content_sha256 = ?", [content])
            con.execute(f'DROP TABLE received."{table}"')
        snapshots.create_view(con, register, snapshots.promoted_tables(con)[register.name])
        return _delete_unused_keys(con)


def _delete_unused_keys(con: duckdb.DuckDBPyConnection) -> list[str]:
    used = " UNION ALL ".join(
        f'SELECT {column.stored} FROM received."{table}"'
        for register in REGISTERS
        for column in register.columns
        if column.kind is Kind.PSEUDONYM
        for (table,) in con.execute(
            "SELECT table_name FROM received.snapshots WHERE register = ?", [register.name]
        ).fetchall()
    )
    # a key may be empty, and nothing is known to be outside a list that has an empty one
    unused = f"number NOT IN (SELECT * FROM ({used}) AS used(number) WHERE number IS NOT NULL)" if used else "true"
    deleted = con.execute(f"DELETE FROM received.pseudonyms WHERE {unused} RETURNING pseudonym").fetchall()
    return sorted((str(row[0]) for row in deleted), key=len, reverse=True)[:SAMPLE]


def _prove(file: Path, tables: list[str], keys: list[str]) -> None:
    not_overwritten = "The old file was not overwritten; report this line."
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = [key for key in keys if len(key) >= SHORTEST_SEARCHED and content.find(key.encode()) >= 0]
    with duckdb.connect(str(file), read_only=True) as con:
        left = {row[0] for row in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        if left & set(tables):
            raise UpkeepError(f"The new warehouse still has a deleted table. {not_overwritten}")
        kept = "SELECT count(*) FROM received.pseudonyms WHERE list_contains(?, pseudonym)"
        # the bytes of a longer key that is kept may hold those of a deleted one
        alone = """
            SELECT count(*) FROM (SELECT unnest(?) AS key) AS gone
            WHERE NOT EXISTS (SELECT 1 FROM received.pseudonyms AS kept WHERE contains(kept.pseudonym, gone.key))
        """
        if con.execute(kept, [keys]).fetchall()[0][0] or con.execute(alone, [found]).fetchall()[0][0]:
            raise UpkeepError(f"A deleted key is still in the new file. {not_overwritten}")


def _replace(home: Home, fresh: Path) -> None:
    """Puts the new warehouse in the old one's place and overwrites the old bytes, which keep a name until they are."""
    old = home.path / OVERWRITTEN
    if old.exists() and old.samefile(home.warehouse):  # one that was stopped before the new file took its place
        old.unlink()
    _overwrite(old)
    os.link(home.warehouse, old)
    fresh.replace(home.warehouse)
    _overwrite(old)


def _overwrite(file: Path) -> None:
    """Writes over a file's bytes and removes it, if it is there."""
    if not file.exists():
        return
    with file.open("r+b") as stream:
        left = os.fstat(stream.fileno()).st_size
        while left > 0:
            left -= stream.write(bytes(min(left, 1 << 20)))
        stream.flush()
        os.fsync(stream.fileno())
    file.unlink()


# --- the file format --------------------------------------------------------------------------------------------


def rewritten(home: Home) -> Path:
    """The warehouse copied table by table into a new file of this DuckDB's newest format, in the scratch folder."""
    fresh = home.scratch / "warehouse.duckdb"
    fresh.unlink(missing_ok=True)
    with duckdb.connect(config=warehouse.settings()) as con:
        con.execute(f"SET temp_directory = {sql_text(home.scratch)}")
        con.execute(f"ATTACH {sql_text(home.warehouse)} AS old (READ_ONLY)")
        con.execute(f"ATTACH {sql_text(fresh)} AS fresh (STORAGE_VERSION 'latest')")
        con.execute("COPY FROM DATABASE old TO fresh")
        con.execute("CHECKPOINT fresh")
        _same_content(con)
        con.execute("DETACH fresh")
    with fresh.open("rb") as stream:
        os.fsync(stream.fileno())
    return fresh


def _same_content(con: duckdb.DuckDBPyConnection) -> None:
    """Every table of both files has the same rows, whatever their order."""
    tables = con.execute(
        "SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE database_name IN ('old', 'fresh')"
    ).fetchall()
    names: dict[str, set[tuple[str, str]]] = {"old": set(), "fresh": set()}
    for database, schema, table in tables:
        names[database].add((schema, table))
    differing = sorted(".".join(name) for name in names["old"] ^ names["fresh"])
    for schema, table in sorted(names["old"] & names["fresh"]):
        seen = {
            tuple(
                con.execute(
                    f'SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {database}.{schema}."{table}" AS t'
                ).fetchall()[0]
            )
            for database in ("old", "fresh")
        }
        differing += [f"{schema}.{table}"] if len(seen) > 1 else []
    if differing:
        raise UpkeepError(f"The copy differs in {', '.join(differing)}. The old warehouse stays in use.")


@dataclass(frozen=True)
class Upgraded:
    """An upgrade: the file formats before and after, and where the old warehouse is kept."""

    before: str
    after: str
    kept: Path


def upgrade(home: Home) -> Upgraded:
    """Writes the warehouse in this DuckDB's newest file format and keeps the old file beside it."""
    if not home.warehouse.exists():
        raise UpkeepError(f"{home.path}: there is no warehouse in this home.")
    kept = home.path / KEPT
    with home.locked():
        if kept.exists():
            raise UpkeepError(f"{kept}: the warehouse of an earlier upgrade is still kept. Delete it first.")
        home.clear_scratch()
        before = storage_version(home.warehouse)
        fresh = rewritten(home)
        after = storage_version(fresh)
        os.link(home.warehouse, kept)
        fresh.replace(home.warehouse)
    return Upgraded(before, after, kept)


def storage_version(file: Path) -> str:
    """The file format that a DuckDB file is written in."""
    with duckdb.connect() as con:
        con.execute(f"ATTACH {sql_text(file)} AS looked_at (READ_ONLY)")
        found = con.execute(
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'looked_at'"
        ).fetchall()
    return str(found[0][0])


# --- protection -------------------------------------------------------------------------------------------------


def protection(home: Home) -> tuple[list[str], list[str]]:
    """How a home is protected, and what is wrong with it: modes of its files and encryption of its disk."""
    good, wrong = [], []
    open_to_others = [
        p for p in [home.path, *home.path.rglob("*")] if p.lstat().st_mode & OWNER_ONLY and not p.is_symlink()
    ]
    if open_to_others:
        first = open_to_others[0]
        more = f", and {len(open_to_others) - 1} more" if len(open_to_others) > 1 else ""
        wrong.append(f"{first}: others may read it{more}. Run: chmod -R go= {shlex.quote(str(home.path))}")
    else:
        good.append("Every file can be read by its owner alone.")
    encrypted, how = disk_encryption(home.path)
    told = f"{home.path}: {how}."
    (good if encrypted else wrong).append(told if encrypted else f"{told} Put the home on an encrypted disk (LUKS).")
    return good, wrong


def disk_encryption(path: Path, block_devices: Path = Path("/sys/dev/block")) -> tuple[bool, str]:
    """Whether the disk under a path is encrypted by the system (dm-crypt), and how that is known."""
    number = path.stat().st_dev
    device = block_devices / f"{os.major(number)}:{os.minor(number)}"
    if not device.exists():
        return False, "the file system is on no block device, so no disk encryption can be seen"
    layers = [device.resolve()]
    while layers:
        layer = layers.pop()
        uuid = layer / "dm" / "uuid"
        if uuid.is_file() and uuid.read_text().startswith("CRYPT-"):
            return True, "the disk is encrypted (dm-crypt)"
        slaves = layer / "slaves"
        layers += [slave.resolve() for slave in slaves.iterdir()] if slaves.is_dir() else []
    return False, "no encryption of the disk is seen"
