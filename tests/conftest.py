"""Fixtures that several folders of tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.command import run_list
from tests.graph.homes import YEAR, Ready
from tests.populations import random_world, write_snapshots

# how long an example takes says something of the machine and nothing of the product
settings.register_profile("any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_machine")

ROOT = Path(__file__).parent
RUNS_FIRST = ("reliability", "pipelines", "privacy", "report", "browser", "deploy", "assets", "graph", "administration")
MAKES_THE_REPORTS = Path("report", "test_disclosure.py")
"""Takes the longest to begin: what it makes, the others of its folder share."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start whole runs come first, so that two processes finish at about the same time."""
    items.sort(key=lambda item: _turn(item.path.relative_to(ROOT)))


def _turn(file: Path) -> int:
    """Where a test file stands in line: files of whole runs at the top of the tree, then by folder, then the rest."""
    if file == MAKES_THE_REPORTS:
        return -1
    if len(file.parts) == 1:
        return 0
    return 1 + RUNS_FIRST.index(file.parts[0]) if file.parts[0] in RUNS_FIRST else len(RUNS_FIRST) + 1


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """A sealed edition of a small made-up country. Tests that change it copy it first.

    Each process has its own: one that looks at it opens its databases, which another could not copy meanwhile.
    """
    folder = tmp_path_factory.mktemp("ready")
    snapshots = write_snapshots(random_world(11, YEAR, large=2), folder / "snapshots")
    done = run_list(YEAR, snapshots, folder / "home")
    assert done.code == 0, done.output[-3000:]
    return Ready(folder / "home", snapshots)
