"""Keyed pseudonyms for those who must receive CPR numbers: a file in, the same file with pseudonyms out.

The key never stands in a home. What does not belong here: receiving (`assets.intake`), which refuses CPR numbers.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import hmac
import io
import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import duckdb

from assets import csv_records
from assets.csv_header import header_of
from assets.delivered_files import parquet_columns
from assets.intake.deliveries import DAMAGED, file_facts, printable
from assets.intake.files import open_text
from assets.warehouse import settings, sql_file, sql_text
from pipelines.home import OWNER_ONLY, Home

DIGITS = 17
KEY_BYTES = 32
CPR = re.compile(r"([0-9]{6})[\s\u2010-\u2015\u2212-]*([0-9]{4})")
"""With blanks or dashes of any kind after the date, or none."""
SUFFIXES = (".csv", ".csv.gz", ".parquet")


class PseudonymiseError(Exception):
    """A file was not pseudonymised; nothing was written. The message holds no value of it."""


def read_key(path: Path, home: Home) -> bytes:
    """The key: at least 32 bytes in a file of the owner's alone, outside every home."""
    try:
        place = path.resolve(strict=True)
        key = place.read_bytes()
    except OSError as error:
        raise PseudonymiseError(f"{path}: the key file cannot be read ({error.strerror}).") from None
    homes = {home.path.resolve(), *(folder for folder in place.parents if (folder / "warehouse.duckdb").exists())}
    if any(place.is_relative_to(folder) for folder in homes):
        raise PseudonymiseError(f"{path}: the key stands in a home. Keep it apart from the data, and make a new one.")
    if place.stat().st_mode & OWNER_ONLY:
        raise PseudonymiseError(f"{path}: others may read the key. Make it the owner's alone (mode 600).")
    if len(key) < KEY_BYTES:
        raise PseudonymiseError(f"{path}: the key has {len(key)} bytes, it must have {KEY_BYTES} random ones.")
    return key


def pseudonym_of(key: bytes, value: str) -> str:
    """HMAC-SHA-256 of a CPR number (with or without hyphen alike) or other key, as 17 digits; empty stays empty."""
    text = value.strip()
    if not text:
        return ""
    if shape := CPR.fullmatch(text):
        text = shape.group(1) + shape.group(2)
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest, 'big') % 10**DIGITS:0{DIGITS}d}"


@dataclass
class Written:
    """What was written: rows, and how many values have no CPR number's shape, of PNR where it is the column alone."""

    rows: int = 0
    of_other_shape: int = 0


def pseudonymise(key: bytes, source: Path, target: Path, columns: tuple[str, ...]) -> Written:
    """Writes `target` as `source` with pseudonyms in the columns. Streams: no row is kept."""
    _check_names(source, target)
    written = Written()
    chosen = {_spelled(column) for column in columns}

    def replaced(value: str) -> str:
        if chosen == {_spelled("PNR")} and value.strip() and not CPR.fullmatch(value.strip()):
            written.of_other_shape += 1
        return pseudonym_of(key, value)

    partial = target.with_name(f".{target.name}.partial")
    try:
        write = _parquet if _type_of(source) == ".parquet" else _csv
        written.rows = write(replaced, source, partial, chosen)
        partial.replace(target)
    except PseudonymiseError:
        raise
    except (*DAMAGED, duckdb.Error, csv.Error, UnicodeError) as error:
        raise PseudonymiseError(f"{printable(str(source))}: the file is broken ({type(error).__name__}).") from None
    finally:
        partial.unlink(missing_ok=True)
    return written


def _type_of(path: Path) -> str:
    return next((suffix for suffix in reversed(SUFFIXES) if path.name.lower().endswith(suffix)), "")


def _check_names(source: Path, target: Path) -> None:
    if not source.is_file():
        raise PseudonymiseError(f"{printable(str(source))}: there is no such file.")
    if not _type_of(source) or _type_of(source) != _type_of(target):
        raise PseudonymiseError(f"{printable(str(target))}: both files end alike, in one of {', '.join(SUFFIXES)}.")
    if not target.parent.is_dir():
        raise PseudonymiseError(f"{printable(str(target.parent))}: there is no such folder.")
    if target.exists():
        raise PseudonymiseError(f"{printable(str(target))}: exists already. Name another file.")


def _spelled(name: str) -> str:
    """A column's name without regard to case, blanks, and what cannot be seen."""
    return "".join(c for c in name if c.isprintable() and not c.isspace()).upper()


