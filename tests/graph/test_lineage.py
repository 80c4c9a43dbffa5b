"""Lineage read from the SQL is whole: every table read is declared, every column has a source, every source exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets import derivation, lineage
from assets.derivation import PUBLISHED, TABLES, Derived
from assets.documentation import asset_of, columns_of
from assets.lineage import LAW_VALUE, sources_of, trace, undeclared_counts
from pipelines.definitions import defs

GRAPH = defs.resolve_asset_graph()
TRACED = [*(derived.table for derived in TABLES), lineage.RECONCILIATION]


@pytest.mark.parametrize("derived", TABLES, ids=lambda derived: derived.table)
def test_what_a_sql_file_reads_is_what_is_declared(derived: Derived) -> None:
    assert lineage.reads_of(derived.sql) == set(derived.reads)


@pytest.mark.parametrize("derived", TABLES, ids=lambda derived: derived.table)
def test_what_is_declared_is_an_edge_of_the_graph(derived: Derived) -> None:
    key = asset_of(derived.table)
    assert {asset_of(read) for read in derived.reads} == GRAPH.get(key).parent_keys


def test_sql_outside_the_register_reads_declared_assets() -> None:
    sql = lineage.sql_of(lineage.RECONCILIATION)
    assert sql is not None
    read = {asset_of(table) for table in lineage.reads_of(sql)}
    assert read == GRAPH.get(asset_of(lineage.RECONCILIATION)).parent_keys


@pytest.mark.parametrize("word", derivation.LAW_MACROS)
def test_a_file_that_asks_the_law_by_one_word_alone_reads_it(word: str) -> None:
    sql = f"SELECT {word}('valg.fines') AS asked FROM registers.kraf"
    assert lineage.reads_of(sql) == {derivation.LAW, "registers.kraf"}
    assert derivation.NAMED_VALUE.findall(sql) == ["valg.fines"]


def test_every_macro_that_reads_the_law_is_a_word_of_it() -> None:
    """A macro whose body looks a parameter up in what `set_law_variables` sets."""
    looks_up = re.compile(r"MACRO (\w+)\(parameter\) AS [^;]*getvariable\('law_")
    assert set(looks_up.findall(derivation.macros())) == set(derivation.LAW_MACROS)


def test_a_word_that_asks_by_another_word_names_its_values() -> None:
    words = derivation.words_of_the_law()
    assert words["origin"] == words["is_of_foreign_origin"] == {"opgoerelse.nonwestern_ie_types"}
    assert derivation.TABLE_BY_NAME["report.net_immigration"].legal_values == (
        "opgoerelse.nonwestern_ie_types",
        "opgoerelse.western_country_groups",
    )


def test_what_is_written_down_is_what_the_sql_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the SQL or a contract was changed: `python -m assets.lineage`, and review the diff."""
    known = lineage.WRITTEN.read_text(encoding="utf-8")
    monkeypatch.setattr(lineage, "WRITTEN", tmp_path / "lineage.json")
    lineage.write()
    assert lineage.WRITTEN.read_text(encoding="utf-8") == known


def test_what_is_written_down_is_passed_over_once_a_declaration_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "COUNTED", {"areas.areas.area_id": ("registers.omraade.area_id",)})
    lineage.written.cache_clear()
    try:
        assert lineage.written()["sources"] == {}
        assert lineage.sources_of("criteria.residents")["nonwestern"] != ()
    finally:
        lineage.written.cache_clear()


@pytest.mark.parametrize("table", TRACED)
def test_every_column_has_a_source_and_it_exists(table: str) -> None:
    sources = sources_of(table)
    assert sources.keys() == columns_of(table).keys()
    assert [column for column, found in sources.items() if not found] == []
    parents = GRAPH.get(asset_of(table)).parent_keys
    for found in sources.values():
        for source in found:
            read, _, column = source.rpartition(".")
            assert asset_of(read) in parents, source
            assert column in columns_of(f"{'.'.join(asset_of(read).path)}"), source


@pytest.mark.parametrize("table", TRACED)
def test_what_is_counted_is_declared(table: str) -> None:
    assert undeclared_counts(table) == []


def test_no_declaration_is_left_over() -> None:
    for declared in lineage.COUNTED:
        table, _, column = declared.rpartition(".")
        assert column in columns_of(table), declared


@pytest.mark.parametrize("table", PUBLISHED)
def test_every_published_column_ends_in_received_columns_or_the_law(table: str) -> None:
    for column in columns_of(table):
        ends = roots(f"{table}.{column}", ())
        assert ends, f"{table}.{column}"
        assert {end.split(".")[0] for end in ends} <= {"received", "law"}, f"{table}.{column}"


def roots(column: str, seen: tuple[str, ...]) -> set[str]:
    """The columns that a column comes from and that come from none themselves."""
    table, _, name = column.rpartition(".")
    if table.startswith("published."):
        return roots(f"{'.'.join(asset_of(table).path)}.{name}", seen)
    if column in seen:
        return set()
    found = sources_of(table).get(name, ())
    return set().union(*(roots(source, (*seen, column)) for source in found)) if found else {column}


def test_a_figure_leads_to_its_register_columns_and_to_the_law() -> None:
    ends = roots("criteria.area_criteria.outside_share", ())
    assert {"received.of.pti_timer_per_uge", "received.of.pti_vfra", "received.of.pti_vtil", LAW_VALUE} <= ends
    assert "received.ind.perindkialt_13" in roots("criteria.area_criteria.income_ratio", ())


def test_an_undeclared_count_is_found_out() -> None:
    traced = trace("SELECT list_year, count(*) AS people FROM areas.area_residents GROUP BY list_year", ("people",))
    assert traced["people"] == (frozenset(), True)


def test_a_macro_is_no_table() -> None:
    sql = "SELECT kom FROM registers.bef WHERE list_year = listeaar() AND age_on(foed_dag, statusdag(2024)) > 1"
    assert lineage.reads_of(sql) == {"registers.bef"}
    assert lineage.reads_of(sql + " AND ie_type = lov('a.b')") == {"registers.bef", "law.parameters"}
