"""Intake: bad rows are refused one by one with a reason, the rest goes on, and rows in are accepted or refused."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.administration import case_files, intake
from assets.administration.case_tables import BY_NAME, CASE_TABLES
from assets.administration.errors import AdministrationError
from assets.administration.intake import check_folder
from tests.administration.worlds import World, store_in_memory

MEMBERS = ("M", "N", "P", "SØREN")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.area(2026, "U", "udsat_boligomraade")
    made.area(2026, "F", "forebyggelsesomraade")
    made.seal()
    return made


def refused(world: World, *tables: str, day: str = "2026-12-31") -> list[tuple[str, int, str, str]]:
    with store_in_memory() as con:
        world.accept(con, tables, 2026, day)
        for rows_in, accepted, turned_down in con.execute(
            "SELECT rows_in, accepted, refused FROM cases.intake"
        ).fetchall():
            assert rows_in == accepted + turned_down
        return con.execute(
            'SELECT "table", row_number, "key", reason FROM cases.refused ORDER BY "table", file, row_number'
        ).fetchall()


def test_each_bad_case_row_has_its_reason(world: World) -> None:
    world.give(
        "members",
        {"household_id": "H", "member_id": "M"},
        {"household_id": "H", "member_id": ""},
        {"household_id": "H", "member_id": "N", "birth_date": "1990-02-30", "student": "ja"},
        {"household_id": "H", "member_id": "O", "citizenship": "9999", "release_from": "sygehus"},
        {"household_id": "H", "member_id": "P", "birth_date": "1990-01-01", "release_date": "1980-01-01"},
        {"household_id": "H", "member_id": "M", "student": True},
    )
    assert refused(world, "members") == [
        ("members", 1, "H M", "the same member of the household twice, with other content"),
        ("members", 2, "H", "member_id: missing"),
        ("members", 3, "H N", "birth_date: no day (YYYY-MM-DD); student: neither true nor false"),
        ("members", 4, "H O", "citizenship: no known country code; release_from: none of the known codes"),
        ("members", 5, "H P", "release_date: before birth_date"),
        ("members", 6, "H M", "the same member of the household twice, with other content"),
    ]


def test_benefit_months_that_overlap(world: World) -> None:
    rows = [("M", "2026-01", "dagpenge"), ("M", "2026-02", "dagpenge"), ("M", "2026-01", "dagpenge")]
    rows += [
        ("M", "2026-02", "sygedagpenge"),
        ("M", "2026-13", "dagpenge"),
        ("M", "2026-03", "løn"),
        ("", "2026-03", "dagpenge"),
        ("X", "2026-03", "dagpenge"),
    ]
    world.give("benefit_months", *({"member_id": m, "month": when, "benefit": b} for m, when, b in rows))
    world.give("members", {"household_id": "H", "member_id": "M"})
    assert refused(world, "members", "benefit_months") == [
        (
            "benefit_months",
            2,
            "M 2026-02",
            "overlapping benefit months: this month of the member stands twice, with other content",
        ),
        ("benefit_months", 3, "M 2026-01", "overlapping benefit months: this month of the member stands twice"),
        (
            "benefit_months",
            4,
            "M 2026-02",
            "overlapping benefit months: this month of the member stands twice, with other content",
        ),
        ("benefit_months", 5, "M 2026-13", "month: no month (YYYY-MM)"),
        ("benefit_months", 6, "M 2026-03", "benefit: none of the known codes"),
        ("benefit_months", 7, "2026-03", "member_id: missing"),
        ("benefit_months", 8, "X 2026-03", "member_id: no accepted member"),
    ]


def test_assignments_to_nowhere(world: World) -> None:
    good = {"household_id": "H", "decision_date": "2026-12-05", "alternative_exists": True}
    world.give(
        "assignments",
        {**good, "assignment_id": "1", "area_id": "U"},
        {**good, "assignment_id": "2", "area_id": "nowhere"},
        {**good, "assignment_id": "3", "area_id": "F", "decision_date": "2021-11-29"},
        {**good, "assignment_id": "1", "area_id": "F"},
        {**good, "assignment_id": "", "area_id": "F"},
    )
    assert refused(world, "assignments") == [
        ("assignments", 1, "1", "the same assignment twice, with other content"),
        ("assignments", 2, "2", "area_id: unknown area"),
        ("assignments", 3, "3", "decision_date: before the first day that the law is held for"),
        ("assignments", 4, "1", "the same assignment twice, with other content"),
        ("assignments", 5, "", "assignment_id: missing"),
    ]


def test_refund_events(world: World) -> None:
    good = {
        "received_at": "2026-03-01T09:00:00+01:00",
        "kind": "application",
        "application_id": "A",
        "kom": "101",
        "property_id": "P",
        "property_homes": 40,
        "homes": 10,
        "amount_oere": 100,
    }
    paid = {
        "received_at": "2026-02-01T09:00:00+01:00",
        "kind": "payment_request",
        "application_id": "A",
        "amount_oere": 5,
    }
    world.give(
        "refund_events",
        {**good, "event_id": "1"},
        {**good, "event_id": "2", "amount_oere": -1},
        {**good, "event_id": "3", "amount_oere": "10.50"},
        {**good, "event_id": "4", "received_at": "2026-03-01T09:00:00"},
        {**good, "event_id": "5", "kom": "999"},
        {**good, "event_id": "6", "homes": ""},
        {**paid, "event_id": "7"},
        {**good, "event_id": "1"},
        {**good, "event_id": "8", "received_at": "2027-01-01T00:00:00+01:00"},
        {**good, "event_id": "9", "received_at": "2026-12-31T23:59:59+01:00"},
        {**paid, "event_id": "10", "amount_oere": ""},
        {**good, "event_id": "11", "received_at": "2021-06-14T09:00:00+02:00"},
        {**good, "event_id": "12", "kind": "gave"},
        {**good, "event_id": " lapse "},
    )
    found = {key: reason for _, _, key, reason in refused(world, "refund_events")}
    assert found == {
        "1": "the same event twice",
        "2": "amount_oere: negative amount",
        "3": "amount_oere: no whole number of øre",
        "4": "received_at: no time with offset (YYYY-MM-DDThh:mm:ss+hh:mm)",
        "5": "kom: no known municipality",
        "6": "homes: missing",
        "8": "received_at: after the day of the run",
        "10": "amount_oere: missing",
        "11": "received_at: before the refund scheme took effect",
        "12": "kind: none of the known codes",
        "lapse": "event_id: stands for a lapse in the ledger",
    }


def test_a_request_before_its_application(world: World) -> None:
    world.give(
        "refund_events",
        {"event_id": "p", "received_at": "2026-02-01T09:00:00Z", "kind": "withdrawal", "application_id": "A"},
        {
            "event_id": "a",
            "received_at": "2026-02-01T09:00:01Z",
            "kind": "application",
            "application_id": "A",
            "kom": "101",
            "property_id": "P",
            "property_homes": 40,
            "homes": 2,
            "amount_oere": 1,
        },
    )
    assert refused(world, "refund_events") == [
        ("refund_events", 1, "p", "received_at: before the application it is about")
    ]


def test_dates_before_the_agreement(world: World) -> None:
    agreement = {"kom": "101", "property_id": "P", "property_homes": 40, "homes": 10, "signed_on": "2026-03-01"}
    world.give(
        "private_agreements",
        {**agreement, "agreement_id": "A"},
        {**agreement, "agreement_id": "B", "ends_on": "2026-02-28"},
        {**agreement, "agreement_id": "C", "homes": 41},
    )
    vacancy = {"home_id": "1", "agreement_id": "A"}
    world.give(
        "private_vacancies",
        {**vacancy, "vacancy_id": "1", "offered_on": "2026-03-01"},
        {**vacancy, "vacancy_id": "2", "offered_on": "2026-02-28"},
        {**vacancy, "vacancy_id": "3", "offered_on": "2026-03-02", "answered_on": "2026-03-01"},
        {**vacancy, "vacancy_id": "4", "offered_on": "2026-03-02", "agreement_id": "B"},
    )
    assert refused(world, "private_agreements", "private_vacancies") == [
        ("private_agreements", 2, "B", "ends_on: before the agreement"),
        ("private_agreements", 3, "C", "homes: more than the property has"),
        ("private_vacancies", 2, "2", "offered_on: before the agreement"),
        ("private_vacancies", 3, "3", "answered_on: before offered_on"),
        ("private_vacancies", 4, "4", "agreement_id: unknown agreement"),
    ]


def test_rows_about_what_was_not_delivered(world: World) -> None:
    world.give(
        "private_agreements",
        {
            "agreement_id": "G",
            "kom": "101",
            "property_id": "P",
            "property_homes": 8,
            "homes": 2,
            "signed_on": "2026-03-01",
        },
    )
    application = {
        "event_id": "e",
        "received_at": "2026-02-01T09:00:00Z",
        "kind": "application",
        "kom": "101",
        "property_id": "P",
        "property_homes": 8,
        "homes": 2,
        "amount_oere": 100,
    }
    world.give("refund_events", {**application, "application_id": "A"})
    world.give(
        "private_refunds",
        *({"application_id": a, "agreement_id": g} for a, g in (("A", "G"), ("B", "G"), ("A2", "none"))),
    )
    criteria = {"criteria_set": "K", "criterion": "arbejde", "kind": "employment", "area_id": "U"}
    world.give("letting_criteria", {**criteria, "decided_on": "2026-01-01"})
    world.give("vacancies", {"vacancy_id": "V", "area_id": "U", "let_on": "2026-12-01", "let_as": "almindelig"})
    world.give("applicants", {"vacancy_id": "V", "applicant_id": "a", "listed_on": "2020-01-01"})
    answer = {"criteria_set": "K", "criterion": "arbejde", "met": True}
    world.give("applicant_criteria", *({**answer, "applicant_id": name} for name in ("a", "b")))
    tables = ("private_agreements", "refund_events", "private_refunds", "letting_criteria", "vacancies", "applicants")
    assert refused(world, *tables, "applicant_criteria") == [
        ("applicant_criteria", 2, "b K arbejde", "applicant_id: unknown applicant"),
        ("private_refunds", 2, "B", "application_id: no accepted application"),
        (
            "private_refunds",
            3,
            "A2",
            "agreement_id: unknown agreement; application_id: no accepted application",
        ),
    ]


def test_forms_of_csv_and_parquet(world: World) -> None:
    world.give("members", *({"household_id": "H", "member_id": name} for name in MEMBERS))
    folder = world.cases / "benefit_months"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(
        b"\xef\xbb\xbfMONTH;Member_ID;extra;benefit\r\n2026-01;M;x;dagpenge\r\n\r\n2026-02;M;dagpenge\r\n"
    )
    (folder / "b.csv").write_bytes("member_id,month,benefit\nSØREN,2026-01,dagpenge\n".encode("cp1252"))
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT 'P' AS member_id, '2026-01' AS month, 'dagpenge' AS benefit "
            "UNION ALL SELECT NULL, '2026-01', 'dagpenge') "
            f"TO '{folder / 'c.parquet'}' (FORMAT parquet)"
        )
    (folder / "_COMPLETE").touch()
    with store_in_memory() as con:
        world.accept(con, ["members", "benefit_months"], 2026, "2026-12-31")
        assert con.execute("SELECT member_id FROM cases.benefit_months ORDER BY 1").fetchall() == [
            ("M",),
            ("P",),
            ("SØREN",),
        ]
        found = con.execute("SELECT file, row_number, reason FROM cases.refused ORDER BY file").fetchall()
        assert found[0][:2] == ("a.csv", 2)
        assert found[0][2].startswith("3 fields in a row of 4 columns")
        assert found[1] == ("c.parquet", 2, "member_id: missing")


@pytest.mark.parametrize(
    "written",
    [
        "DATE '{}'",
        "TIMESTAMP '{}'",
        "TIMESTAMP_NS '{}'",
        "CAST(timezone('Europe/Copenhagen', TIMESTAMP '{}') AS TIMESTAMPTZ)",
    ],
)
def test_days_and_months_of_parquet_may_be_the_instant_they_begin_at(world: World, written: str) -> None:
    for table, columns in (
        ("members", {"household_id": "'H'", "member_id": "'M'", "birth_date": written.format("1990-03-26")}),
        ("benefit_months", {"member_id": "'M'", "month": written.format("2026-07-01"), "benefit": "'dagpenge'"}),
    ):
        folder = world.cases / table
        folder.mkdir(parents=True)
        columns = {column.name: "NULL" for column in BY_NAME[table].columns} | columns
        select = ", ".join(f"{value} AS {name}" for name, value in columns.items())
        with duckdb.connect() as con:
            con.execute(f"COPY (SELECT {select}) TO '{folder / 'a.parquet'}' (FORMAT parquet)")
    with store_in_memory() as con:
        world.accept(con, ["members", "benefit_months"], 2026, "2026-12-31")
        assert con.execute("SELECT reason FROM cases.refused").fetchall() == []
        assert con.execute("SELECT birth_date FROM cases.members").fetchall() == [(dt.date(1990, 3, 26),)]
        assert con.execute("SELECT month FROM cases.benefit_months").fetchall() == [(dt.date(2026, 7, 1),)]


def test_an_instant_within_a_day_is_no_day(world: World) -> None:
    folder = world.cases / "members"
    folder.mkdir(parents=True)
    columns = {column.name: "NULL" for column in BY_NAME["members"].columns}
    columns |= {"household_id": "'H'", "member_id": "'M'", "birth_date": "TIMESTAMP '1990-03-26 09:30:00'"}
    select = ", ".join(f"{value} AS {name}" for name, value in columns.items())
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT {select}) TO '{folder / 'a.parquet'}' (FORMAT parquet)")
    assert refused(world, "members") == [("members", 1, "H M", "birth_date: no day (YYYY-MM-DD)")]


def test_parquet_types(world: World) -> None:
    folder = world.cases / "refund_events"
    folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(
            f"""
            COPY (
                SELECT 'e' AS event_id, TIMESTAMPTZ '2026-03-01 09:00:00+01' AS received_at, 'application' AS kind,
                    'A' AS application_id, 101 AS kom, 'P' AS property_id, 40.0::DOUBLE AS property_homes,
                    10::DECIMAL(9, 2) AS homes, 1000::DOUBLE AS amount_oere
                UNION ALL SELECT 'f', TIMESTAMPTZ '2026-03-01 09:00:00+01', 'application', 'B', 101, 'Q', 40, 10, 0.5
            ) TO '{folder / "a.parquet"}' (FORMAT parquet)
            """
        )
    assert refused(world, "refund_events") == [("refund_events", 2, "f", "amount_oere: no whole number of øre")]


def put_parquet(folder: Path, select: str, name: str = "a.parquet") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute(f"COPY ({select}) TO '{folder / name}' (FORMAT parquet)")


def unreadable_name(cases: Path) -> None:
    (cases / "members" / os.fsdecode(b"f\xff\n.csv")).touch()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda cases: (cases / "membres").mkdir(), "membres is no table of cases"),
        (lambda cases: (cases / "members" / "x.xlsx").touch(), "members/x.xlsx: is neither .csv nor .parquet"),
        (lambda cases: (cases / "members" / "x.parquet").touch(), "members/x.parquet: is no readable Parquet file"),
        (lambda cases: (cases / "members" / "x.csv").write_text("household_id\n"), "column member_id is missing"),
        (lambda cases: (cases / "members" / "x.csv").write_text("member_id,MEMBER_ID\n"), "member_id stands twice"),
        (lambda cases: put_parquet(cases / "members", "SELECT 'M' AS MEMBER_ID"), "column household_id is missing"),
        (
            lambda cases: (cases / "members" / "x.parquet").write_bytes(parquet_of_two_cases()),
            "members/x.parquet: the column member_id stands twice",
        ),
        (lambda cases: (cases / "members.csv").touch(), "members.csv stands beside the folders of tables"),
        (lambda cases: (cases / "vacancies.csv.gz").touch(), "vacancies.csv.gz stands beside the folders of tables"),
        (lambda cases: (cases / "vacancies.xlsx").touch(), "vacancies.xlsx stands beside the folders of tables"),
        (lambda cases: (cases / "readme").touch(), "readme stands beside the folders of tables"),
        (lambda cases: (cases / "vacancies").touch(), "vacancies is a file, not a folder"),
        (lambda cases: (cases / "vacancies").symlink_to("/nowhere"), "vacancies is a link that leads nowhere"),
        (lambda cases: (cases / "members" / "x.csv").symlink_to("/nowhere"), "members/x.csv: is a link that leads no"),
        (lambda cases: (cases / "members" / "2026").mkdir(), "members/2026: is no file"),
        (unreadable_name, r"members/f\\udcff\\n.csv: the file's name is not UTF-8: rename the file"),
    ],
)
def test_what_stops_a_run(world: World, make: object, message: str) -> None:
    (world.cases / "members").mkdir(parents=True)
    make(world.cases)  # type: ignore[operator]
    with pytest.raises(AdministrationError, match=message) as stopped:
        receive_members(world)
    assert "\n" not in str(stopped.value)


def parquet_of_two_cases() -> bytes:
    """A file with two columns whose names differ in the letters' case only, which DuckDB does not write."""
    columns = {column.name: ["x"] for column in BY_NAME["members"].columns}
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns | {"MEMBER_ID": ["y"]}), content)
    return content.getvalue()


