"""Storing: the files of a delivery are read once and their contract columns stored, typed.

A snapshot is stored under the hash of its content in schema `received`; nothing downstream reads it before it has
been checked and promoted (`assets.registers`). Values never leave intake in a message: files are read as
text or in their own type, cast with TRY_CAST, and what does not fit is counted. What does not belong here: which
columns and codes a register has (`assets.contracts`), how a file is opened (`assets.intake.files`) and a column typed
(`assets.intake.columns`), and how the stored rows are judged (`assets.intake.validation`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from assets.contracts import SQL_TYPES, Kind, Register
from assets.delivered_files import CHANGED
from assets.intake.columns import (
    PHYSICAL_TYPES,
    UNKNOWN_ACT,
    offence_classes,
    plain_select,
    select,
)
from assets.intake.deliveries import FETCH_AGAIN, Delivery, Fault, FileFacts, UnreadableFileError, printable, stamp_of
from assets.intake.files import (
    Source,
    ambiguous_columns,
    column_names,
    csv_source,
    identifier,
    missing_columns,
    named,
    parquet_source,
    refuse_swallowed,
    sas_chunks,
)
from assets.warehouse import transaction

READING = "2"
"""Raised when the same bytes are stored otherwise for a reason that stands not in the SQL of a column."""
READING_OF_QUOTES = "3"
"""Takes its place for text with quotes in it: what was stored of one before may lack rows that stood between two."""
WINDOWS = "WINDOWS-1252"


@dataclass(frozen=True)
class Snapshot:
    """A stored snapshot: its table in schema `received`, rows, and what intake counted on the way in."""

    table: str
    rows: int
    file_rows: tuple[int, ...]
    counts: dict[str, int]


def content_hash(register: Register, reference: str, facts: tuple[FileFacts, ...]) -> str:
    """Identity of a snapshot: its files' bytes, the contract and code lists that it is read under, and how it is read.

    What was stored by another reading is not taken for what this one would store.
    """
    digest = hashlib.sha256()
    how = READING_OF_QUOTES if any(fact.quoted for fact in facts) else READING
    reading = (register.fingerprint, _offence_fingerprint(register), _reading_fingerprint(register), how)
    for part in (register.name, reference, *reading):
        digest.update(part.encode() + b"\0")
    for sha256 in sorted(fact.sha256 for fact in facts):
        digest.update(sha256.encode() + b"\0")
    return digest.hexdigest()


@cache
def _reading_fingerprint(register: Register) -> str:
    """Hash of the SQL that reads a register's columns, of whichever type they are delivered."""
    digest = hashlib.sha256()
    for physical in PHYSICAL_TYPES:
        source = Source("delivered", {c.name: (c.name, physical) for c in register.delivered_columns})
        digest.update((select(register, source) + plain_select(register, source)).encode())
    return digest.hexdigest()


def _offence_fingerprint(register: Register) -> str:
    return repr(offence_classes()) if any(c.kind is Kind.OFFENCE for c in register.columns) else ""


def _fault(delivery: Delivery, path: Path, check: str, what: str, remedy: str) -> Fault:
    place = f"{delivery.place}/{printable(path.name)}"
    return Fault(delivery.register, delivery.reference, check, place, what, remedy)


def inspect_files(
    con: duckdb.DuckDBPyConnection, register: Register, delivery: Delivery, facts: tuple[FileFacts, ...]
) -> list[Fault]:
    """Faults that show before a row is read: files that cannot be opened and required columns that are missing."""
    faults: list[Fault] = []
    for path, fact in zip(delivery.files, facts, strict=True):
        try:
            names = column_names(con, path, fact)
        except UnreadableFileError as error:
            faults.append(_fault(delivery, path, "readable", str(error), error.remedy))
            continue
        told = missing_columns(register, names, int(delivery.reference[:4]))
        if twice := ambiguous_columns(register, names):
            told.append(named("there more than once", twice, "Ask which of them counts."))
        faults += [_fault(delivery, path, "columns", what, remedy) for what, remedy in told]
    return faults


def store_snapshot(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    delivery: Delivery,
    facts: tuple[FileFacts, ...],
    table: str,
    scratch: Path,
) -> tuple[Snapshot | None, list[Fault]]:
    """Reads every file of a delivery once into `received.<table>`, replacing what an unfinished try left there.

    Returns the snapshot, or None with the faults where a file could not be read. Parquet is first read as if nothing
    in it were out of place, which takes two thirds of the time; where something is, it is read again in full.
    """
    con.execute(f"DROP TABLE IF EXISTS {_staged(table)}")
    if all(path.name.lower().endswith(".parquet") for path in delivery.files) and not _is_sifted(register):
        try:
            return _store_plain(con, register, delivery, facts, table), []
        except duckdb.InterruptException:
            raise
        except (duckdb.Error, FileChangedError):
            pass
    return _store_any(con, register, delivery, facts, table, scratch)


def _staged(table: str) -> str:
    return f"received.{identifier('staged_' + table)}"


class FileChangedError(Exception):
    """A file is no longer the one that was hashed."""


