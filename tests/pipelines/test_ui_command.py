"""What `ui` refuses before anything is started, and that its daemon lives. What it shows is looked at in
tests/browser."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from pipelines import cli
from pipelines.event_log import DATABASES
from pipelines.home import Home
from tests.command import ROOT, run_cli
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


@pytest.mark.parametrize("more", [[], ["--read-only"]])
def test_a_home_whose_record_of_runs_may_not_be_opened_is_told_before_anything_is_started(
    more: list[str], ready: Ready, tmp_path: Path
) -> None:
    home, _ = ready.copied(tmp_path)
    (home / "dagster" / "history" / "runs.db").chmod(0)
    without_roots_rights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = Path(sys.executable).parent / "boligomraader"
    command = [*without_roots_rights, script, "ui", "--home", home, "--port", str(port), *more]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1
    assert "The home cannot be written: check that you own it and that its disk is mounted" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_the_databases_are_made_before_the_web_server_and_the_daemon_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two that make them at once one ends, and without the daemon nothing that is launched would ever start."""
    home, there = Home(tmp_path / "home"), []

    def serve(*_: object) -> int:
        there.extend(name for name in DATABASES if (home.instance / name).stat().st_size)
        return 0

    monkeypatch.setattr(cli, "_serve", serve)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(typer.Exit):
        cli.ui(home=home.path, snapshots=tmp_path, read_only=False, host="127.0.0.1", port=port, new=True)
    assert there == list(DATABASES)


def test_a_daemon_that_ends_is_started_again_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, daemon = tmp_path / "begun", tmp_path / "dagster-daemon"
    daemon.write_text(f"#!/bin/sh\necho daemon >> {begun}\n[ $(wc -l < {begun}) -gt 1 ] && exec sleep 60\n", "utf-8")
    daemon.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(cli, "SECONDS_BETWEEN_LOOKS_AT_THE_DAEMON", 0.2)
    web = f"for i in 1 2 3 4 5 6 7 8 9; do [ $(wc -l < {begun}) -gt 1 ] && break; sleep 1; done; sleep 1; exit 3"
    assert cli._serve(["/bin/sh", "-c", web], {}, tmp_path / "workspace.yaml") == 3
    assert begun.read_text(encoding="utf-8") == "daemon\ndaemon\n"
    assert capsys.readouterr().err.count("has ended: it is started again") == 1