def test_marks_and_hidden_files_are_no_tables(world: World) -> None:
    world.give("members", {"household_id": "H", "member_id": "M"})
    for place in (world.cases, world.cases / "members"):
        (place / "_COMPLETE").touch()
        (place / ".copying.csv").touch()
        (place / ".#a.csv").symlink_to("nobody@nowhere")
    check_folder(world.cases)
    with store_in_memory() as con:
        world.accept(con, ["members"], 2026, "2026-12-31")
        assert con.execute("SELECT rows_in, accepted FROM cases.intake").fetchall() == [(1, 1)]


MONTHS = "member_id,month,benefit\n"
SIX = "".join(f"M,2026-{month:02},dagpenge\n" for month in range(6, 12))


def benefit_months(world: World, text: str, encoding: str = "utf-8") -> list[tuple[str, int, str, str]]:
    world.give("members", {"household_id": "H", "member_id": "M"})
    (world.cases / "benefit_months").mkdir()
    (world.cases / "benefit_months" / "a.csv").write_text(text, encoding=encoding, newline="")
    return refused(world, "members", "benefit_months")


def rows_in(world: World, table: str) -> int:
    with store_in_memory() as con:
        world.accept(con, ["members", table], 2026, "2026-12-31")
        return int(con.execute('SELECT rows_in FROM cases.intake WHERE "table" = ?', [table]).fetchall()[0][0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'K,"2026-05,dagpenge\n{SIX}', "row 1 opens a quote that is never closed"),
        (f'{SIX}"K,2026-05,dagpenge\n', "row 7 opens a quote that is never closed"),
        (f'K,2026-05,"dagpenge\n{SIX}', "row 1 opens a quote that is never closed"),
        (f'{SIX}K,2026-05,"dagpenge', "row 7 opens a quote that is never closed"),
        (f'K,"2026-05,dagpenge\n{SIX}K,2026-04",dagpenge\n', "row 1 holds a quote that takes in the rows after it"),
        (f'K,2026-05,"dagpenge\nM",2026-05,dagpenge\n{SIX}', "row 1 holds a quote that takes in the rows after it"),
        (f'"K\n"M",2026-05,dagpenge\n{SIX}', "row 1 holds a quote that takes in the rows after it"),
        (f'"K\nM",2026-05,dagpenge\n{SIX}', "row 1 holds a quote that takes in the rows after it"),
        (f'{SIX}K,2026-05,"{"x" * 200_000}\n', "row 7 holds a cell that is too long"),
    ],
)
def test_a_stray_quote_loses_nobodys_rows(world: World, text: str, message: str) -> None:
    """The rows that it takes in may be those that a decision rests on, so nothing is decided."""
    with pytest.raises(AdministrationError, match=rf"^benefit_months/a\.csv: {message}"):
        benefit_months(world, MONTHS + text)


