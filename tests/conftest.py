"""Fixtures that several folders of tests share."""

from __future__ import annotations

import pytest

from tests.command import run_list
from tests.graph.homes import YEAR, Ready
from tests.populations import random_world, write_snapshots


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """A sealed edition of a small made-up country. Tests that change it copy it first."""
    folder = tmp_path_factory.mktemp("ready")
    snapshots = write_snapshots(random_world(11, YEAR, large=2), folder / "snapshots")
    done = run_list(YEAR, snapshots, folder / "home")
    assert done.code == 0, done.output[-3000:]
    return Ready(folder / "home", snapshots)
