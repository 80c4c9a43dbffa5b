"""Intake: reads the files of a delivery once and stores the contract columns, typed.

A snapshot is stored under the hash of its content in schema `received`; nothing downstream reads it before it has
been checked and promoted (`assets.registers`). Values never leave this module in a message: files are read as
text or in their own type, cast with TRY_CAST, and what does not fit is counted. What does not belong here: which
columns and codes a register has (`assets.contracts`) and how the stored rows are judged (`assets.validation`).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

import duckdb

from assets.code_lists import code_list
from assets.contracts import SQL_TYPES, UNREADABLE_CODE, Column, Kind, Register
from assets.deliveries import (
    CHUNK,
    DAMAGED,
    FETCH_AGAIN,
    Delivery,
    Fault,
    FileFacts,
    UnreadableFileError,
    printable,
    stamp_of,
)
from assets.warehouse import sql_file, sql_text, transaction
from law.danish_time import TIME_ZONE

NO_PART = "([.,]0*)?"
"""What a whole number in a text may end in: a column that holds an empty cell is often written with decimals."""
OFFENCE_DIGITS = 7
SAS_ROWS = 200_000
SAS_EPOCH = "DATE '1960-01-01'"
SAS_DAYS = "BETWEEN -150000 AND 150000"
SAS_INSTANT = re.compile("DATETIME|DATEAMPM|MDYAMPM|NLDATM|DT[A-Z]|[BE]8601D[TXZN]|IS8601D[TZN]", re.IGNORECASE)
WINDOWS = "WINDOWS-1252"
HEADER_LIMIT = 1 << 20
EXACT_WHOLE = {"float": 1 << 24, "double": 1 << 53}
"""Below it a binary number holds every whole number; it and the next one are held as the same."""

KEY_DIGITS = 17
NUMERIC_KEY = f"[0-9]{{1,{KEY_DIGITS}}}"
CPR_DIGITS = 10
CPR_SHAPE = "[0-9]{6}-?[0-9]{4}"
READING = "2"
"""Raised when the same bytes are stored otherwise for a reason that stands not in the SQL of a column."""

PHYSICAL_TYPES = ("text", "integer", "decimal", "float", "double", "date", "timestamp", "instant", "sas_second")
OTHER_ACT = "anden"
UNKNOWN_ACT = "ukendt"


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
    reading = (register.fingerprint, _offence_fingerprint(register), _reading_fingerprint(register), READING)
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
        source = Source("delivered", {c.name: (c.name, physical) for c in _delivered_columns(register)})
        digest.update((_select(register, source) + _plain_select(register, source)).encode())
    return digest.hexdigest()


def _offence_fingerprint(register: Register) -> str:
    return repr(_offence_classes()) if any(c.kind is Kind.OFFENCE for c in register.columns) else ""


# --- reading one file -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """An open file as DuckDB sees it: the relation to select from, and per column its SQL name and physical type."""

    relation: str
    columns: dict[str, tuple[str, str]]


def missing_columns(register: Register, names: list[str], year: int) -> list[tuple[str, str]]:
    """What to say, and what to do, about required contract columns that a file with these column names lacks.

    Letters' case does not count. Columns of which no more is known are named together; a column that the register
    does not have for the reference year, or whose former name is there, gets a line of its own.
    """
    missing = [c for c in register.columns if c.required and not _positions(names, c.name)]
    explained = {c.name: why for c in missing if (why := _why_missing(c, names, year))}
    plain = [c.name for c in missing if c.name not in explained]
    told = [_named("missing", plain, "Ask for a delivery with the contract's columns.")] if plain else []
    for column in missing:
        if column.name in explained:
            ask = f"Ask for {column.name}." if column.there_in(year) else _other_year(register, year)
            told.append((f"required column missing: {column.name}, {explained[column.name]}", ask))
    return told


def _why_missing(column: Column, names: list[str], year: int) -> str:
    """What the contract knows of a column's absence; empty where nothing."""
    reasons = [] if column.there_in(year) else [f"which the register has {column.years}"]
    reasons += [
        f"in place of which {former.name} ({former.first_year}-{former.last_year}) is there: {former.held}, "
        "not the same quantity, so it is not read"
        for former in column.former_names
        if _positions(names, former.name)
    ]
    return ", and ".join(reasons)


