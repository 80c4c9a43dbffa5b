"""The page of readings is what the files say."""

from __future__ import annotations

import re

from law.choices import PAGE, page
from law.loader import PARAMETER_DIRECTORY, statistics_law
from tests.command import ROOT


def test_the_page_is_written_from_the_files() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m law.choices"


def test_every_reading_stands_on_it_with_its_default() -> None:
    named = [
        f"{group}.{path.stem}"
        for group in ("valg", "afgoerelsesvalg")
        for path in sorted((PARAMETER_DIRECTORY / group).glob("*.yaml"))
    ]
    sections = page().split("\n## ")[1:]
    assert [section.split("\n")[0] for section in sections] == named
    assert all(section.count(" (default): ") == 1 for section in sections)


OF_THE_CAP = {
    "valg.cap_exemption_unit",
    "valg.cap_lifetime",
    "valg.cap_over_exemption",
    "valg.insufficient_cap_decision",
    "valg.missing_cap_decision",
}
"""The cap is a table of the lists, and decides with the council's decision who may be assigned a home."""


def test_no_list_rests_on_a_reading_of_the_rules_on_persons_and_money() -> None:
    """A change of one would make every edition another and no figure of it."""
    assert not [name for name in statistics_law().parameters if name.startswith("afgoerelsesvalg.")]
    read = {True: set[str](), False: set[str]()}
    for folder in ("assets", "sql"):
        for path in (*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.sql")):
            text = path.read_text(encoding="utf-8")
            read["administration" in path.parts] |= set(re.findall(r"\b(?:afgoerelses)?valg\.[a-z0-9_]+", text))
    assert {name for name in read[True] if name.startswith("valg.")} == OF_THE_CAP
    assert not [name for name in read[False] if name.startswith("afgoerelsesvalg.")]
