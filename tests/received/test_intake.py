"""Files as they are really delivered: what is read all the same, and what is refused in one clear line.

Belongs here: formats, encodings, names of files and columns, links, vintages. Does not belong here: what the rows
must hold (tests.test_bad_input) and known incidents (test_incidents).
"""

from __future__ import annotations

import datetime as dt
import gzip
import os
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.contracts import AKM, REGISTER_BY_NAME
from assets.intake.deliveries import delivered_years, find_delivery, unread
from assets.intake.files import missing_columns
from tests.received.delivering import (
    bef_folder,
    csv_text,
    people,
    person,
    receive,
    receive_bef,
    write_sas7bdat,
    write_xpt,
)

BORN = dt.date(1980, 2, 3)
BORN_SAS = (BORN - dt.date(1960, 1, 1)).days


def refused(folder: Path) -> str:
    """The one line with which a delivery of bef is refused."""
    answer = receive_bef(folder)
    assert answer.rows == []
    assert len(answer.faults) == 1, answer.faults
    line = answer.faults[0]
    assert line.startswith("bef/2024-01-01")
    assert line.isprintable()
    return line


def write_parquet(path: Path, sql: str) -> None:
    with duckdb.connect() as con:
        con.execute(f"COPY ({sql}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")


def columns_sql(**more: str) -> str:
    """A SELECT of one person; `more` gives other SQL for a column."""
    quoted = {name: f"'{value}'" for name, value in person().items()}
    return "SELECT " + ", ".join(f"{sql} AS {name}" for name, sql in (quoted | more).items())


# --- text ---


@pytest.mark.parametrize(("newline", "delimiter"), [("\n", ","), ("\r\n", ";"), ("\r", ";")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_text_however_it_is_written(tmp_path: Path, newline: str, delimiter: str, encoding: str, packed: bool) -> None:
    rows = [row | {"BEMAERKNING": 'Æblegård, "Åsen"; syd'} for row in people(3)]
    data = csv_text(rows, delimiter, newline).encode(encoding)
    path = bef_folder(tmp_path) / ("bef.csv.gz" if packed else "bef.csv")
    path.write_bytes(gzip.compress(data) if packed else data)
    answer = receive_bef(tmp_path)
    assert answer.faults == []
    assert answer.column("pnr") == [170000001, 170000002, 170000003]
    assert answer.column("foed_dag") == [BORN] * 3


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_names_keep_their_letters(tmp_path: Path, encoding: str) -> None:
    folder = tmp_path / "snapshots" / "omraade" / "2024"
    folder.mkdir(parents=True)
    row = {"AREA_ID": "å-1", "NAVN": "Ærøparken", "KOM": "101", "EJERLAV": "7", "MATRIKEL": "1Ø"}
    (folder / "omraade.csv").write_bytes(csv_text([row]).encode(encoding))
    stored = receive(tmp_path, "omraade", "2024", checked=False).rows[0]
    assert (stored["area_id"], stored["navn"], stored["matrikel"]) == ("å-1", "Ærøparken", "1ø")


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_line_breaks_within_quotes_and_mixed_line_ends(tmp_path: Path, newline: str) -> None:
    rows = [row | {"BEMAERKNING": "to\nlinjer"} for row in people(2)]
    text = csv_text(rows, newline=newline) + csv_text(people(4, BEMAERKNING="x")[2:], newline="\n").split("\n", 1)[1]
    (bef_folder(tmp_path) / "bef.csv").write_text(text, encoding="utf-8", newline="")
    answer = receive_bef(tmp_path)
    assert answer.faults == []
    assert len(answer.rows) == 4


def with_stray_quotes(text: str, delimiter: str, column: int, first: int, last: int, opens: str = '"') -> str:
    """The text with a quote before a column of one line and another after it in a later one; lines count from 1."""
    lines = [line.split(delimiter) for line in text.splitlines()]
    lines[first - 1][column] = opens + lines[first - 1][column]
    lines[last - 1][column] += '"'
    return "\n".join(delimiter.join(cells) for cells in lines) + "\n"


@pytest.mark.parametrize("column", [0, 3, 7, 8], ids=["key", "code", "last read", "not read"])
@pytest.mark.parametrize("opens", ['"', ' "'])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "mixed"])
@pytest.mark.parametrize(("delimiter", "encoding", "packed"), [(",", "utf-8", True), (";", "cp1252", False)])
def test_rows_between_two_stray_quotes_are_not_lost(
    tmp_path: Path, column: int, opens: str, newline: str, delimiter: str, encoding: str, packed: bool
) -> None:
    text = csv_text([row | {"VERSION": "Å"} for row in people(30)], delimiter)
    text = with_stray_quotes(text, delimiter, column, 12, 21, opens)
    text = text.replace("\n", "\r\n", 15) if newline == "mixed" else text.replace("\n", newline)
    path = bef_folder(tmp_path) / ("bef.csv.gz" if packed else "bef.csv")
    path.write_bytes(gzip.compress(text.encode(encoding)) if packed else text.encode(encoding))
    assert refused(tmp_path) == (
        f"bef/2024-01-01/{path.name}: a quote that opens in line 12 takes other rows into its field. "
        "Have stray quotes taken out, or every row written in one line."
    )


