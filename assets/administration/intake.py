"""Receives cases: refuses the bad rows of a table one by one with a reason, keeps the rest typed.

Rows in are accepted or refused, never lost. What does not belong here: how a file is opened (`case_files`), what a
table looks like (`case_tables`) and what follows from a case. Reasons name columns and rules, never a value.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.administration.case_files import case_files, is_mark, load, opened, refuse_changed
from assets.administration.case_tables import BY_NAME, CaseTable, Column, Kind
from assets.administration.errors import AdministrationError
from assets.administration.store import Output, append_rows, count
from assets.delivered_files import printable
from law.danish_time import WRITTEN_DAY

OERE_DIGITS, COUNT_DIGITS = 15, 9
"""So that sums and products of what is accepted stay whole numbers of 64 bits."""
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
    """Raises AdministrationError when the folder of cases is missing or holds what is no folder of a known table."""
    try:
        if not cases.is_dir():
            raise AdministrationError("the folder of cases does not exist: give one with a folder per table")
        for path in sorted(cases.iterdir()):
            _refuse_no_table(path)
    except OSError:
        raise AdministrationError("the folder of cases cannot be read: check its permissions") from None


def _refuse_no_table(path: Path) -> None:
    """What is no table would count as none in silence, though it was meant as one."""
    name = printable(path.name)
    if is_mark(path.name):
        return
    if not path.exists():
        raise AdministrationError(f"{name} is a link that leads nowhere: put the folder itself there")
    if path.is_dir():
        if path.name not in BY_NAME:
            raise AdministrationError(f"{name} is no table of cases: the known ones are {', '.join(sorted(BY_NAME))}")
    elif path.name in BY_NAME:
        raise AdministrationError(f"{name} is a file, not a folder: make it a folder with the table's files in it")
    else:
        raise AdministrationError(
            f"{name} stands beside the folders of tables: put it as .csv or .parquet into the folder of its table"
        )


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
    stamps = {}
    for path in case_files(cases / table.name):
        file = opened(path)
        rows = load(con, table, file)
        con.execute(
            "INSERT INTO cases.files VALUES (?, ?, ?, ?)",
            [f"{table.name}/{path.name}", file.sha256, len(file.content), rows],
        )
        stamps[path] = file.stamp
    received = _judge(con, table)
    for path, stamp in stamps.items():
        refuse_changed(path, stamp)
    con.execute(
        "INSERT INTO cases.intake VALUES (?, ?, ?, ?)",
        [table.name, received.rows_in, received.accepted, received.refused],
    )
    con.execute("DROP TABLE raw_rows")
    return received


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
    not_yet = [rule.reason for rule in table.rules if rule.not_yet]
    of_a_later_day = "bool_and(coalesce(list_contains($not_yet, reason), false)) OVER (PARTITION BY key_text)"
    con.execute(
        f"""
        INSERT INTO cases.refused
        SELECT $name, file, row_number, key_text, reason, subject, subject_month,
            row_number() OVER (PARTITION BY content ORDER BY file, row_number) = 1 AND NOT not_yet,
            false
        FROM (SELECT *, {of_a_later_day if not_yet else "false"} AS not_yet FROM judged)
        WHERE reason IS NOT NULL
        UNION ALL
        SELECT $name, file, row_number, key_text,
            $key_reason || CASE WHEN differs THEN ', with other content' ELSE '' END,
            subject, subject_month, differs, differs
        FROM judged JOIN repeated USING (file, row_number) WHERE refused
        """,
        {"name": table.name, "key_reason": table.key_reason} | ({"not_yet": not_yet} if not_yet else {}),
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
