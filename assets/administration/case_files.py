"""Opens the files of a table of cases: every row of one stands then in `raw_rows`, as text, or the run stops.

A file is read once: what is hashed, counted and decided on are the same bytes. What does not belong here: what a table
looks like (`case_tables`) and which rows are refused (`intake`). Messages name files, rows and columns, never a value.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from assets.administration.case_tables import CaseTable, Kind
from assets.administration.errors import AdministrationError
from assets.administration.store import BATCH, append_rows, count, is_of_the_machine
from assets.csv_header import header_of
from assets.delivered_files import CHANGED, Encoding, parquet_names, printable, stamp_of
from law.danish_time import TIME_ZONE

BEGINNINGS = {Kind.DAY: ("day", "%Y-%m-%d"), Kind.MONTH: ("month", "%Y-%m")}
SUFFIXES = (".csv", ".parquet")
END_OF_FILE = "end of file"
"""A row of its own after the last one: where it is not read as one, a quote was never closed."""


def is_mark(name: str) -> bool:
    """Whether a name in a folder of cases only says something about a delivery: `.hidden` or `_COMPLETE`."""
    return name.startswith(".") or (name.startswith("_") and not Path(name).suffix)


def case_files(folder: Path) -> list[Path]:
    """The files of a table's folder by name; none where there is no folder. Raises AdministrationError for what stands
    there and cannot be read."""
    try:
        if not folder.is_dir():
            return []
        found = sorted(path for path in folder.iterdir() if not is_mark(path.name))
        for path in found:
            _refuse_unreadable(path)
    except OSError:
        raise AdministrationError(f"{folder.name}: the folder cannot be read: check its permissions") from None
    return found


def _refuse_unreadable(path: Path) -> None:
    place = place_of(path)
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raise AdministrationError(f"{place}: the file's name is not UTF-8: rename the file") from None
    if not path.exists():
        raise AdministrationError(f"{place}: is a link that leads nowhere: put the file itself in the folder")
    if not path.is_file():
        raise AdministrationError(f"{place}: is no file: put the files of a table in its folder")
    if path.suffix.lower() not in SUFFIXES:
        raise AdministrationError(f"{place}: is neither .csv nor .parquet: remove or convert it")


def place_of(path: Path) -> str:
    """How messages name a file: table/file."""
    return f"{path.parent.name}/{printable(path.name)}"


@dataclass(frozen=True)
class CaseFile:
    """A file as it was read: its bytes, and the stamp that it had before."""

    path: Path
    content: bytes
    stamp: tuple[int, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def opened(path: Path) -> CaseFile:
    """Reads a file. Raises AdministrationError where it cannot be read or is changed meanwhile."""
    try:
        file = CaseFile(path, stamp=stamp_of(path), content=path.read_bytes())
    except OSError:
        raise AdministrationError(f"{place_of(path)}: cannot be read: check its permissions") from None
    refuse_changed(path, file.stamp)
    return file


def refuse_changed(path: Path, stamp: tuple[int, ...]) -> None:
    """Raises AdministrationError where a file is no longer the one that had this stamp: it is still being written."""
    try:
        changed = stamp_of(path) != stamp
    except OSError:
        changed = True
    if changed:
        what, remedy = CHANGED
        raise AdministrationError(f"{place_of(path)}: {what}. {remedy}")


def load(con: duckdb.DuckDBPyConnection, table: CaseTable, file: CaseFile) -> int:
    """Adds the rows of a file to `raw_rows`, as text, and says how many. Raises AdministrationError for a file that
    cannot be read, lacks a column, or has a quote that takes in other rows."""
    before = count(con, "raw_rows")
    if file.path.suffix.lower() == ".parquet":
        _load_parquet(con, table, file)
    else:
        _load_csv(con, table, file)
    return count(con, "raw_rows") - before


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """Bytes as a file that only this process sees, as a SQL literal: the database reads what was hashed."""
    descriptor = os.memfd_create("cases")
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(content)
        yield f"'/proc/self/fd/{descriptor}'"
    finally:
        os.close(descriptor)


def _positions(table: CaseTable, header: Sequence[str], place: str) -> list[int]:
    repeated = [column.name for column in table.columns if header.count(column.name) > 1]
    if repeated:
        raise AdministrationError(f"{place}: the column {repeated[0]} stands twice: keep one of them")
    missing = [column.name for column in table.columns if column.name not in header]
    if missing:
        raise AdministrationError(f"{place}: the column {missing[0]} is missing: add it, empty where it is not known")
    return [header.index(column.name) for column in table.columns]


# --- CSV --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Csv:
    """A CSV as text, parted into header and rows: what divides its cells, how many there are in a row, and where the
    table's columns stand; `key_positions` are of those that say whom or what a row is about."""

    table: CaseTable
    path: Path
    delimiter: str
    width: int
    positions: Sequence[int]
    key_positions: Sequence[int]
    header_in_lines: bool
    body: str

    @property
    def place(self) -> str:
        return place_of(self.path)

    @cached_property
    def outline(self) -> str:
        """The rows with a letter in the place of each cell within quotes that every reader sees alike."""
        return _without_quoted(self.body, self.delimiter)


