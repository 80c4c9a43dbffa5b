"""Great Expectations counts what a plain query counts, however many rows break a rule. What blocks: test_bad_input."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest

from assets.contracts import REGISTER_BY_NAME, SQL_TYPES
from assets.intake import validation

YEAR = 2024


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("CREATE SCHEMA received")
        yield opened


def failing(con: duckdb.DuckDBPyConnection, keys: list[int | None], codes: list[int | None]) -> dict[str, int]:
    """The outcome of every rule of akm over a table of these keys and codes."""
    con.execute("CREATE OR REPLACE TABLE received.akm (pnr BIGINT, socio13 INTEGER)")
    con.executemany("INSERT INTO received.akm VALUES (?, ?)", list(zip(keys, codes, strict=True)))
    outcomes = validation.validate(con, REGISTER_BY_NAME["akm"], "akm", YEAR, {})
    return {outcome.rule.name: outcome.failing_rows for outcome in outcomes}


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_those_of_the_rows(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    chance = random.Random(seed)
    known = [int(code) for code in validation._listed(REGISTER_BY_NAME["akm"].column("SOCIO13")).split(", ")]
    rows, spread = chance.choice([3, 40, 400]), chance.choice([2, 50, 10**6])
    keys = [None if chance.random() < seed / 30 else chance.randrange(spread) for _ in range(rows)]
    codes = [chance.choice([*known, 9999, None]) for _ in range(rows)]
    found = failing(con, keys, codes)
    times = Counter(key for key in keys if key is not None)
    assert found["pnr_present"] == keys.count(None)
    assert found["key_unique"] == sum(count for count in times.values() if count > 1)
    assert found["socio13_known"] == codes.count(9999)


@pytest.mark.parametrize("rows", [1, 2, 10_000])
def test_one_key_too_many_is_found_among_many(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    keys: list[int | None] = [2**53 + number for number in range(rows)]
    codes: list[int | None] = [110] * (rows + 1)
    assert failing(con, keys, codes[:-1])["key_unique"] == 0
    assert failing(con, [*keys, 2**53], codes)["key_unique"] == 2


def test_a_table_without_rows_or_keys_breaks_no_uniqueness(con: duckdb.DuckDBPyConnection) -> None:
    assert failing(con, [1], [110])["key_unique"] == 0
    assert failing(con, [None, None], [110, 110])["key_unique"] == 0


def test_a_person_without_a_date_of_birth_is_not_called_absent() -> None:
    remedies = {rule.name: rule.remedy for rule in validation.rules(REGISTER_BY_NAME["bef"])}
    assert remedies["foed_dag_filled"].startswith("The person counts as a resident and in no age group.")


def test_a_rule_that_cannot_be_evaluated_is_no_pass(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE TABLE received.akm (other BIGINT, socio13 INTEGER)")
    con.execute("INSERT INTO received.akm VALUES (471147, 110)")
    with pytest.raises(validation.ValidationCrashedError) as raised:
        validation.validate(con, REGISTER_BY_NAME["akm"], "akm", YEAR, {})
    assert "471147" not in str(raised.value)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_asked_about_snapshots_together_is_what_each_is_asked(
    con: duckdb.DuckDBPyConnection, seed: int
) -> None:
    register = REGISTER_BY_NAME["vnds_ind"]
    chance = random.Random(seed)
    layout = ", ".join(f"{column.stored} {SQL_TYPES[column.kind]}" for column in register.stored_columns)
    tables = [f"vnds_ind_{number}" for number in range(3)]
    for table in tables:
        con.execute(f"CREATE TABLE received.{table} ({layout})")
        for _ in range(40):
            empty = chance.random() < 0.02 * seed
            filled = {"pnr": None if empty else chance.randrange(50), "haend_dato": f"{YEAR}-03-01"}
            names = ", ".join(filled)
            con.execute(f"INSERT INTO received.{table} ({names}) VALUES (?, ?)", list(filled.values()))
    kept = validation.kept_by_all(con, register, tables)
    alone = {table: validation.validate(con, register, table, YEAR, {}) for table in tables}
    together = {table: validation.validate(con, register, table, YEAR, {}, kept) for table in tables}
    assert together == alone
    failing = {outcome.rule.name for outcomes in alone.values() for outcome in outcomes if outcome.failing_rows}
    assert not kept & failing
    assert kept or failing


def test_a_rule_about_rows_together_is_asked_of_each_snapshot(con: duckdb.DuckDBPyConnection) -> None:
    register = REGISTER_BY_NAME["akm"]
    for table in ("akm_1", "akm_2"):
        con.execute(f"CREATE TABLE received.{table} AS SELECT CAST(1 AS BIGINT) AS pnr, 110 AS socio13")
    kept = validation.kept_by_all(con, register, ["akm_1", "akm_2"])
    assert kept == {"pnr_present"}
    outcomes = validation.validate(con, register, "akm_2", YEAR, {}, kept)
    assert {outcome.rule.name: outcome.failing_rows for outcome in outcomes}["key_unique"] == 0
