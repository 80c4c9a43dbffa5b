"""What a second run derives again: nothing where nothing changed, and after a change what rests on it.

What does not belong here: the figures, and the revisions that other figures make (tests.test_idempotence).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from dagster import materialize

import pipelines.definitions  # noqa: F401  so that no run imports what a test has replaced
from assets import derivation
from assets.edition import ASSETS as EDITION
from assets.factory import source_fingerprints
from law.loader import Law, statistics_law
from pipelines.home import Home
from pipelines.resources import Run
from pipelines.running import RunReport, run_annual_list
from tests.command import file_bytes
from tests.graph.homes import YEAR, Ready

Derive = Callable[..., int]
STORED = {derived.table for derived in derivation.TABLES if derived.kind == "table"}


@pytest.fixture
def home(ready: Ready, tmp_path: Path) -> Home:
    shutil.copytree(ready.home, tmp_path / "home")
    return Home(tmp_path / "home")


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are derived from now on, by the run itself and not aside."""
    tables: list[str] = []
    original: Derive = derivation.derive

    def noting(
        con: duckdb.DuckDBPyConnection, table: derivation.Derived, year: int, made_from: str | None = None
    ) -> int:
        if made_from is not None and table.kind == "table" and table.table in STORED:
            tables.append(table.table)
        return original(con, table, year, made_from)

    monkeypatch.setattr(derivation, "derive", noting)
    return tables


def run_again(home: Home, snapshots: Path) -> RunReport:
    day = f"{YEAR}-12-01"
    return run_annual_list(home, snapshots, YEAR, day, "", lambda *_: None, with_report=False)


def under(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> Law:
    """Lets runs derive under another legal value."""
    law = statistics_law().with_values({name: value})
    monkeypatch.setattr("pipelines.resources.statistics_law", lambda: law)
    return law


def test_a_run_with_nothing_new_derives_nothing(home: Home, ready: Ready, derived: list[str]) -> None:
    before = file_bytes(home.edition(YEAR))
    report = run_again(home, ready.snapshots)
    assert report.success, report.faults
    assert not report.newly_sealed
    assert derived == []
    assert file_bytes(home.edition(YEAR)) == before


def test_another_legal_value_derives_what_names_it_and_what_rests_on_that(
    home: Home, ready: Ready, derived: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    under(monkeypatch, "opgoerelse.primary_only_age_from", "31")
    report = run_again(home, ready.snapshots)
    assert report.success, report.faults
    assert "criteria.primary_only" in derived
    assert {"criteria.area_figures", "criteria.area_criteria", "status.area_status"} <= set(derived)
    assert not {"criteria.income", "criteria.outside", "criteria.convicted", "criteria.residents"} & set(derived)


def test_a_lost_table_is_derived_again(home: Home, ready: Ready, derived: list[str]) -> None:
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("DROP TABLE criteria.income")
    report = run_again(home, ready.snapshots)
    assert report.success, report.faults
    assert derived == ["criteria.income"]


def test_a_table_made_with_other_columns_passes_for_no_other_list_year(home: Home, ready: Ready) -> None:
    noted = "SELECT list_year FROM registers.derivations WHERE table_name = 'criteria.income'"
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("ALTER TABLE criteria.income ADD COLUMN besides INTEGER")
        con.execute("UPDATE registers.derivations SET fingerprint = '' WHERE table_name = 'criteria.income'")
        con.execute(f"INSERT INTO registers.derivations VALUES ({YEAR - 1}, 'criteria.income', 'another')")
    assert run_again(home, ready.snapshots).success
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        assert con.execute(noted).fetchall() == [(YEAR,)]
        assert con.execute("SELECT DISTINCT list_year FROM criteria.income").fetchall() == [(YEAR,)]


def test_every_row_of_an_earlier_edition_is_an_input(home: Home) -> None:
    """Under some choices a year in which an area was no parallelsamfund decides too."""
    law = statistics_law().for_list_year(YEAR)
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("INSERT INTO published.editions VALUES (?, 1, 'earlier')", [YEAR - 1])
        before = source_fingerprints(con, law, YEAR)
        assert source_fingerprints(con, law, YEAR) == before
        con.execute(
            "INSERT INTO published.parallelsamfund_history VALUES ($year, $year, 'a', false, 'denne_liste')",
            {"year": YEAR - 1},
        )
        assert source_fingerprints(con, law, YEAR) != before


def test_rows_and_what_they_were_derived_from_change_together(
    home: Home, ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies between the two would leave rows that pass for others."""

    def dies(*_: object) -> None:
        raise duckdb.IOException("no space")

    def kept() -> list[tuple[object, ...]]:
        with duckdb.connect(str(home.warehouse), read_only=True) as con:
            rows = con.execute("SELECT * FROM criteria.primary_only ORDER BY ALL").fetchall()
            noted = "SELECT * FROM registers.derivations WHERE table_name = 'criteria.primary_only'"
            return rows + con.execute(noted).fetchall()

    before = kept()
    under(monkeypatch, "opgoerelse.primary_only_age_from", "31")
    with monkeypatch.context() as broken:
        broken.setattr(derivation, "record_fingerprint", dies)
        assert not run_again(home, ready.snapshots).success
    assert kept() == before
    assert run_again(home, ready.snapshots).success
    assert kept() != before


def test_the_edition_alone_is_not_sealed_under_a_law_that_nothing_was_derived_under(
    home: Home, ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file_bytes(home.edition(YEAR))
    under(monkeypatch, "opgoerelse.primary_only_age_from", "31")
    settings = Run(home=str(home.path), snapshots=str(ready.snapshots), as_of=f"{YEAR}-12-01")
    alone = materialize(EDITION, partition_key=str(YEAR), resources={"run": settings}, raise_on_error=False)
    assert not alone.success
    assert file_bytes(home.edition(YEAR)) == before


def test_every_legal_value_that_a_table_asks_for_is_named_in_its_sql() -> None:
    """Else a table could rest on a value that its fingerprint leaves out."""
    for table in (*derivation.TABLES, *derivation.REPORT):
        asked = [
            word
            for word in ("lov(", "lov_aar(", "lov_koder(", "lov_kodetal(", "valgt(")
            for _ in range(table.sql.count(word))
        ]
        assert len(derivation.NAMED_VALUE.findall(table.sql)) == len(asked), table.table
        if table.legal_values:
            assert derivation.LAW in table.reads, table.table
        if any(value.startswith("redegoerelse.") for value in table.legal_values):
            assert "law.report_parameters" in table.reads, table.table
