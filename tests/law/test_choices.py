"""The page of readings is what the files say."""

from __future__ import annotations

from law.choices import PAGE, page
from law.loader import PARAMETER_DIRECTORY


def test_the_page_is_written_from_the_files() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m law.choices"


def test_every_reading_stands_on_it_with_its_default() -> None:
    named = sorted(path.stem for path in (PARAMETER_DIRECTORY / "valg").glob("*.yaml"))
    sections = page().split("\n## valg.")[1:]
    assert [section.split("\n")[0] for section in sections] == named
    assert all(section.count(" (default): ") == 1 for section in sections)
