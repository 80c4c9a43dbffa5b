"""A file in which nothing is out of place is stored by the quick way just as by the thorough one; any other is refused
by it, whatever cell is out of place."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from assets import warehouse
from assets.contracts import REGISTER_BY_NAME
from assets.intake import columns, storing
from assets.intake.deliveries import Delivery, FileFacts, file_facts
from assets.intake.files import Source

PLAIN_KEYS = (
    "0",
    "7",
    "00",
    "0123",
    "614150589547",
    "9999999999",
    "12345678901234567",
    "00000000000000000",
    None,
    "",
    " ",
)
ODD_KEYS = (
    "123456789012345678",
    "0101701234",
    "010170-1234",
    " 0101701234",
    "+12",
    "-12",
    "1e3",
    "10e2",
    "1_000",
    "1.0",
    "0x1f",
    "0xfffff",
    "½",
    "٣٤",
    "ukendt",
)
INCOMES = ("104614.04", "-0.01", "0", "99999999999.99", None)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        warehouse.prepare(opened)
        yield opened


def write(con: duckdb.DuckDBPyConnection, folder: Path, register: str, select: str) -> tuple[Delivery, FileFacts]:
    """A delivery of one Parquet file that a query gives."""
    path = folder / f"{register}.parquet"
    con.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return Delivery(register, "2025", "", folder, (path,)), file_facts(path)


def stored(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, facts: FileFacts, scratch: Path
) -> tuple[list[tuple[object, ...]] | None, list[tuple[object, ...]]]:
    """What the quick way stores, None where it refuses the file, and what the thorough one stores."""
    register = REGISTER_BY_NAME[delivery.register]
    thorough, faults = storing._store_any(con, register, delivery, (facts,), "thorough", scratch)
    assert thorough is not None
    assert faults == []
    rows = con.execute('SELECT * FROM received."thorough" ORDER BY ALL').fetchall()
    try:
        quick = storing._store_plain(con, register, delivery, (facts,), "quick")
    except duckdb.Error:
        assert not con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'quick'").fetchall()
        return None, rows
    assert (quick.rows, quick.file_rows, quick.counts) == (thorough.rows, thorough.file_rows, thorough.counts)
    layout = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"
    assert con.execute(layout, ["quick"]).fetchall() == con.execute(layout, ["thorough"]).fetchall()
    return con.execute('SELECT * FROM received."quick" ORDER BY ALL').fetchall(), rows


def _values(values: tuple[str | None, ...], kind: str = "VARCHAR") -> str:
    return ", ".join("(NULL)" if v is None else f"('{v}'::{kind})" for v in values)


@pytest.mark.parametrize("column", ["PNR", "ADRESSE_ID"])
def test_keys_of_digits_are_stored_alike(con: duckdb.DuckDBPyConnection, tmp_path: Path, column: str) -> None:
    register, rest = ("akm", "110 AS SOCIO13") if column == "PNR" else ("bolig", "NULL::VARCHAR AS MATRIKEL")
    delivery = write(
        con, tmp_path, register, f"SELECT v AS {column}, {rest} FROM (VALUES {_values(PLAIN_KEYS)}) AS t(v)"
    )
    quick, thorough = stored(con, *delivery, tmp_path)
    assert quick == thorough
    assert len(thorough) == len(PLAIN_KEYS)


@pytest.mark.parametrize("besides", ["67891 AS PNR_WHOLE", "7 AS pnr_power", "'x' AS \"*\""])
def test_other_columns_of_a_file_are_passed_over_whatever_their_names(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, besides: str
) -> None:
    people = "(VALUES ('12345'), ('54321')) AS t(PNR)"
    delivery = write(con, tmp_path, "akm", f"SELECT PNR, 110 AS SOCIO13, {besides} FROM {people}")
    quick, thorough = stored(con, *delivery, tmp_path)
    assert quick == thorough == [(112345, 110), (154321, 110)]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_one_key_out_of_place_is_refused_among_many(con: duckdb.DuckDBPyConnection, tmp_path: Path, key: str) -> None:
    many = "SELECT CAST(600000000000 + i AS VARCHAR) AS PNR FROM range(5000) AS t(i)"
    delivery = write(con, tmp_path, "akm", f"SELECT PNR, 110 AS SOCIO13 FROM ({many} UNION ALL SELECT '{key}')")
    quick, thorough = stored(con, *delivery, tmp_path)
    assert quick is None
    assert len(thorough) == 5001


def test_no_short_text_is_taken_for_another_number(con: duckdb.DuckDBPyConnection) -> None:
    """Every text of these characters, so every way in which a number can be written in so few."""
    of_five = "SELECT DISTINCT array_to_string([a, b, c, d, e], '') AS text FROM " + ", ".join(
        f"unnest(['', '0', '1', '9', 'e', 'E', '+', '-', '.', '_', ' ', 'x']) AS {name}({name})" for name in "abcde"
    )
    of_eight = "SELECT DISTINCT array_to_string([a, b, c, d, e, f, g, h], '') FROM " + ", ".join(
        f"unnest(['', '0', '9', 'e', '.']) AS {name}({name})" for name in "abcdefgh"
    )
    hexadecimal = "SELECT DISTINCT concat(prefix, a, b, c, d, e, f, g) FROM " + ", ".join(
        ["unnest(['0x', '0X', '00x', '1x']) AS prefix(prefix)"]
        + [f"unnest(['', '0', '1', 'F']) AS {name}({name})" for name in "abcdefg"]
    )
    con.execute(f"CREATE TABLE texts AS {of_five} UNION {of_eight} UNION {hexadecimal}")
    register = REGISTER_BY_NAME["akm"]
    source = Source("texts", {"PNR": ("text", "text")})
    refusing = columns.plain_select(register, source)
    quick = refusing.replace("error('no key')", "NULL").replace("error('not all digits')", "NULL")
    number, _, _ = columns._pseudonym("text", "text")
    texts, keys, taken_for_another = con.execute(
        f"""
        SELECT count(*), count({number}), count(*) FILTER (quick.pnr IS DISTINCT FROM {number})
        FROM texts POSITIONAL JOIN ({quick}) AS quick
        """
    ).fetchall()[0]
    assert texts > 250_000
    assert keys > 1_000
    assert taken_for_another == 0


@pytest.mark.parametrize("kind", ["BIGINT", "INTEGER", "DECIMAL(18,0)", "DOUBLE", "FLOAT"])
def test_keys_that_come_as_numbers(con: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str) -> None:
    select = f"SELECT CAST(v AS {kind}) AS PNR, 110 AS SOCIO13 FROM (VALUES (0), (7), (61415), (NULL)) AS t(v)"
    quick, thorough = stored(con, *write(con, tmp_path, "akm", select), tmp_path)
    assert quick == thorough


@pytest.mark.parametrize(
    "value", ["-5::BIGINT", "7.5::DOUBLE", "9007199254740993::DOUBLE * 4", "101701234::BIGINT * 10"]
)
def test_numbers_that_are_no_key_are_refused_or_stored_alike(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, value: str
) -> None:
    quick, thorough = stored(con, *write(con, tmp_path, "akm", f"SELECT {value} AS PNR, 110 AS SOCIO13"), tmp_path)
    assert quick is None or quick == thorough


@pytest.mark.parametrize("value", ["1e19", "-1e19", "'inf'", "'-inf'", "9007199254740993", "16777217::FLOAT"])
def test_a_number_that_may_be_another_key_is_refused(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, value: str
) -> None:
    kind = "FLOAT" if value.endswith("FLOAT") else "DOUBLE"
    delivery = write(con, tmp_path, "akm", f"SELECT CAST({value} AS {kind}) AS PNR, 110 AS SOCIO13")
    quick, thorough = stored(con, *delivery, tmp_path)
    assert quick is None
    assert thorough == [(None, 110)]


def test_storing_that_is_interrupted_is_not_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read the thorough way instead, or told as a broken file, would take minutes that nobody waits for."""
    begun = threading.Event()

    def store_plain(con: duckdb.DuckDBPyConnection, *_: object) -> None:
        begun.set()
        con.execute("SELECT count(*) FROM range(10_000_000_000) AS a(i), range(1000) AS b(j) WHERE i % 7 = j")

    monkeypatch.setattr(storing, "_store_plain", store_plain)
    register = REGISTER_BY_NAME["akm"]
    with duckdb.connect() as con, ThreadPoolExecutor(1) as beside:
        warehouse.prepare(con)
        delivery, facts = write(con, tmp_path, "akm", "SELECT '7' AS PNR, 110 AS SOCIO13")
        under_way = beside.submit(storing.store_snapshot, con, register, delivery, (facts,), "akm_2025", tmp_path)
        assert begun.wait(timeout=20)
        while not under_way.done():
            con.interrupt()
            time.sleep(0.05)
        with pytest.raises(duckdb.InterruptException):
            under_way.result()