def _is_sifted(register: Register) -> bool:
    """Whether rows are left out on the way in, which is counted on rows that are not kept."""
    return register.in_year is not None


def _store_plain(
    con: duckdb.DuckDBPyConnection, register: Register, delivery: Delivery, facts: tuple[FileFacts, ...], table: str
) -> Snapshot:
    """Parquet files straight into their table. Raises duckdb.Error where a cell is out of place, or all that fails."""
    final = f"received.{identifier(table)}"
    layout = ", ".join(f"{c.stored} {SQL_TYPES[c.kind]}" for c in register.stored_columns)
    file_rows: list[int] = []
    with transaction(con):
        con.execute(f"CREATE OR REPLACE TABLE {final} ({layout})")
        for path, fact in zip(delivery.files, facts, strict=True):
            with parquet_source(con, path, register) as source:
                inserted = con.execute(f"INSERT INTO {final} {plain_select(register, source)}").fetchall()
            file_rows.append(int(inserted[0][0]))
            if stamp_of(path) != fact.stamp:
                raise FileChangedError
        counts = dict.fromkeys([f"types:{c.name}" for c in register.delivered_columns] + ["cpr"], 0)
        if not register.key and register.personal:
            counts["without_pnr"] = int(con.execute(f"SELECT count(*) - count(pnr) FROM {final}").fetchall()[0][0])
    return Snapshot(table, sum(file_rows), tuple(file_rows), counts)


def _store_any(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    delivery: Delivery,
    facts: tuple[FileFacts, ...],
    table: str,
    scratch: Path,
) -> tuple[Snapshot | None, list[Fault]]:
    """Files of any kind, whatever their cells hold: what is out of place is counted, other keys are given numbers."""
    staged = _staged(table)
    layout = ", ".join(_staged_columns(register))
    con.execute(f"CREATE TABLE {staged} ({layout}, intake_faults UINTEGER, file_number UINTEGER)")
    faults: list[Fault] = []
    file_rows: list[int] = []
    for number, (path, fact) in enumerate(zip(delivery.files, facts, strict=True)):
        try:
            file_rows.append(_load_file(con, register, path, fact, staged, number, scratch))
        except UnreadableFileError as error:
            faults.append(_fault(delivery, path, "readable", str(error), error.remedy))
    if faults:
        con.execute(f"DROP TABLE {staged}")
        return None, faults
    counts = _intake_counts(con, register, delivery, staged)
    rows = _finish(con, register, delivery.reference, staged, table)
    return Snapshot(table, rows, tuple(file_rows), counts), []


def _staged_columns(register: Register) -> list[str]:
    layout: list[str] = []
    for column in register.delivered_columns:
        layout.append(f"{column.stored} {SQL_TYPES[column.kind]}")
        if column.kind is Kind.PSEUDONYM:
            layout.append(f"{column.stored}_text VARCHAR")
    return layout


def _load_file(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    path: Path,
    facts: FileFacts,
    staged: str,
    number: int,
    scratch: Path,
) -> int:
    name = path.name.lower()
    try:
        if name.endswith((".sas7bdat", ".xpt")):
            rows = _load_sas(con, register, path, staged, number)
        else:
            opened = (
                parquet_source(con, path, register)
                if name.endswith(".parquet")
                else csv_source(path, facts, register, scratch)
            )
            with opened as source:
                rows = _insert(con, register, source, staged, number)
            refuse_swallowed(con, path, facts, register, scratch, rows)
        changed = stamp_of(path) != facts.stamp
    except (UnreadableFileError, duckdb.InterruptException):
        raise
    except duckdb.Error as error:
        raise _unreadable(error) from None
    except Exception:
        raise UnreadableFileError("the file is broken or not of the type that its name says") from None
    if changed:
        raise UnreadableFileError(*CHANGED)
    return rows


def _insert(con: duckdb.DuckDBPyConnection, register: Register, source: Source, staged: str, number: int) -> int:
    rows = select(register, source)
    inserted = con.execute(f"INSERT INTO {staged} SELECT *, {number} FROM ({rows})").fetchall()
    return int(inserted[0][0])


def _load_sas(con: duckdb.DuckDBPyConnection, register: Register, path: Path, staged: str, number: int) -> int:
    try:
        return _load_sas_as(con, register, path, staged, number, None)
    except (UnreadableFileError, duckdb.InterruptException):
        raise
    except Exception:
        if not path.name.lower().endswith(".xpt"):
            raise
    # XPORT does not say how its text is encoded: what is not UTF-8 is Windows-1252
    con.execute(f"DELETE FROM {staged} WHERE file_number = {number}")
    return _load_sas_as(con, register, path, staged, number, WINDOWS)


def _load_sas_as(
    con: duckdb.DuckDBPyConnection, register: Register, path: Path, staged: str, number: int, encoding: str | None
) -> int:
    rows = 0
    for frame, types in sas_chunks(path, register, encoding):
        con.register("sas_chunk", frame)
        try:
            rows += _insert(con, register, Source("sas_chunk", types), staged, number)
        finally:
            con.unregister("sas_chunk")
    return rows