def _other_year(register: Register, year: int) -> str:
    without = f", or take the folder of {year} away: the register is optional" if register.optional else ""
    return f"Check which year the file is of{without}."


def _named(what: str, columns: list[str], remedy: str) -> tuple[str, str]:
    return f"required column{'s' if len(columns) > 1 else ''} {what}: {', '.join(columns)}", remedy


def ambiguous_columns(register: Register, names: list[str]) -> list[str]:
    """Contract columns that a file has more than once, none of them the one spelled as in the contract."""
    return [c.name for c in register.columns if len(_positions(names, c.name)) > 1]


def _positions(names: list[str], wanted: str) -> list[int]:
    """Where a column stands; of several that differ in case only, the one spelled as in the contract."""
    exact = [i for i, name in enumerate(names) if name == wanted]
    return exact or [i for i, name in enumerate(names) if name.upper() == wanted]


def _chosen(register: Register, names: list[str]) -> dict[str, int]:
    found = {c.name: _positions(names, c.name) for c in register.columns if c.kind is not Kind.PRESENT}
    return {name: positions[0] for name, positions in found.items() if positions}


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def column_names(con: duckdb.DuckDBPyConnection, path: Path, facts: FileFacts) -> list[str]:
    """The column names of a file as they are written in it."""
    name = path.name.lower()
    if facts.problem is not None:
        raise facts.problem
    try:
        if name.endswith(".parquet"):
            return _parquet_names(con, path)
        if name.endswith((".csv", ".csv.gz")):
            return _csv_header(path, facts)[0]
        return [str(column) for column in _sas_metadata(path).column_names]
    except (UnreadableFileError, duckdb.InterruptException):
        raise
    except Exception:
        raise UnreadableFileError("the file is broken or not of the type that its name says") from None


def open_text(path: Path, facts: FileFacts) -> IO[str]:
    """The text with its line ends as they are."""
    encoding = "utf-8-sig" if facts.utf8 else "cp1252"
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    return io.TextIOWrapper(cast(IO[bytes], opened(path, "rb")), encoding=encoding, newline="")


def _csv_header(path: Path, facts: FileFacts) -> tuple[list[str], str]:
    try:
        with open_text(path, facts) as stream:
            first = stream.readline(HEADER_LIMIT)
            delimiter = ";" if first.count(";") > first.count(",") else ","
            stream.seek(0)
            lines = iter(lambda: stream.readline(HEADER_LIMIT), "")
            names = [name.strip() for name in next(csv.reader(lines, delimiter=delimiter), [])]
    except DAMAGED:
        raise UnreadableFileError("the compressed file is damaged") from None
    except csv.Error:
        raise UnreadableFileError("the first line is no header") from None
    if not first.strip():
        raise UnreadableFileError("the first line is empty: there is no header", "Deliver it with a header line.")
    return names, delimiter


@contextmanager
def _csv_source(path: Path, facts: FileFacts, register: Register, scratch: Path) -> Iterator[Source]:
    names, delimiter = _csv_header(path, facts)
    layout = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
    chosen = {name: (f"c{i}", "text") for name, i in _chosen(register, names).items()}

    def relation(place: Path, compression: str) -> str:
        return (
            f"read_csv({sql_file(place)}, auto_detect=false, header=true, delim={sql_text(delimiter)}, quote='\"', "
            f"escape='\"', columns={{{layout}}}, compression='{compression}', hive_partitioning=false)"
        )

    if facts.utf8 and not facts.mixed_newlines:
        yield Source(relation(path, "gzip" if path.name.lower().endswith(".gz") else "none"), chosen)
        return
    with _transcoded(path, facts, scratch) as pipe:
        yield Source(relation(pipe, "none"), chosen)