def _without_quoted(text: str, delimiter: str) -> str:
    """A text with a letter in the place of each cell within quotes. Only those are taken out that every reader sees
    alike: they begin and end with their quotes, and a quote in them is doubled. Any other quote stays."""
    if '"' not in text:
        return text
    within = f"[^{delimiter}\r\n]"
    return re.sub(f'(?<!{within})"[^"]*+(?:""[^"]*+)*+"(?!{within})', "x", text)


def _has_line_end(text: str) -> bool:
    return "\n" in text or "\r" in text


def _load_csv(con: duckdb.DuckDBPyConnection, table: CaseTable, file: CaseFile) -> None:
    """What every reader sees alike is read by the database; anything else row by row, so that only bad rows go.

    However it was read, the rows are held against the lines that stand outside of quotes: none is lost in silence.
    """
    csv_file = _divided(table, file.path, _decoded(file))
    before, lines = count(con, "raw_rows"), _one_row_per_line(csv_file.outline)
    rows = lines.count("\n") + 1 if lines else 0
    if not (_is_plain(csv_file, lines) and _read_whole(con, csv_file, rows)):
        _read_rows(con, csv_file)
    if (read := count(con, "raw_rows") - before) != rows:
        raise AdministrationError(
            f"{csv_file.place}: holds {read} rows or {rows}, as its quotes are read: correct them"
        )
    if csv_file.header_in_lines and not rows:
        raise AdministrationError(f"{csv_file.place}: the header takes up all lines: check its quotes")


def _decoded(file: CaseFile) -> str:
    """The text of a file. Raises AdministrationError where it is neither UTF-8 nor Windows-1252."""
    if b"\0" not in file.content:
        with suppress(UnicodeDecodeError):
            return file.content.decode("utf-8-sig")
    encoding = Encoding()
    encoding.take(file.content)
    encoding.end()
    if fault := encoding.fault():
        what, remedy = fault
        raise AdministrationError(f"{place_of(file.path)}: {what}. {remedy}")
    return file.content.decode("cp1252")


def _divided(table: CaseTable, path: Path, text: str) -> _Csv:
    """Parts the header from the rows. Raises AdministrationError where it lacks a column or has taken in a row."""
    place = place_of(path)
    stream = io.StringIO(text, newline="")
    try:
        _, delimiter = header_of(stream)
        stream.seek(0)
        cells = next(csv.reader(stream, delimiter=delimiter, strict=False), [])
    except csv.Error:
        raise AdministrationError(f"{place}: the first line is no header: check its quotes") from None
    body = stream.read()
    header = text[: len(text) - len(body)].strip("\r\n")
    in_lines = _has_line_end(header)
    taken_in = any(delimiter in cell for cell in cells if _has_line_end(cell))
    if taken_in or (in_lines and '"' in _without_quoted(header, delimiter)):
        raise AdministrationError(f"{place}: the header holds a quote that takes in the rows after it: close it")
    positions = _positions(table, [cell.strip().lower() for cell in cells], place)
    placed = zip(table.columns, positions, strict=True)
    keys = [position for column, position in placed if column.name in table.key]
    return _Csv(table, path, delimiter, len(cells), positions, keys, in_lines, body)