def _unreadable(error: duckdb.Error) -> UnreadableFileError:
    """DuckDB's messages quote the row. Only the line number and the kind of error are passed on."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return UnreadableFileError("reading it took more memory than allowed", "Give the run more memory.")
    if isinstance(error, duckdb.IOException) and "No space" in str(error):
        return UnreadableFileError("the home's disk is full", "Free some space and run again.")
    line = re.search(r"\bLine: (\d+)", str(error))
    what = f"the file is broken at line {line.group(1)}" if line else "the file is broken or not of its name's type"
    return UnreadableFileError(what, FETCH_AGAIN)


def _intake_counts(
    con: duckdb.DuckDBPyConnection, register: Register, delivery: Delivery, staged: str
) -> dict[str, int]:
    """What only intake can count: cells that cannot be their type per column, CPR-like keys, rows left out."""
    columns = register.delivered_columns
    measures = {f"types:{c.name}": f"count(*) FILTER (intake_faults & {1 << i} > 0)" for i, c in enumerate(columns)}
    measures["cpr"] = f"count(*) FILTER (intake_faults & {1 << len(columns)} > 0)"
    if not register.key and register.personal:
        no_key = 1 << len(columns) | 1 << [c.name for c in columns].index("PNR")
        refused = f"intake_faults & {no_key} > 0"
        measures["without_pnr"] = f"count(*) FILTER (pnr IS NULL AND pnr_text IS NULL AND NOT {refused})"
    if register.in_year:
        outside = f"year({register.in_year.lower()}) IS DISTINCT FROM {int(delivery.reference)}"
        position = [c.name for c in columns].index(register.in_year)
        # a date that cannot be read is a fault of its own
        measures["outside_year"] = f"count(*) FILTER ({outside} AND intake_faults & {1 << position} = 0)"
        measures["unknown_decision"] = "count(*) FILTER (sanction_class IS NULL OR sanction_class NOT BETWEEN 1 AND 8)"
        measures["unknown_offence"] = f"count(*) FILTER (offence_class IS NULL OR offence_class = '{UNKNOWN_ACT}')"
        measures["delivered_rows"] = "count(*)"
    row = con.execute(f"SELECT {', '.join(measures.values())} FROM {staged}").fetchall()[0]
    return dict(zip(measures, (int(value) for value in row), strict=True))


def _finish(con: duckdb.DuckDBPyConnection, register: Register, reference: str, staged: str, table: str) -> int:
    """Turns the staged rows into the snapshot's table: pseudonyms as numbers, intake's own columns gone."""
    final = f"received.{identifier(table)}"
    texts = [c.stored for c in register.columns if c.kind is Kind.PSEUDONYM]
    con.execute(f"DROP TABLE IF EXISTS {final}")
    if _number_text_keys(con, staged, texts) or _is_sifted(register):
        _rewrite(con, register, reference, staged, final, texts)
        con.execute(f"DROP TABLE {staged}")
    else:
        for dropped in [*(f"{text}_text" for text in texts), "intake_faults", "file_number"]:
            con.execute(f"ALTER TABLE {staged} DROP COLUMN {dropped}")
        con.execute(f"ALTER TABLE {staged} RENAME TO {identifier(table)}")
    return int(con.execute(f"SELECT count(*) FROM {final}").fetchall()[0][0])


def _number_text_keys(con: duckdb.DuckDBPyConnection, staged: str, texts: list[str]) -> bool:
    """Gives each pseudonym that is not all digits a number of its own, the same in every register. True if any.

    New numbers lie below the lowest given, never at how many there are: keys may have been deleted in between.
    """
    found = False
    for text in texts:
        if con.execute(f"SELECT count({text}_text) FROM {staged}").fetchall()[0][0]:
            found = True
            con.execute(
                f"""
                INSERT INTO received.pseudonyms
                SELECT
                    new.pseudonym,
                    (SELECT coalesce(min(number), 0) FROM received.pseudonyms)
                    - row_number() OVER (ORDER BY new.pseudonym)
                FROM (SELECT DISTINCT {text}_text AS pseudonym FROM {staged} WHERE {text}_text IS NOT NULL) AS new
                ANTI JOIN received.pseudonyms AS known ON known.pseudonym = new.pseudonym
                """
            )
    return found


def _rewrite(
    con: duckdb.DuckDBPyConnection, register: Register, reference: str, staged: str, final: str, texts: list[str]
) -> None:
    parts: list[str] = []
    for column in register.stored_columns:
        if column.stored in texts:
            parts.append(f"coalesce(staged.{column.stored}, {column.stored}_key.number) AS {column.stored}")
        else:
            parts.append(f"staged.{column.stored}")
    joins = " ".join(
        f"LEFT JOIN received.pseudonyms AS {text}_key ON {text}_key.pseudonym = staged.{text}_text" for text in texts
    )
    kept = ""
    if register.in_year:
        in_year = f"year(staged.{register.in_year.lower()}) = {int(reference)}"
        kept = f"WHERE {in_year} AND (staged.pnr IS NOT NULL OR staged.pnr_text IS NOT NULL)"
    con.execute(f"CREATE TABLE {final} AS SELECT {', '.join(parts)} FROM {staged} AS staged {joins} {kept}")
