"""Puts a finished folder in the place of an earlier one, so that a reader sees one of them whole, and never none; and
the lock that lets one process at a time do so.

What does not belong here: what is in a folder, and anything of the statistics or the administration, which both use it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

RENAME_EXCHANGE = 2
AT_FDCWD = -100
SECONDS_BETWEEN_LOOKS = 0.2


@contextmanager
def held(lock: Path, waiting: Callable[[bool], None] | None = None) -> Iterator[None]:
    """Holds the lock that a file stands for, waiting for it first; the system frees it when the process dies.

    `waiting` is called each time it is looked for in vain, and told whether that is the first time.
    """
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        first = True
        while not _taken(descriptor):
            if waiting:
                waiting(first)
            first = False
            time.sleep(SECONDS_BETWEEN_LOOKS)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def put_in_place(complete: Path, target: Path) -> None:
    """Makes a complete folder the one at `target`: readers see the old one or the new one, never none and never a part.

    What stops it half-way leaves the old one or the new one there, and perhaps the other aside at `complete`. Of a link
    at `target` the folder that it leads to stays as it is.
    """
    flush(complete)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() or target.is_symlink():
        _exchange(complete, target)
        remove(complete)
    else:
        complete.rename(target)
    _flush_folder(target.parent)


def remove(path: Path) -> None:
    """Removes a file, a folder with all in it, or a link without what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _exchange(one: Path, other: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, f"the new {other.name} could not take its place: {os.strerror(code)}")


def flush(folder: Path) -> None:
    """Waits until a folder and all in it are on the disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        else:
            _flush_folder(path)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
