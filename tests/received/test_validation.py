"""Great Expectations counts what a plain query counts, however many rows break a rule. What blocks: test_bad_input."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest

from assets import validation
from assets.contracts import REGISTER_BY_NAME

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


def test_a_rule_that_cannot_be_evaluated_is_no_pass(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE TABLE received.akm (other BIGINT, socio13 INTEGER)")
    con.execute("INSERT INTO received.akm VALUES (471147, 110)")
    with pytest.raises(validation.ValidationCrashedError) as raised:
        validation.validate(con, REGISTER_BY_NAME["akm"], "akm", YEAR, {})
    assert "471147" not in str(raised.value)
