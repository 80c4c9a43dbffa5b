"""Derives tables in memory by the product's own SQL, from rows that a test writes, under any law.

Belongs here: a database with the law of a list year and the tables a test fills. Does not belong here: expected
results, and anything about deliveries or Dagster.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import duckdb

from assets import derivation, law_tables, warehouse
from assets.contracts import REGISTERS, SQL_TYPES
from law.loader import Law, list_day, statistics_law

Row = Mapping[str, Any]
LAW = statistics_law()


@contextmanager
def database(law: Law = LAW, list_year: int = 2026, day: dt.date | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the product's schemas, empty registers, and the law in force on the list day (or `day`)."""
    con = duckdb.connect(config={**warehouse.settings(), "threads": 1})
    try:
        warehouse.prepare(con)
        derivation.prepare_session(con)
        values = law.in_force(day or list_day(list_year))
        law_tables.set_law_variables(con, values, list_year)
        for table in law_tables.LAW_TABLES:
            law_tables.fill_law_table(con, table, values, list_year, day or list_day(list_year))
        for register in REGISTERS:
            columns = ", ".join(f"{column.stored} {SQL_TYPES[column.kind]}" for column in register.stored_columns)
            con.execute(
                f"CREATE TABLE registers.{register.name} (list_year SMALLINT, reference_year SMALLINT, {columns})"
            )
        yield con
    finally:
        con.close()