@pytest.mark.parametrize(
    ("row", "key", "reason"),
    [
        (' "M,2026-05,dagpenge', '"M 2026-05', "member_id: no accepted member"),
        ('\t"M,2026-05,dagpenge', '\t"M 2026-05', "member_id: no accepted member"),
        ('"M" ",2026-05,dagpenge', 'M " 2026-05', "member_id: no accepted member"),
        ('M, "2026-05,dagpenge', 'M "2026-05', "month: no month (YYYY-MM)"),
        ('M, "2026-05",dagpenge', 'M "2026-05"', "month: no month (YYYY-MM)"),
        ('M,2026-05, "dagpenge', "M 2026-05", "benefit: none of the known codes"),
    ],
)
def test_a_quote_that_takes_in_no_row_is_refused_with_its_row(world: World, row: str, key: str, reason: str) -> None:
    assert benefit_months(world, f"{MONTHS}{row}\n{SIX}") == [("benefit_months", 1, key, reason)]
    assert rows_in(world, "benefit_months") == 7


@pytest.mark.parametrize("more", [",", ',""', ', ""', ',"",""'])
def test_an_empty_field_beyond_the_columns_is_one_too_many(world: World, more: str) -> None:
    fields = 3 + more.count(",")
    ((_, number, _, reason),) = benefit_months(world, f'{MONTHS}"M",2026-05,dagpenge{more}\n{SIX}')
    assert (number, reason) == (1, f"{fields} fields in a row of 3 columns")