@contextmanager
def _transcoded(path: Path, facts: FileFacts, scratch: Path) -> Iterator[Path]:
    """A named pipe that gives a text as UTF-8 with one kind of line end, so that no row is written anywhere."""
    pipe = scratch / f"transcode-{os.getpid()}-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe, 0o600)
    failed: list[str] = []

    def write() -> None:
        try:
            with pipe.open("wb") as out, open_text(path, facts) as stream:
                held = ""
                while text := stream.read(CHUNK):
                    text = held + text
                    held = "\r" if text.endswith("\r") else ""
                    out.write(text[: len(text) - len(held)].replace("\r\n", "\n").encode())
                out.write(held.encode())
        except BrokenPipeError:
            pass
        except (*DAMAGED, UnicodeError):
            failed.append(path.name)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield pipe
    finally:
        # a writer that still waits for its reader is released here
        os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
        writer.join(timeout=10)
        pipe.unlink(missing_ok=True)
    # asked only now: the reader sees the end of a broken text before the writer has told of it
    if failed:
        raise UnreadableFileError("the file is damaged")


def _parquet_names(con: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """The columns' names as written, in order; a nested column, which no contract has, is given no name."""
    nodes = con.execute(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({sql_file(path)})").fetchall()
    names: list[str] = []
    position = 1
    while position < len(nodes):
        name, children = nodes[position]
        names.append("" if children else str(name))
        open_nodes = children
        position += 1
        while open_nodes:
            open_nodes += nodes[position][1] - 1
            position += 1
    return names


@contextmanager
def _parquet_source(con: duckdb.DuckDBPyConnection, path: Path, register: Register) -> Iterator[Source]:
    options = "hive_partitioning=false, union_by_name=false, binary_as_string=true"
    relation = f"read_parquet({sql_file(path)}, {options})"
    described = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    # DuckDB renames columns that differ in case only, so the names as written come from the file's schema
    columns = {
        name: (_identifier(str(described[i][0])), _physical(str(described[i][1])))
        for name, i in _chosen(register, _parquet_names(con, path)).items()
    }
    yield Source(relation, columns)


def _physical(sql_type: str) -> str:
    if sql_type in ("FLOAT", "DOUBLE"):
        return sql_type.lower()
    if sql_type.startswith("DECIMAL"):
        return "decimal"
    if sql_type.endswith(("INT", "INTEGER")):
        return "integer"
    if sql_type == "DATE":
        return "date"
    if sql_type.startswith("TIMESTAMP"):
        return "instant" if "TIME ZONE" in sql_type else "timestamp"
    return "text"


def _sas_reader(path: Path) -> Callable[..., Any]:
    import pyreadstat

    return pyreadstat.read_xport if path.name.lower().endswith(".xpt") else pyreadstat.read_sas7bdat


def _sas_metadata(path: Path) -> Any:
    return _sas_reader(path)(str(path), metadataonly=True)[1]


def _sas_physical(sas_format: str | None, stored_as: str) -> str:
    if stored_as == "string":
        return "text"
    return "sas_second" if SAS_INSTANT.match(sas_format or "") else "double"


def _sas_chunks(
    path: Path, register: Register, encoding: str | None
) -> Iterator[tuple[Any, dict[str, tuple[str, str]]]]:
    """The file in pieces of SAS_ROWS rows: a data frame with contract columns only, and their physical types."""
    import pyreadstat

    meta = _sas_metadata(path)
    names = [str(name) for name in meta.column_names]
    chosen = {name: names[i] for name, i in _chosen(register, names).items()}
    types = {
        name: (
            _identifier(actual),
            _sas_physical(meta.original_variable_types.get(actual), meta.readstat_variable_types[actual]),
        )
        for name, actual in chosen.items()
    }
    options = {"usecols": list(chosen.values()), "disable_datetime_conversion": True, "encoding": encoding}
    rows = 0
    for frame, _ in pyreadstat.read_file_in_chunks(_sas_reader(path), str(path), chunksize=SAS_ROWS, **options):
        rows += len(frame)
        yield frame, types
    if path.name.lower().endswith(".sas7bdat") and rows != meta.number_rows:
        raise UnreadableFileError("the file has not the number of rows that its header says")


# --- typing one column ------------------------------------------------------------------------------------------


def _text(name: str, physical: str) -> str:
    """The column as trimmed text, empty as NULL; a whole number never as `1.0`."""
    if physical in ("float", "double"):
        whole = f"CAST(TRY_CAST({name} AS BIGINT) AS VARCHAR)"
        as_it_is = f"CAST({name} AS VARCHAR)"
        return f"CASE WHEN isnan({name}) THEN NULL WHEN {name} = floor({name}) THEN {whole} ELSE {as_it_is} END"
    if physical == "decimal":
        whole = f"CAST(CAST({name} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {name} = floor({name}) THEN {whole} ELSE CAST({name} AS VARCHAR) END"
    if physical == "text":
        return f"nullif(trim(CAST({name} AS VARCHAR), E' \\t\\r\\n'), '')"
    return f"CAST({name} AS VARCHAR)"


def _is_number(name: str) -> str:
    return f"({name} IS NOT NULL AND NOT isnan({name}))"


def _code(name: str, physical: str) -> str:
    if physical == "integer":
        fits = f"WHEN {name} BETWEEN 0 AND 999999999 THEN CAST({name} AS INTEGER)"
        return f"CASE {fits} WHEN {name} IS NOT NULL THEN {UNREADABLE_CODE} END"
    text = _text(name, physical)
    number = f"TRY_CAST(regexp_extract({text}, '^([0-9]{{1,9}}){NO_PART}$', 1) AS INTEGER)"
    return f"CASE WHEN {number} IS NOT NULL THEN {number} WHEN {text} IS NOT NULL THEN {UNREADABLE_CODE} END"


def _day(name: str, physical: str) -> tuple[str, str]:
    if physical == "date":
        return name, "false"
    if physical == "timestamp":
        return f"CAST({name} AS DATE)", "false"
    if physical == "instant":
        return f"CAST({name} AT TIME ZONE '{TIME_ZONE}' AS DATE)", "false"
    if physical == "sas_second":
        fits = f"({_is_number(name)} AND floor({name} / 86400) {SAS_DAYS})"
        value = f"CASE WHEN {fits} THEN {SAS_EPOCH} + CAST(floor({name} / 86400) AS INTEGER) END"
        return value, f"({_is_number(name)} AND NOT {fits})"
    if physical in ("integer", "decimal", "float", "double"):
        present = f"{name} IS NOT NULL" if physical in ("integer", "decimal") else _is_number(name)
        fits = f"({present} AND {name} = floor({name}) AND {name} {SAS_DAYS})"
        return f"CASE WHEN {fits} THEN {SAS_EPOCH} + CAST({name} AS INTEGER) END", f"({present} AND NOT {fits})"
    text = _text(name, physical)
    shape = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00(:00(\.0+)?)?)?"
    value = f"CASE WHEN regexp_full_match({text}, '{shape}') THEN TRY_CAST(left({text}, 10) AS DATE) END"
    return value, f"({text} IS NOT NULL AND {value} IS NULL)"


def _amount(name: str, physical: str) -> tuple[str, str]:
    """At most two decimals: the stored value must be the delivered one, not its neighbour."""
    stored = SQL_TYPES[Kind.AMOUNT]
    if physical in ("float", "double"):
        value = f"CASE WHEN {_is_number(name)} THEN TRY_CAST({name} AS {stored}) END"
        back = f"CAST({value} AS {physical.upper()})"
        return value, f"({_is_number(name)} AND {back} IS DISTINCT FROM {name})"
    if physical in ("integer", "decimal"):
        value = f"TRY_CAST({name} AS {stored})"
        return value, f"({name} IS NOT NULL AND {value} IS DISTINCT FROM {name})"
    text = _text(name, physical)
    shape = r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)"
    exact = (
        f"CASE WHEN regexp_full_match({text}, '{shape}') THEN TRY_CAST(replace({text}, ',', '.') AS DECIMAL(38,12)) END"
    )
    value = f"TRY_CAST({exact} AS {stored})"
    return value, f"({text} IS NOT NULL AND ({value} IS NULL OR {value} <> {exact}))"


