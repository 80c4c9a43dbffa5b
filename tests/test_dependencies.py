"""What the product imports is what it declares, each with its reason."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN = ("assets", "law", "pipelines", "tests")
NOT_IMPORTED = {"dagster-webserver", "font-source-sans-pro"}
"""Used without an import: a command, and files."""
DATAFUSION = "datafusion"
"""Tried as a second engine by hand; nothing needs it."""


def declared() -> tuple[set[str], set[str]]:
    """The packages that the product needs, and those that only its tests or a server need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = re.compile(r"[A-Za-z0-9-]+")

    def names(requirements: list[str]) -> set[str]:
        return {name.match(one).group().lower() for one in requirements}  # type: ignore[union-attr]

    return names(project["dependencies"]), set().union(*map(names, project["optional-dependencies"].values()))


def imported(*tops: str) -> set[str]:
    """The packages whose modules are imported below these folders, by their names on the package index."""
    modules = set()
    for path in (path for top in tops for path in (ROOT / top).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.split(".")[0])
    foreign = modules - set(OWN) - set(sys.stdlib_module_names)
    packages = packages_distributions()
    return {packages.get(module, [module])[0].lower().replace("_", "-") for module in foreign}


def test_the_product_declares_what_it_imports_and_nothing_else() -> None:
    needed, _ = declared()
    assert imported("assets", "law", "pipelines") == needed - NOT_IMPORTED


def test_tests_import_only_what_is_declared() -> None:
    needed, besides = declared()
    assert imported("tests") - needed - besides <= {DATAFUSION}


def test_each_dependency_has_its_reason() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = (line.split("|") for line in text.splitlines() if line.startswith("| "))
    told = {name.strip().lower(): row[2].strip() for row in rows for name in row[1].split(",")}
    needed, besides = declared()
    assert {name for name in needed | besides if not told.get(name)} == set()
