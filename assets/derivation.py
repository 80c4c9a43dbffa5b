"""Runs the SQL files: one per derived table, in the order of their dependencies, one list year at a time.

`TABLES` is the register of derived tables. What does not belong here: any rule (that is `sql/`), Dagster
(`assets.areas`, `assets.criteria`, `assets.status`, `assets.cap` declare the assets), and promoted registers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import duckdb

from assets.warehouse import insert_rows, transaction

SQL = Path(__file__).parent.parent / "sql"


@dataclass(frozen=True)
class Derived:
    """One derived table: its schema (also its layer), name, texts, what it reads, and the paragraphs it applies.

    A `view` stores nothing: it is used where a row is a person or a dwelling.
    """

    schema: str
    name: str
    title: str
    description: str
    reads: tuple[str, ...]
    paragraphs: tuple[str, ...]
    kind: Literal["table", "view"] = "table"

    @property
    def table(self) -> str:
        return f"{self.schema}.{self.name}"

    @cached_property
    def sql(self) -> str:
        return (SQL / self.schema / f"{self.name}.sql").read_text(encoding="utf-8")

    @cached_property
    def legal_values(self) -> tuple[str, ...]:
        """The legal values that the SQL names, in order, or a shared word in it does; empty where it reads them as a
        table."""
        sql = _without_comments(self.sql)
        if LAW in sql:
            return ()
        named = set(NAMED_VALUE.findall(sql))
        for word, values in words_of_the_law().items():
            if re.search(rf"\b{word}\(", sql):
                named |= values
        return tuple(sorted(named))


LAW = "law.parameters"
LAW_MACROS = ("lov", "lov_aar", "lov_koder", "lov_kodetal", "valgt")
"""The words that ask the law for a value by its name (`sql/macros.sql`)."""
NAMED_VALUE = re.compile(rf"\b(?:{'|'.join(LAW_MACROS)})\('([^']+)'\)")
"""A legal value by its name, as the SQL files ask for it."""
MACRO = re.compile(r"CREATE OR REPLACE TEMP MACRO (\w+)\(.*?;", re.DOTALL)


def _without_comments(sql: str) -> str:
    return "\n".join(line.partition("--")[0] for line in sql.splitlines())


TABLES: tuple[Derived, ...] = (
    Derived(
        "areas",
        "areas",
        "Boligområder",
        "The social housing areas in force for the list, with municipality and region.",
        ("registers.omraade", "law.municipalities"),
        ("§ 61 a, stk. 3",),
    ),
    Derived(
        "areas",
        "area_dwellings",
        "Boliger i områderne",
        "The dwellings that stand on a parcel of an area, on each status day. A view: it stores no dwelling.",
        ("registers.bolig", "registers.omraade"),
        ("§ 61 a, stk. 3",),
        "view",
    ),
    Derived(
        "areas",
        "area_residents",
        "Beboere i områderne",
        "The residents of the areas on each status day. A view: it stores no person.",
        ("registers.bef", "areas.area_dwellings"),
        ("§ 61 a, stk. 3",),
        "view",
    ),
    Derived(
        "criteria",
        "residents",
        "Beboere og oprindelse",
        "Residents, and residents of non-western origin, per area.",
        (LAW, "law.countries", "areas.areas", "areas.area_residents"),
        ("§ 61 a, stk. 2", "§ 61 a, stk. 3", "§ 61 b"),
    ),
    Derived(
        "criteria",
        "outside",
        "Uden for arbejdsmarked og uddannelse",
        "Residents of working age and their full-time share on counted public support, per area and year.",
        (LAW, "law.of_states", "areas.areas", "areas.area_residents", "registers.of"),
        ("§ 61 a, stk. 1, nr. 1", "§ 61 b, nr. 1"),
    ),
    Derived(
        "criteria",
        "convicted",
        "Dømte i områderne",
        "Adult residents and those of them convicted, per area and year.",
        (LAW, "areas.areas", "areas.area_residents", "registers.kraf"),
        ("§ 61 a, stk. 1, nr. 2", "§ 61 b, nr. 2"),
    ),
    Derived(
        "criteria",
        "convicted_national",
        "Dømte i landet",
        "Adults in the whole country and those of them convicted, per year.",
        (LAW, "registers.bef", "registers.kraf"),
        ("§ 61 a, stk. 1, nr. 2", "§ 61 b, nr. 2"),
    ),
    Derived(
        "criteria",
        "primary_only",
        "Alene grundskole",
        "Residents in the middle of working life and those with only grundskole, per area.",
        (LAW, "law.hfaudd_grundskole", "areas.areas", "areas.area_residents", "registers.udda"),
        ("§ 61 a, stk. 1, nr. 3", "§ 61 b, nr. 3"),
    ),
    Derived(
        "criteria",
        "income",
        "Bruttoindkomst i områderne",
        "Taxable residents who are not students and the sum of their income, per area.",
        (LAW, "areas.areas", "areas.area_residents", "registers.ind", "registers.akm"),
        ("§ 61 a, stk. 1, nr. 4", "§ 61 b, nr. 4"),
    ),
    Derived(
        "criteria",
        "income_region",
        "Bruttoindkomst i regionerne",
        "The same group in each region.",
        (LAW, "law.municipalities", "registers.bef", "registers.ind", "registers.akm"),
        ("§ 61 a, stk. 1, nr. 4", "§ 61 b, nr. 4"),
    ),
    Derived(
        "criteria",
        "area_figures",
        "Områdernes tal, eksakte",
        "Every figure of an area as an exact fraction of whole numbers.",
        (
            LAW,
            "areas.areas",
            "criteria.residents",
            "criteria.outside",
            "criteria.convicted",
            "criteria.convicted_national",
            "criteria.primary_only",
            "criteria.income",
            "criteria.income_region",
        ),
        ("§ 61 a", "§ 61 b"),
    ),
    Derived(
        "criteria",
        "criteria_met",
        "Kriterier holdt op mod grænser",
        "Each figure of each area held against each limit in force, exactly.",
        (LAW, "criteria.area_figures"),
        ("§ 61 a, stk. 1", "§ 61 a, stk. 2", "§ 61 b"),
    ),
    Derived(
        "criteria",
        "area_criteria",
        "Kriterier, offentliggjorte tal",
        "The figures of each area as published: counts, and shares with ten digits.",
        ("criteria.area_figures",),
        ("§ 61 a", "§ 61 b"),
    ),
    Derived(
        "status",
        "area_categories",
        "Kategori efter årets tal",
        "What each area is by this year's figures alone.",
        (LAW, "areas.areas", "criteria.criteria_met"),
        ("§ 61 a, stk. 1", "§ 61 a, stk. 2", "§ 61 b"),
    ),
    Derived(
        "status",
        "parallelsamfund_history",
        "Parallelsamfund gennem fem år",
        "Whether each area was a parallelsamfund in each year of the five-year rule, and how that is known.",
        (
            LAW,
            "areas.areas",
            "registers.omraade",
            "registers.liste",
            "status.area_categories",
            "published.parallelsamfund_history",
        ),
        ("§ 61 a, stk. 4",),
    ),
    Derived(
        "status",
        "area_status",
        "Områdernes status",
        "The status of each area: what the lists are made of.",
        (LAW, "criteria.area_figures", "status.area_categories", "status.parallelsamfund_history"),
        ("§ 61 a, stk. 1", "§ 61 a, stk. 2", "§ 61 a, stk. 4", "§ 61 b"),
    ),
    Derived(
        "status",
        "area_margins",
        "Marginer",
        "How near each area is to each limit and to another status, in residents and in kroner per person.",
        (LAW, "criteria.area_figures", "criteria.criteria_met"),
        ("§ 61 a, stk. 1", "§ 61 a, stk. 2", "§ 61 a, stk. 3", "§ 61 b"),
    ),
    Derived(
        "cap",
        "family_homes",
        "Almene familieboliger",
        "The almene familieboliger of each municipality, by the area they stand in.",
        (LAW, "registers.bolig", "registers.omraade"),
        ("§ 59, stk. 7", "§ 59, stk. 8"),
    ),
    Derived(
        "cap",
        "council_decisions",
        "Kommunernes beslutninger om loftet",
        "The councils' decisions on which forebyggelsesområder to exempt, each valid or not.",
        ("registers.anvisningsloft", "status.area_status"),
        ("§ 59, stk. 8",),
    ),
    Derived(
        "cap",
        "municipal_cap",
        "Loftet over kommunal anvisning",
        "The cap on how many of a municipality's almene familieboliger the assignment rules may cover.",
        (LAW, "status.area_status", "cap.family_homes", "cap.council_decisions"),
        ("§ 59, stk. 7", "§ 59, stk. 8"),
    ),
    Derived(
        "cap",
        "area_cap",
        "Loftet område for område",
        "The listed areas as the cap counts them: their almene familieboliger, and what the council decided.",
        ("status.area_status", "cap.family_homes", "cap.council_decisions", "cap.municipal_cap"),
        ("§ 59, stk. 7", "§ 59, stk. 8"),
    ),
)

EDITION = "edition.edition"
PEOPLE = ("report.people", "report.traits")

REPORT: tuple[Derived, ...] = (
    Derived(
        "report",
        "dwellings",
        "Boliger efter gruppe",
        "Every dwelling on each status day with the group of homes it belongs to. A view: it stores no dwelling.",
        ("registers.bolig", "areas.area_dwellings", "status.area_status"),
        ("§ 61 a, stk. 3",),
        "view",
    ),
    Derived(
        "report",
        "people",
        "Personer efter gruppe",
        "Everyone on each status day with age, origin and group of homes. A view: it stores no person.",
        (LAW, "law.countries", "registers.bef", "report.dwellings"),
        ("§ 61 a, stk. 2", "§ 61 a, stk. 3"),
        "view",
    ),
    Derived(
        "report",
        "traits",
        "Uddannelse og beskæftigelse",
        "Level of education and employment. A view: it stores no person.",
        (
            LAW,
            "law.hfaudd_grundskole",
            "law.education_levels",
            "law.employment_groups",
            "registers.udda",
            "registers.akm",
        ),
        ("§ 61 a, stk. 1, nr. 3",),
        "view",
    ),
    Derived(
        "report",
        "composition",
        "Beboersammensætning",
        "Residents by age, origin, education and employment, per group of homes and listed area.",
        (LAW, *PEOPLE),
        ("§ 61 a, stk. 2", "§ 61 a, stk. 3"),
    ),
    Derived(
        "report",
        "incomes",
        "Indkomster",
        "Income of taxable residents who are not students, per group of homes and listed area.",
        (LAW, "report.people", "registers.ind", "registers.akm"),
        ("§ 61 a, stk. 1, nr. 4",),
    ),
    Derived(
        "report",
        "moves",
        "Til- og fraflytninger",
        "Moves into and out of the listed areas between the two status days.",
        (LAW, *PEOPLE, "registers.bef"),
        ("§ 61 a, stk. 3",),
    ),
    Derived(
        "report",
        "housing",
        "Boligmassen",
        "Homes by kind and use, per group of homes and listed area.",
        (LAW, "report.dwellings", "registers.bef"),
        ("§ 61 a, stk. 3",),
    ),
    Derived(
        "report",
        "social_export",
        "Flytninger mellem kommuner",
        "Moves to another municipality among those the assignment bans are aimed at, and among the others.",
        (LAW, "law.report_parameters", "law.citizenships", "registers.bef", "registers.of", "status.area_status"),
        ("§ 59, stk. 6", "§ 59, stk. 7"),
    ),
    Derived(
        "report",
        "net_immigration",
        "Vandringer over landets grænse",
        "Migrations per year, direction and origin.",
        (LAW, "law.countries", "registers.vnds_ind", "registers.vnds_ud"),
        ("§ 61 b",),
    ),
    Derived(
        "report",
        "nearness",
        "Kriterier mod grænser",
        "Each area's criteria against each limit in force.",
        ("criteria.criteria_met",),
        ("§ 61 a", "§ 61 b"),
    ),
    Derived(
        "report",
        "list_changes",
        "Nye og udgåede områder",
        "The areas on each list this year or the year before.",
        ("status.area_status", "registers.liste", EDITION),
        ("§ 61 a, stk. 5",),
    ),
    Derived(
        "report",
        "development",
        "Listerne over tid",
        "Areas and residents on each list in every list year of the home.",
        (EDITION,),
        ("§ 61 a, stk. 5",),
    ),
    Derived(
        "report",
        "area_years",
        "Områderne over tid",
        "Each area's status and figures in every list year of the home, and whether it stood near the limits.",
        (LAW, "law.report_parameters", "criteria.criteria_met", EDITION),
        ("§ 61 a", "§ 61 b"),
    ),
)
"""The tables behind the annual report. They are no part of an edition's derivation: lists never wait for them."""

