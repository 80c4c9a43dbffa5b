"""Files that classify reads in any of the delivered forms, and files and days that it refuses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.classify import classify

DAY = dt.date(2024, 12, 1)
HEADER = "area_id,residents,nonwestern_share,outside_share,convicted_ratio,primary_only_share,income_ratio\n"
GOOD = HEADER + "A,1000,0.6,0.41,3,0.2,0.9\n"
LISTED = "A,udsat_boligomraade,true,2,outside;convicted,2,outside;convicted"


def run(folder: Path, content: str | bytes, day: dt.date = DAY) -> int:
    path = folder / "areas.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return classify(path, day)


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.upper().replace("A,1000", "A,1000"),
        "\ufeff" + GOOD,
        GOOD.replace(",", ";").replace("0.", "0,"),
        GOOD.replace("area_id,", "area_name,area_id,").replace("A,1000", "Blåbærhaven,A,1000").encode("windows-1252"),
        GOOD.replace("0.41", "4.1e-1"),
        GOOD.replace("convicted_ratio", "convicted_share,national_convicted_share").replace(",3,", ",0.03,0.01,"),
        GOOD.replace("convicted_ratio", "convicted_ratio,convicted_share,national_convicted_share").replace(
            ",3,", ",,0.03,0.01,"
        ),
    ],
    ids=[
        "plain",
        "crlf",
        "case",
        "bom",
        "semicolon",
        "windows-1252",
        "exponent",
        "two shares",
        "empty ratio",
    ],
)
def test_every_form_of_file_is_read(tmp_path: Path, content: str | bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, content) == 0
    assert capsys.readouterr().out.splitlines()[1] == LISTED


def test_a_given_ratio_goes_before_a_quotient_of_rounded_shares(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = GOOD.replace("convicted_ratio", "convicted_ratio,convicted_share,national_convicted_share")
    assert run(tmp_path, columns.replace(",3,", ",3.0000000000,0.0217391304,0.0072463769,")) == 0
    assert "outside;convicted" in capsys.readouterr().out


def test_a_national_share_of_nothing_leaves_the_ratio_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = GOOD.replace("convicted_ratio", "convicted_share,national_convicted_share")
    assert run(tmp_path, columns.replace(",3,", ",0.03,0,")) == 0
    assert capsys.readouterr().out.splitlines()[1] == "A,ikke_omfattet,false,1,outside,1,outside"


def test_areas_come_out_in_the_order_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = GOOD.splitlines()[1]
    assert run(tmp_path, HEADER + "".join(f"{area}{line[1:]}\n" for area in "CAB")) == 0
    assert [text[0] for text in capsys.readouterr().out.splitlines()[1:]] == ["C", "A", "B"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty; give a CSV file"),
        (HEADER, "has no rows; give one row per area"),
        (b"PK\x03\x04\0\0", "is no text file"),
        (GOOD.replace("residents", "inhabitants"), "no column residents; add what is missing"),
        (GOOD.replace("convicted_ratio", "convicted_share"), "no column convicted_ratio (or both"),
        (
            GOOD.replace("nonwestern_share,outside_share", "x,convicted_ratio"),
            "no column nonwestern_share, outside_share",
        ),
        (GOOD.replace("income_ratio", "residents,income_ratio"), "the column residents stands twice"),
        (GOOD + "B,1000\n", "1 row(s) have another number of fields than the header, first on line 3"),
        (GOOD + GOOD.splitlines()[1], "area_id stands twice; give one row per area (1 row, first on line 3)"),
        (GOOD.replace("A,", ","), "area_id is empty"),
        (GOOD.replace("1000", "1.000"), "residents is no whole number"),
        (GOOD.replace("1000", "-1000"), "residents is no whole number"),
        (GOOD.replace("1000", ""), "residents is no whole number"),
        (GOOD.replace("0.41", "41"), "outside_share is outside 0 to 1; write 40 per cent as 0.40"),
        (GOOD.replace("0.41", "-0.1"), "outside_share is outside 0 to 1"),
        (
            GOOD.replace("0.41", "n/a"),
            "outside_share is no decimal number; write it as 0.40 or leave it empty",
        ),
        (GOOD.replace("0.41", "nan"), "outside_share is no decimal number"),
        (GOOD.replace("0.41", "1e999999999"), "outside_share is no decimal number"),
        (GOOD.replace(",3,", ",-3,"), "convicted_ratio is negative"),
    ],
)
def test_a_bad_file_is_one_line_and_nothing_is_printed(
    tmp_path: Path, content: str | bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, content) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("classify: areas.csv: ")
    assert said in printed.err


def test_all_faults_of_a_file_are_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, HEADER + "A,x,0.6,41,3,0.2,0.9\nB,y,0.6,0.3,3,z,0.9\n") == 2
    said = capsys.readouterr().err
    assert "residents is no whole number; write digits only (2 rows, first on line 2)" in said
    assert "outside_share is outside 0 to 1" in said
    assert "primary_only_share is no decimal number" in said


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert classify(tmp_path / "none.csv", DAY) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("day", [dt.date(2010, 12, 31), dt.date(1990, 1, 1)])
def test_a_day_that_no_law_covers_is_refused(tmp_path: Path, day: dt.date, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, GOOD, day) == 2
    assert f"no law here covers {day}: the first act took effect on 2011-01-01" in capsys.readouterr().err


def test_an_older_act_asks_for_the_share_of_convicted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, GOOD, dt.date(2016, 12, 1)) == 2
    assert "no column convicted_share" in capsys.readouterr().err


def test_the_2010_act_needs_neither_education_nor_income(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = "area_id,residents,nonwestern_share,outside_share,convicted_share\nA,1000,0.51,0.41,0.01\n"
    assert run(tmp_path, content, dt.date(2012, 10, 1)) == 0
    assert capsys.readouterr().out.splitlines()[1] == "A,ghettoomraade,,2,nonwestern;outside,,"
