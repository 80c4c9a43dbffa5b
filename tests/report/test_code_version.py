"""What the report is made by is told whole: a module that is left out would leave an old answer standing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from assets import report

ROOT = Path(__file__).resolve().parent.parent.parent


def imported(module: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse((ROOT / "assets" / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "assets":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("assets."):
            found.add(str(node.module).removeprefix("assets."))
    return found


def behind(module: str) -> set[str]:
    """The module and all of `assets` that it imports, however far."""
    found: set[str] = set()
    waiting = {module}
    while waiting:
        found |= waiting
        waiting = set().union(*(imported(name) for name in waiting)) - found
    return found


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("report_check", report.ATTACKING),
        ("report_tables", report.MAKING),
        ("report_publication", (*report.MAKING, *report.SHOWING)),
    ],
)
def test_every_module_behind_it_is_told(module: str, told: tuple[str, ...]) -> None:
    assert len(behind(module)) > 5
    assert behind(module) - set(told) == set()


def test_every_template_but_that_of_the_lists_is_told() -> None:
    there = {path.name for path in (ROOT / "assets" / "templates").iterdir()}
    assert there == {*report.TEMPLATES, "lister.html.j2"}