def _measure(name: str, physical: str) -> tuple[str, str]:
    """Any decimal: what decides nothing is kept rounded."""
    value, _ = _amount(name, physical)
    present = _is_number(name) if physical in ("float", "double") else f"{name} IS NOT NULL"
    if physical == "text":
        present = f"{_text(name, physical)} IS NOT NULL"
    return value, f"({present} AND {value} IS NULL)"


def _number(name: str, physical: str) -> tuple[str, str]:
    if physical == "integer":
        return f"TRY_CAST({name} AS BIGINT)", "false"
    text = _text(name, physical)
    value = f"TRY_CAST(regexp_extract({text}, '^([+-]?[0-9]{{1,18}}){NO_PART}$', 1) AS BIGINT)"
    return value, f"({text} IS NOT NULL AND {value} IS NULL)"


def _inexact(name: str, physical: str) -> str:
    """A key that a binary number cannot hold exactly could be another person's: it is no key."""
    if physical not in EXACT_WHOLE:
        return "false"
    exact = f"{name} = floor({name}) AND abs({name}) < {EXACT_WHOLE[physical]}"
    return f"({_is_number(name)} AND NOT ({exact}))"


def _offence_classes() -> dict[str, str]:
    """Prefix of the offence code -> the act it is kept as, for the prefixes that tell the acts apart."""
    return {
        row["ger_prefix"]: row["offence_class"] or OTHER_ACT
        for row in code_list("ger_codes")
        if row["law"] and int(row["n_digits"]) <= 2
    }