def test_a_mark_of_utf_8_before_the_first_row_is_a_letter_of_it(world: World) -> None:
    assert benefit_months(world, f"{MONTHS}\ufeffM,2026-05,dagpenge\n{SIX}") == [
        ("benefit_months", 1, "\ufeffM 2026-05", "member_id: no accepted member")
    ]


def test_a_quote_that_is_not_closed_in_a_text(world: World) -> None:
    world.give("members", {"household_id": "H", "member_id": "M"})
    folder = world.cases / "vacancies"
    folder.mkdir()
    days = "".join(f"V{number},U,D,2026-12-05,almindelig\n" for number in range(6))
    (folder / "a.csv").write_text(
        f'vacancy_id,area_id,department_id,let_on,let_as\nV,U, "D,2026-12-05,almindelig\n{days}', encoding="utf-8"
    )
    assert rows_in(world, "vacancies") == 7


WITH_NOTE = "member_id,month,benefit,note\n"
NOTED = SIX.replace("\n", ",n\n")


@pytest.mark.parametrize(
    "text",
    [
        f'{WITH_NOTE}K,2026-05,dagpenge,"n\n{NOTED}K,2026-04,dagpenge,n"\n',
        f'{WITH_NOTE}K,2026-05,dagpenge,"n\nM",2026-05,dagpenge,n\n{NOTED}',
        f'note,{MONTHS}"n,K,2026-05,dagpenge\nn",M,2026-05,dagpenge\n',
        f'{WITH_NOTE.strip()},"more\nM,2026-05,dagpenge,n,m"\n{NOTED.replace(",n", ",n,m")}',
        f'{WITH_NOTE.strip()},"more\nM",2026-05,dagpenge,n,m\n{NOTED.replace(",n", ",n,m")}',
        f'{WITH_NOTE.strip()},"more\nM",2026-05,dagpenge,n,m\n',
    ],
    ids=["row to row", "edge to edge", "in the first column", "in the header", "out of the header", "no other row"],
)
def test_a_stray_quote_in_a_column_that_is_not_read_loses_no_rows_either(world: World, text: str) -> None:
    with pytest.raises(AdministrationError, match=r"^benefit_months/a\.csv: .*quote"):
        benefit_months(world, text)