def test_of_two_neighbours_neither_is_lost_and_the_first_place_is_told(tmp_path: Path) -> None:
    text = csv_text(people(30))
    for first in (25, 9, 17):
        text = with_stray_quotes(text, ",", 4, first, first + 1)
    (bef_folder(tmp_path) / "bef.csv").write_text(text)
    assert "in line 9 takes" in refused(tmp_path)


def test_a_header_does_not_take_rows_into_a_name(tmp_path: Path) -> None:
    text = csv_text([row | {"VERSION": "x"} for row in people(30)])
    (bef_folder(tmp_path) / "bef.csv").write_text(with_stray_quotes(text, ",", 8, 1, 6))
    assert "a quote that opens in the header takes other rows into its field" in refused(tmp_path)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("ends", ["", "\n\n"])
def test_a_note_may_go_over_lines_wherever_it_stands(tmp_path: Path, newline: str, place: str, ends: str) -> None:
    note = 'Flyttet, jf. sag 7,\nse "Åsen", syd\n\n, og, så, videre\nFor: A, B, C, D, F, I, M, O, V, Æ, Ø, Å.\n'
    names = list(person())
    names.insert({"first": 0, "middle": 4, "last": len(names)}[place], "NOTE")
    rows = [{name: (row | {"NOTE": note if n % 2 else "x"})[name] for name in names} for n, row in enumerate(people(9))]
    (bef_folder(tmp_path) / "bef.csv").write_bytes((csv_text(rows) + ends).replace("\n", newline).encode())
    answer = receive_bef(tmp_path)
    assert (answer.faults, len(answer.rows)) == ([], 9)


def test_line_break_within_a_column_name(tmp_path: Path) -> None:
    text = csv_text([person() | {"LANG\nNAVN": "x"}])
    (bef_folder(tmp_path) / "bef.csv").write_text(text, encoding="utf-8")
    assert receive_bef(tmp_path).column("pnr") == [170000001]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_is_refused_as_what_it_is(tmp_path: Path, encoding: str) -> None:
    (bef_folder(tmp_path) / "bef.csv").write_bytes(csv_text(people(2)).encode(encoding))
    assert "UTF-16" in refused(tmp_path)
    assert "Deliver it as UTF-8" in refused(tmp_path)


def test_text_in_two_encodings_is_refused(tmp_path: Path) -> None:
    """One flipped byte must not turn every other name of the file into others."""
    data = csv_text([person() | {"NAVN": "Ærø"}, person(PNR="2") | {"NAVN": "Xx"}]).encode().replace(b"Xx", b"X\xe6")
    (bef_folder(tmp_path) / "bef.csv").write_bytes(data)
    assert "partly UTF-8" in refused(tmp_path)


def test_text_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    (bef_folder(tmp_path) / "bef.csv").write_bytes(csv_text([person() | {"NAVN": "x"}]).encode() + b"\x81\x8d\n")
    assert "neither UTF-8 nor Windows-1252" in refused(tmp_path)


def test_a_delimiter_within_a_quoted_name_divides_nothing(tmp_path: Path) -> None:
    rows = [row | {'"Note (dato, kilde, sag, mm., mv., osv., ca., nr., jf.)"': ""} for row in people(2)]
    text = csv_text(rows, delimiter=";").replace('"""', '"')
    (bef_folder(tmp_path) / "bef.csv").write_text(text, encoding="utf-8")
    assert receive_bef(tmp_path, checked=True).stops == []


@pytest.mark.parametrize(
    "name", ['"Note\n2"', "note (x, y, z, kilde, sag, mm., mv., osv., ca., nr.)"], ids=["a line's end", "commas"]
)
@pytest.mark.parametrize("first", [True, False])
def test_the_header_is_divided_by_what_leaves_names(tmp_path: Path, name: str, first: bool) -> None:
    names, *rows = csv_text(people(2), delimiter=";").splitlines()
    columns = zip([name, "a", "b"], [names, *rows], strict=True)
    lines = [";".join(cells if first else cells[::-1]) for cells in columns]
    (bef_folder(tmp_path) / "bef.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    answer = receive_bef(tmp_path, checked=True)
    assert (answer.stops, len(answer.rows)) == ([], 2)


# --- files that hold nothing, or not what they say ---


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "sas7bdat", "xpt"])
def test_file_without_bytes(tmp_path: Path, suffix: str) -> None:
    (bef_folder(tmp_path) / f"bef.{suffix}").write_bytes(b"")
    assert f"bef.{suffix}: the file is empty" in refused(tmp_path)


@pytest.mark.parametrize("suffix", ["csv.gz", "parquet", "sas7bdat", "xpt"])
def test_file_of_another_type_than_its_name_says(tmp_path: Path, suffix: str) -> None:
    (bef_folder(tmp_path) / f"bef.{suffix}").write_text(csv_text(people(30)))
    assert f"bef.{suffix}: the " in refused(tmp_path)


def test_header_and_no_rows(tmp_path: Path) -> None:
    (bef_folder(tmp_path) / "bef.csv").write_text(csv_text(people(1)).splitlines()[0] + "\n")
    answer = receive_bef(tmp_path)
    assert (answer.faults, answer.rows) == ([], [])
    assert answer.content is not None


@pytest.mark.parametrize("text", ["\n", "\nPNR,KOM\n1,101\n", '"PNR\n'])
def test_no_header(tmp_path: Path, text: str) -> None:
    (bef_folder(tmp_path) / "bef.csv").write_text(text)
    assert "bef.csv: " in refused(tmp_path)


