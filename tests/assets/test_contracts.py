"""The register contracts: since when each column exists, what stood in its place before, and who reads them.

Belongs here: what the contracts say of themselves and that the descriptions and the documentation repeat it. Does not
belong here: what intake makes of a delivery (tests/received).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.columns import describe
from assets.contracts import AKM, REGISTERS, Column, Register
from assets.documentation import contract_text
from assets.intake import columns, storing
from assets.intake.deliveries import FileFacts
from assets.intake.storing import content_hash
from assets.publishing.sealing import what_changed

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "deliveries.md").read_text(encoding="utf-8")
OFFICE = "https://www.dst.dk/"

# First period of each register's variables in the office's list; December 1985 is the population of 1 January 1986.
FIRST_YEARS = {"bef": 1986, "of": 2007, "kraf": 1980, "udda": 1980, "ind": 1980, "vnds_ind": 2005, "vnds_ud": 2005}
FIRST_YEARS_OF_AKM = {"PNR": 1976, "SOCIO13": 1991}

COLUMNS = [(register, column) for register in REGISTERS for column in register.columns]
FORMER = [(register, column, former) for register, column in COLUMNS for former in column.former_names]


def column_id(value: object) -> str | None:
    return value.name if isinstance(value, Column | Register) else None


@pytest.mark.parametrize(("register", "column"), COLUMNS, ids=column_id)
def test_a_column_of_the_office_has_its_first_year_and_is_still_there(register: Register, column: Column) -> None:
    expected = FIRST_YEARS_OF_AKM[column.name] if register is AKM else FIRST_YEARS.get(register.name)
    assert (column.first_year, column.last_year) == (expected, None)
    assert (expected is not None) == register.source.startswith(OFFICE)


def test_the_former_names_are_those_of_the_offices_lists() -> None:
    assert [(r.name, c.name, f.name, f.first_year, f.last_year) for r, c, f in FORMER] == [
        ("ind", "PERINDKIALT_13", "PERINDKIALT", 1980, 2013),
        ("akm", "SOCIO13", "SOCIO", 1994, 2001),
        ("akm", "SOCIO13", "SOCIO02", 2002, 2013),
        ("vnds_ind", "INDV_LAND", "INDUD_LAND", 1973, 2024),
        ("vnds_ud", "UDV_LAND", "INDUD_LAND", 1973, 2024),
    ]
    for register, _, former in FORMER:
        assert former.name not in {column.name for column in register.columns}, "a former name would be read"
        assert former.held
        assert former.source.startswith(OFFICE)


def test_years_include_both_ends_and_nothing_known_excludes_nothing() -> None:
    known = replace(AKM.column("SOCIO13"), last_year=2020)
    assert [year for year in (1990, 1991, 2020, 2021) if known.there_in(year)] == [1991, 2020]
    assert replace(known, first_year=None).there_in(1)
    assert replace(known, last_year=None).there_in(9999)
    assert known.years == "1991-2020"
    assert replace(known, last_year=None).years == "from 1991 on"
    assert replace(known, first_year=None).years == "until 2020"
    assert replace(known, first_year=None, last_year=None).years == ""


@pytest.mark.parametrize("register", REGISTERS, ids=column_id)
def test_the_contract_shown_with_a_register_has_every_column(register: Register) -> None:
    lines = contract_text(register).splitlines()[2:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == [column.name for column in register.columns]
    for line, column in zip(lines, register.columns, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[3:5] == ["yes" if column.required else "no", column.years]
        assert all(
            f"{former.name} {former.first_year}-{former.last_year}" in cells[5] for former in column.former_names
        )


@pytest.mark.parametrize("schema", ["received", "registers"])
def test_a_stored_column_is_described_with_its_years_and_former_names(schema: str) -> None:
    for register, column in COLUMNS:
        if column in register.stored_columns:
            text = describe(f"{schema}.{register.name}", column.stored)
            assert f"Delivered as {column.name}" in text
            assert column.years in text
            assert all(former.name in text for former in column.former_names)


def test_the_guide_names_every_first_year_and_former_name() -> None:
    table = GUIDE.split("## Since when, and what stood there before")[1].split("\n## ")[0]
    for register, column, former in FORMER:
        row = next(line for line in table.splitlines() if f"`{former.name}`" in line and f"`{column.name}`" in line)
        assert f"`{register.name}`" in row
        assert f"{former.first_year}-{former.last_year}" in row
    for register, column in COLUMNS:
        if column.first_year:
            assert any(f"`{register.name}`" in line and str(column.first_year) in line for line in table.splitlines())


def changed(**fields: Any) -> Register:
    return replace(AKM, columns=tuple(replace(column, **fields) for column in AKM.columns))


def test_a_snapshot_is_read_anew_where_the_contract_reads_otherwise_alone() -> None:
    """Years and former names are not read by: a sealed edition must not say that its inputs changed."""
    known = content_hash(AKM, "2023", ())
    assert content_hash(changed(first_year=1999, last_year=2020, former_names=()), "2023", ()) == known
    assert content_hash(changed(codes=(1, 2)), "2023", ()) != known
    assert content_hash(changed(required=False), "2023", ()) != known


def test_a_snapshot_is_read_anew_where_it_is_read_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    known = content_hash(AKM, "2023", ())
    with monkeypatch.context() as another:
        another.setattr(storing, "READING", "another")
        assert content_hash(AKM, "2023", ()) != known
    storing._reading_fingerprint.cache_clear()
    with monkeypatch.context() as another:
        another.setattr(columns, "_code", lambda *_: "-1")
        assert content_hash(AKM, "2023", ()) != known
    storing._reading_fingerprint.cache_clear()
    assert content_hash(AKM, "2023", ()) == known


def test_text_with_quotes_is_read_anew_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows between two stray quotes were once lost: what was stored of such a text is not taken for the whole."""
    plain, quoted = (FileFacts("a.csv", "1", 1, (), lines=2, quoted=quoted) for quoted in (False, True))
    known = [content_hash(AKM, "2023", facts) for facts in ((plain,), (plain, quoted))]
    monkeypatch.setattr(storing, "READING_OF_QUOTES", storing.READING)
    assert content_hash(AKM, "2023", (plain,)) == known[0]
    assert content_hash(AKM, "2023", (plain, quoted)) != known[1]


def test_the_reason_tells_another_delivery_from_another_reading() -> None:
    files = [{"name": "a.csv", "sha256": "1", "bytes": 1, "rows": 1}]
    read = {"register": "akm", "reference": "2023", "vintage": "", "content_sha256": "x", "files": files}
    same = {"law": 1, "sql": 1, "history": [], "outputs": []}

    def reason(**other: Any) -> str:
        return what_changed({"inputs": [read], **same}, {"inputs": [{**read, **other}], **same})

    assert reason(content_sha256="y") == "changed: how registers are read"
    assert reason(content_sha256="y", files=[]) == "changed: akm/2023"