def _offence(name: str, physical: str) -> str:
    """The act of an offence code of seven digits; a number has lost its zeros in front, a text of other digits is no
    code."""
    digits = f"regexp_extract({_text(name, physical)}, '^([0-9]+){NO_PART}$', 1)"
    if physical != "text":
        digits = (
            f"CASE WHEN length({digits}) BETWEEN 1 AND {OFFENCE_DIGITS} THEN lpad({digits}, {OFFENCE_DIGITS}, '0') END"
        )
    text = f"CASE WHEN length({digits}) = {OFFENCE_DIGITS} THEN {digits} END"
    classes = sorted(_offence_classes().items(), key=lambda item: (-len(item[0]), item[0]))
    branches = " ".join(f"WHEN starts_with({text}, {sql_text(prefix)}) THEN {sql_text(act)}" for prefix, act in classes)
    return f"CASE {branches} WHEN {_text(name, physical)} IS NOT NULL THEN '{UNKNOWN_ACT}' END"


def typed(column: Column, name: str, physical: str) -> tuple[str, str]:
    """SQL for the stored value of a column, and for "a value is there but cannot be its type"."""
    match column.kind:
        case Kind.CODE:
            return _code(name, physical), "false"
        case Kind.PSEUDONYM:
            return _text(name, physical), _inexact(name, physical)
        case Kind.DAY:
            return _day(name, physical)
        case Kind.AMOUNT:
            return _amount(name, physical)
        case Kind.MEASURE:
            return _measure(name, physical)
        case Kind.NUMBER:
            return _number(name, physical)
        case Kind.OFFENCE:
            return _offence(name, physical), "false"
        case Kind.SANCTION:
            return f"CAST(({_code(name, physical)}) // 100 AS SMALLINT)", "false"
        case Kind.CADASTRE:
            return f"lower({_text(name, physical)})", "false"
        case _:
            return _text(name, physical), "false"


def _pseudonym(name: str, physical: str) -> tuple[str, str, str]:
    """SQL for a pseudonym as a number (of digits alone), as a text (all others), and for "looks like a CPR number".

    A key of digits alone, the usual one, is recognised before anything is trimmed.
    """
    raw = f"CAST({name} AS VARCHAR)" if physical in ("text", "integer") else _text(name, physical)
    clean = _text(name, physical)
    digits = f"regexp_full_match({raw}, '{NUMERIC_KEY}')"
    clean_digits = f"regexp_full_match({clean}, '{NUMERIC_KEY}')"
    as_number = "THEN CAST('1' || {} AS BIGINT)"
    number = f"CASE WHEN {digits} {as_number.format(raw)} WHEN {clean_digits} {as_number.format(clean)} END"
    text = f"CASE WHEN NOT {digits} AND NOT {clean_digits} THEN {clean} END"
    is_date = "try_strptime(left({}, 6), '%d%m%y') IS NOT NULL"
    # nested, so that the costly look at a date is taken only where the shape fits
    cpr = (
        f"CASE WHEN {digits} THEN CASE WHEN strlen({raw}) = {CPR_DIGITS} THEN {is_date.format(raw)} ELSE false END "
        f"WHEN regexp_full_match({clean}, '{CPR_SHAPE}') THEN {is_date.format(clean)} ELSE false END"
    )
    return number, text, f"({cpr})"