TABLE_BY_NAME: Mapping[str, Derived] = {derived.table: derived for derived in (*TABLES, *REPORT)}
PUBLISHED = (
    "criteria.area_criteria",
    "status.area_status",
    "cap.municipal_cap",
    "cap.area_cap",
    "status.parallelsamfund_history",
)
"""The tables that an edition seals, each under its own name in schema `published`."""


class DerivationError(Exception):
    """A table could not be derived. The message names the table, never a value."""


@cache
def words_of_the_law() -> Mapping[str, frozenset[str]]:
    """The shared words that name legal values, by themselves or by a word before them, and which."""
    found: dict[str, frozenset[str]] = {}
    for macro in MACRO.finditer(_without_comments(macros())):
        word, text = macro.group(1), macro.group()
        by_others = (values for other, values in found.items() if re.search(rf"\b{other}\(", text))
        found[word] = frozenset(NAMED_VALUE.findall(text)).union(*by_others)
    return {word: values for word, values in found.items() if values}


@cache
def macros() -> str:
    return (SQL / "macros.sql").read_text(encoding="utf-8")


def fingerprint_of_code(derived: Derived) -> str:
    """Hash of a table's own SQL and the macros: its code version."""
    return hashlib.sha256((macros() + derived.sql).encode()).hexdigest()


