"""The page in a real browser: an accessibility checker finds nothing, and it fits a phone.

Without a Chromium on the machine these are skipped; the structure of the page is looked at all the same.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.report.conftest import Reported

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = "axe.run(document, {resultTypes: ['violations']})"


def _in_browser(page: Path, script: str, width: int, height: int, scratch: Path) -> dict[str, object]:
    """Runs a script, which answers a promise, in the page, and reads back what it says."""
    from axe_core_python import sync_playwright

    axe = Path(sync_playwright.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    # in the head, so that the checker itself adds nothing to the page's content
    asked = (
        f"<script>{axe}</script><script>window.addEventListener('load', () => {{ {script}"
        ".then(r => { const out = document.createElement('meta'); out.name = 'answer';"
        " out.content = encodeURIComponent(JSON.stringify(r)); document.head.append(out); }); });</script></head>"
    )
    probe = scratch / "probe.html"
    probe.write_text(text.replace("</head>", asked, 1), encoding="utf-8")
    done = subprocess.run(
        [
            str(BROWSER),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--window-size={width},{height}",
            f"--user-data-dir={scratch / 'profile'}",
            "--virtual-time-budget=60000",
            "--dump-dom",
            probe.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    found = re.search(r'<meta name="answer" content="([^"]+)"', done.stdout)
    assert found, "the page gave no answer"
    from urllib.parse import unquote

    return json.loads(unquote(found.group(1)))


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_an_accessibility_checker_finds_nothing(reported: Reported, tmp_path: Path) -> None:
    answer = _in_browser(reported.folder() / "redegoerelse.html", AXE, 1200, 1000, tmp_path)
    violations = answer["violations"]
    assert isinstance(violations, list)
    assert [(one["id"], len(one["nodes"]), one["nodes"][0]["html"][:120]) for one in violations] == []


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_the_page_fits_a_phone(reported: Reported, tmp_path: Path) -> None:
    script = (
        "Promise.resolve({wide: document.documentElement.scrollWidth, screen: window.innerWidth, "
        "small: parseFloat(getComputedStyle(document.body).fontSize)})"
    )
    answer = _in_browser(reported.folder() / "redegoerelse.html", script, 500, 900, tmp_path)
    assert int(str(answer["wide"])) <= int(str(answer["screen"]))
    assert float(str(answer["small"])) >= 16


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