def test_reading_that_is_interrupted_is_no_broken_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise duckdb.InterruptException("INTERRUPT Error")

    monkeypatch.setattr(storing, "_insert", interrupted)
    with duckdb.connect() as con:
        warehouse.prepare(con)
        path = tmp_path / "akm.csv"
        path.write_text("PNR,SOCIO13\n7,110\n", encoding="utf-8")
        delivery = Delivery("akm", "2025", "", tmp_path, (path,))
        with pytest.raises(duckdb.InterruptException):
            storing.store_snapshot(con, REGISTER_BY_NAME["akm"], delivery, (file_facts(path),), "akm_2025", tmp_path)


@pytest.mark.parametrize("kind", ["VARCHAR", "DOUBLE", "DECIMAL(14,2)", "DECIMAL(18,4)"])
def test_amounts_are_stored_alike(con: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str) -> None:
    select = f"SELECT '7' AS PNR, v AS PERINDKIALT_13, 1 AS OMFANG FROM (VALUES {_values(INCOMES, kind)}) AS t(v)"
    quick, thorough = stored(con, *write(con, tmp_path, "ind", select), tmp_path)
    assert quick == thorough
    assert len(thorough) == len(INCOMES)


@pytest.mark.parametrize(
    "income",
    [
        "'0.001'",
        "0.001::DOUBLE",
        "0.0001::DECIMAL(18,4)",
        "'mange'",
        "1e30::DOUBLE",
        "10000000000000::BIGINT",
        "'10000000000000'",
        "10000000000000::DECIMAL(18,2)",
    ],
)
def test_an_amount_that_does_not_fit_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path, income: str) -> None:
    select = f"SELECT '7' AS PNR, {income} AS PERINDKIALT_13, 1 AS OMFANG"
    quick, _ = stored(con, *write(con, tmp_path, "ind", select), tmp_path)
    assert quick is None


@pytest.mark.parametrize("day", ["'2001-02-29'", "20010229", "'i går'"])
def test_a_day_that_is_none_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path, day: str) -> None:
    select = f"SELECT '7' AS PNR, 1 AS PTI_TILSTAND_KODE, {day} AS PTI_VFRA, NULL AS PTI_VTIL, 37 AS PTI_TIMER_PER_UGE"
    quick, _ = stored(con, *write(con, tmp_path, "of", select), tmp_path)
    assert quick is None


def test_rows_without_a_person_are_counted_alike(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    select = "SELECT v AS PNR, 1 AS PTI_TILSTAND_KODE FROM (VALUES ('7'), (NULL), ('')) AS t(v)"
    quick, thorough = stored(con, *write(con, tmp_path, "of", select), tmp_path)
    assert quick == thorough
    assert [row[0] for row in thorough].count(None) == 2