@pytest.mark.parametrize("note", ['"of\nseveral\n\nlines"', '"a ""quoted"" word"', '"x, y"', '"\n"', '""'])
def test_a_text_of_several_lines_is_one_cell(world: World, note: str) -> None:
    assert benefit_months(world, f"{WITH_NOTE}M,2026-05,dagpenge,{note}\n{NOTED}") == []
    assert rows_in(world, "benefit_months") == 7


def test_a_cell_with_a_line_end_is_a_bad_row_alone(world: World) -> None:
    assert benefit_months(world, f'{MONTHS}M,2026-05,"dag\npenge"\n{SIX}') == [
        ("benefit_months", 1, "M 2026-05", "benefit: none of the known codes")
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(min_value=0), min_size=1, max_size=2),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.booleans(),
    st.sampled_from(['"', ' "', '""']),
)
def test_wherever_quotes_are_put_every_row_is_told_of(
    tmp_path_factory: pytest.TempPathFactory,
    places: list[int],
    line_end: str,
    quoting: Literal[0, 1],
    with_last_line_end: bool,
    quote: str,
) -> None:
    written = io.StringIO(newline="")
    rows = [("M", f"2026-{month:02}", "dagpenge", "n") for month in range(1, 9)]
    csv.writer(written, lineterminator=line_end, quoting=quoting).writerows(rows)
    body = written.getvalue() if with_last_line_end else written.getvalue().removesuffix(line_end)
    for place in places:
        body = body[: place % (len(body) + 1)] + quote + body[place % (len(body) + 1) :]
    folder = tmp_path_factory.mktemp("stray")
    (folder / "a.csv").write_text(WITH_NOTE.replace("\n", line_end) + body, encoding="utf-8", newline="")
    with store_in_memory() as con:
        columns = ", ".join(f"{column.name} VARCHAR" for column in BY_NAME["benefit_months"].columns)
        con.execute(f"CREATE TEMP TABLE raw_rows (file VARCHAR, row_number BIGINT, broken VARCHAR, {columns})")
        try:
            read = case_files.load(con, BY_NAME["benefit_months"], case_files.opened(folder / "a.csv"))
        except AdministrationError:
            return
        assert read == sum(bool(line) for line in re.split("\r\n|\r|\n", body))
        seen = {month for _, month in con.execute("SELECT row_number, substr(month, 1, 7) FROM raw_rows").fetchall()}
        assert len(seen) >= len(rows) - len(places)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (MONTHS + SIX, "utf-8"),
        ((MONTHS + SIX).replace("\n", "\r\n"), "utf-8-sig"),
        (MONTHS + SIX.replace("\n", "\r\n", 3), "utf-8"),
        ((MONTHS + SIX).replace("\n", "\r"), "utf-8"),
        (MONTHS + SIX.replace("\n", "\n\n").rstrip("\n"), "utf-8"),
        (MONTHS + SIX.replace("\n", ",").replace(",M,", "\nM,").replace("M,", '"M",').rstrip(","), "utf-8"),
        (f"{WITH_NOTE}{NOTED.replace(',n', ',æøå')}", "cp1252"),
    ],
    ids=["plain", "CRLF and BOM", "mixed", "CR", "blank lines and no last line end", "quoted", "Windows-1252"],
)
def test_what_every_reader_reads_alike_is_read_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, text: str, encoding: str
) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("read row by row")

    monkeypatch.setattr(case_files, "_read_rows", slow)
    assert benefit_months(world, text, encoding) == []
    assert rows_in(world, "benefit_months") == 6


