"""The files of a deployment fit each other and the product.

Belongs here: syntax and agreement of `deploy/` and `pipelines/dagster.yaml`, and backup and restore of a home.
Does not belong: PostgreSQL itself (test_postgresql.py).
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.workspace.config_schema import process_workspace_config

from assets.administration.store import LOCK
from assets.exchange import held
from pipelines.backup import BackupError, backup, restore
from pipelines.environments import ENVIRONMENTS
from pipelines.home import Home
from pipelines.running import CODE_LOCATION
from tests.command import ROOT, edition, file_bytes, run_cli
from tests.graph.homes import YEAR, Ready

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service")) + sorted((DEPLOY / "systemd").glob("*.timer"))
INSTANCES = (ROOT / "pipelines" / "dagster.yaml", DEPLOY / "dagster.yaml")
WORKSPACES = (DEPLOY / "workspace.yaml", DEPLOY / "compose" / "workspace.yaml")


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def locations() -> dict[str, str]:
    """Module of each code location of the product: those of the UI on one machine, and the administration's."""
    modules = [item["python_module"] for item in read(ROOT / "workspace.yaml")["load_from"]]
    found = {module["location_name"]: module["module_name"] for module in modules}
    return {"administration": "pipelines.administration.definitions", **found}


def test_a_run_of_the_command_names_a_code_location_of_the_ui() -> None:
    assert locations()[CODE_LOCATION] == "pipelines.definitions"


