"""Backup and restore of a home: one archive, taken while no run writes, checked by hash before it is trusted.

The archive holds the warehouse, the sealed editions with the release log, and the local Dagster instance; what a run
leaves in `scratch` and the locks are left out. A server keeps runs and events in PostgreSQL: back that up beside it
(`docs/operations.md`). What does not belong here: when backups are taken.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from assets.administration.store import LOCK
from assets.exchange import held
from assets.sealing import sha256_of
from pipelines.home import Home

LEFT_OUT = ("scratch", ".lock", ".runs", LOCK)
OWNER_ONLY = 0o600


class BackupError(Exception):
    """A backup cannot be restored. The message says why."""


def backup(home: Home, folder: Path, at: dt.datetime) -> Path:
    """Writes `home-<time>.tar` and its hash beside it. Returns the archive.

    Waits for a run to end, of the lists or of the administration.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"home-{at.strftime('%Y%m%dT%H%M%S')}.tar"
    partial = target.with_name(f".{target.name}.partial")
    with home.locked(), held(home.path / LOCK), open(partial, "wb", opener=_owner_only) as stream:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for path in sorted(home.path.iterdir()):
                if path.name not in LEFT_OUT:
                    archive.add(path, arcname=path.name)
        stream.flush()
        os.fsync(stream.fileno())
    digest = sha256_of(partial)
    target.with_suffix(".sha256").write_text(f"{digest}  {target.name}\n", encoding="utf-8")
    partial.rename(target)
    return target


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)


def restore(archive: Path, home: Home) -> None:
    """Unpacks a backup as a new home. Raises BackupError where the archive is not whole or a home is there already."""
    noted = archive.with_suffix(".sha256")
    if not archive.is_file() or not noted.is_file():
        raise BackupError(f"There is no backup {archive} with its hash {noted.name} beside it.")
    if noted.read_text(encoding="utf-8").split()[0] != sha256_of(archive):
        raise BackupError(f"{archive.name} is not the archive that was written: its hash differs from {noted.name}.")
    if home.path.exists() and any(home.path.iterdir()):
        raise BackupError(f"{home.path} is not empty: restore into a new folder.")
    home.path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=home.path.parent, prefix=".restore-"))
    try:
        with tarfile.open(archive) as packed:
            packed.extractall(aside, filter="data")
        aside.chmod(0o700)
        if home.path.exists():
            home.path.rmdir()
        aside.rename(home.path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