def _wanted(names: list[str], columns: set[str], source: Path) -> list[int]:
    there = [_spelled(name) for name in names]
    if missing := sorted(columns - set(there)):
        raise PseudonymiseError(f"{printable(str(source))}: has no column {', '.join(missing)}. Name the ones it has.")
    return [i for i, name in enumerate(there) if name in columns]


def _csv(pseudonym: Callable[[str], str], source: Path, partial: Path, columns: set[str]) -> int:
    facts = file_facts(source)
    if facts.problem is not None:
        raise PseudonymiseError(f"{printable(str(source))}: {facts.problem}. {facts.problem.remedy}")
    packed = source.name.lower().endswith(".gz")
    with ExitStack() as stack:
        lines = stack.enter_context(open_text(source, facts))
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        raw_out: IO[bytes] = stack.enter_context(os.fdopen(descriptor, "wb"))
        if packed:
            raw_out = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=raw_out, mode="wb", mtime=0)))
        out = stack.enter_context(io.TextIOWrapper(raw_out, encoding="utf-8", newline=""))
        names, delimiter = header_of(lines)
        _refuse_swallowed(names, delimiter, "in the header", source)
        positions = _wanted(names, columns, source)
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        writer.writerow(names)
        rows = 0
        lines.seek(0)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        next(reader, None)
        read = reader.line_num
        for row in reader:
            if len(row) != len(names):
                raise PseudonymiseError(f"{printable(str(source))}: row {rows + 1} has not as many fields as columns.")
            if reader.line_num > read + 1:
                _refuse_swallowed(row, delimiter, f"in line {read + 1}", source)
            read = reader.line_num
            for position in positions:
                row[position] = pseudonym(row[position])
            writer.writerow(row)
            rows += 1
        return rows


def _refuse_swallowed(fields: list[str], delimiter: str, where: str, source: Path) -> None:
    """Raises PseudonymiseError where a record has taken others into a field, in which their numbers would be left."""
    if csv_records.holds_others(fields, delimiter):
        raise PseudonymiseError(f"{printable(str(source))}: {csv_records.told(where)}. {csv_records.REMEDY}")


def _parquet(pseudonym: Callable[[str], str], source: Path, partial: Path, columns: set[str]) -> int:
    with duckdb.connect(config=settings()) as con:
        con.create_function("pseudonym", pseudonym, [duckdb.type("VARCHAR")], duckdb.type("VARCHAR"))
        # DuckDB renames columns that differ in case only, so they are told by the names as written
        wanted = _wanted_of_parquet(parquet_columns(con, sql_file(source)), columns, source)
        relation = f"read_parquet({sql_file(source)}, hive_partitioning=false)"
        described = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        replaced = ", ".join(
            f"pseudonym({_as_text(_quoted(str(described[i][0])), str(described[i][1]))}) "
            f"AS {_quoted(str(described[i][0]))}"
            for i in wanted
        )
        partial.touch(0o600)
        query = f"SELECT * REPLACE ({replaced}) FROM {relation}"
        written = con.execute(f"COPY ({query}) TO {sql_text(partial)} (FORMAT parquet, USE_TMP_FILE false)").fetchall()
        return int(written[0][0])


def _wanted_of_parquet(there: list[tuple[str, list[str]]], columns: set[str], source: Path) -> list[int]:
    """Where the columns stand in a Parquet file. Raises PseudonymiseError where one is nested, or there in several
    spellings: DuckDB would write it under a name that is not its own."""
    for name, within in there:
        if within and (nested := columns & {_spelled(n) for n in (name, *within)}):
            what = f"has {', '.join(sorted(nested))} in a nested column, where it cannot be replaced"
            raise PseudonymiseError(f"{printable(str(source))}: {what}. Write it as a column of its own.")
    names = [name for name, _ in there]
    wanted = _wanted(names, columns, source)
    if len(wanted) > len(columns):
        spelled = ", ".join(printable(names[i]) for i in wanted)
        what = f"has a column in several spellings: {spelled}. Write the file with the one that counts"
        raise PseudonymiseError(f"{printable(str(source))}: {what}.")
    return wanted


def _as_text(name: str, sql_type: str) -> str:
    """A number has lost the zero that many CPR numbers begin with."""
    if sql_type in ("VARCHAR", "BLOB"):
        return f"CAST({name} AS VARCHAR)"
    whole = f"CAST(CAST({name} AS HUGEINT) AS VARCHAR)"
    return f"CASE WHEN {name} IS NOT NULL THEN lpad({whole}, CAST(greatest(10, length({whole})) AS INTEGER), '0') END"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