def _select(register: Register, source: Source) -> str:
    """The SELECT that types a file's contract columns; a pseudonym of other than digits is carried as text."""
    parts: list[str] = []
    faults: list[str] = []
    cpr = "false"
    for column in register.columns:
        if column.kind is Kind.PRESENT:
            continue
        if column.name not in source.columns:
            parts.append(f"CAST(NULL AS {SQL_TYPES[column.kind]}) AS {column.stored}")
            faults.append("false")
            continue
        name, physical = source.columns[column.name]
        value, fault = typed(column, name, physical)
        faults.append(fault)
        if column.kind is Kind.PSEUDONYM:
            number, text, looks_like_cpr = _pseudonym(name, physical)
            if fault != "false":
                number, text = (f"CASE WHEN NOT {fault} THEN {expression} END" for expression in (number, text))
            if column.name == "PNR":
                cpr = looks_like_cpr if fault == "false" else f"({looks_like_cpr} AND NOT {fault})"
                number, text = (f"CASE WHEN NOT {cpr} THEN {expression} END" for expression in (number, text))
            parts.append(f"{number} AS {column.stored}")
            parts.append(f"{text} AS {column.stored}_text")
        else:
            if column.kind is Kind.AMOUNT:  # one with more decimals than are stored would be stored rounded
                value = f"CASE WHEN NOT {fault} THEN {value} END"
            parts.append(f"CAST({value} AS {SQL_TYPES[column.kind]}) AS {column.stored}")
    bits = " + ".join(f"coalesce({fault}, false)::UINTEGER * {1 << i}" for i, fault in enumerate([*faults, cpr]))
    return f"SELECT {', '.join(parts)}, ({bits})::UINTEGER AS intake_faults FROM {source.relation}"


# --- typing a file in which nothing is out of place ---------------------------------------------------------------


def _plain_select(register: Register, source: Source) -> str:
    """The SELECT of a file whose keys are digits and whose cells all fit: the stored columns and nothing beside them.

    Gives what `_select` gives where that finds no fault and no key of other than digits; any such cell is an error.
    """
    keys = [c.name for c in register.columns if c.kind is Kind.PSEUDONYM and c.name in source.columns]
    wholes = [f"TRY_CAST({source.columns[name][0]} AS BIGINT) AS {name.lower()}_whole" for name in keys]
    parts = [_plain(column, source) for column in register.stored_columns]
    return f"SELECT {', '.join(parts)} FROM (SELECT {', '.join(['*', *wholes])} FROM {source.relation})"


def _plain(column: Column, source: Source) -> str:
    sql_type = SQL_TYPES[column.kind]
    if column.name not in source.columns:
        return f"CAST(NULL AS {sql_type}) AS {column.stored}"
    name, physical = source.columns[column.name]
    value, fault = typed(column, name, physical)
    if column.kind is Kind.PSEUDONYM:
        return f"{_plain_key(column, name, physical)} AS {column.stored}"
    if fault != "false":
        value = f"CASE WHEN {fault} THEN error('not its type') ELSE {value} END"
    return f"CAST({value} AS {sql_type}) AS {column.stored}"


def _plain_key(column: Column, name: str, physical: str) -> str:
    """A key as a number. The usual one, which is the text of its number, is known by that and at once."""
    number, _, looks_like_cpr = _pseudonym(name, physical)
    refused = [_inexact(name, physical), *([looks_like_cpr] if column.name == "PNR" else [])]
    raw, whole = f"CAST({name} AS VARCHAR)", f"{column.name.lower()}_whole"
    in_range = f"{whole} BETWEEN 0 AND {10**KEY_DIGITS - 1} AND strlen({raw}) <> {CPR_DIGITS}"
    usual = f"{in_range} AND CAST({whole} AS VARCHAR) = {raw}"
    leading_one = f"[{', '.join(str(10**digits) for digits in range(1, KEY_DIGITS + 1))}][strlen({raw})]"
    return (
        f"CASE WHEN {usual} THEN {whole} + {leading_one} WHEN {' OR '.join(refused)} THEN error('no key') "
        f"WHEN {_text(name, physical)} IS NULL THEN NULL ELSE coalesce({number}, error('not all digits')) END"
    )