def upstream_of(tables: Iterable[str]) -> tuple[Derived, ...]:
    """The given derived tables and every derived table that they are made from, in the order of derivation."""
    wanted = set(tables)
    for derived in reversed(TABLES):
        if derived.table in wanted:
            wanted.update(derived.reads)
    return tuple(derived for derived in TABLES if derived.table in wanted)


def sql_hash() -> str:
    """Hash of every SQL file that an edition is derived by, with its path."""
    digest = hashlib.sha256(macros().encode())
    for derived in upstream_of(PUBLISHED):
        digest.update(derived.table.encode() + derived.sql.encode())
    return digest.hexdigest()


def derive(con: duckdb.DuckDBPyConnection, derived: Derived, list_year: int, made_from: str | None = None) -> None:
    """Replaces a list year in a derived table, in one transaction.

    `made_from` is noted in the same transaction as what the rows were derived from. The connection has the macros and
    the law's variables (`prepare_session`). Raises DerivationError.
    """
    with _errors_without_values(derived, list_year):
        if derived.kind == "view":
            with transaction(con):
                con.execute(f"CREATE OR REPLACE VIEW {derived.table} AS {derived.sql}")
                _note(con, derived, list_year, made_from)
        else:
            _put(con, derived, list_year, derived.sql, made_from)


