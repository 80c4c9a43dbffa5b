"""What `ui` refuses before anything is started. What it shows is looked at in tests/browser."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.command import run_cli
from tests.graph.homes import Ready


@pytest.mark.parametrize("more", [[], ["--read-only"], ["--read-only", "--new"]])
def test_a_folder_that_is_no_home_is_refused_and_not_made(more: list[str], tmp_path: Path) -> None:
    home = tmp_path / "tastefejl"
    told = run_cli("ui", "--home", home, *more)
    assert told.code == 1
    assert told.lines[0].startswith(f"There is no home in {home}. Run a list year first")
    assert ("--new" in told.output) is (not more)
    assert not home.exists()


@pytest.mark.parametrize("begun", [True, False])
def test_a_port_in_use_is_told_before_anything_is_started(begun: bool, ready: Ready, tmp_path: Path) -> None:
    home = ready.home if begun else tmp_path / "ny"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run_cli("ui", "--home", home, "--port", port, *([] if begun else ["--new"]))
    assert told.code == 1
    assert told.lines == [f"Port {port} on 127.0.0.1 is in use: choose another with --port, or end what listens there."]
    assert begun or not home.exists()


@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
@pytest.mark.parametrize("more", [[], ["--read-only"]])
def test_a_damaged_database_is_named_before_anything_is_started(
    more: list[str], name: str, ready: Ready, tmp_path: Path
) -> None:
    home, _ = ready.copied(tmp_path)
    (home / "dagster" / name).write_bytes(b"no database" * 1000)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = run_cli("ui", "--home", home, "--port", port, *more)
    assert told.code == 1
    assert told.lines[0].startswith(f"{home / 'dagster' / name}: the database is damaged. Restore a backup, or move")
    assert len(told.lines) == 1