@pytest.mark.parametrize("path", INSTANCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_dagster_accepts_the_instance(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOLIGOMRAADER_POSTGRES_URL", "postgresql+psycopg2://dagster@127.0.0.1:1/dagster")
    shutil.copyfile(path, tmp_path / "dagster.yaml")
    config, _ = dagster_instance_config(str(tmp_path))
    assert config["telemetry"] == {"enabled": False}
    assert config["concurrency"]["pools"] == {"default_limit": 1, "granularity": "op"}


@pytest.mark.parametrize("path", INSTANCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_retention_never_prunes_the_audit_trail(path: Path) -> None:
    """Only looks of a sensor that found nothing may be dropped; runs, events and schedule ticks stay."""
    assert read(path)["retention"].keys() == {"sensor"}
    assert read(path)["retention"]["sensor"]["purge_after_days"].keys() == {"skipped"}


@pytest.mark.parametrize("path", WORKSPACES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_code_location_is_a_service_of_its_own(path: Path) -> None:
    assert process_workspace_config(read(path))
    servers = {item["grpc_server"]["location_name"]: item["grpc_server"] for item in read(path)["load_from"]}
    assert servers.keys() == locations().keys()
    assert len({(server["host"], server["port"]) for server in servers.values()}) == len(servers)


@pytest.mark.parametrize(("name", "module"), locations().items())
def test_each_service_loads_the_module_of_its_location(name: str, module: str) -> None:
    port = {i["grpc_server"]["location_name"]: i["grpc_server"]["port"] for i in read(WORKSPACES[0])["load_from"]}[name]
    assert importlib.util.find_spec(module), module
    settings = (DEPLOY / "systemd" / f"{name}.env").read_text(encoding="utf-8")
    assert f"MODULE={module}\n" in settings
    assert f"PORT={port}\n" in settings
    command = read(DEPLOY / "compose" / "compose.yaml")["services"][f"code-{name}"]["command"].split()
    assert command[command.index("--module-name") + 1] == module
    assert command[command.index("--location-name") + 1] == name


def test_compose_has_the_services_and_each_is_watched() -> None:
    compose = read(DEPLOY / "compose" / "compose.yaml")
    services = compose["services"]
    expected = {"postgres", "daemon", "webserver", "webserver-readonly", *(f"code-{name}" for name in locations())}
    assert services.keys() == expected
    for name, service in services.items():
        assert {"image", "restart", "healthcheck"} <= service.keys(), name
        assert set(service.get("depends_on", {})) <= services.keys()
        for mounted in service.get("volumes", []):
            source = mounted.split(":")[0]
            assert source in compose["volumes"] or source.startswith("${"), mounted
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), "no service listens on the network by itself"
    assert "--read-only" in services["webserver-readonly"]["command"]
    assert services["daemon"]["environment"]["BOLIGOMRAADER_ENVIRONMENT"] in ENVIRONMENTS


def test_a_servers_services_and_its_commands_share_one_record_of_runs() -> None:
    """A command writes to the instance in the home that it is given, and so must the services of that home."""
    for path in (DEPLOY / "systemd" / "boligomraader.env", DEPLOY / "compose" / "Dockerfile"):
        said = dict(re.findall(r"\b(DAGSTER_HOME|BOLIGOMRAADER_HOME)=(\S+)", path.read_text(encoding="utf-8")))
        assert Path(said["DAGSTER_HOME"]) == Home(Path(said["BOLIGOMRAADER_HOME"])).instance, path.name


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """Verified with the paths of a server put where this machine has the programs."""
    analyze = shutil.which("systemd-analyze")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        assert re.search(r"^\[Unit\]\nDescription=\S", text)
        text = text.replace("/opt/boligomraader/.venv/bin", str(Path(shutil.which("true") or "/bin/true").parent))
        text = re.sub(r"(?m)^(ExecStart=\S*/)[^/\s]+", r"\1true", text)
        (tmp_path / unit.name.replace("@.", "@statistics.")).write_text(text, encoding="utf-8")
    commands = re.findall(r"(?m)^ExecStart=(\S+)", "".join(u.read_text("utf-8") for u in UNITS))
    assert {Path(command).name for command in commands} == {
        "boligomraader",
        "dagster",
        "dagster-daemon",
        "dagster-webserver",
    }
    if analyze is None:
        return
    names = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run([analyze, "verify", "--man=no", *names], capture_output=True, text=True, check=False)
    mine = [line for line in done.stderr.splitlines() if "boligomraader" in line and "User=" not in line]
    assert mine == [], done.stderr


def test_a_home_is_backed_up_and_restored(ready: Ready, tmp_path: Path) -> None:
    done = run_cli("backup", "--home", ready.home, "--to", tmp_path / "backup")
    assert done.code == 0, done.output
    archive = next((tmp_path / "backup").glob("*.tar"))
    assert archive.stat().st_mode & 0o077 == 0
    restored = tmp_path / "again"
    assert run_cli("restore", archive, "--home", restored).code == 0
    assert file_bytes(edition(restored, YEAR)) == file_bytes(edition(ready.home, YEAR))
    verified = run_cli("verify", "--home", restored, "--list-year", YEAR)
    assert verified.code == 0, verified.output
    assert run_cli("restore", archive, "--home", restored).code != 0, "a home is never overwritten"
    with archive.open("r+b") as stream:
        stream.seek(archive.stat().st_size // 2)
        stream.write(b"?!?!")
    damaged = run_cli("restore", archive, "--home", tmp_path / "third")
    assert damaged.code != 0
    assert archive.name in damaged.output
    assert not (tmp_path / "third").exists()


def test_a_backup_that_cannot_be_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that tries again would fill the disk with what is half written."""
    home = Home(tmp_path / "home")
    home.prepare()
    home.warehouse.write_bytes(b"rows")
    monkeypatch.setattr("pipelines.backup.sha256_of", lambda _file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "")))
    with pytest.raises(OSError, match=str(errno.ENOSPC)):
        backup(home, tmp_path / "backup", dt.datetime(2026, 12, 1))
    assert list((tmp_path / "backup").iterdir()) == []


def test_a_backup_leaves_alone_what_another_of_the_same_second_writes(tmp_path: Path) -> None:
    home, folder, at = Home(tmp_path / "home"), tmp_path / "backup", dt.datetime(2026, 12, 1)
    home.prepare()
    folder.mkdir()
    begun = folder / ".home-20261201T000000.tar.partial"
    begun.write_bytes(b"half")
    with pytest.raises(BackupError, match="is being written: run again"):
        backup(home, folder, at)
    assert begun.read_bytes() == b"half"
    begun.unlink()
    assert backup(home, folder, at).is_file()


def test_a_backup_holds_what_is_linked_into_the_home_and_is_the_owners_alone(tmp_path: Path) -> None:
    home, elsewhere = Home(tmp_path / "home"), tmp_path / "elsewhere"
    home.prepare()
    (elsewhere / "2025").mkdir(parents=True)
    (elsewhere / "2025" / "manifest.json").write_text("{}", encoding="utf-8")
    (elsewhere / "2025" / "manifest.json").chmod(0o4777)
    home.editions.rmdir()
    home.editions.symlink_to(elsewhere)
    home.warehouse.write_bytes(b"rows")
    os.link(home.warehouse, home.path / "warehouse.before")
    archive = backup(home, tmp_path / "backup", dt.datetime(2026, 12, 1))
    restore(archive, Home(tmp_path / "again"))
    for name in ("editions/2025/manifest.json", "warehouse.duckdb", "warehouse.before"):
        restored = tmp_path / "again" / name
        assert restored.read_bytes() == (home.path / name).read_bytes()
        assert not restored.is_symlink()
        assert restored.stat().st_mode & 0o7077 == 0


def test_a_backup_takes_no_other_s_place_and_is_not_within_its_home(ready: Ready, tmp_path: Path) -> None:
    home = Home(ready.home)
    at = dt.datetime(2026, 12, 1)
    first = backup(home, tmp_path, at)
    content = first.read_bytes()
    with pytest.raises(BackupError, match="is there already"):
        backup(home, tmp_path, at)
    assert first.read_bytes() == content
    inside = run_cli("backup", "--home", home.path, "--to", home.path / "backup")
    assert (inside.code, len(inside.lines)) == (1, 1), inside.output
    assert "is within the home" in inside.output
    assert not (home.path / "backup").exists()
    with pytest.raises(BackupError, match="no folder"):
        backup(home, first, at)
    for noted in (b"", b"\xff\xfe\x00"):
        first.with_suffix(".sha256").write_bytes(noted)
        with pytest.raises(BackupError, match="is not the archive that was written"):
            restore(first, Home(tmp_path / "again"))


@pytest.mark.parametrize("kind", ["out of it", "absolute", "symbolic link", "hard link", "device"])
def test_nothing_but_files_and_folders_of_a_home_is_restored(kind: str, tmp_path: Path) -> None:
    member = tarfile.TarInfo({"out of it": "editions/../../out", "absolute": str(tmp_path / "out")}.get(kind, "file"))
    member.linkname = str(tmp_path / "secret")
    links = {"symbolic link": tarfile.SYMTYPE, "hard link": tarfile.LNKTYPE, "device": tarfile.FIFOTYPE}
    member.type = links.get(kind, tarfile.REGTYPE)
    archive = tmp_path / "home.tar"
    with tarfile.open(archive, "w") as packed:
        packed.addfile(member)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_suffix(".sha256").write_text(f"{digest}  home.tar\n", encoding="utf-8")
    with pytest.raises(BackupError, match="no file or folder of a home"):
        restore(archive, Home(tmp_path / "again"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home.sha256", "home.tar"]


def test_a_backup_waits_for_a_run_of_the_administration(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    done = threading.Event()

    def take() -> None:
        backup(home, tmp_path / "backup", dt.datetime(2026, 12, 1))
        done.set()

    taking = threading.Thread(target=take)
    with held(home.path / LOCK):
        taking.start()
        assert not done.wait(0.5)
    taking.join(timeout=30)
    assert done.is_set()
    with tarfile.open(tmp_path / "backup" / "home-20261201T000000.tar") as archive:
        assert LOCK not in archive.getnames()