def put(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Fills an existing table with rows; columns that a row does not name stay empty."""
    for row in rows:
        marks = ", ".join("?" for _ in row)
        con.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def create(con: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Stands in for a derived table with rows of the test's own."""
    con.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
    put(con, table, rows)


def derive(con: duckdb.DuckDBPyConnection, *tables: str, list_year: int = 2026) -> None:
    """Derives the named tables in the order given."""
    for table in tables:
        derivation.derive(con, derivation.TABLE_BY_NAME[table], list_year)


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows of a query by column name."""
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# --- a small country --------------------------------------------------------------------------------------------

STATUS_DAYS = (2025, 2026)
INCOME_YEAR, EDUCATION_YEAR = 2025, 2025
AREAS = {"NORD": (101, "1a"), "SYD": (101, "2b"), "VEST": (751, "3c"), "VEST-B": (751, "4d")}
SMALL = {
    "udsat_boligomraade.residents": "5",
    "forebyggelsesomraade.residents": "5",
    "udsat_boligomraade.convicted": "3/2",
    "forebyggelsesomraade.convicted": "11/10",
    "udsat_boligomraade.outside": "30 pct",
    "forebyggelsesomraade.outside": "20 pct",
    "udsat_boligomraade.income": "95 pct",
    "forebyggelsesomraade.income": "100 pct",
}
"""Limits at which a few dozen people are enough for every status to occur."""

Registers = dict[str, list[dict[str, Any]]]


def small_country(rng: random.Random, people: int = 70) -> Registers:
    """Rows of every register for list year 2026, as received: some dozens of people in four areas and outside them."""
    rows: Registers = {register.name: [] for register in REGISTERS}
    for number, (area_id, (kom, matrikel)) in enumerate(AREAS.items()):
        forgaenger = "VEST" if area_id == "VEST-B" else None
        rows["omraade"].append(
            _of(2026, area_id=area_id, navn=area_id, kom=kom, ejerlav=7, matrikel=matrikel, forgaenger=forgaenger)
        )
        if rng.random() < 0.7:
            rows["liste"] += [_of(year, area_id=area_id, liste="parallelsamfund") for year in range(2022, 2026)]
        for year in STATUS_DAYS:
            for home in range(3):
                rows["bolig"].append(
                    _of(
                        year,
                        adresse_id=10 * number + home,
                        kom=kom,
                        ejerlav=7,
                        matrikel=matrikel,
                        boligkategori=rng.choice(["familiebolig", "familiebolig", "ungdomsbolig", None]),
                    )
                )
    for year in STATUS_DAYS:
        rows["bolig"] += [
            _of(year, adresse_id=900 + home, kom=kom, boligkategori="familiebolig")
            for home, kom in enumerate((101, 101, 751))
        ]
    for pnr in range(people):
        _a_person(rng, rows, pnr)
    return rows


def _of(reference_year: int, **values: Any) -> dict[str, Any]:
    return {"list_year": 2026, "reference_year": reference_year, **values}


def _a_person(rng: random.Random, rows: Registers, pnr: int) -> None:
    home = rng.choice([*(10 * area + home for area in range(len(AREAS)) for home in range(3)), 900, 901, 902])
    kom = 101 if home < 20 or home in (900, 901) else 751
    born = dt.date(rng.randrange(1955, 2014), rng.randrange(1, 13), rng.randrange(1, 29))
    origin = {"ie_type": rng.choice([1, 2, 3]), "opr_land": rng.choice([5100, 5104, 5172, 5448, 5103, None])}
    for year in STATUS_DAYS:
        if rng.random() < 0.95:
            rows["bef"].append(_of(year, pnr=pnr, foed_dag=born, koen=1, kom=kom, adresse_id=home, **origin))
    for year in (2024, 2025):
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            first = dt.date(year, rng.randrange(1, 13), rng.randrange(1, 29))
            last = rng.choice([None, first + dt.timedelta(days=rng.randrange(0, 200))])
            spell = {"pti_vfra": first, "pti_vtil": last, "pti_timer_per_uge": rng.choice(["37", "18.50", "12.33"])}
            rows["of"].append(_of(year, pnr=pnr, pti_tilstand_kode=rng.choice([7050, 7090, 7100]), **spell))
        if rng.random() < 0.3:
            offence = rng.choice(["straffelov", "vaabenlov", "faerdselslov"])
            rows["kraf"].append(_of(year, pnr=pnr, offence_class=offence, sanction_class=rng.choice([1, 1, 2, 3])))
    if rng.random() < 0.7:
        education = {"hfaudd": rng.choice([1009, 4025, 9999]), "hf_kilde": rng.choice([1, 3, 15])}
        rows["udda"].append(_of(EDUCATION_YEAR, pnr=pnr, **education))
    income = {"perindkialt_13": str(rng.randrange(-1000, 900_000)), "omfang": rng.choice([1, 1, 1, 0])}
    rows["ind"].append(_of(INCOME_YEAR, pnr=pnr, **income))
    rows["akm"].append(_of(INCOME_YEAR, pnr=pnr, socio13=rng.choice([131, 131, 310])))


def fill_registers(con: duckdb.DuckDBPyConnection, rows: Registers) -> None:
    """Replaces the rows of every register."""
    for name, of_register in rows.items():
        con.execute(f"DELETE FROM registers.{name}")
        if of_register:
            columns = list(dict.fromkeys(column for row in of_register for column in row))
            marks = ", ".join("?" for _ in columns)
            con.executemany(
                f"INSERT INTO registers.{name} ({', '.join(columns)}) VALUES ({marks})",
                [[row.get(column) for column in columns] for row in of_register],
            )


PUBLISHED = derivation.upstream_of(derivation.PUBLISHED)


def published_rows(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every published table as derived, ordered."""
    return {
        table: con.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
        for table in (*derivation.PUBLISHED, "criteria.criteria_met")
    }


# --- exact figures ----------------------------------------------------------------------------------------------

FIGURE_COLUMNS = """
    list_year SMALLINT, area_id VARCHAR, area_name VARCHAR, kom INTEGER, residents BIGINT, nonwestern BIGINT,
    persons_30_59 BIGINT, primary_only BIGINT, income_persons BIGINT, income_oere BIGINT,
    region_income_persons BIGINT, region_income_oere BIGINT,
    outside_numerator HUGEINT, outside_denominator HUGEINT, convicted_numerator HUGEINT, convicted_denominator HUGEINT,
    national_convicted_numerator HUGEINT, national_convicted_denominator HUGEINT
"""
MANY = 10**9
"""Residents of an area whose share of non-western residents is to be met to nine digits."""


def figures_row(area_id: str, figures: Mapping[str, Fraction | int], list_year: int) -> dict[str, Any]:
    """A row of criteria.area_figures with exactly these figures; what is not named meets no criterion."""
    exact = {
        "nonwestern": 0,
        "outside": 0,
        "convicted": 0,
        "primary_only": 0,
        "income": 9,
        "residents": MANY,
        **figures,
    }
    outside, convicted, primary, income = (
        Fraction(exact[name]) for name in ("outside", "convicted", "primary_only", "income")
    )
    nonwestern = exact["nonwestern"] * exact["residents"]
    assert nonwestern == int(nonwestern)
    return {
        "list_year": list_year,
        "area_id": area_id,
        "area_name": area_id,
        "kom": 101,
        "residents": int(exact["residents"]),
        "nonwestern": int(nonwestern),
        "persons_30_59": primary.denominator,
        "primary_only": primary.numerator,
        "income_persons": income.denominator,
        "income_oere": income.numerator,
        "region_income_persons": 1,
        "region_income_oere": 1,
        "outside_numerator": outside.numerator,
        "outside_denominator": outside.denominator,
        "convicted_numerator": convicted.numerator,
        "convicted_denominator": 2 * convicted.denominator,
        "national_convicted_numerator": 1,
        "national_convicted_denominator": 2,
    }


def put_figures(
    con: duckdb.DuckDBPyConnection, areas: Mapping[str, Mapping[str, Fraction | int]], list_year: int
) -> None:
    """Stands in for areas.areas and criteria.area_figures, and derives what each area meets and is."""
    con.execute(f"CREATE OR REPLACE TABLE criteria.area_figures ({FIGURE_COLUMNS})")
    con.execute("CREATE OR REPLACE TABLE areas.areas (list_year SMALLINT, area_id VARCHAR)")
    rows = [figures_row(area_id, figures, list_year) for area_id, figures in areas.items()]
    names = list(rows[0])
    con.executemany(
        f"INSERT INTO criteria.area_figures ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})",
        [list(row.values()) for row in rows],
    )
    con.execute("INSERT INTO areas.areas SELECT list_year, area_id FROM criteria.area_figures")
    derive(con, "criteria.criteria_met", "status.area_categories", list_year=list_year)


def categories(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """Rows of status.area_categories by area."""
    return {row["area_id"]: row for row in rows_of(con, "SELECT * FROM status.area_categories")}
