"""The law of a list year as DuckDB's variables and tables."""

from dataclasses import replace

import duckdb
import pytest

from assets.law_tables import LAW_TABLES, fill_law_table, law_fingerprints, set_law_variables
from law.loader import list_day, statistics_law

LAW = statistics_law().for_list_year(2026)
DAY = list_day(2026)


def listed_year(con: duckdb.DuckDBPyConnection) -> int:
    return int(con.execute("SELECT getvariable('list_year')").fetchall()[0][0])


def test_variables_that_could_not_all_be_set_do_not_pass_for_set() -> None:
    name, value = next((name, value) for name, value in LAW.items() if isinstance(value.value, int))
    with duckdb.connect() as con:
        set_law_variables(con, LAW, 2026)
        with pytest.raises(duckdb.ConversionException):
            set_law_variables(con, {**LAW, name: replace(value, value=2**40)}, 2025)
        set_law_variables(con, LAW, 2026)
        assert listed_year(con) == 2026


def test_another_law_or_list_year_is_set() -> None:
    name, value = next((name, value) for name, value in LAW.items() if isinstance(value.value, int))
    query = f"SELECT getvariable('law_numbers')['{name}']"
    with duckdb.connect() as con:
        set_law_variables(con, LAW, 2026)
        set_law_variables(con, LAW, 2025)
        assert listed_year(con) == 2025
        set_law_variables(con, {**LAW, name: replace(value, value=41)}, 2025)
        assert con.execute(query).fetchall() == [(41,)]


def test_a_table_that_differs_is_filled_anew_and_another_list_year_stays() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA law")
        for table in LAW_TABLES:
            for list_year in (2025, 2026):
                rows, _ = fill_law_table(con, table, LAW, list_year, DAY)
            filled = con.execute(f"SELECT * FROM law.{table.name} ORDER BY ALL").fetchall()
            assert len(filled) == 2 * rows
            con.execute(f"DELETE FROM law.{table.name} WHERE list_year = 2026 AND rowid % 2 = 0")
            fill_law_table(con, table, LAW, 2026, DAY)
            assert con.execute(f"SELECT * FROM law.{table.name} ORDER BY ALL").fetchall() == filled, table.name


def test_the_fingerprints_that_change_are_those_of_what_changed() -> None:
    name, value = next((name, value) for name, value in LAW.items() if isinstance(value.value, int))
    before, after = law_fingerprints(LAW, DAY), law_fingerprints({**LAW, name: replace(value, value=41)}, DAY)
    assert {key for key in after if before[key] != after[key]} == {"law.parameters", f"law.parameters.{name}"}
