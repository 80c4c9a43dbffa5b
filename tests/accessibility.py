"""A headless Chromium, and an accessibility checker to run in it. Without a Chromium its tests are skipped.

What does not belong here: which pages are looked at.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDS_A_BROWSER = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
AXE = """async () => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return [found.violations, found.passes.length];
}"""
"""What passes is counted by rule, and not told node by node: that is most of the time of a large page."""


def checked(page: Any) -> tuple[list[tuple[str, int, str]], int]:
    """What the checker finds wrong, and how many of its rules found something to approve of."""
    from axe_core_python import sync_playwright

    axe = Path(sync_playwright.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    page.evaluate(axe)
    violations, passed = page.evaluate(AXE)
    return [(one["id"], len(one["nodes"]), one["nodes"][0]["html"][:120]) for one in violations], passed