def test_damaged_gzip_is_said_and_nothing_more(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(gzip.compress(csv_text(people(500)).encode("cp1252")))
    data[len(data) // 2] ^= 0xFF
    (bef_folder(tmp_path) / "bef.csv.gz").write_bytes(data)
    assert "damaged" in refused(tmp_path)
    assert capfd.readouterr().err == ""


def test_every_faulty_file_of_a_delivery_is_said(tmp_path: Path) -> None:
    folder = bef_folder(tmp_path)
    (folder / "a.parquet").write_bytes(b"")
    (folder / "b.csv").write_bytes(csv_text(people(2)).encode("utf-16"))
    (folder / "c.csv").write_text("PNR,KOM\n1,101\n")
    (folder / "d.csv").write_text(csv_text(people(2)))
    (folder / "e.csv.gz").write_bytes(b"\x1f\x8b no")
    faults = receive_bef(tmp_path).faults
    assert [line.split(":")[0] for line in faults] == [
        f"bef/2024-01-01/{n}" for n in ("a.parquet", "b.csv", "c.csv", "e.csv.gz")
    ]
    assert "FOED_DAG, KOEN, ADRESSE_ID, IE_TYPE, OPR_LAND, STATSB" in faults[2]


def test_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bef_folder(tmp_path) / "bef.csv"
    path.write_text(csv_text(people(2)))
    from assets.intake import snapshots

    inspect = snapshots.storing.inspect_files

    def inspect_and_append(*args: object) -> object:
        with path.open("a") as stream:
            stream.write(csv_text(people(3)).splitlines()[-1] + "\n")
        return inspect(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(snapshots.storing, "inspect_files", inspect_and_append)
    assert "changed while it was read" in refused(tmp_path)


# --- several files, and several types ---


def test_files_of_every_type_are_one_vintage(tmp_path: Path) -> None:
    folder = bef_folder(tmp_path)
    (folder / "1.csv").write_text(csv_text([person(PNR="1")]))
    (folder / "2.csv.gz").write_bytes(gzip.compress(csv_text([person(PNR="2")], ";").encode("cp1252")))
    write_parquet(folder / "3.PARQUET", columns_sql(PNR="3", FOED_DAG=f"DATE '{BORN}'", KOM="101"))
    write_xpt(folder / "4.xpt", sas_frame(["4"]), {"FOED_DAG": "DATE9."})
    write_sas7bdat(folder / "5.sas7bdat", sas_frame(["5"]))
    answer = receive_bef(tmp_path, checked=True)
    assert answer.stops == []
    assert answer.column("pnr") == [11, 12, 13, 14, 15]
    assert answer.column("foed_dag") == [BORN] * 5
    assert {(row["koen"], row["kom"], row["adresse_id"], row["opr_land"]) for row in answer.rows} == {
        (1, 101, 1900001, 5100)
    }


def test_more_files_than_a_byte_counts(tmp_path: Path) -> None:
    for n, row in enumerate(people(300)):
        (bef_folder(tmp_path) / f"part-{n:05}.csv").write_text(csv_text([row]))
    assert len(receive_bef(tmp_path).rows) == 300


# --- SAS ---


def sas_frame(keys: list[str], **more: list[object]) -> pd.DataFrame:
    count = len(keys)
    columns: dict[str, list[object]] = {
        "PNR": list(keys),
        "FOED_DAG": [float(BORN_SAS)] * count,
        "KOEN": [1.0] * count,
        "KOM": ["101"] * count,
        "ADRESSE_ID": ["900001"] * count,
        "IE_TYPE": [1.0] * count,
        "OPR_LAND": [5100.0] * count,
        "STATSB": ["5100"] * count,
    }
    return pd.DataFrame(columns | more)


def test_sas_missing_is_empty_not_zero(tmp_path: Path) -> None:
    frame = sas_frame(["1", "2"], OPR_LAND=[None, 5100.0], STATSB=["", "5100"], FOED_DAG=[None, float(BORN_SAS)])
    write_sas7bdat(bef_folder(tmp_path) / "bef.sas7bdat", frame)
    answer = receive_bef(tmp_path)
    assert answer.faults == []
    first = min(answer.rows, key=lambda row: row["pnr"])
    assert (first["opr_land"], first["statsb"], first["foed_dag"]) == (None, None, None)


def test_sas_column_that_is_missing_throughout(tmp_path: Path) -> None:
    write_sas7bdat(bef_folder(tmp_path) / "bef.sas7bdat", sas_frame(["1", "2"], STATSB=[float("nan")] * 2))
    assert receive_bef(tmp_path).column("statsb") == [None, None]


@pytest.mark.parametrize(
    ("sas_format", "value"),
    [
        ("DATE9.", BORN_SAS),
        ("YYMMDD10.", BORN_SAS),
        ("DDMMYY10.", BORN_SAS),
        ("DATETIME20.", BORN_SAS * 86400 + 43200),
        ("DTDATE9.", BORN_SAS * 86400),
        ("E8601DT19.", BORN_SAS * 86400 + 86399),
    ],
)
def test_sas_days_and_instants(tmp_path: Path, sas_format: str, value: int) -> None:
    frame = sas_frame(["1"], FOED_DAG=[float(value)])
    write_xpt(bef_folder(tmp_path) / "bef.xpt", frame, {"FOED_DAG": sas_format})
    answer = receive_bef(tmp_path, checked=True)
    assert answer.stops == []
    assert answer.column("foed_dag") == [BORN]


@pytest.mark.parametrize(("sas_format", "value"), [("DATE9.", 2936547), ("DATETIME20.", 2936547 * 86400)])
def test_a_sas_day_that_stands_for_no_end_is_a_day(tmp_path: Path, sas_format: str, value: int) -> None:
    """31 December 9999 in SAS, to which 4000 and 8000 are no leap years: two days lower than the calendar has it."""
    frame = sas_frame(["1"], FOED_DAG=[value])
    write_xpt(bef_folder(tmp_path) / "bef.xpt", frame, {"FOED_DAG": sas_format})
    answer = receive_bef(tmp_path, checked=True)
    assert answer.column("foed_dag") == [dt.date(9999, 12, 29)]
    assert "foed_dag_type" not in answer.failing


@pytest.mark.parametrize(("sas_format", "value"), [("DATETIME20.", 9e15), ("DATE9.", 1e9), ("DATE9.", 0.5)])
def test_sas_numbers_that_are_no_day(tmp_path: Path, sas_format: str, value: float) -> None:
    write_xpt(bef_folder(tmp_path) / "bef.xpt", sas_frame(["1"], FOED_DAG=[value]), {"FOED_DAG": sas_format})
    answer = receive_bef(tmp_path, checked=True)
    assert answer.failing["foed_dag_type"] == 1


def test_xport_text_in_windows_1252(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / "omraade" / "2024"
    folder.mkdir(parents=True)
    row = {"AREA_ID": ["a"], "NAVN": ["Aeroeparken"], "KOM": ["101"], "EJERLAV": [7.0], "MATRIKEL": ["1a"]}
    write_xpt(folder / "omraade.xpt", pd.DataFrame(row))
    path = folder / "omraade.xpt"
    path.write_bytes(path.read_bytes().replace(b"Aeroe", "Ærøxx".encode("cp1252")))
    answer = receive(tmp_path, "omraade", "2024", checked=False)
    assert answer.faults == []
    assert answer.rows[0]["navn"] == "Ærøxxparken"


@pytest.mark.parametrize("rows", [9, 200])
def test_xport_that_was_cut_off_or_holds_more_is_refused(tmp_path: Path, rows: int) -> None:
    path = bef_folder(tmp_path) / "bef.xpt"
    write_xpt(path, sas_frame([str(n) for n in range(rows)]))
    whole = path.read_bytes()
    assert receive_bef(tmp_path).faults == []
    begins = whole.rindex(b"HEADER RECORD*******OBS") + 80
    cut = {whole[:size] for size in (len(whole) - 1, len(whole) - 80, begins + 80, begins + 33, begins - 7)}
    for content in (cut - {whole}) | {whole + b"x" * 80, whole + b" " * 80, whole + b" " * 7}:
        path.write_bytes(content)
        assert "bef.xpt: the file " in refused(tmp_path)
    member = whole[whole.index(b"HEADER RECORD*******MEMB") :]
    path.write_bytes(whole + member)
    assert "bef.xpt: the file holds several data sets" in refused(tmp_path)


def test_truncated_sas7bdat(tmp_path: Path) -> None:
    path = bef_folder(tmp_path) / "bef.sas7bdat"
    write_sas7bdat(path, sas_frame([str(n) for n in range(1, 3000)]))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    assert "bef.sas7bdat: the file " in refused(tmp_path)


# --- codes, keys, days, amounts in whatever type ---


@pytest.mark.parametrize(
    "kom", ["'101'", "' 101 '", "'0101'", "101", "101.0::DOUBLE", "101::DECIMAL(5,0)", "101::DECIMAL(7,2)", "101::BLOB"]
)
def test_code_in_any_type(tmp_path: Path, kom: str) -> None:
    kom = "'101'::BLOB" if "BLOB" in kom else kom
    write_parquet(bef_folder(tmp_path) / "bef.parquet", columns_sql(KOM=kom))
    assert receive_bef(tmp_path).column("kom") == [101]


@pytest.mark.parametrize(
    "key", ["'70000001'", "70000001", "70000001::DOUBLE", "70000001::DECIMAL(12,2)", "70000001::UBIGINT"]
)
def test_key_is_the_same_in_any_type(tmp_path: Path, key: str) -> None:
    write_parquet(bef_folder(tmp_path) / "bef.parquet", columns_sql(PNR=key))
    assert receive_bef(tmp_path).column("pnr") == [170000001]


def test_leading_zeros_of_a_key_count(tmp_path: Path) -> None:
    (bef_folder(tmp_path) / "bef.csv").write_text(csv_text([person(PNR="001"), person(PNR="01"), person(PNR="1")]))
    assert receive_bef(tmp_path).column("pnr") == [1001, 101, 11]


@pytest.mark.parametrize("key", ["90071992547409930::DOUBLE", "16777217001::FLOAT", "1.5::DOUBLE"])
def test_key_that_a_binary_number_cannot_hold(tmp_path: Path, key: str) -> None:
    write_parquet(bef_folder(tmp_path) / "bef.parquet", columns_sql(PNR=key))
    answer = receive_bef(tmp_path, checked=True)
    assert answer.failing == {"pnr_type": 1}
    assert answer.column("pnr") == [None]


@pytest.mark.parametrize("number", ["3112801234", "3112801234::DOUBLE", "3112801234::DECIMAL(12,2)", "'3112801234'"])
def test_cpr_number_in_any_type_is_refused_and_not_stored(tmp_path: Path, number: str) -> None:
    write_parquet(bef_folder(tmp_path) / "bef.parquet", columns_sql(PNR=number))
    answer = receive_bef(tmp_path, checked=True)
    assert answer.failing == {"no_cpr_number": 1}
    assert answer.column("pnr") == [None]


@pytest.mark.parametrize(
    "day",
    [
        f"DATE '{BORN}'",
        f"TIMESTAMP '{BORN} 13:00:00'",
        f"'{BORN}'",
        f"'{BORN}T00:00:00'",
        str(BORN_SAS),
        f"{BORN_SAS}::DOUBLE",
        "TIMESTAMPTZ '1980-02-02 23:00:00+00'",
        "TIMESTAMPTZ '1980-02-03 00:00:00+00'",
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_day_in_any_type_and_time_zone(tmp_path: Path, day: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet(bef_folder(tmp_path) / "bef.parquet", columns_sql(FOED_DAG=day))
    monkeypatch.setenv("TZ", zone)
    assert receive_bef(tmp_path).column("foed_dag") == [BORN]


def test_amounts_in_any_type(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / "ind" / "2023"
    folder.mkdir(parents=True)
    (folder / "1.csv").write_text('PNR;PERINDKIALT_13;OMFANG\n1;"-1234,50";1\n2;;1\n3;1234.5;1\n')
    write_parquet(folder / "2.parquet", "SELECT '4' AS pnr, 0.1::DOUBLE AS perindkialt_13, '01' AS omfang")
    write_parquet(folder / "3.parquet", "SELECT 5 AS Pnr, 7::DECIMAL(9,4) AS Perindkialt_13, 1.0 AS Omfang")
    answer = receive(tmp_path, "ind", "2023")
    assert answer.stops == []
    by_key = {row["pnr"]: row["perindkialt_13"] for row in answer.rows}
    assert by_key == {
        11: Decimal("-1234.50"),
        12: None,
        13: Decimal("1234.50"),
        14: Decimal("0.10"),
        15: Decimal("7.00"),
    }


@pytest.mark.parametrize(
    ("cells", "failing"),
    [
        (["1000.125"], {"perindkialt_13_type": 1}),
        (["1000.0000000000001", "1000.00000000000010"], {"perindkialt_13_type": 2}),
        (["1000.0000000000000"], {}),
        (["1000.125", ""], {"perindkialt_13_type": 1, "perindkialt_13_filled": 1}),
        (["abc", ""], {"perindkialt_13_type": 1, "perindkialt_13_filled": 1}),
    ],
)
def test_an_amount_that_cannot_be_stored_is_no_empty_one(
    tmp_path: Path, cells: list[str], failing: dict[str, int]
) -> None:
    folder = tmp_path / "snapshots" / "ind" / "2023"
    folder.mkdir(parents=True)
    rows = "".join(f"{number},{cell},1\n" for number, cell in enumerate(cells, 1))
    (folder / "1.csv").write_text(f"PNR,PERINDKIALT_13,OMFANG\n{rows}")
    assert receive(tmp_path, "ind", "2023").failing == failing


@pytest.mark.parametrize(("area", "kept"), [("80.125", "80.13"), ("80,5", "80.50"), ("80", "80.00"), ("stor", None)])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_dwellings_area_may_have_any_decimals(tmp_path: Path, area: str, kept: str | None, suffix: str) -> None:
    folder = tmp_path / "snapshots" / "bolig" / "2024-01-01"
    folder.mkdir(parents=True)
    cells = {"ADRESSE_ID": "7", "KOM": "101", "EJERLAV": "1", "MATRIKEL": "1a", "AFDELING_ID": "1"}
    cells |= {"BOLIGKATEGORI": "familiebolig", "BOLIGAREAL": area, "ANTAL_VAERELSER": "3"}
    if suffix == "csv":
        (folder / "1.csv").write_text(csv_text([cells], delimiter=";"))
    else:
        write_parquet(folder / "1.parquet", "SELECT " + ", ".join(f"'{v}' AS {k}" for k, v in cells.items()))
    answer = receive(tmp_path, "bolig", "2024-01-01")
    assert answer.failing == ({} if kept else {"boligareal_type": 1})
    assert answer.column("boligareal") == [Decimal(kept) if kept else None]


def test_a_key_refused_for_two_reasons_is_counted_once(tmp_path: Path) -> None:
    folder = bef_folder(tmp_path)
    rest = ", ".join(f"'{value}' AS {name}" for name, value in person().items() if name != "PNR")
    write_parquet(folder / "1.parquet", f"SELECT 1112801234::FLOAT AS PNR, {rest}")
    assert receive_bef(tmp_path, checked=True).failing == {"pnr_type": 1}


# --- names of columns ---


@pytest.mark.parametrize("names", [("pnr", "PNR"), ("PNR", "pnr")])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_of_names_that_differ_in_case_the_contracts_own_counts(
    tmp_path: Path, names: tuple[str, str], suffix: str
) -> None:
    rest = {name: value for name, value in person().items() if name != "PNR"}
    row = {name: "7" if name == "PNR" else "8" for name in names} | rest
    path = bef_folder(tmp_path) / f"bef.{suffix}"
    if suffix == "csv":
        path.write_text(csv_text([row]))
    else:
        _write_other_parquet(path, row)
    assert receive_bef(tmp_path).column("pnr") == [17]


def _write_other_parquet(path: Path, row: dict[str, str]) -> None:
    """Writes columns under placeholder names of the same length and puts the real names into the file."""
    placeholder = {name: name if name.isupper() else "~" * len(name) for name in row}
    with duckdb.connect() as con:
        parts = ", ".join(f"'{value}' AS \"{placeholder[name]}\"" for name, value in row.items())
        con.execute(f"COPY (SELECT {parts}) TO '{path}' (FORMAT parquet)")
    path.write_bytes(path.read_bytes().replace(b"~~~", b"pnr"))


def deliver(folder: Path, register: str, year: int, header: str) -> list[str]:
    """What is said of a file with these columns and one row."""
    place = folder / "snapshots" / register / str(year)
    place.mkdir(parents=True)
    (place / "del.csv").write_text(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    answer = receive(folder, register, str(year))
    assert (answer.rows == []) == bool(answer.faults)
    return answer.faults


def test_a_former_name_is_named_and_not_read(tmp_path: Path) -> None:
    assert deliver(tmp_path, "akm", 2023, "PNR,socio02") == [
        "akm/2023/del.csv: required column missing: SOCIO13, in place of which SOCIO02 (2002-2013) is there: an older "
        "classification, not the same quantity, so it is not read. Ask for SOCIO13."
    ]


def test_a_former_name_is_not_read_for_the_years_it_was_used_in_either(tmp_path: Path) -> None:
    (fault,) = deliver(tmp_path, "akm", 2005, "PNR,SOCIO02")
    assert "required column missing: SOCIO13" in fault


def test_a_former_name_beside_the_column_is_an_extra_column(tmp_path: Path) -> None:
    assert deliver(tmp_path, "akm", 2023, "PNR,SOCIO02,SOCIO13") == []


def test_a_column_outside_its_years_is_said_to_be_so(tmp_path: Path) -> None:
    assert deliver(tmp_path, "akm", 1990, "PNR") == [
        "akm/1990/del.csv: required column missing: SOCIO13, which the register has from 1991 on. "
        "Check which year the file is of."
    ]


def test_a_year_without_the_columns_can_be_left_out_of_an_optional_register(tmp_path: Path) -> None:
    remedy = "Check which year the file is of, or take the folder of 2004 away: the register is optional."
    place = "vnds_ind/2004/del.csv: required column missing:"
    assert deliver(tmp_path, "vnds_ind", 2004, "PNR,HAEND_DATO,INDUD_KODE,INDUD_LAND") == [
        f"{place} IE_TYPE, which the register has from 2005 on. {remedy}",
        f"{place} OPR_LAND, which the register has from 2005 on. {remedy}",
        f"{place} INDV_LAND, which the register has from 2005 on, and in place of which INDUD_LAND (1973-2024) is "
        f"there: the country of migrations in both directions, not the same quantity, so it is not read. {remedy}",
    ]


def test_a_column_that_ended_is_said_to_have_ended() -> None:
    ended = replace(AKM, columns=tuple(replace(column, last_year=2020) for column in AKM.columns))
    assert missing_columns(ended, ["PNR"], 2020) == [
        ("required column missing: SOCIO13", "Ask for a delivery with the contract's columns.")
    ]
    assert missing_columns(ended, ["PNR"], 2021) == [
        ("required column missing: SOCIO13, which the register has 1991-2020", "Check which year the file is of.")
    ]


def test_columns_missing_for_different_reasons_are_all_named(tmp_path: Path) -> None:
    plain, former = sorted(deliver(tmp_path, "ind", 2023, "perindkialt"))[::-1]
    assert plain == (
        "ind/2023/del.csv: required columns missing: PNR, OMFANG. Ask for a delivery with the contract's columns."
    )
    assert former.startswith("ind/2023/del.csv: required column missing: PERINDKIALT_13, in place of which PERINDKIALT")


@pytest.mark.parametrize("header", ["PNR,PNR", "Pnr,pnr"])
def test_column_that_is_there_twice_is_refused(tmp_path: Path, header: str) -> None:
    text = csv_text([{"X": "1"} | person()]).replace("X,PNR", header)
    (bef_folder(tmp_path) / "bef.csv").write_text(text)
    assert "required column there more than once: PNR" in refused(tmp_path)


def test_extra_columns_twice_do_not_matter(tmp_path: Path) -> None:
    text = csv_text([person() | {"CPRTJEK": "1", "X": "2"}]).replace("CPRTJEK,X", "CPRTJEK,cprtjek")
    (bef_folder(tmp_path) / "bef.csv").write_text(text)
    assert len(receive_bef(tmp_path).rows) == 1


def test_folder_that_looks_like_a_column(tmp_path: Path) -> None:
    """A path with KOM=... must not give a column that the file has not."""
    root = tmp_path / "KOM=101" / "KOEN=1"
    folder = bef_folder(root)
    write_parquet(folder / "a.parquet", columns_sql().replace(", '101' AS KOM", ""))
    (folder / "b.csv").write_text(csv_text([{n: v for n, v in person().items() if n != "KOEN"}]))
    assert ["KOM" in line or "KOEN" in line for line in receive_bef(root).faults] == [True, True]


# --- names of files and folders, and links ---

HOSTILE = [
    "it's.csv",
    'q"uote.csv',
    "new\nline.csv",
    "star*[1]?.csv",
    "a;DROP TABLE received.snapshots;--.csv",
    "') FROM x; --.csv",
    "${HOME} $(id) `id`.csv",
    "æøå 名.csv",
    "[bold red]x.csv",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_any_file_name(tmp_path: Path, name: str, suffix: str) -> None:
    root = tmp_path / "a'b [2024] *?"
    path = bef_folder(root) / name.replace("csv", suffix)
    if suffix == "csv":
        path.write_text(csv_text(people(2)))
    else:
        write_parquet(path, columns_sql())
    answer = receive_bef(root)
    assert answer.faults == []
    assert len(answer.rows) == (2 if suffix == "csv" else 1)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_file_name_in_a_message(tmp_path: Path, name: str) -> None:
    (bef_folder(tmp_path) / name).write_bytes(b"")
    assert "the file is empty" in refused(tmp_path)


def test_name_as_a_pattern_does_not_take_other_files(tmp_path: Path) -> None:
    folder = bef_folder(tmp_path)
    (folder / "bef[12].csv").write_text(csv_text([person(PNR="1")]))
    (folder / "bef1.csv").write_text(csv_text([person(PNR="2")]))
    assert receive_bef(tmp_path).column("pnr") == [11, 12]


def test_name_that_is_no_utf8(tmp_path: Path) -> None:
    with open(os.fsencode(bef_folder(tmp_path)) + b"/bef\xe6.csv", "w") as stream:
        stream.write(csv_text(people(1)))
    assert "the file's name is not UTF-8. Rename the file." in refused(tmp_path)


def test_folder_named_like_a_file(tmp_path: Path) -> None:
    (bef_folder(tmp_path, "bef.parquet") / "part-0.parquet").write_bytes(b"")
    (bef_folder(tmp_path) / "bef.csv").write_text(csv_text(people(1)))
    assert "bef.parquet: a folder, not a file" in refused(tmp_path)


def test_pipe_named_like_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(bef_folder(tmp_path) / "bef.csv")
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.append(refused(tmp_path)), daemon=True)
    reader.start()
    reader.join(timeout=20)
    assert "no ordinary file" in lines[0]


@pytest.mark.parametrize("link", ["file", "vintage", "reference", "register"])
def test_link_that_leads_outside_is_refused(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "udenfor"
    target = outside / "bef" / "2024-01-01" / "2024-05-01"
    target.mkdir(parents=True)
    (target / "bef.csv").write_text(csv_text(people(1)))
    folder = tmp_path / "snapshots" / "bef"
    match link:
        case "file":
            (bef_folder(tmp_path) / "bef.csv").symlink_to(target / "bef.csv")
        case "vintage":
            (bef_folder(tmp_path) / "2024-05-01").symlink_to(target)
        case "reference":
            folder.mkdir(parents=True)
            (folder / "2024-01-01").symlink_to(target)
        case "register":
            folder.parent.mkdir(parents=True)
            folder.symlink_to(outside / "bef")
    assert "leads outside the snapshots folder" in refused(tmp_path)


def test_link_within_the_snapshots_folder_and_to_it(tmp_path: Path) -> None:
    root = tmp_path / "rigtigt"
    place = root / "bef" / "arkiv"
    place.mkdir(parents=True)
    (place / "bef.csv").write_text(csv_text(people(1)))
    (root / "bef" / "2024-01-01").symlink_to(place)
    (tmp_path / "snapshots").symlink_to(root)
    assert len(receive_bef(tmp_path).rows) == 1


@pytest.mark.parametrize("to", ["bef.csv", "nowhere.csv"])
def test_link_that_leads_nowhere(tmp_path: Path, to: str) -> None:
    (bef_folder(tmp_path) / "bef.csv").symlink_to(to)
    assert "leads nowhere" in refused(tmp_path)


NO_FOLDERS = {
    "link": (lambda place: place.symlink_to("/mnt/borte/mappe"), "is a link that leads nowhere. Put the folder itself"),
    "loop": (lambda place: place.symlink_to(place.name), "is a link that leads nowhere. Put the folder itself"),
    "file": (lambda place: place.write_text("PNR\n70000001\n"), "is a file, not a folder. Make it a folder"),
}


@pytest.mark.parametrize("put", NO_FOLDERS)
@pytest.mark.parametrize(
    "place",
    [
        "bef/2024-01-01/2024-05-01",
        "bef/2024-01-01",
        "bef",
        "anvisningsloft/2024",
        "anvisningsloft",
        "liste/2024",
        "liste",
    ],
)
def test_what_stands_in_the_place_of_a_folder_is_told(tmp_path: Path, place: str, put: str) -> None:
    """Neither an older vintage nor "nothing was delivered" stands in for what cannot be reached."""
    register, reference, *_ = [*place.split("/"), "2024-01-01" if place == "bef" else "2024"]
    at = tmp_path / "snapshots" / place
    at.parent.mkdir(parents=True)
    if place.count("/") > 1:
        (at.parent / "bef.csv").write_text(csv_text(people(1)))
    make, words = NO_FOLDERS[put]
    make(at)
    answer = receive(tmp_path, register, reference, checked=False)
    named = place if place.count("/") > 1 else f"{register}/{reference}"
    assert (len(answer.faults), answer.rows) == (1, [])
    assert answer.faults[0].startswith(f"{named}: {at.name} {words}")


@pytest.mark.parametrize("put", NO_FOLDERS)
@pytest.mark.parametrize(("place", "years"), [("vnds_ind/2023", [2022, 2023]), ("vnds_ind", [2024])])
def test_a_register_of_any_year_counts_a_year_that_cannot_be_reached(
    tmp_path: Path, place: str, years: list[int], put: str
) -> None:
    """So that the year is asked for and told of, like that of any other register."""
    at = tmp_path / "snapshots" / place
    if "/" in place:
        (at.parent / "2022").mkdir(parents=True)
        (at.parent / "2025").mkdir()
    else:
        at.parent.mkdir()
    make, words = NO_FOLDERS[put]
    make(at)
    register = REGISTER_BY_NAME["vnds_ind"]
    assert delivered_years(tmp_path / "snapshots", register, 2024) == years
    delivery = find_delivery(tmp_path / "snapshots", register, str(years[-1]))
    assert delivery is not None
    assert [fault.line for fault in delivery.faults if words in fault.line]


def test_an_older_vintage_that_cannot_be_reached_is_not_asked_for(tmp_path: Path) -> None:
    (bef_folder(tmp_path, "2024-05-01") / "bef.csv").write_text(csv_text(people(2)))
    (bef_folder(tmp_path) / "2024-03-01").symlink_to("/mnt/borte")
    (bef_folder(tmp_path) / "2024-04-01").write_text("x")
    assert len(receive_bef(tmp_path).rows) == 2


# --- vintages ---


def test_newest_vintage_is_used_alone(tmp_path: Path) -> None:
    (bef_folder(tmp_path) / "bef.csv").write_text(csv_text([person(PNR="1")]))
    for day, pnr in (("2024-05-01", "2"), ("2024-11-30", "3"), ("2023-12-31", "4")):
        (bef_folder(tmp_path, day) / "bef.csv").write_text(csv_text([person(PNR=pnr)]))
    answer = receive_bef(tmp_path)
    assert (answer.vintage, answer.column("pnr")) == ("2024-11-30", [13])


@pytest.mark.parametrize("name", ["bef.zip", "bef.xlsx", "_COMPLETE"])
def test_newest_vintage_without_a_readable_file_is_a_fault(tmp_path: Path, name: str) -> None:
    """The list must not rest on an older vintage because the newest was packed in another way."""
    (bef_folder(tmp_path) / "bef.csv").write_text(csv_text(people(1)))
    (bef_folder(tmp_path, "2024-05-01") / name).write_bytes(b"")
    assert f"bef/2024-01-01/2024-05-01: no file of a type that can be read, only {name}" in refused(tmp_path)


@pytest.mark.parametrize("name", ["2024-13-45", "3024-05-01"])
def test_vintage_that_is_no_day(tmp_path: Path, name: str) -> None:
    (bef_folder(tmp_path) / "bef.csv").write_text(csv_text(people(1)))
    (bef_folder(tmp_path, name) / "bef.csv").write_text(csv_text(people(2)))
    assert "the folder's name is no day" in refused(tmp_path)


def test_empty_folder_of_a_vintage_is_no_delivery(tmp_path: Path) -> None:
    (bef_folder(tmp_path) / "bef.csv").write_text(csv_text(people(1)))
    bef_folder(tmp_path, "2024-05-01")
    assert len(receive_bef(tmp_path).rows) == 1


def test_what_stands_beside_a_delivery_unread_is_told(tmp_path: Path) -> None:
    folder, day = bef_folder(tmp_path), "2024-01-01"
    (folder / "bef.csv").write_text(csv_text(people(3)))
    for name in ("_COMPLETE", ".bef.csv.tmp", "2024-06-01/bef.csv", "2024-06-01/.hidden"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(csv_text(people(3)))

    def told() -> list[str]:
        return unread(tmp_path / "snapshots", REGISTER_BY_NAME["bef"], day)

    assert told() == []
    left = ["bef.zip", "20240701/bef.csv", "2024-07-01_rettet/bef.csv", "2024-05-01/x.csv.filepart"]
    left += ["2024-06-01/bef.csv.filepart", "2024-08-01/data/bef.csv"]
    for name in left:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(csv_text(people(3)))
    read_not = ["2024-06-01/bef.csv.filepart", "2024-07-01_rettet", "2024-08-01", "20240701", "bef.zip"]
    assert told() == [f"bef/{day}/{name}" for name in read_not]
    assert unread(tmp_path / "snapshots", REGISTER_BY_NAME["bef"], "1999-01-01") == []


def test_nothing_is_written_into_the_snapshots_folder(tmp_path: Path) -> None:
    folder = bef_folder(tmp_path)
    (folder / "a.csv").write_bytes(csv_text(people(2)).encode("cp1252"))
    (folder / "b.csv.gz").write_bytes(b"damaged")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "snapshots").rglob("*")}
    receive_bef(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "snapshots").rglob("*")} == before
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("name", ["hjem [a]", "hjem*?", "hjem'ø"])
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    text = csv_text(people(2, BEMAERKNING="Ærø"))
    (bef_folder(place) / "bef.csv").write_bytes(text.encode("cp1252"))
    assert len(receive_bef(place).rows) == 2
