"""The page in a real browser: an accessibility checker finds nothing, and it fits a phone and paper.

Without a Chromium on the machine these are skipped; the structure of the page is looked at all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.accessibility import BROWSER, NEEDS_A_BROWSER, checked
from tests.report.conftest import Reported

DESK, PHONE = (1200, 1000), (360, 740)
OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
BOXES = """Array.from(document.querySelectorAll('.scroll')).map(box => [
    box.getAttribute('aria-labelledby'),
    box.scrollWidth > box.clientWidth,
    box.querySelector('.hint').offsetHeight > 10,
])"""


@pytest.fixture(scope="module")
def shown(reported: Reported) -> Iterator[Any]:
    """The page of the report, open in a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_context().new_page()
        page.goto((reported.folder() / "redegoerelse.html").as_uri())
        yield page
        browser.close()


@NEEDS_A_BROWSER
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_accessibility_checker_finds_nothing(shown: Any, size: tuple[int, int]) -> None:
    shown.set_viewport_size({"width": size[0], "height": size[1]})
    shown.evaluate(OPEN_ALL)
    violations, passed = checked(shown)
    assert violations == []
    assert passed > 15


@NEEDS_A_BROWSER
def test_the_checker_finds_what_is_wrong(shown: Any) -> None:
    other = shown.context.new_page()
    other.set_content("<html><body><img src='x'><p style='color:#ddd'>svag tekst</p></body></html>")
    assert {"image-alt", "color-contrast", "html-has-lang"} <= {one for one, _, _ in checked(other)[0]}
    other.close()


@NEEDS_A_BROWSER
def test_the_page_fits_a_phone(shown: Any) -> None:
    shown.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shown.evaluate(OPEN_ALL)
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert shown.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 16


@NEEDS_A_BROWSER
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_table_fits_its_box_or_says_that_it_goes_on(shown: Any, size: tuple[int, int]) -> None:
    shown.set_viewport_size({"width": size[0], "height": size[1]})
    shown.evaluate(OPEN_ALL)
    boxes = shown.evaluate(BOXES)
    assert len(boxes) > 15
    assert [name for name, wider, hint in boxes if wider and not hint] == []
    if size == DESK:
        assert [name for name, wider, _ in boxes if wider] == []
    else:
        assert [name for name, wider, hint in boxes if hint and not wider] == []


@NEEDS_A_BROWSER
def test_paper_shows_the_folded_tables(shown: Any) -> None:
    shown.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = false; })")
    seen = "Array.from(document.querySelectorAll('details table')).filter(one => one.offsetHeight > 0).length"
    shown.emulate_media(media="print")
    on_paper = shown.evaluate(seen)
    shown.emulate_media(media="screen")
    assert on_paper == shown.locator("details table").count() > 5


def test_the_structure_speaks(reported: Reported) -> None:
    text = (reported.folder() / "redegoerelse.html").read_text(encoding="utf-8")
    assert '<html lang="da">' in text
    assert text.count("<h1>") == 1
    assert text.count('<svg role="img"') == text.count("<figure>") > 6
    assert len(re.findall(r'<title id="[^"]+">[^<]{30,}</title>', text)) == text.count("<figure>")
    assert text.count("<caption") == text.count("<table>") > 15
    assert "http://" not in re.sub(r'xmlns(:\w+)?="[^"]+"', "", text)
    assert "<script" not in text
    assert not re.findall(r'src="', text)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
