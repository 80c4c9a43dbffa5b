"""Receives cases: opens the files of a table, refuses bad rows one by one with a reason, keeps the rest typed.

Rows in are accepted or refused, never lost. What does not belong here: what a table looks like (`case_tables`) and
what follows from a case. Reasons name columns and rules, never a value.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from assets.administration.case_tables import BY_NAME, CaseTable, Column, Kind
from assets.administration.errors import AdministrationError
from assets.administration.store import BATCH, Output, append_rows, count, sql_file
from assets.csv_header import header_of
from law.danish_time import TIME_ZONE, WRITTEN_DAY

BEGINNINGS = {Kind.DAY: ("day", "%Y-%m-%d"), Kind.MONTH: ("month", "%Y-%m")}
OERE_DIGITS, COUNT_DIGITS = 15, 9
"""So that sums and products of what is accepted stay whole numbers of 64 bits."""
SUFFIXES = (".csv", ".parquet")
END_OF_FILE = "end of file"
"""A row of its own after the last one: where it is not read as one, a quote was never closed."""
CODE_LISTS = Path(__file__).parent.parent.parent / "law" / "code_lists"
WRITTEN_MONTH = WRITTEN_DAY.removesuffix("-[0-9]{2}")
INSTANT = WRITTEN_DAY + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"

REFUSED_ROWS = Output(
    name="refused_rows",
    columns={
        "table": "VARCHAR",
        "file": "VARCHAR",
        "row_number": "BIGINT",
        "key": "VARCHAR",
        "reason": "VARCHAR",
    },
    order=('"table"', "file", "row_number"),
)
INTAKE = Output(
    name="intake",
    columns={"table": "VARCHAR", "rows_in": "BIGINT", "accepted": "BIGINT", "refused": "BIGINT"},
    order=('"table"',),
)
INPUT_FILES = Output(
    name="input_files",
    columns={"file": "VARCHAR", "sha256": "VARCHAR", "bytes": "BIGINT", "rows": "BIGINT"},
    order=("file",),
)


@dataclass(frozen=True)
class Received:
    """How many rows of a table came in, and what became of them."""

    rows_in: int
    accepted: int
    refused: int


def check_folder(cases: Path) -> None:
    """Raises AdministrationError when the folder of cases is missing or holds a table that is not known."""
    if not cases.is_dir():
        raise AdministrationError("the folder of cases does not exist: give one with a folder per table")
    loose = sorted(p.name for p in cases.iterdir() if p.is_file() and p.suffix.lower() in SUFFIXES and p.name[0] != ".")
    if loose:
        raise AdministrationError(
            f"{loose[0]} stands beside the folders of tables: put it into the folder of its table"
        )
    unknown = sorted(p.name for p in cases.iterdir() if p.is_dir() and p.name not in BY_NAME and p.name[0] not in "._")
    if unknown:
        raise AdministrationError(f"{unknown[0]} is no table of cases: the known ones are {', '.join(sorted(BY_NAME))}")


def prepare(con: duckdb.DuckDBPyConnection, day: dt.date, first_days: dict[str, dt.date]) -> None:
    """Empties schema `cases` and sets what the refusal rules ask for: code lists, the day and first days of law."""
    con.execute("DROP SCHEMA IF EXISTS cases CASCADE")
    con.execute("CREATE SCHEMA cases")
    for name, column, width in (("countries", "country_code", 0), ("municipalities", "kom", 3)):
        with (CODE_LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            codes = sorted({row[column] for row in csv.DictReader(stream)})
        con.execute(f"CREATE TABLE cases.known_{name} (code VARCHAR)")
        append_rows(con, f"cases.known_{name}", ("code",), [[code.zfill(width)] for code in codes])
    con.execute(
        "CREATE TABLE cases.refused ("
        '"table" VARCHAR, file VARCHAR, row_number BIGINT, "key" VARCHAR, reason VARCHAR, subject VARCHAR, '
        "subject_month DATE, uncertain BOOLEAN, contradicted BOOLEAN)"
    )
    con.execute('CREATE TABLE cases.intake ("table" VARCHAR, rows_in BIGINT, accepted BIGINT, refused BIGINT)')
    con.execute("CREATE TABLE cases.decided (system VARCHAR)")
    con.execute("CREATE TABLE cases.files (file VARCHAR, sha256 VARCHAR, bytes BIGINT, rows BIGINT)")
    macros = {"end_of_day": day + dt.timedelta(days=1), **first_days}
    for name, value in macros.items():
        con.execute(f"CREATE OR REPLACE MACRO {name}() AS DATE '{value}'")


def receive(con: duckdb.DuckDBPyConnection, cases: Path, table: CaseTable) -> Received:
    """Reads every file of a table into `cases.<table>`, refusing bad rows into `cases.refused`.

    Needs `prepare`, the edition, and the tables in `table.after`. Raises AdministrationError for a file that
    cannot be read or lacks a column.
    """
    for kept in ("refused", "intake"):
        con.execute(f'DELETE FROM cases.{kept} WHERE "table" = ?', [table.name])
    con.execute("DELETE FROM cases.files WHERE starts_with(file, ?)", [f"{table.name}/"])
    raw = [f'"{column.name}" VARCHAR' for column in table.columns]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE raw_rows (file VARCHAR, row_number BIGINT, broken VARCHAR, {', '.join(raw)})"
    )
    for path in _files(cases / table.name):
        before = count(con, "raw_rows")
        if path.suffix.lower() == ".parquet":
            _load_parquet(con, table, path)
        else:
            _load_csv(con, table, path)
        content = path.read_bytes()
        con.execute(
            "INSERT INTO cases.files VALUES (?, ?, ?, ?)",
            [
                f"{table.name}/{path.name}",
                hashlib.sha256(content).hexdigest(),
                len(content),
                count(con, "raw_rows") - before,
            ],
        )
    received = _judge(con, table)
    con.execute("DROP TABLE raw_rows")
    return received


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = sorted(p for p in folder.iterdir() if not p.name.startswith(".") and (p.suffix or p.name[0] != "_"))
    for path in found:
        if not path.is_file():
            raise AdministrationError(f"{folder.name}/{path.name}: is no file: put the files of a table in its folder")
        if path.suffix.lower() not in SUFFIXES:
            raise AdministrationError(f"{folder.name}/{path.name}: is neither .csv nor .parquet: remove or convert it")
    return found


def _load_csv(con: duckdb.DuckDBPyConnection, table: CaseTable, path: Path) -> None:
    """A file in which every row is whole is read by the database; any other row by row, so that only that row goes."""
    place = f"{table.name}/{path.name}"
    text = _decoded(path)
    first = text.split("\n", 1)[0]
    try:
        names, delimiter = header_of(io.StringIO(text, newline=""))
        header = [name.lower() for name in names]
        positions = _positions(table, header, place)
        if '"' in text:
            _refuse_open_quotes(text, delimiter, positions, place)
        plain = not _may_have_a_field_too_many(text, len(header), delimiter)
        if not (plain and _read_whole(con, path, len(header), positions, delimiter, first)):
            rows = islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False), 1, None)
            _read_rows(con, table, path.name, rows, len(header), positions)
    except csv.Error:
        raise AdministrationError(f"{place}: is no readable CSV: check quotes and line breaks") from None


def _refuse_open_quotes(text: str, delimiter: str, positions: Sequence[int], place: str) -> None:
    """Raises AdministrationError where a quote that is not closed has taken the rows after it into one cell.

    A cell of a table holds no row: one with a line's end and the delimiter in it was opened and closed by two
    stray quotes.
    """
    rows = csv.reader(io.StringIO(f"{text}\n{END_OF_FILE}", newline=""), delimiter=delimiter, strict=False)
    last: list[str] = []
    for number, last in enumerate(rows):
        cells = [last[position] for position in positions if position < len(last)]
        if any(delimiter in cell and ("\n" in cell or "\r" in cell) for cell in cells):
            raise AdministrationError(f"{place}: row {number} holds a quote that takes in the rows after it: close it")
    if last != [END_OF_FILE]:
        raise AdministrationError(f"{place}: a quote is opened and never closed: close it")


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _may_have_a_field_too_many(text: str, width: int, delimiter: str) -> bool:
    """Whether some row may end in an empty field beyond its columns, which the database would pass over in silence."""
    ends = delimiter + "\n", delimiter + "\r\n"
    if not text.endswith(delimiter) and not any(end in text for end in ends):
        return False
    return '"' in text or any(line.count(delimiter) >= width for line in text.splitlines())


def _read_whole(
    con: duckdb.DuckDBPyConnection, path: Path, width: int, positions: Sequence[int], delimiter: str, first: str
) -> bool:
    """Reads a file of whole rows at once; False, and nothing read, where any row needs a closer look."""
    if '"' in first:
        return False
    columns = {f"c{number}": "VARCHAR" for number in range(width)}
    read = ", ".join(f"c{position}" for position in positions)
    try:
        con.execute(
            f"INSERT INTO raw_rows SELECT $name, row_number() OVER (), NULL, {read} FROM read_csv({sql_file(path)}, "
            "auto_detect = false, header = false, skip = 1, columns = $columns, delim = $delimiter, quote = '\"', "
            "escape = '\"', strict_mode = true, parallel = false, hive_partitioning = false)",
            {"name": path.name, "columns": columns, "delimiter": delimiter},
        )
    except duckdb.Error:
        return False
    return True


def _read_rows(
    con: duckdb.DuckDBPyConnection,
    table: CaseTable,
    name: str,
    reader: Iterator[list[str]],
    width: int,
    positions: Sequence[int],
) -> None:
    batch: list[list[str | int | None]] = []
    number = 0
    for row in reader:
        if not row:
            continue
        number += 1
        broken = None if len(row) == width else f"{len(row)} fields in a row of {width} columns"
        batch.append([name, number, broken, *(row[place] if place < len(row) else None for place in positions)])
        if len(batch) == BATCH:
            _append(con, table, batch)
            batch = []
    _append(con, table, batch)


def _append(con: duckdb.DuckDBPyConnection, table: CaseTable, batch: Sequence[Sequence[str | int | None]]) -> None:
    append_rows(con, "raw_rows", ("file", "row_number", "broken", *(c.name for c in table.columns)), batch)


def _load_parquet(con: duckdb.DuckDBPyConnection, table: CaseTable, path: Path) -> None:
    place = f"{table.name}/{path.name}"
    try:
        relation = f"read_parquet({sql_file(path)}, hive_partitioning = false)"
        described = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        types = {str(row[0]): str(row[1]) for row in described}
        names = list(types)
        positions = _positions(table, [name.strip().lower() for name in names], place)
        delivered = [names[position] for position in positions]
        read = ", ".join(
            _as_text(name, types[name], column.kind) for name, column in zip(delivered, table.columns, strict=True)
        )
        con.execute(f"INSERT INTO raw_rows SELECT ?, row_number() OVER (), NULL, {read} FROM {relation}", [path.name])
    except duckdb.Error:
        raise AdministrationError(f"{place}: is no readable Parquet file") from None


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


def _positions(table: CaseTable, header: Sequence[str], place: str) -> list[int]:
    repeated = [column.name for column in table.columns if header.count(column.name) > 1]
    if repeated:
        raise AdministrationError(f"{place}: the column {repeated[0]} stands twice: keep one of them")
    missing = [column.name for column in table.columns if column.name not in header]
    if missing:
        raise AdministrationError(f"{place}: the column {missing[0]} is missing: add it, empty where it is not known")
    return [header.index(column.name) for column in table.columns]


def doubts(con: duckdb.DuckDBPyConnection, table: CaseTable) -> dict[str, list[str]]:
    """Of whom or what a refused row leaves a fact missing, with the keys of those rows."""
    found: dict[str, list[str]] = {}
    rows = con.execute(
        """
        SELECT subject, "key" FROM cases.refused
        WHERE "table" = ? AND uncertain AND subject IS NOT NULL
        ORDER BY ALL
        """,
        [table.name],
    ).fetchall()
    for subject, key in rows:
        found.setdefault(str(subject), []).append(str(key))
    return found


def _judge(con: duckdb.DuckDBPyConnection, table: CaseTable) -> Received:
    """Sorts what was read into the accepted rows and the refused ones, each with its reasons."""
    _give_reasons(con, table)
    _find_repeated(con, table)
    _keep_accepted(con, table)
    _note_refused(con, table)
    refused = con.execute('SELECT count(*) FROM cases.refused WHERE "table" = ?', [table.name]).fetchall()
    received = Received(count(con, "judged"), count(con, f"cases.{table.name}"), int(refused[0][0]))
    con.execute(
        "INSERT INTO cases.intake VALUES (?, ?, ?, ?)",
        [table.name, received.rows_in, received.accepted, received.refused],
    )
    con.execute("DROP TABLE repeated")
    con.execute("DROP TABLE judged")
    return received


def _names(table: CaseTable) -> list[str]:
    return [column.name for column in table.columns]


def _give_reasons(con: duckdb.DuckDBPyConnection, table: CaseTable) -> None:
    """`judged`: every row that was read, typed, with all that speaks against it."""
    names = _names(table)
    typed = ", ".join(f"{_typed(column)} AS {column.name}" for column in table.columns)
    texts = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in names)
    reasons = ", ".join(
        ["broken", *(_column_reason(column) for column in table.columns)]
        + [f"CASE WHEN {rule.refused_when} THEN '{rule.reason}' END" for rule in table.rules]
    )
    key_text = "concat_ws(' ', " + ", ".join(f"text_{name}" for name in table.key) + ")"
    subject = f"text_{table.subject}" if table.subject else "NULL"
    subject_month = table.subject_month or "CAST(NULL AS DATE)"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE judged AS
        WITH texts AS (SELECT file, row_number, broken, {texts} FROM raw_rows),
        typed AS (
            SELECT file, row_number, broken, {typed}, {", ".join(f"{name} AS text_{name}" for name in names)}
            FROM texts
        )
        SELECT
            file, row_number, {", ".join(names)},
            nullif(array_to_string(list_filter([{reasons}], lambda r : r IS NOT NULL), '; '), '') AS reason,
            {key_text} AS key_text,
            row(broken, {", ".join(f"text_{name}" for name in names)}) AS content,
            {subject} AS subject,
            {subject_month} AS subject_month
        FROM typed
        """
    )


