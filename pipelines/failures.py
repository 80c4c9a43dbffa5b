"""Errors as one line that is safe to print and to store: the kind, the place in the product, and what to do.

The message of an error may quote a row, so it never leaves here, but that of a `LawError` or a `DamagedFileError`:
those name files and keys, and no register's value. What does not belong here: faults of deliveries
(`assets.intake.deliveries`) and refusals that the product words itself.
"""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

import duckdb

from law.loader import LawError

PRODUCT = Path(__file__).parent.parent
DISK_FULL = "The disk of the home is full: free some space and run again; what was sealed is untouched."
NOT_WRITABLE = "The home cannot be written: check that you own it and that its disk is mounted for writing."
NO_FOLDER = "A file stands where a folder is needed: name another folder, or move the file away."
SETTINGS = "BOLIGOMRAADER_MEMORY is an amount such as 4GB, BOLIGOMRAADER_THREADS a whole number from 1 on: set them so."
DAMAGED = (
    "warehouse.duckdb is damaged: restore a backup, or move the file away, then the next run reads the deliveries anew."
)
NO_ADDRESS = "The record of runs is in PostgreSQL: set BOLIGOMRAADER_POSTGRES_URL as the services have it."
NO_ANSWER = "PostgreSQL does not answer at BOLIGOMRAADER_POSTGRES_URL: start it, or correct the address."
REMEDIES = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EFBIG: DISK_FULL,
    errno.EACCES: NOT_WRITABLE,
    errno.EPERM: NOT_WRITABLE,
    errno.EROFS: NOT_WRITABLE,
    errno.EEXIST: NO_FOLDER,
    errno.ENOTDIR: NO_FOLDER,
}
IN_WORDS = {
    "No space left": DISK_FULL,
    "File too large": DISK_FULL,
    "quota": DISK_FULL,
    "database or disk is full": DISK_FULL,
    "disk I/O error": DISK_FULL,
    "Permission denied": NOT_WRITABLE,
    "Read-only file system": NOT_WRITABLE,
    "readonly database": NOT_WRITABLE,
    "unable to open database file": NOT_WRITABLE,
    "would be read as an address": "Its path holds ?, \\ or a code such as %20: rename the folder, or take another.",
    "Memory must have a number": SETTINGS,
    "Unknown unit for memory": SETTINGS,
    "is no whole number from 1 on": SETTINGS,
    "Query interrupted": "The run was stopped.",
    "not a valid DuckDB database": DAMAGED,
    "Could not read enough bytes": DAMAGED,
    "Corrupt database file": DAMAGED,
    'environment variable "BOLIGOMRAADER_POSTGRES_URL" which is not set': NO_ADDRESS,
    "too many retries for DB connection": NO_ANSWER,
    "connection to server": NO_ANSWER,
    "server closed the connection": NO_ANSWER,
    "terminating connection": NO_ANSWER,
    "the database system is": NO_ANSWER,
    "Could not set lock": "Another program has the warehouse open for writing: close it and run again.",
    "Conflicting lock": "Another program has the warehouse open for writing: close it and run again.",
}
UNEXPECTED = "Run again; if it fails again, report this line."


class DamagedFileError(Exception):
    """A file of the home is damaged. The message names it and says what to do: it is safe to print."""


def plain(error: BaseException) -> str:
    """The error's kind, where in the product it arose, and a remedy. Holds nothing of the error's own message, but for
    a damaged file of the home and a file of the law that is not in order: those are told by their message."""
    if isinstance(error, DamagedFileError):
        return str(error)
    if isinstance(error, LawError):
        return " ".join(str(error).split())
    return f"{type(error).__name__} in {_place(error)}. {_remedy(error)}"


def _place(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_own(Path(f.filename))]
    if not frames:
        return "a library"
    return f"{Path(frames[-1].filename).relative_to(PRODUCT)} line {frames[-1].lineno}"


def _is_own(path: Path) -> bool:
    return path.is_relative_to(PRODUCT) and path.relative_to(PRODUCT).parts[0] in ("assets", "law", "pipelines")


def _remedy(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno in REMEDIES:
        return REMEDIES[error.errno]
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return "It needs more memory: set BOLIGOMRAADER_MEMORY higher, or close other programs."
    return remedy_in(str(error)) or UNEXPECTED


def remedy_in(said: str) -> str | None:
    """What to do about an error of which only the words are left, if they are known. Of the words nothing is told."""
    return next((remedy for words, remedy in IN_WORDS.items() if words in said), None)
