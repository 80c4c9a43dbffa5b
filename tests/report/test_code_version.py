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
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "assets":
            folder = "/".join(str(node.module).split(".")[1:])
            if (ROOT / "assets" / f"{folder}.py").is_file():
                found.add(folder)
            else:
                found |= {f"{folder}/{name.name}".lstrip("/") for name in node.names}
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
        ("reporting/check", report.ATTACKING),
        ("reporting/tables", report.MAKING),
        ("reporting/publication", (*report.MAKING, *report.SHOWING)),
    ],
)
def test_every_module_behind_it_is_told(module: str, told: tuple[str, ...]) -> None:
    assert len(behind(module)) > 5
    assert behind(module) - set(told) == set()


def test_every_template_is_told() -> None:
    assert {path.name for path in (ROOT / "assets" / "reporting" / "templates").iterdir()} == set(report.TEMPLATES)
