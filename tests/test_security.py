"""The machine's side of security: what listens, what is fetched, what is installed. See docs/security.md."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
from importlib import metadata
from pathlib import Path

import duckdb
import pytest
import typer

from assets import warehouse
from pipelines import cli
from tests.command import ROOT


@pytest.mark.parametrize("read_only", [False, True])
def test_web_server_listens_on_loopback_unless_told_otherwise(
    read_only: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def serve(command: list[str], *_: object) -> int:
        started.append(command)
        return 0

    monkeypatch.setattr(os, "execve", lambda _file, command, _environment: started.append(command))
    monkeypatch.setattr(cli, "_serve", serve)
    (tmp_path / "warehouse.duckdb").touch()
    with contextlib.suppress(typer.Exit):
        cli.ui(home=tmp_path, snapshots=tmp_path, read_only=read_only, port=0, new=False)
    assert started
    assert all(command[command.index("-h") + 1] == "127.0.0.1" for command in started)
    assert inspect.signature(cli.ui).parameters["host"].default == "127.0.0.1"


def test_no_extension_is_fetched_or_loaded(tmp_path: Path) -> None:
    with warehouse.connect(tmp_path / "w.duckdb", tmp_path) as con:
        names = ("autoinstall_known_extensions", "autoload_known_extensions")
        found = con.execute("SELECT value FROM duckdb_settings() WHERE name IN (?, ?)", list(names)).fetchall()
        assert found == [("false",), ("false",)]
        with pytest.raises(duckdb.Error):
            con.execute("SELECT * FROM read_csv('https://localhost/x.csv')")


def test_every_installed_package_is_pinned() -> None:
    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {plain(name): version for name, version in (line.split("==") for line in lines if "==" in line)}
    installed = {plain(d.metadata["Name"]): d.version for d in metadata.distributions()}
    own = {"boligomraader", "pip", "setuptools", "wheel"}
    assert {
        name: version for name, version in installed.items() if name not in own and pinned.get(name) != version
    } == {}


def test_sql_is_never_built_from_names_without_quoting() -> None:
    """A path in a SQL text goes through sql_text or sql_file; `{path}` alone would be a hole."""
    holes = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("assets", "pipelines")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(
            r"(read_csv|read_parquet|parquet_schema|ATTACH|COPY [^\n]* TO)\W+'?\{(path|folder|file|name)\}", line
        )
    ]
    assert holes == []