def _one_row_per_line(text: str) -> str:
    """A text without line ends within quotes, one kind of line end, and no blank line."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    return text.strip("\n")


def _is_plain(csv_file: _Csv, lines: str) -> bool:
    """Whether every reader sees the same rows: each on its line, with no quote astray and no field too many."""
    body, outline = csv_file.body, csv_file.outline
    whole = '"' not in outline and all(body.count(end) == outline.count(end) for end in "\r\n")
    return whole and not _may_have_a_field_too_many(csv_file, lines)


def _may_have_a_field_too_many(csv_file: _Csv, lines: str) -> bool:
    """Whether some row ends in an empty field beyond its columns, which the database would pass over in silence.

    `lines` has a letter in the place of each cell within quotes.
    """
    delimiter = csv_file.delimiter
    if not lines.endswith(delimiter) and f"{delimiter}\n" not in lines and f'{delimiter}""' not in csv_file.body:
        return False
    return any(line.count(delimiter) >= csv_file.width for line in lines.split("\n"))


def _read_whole(con: duckdb.DuckDBPyConnection, csv_file: _Csv, rows: int) -> bool:
    """Reads a file of whole rows at once; False, and nothing read, where any row needs a closer look."""
    columns = {f"c{number}": "VARCHAR" for number in range(csv_file.width)}
    read = ", ".join(f"c{position}" for position in csv_file.positions)
    name = csv_file.path.name
    try:
        # below a line that is skipped, since the database takes a mark of UTF-8 off what it reads first
        with _in_memory(f"header\n{_one_row_per_line(csv_file.body)}".encode()) as source:
            inserted = con.execute(
                f"INSERT INTO raw_rows SELECT $name, row_number() OVER (), NULL, {read} FROM read_csv({source}, "
                "auto_detect = false, header = false, skip = 1, columns = $columns, delim = $delimiter, quote = '\"', "
                "escape = '\"', strict_mode = true, parallel = false, hive_partitioning = false)",
                {"name": name, "columns": columns, "delimiter": csv_file.delimiter},
            ).fetchall()
    except duckdb.Error as error:
        if is_of_the_machine(error):
            raise
        return False
    if inserted[0][0] != rows:
        con.execute("DELETE FROM raw_rows WHERE file = ?", [name])
        return False
    return True


def _read_rows(con: duckdb.DuckDBPyConnection, csv_file: _Csv) -> None:
    """Reads a file row by row; one that has not as many fields as there are columns says so in `broken`."""
    batch: list[list[str | int | None]] = []
    for number, row in enumerate(_rows(csv_file), start=1):
        broken = None if len(row) == csv_file.width else f"{len(row)} fields in a row of {csv_file.width} columns"
        cells = (row[position] if position < len(row) else None for position in csv_file.positions)
        batch.append([csv_file.path.name, number, broken, *cells])
        if len(batch) == BATCH:
            _append(con, csv_file.table, batch)
            batch = []
    _append(con, csv_file.table, batch)


def _append(con: duckdb.DuckDBPyConnection, table: CaseTable, batch: Sequence[Sequence[str | int | None]]) -> None:
    append_rows(con, "raw_rows", ("file", "row_number", "broken", *(c.name for c in table.columns)), batch)


def _rows(csv_file: _Csv) -> Iterator[list[str]]:
    """The rows after the header, blank lines left out. Raises AdministrationError where a quote takes in other rows."""
    text = f"{csv_file.body}\n{END_OF_FILE}"
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=csv_file.delimiter, strict=False)
    number = lines = place = 0
    try:
        for row in reader:
            began, place = place, stream.tell()
            in_lines, lines = reader.line_num - lines > 1, reader.line_num
            if place == len(text) and row == [END_OF_FILE]:
                return
            if not row:
                continue
            number += 1
            if place == len(text):
                raise AdministrationError(
                    f"{csv_file.place}: row {number} opens a quote that is never closed: close it"
                )
            if in_lines and _takes_in_rows(csv_file, row, text[began:place]):
                raise AdministrationError(
                    f"{csv_file.place}: row {number} holds a quote that takes in the rows after it: close it"
                )
            if csv_file.header_in_lines and len(row) != csv_file.width:
                raise AdministrationError(
                    f"{csv_file.place}: the header takes up several lines and row {number} has other columns: "
                    "check the header's quotes"
                )
            yield row
    except csv.Error:
        raise AdministrationError(
            f"{csv_file.place}: row {number + 1} holds a cell that is too long for one: check its quotes"
        ) from None


def _takes_in_rows(csv_file: _Csv, row: Sequence[str], written: str) -> bool:
    """Whether the quotes of a row that goes over several lines may have taken in other rows.

    They have not where the row is well quoted and has its columns, no delimiter stands beside the line's end, and what
    says whom the row is about is of one line: then it is a text of several lines.
    """
    in_lines = [cell for cell in row if _has_line_end(cell)]
    return (
        len(row) != csv_file.width
        or any(csv_file.delimiter in cell for cell in in_lines)
        or any(_has_line_end(row[position]) for position in csv_file.key_positions)
        or '"' in _without_quoted(written, csv_file.delimiter)
    )


# --- Parquet ----------------------------------------------------------------------------------------------------


def _load_parquet(con: duckdb.DuckDBPyConnection, table: CaseTable, file: CaseFile) -> None:
    place = place_of(file.path)
    try:
        with _in_memory(file.content) as source:
            relation = f"read_parquet({source}, hive_partitioning = false, binary_as_string = true)"
            described = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
            positions = _positions(table, [name.strip().lower() for name in parquet_names(con, source)], place)
            delivered = [described[position] for position in positions]
            read = ", ".join(
                _as_text(str(name), str(sql_type), column.kind)
                for (name, sql_type, *_), column in zip(delivered, table.columns, strict=True)
            )
            con.execute(
                f"INSERT INTO raw_rows SELECT ?, row_number() OVER (), NULL, {read} FROM {relation}", [file.path.name]
            )
    except duckdb.Error as error:
        if is_of_the_machine(error):
            raise
        raise AdministrationError(f"{place}: is no readable Parquet file: fetch it again") from None


def _as_text(name: str, sql_type: str, kind: Kind) -> str:
    """A column of Parquet as a CSV would hold it. A day or month is often written as the instant that it begins."""
    quoted = '"' + name.replace('"', '""') + '"'
    if kind in BEGINNINGS and (sql_type == "DATE" or sql_type.startswith("TIMESTAMP")):
        local = f"timezone('{TIME_ZONE}', {quoted})" if sql_type == "TIMESTAMP WITH TIME ZONE" else quoted
        unit, form = BEGINNINGS[kind]
        begins = f"{local} = date_trunc('{unit}', {local})"
        return f"CASE WHEN {begins} THEN strftime({local}, '{form}') ELSE CAST({quoted} AS VARCHAR) END"
    if sql_type.startswith("DECIMAL"):
        whole = f"{quoted} = trunc({quoted})"
        return f"CASE WHEN {whole} THEN CAST(CAST({quoted} AS HUGEINT) AS VARCHAR) ELSE CAST({quoted} AS VARCHAR) END"
    if sql_type in ("DOUBLE", "FLOAT"):
        whole = f"{quoted} = trunc({quoted}) AND abs({quoted}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({quoted} AS BIGINT) AS VARCHAR) ELSE CAST({quoted} AS VARCHAR) END"
    return f"CAST({quoted} AS VARCHAR)"