def test_rows_that_the_reader_passes_over_are_missed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = case_files._rows

    def but_for_the_last(csv_file: Any) -> Iterator[list[str]]:
        yield from list(rows(csv_file))[:-1]

    world.give("members", {"household_id": "H", "member_id": "M"}, {"household_id": "H", "member_id": "N"})
    monkeypatch.setattr(case_files, "_read_whole", lambda *_: False)
    monkeypatch.setattr(case_files, "_rows", but_for_the_last)
    with pytest.raises(AdministrationError, match=r"^members/a\.csv: holds 1 rows or 2"):
        receive_members(world)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("MØ,2026-05,dagpenge\n".encode("cp850"), "the text is neither UTF-8 nor Windows-1252. Deliver it as UTF-8."),
        ("Mø,2026-05,dagpenge\n".encode() + "Må".encode("cp1252"), "the text is partly UTF-8 and partly not. Deliver"),
        (SIX.encode() + b"\0\0", "the text is UTF-16 or has NUL characters. Deliver it as UTF-8."),
    ],
)
def test_a_text_that_cannot_be_told_stops_the_run(world: World, content: bytes, message: str) -> None:
    """Two persons whose letters were all read as the same one would be one person."""
    (world.cases / "benefit_months").mkdir(parents=True)
    (world.cases / "benefit_months" / "a.csv").write_bytes(MONTHS.encode() + content)
    with pytest.raises(AdministrationError, match=rf"^benefit_months/a\.csv: {message}"):
        refused(world, "benefit_months")