def take_over(con: duckdb.DuckDBPyConnection, derived: Derived, list_year: int, catalog: str) -> None:
    """Puts the rows of a list year that an attached database has of a derived table in the place of deriving them."""
    with _errors_without_values(derived, list_year):
        rows = f"SELECT * FROM {catalog}.{derived.table} WHERE list_year = {int(list_year)}"
        _put(con, derived, list_year, rows, None)


def _put(con: duckdb.DuckDBPyConnection, derived: Derived, list_year: int, rows: str, made_from: str | None) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE derived_now AS {rows}")
    with transaction(con):
        _replace(con, derived, list_year)
        _note(con, derived, list_year, made_from)
    con.execute("DROP TABLE derived_now")


@contextmanager
def _errors_without_values(derived: Derived, list_year: int) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise DerivationError(f"{derived.table}: {type(error).__name__} while deriving list year {list_year}") from None


def rows_shown(con: duckdb.DuckDBPyConnection, derived: Derived, list_year: int, made_from: str) -> int:
    """The rows of a list year that a view shows: persons or dwellings, which take a pass over the registers and are
    noted under `made_from`. Raises DerivationError."""
    with _errors_without_values(derived, list_year):
        counting = f"SELECT count(*) FROM {derived.table} WHERE list_year = {int(list_year)}"
        of_year = f"{list_year} {made_from}"
        return counts(con, (derived.table,), list_year, counting, of_year)[derived.table]


