"""Two list years in one home: the causes of a change, on areas that are called what moved them, and that neither year
reads a register of the other."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pytest

from assets import derivation, warehouse
from assets.aside import open_aside
from assets.changes import Causes, cause_of, change_of, put_back
from assets.cross_register_checks import QUERIES
from assets.derivation import Derived
from assets.factory import prepare_report
from assets.law_tables import set_law_variables
from law.loader import Law, report_law, statistics_law
from pipelines.home import Home
from tests.command import run_cli, run_list
from tests.populations import World, write_snapshots

YEARS = (2025, 2026)
POOR = "100000"
Row = dict[str, object]


def people(world: World, address: str, count: int, name: str, days: list[str] | None = None) -> None:
    """Residents who bring an area over the limits for grundskole, income and origin."""
    for n in range(count):
        origin = {"IE_TYPE": "2", "OPR_LAND": "5172", "KOM": "751", "ADRESSE_ID": address}
        world.person(f"{name}-{n}", "1990-06-15", days, **origin).earning(POOR)


def widened(world: World, area_id: str) -> str:
    """A parcel that belongs to the area on the newest list only; returns an address on it."""
    parcel = ("77", f"ny-{area_id.lower()}")
    world.add("omraade", YEARS[1], AREA_ID=area_id, NAVN=f"Navn {area_id}", KOM="751", EJERLAV="77", MATRIKEL=parcel[1])
    return world.dwelling(f"ny-{area_id}", "751", parcel)


def world() -> World:
    country, newest = World(YEARS), ["2026-01-01"]
    arrivals = country.area("TILFLYTTET", "751")
    people(country, arrivals.address, 1000, "tilflyttet", newest)
    wider = country.area("UDVIDET", "751")
    people(country, wider.address, 600, "udvidet-gammel")
    people(country, widened(country, "UDVIDET"), 600, "udvidet-ny")
    both = country.area("BEGGE-NOEDVENDIGE", "751")
    people(country, both.address, 400, "begge-gammel")
    people(country, both.address, 400, "begge-tilflyttet", newest)
    people(country, widened(country, "BEGGE-NOEDVENDIGE"), 400, "begge-ny")
    either = country.area("HVER-FOR-SIG-NOK", "751")
    people(country, either.address, 800, "hver-gammel")
    people(country, either.address, 300, "hver-tilflyttet", newest)
    people(country, widened(country, "HVER-FOR-SIG-NOK"), 300, "hver-ny")
    gone = country.area("NEDLAGT", "751")
    people(country, gone.address, 1000, "nedlagt")
    country.tables["omraade", "2026"] = [
        row for row in country.tables["omraade", "2026"] if row["AREA_ID"] != "NEDLAGT"
    ]
    for n in range(700):
        country.person(f"uden-for-{n}", "1990-06-15", KOM="751").earning("2000000").educated()
    country.listed(2024, "UDVIDET", "forebyggelsesomraade")
    return country


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("changes")
    snapshots = write_snapshots(world(), folder / "snapshots")
    for list_year in YEARS:
        sealed = run_list(list_year, snapshots, folder / "home")
        assert sealed.code == 0, sealed.output[-3000:]
    return Home(folder / "home")


def changes(home: Home, list_year: int) -> dict[str, Row]:
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        found = con.execute("SELECT * FROM status.status_changes WHERE list_year = ?", [list_year])
        names = [column[0] for column in found.description or ()]
        return {row[1]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


@pytest.mark.parametrize(
    ("area_id", "with_last_boundary", "with_last_data", "cause"),
    [
        ("TILFLYTTET", "parallelsamfund", "ikke_omfattet", "data"),
        ("UDVIDET", "ikke_omfattet", "parallelsamfund", "boundary"),
        ("BEGGE-NOEDVENDIGE", "ikke_omfattet", "ikke_omfattet", "boundary, data"),
        ("HVER-FOR-SIG-NOK", "parallelsamfund", "parallelsamfund", "together"),
    ],
)
def test_what_put_back_alone_gives_last_years_status(
    home: Home, area_id: str, with_last_boundary: str, with_last_data: str, cause: str
) -> None:
    row = changes(home, 2026)[area_id]
    assert (row["status_last"], row["status"], row["change"]) == ("ikke_omfattet", "parallelsamfund", "entry")
    assert row["with_last_law"] == "parallelsamfund"
    assert (row["with_last_boundary"], row["with_last_data"]) == (with_last_boundary, with_last_data)
    assert row["with_all_last"] == "ikke_omfattet"
    assert row["cause"] == cause


def test_an_area_that_is_no_more_has_left_by_its_boundary(home: Home) -> None:
    row = changes(home, 2026)["NEDLAGT"]
    assert (row["status_last"], row["status"], row["change"]) == ("parallelsamfund", "findes_ikke", "exit")
    assert (row["with_last_boundary"], row["with_last_data"]) == ("parallelsamfund", "findes_ikke")
    assert row["cause"] == "boundary"


def test_the_edition_after_it_still_verifies(home: Home) -> None:
    done = run_cli("verify", "--home", home.path, "--list-year", 2026)
    assert done.code == 0, done.output


def test_the_first_list_year_knows_the_published_list_and_no_cause(home: Home) -> None:
    row = changes(home, 2025)["UDVIDET"]
    assert (row["status_last"], row["status"], row["change"]) == ("forebyggelsesomraade", "ikke_omfattet", "exit")
    assert [row[f"with_last_{what}"] for what in ("boundary", "data")] == [None, None]
    assert (row["with_all_last"], row["cause"]) == (None, None)


def amended(law: Law) -> Law:
    """1,300 residents were needed until 2026, 1,000 since."""
    name = "udsat_boligomraade.residents"
    parameter = law.parameters[name]
    (now,) = parameter.values
    day = dt.date(2026, 1, 1)
    values = (replace(now, value=1300, until=day), replace(now, effective_from=day))
    return Law(MappingProxyType({**law.parameters, name: replace(parameter, values=values)}), law.overrides)


def test_an_amendment_is_put_back_too(home: Home) -> None:
    with open_aside(home) as con:
        causes = put_back(con, home, amended(statistics_law()), 2026)
    assert causes.law is not None
    assert causes.law["TILFLYTTET"] == "forebyggelsesomraade"
    assert causes.law["HVER-FOR-SIG-NOK"] == "parallelsamfund"
    assert causes.data is not None
    assert causes.data["UDVIDET"] == "parallelsamfund"
    assert causes.all is not None
    assert causes.all["UDVIDET"] == "ikke_omfattet"


def test_what_does_not_rest_on_what_is_put_back_is_not_derived_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[tuple[str, int]] = []

    def derive(con: duckdb.DuckDBPyConnection, derived: Derived, list_year: int) -> None:
        again.append((derived.table, list_year))
        derive_in_full(con, derived, list_year)

    derive_in_full = derivation.derive
    monkeypatch.setattr(derivation, "derive", derive)
    with open_aside(home) as con:
        taken_over = put_back(con, home, amended(statistics_law()), 2026)
    assert ("criteria.criteria_met", 2026) in again
    assert ("criteria.residents", 2026) in again
    assert not {"criteria.income_region", "criteria.convicted_national"} & {table for table, _ in again}
    monkeypatch.setattr(derivation, "recorded_fingerprints", lambda *_: {})
    with open_aside(home) as con:
        assert put_back(con, home, amended(statistics_law()), 2026) == taken_over
    assert ("criteria.income_region", 2026) in again


def _content(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[object, ...]]:
    """By table of the opened warehouse, its rows as one number and how many they are."""
    tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'home'").fetchall()
    return {
        table: con.execute(f'SELECT count(*), bit_xor(hash(t)) FROM home.{schema}."{table}" AS t').fetchall()[0]
        for schema, table in tables
    }


def _fail_within_a_transaction(home: Home) -> None:
    with open_aside(home) as con:
        con.execute("BEGIN")
        con.execute("SELECT nothing")


def test_a_run_derives_aside_in_the_warehouse_that_it_has_open_and_leaves_it_as_it_was(home: Home) -> None:
    law = amended(statistics_law())
    with open_aside(home) as con:
        alone = put_back(con, home, law, 2026)
    with warehouse.kept_open(home.warehouse, home.scratch), warehouse.connect(home.warehouse, home.scratch) as kept:
        before = _content(kept)
        with open_aside(home) as con:
            assert put_back(con, home, law, 2026) == alone
            with pytest.raises(duckdb.CatalogException):
                con.execute("SELECT * FROM status.status_changes")
        with pytest.raises(duckdb.BinderException):
            _fail_within_a_transaction(home)
        assert _content(kept) == before
        assert len(before) > 20
        assert ("aside",) not in kept.execute("SELECT database_name FROM duckdb_databases()").fetchall()


def _tables_read(plan: dict[str, Any]) -> set[str]:
    own = str(plan.get("extra_info", {}).get("Table", "")).split(".")[-1].strip('"')
    return {own}.union(*(_tables_read(child) for child in plan.get("children", [])))


def test_a_list_year_reads_no_register_of_another(home: Home) -> None:
    """However many list years a home has, none costs more than it did as the first."""
    every = (*derivation.TABLES, *derivation.REPORT)
    queries = {derived.table: derived.sql for derived in every if derived.kind == "table"}
    queries |= {query.file: query.sql for query in QUERIES}
    with warehouse.connect(home.warehouse, home.scratch) as con:
        con.execute("SET VARIABLE row_change_pct = 5")
        con.execute("SET VARIABLE status_year = 2026")
        con.execute("SET VARIABLE may_be_empty = []")
        derivation.prepare_session(con)
        prepare_report(con, 2026)
        set_law_variables(con, {**report_law().for_list_year(2026), **statistics_law().for_list_year(2026)}, 2026)
        for view in (derived for derived in every if derived.kind == "view"):
            derivation.derive(con, view, 2026)
        of_another = {
            table
            for (table,) in con.execute(
                """
                SELECT snapshots.table_name
                FROM received.snapshots AS snapshots
                INNER JOIN registers.promoted AS promoted USING (register, content_sha256)
                GROUP BY ALL
                HAVING max(promoted.list_year) < 2026
                """
            ).fetchall()
        }
        assert {name.partition("_")[0] for name in of_another} >= {"bef", "bolig", "of", "kraf"}
        for name, sql in queries.items():
            rows = con.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}").fetchall()
            read = set().union(*(_tables_read(operator) for operator in json.loads(rows[0][1])["operator"]))
            assert not read & of_another, name


def test_data_that_are_gone_leave_their_column_empty(home: Home, tmp_path: Path) -> None:
    copy = Home(tmp_path / "home")
    shutil.copytree(home.path, copy.path)
    with duckdb.connect(str(copy.warehouse)) as con:
        con.execute("DELETE FROM received.snapshots WHERE register = 'kraf' AND reference = '2023'")
    with open_aside(copy) as con:
        causes = put_back(con, copy, statistics_law(), 2026)
    assert causes.data is None
    assert causes.boundary is not None
    assert causes.all is not None


@pytest.mark.parametrize(
    ("last", "now", "change"),
    [
        ("ikke_omfattet", "forebyggelsesomraade", "entry"),
        ("findes_ikke", "udsat_boligomraade", "entry"),
        ("parallelsamfund", "findes_ikke", "exit"),
        ("udsat_boligomraade", "parallelsamfund", "move"),
        ("parallelsamfund", "parallelsamfund", None),
        ("findes_ikke", "ikke_omfattet", None),
        (None, "parallelsamfund", None),
    ],
)
def test_entries_exits_and_moves(last: str | None, now: str, change: str | None) -> None:
    assert change_of(last, now) == change


def test_a_cause_that_cannot_be_derived_is_left_empty() -> None:
    one = {"A": "parallelsamfund"}
    assert cause_of("A", "ikke_omfattet", "parallelsamfund", Causes(one, one, None, {"A": "ikke_omfattet"})) is None
    assert cause_of("A", "ikke_omfattet", "parallelsamfund", Causes(one, one, one, one)) == "derivation"
    assert cause_of("A", "findes_ikke", "parallelsamfund", Causes(one, {}, one, {})) == "boundary"