def test_keys_of_parquet_may_be_bytes(world: World) -> None:
    world.give("members", {"household_id": "H", "member_id": "SØREN"})
    put_parquet(
        world.cases / "benefit_months", "SELECT encode('SØREN') AS member_id, '2026-05' AS month, 'dagpenge' AS benefit"
    )
    assert refused(world, "members", "benefit_months") == []


@pytest.mark.parametrize("step", ["load", "_judge"])
def test_a_file_that_is_still_being_written_stops_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    done = getattr(intake, step)
    path = world.cases / "members" / "a.csv"

    def meanwhile(*arguments: Any) -> Any:
        with path.open("a", encoding="utf-8") as stream:
            stream.write("H,N,1990-01-01,5100,false,false,,,,,,false\n")
        return done(*arguments)

    world.give("members", {"household_id": "H", "member_id": "M"})
    monkeypatch.setattr(intake, step, meanwhile)
    with store_in_memory() as con:
        with pytest.raises(AdministrationError, match=r"^members/a\.csv: the file changed while it was read"):
            world.accept(con, ["members"], 2026, "2026-12-31")
        assert con.execute("SELECT * FROM cases.intake").fetchall() == []


def test_the_rows_are_those_of_the_bytes_that_are_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is another one while it is read, and the first one again after it: the bytes read once decide."""
    world.give("members", {"household_id": "H", "member_id": "M"})
    path = world.cases / "members" / "a.csv"
    delivered, load = path.read_bytes(), intake.load

    def meanwhile(*arguments: Any) -> Any:
        path.write_bytes(delivered.replace(b"H,M,", b"H,N,"))
        try:
            return load(*arguments)
        finally:
            path.write_bytes(delivered)

    monkeypatch.setattr(intake, "load", meanwhile)
    monkeypatch.setattr(intake, "refuse_changed", lambda *_: None)
    with store_in_memory() as con:
        world.accept(con, ["members"], 2026, "2026-12-31")
        assert con.execute("SELECT member_id FROM cases.members").fetchall() == [("M",)]
        assert con.execute("SELECT sha256 FROM cases.files").fetchall() == [(hashlib.sha256(delivered).hexdigest(),)]


def test_files_of_the_same_size_are_told_apart(world: World) -> None:
    world.give("members", *({"household_id": "H", "member_id": name} for name in "ABCD"))
    row = "SELECT '{}' AS member_id, '2026-05' AS month, 'dagpenge' AS benefit"
    for name in "AB":
        put_parquet(world.cases / "benefit_months", row.format(name), f"{name}.parquet")
    for name in "CD":
        (world.cases / "benefit_months" / f"{name}.csv").write_text(f"{MONTHS}{name},2026-05,dagpenge\n")
    with store_in_memory() as con:
        world.accept(con, ["members", "benefit_months"], 2026, "2026-12-31")
        assert con.execute("SELECT member_id FROM cases.benefit_months").fetchall() == [(name,) for name in "ABCD"]


def test_a_quote_within_a_cell_is_a_letter(world: World) -> None:
    assert benefit_months(world, f'{MONTHS}M,2026-05,5" rør\n{SIX}') == [
        ("benefit_months", 1, "M 2026-05", "benefit: none of the known codes")
    ]


@pytest.mark.parametrize("name", ["kom=147", "area_id=F", "sager[1]"])
def test_what_a_folder_is_called_says_nothing_of_a_row(tmp_path: Path, name: str) -> None:
    world = World(tmp_path / name)
    world.area(2026, "U", "udsat_boligomraade")
    world.seal()
    folder = world.cases / "vacancies"
    folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT 'V' AS vacancy_id, 'U' AS area_id, 'D' AS department_id, '2026-12-05' AS let_on, "
            f"'almindelig' AS let_as) TO '{folder / 'a.parquet'}' (FORMAT parquet)"
        )
    with store_in_memory() as con:
        world.accept(con, ["vacancies"], 2026, "2026-12-31")
        assert con.execute("SELECT area_id FROM cases.vacancies").fetchall() == [("U",)]
        assert con.execute("SELECT area_id, kom FROM edition.area_status").fetchall() == [("U", "101")]


def test_a_file_name_is_no_pattern(world: World) -> None:
    folder = world.cases / "members"
    world.give("members", {"household_id": "H", "member_id": "M"})
    (given,) = folder.iterdir()
    given.rename(folder / "m1.csv")
    (folder / "m[1].csv").write_text((folder / "m1.csv").read_text(encoding="utf-8").replace("H,M,", "H,N,"), "utf-8")
    with store_in_memory() as con:
        world.accept(con, ["members"], 2026, "2026-12-31")
        assert con.execute("SELECT member_id FROM cases.members ORDER BY 1").fetchall() == [("M",), ("N",)]


def test_further_columns_are_ignored_however_they_are_called(world: World) -> None:
    given = f"{MONTHS.strip()},note,note,,\n{SIX.replace('dagpenge', 'dagpenge,a,b,,')}"
    assert benefit_months(world, given) == []


def test_a_delimiter_within_a_quoted_name_divides_nothing(world: World) -> None:
    given = 'member_id;month;benefit;"note (dato, kilde, mm., mv.)"\nM;2026-05;dagpenge;\n'
    assert benefit_months(world, given) == []


@pytest.mark.parametrize("name", ["note (dato, kilde, mm., mv.)", '"note\n2"'], ids=["commas", "a line's end"])
def test_the_header_is_divided_by_what_leaves_names(world: World, name: str) -> None:
    rows = ";M;2026-05;dagpenge\n;M;2026-13;dagpenge\n"
    assert benefit_months(world, f"{name};member_id;month;benefit\n{rows}") == [
        ("benefit_months", 2, "M 2026-13", "month: no month (YYYY-MM)")
    ]


def test_a_day_that_no_years_can_be_counted_from_is_refused(world: World) -> None:
    home = {"area_id": "U", "department_id": "D", "let_as": "almindelig"}
    days = ["0000-05-05", "9999-12-31"]
    world.give("vacancies", *({"vacancy_id": f"V{n}", "let_on": day, **home} for n, day in enumerate(days)))
    assert [row[3] for row in refused(world, "vacancies")] == ["let_on: no day (YYYY-MM-DD)"] * 2


def receive_members(world: World) -> None:
    check_folder(world.cases)
    with store_in_memory() as con:
        world.accept(con, ["members"], 2026, "2026-12-31")


FIELDS = st.sampled_from(
    ["", "M", "N", "2026-01", "2026-02", "2026-1", "dagpenge", "kontanthjaelp", "-3", "'; DROP", 'æ"ø']
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(FIELDS, min_size=1, max_size=4), max_size=30))
def test_nothing_is_lost_whatever_stands_in_a_file(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    world = World(tmp_path_factory.mktemp("any"))
    world.area(2026, "U", "udsat_boligomraade")
    world.seal()
    world.give("members", *({"household_id": "H", "member_id": name} for name in MEMBERS))
    folder = world.cases / "benefit_months"
    folder.mkdir(parents=True)
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["member_id", "month", "benefit"], *rows])
    with store_in_memory() as con:
        world.accept(con, ["members", "benefit_months"], 2026, "2026-12-31")
        kept, turned_down = (
            con.execute(f"SELECT count(*) FROM cases.{table}").fetchall()[0][0]
            for table in ("benefit_months", "refused")
        )
    assert kept + turned_down == len(rows)
    whole = {tuple(row) for row in rows if len(row) == 3}
    good = {
        r for r in whole if r[0] in MEMBERS and r[1] in ("2026-01", "2026-02") and r[2] in ("dagpenge", "kontanthjaelp")
    }
    assert kept == len({row[:2] for row in good})


def test_every_table_says_what_it_is() -> None:
    for number, table in enumerate(CASE_TABLES):
        assert set(table.after) <= {earlier.name for earlier in CASE_TABLES[:number]}
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert {*table.key, *table.first_by, table.subject or table.key[0]} <= set(names)
        assert set(table.after) <= set(BY_NAME)
        assert table.description
        assert table.paragraph


KEY_CELLS = st.sampled_from(["M", "\ufeffM", "", " N ", "2026-01", 'a"b', "x,y", "æøå", "'", "NULL", "\\", "\t"])
CELLS = KEY_CELLS | st.just("line\nbreak")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(KEY_CELLS, KEY_CELLS, CELLS), max_size=12),
    st.sampled_from([",", ";"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_reading_at_once_and_row_by_row_agree(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str]],
    delimiter: str,
    line_end: str,
    quoted: bool,
    blank_line: bool,
) -> None:
    world = World(tmp_path_factory.mktemp("agree"))
    world.area(2026, "U", "udsat_boligomraade")
    world.seal()
    world.give("members", *({"household_id": "H", "member_id": name} for name in MEMBERS))
    folder = world.cases / "benefit_months"
    folder.mkdir(parents=True)
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as stream:
        stream.write(delimiter.join(("member_id", "month", "benefit")) + line_end)
        writer = csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
        writer.writerows(rows)
        stream.write(line_end if blank_line else "")
    read = []
    for at_once in (True, False):
        with store_in_memory() as con, pytest.MonkeyPatch.context() as patch:
            if not at_once:
                patch.setattr(case_files, "_read_whole", lambda *_: False)
            world.accept(con, ["members", "benefit_months"], 2026, "2026-12-31")
            read.append(con.execute("SELECT * FROM cases.refused ORDER BY row_number").fetchall())
            assert con.execute("SELECT rows_in FROM cases.intake WHERE \"table\" = 'benefit_months'").fetchall() == [
                (len(rows),)
            ]
    assert read[0] == read[1]