def stored_tables(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Every table that the warehouse holds, derived or not; a view is none."""
    query = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = current_database()"
    return frozenset(row[0] for row in con.execute(query).fetchall())


def _replace(con: duckdb.DuckDBPyConnection, derived: Derived, list_year: int) -> None:
    if _layout(con, derived.schema, derived.name) != _layout(con, "main", "derived_now"):
        con.execute(f"CREATE OR REPLACE TABLE {derived.table} AS SELECT * FROM derived_now WHERE false")
        # the other list years have gone with the old table: none may pass for derived
        con.execute("DELETE FROM registers.derivations WHERE table_name = ?", [derived.table])
    con.execute(f"DELETE FROM {derived.table} WHERE list_year = {int(list_year)}")
    con.execute(f"INSERT INTO {derived.table} SELECT * FROM derived_now")


def _note(con: duckdb.DuckDBPyConnection, derived: Derived, list_year: int, made_from: str | None) -> None:
    if made_from is not None:
        record_fingerprint(con, derived.table, list_year, made_from)


def _layout(con: duckdb.DuckDBPyConnection, schema: str, name: str) -> list[tuple[str, str]]:
    """Column names and types of a table; none where there is no such table."""
    return con.execute(
        """
        SELECT column_name, data_type FROM duckdb_columns()
        WHERE database_name IN (current_database(), 'temp') AND schema_name = ? AND table_name = ?
        ORDER BY column_index
        """,
        [schema, name],
    ).fetchall()


def prepare_session(con: duckdb.DuckDBPyConnection) -> None:
    """Loads the macros that the SQL files share, once into a connection."""
    version = hashlib.sha256(macros().encode()).hexdigest()
    if con.execute("SELECT getvariable('macros')").fetchall()[0][0] != version:
        con.execute(macros())
        con.execute("SET VARIABLE macros = ?", [version])


# --- provenance: what a table was derived from ------------------------------------------------------------------


def fingerprint(table: str, sources: Mapping[str, str]) -> str:
    """Hash of a table's SQL and of everything upstream of it; `sources` gives that of registers, law and history.

    Of the legal values those count that the SQL names, so that another value leaves the table as it is.
    """
    return _fingerprint(table, sources, {})


def _fingerprint(table: str, sources: Mapping[str, str], known: dict[str, str]) -> str:
    derived = TABLE_BY_NAME.get(table)
    if derived is None:
        return sources[table]
    if table not in known:
        digest = _digest_of_code(table).copy()
        for read in derived.reads:
            named = [f"{LAW}.{value}" for value in derived.legal_values] if read == LAW else []
            # a table that names no value in force reads them as a table, or none: it rests on all of them
            for part in [value for value in named if value in sources] or [read]:
                digest.update(f"{part}={_fingerprint(part, sources, known)};".encode())
        known[table] = digest.hexdigest()
    return known[table]


@cache
def _digest_of_code(table: str) -> Any:
    return hashlib.sha256((macros() + TABLE_BY_NAME[table].sql).encode())


def query_fingerprint(sql: str, reads: Iterable[str], sources: Mapping[str, str]) -> str:
    """Hash of a query and of all that it reads."""
    read_from = "".join(f"{read}={fingerprint(read, sources)};" for read in reads)
    return hashlib.sha256((macros() + sql + read_from).encode()).hexdigest()


def counts(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], list_year: int, sql: str, made_from: str
) -> dict[str, int]:
    """The numbers that a query gives, by name in the order of its columns.

    `made_from` identifies all that they rest on: they are noted under it, with the list year that asked first, and the
    query is not run again for the same.
    """
    known = con.execute(
        "SELECT counted, rows FROM registers.counts WHERE made_from = ? AND counted IN ?", [made_from, list(names)]
    ).fetchall()
    if len(known) == len(names):
        return {str(name): int(rows) for name, rows in known}
    found = dict(zip(names, (int(number) for number in con.execute(sql).fetchall()[0]), strict=True))
    noted = [(list_year, name, made_from, rows) for name, rows in found.items()]
    insert_rows(con, "registers.counts", ("SMALLINT", "VARCHAR", "VARCHAR", "BIGINT"), noted)
    return found


def record_fingerprint(con: duckdb.DuckDBPyConnection, table: str, list_year: int, value: str) -> None:
    """Notes what a list year of a table was derived from."""
    con.execute("DELETE FROM registers.derivations WHERE list_year = ? AND table_name = ?", [list_year, table])
    con.execute("INSERT INTO registers.derivations VALUES (?, ?, ?)", [list_year, table, value])


def recorded_fingerprints(con: duckdb.DuckDBPyConnection, list_year: int, schema: str = "registers") -> dict[str, str]:
    """What each table of a list year was derived from when it was last derived; in another database by its `schema`."""
    query = f"SELECT table_name, fingerprint FROM {schema}.derivations WHERE list_year = ?"
    rows = con.execute(query, [list_year]).fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def stale_tables(recorded: Mapping[str, str], sources: Mapping[str, str], tables: Iterable[str]) -> list[str]:
    """Tables whose recorded inputs are not the present ones."""
    return [table for table in tables if recorded.get(table) != fingerprint(table, sources)]
