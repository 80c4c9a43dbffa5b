"""The law of a list year as tables: parameters with their paragraphs, and the code lists in force on 1 December.

What does not belong here: the values themselves (`law/`), and what is done with them (`sql/`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import duckdb

from assets.code_lists import code_list, in_force
from assets.warehouse import Row, insert_rows
from law.loader import LegalValue, report_law


@dataclass(frozen=True)
class LawTable:
    """A table of schema `law`: its columns with types, and how its rows are made for a day."""

    name: str
    title: str
    description: str
    columns: Mapping[str, str]
    rows: Callable[[Mapping[str, LegalValue], dt.date], Sequence[Row]]


def _parameters(law: Mapping[str, LegalValue], _day: dt.date) -> Sequence[Row]:
    return [_parameter(value) for _, value in sorted(law.items())]


def _parameter(value: LegalValue) -> Row:
    number = value.value
    exact = Fraction(number) if isinstance(number, int | Fraction) else None
    return (
        value.parameter,
        value.unit,
        value.operator,
        value.text,
        exact.numerator if exact is not None else None,
        exact.denominator if exact is not None else None,
        value.reference.act,
        value.reference.citation,
        value.reference.url,
        value.effective_from,
        value.until,
        value.confirmed,
        value.note,
    )


def _countries(_law: Mapping[str, LegalValue], day: dt.date) -> Sequence[Row]:
    return [
        (int(row["country_code"]), row["name_da"], row["country_group"], row["menapt"] == "1")
        for row in in_force("countries", day)
    ]


def _of_states(_law: Mapping[str, LegalValue], day: dt.date) -> Sequence[Row]:
    return [
        (int(row["pti_tilstand_kode"]), row["text_da"], row["group"], row["counted"] == "1", row["basis"])
        for row in in_force("of_states", day)
    ]


def _hfaudd_grundskole(law: Mapping[str, LegalValue], day: dt.date) -> Sequence[Row]:
    levels = law["opgoerelse.primary_only_levels"].value
    assert isinstance(levels, tuple)
    return [
        (int(row["hfaudd"]), row["level"], row["text_da"])
        for row in in_force("hfaudd_grundskole", day)
        if row["level"] in levels
    ]


def _municipalities(_law: Mapping[str, LegalValue], day: dt.date) -> Sequence[Row]:
    return [
        (int(row["kom"]), row["name"], int(row["reg"]) if row["reg"] else None)
        for row in in_force("municipalities", day)
    ]


def _report_parameters(_law: Mapping[str, LegalValue], day: dt.date) -> Sequence[Row]:
    values = report_law().in_force(day)
    return [_parameter(value) for name, value in sorted(values.items()) if name.startswith("redegoerelse.")]


def _education_levels(_law: Mapping[str, LegalValue], day: dt.date) -> Sequence[Row]:
    return [
        (int(row["hfaudd_from"]), int(row["hfaudd_to"]), row["education_level"])
        for row in in_force("report/education_levels", day)
    ]


def _employment_groups(_law: Mapping[str, LegalValue], day: dt.date) -> Sequence[Row]:
    return [(int(row["socio13"]), row["employment_group"]) for row in in_force("report/socio13_groups", day)]


def _citizenships(_law: Mapping[str, LegalValue], _day: dt.date) -> Sequence[Row]:
    """Every membership with its days: the report asks on a status day, not on the list day."""
    return [
        (int(row["country_code"]), row["citizenship_group"], _date(row["valid_from"]), _date(row["valid_to"]))
        for row in code_list("eu_eoes_countries")
    ]


def _date(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


PARAMETER_COLUMNS: Mapping[str, str] = {
    "parameter": "VARCHAR",
    "unit": "VARCHAR",
    "operator": "VARCHAR",
    "value": "VARCHAR",
    "numerator": "BIGINT",
    "denominator": "BIGINT",
    "act": "VARCHAR",
    "paragraph": "VARCHAR",
    "url": "VARCHAR",
    "effective_from": "DATE",
    "until": "DATE",
    "confirmed": "DATE",
    "note": "VARCHAR",
}

LAW_TABLES: tuple[LawTable, ...] = (
    LawTable(
        "parameters",
        "Lovens tal",
        "Every legal quantity in force on 1 December of the list year, with its paragraph.",
        PARAMETER_COLUMNS,
        _parameters,
    ),
    LawTable(
        "countries",
        "Lande",
        "Countries with Statistics Denmark's grouping in force on 1 December of the list year.",
        {"country_code": "INTEGER", "name": "VARCHAR", "country_group": "VARCHAR", "menapt": "BOOLEAN"},
        _countries,
    ),
    LawTable(
        "of_states",
        "Tilstande i OF",
        "States of public support, and which of them count as outside the labour market and education.",
        {
            "pti_tilstand_kode": "INTEGER",
            "text": "VARCHAR",
            "state_group": "VARCHAR",
            "counted": "BOOLEAN",
            "basis": "VARCHAR",
        },
        _of_states,
    ),
    LawTable(
        "hfaudd_grundskole",
        "Grundskole og uoplyst",
        "Education codes that are no more than grundskole, or unknown.",
        {"hfaudd": "INTEGER", "level": "VARCHAR", "text": "VARCHAR"},
        _hfaudd_grundskole,
    ),
    LawTable(
        "municipalities",
        "Kommuner og regioner",
        "Municipalities with the region they belong to on 1 December of the list year; Christiansø belongs to none.",
        {"kom": "INTEGER", "name": "VARCHAR", "reg": "INTEGER"},
        _municipalities,
    ),
    LawTable(
        "report_parameters",
        "Redegørelsens metodevalg",
        "The report's own dated choices of method.",
        PARAMETER_COLUMNS,
        _report_parameters,
    ),
    LawTable(
        "education_levels",
        "Uddannelsesniveauer",
        "Level of an education code above grundskole, by its main area. Only the report reads it.",
        {"hfaudd_from": "INTEGER", "hfaudd_to": "INTEGER", "education_level": "VARCHAR"},
        _education_levels,
    ),
    LawTable(
        "employment_groups",
        "Beskæftigelsesgrupper",
        "Groups of SOCIO13. Only the report reads it.",
        {"socio13": "INTEGER", "employment_group": "VARCHAR"},
        _employment_groups,
    ),
    LawTable(
        "citizenships",
        "Medlemskab af EU og EØS",
        "Countries by their membership, with its days. Only the report reads it.",
        {"country_code": "INTEGER", "citizenship_group": "VARCHAR", "valid_from": "DATE", "valid_to": "DATE"},
        _citizenships,
    ),
)


VALUE_COLUMNS = ("parameter", "unit", "operator", "value", "numerator", "denominator")
"""What a figure rests on of a legal quantity. Its citation and the day of its confirmation decide nothing."""


def law_fingerprints(law: Mapping[str, LegalValue], day: dt.date) -> dict[str, str]:
    """Hash of each law table as a law and its code lists of a day fill it, and of each legal value by its name.

    Keys are `law.<table>` and `law.parameters.<parameter>`.
    """
    found = {}
    for table in LAW_TABLES:
        rows = [_with_days_as_text(row) for row in table.rows(law, day)]
        if table.columns is PARAMETER_COLUMNS:
            rows = [row[: len(VALUE_COLUMNS)] for row in rows]
        found[f"law.{table.name}"] = hashlib.sha256(repr(rows).encode()).hexdigest()
    for value in law.values():
        row = _parameter(value)[: len(VALUE_COLUMNS)]
        found[f"law.parameters.{value.parameter}"] = hashlib.sha256(repr(row).encode()).hexdigest()
    return found


def _with_days_as_text(row: Row) -> Row:
    return tuple(value.isoformat() if isinstance(value, dt.date) else value for value in row)


def fill_law_table(
    con: duckdb.DuckDBPyConnection, table: LawTable, law: Mapping[str, LegalValue], list_year: int, day: dt.date
) -> tuple[int, str]:
    """Puts a list year into a law table, unless it stands there already. Returns the row count and the hash of the
    rows."""
    rows = [(list_year, *row) for row in table.rows(law, day)]
    columns = {"list_year": "SMALLINT", **table.columns}
    layout = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    con.execute(f"CREATE TABLE IF NOT EXISTS law.{table.name} ({layout})")
    there = con.execute(f"SELECT * FROM law.{table.name} WHERE list_year = ?", [list_year]).fetchall()
    if Counter(there) != Counter(rows):
        con.execute(f"DELETE FROM law.{table.name} WHERE list_year = ?", [list_year])
        insert_rows(con, f"law.{table.name}", tuple(columns.values()), rows)
    return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()


def set_law_variables(con: duckdb.DuckDBPyConnection, law: Mapping[str, LegalValue], list_year: int) -> None:
    """Gives the SQL files their list year, whole numbers, code sets and choices (the words of `sql/macros.sql`), unless
    the connection has them."""
    numbers = {name: value.value for name, value in law.items() if isinstance(value.value, int)}
    codes = {name: list(value.value) for name, value in law.items() if isinstance(value.value, tuple)}
    choices = {name: value.value for name, value in law.items() if isinstance(value.value, str)}
    version = hashlib.sha256(repr((list_year, numbers, codes, choices)).encode()).hexdigest()
    if con.execute("SELECT getvariable('law_set')").fetchall()[0][0] == version:
        return
    con.execute("SET VARIABLE law_set = NULL")
    con.execute("SET VARIABLE list_year = CAST(? AS INTEGER)", [list_year])
    con.execute(
        "SET VARIABLE law_numbers = map(CAST(? AS VARCHAR[]), CAST(? AS INTEGER[]))",
        [list(numbers), list(numbers.values())],
    )
    con.execute(
        "SET VARIABLE law_codes = map(CAST(? AS VARCHAR[]), CAST(? AS VARCHAR[][]))",
        [list(codes), list(codes.values())],
    )
    con.execute(
        "SET VARIABLE law_choices = map(CAST(? AS VARCHAR[]), CAST(? AS VARCHAR[]))",
        [list(choices), list(choices.values())],
    )
    con.execute("SET VARIABLE law_set = ?", [version])