def _find_repeated(con: duckdb.DuckDBPyConnection, table: CaseTable) -> None:
    """`repeated`: the rows whose key stands in another row too, and which of them are refused for it."""
    key = ", ".join(table.key)
    first_by = ", ".join(f"{name} NULLS FIRST" for name in table.first_by) + (", " if table.first_by else "")
    others = ", ".join(name for name in _names(table) if name not in table.key) or "NULL"
    other = f"row({others}) IS DISTINCT FROM first_value(row({others})) OVER same_key"
    # which of two rows is right is not known, unless the table says which was first
    differs = other if table.first_by else f"count(DISTINCT row({others})) OVER (PARTITION BY {key}) > 1"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE repeated AS
        SELECT
            file, row_number,
            {differs} AS differs,
            row_number() OVER same_key > 1 OR ({"false" if table.first_by else "differs"}) AS refused
        FROM judged
        SEMI JOIN (
            SELECT {key} FROM judged WHERE reason IS NULL GROUP BY ALL HAVING count(*) > 1
        ) AS twice USING ({key})
        WHERE reason IS NULL
        WINDOW same_key AS (PARTITION BY {key} ORDER BY {first_by}file, row_number)
        """
    )


def _keep_accepted(con: duckdb.DuckDBPyConnection, table: CaseTable) -> None:
    """The case table itself, and of a table about months beside it the rows that contradict each other."""
    columns = ", ".join(_names(table))
    con.execute(
        f"""
        CREATE OR REPLACE TABLE cases.{table.name} AS
        SELECT {columns} FROM judged
        ANTI JOIN (SELECT file, row_number FROM repeated WHERE refused) AS again USING (file, row_number)
        WHERE reason IS NULL
        ORDER BY {", ".join(table.key)}
        """
    )
    if table.subject_month:
        con.execute(
            f"""
            CREATE OR REPLACE TABLE cases.{table.name}_contradicted AS
            SELECT {columns} FROM judged INNER JOIN repeated USING (file, row_number) WHERE refused AND differs
            """
        )


def _note_refused(con: duckdb.DuckDBPyConnection, table: CaseTable) -> None:
    con.execute(
        """
        INSERT INTO cases.refused
        SELECT $name, file, row_number, key_text, reason, subject, subject_month,
            row_number() OVER (PARTITION BY content ORDER BY file, row_number) = 1, false
        FROM judged WHERE reason IS NOT NULL
        UNION ALL
        SELECT $name, file, row_number, key_text,
            $key_reason || CASE WHEN differs THEN ', with other content' ELSE '' END,
            subject, subject_month, differs, differs
        FROM judged JOIN repeated USING (file, row_number) WHERE refused
        """,
        {"name": table.name, "key_reason": table.key_reason},
    )


def _typed(column: Column) -> str:
    name = column.name
    number = "CASE WHEN regexp_full_match({0}, '0*[0-9]{{1,{1}}}') THEN CAST({0} AS BIGINT) END"
    return {
        Kind.TEXT: name,
        Kind.DAY: f"CASE WHEN regexp_full_match({name}, '{WRITTEN_DAY}') THEN TRY_CAST({name} AS DATE) END",
        Kind.MONTH: f"CASE WHEN regexp_full_match({name}, '{WRITTEN_MONTH}') "
        f"THEN TRY_CAST({name} || '-01' AS DATE) END",
        Kind.INSTANT: f"CASE WHEN regexp_full_match({name}, '{INSTANT}') "
        f"THEN TRY_CAST({name} AS TIMESTAMP WITH TIME ZONE) END",
        Kind.BOOLEAN: f"CASE lower({name}) WHEN 'true' THEN true WHEN 'false' THEN false END",
        Kind.OERE: number.format(name, OERE_DIGITS),
        Kind.COUNT: number.format(name, COUNT_DIGITS),
        Kind.CODE: f"CASE WHEN {name} IN ({', '.join(repr(code) for code in column.codes)}) THEN {name} END",
        Kind.COUNTRY: f"CASE WHEN {name} IN (SELECT code FROM cases.known_countries) THEN {name} END",
        Kind.MUNICIPALITY: f"CASE WHEN length({name}) <= 3 AND lpad({name}, 3, '0') IN "
        f"(SELECT code FROM cases.known_municipalities) THEN lpad({name}, 3, '0') END",
        Kind.AREA: f"CASE WHEN {name} IN (SELECT area_id FROM edition.area_status) THEN {name} END",
    }[column.kind]


def _column_reason(column: Column) -> str:
    name, text = column.name, f"text_{column.name}"
    wrong = {
        Kind.TEXT: "cannot be read",
        Kind.DAY: "no day (YYYY-MM-DD)",
        Kind.MONTH: "no month (YYYY-MM)",
        Kind.INSTANT: "no time with offset (YYYY-MM-DDThh:mm:ss+hh:mm)",
        Kind.BOOLEAN: "neither true nor false",
        Kind.OERE: "no whole number of øre",
        Kind.COUNT: "no whole number",
        Kind.CODE: "none of the known codes",
        Kind.COUNTRY: "no known country code",
        Kind.MUNICIPALITY: "no known municipality",
        Kind.AREA: "unknown area",
    }[column.kind]
    missing = f"WHEN {text} IS NULL THEN '{name}: missing' " if column.required else ""
    negative = ""
    if column.kind in (Kind.OERE, Kind.COUNT):
        what = "negative amount" if column.kind is Kind.OERE else "negative number"
        negative = f"WHEN regexp_full_match({text}, '-[0-9]+') THEN '{name}: {what}' "
    return f"CASE {missing}{negative}WHEN {text} IS NOT NULL AND {name} IS NULL THEN '{name}: {wrong}' END"
