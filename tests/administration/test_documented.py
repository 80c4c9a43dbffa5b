"""docs/administration.md names every table, column, code, refusal and choice that there is, and no other table."""

from __future__ import annotations

import re
from pathlib import Path

from assets.administration import assignments, cap, letting, occupancy, plans, private_letting, refund_queue
from assets.administration.case_tables import CASE_TABLES
from assets.administration.funds import PARAMETERS as FUND_PARAMETERS
from assets.administration.publishing import OUTPUTS

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
    assert list(rows) == [output.name for output in OUTPUTS]
    for output in OUTPUTS:
        places = [rows[output.name].find(f"`{column}`") for column in output.columns]
        assert -1 not in places, output.name


def test_every_choice() -> None:
    used = {
        name.removeprefix("valg.")
        for module in (assignments, cap, letting, occupancy, plans, refund_queue)
        for name in module.PARAMETERS
        if name.startswith("valg.")
    }
    used |= {n.removeprefix("valg.") for n in (*private_letting.PRESENT, *FUND_PARAMETERS) if n.startswith("valg.")}
    section = TEXT[TEXT.index("## Choices") :]
    assert set(re.findall(r"^\| `(\w+)` \|", section, flags=re.M)) == used - OUTSIDE
