"""The files of a delivery as DuckDB reads them: their columns' names, and a relation to select from.

Text is read as text whatever stands in it, Parquet and SAS in their own types. What does not belong here: which value a
cell is (`assets.intake.columns`) and where rows are stored (`assets.intake.storing`).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import mmap
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, cast

import duckdb

from assets import csv_records
from assets.contracts import Column, Register
from assets.csv_header import header_of
from assets.delivered_files import parquet_names
from assets.intake.deliveries import CHUNK, DAMAGED, FileFacts, UnreadableFileError
from assets.warehouse import sql_file, sql_text

SAS_ROWS = 200_000
SAS_INSTANT = re.compile("DATETIME|DATEAMPM|MDYAMPM|NLDATM|DT[A-Z]|[BE]8601D[TXZN]|IS8601D[TZN]", re.IGNORECASE)
XPORT_RECORD = 80
"""Bytes of a record: a SAS transport file is made of whole ones."""
XPORT_MEMBER, XPORT_ROWS = b"HEADER RECORD*******MEMB", b"HEADER RECORD*******OBS"
"""What the records begin with that announce a data set, and its rows."""
QUOTES_AND_BLANKS = re.compile(r'["\s]+')
RECORDS_AT_ONCE = 1000


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
    told = [named("missing", plain, "Ask for a delivery with the contract's columns.")] if plain else []
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


def named(what: str, columns: list[str], remedy: str) -> tuple[str, str]:
    return f"required column{'s' if len(columns) > 1 else ''} {what}: {', '.join(columns)}", remedy


def ambiguous_columns(register: Register, names: list[str]) -> list[str]:
    """Contract columns that a file has more than once, none of them the one spelled as in the contract."""
    return [c.name for c in register.columns if len(_positions(names, c.name)) > 1]


def _positions(names: list[str], wanted: str) -> list[int]:
    """Where a column stands; of several that differ in case only, the one spelled as in the contract."""
    exact = [i for i, name in enumerate(names) if name == wanted]
    return exact or [i for i, name in enumerate(names) if name.upper() == wanted]


def _chosen(register: Register, names: list[str]) -> dict[str, int]:
    found = {c.name: _positions(names, c.name) for c in register.delivered_columns}
    return {name: positions[0] for name, positions in found.items() if positions}


def identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def column_names(con: duckdb.DuckDBPyConnection, path: Path, facts: FileFacts) -> list[str]:
    """The column names of a file as they are written in it."""
    name = path.name.lower()
    if facts.problem is not None:
        raise facts.problem
    try:
        if name.endswith(".parquet"):
            return parquet_names(con, sql_file(path))
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
        with open_text(path, facts) as text:
            names, delimiter = header_of(text)
    except DAMAGED:
        raise UnreadableFileError("the compressed file is damaged") from None
    except csv.Error:
        raise UnreadableFileError("the first line is no header") from None
    if not any(names):
        raise UnreadableFileError("the first line is empty: there is no header", "Deliver it with a header line.")
    if csv_records.holds_others(names, delimiter):
        raise UnreadableFileError(csv_records.told("in the header"), csv_records.REMEDY)
    return names, delimiter


@contextmanager
def csv_source(path: Path, facts: FileFacts, register: Register, scratch: Path) -> Iterator[Source]:
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


def refuse_swallowed(
    con: duckdb.DuckDBPyConnection, path: Path, facts: FileFacts, register: Register, scratch: Path, rows: int
) -> None:
    """Raises UnreadableFileError where a record of a CSV, of which these rows were read, has taken others into a field.

    That takes quotes and fewer records than lines: only such a file is looked through.
    """
    if not facts.quoted or 1 + rows >= facts.lines:
        return
    names, delimiter = _csv_header(path, facts)
    fields = ", ".join(f"coalesce(c{i}, '')" for i in range(len(names)))
    delimiters = f"length(record) - length(replace(record, {sql_text(delimiter)}, ''))"
    over_lines = f"regexp_matches(record, '[\r\n]') AND {delimiters} >= {2 * (len(names) - 1)}"
    beginnings: set[tuple[str, ...]] = set()
    with csv_source(path, facts, register, scratch) as source:
        records = f"SELECT concat_ws({sql_text(delimiter)}, {fields}) AS record FROM {source.relation}"
        found = con.execute(f"SELECT record FROM ({records}) WHERE {over_lines}")
        while some := found.fetchmany(RECORDS_AT_ONCE):
            for (record,) in some:
                if csv_records.text_holds_others(record, delimiter, len(names)):
                    beginnings.add(tuple(_bare(line) for line in csv_records.LINE_END.split(record)[:2]))
    if beginnings:
        raise UnreadableFileError(csv_records.told(_line_of(path, facts, beginnings)), csv_records.REMEDY)


def _line_of(path: Path, facts: FileFacts, beginnings: set[tuple[str, ...]]) -> str:
    """Where the first of these records begins, told by its first two lines."""
    with open_text(path, facts) as text:
        for number, pair in enumerate(pairwise(_bare(line) for line in text), 1):
            if pair in beginnings:
                return f"in line {number}"
    return "somewhere"


def _bare(line: str) -> str:
    """A line without its quotes and blanks, of which reading it leaves some out."""
    return QUOTES_AND_BLANKS.sub("", line)


@contextmanager
def _transcoded(path: Path, facts: FileFacts, scratch: Path) -> Iterator[Path]:
    """A named pipe that gives a text as UTF-8 with one kind of line end, so that no row is written anywhere.

    Its folder is named by a descriptor: DuckDB looks for a name with brackets among ordinary files only.
    """
    folder = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
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
        yield Path(f"/proc/self/fd/{folder}", pipe.name)
    finally:
        # a writer that still waits for its reader is released here
        os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
        writer.join(timeout=10)
        pipe.unlink(missing_ok=True)
        os.close(folder)
    # asked only now: the reader sees the end of a broken text before the writer has told of it
    if failed:
        raise UnreadableFileError("the file is damaged")


@contextmanager
def parquet_source(con: duckdb.DuckDBPyConnection, path: Path, register: Register) -> Iterator[Source]:
    options = "hive_partitioning=false, union_by_name=false, binary_as_string=true"
    relation = f"read_parquet({sql_file(path)}, {options})"
    described = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    # DuckDB renames columns that differ in case only, so the names as written come from the file's schema
    columns = {
        name: (identifier(str(described[i][0])), _physical(str(described[i][1])))
        for name, i in _chosen(register, parquet_names(con, sql_file(path))).items()
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


def sas_chunks(
    path: Path, register: Register, encoding: str | None
) -> Iterator[tuple[Any, dict[str, tuple[str, str]]]]:
    """The file in pieces of SAS_ROWS rows: a data frame with contract columns only, and their physical types."""
    import pyreadstat

    meta = _sas_metadata(path)
    names = [str(name) for name in meta.column_names]
    chosen = {name: names[i] for name, i in _chosen(register, names).items()}
    types = {
        name: (
            identifier(actual),
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
    if path.name.lower().endswith(".xpt"):
        _refuse_unfinished(path, rows, sum(meta.variable_storage_width.values()))


def _refuse_unfinished(path: Path, rows: int, row_bytes: int) -> None:
    """Raises UnreadableFileError for a transport file that was cut off, or of whose data sets one alone would be read.

    It says nowhere how many rows it has, but fills its last record with blanks after the last row. One that was cut off
    where a row and a record end cannot be told from a smaller one.
    """
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        first = content.find(XPORT_MEMBER)
        if content.find(XPORT_MEMBER, first + 1) >= 0:
            raise UnreadableFileError("the file holds several data sets", "Deliver each in a file of its own.")
        left = len(content) - content.find(XPORT_ROWS) - XPORT_RECORD - rows * row_bytes
        if len(content) % XPORT_RECORD or not 0 <= left < XPORT_RECORD or content[len(content) - left :].strip(b" "):
            raise UnreadableFileError("the file was cut off, or something stands after its last row")