# --- storing a snapshot -----------------------------------------------------------------------------------------


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
            told.append(_named("there more than once", twice, "Ask which of them counts."))
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
    return f"received.{_identifier('staged_' + table)}"


class FileChangedError(Exception):
    """A file is no longer the one that was hashed."""


def _is_sifted(register: Register) -> bool:
    """Whether rows are left out or merged on the way in, which is counted on rows that are not kept."""
    return bool(register.stored_distinct or register.in_year)


def _store_plain(
    con: duckdb.DuckDBPyConnection, register: Register, delivery: Delivery, facts: tuple[FileFacts, ...], table: str
) -> Snapshot:
    """Parquet files straight into their table. Raises duckdb.Error where a cell is out of place, or all that fails."""
    final = f"received.{_identifier(table)}"
    layout = ", ".join(f"{c.stored} {SQL_TYPES[c.kind]}" for c in register.stored_columns)
    file_rows: list[int] = []
    with transaction(con):
        con.execute(f"CREATE OR REPLACE TABLE {final} ({layout})")
        for path, fact in zip(delivery.files, facts, strict=True):
            with _parquet_source(con, path, register) as source:
                inserted = con.execute(f"INSERT INTO {final} {_plain_select(register, source)}").fetchall()
            file_rows.append(int(inserted[0][0]))
            if stamp_of(path) != fact.stamp:
                raise FileChangedError
        counts = dict.fromkeys([f"types:{c.name}" for c in _delivered_columns(register)] + ["cpr"], 0)
        if not register.key and register.personal:
            counts["without_pnr"] = int(con.execute(f"SELECT count(*) - count(pnr) FROM {final}").fetchall()[0][0])
    return Snapshot(table, sum(file_rows), tuple(file_rows), counts)


def _delivered_columns(register: Register) -> list[Column]:
    return [c for c in register.columns if c.kind is not Kind.PRESENT]


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
    for column in _delivered_columns(register):
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
                _parquet_source(con, path, register)
                if name.endswith(".parquet")
                else _csv_source(path, facts, register, scratch)
            )
            with opened as source:
                rows = _insert(con, register, source, staged, number)
        changed = stamp_of(path) != facts.stamp
    except (UnreadableFileError, duckdb.InterruptException):
        raise
    except duckdb.Error as error:
        raise _unreadable(error) from None
    except Exception:
        raise UnreadableFileError("the file is broken or not of the type that its name says") from None
    if changed:
        raise UnreadableFileError("the file changed while it was read", "Run again when the delivery is complete.")
    return rows


def _insert(con: duckdb.DuckDBPyConnection, register: Register, source: Source, staged: str, number: int) -> int:
    select = _select(register, source)
    inserted = con.execute(f"INSERT INTO {staged} SELECT *, {number} FROM ({select})").fetchall()
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
    for frame, types in _sas_chunks(path, register, encoding):
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
    columns = _delivered_columns(register)
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
    final = f"received.{_identifier(table)}"
    texts = [c.stored for c in register.columns if c.kind is Kind.PSEUDONYM]
    con.execute(f"DROP TABLE IF EXISTS {final}")
    if _number_text_keys(con, staged, texts) or register.stored_distinct:
        _rewrite(con, register, reference, staged, final, texts)
        con.execute(f"DROP TABLE {staged}")
    else:
        for dropped in [*(f"{text}_text" for text in texts), "intake_faults", "file_number"]:
            con.execute(f"ALTER TABLE {staged} DROP COLUMN {dropped}")
        con.execute(f"ALTER TABLE {staged} RENAME TO {_identifier(table)}")
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
    distinct = "DISTINCT " if register.stored_distinct else ""
    con.execute(f"CREATE TABLE {final} AS SELECT {distinct}{', '.join(parts)} FROM {staged} AS staged {joins} {kept}")
