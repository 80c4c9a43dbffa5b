"""docs/administration.md names every table, column, code, refusal and choice that there is, and no other table."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import duckdb

from assets.administration import assignments, cap, letting, occupancy, plans, private_letting, refund_queue
from assets.administration.case_tables import CASE_TABLES
from assets.administration.columns import MEANINGS, OF_A_TABLE
from assets.administration.documentation import typed_columns
from assets.administration.edition import TABLES
from assets.administration.funds import PARAMETERS as FUND_PARAMETERS
from assets.administration.graph import OUTPUTS
from assets.administration.store import STORE
from pipelines.administration.cli import materialise
from tests.administration.worlds import World

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "administration.md").read_text(encoding="utf-8")
OUTSIDE = {"cap_exemption_unit", "cap_lifetime", "cap_over_exemption", "missing_cap_decision"}


def test_every_table_of_cases() -> None:
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", TEXT, flags=re.M | re.S))
    assert list(sections) == [table.name for table in CASE_TABLES]
    for table in CASE_TABLES:
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| (yes)? ?\|", sections[table.name], flags=re.M)
        assert [(name, bool(yes)) for name, _, yes in rows] == [(c.name, c.required) for c in table.columns]
        for column in table.columns:
            assert all(f"`{code}`" in sections[table.name] for code in column.codes)
        assert all(rule.reason in sections[table.name] for rule in table.rules)


def test_every_output() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (`.*) \|$", TEXT, flags=re.M))
    assert set(rows) == {output.name for output in OUTPUTS}
    for output in OUTPUTS:
        places = [rows[output.name].find(f"`{column}`") for column in output.columns]
        assert -1 not in places, output.name


def test_no_text_is_of_a_column_that_there_is_not() -> None:
    columns = {output.name: set(output.columns) for output in OUTPUTS}
    assert set(MEANINGS) == set().union(*columns.values(), *TABLES.values())
    assert all(set(texts) <= columns[table] for table, texts in OF_A_TABLE.items())


def test_the_types_shown_of_cases_are_those_they_are_held_in(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.area(2026, "U", "udsat_boligomraade")
    world.seal()
    world.give("members")
    assert materialise(world.home, world.cases, 2026, dt.date(2026, 12, 31)) is None
    with duckdb.connect(str(world.home / STORE), read_only=True) as con:
        for table in CASE_TABLES:
            held = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE cases.{table.name}").fetchall()}
            assert typed_columns(table).items() <= held.items(), table.name


def test_every_choice() -> None:
    modules = (assignments, cap, letting, occupancy, plans, refund_queue)
    read = [name for module in modules for name in module.PARAMETERS]
    groups = {"valg", "afgoerelsesvalg"}
    used = {
        name.partition(".")[2]
        for name in (*read, *private_letting.PRESENT, *FUND_PARAMETERS)
        if name.partition(".")[0] in groups
    }
    section = TEXT[TEXT.index("## Choices") :]
    assert set(re.findall(r"^\| `(\w+)` \|", section, flags=re.M)) == used - OUTSIDE
