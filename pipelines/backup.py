"""Backup and restore of a home: one archive, taken while no run writes, checked by hash before it is trusted.

The archive holds all that is in the home: the warehouse, the sealed editions with the release log, the published
database, scenarios, the administration's store and decisions, and the local Dagster instance. Left out are what a run
leaves in `scratch`, the locks, and the old warehouse that a deletion overwrites. A server keeps runs and events in
PostgreSQL: back that up beside it (`docs/operations.md`). What does not belong here: when backups are taken.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from assets.administration.store import LOCK
from assets.exchange import held
from assets.publishing.sealing import sha256_of
from pipelines import signs_of_life
from pipelines.home import Home
from pipelines.upkeep import OVERWRITTEN

LEFT_OUT = ("scratch", ".lock", signs_of_life.FOLDER, LOCK, OVERWRITTEN)
OWNER_ONLY = 0o600
OTHERS = 0o7077
"""The rights of all but the owner, and those that change who one is."""


class BackupError(Exception):
    """A backup cannot be written or restored. The message says why."""


def backup(home: Home, folder: Path, at: dt.datetime) -> Path:
    """Writes `home-<time>.tar` and its hash beside it. Returns the archive.

    Waits for a run to end, of the lists or of the administration. What is linked into the home is taken as it is there.
    Raises BackupError for a folder within the home, which the next backup would take in, one that cannot be written,
    and for a second backup at once.
    """
    if folder.resolve().is_relative_to(home.path.resolve()):
        raise BackupError(
            f"{folder} is within the home: the next backup would hold this one. Take a folder outside it."
        )
    if os.path.exists(folder) and not folder.is_dir():
        raise BackupError(f"{folder} is no folder: name another with --to.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupError(f"{folder} cannot be made ({error.strerror}): name another folder with --to.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BackupError(f"{folder} cannot be written: name another folder with --to.")
    target = folder / f"home-{at.strftime('%Y%m%dT%H%M%S')}.tar"
    if target.exists():
        raise BackupError(f"{target} is there already: run again.")
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.touch(mode=OWNER_ONLY, exist_ok=False)
    except FileExistsError:  # another began in the same second, and what it writes is its own
        raise BackupError(f"{target} is being written: run again.") from None
    try:
        _write(home, partial)
        digest = sha256_of(partial)
        target.with_suffix(".sha256").write_text(f"{digest}  {target.name}\n", encoding="utf-8")
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write(home: Home, archive_file: Path) -> None:
    with home.locked(), held(home.path / LOCK), archive_file.open("wb") as stream:
        with tarfile.open(fileobj=stream, mode="w", dereference=True) as archive:
            for path in sorted(home.path.iterdir()):
                if path.name not in LEFT_OUT:
                    archive.add(path, arcname=path.name)
        stream.flush()
        os.fsync(stream.fileno())


def _of_the_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A file or folder of a home, as one that the present user alone may use. Raises BackupError for anything else:
    the hash stands beside the archive, where whoever exchanges one exchanges both. Python's own filter for this came
    with 3.11.4."""
    names = [PurePosixPath(name) for name in (member.name, *([member.linkname] if member.islnk() else []))]
    plain = member.isfile() or member.isdir() or member.islnk()
    if not plain or any(name.is_absolute() or ".." in name.parts for name in names):
        raise BackupError("The archive holds something that is no file or folder of a home.")
    member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
    member.mode &= ~OTHERS
    return member


def restore(archive: Path, home: Home) -> None:
    """Unpacks a backup as a new home. Raises BackupError where the archive is not whole or a home is there already."""
    noted = archive.with_suffix(".sha256")
    if not os.path.isfile(archive) or not os.path.isfile(noted):
        raise BackupError(f"There is no backup {archive} with its hash {noted.name} beside it.")
    if noted.read_bytes().split()[:1] != [sha256_of(archive).encode()]:
        raise BackupError(f"{archive.name} is not the archive that was written: its hash differs from {noted.name}.")
    if home.path.exists() and any(home.path.iterdir()):
        raise BackupError(f"{home.path} is not empty: restore into a new folder.")
    home.path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=home.path.parent, prefix=".restore-"))
    try:
        with tarfile.open(archive) as packed:
            packed.extractall(aside, [_of_the_owner(member) for member in packed])
        aside.chmod(0o700)
        if home.path.exists():
            home.path.rmdir()
        aside.rename(home.path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
