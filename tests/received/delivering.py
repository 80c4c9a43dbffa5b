"""Delivers files to intake in this process and tells what became of them.

Belongs here: writing one reference in some format, receiving it and reading what was stored. Does not belong here:
any judgement on it, and whole runs of the command (tests.command).
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyreadstat
import pytest

from assets import warehouse
from assets.contracts import REGISTER_BY_NAME, Register
from assets.intake import snapshots as received_snapshots

LIST_YEAR = 2024
PERSON = {
    "PNR": "70000001",
    "FOED_DAG": "1980-02-03",
    "KOEN": "1",
    "KOM": "101",
    "ADRESSE_ID": "900001",
    "IE_TYPE": "1",
    "OPR_LAND": "5100",
    "STATSB": "5100",
}
Row = dict[str, str]


def person(**more: str) -> Row:
    """A row of bef without a fault."""
    return PERSON | more


def people(count: int, **more: str) -> list[Row]:
    """Different persons without a fault."""
    return [person(PNR=str(70000001 + n), **more) for n in range(count)]


def csv_text(rows: Sequence[Row], delimiter: str = ",", newline: str = "\n") -> str:
    """A CSV file of these rows; the columns are those of the first row."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@dataclass
class Answer:
    """What intake and the checks said of one reference, and the rows that were stored."""

    faults: list[str]
    failing: dict[str, int]
    lines: list[str]
    rows: list[dict[str, Any]] = field(default_factory=list)
    vintage: str = ""
    content: str | None = None

    def column(self, name: str) -> list[Any]:
        return sorted((row[name] for row in self.rows), key=repr)

    @property
    def stops(self) -> list[str]:
        """Every line that would stop a run."""
        return [*self.faults, *self.lines]


@contextmanager
def a_warehouse(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory, with a scratch folder beside it."""
    (folder / "scratch").mkdir(exist_ok=True)
    con = duckdb.connect(config=warehouse.settings())
    try:
        warehouse.prepare(con)
        yield con
    finally:
        con.close()


def receive(folder: Path, register_name: str, reference: str, checked: bool = True) -> Answer:
    """Receives one reference from the snapshots folder `folder`/snapshots; `checked` also judges its rows."""
    register = REGISTER_BY_NAME[register_name]
    with a_warehouse(folder) as con:
        books = received_snapshots.read_books(con, LIST_YEAR)
        wanted = [(reference, int(reference[:4]))]
        found = received_snapshots.receive(
            con, register, wanted, LIST_YEAR, folder / "snapshots", folder / "scratch", books
        )
        faults = [fault.line for item in found for fault in item.faults]
        answer = Answer(faults, {}, [])
        if found:
            answer.vintage, answer.content = found[0].vintage, found[0].content_sha256
        if checked:
            _judge(con, register, answer)
        answer.rows = _rows(con)
        return answer


def _judge(con: duckdb.DuckDBPyConnection, register: Register, answer: Answer) -> None:
    _, checked = received_snapshots.check(con, register, received_snapshots.read_books(con, LIST_YEAR))
    for item in checked:
        if item.failing_rows:
            answer.failing[item.rule.name] = item.failing_rows
            answer.lines += item.lines if item.rule.blocking else ()


def _rows(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    stored = con.execute("SELECT table_name FROM received.snapshots").fetchall()
    if not stored:
        return []
    found = con.execute(f'SELECT * FROM received."{stored[0][0]}"')
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def bef_folder(folder: Path, *more: str) -> Path:
    """The folder of the population on the status day of the list year."""
    place = folder.joinpath("snapshots", "bef", f"{LIST_YEAR}-01-01", *more)
    place.mkdir(parents=True, exist_ok=True)
    return place


def receive_bef(folder: Path, checked: bool = False) -> Answer:
    return receive(folder, "bef", f"{LIST_YEAR}-01-01", checked)


def write_xpt(path: Path, frame: pd.DataFrame, formats: dict[str, str] | None = None) -> None:
    """An XPORT file; `formats` are SAS formats per column."""
    pyreadstat.write_xport(frame, str(path), file_format_version=8, variable_format=formats or {})


def write_sas7bdat(path: Path, frame: pd.DataFrame) -> None:
    """A true sas7bdat file, made by the program readstat; the test is skipped where it is not installed."""
    if shutil.which("readstat") is None:
        pytest.skip("the program readstat is not installed")
    with tempfile.TemporaryDirectory() as folder:
        between, made = Path(folder) / "between.sav", Path(folder) / "made.sas7bdat"
        pyreadstat.write_sav(frame, str(between))
        subprocess.run(["readstat", between, made], check=True, capture_output=True)
        path.write_bytes(made.read_bytes())
