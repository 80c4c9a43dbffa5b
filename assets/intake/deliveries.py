"""Deliveries on disk: which vintage of a reference is used, which files it has, and what each file is made of.

Nothing is read from outside the snapshots folder, whatever links lead there, and nothing is written into it. What
does not belong here: reading rows (`assets.intake.storing`) and what a register must hold (`assets.contracts`).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import stat
import threading
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from assets.contracts import Register
from assets.delivered_files import Encoding, printable, stamp_of
from law.danish_time import day_of

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".sas7bdat", ".xpt")
COMPLETE = "_COMPLETE"
SYNTHETIC = "SYNTETISK.txt"
"""Marks a snapshots folder whose data are invented; the demo writes it."""
FIRST_VINTAGE = ""
VINTAGE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEAR = re.compile("[0-9]{4}")
CHUNK = 1 << 20
BLOCK = 1 << 24
"""Bytes of a file that are hashed at once. Between two blocks the interpreter is asked for, which another thread may
keep for five milliseconds: so a block takes longer than that."""
DAMAGED = (OSError, EOFError, zlib.error)
"""What Python raises where a compressed file is broken."""

FETCH_AGAIN = "Fetch the file again."


def is_synthetic(snapshots: Path) -> bool:
    """Whether a snapshots folder says that its data are invented."""
    return (snapshots / SYNTHETIC).is_file()


@dataclass(frozen=True)
class Fault:
    """Something that stops the run: where, what, how many rows, and what to do. Holds no value of any row."""

    register: str
    reference: str
    check: str
    place: str
    what: str
    remedy: str
    rows: int | None = None

    @property
    def line(self) -> str:
        count = "" if self.rows is None else f" in {self.rows} row{'' if self.rows == 1 else 's'}"
        return f"{self.place}: {self.what}{count}. {self.remedy}"


@dataclass(frozen=True)
class Delivery:
    """The vintage of a reference that is used, its files, and what is wrong with it before a file is opened."""

    register: str
    reference: str
    vintage: str
    folder: Path
    files: tuple[Path, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def place(self) -> str:
        """How messages name the delivery."""
        return place_of(self.register, self.reference, self.vintage)


def place_of(register: str, reference: str, vintage: str) -> str:
    """How messages and manifests name a snapshot: register/reference[/vintage]."""
    return "/".join(part for part in (register, reference, vintage) if part)


class UnreadableFileError(Exception):
    """A file cannot be read. Message and remedy are safe to print: they hold no content of the file."""

    def __init__(self, what: str, remedy: str = FETCH_AGAIN) -> None:
        super().__init__(what)
        self.remedy = remedy


# --- which files ------------------------------------------------------------------------------------------------


def delivered_years(snapshots: Path, register: Register, list_year: int) -> list[int]:
    """The years up to the list year for which a register of any year has a folder, ascending; of another none.

    A year in whose folder's place something else stands is one of them, and where the register's own folder is none or
    cannot be read the list year, so that `find_delivery` is asked and tells of it.
    """
    folder = snapshots / register.name
    if not register.any_year:
        return []
    try:
        if _no_folder(folder):
            return [list_year]
        names = [place.name for place in folder.iterdir()] if folder.is_dir() else []
    except OSError:
        return [list_year]
    return sorted(int(name) for name in names if YEAR.fullmatch(name) and int(name) <= list_year)


def find_delivery(snapshots: Path, register: Register, reference: str) -> Delivery | None:
    """The newest vintage of a reference, or None where nothing was delivered.

    Files directly in the reference's folder are the first delivery; a later one stands in a folder named by its
    delivery day. The newest is used alone: vintages are never put together, and a newest one that holds nothing
    readable is a fault, not a reason to use the one before. So is a link that leads nowhere, or a file, in the place of
    a folder: what was delivered there cannot be read.
    """
    folder = snapshots / register.name / reference
    vintage = FIRST_VINTAGE
    try:
        root = snapshots.resolve(strict=True)
        if told := _no_folder(folder.parent) or _no_folder(folder):
            nothing = Delivery(register.name, reference, vintage, folder, ())
            return _with_faults(nothing, [(nothing.place, *told)])
        if not folder.is_dir():
            return None
        for vintage, place in [*_later_vintages(folder), (FIRST_VINTAGE, folder)]:
            delivery = _delivery(root, register, reference, vintage, place)
            if delivery.files or delivery.faults:
                return delivery
    except (OSError, RuntimeError):
        nothing = Delivery(register.name, reference, vintage, folder, ())
        return _with_faults(nothing, [(nothing.place, "the folder cannot be read", "Check its permissions and links.")])
    return None


def unread(snapshots: Path, register: Register, reference: str) -> list[str]:
    """What stands in a reference's folder, or in that of its newest delivery, and is neither read nor a delivery of an
    earlier day: what is of no type that can be read, a folder named by no day, a later day's without a file."""
    folder = snapshots / register.name / reference
    delivery = find_delivery(snapshots, register, reference)
    if delivery is None or delivery.faults:
        return []
    found = [name for name, _ in _later_vintages(folder) if name > delivery.vintage]
    for place in {folder, delivery.folder}:
        for path in place.iterdir():
            known = path.name.lower().endswith(SUFFIXES) or path.name.startswith(".") or path.name == COMPLETE
            if not known and not (place == folder and VINTAGE.fullmatch(path.name)):
                found.append(str(path.relative_to(folder)))
    return [f"{register.name}/{reference}/{printable(name)}" for name in sorted(found)]


def _later_vintages(folder: Path) -> list[tuple[str, Path]]:
    """What is named by a delivery day, the newest first, whether it is a folder or not."""
    return sorted(((p.name, p) for p in folder.iterdir() if VINTAGE.fullmatch(p.name)), reverse=True)


def _no_folder(folder: Path) -> tuple[str, str] | None:
    """What stands in the place of a folder and is none, and what to do; None where a folder does, or nothing."""
    if folder.is_dir() or not os.path.lexists(folder):
        return None
    if not folder.exists():
        return f"{folder.name} is a link that leads nowhere", "Put the folder itself there, or mount what it leads to."
    return f"{folder.name} is a file, not a folder", "Make it a folder, with the files of the delivery in it."


def _delivery(root: Path, register: Register, reference: str, vintage: str, place: Path) -> Delivery:
    delivery = Delivery(register.name, reference, vintage, place, ())
    if told := _no_folder(place):
        return _with_faults(delivery, [(delivery.place, *told)])
    if vintage and not _is_day(vintage):
        return _with_faults(delivery, [(delivery.place, "the folder's name is no day", "Name it YYYY-MM-DD.")])
    if not place.resolve(strict=True).is_relative_to(root):
        return _with_faults(delivery, [_outside(delivery.place)])
    files: list[Path] = []
    wrong: list[tuple[str, str, str]] = []
    others: list[str] = []
    for path in sorted(place.iterdir()):
        if path.name.startswith("."):
            continue
        if not path.name.lower().endswith(SUFFIXES):
            # the mark alone says that nothing came; of a later vintage it says that something was to come
            others += [] if path.is_dir() or (path.name == COMPLETE and not vintage) else [path.name]
        elif fault := _hindrance(root, path, f"{delivery.place}/{printable(path.name)}"):
            wrong.append(fault)
        else:
            files.append(path)
    if not files and not wrong and others:
        names = ", ".join(printable(name) for name in others[:3])
        what = f"no file of a type that can be read, only {names}"
        wrong.append((delivery.place, what, f"Deliver files that end in {', '.join(SUFFIXES)}."))
    found = Delivery(register.name, reference, vintage, place, tuple(files))
    return _with_faults(found, wrong) if wrong else found


def _is_day(name: str) -> bool:
    try:
        day_of(name)
    except ValueError:
        return False
    return True


def _hindrance(root: Path, path: Path, place: str) -> tuple[str, str, str] | None:
    """Why a file may not be opened, as (place, what, remedy)."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        return place, "the file's name is not UTF-8", "Rename the file."
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return place, "a link that leads nowhere", "Put the file itself in the folder."
    if not resolved.is_relative_to(root):
        return _outside(place)
    mode = resolved.stat().st_mode
    if stat.S_ISDIR(mode):
        return place, "a folder, not a file", "Put its files in the folder above."
    if not stat.S_ISREG(mode):
        return place, "no ordinary file", "Put the file itself in the folder."
    return None


def _outside(place: str) -> tuple[str, str, str]:
    return place, "a link that leads outside the snapshots folder", "Put the files themselves in the folder."


def _with_faults(delivery: Delivery, told: list[tuple[str, str, str]]) -> Delivery:
    faults = tuple(Fault(delivery.register, delivery.reference, "readable", *one) for one in told)
    return Delivery(delivery.register, delivery.reference, delivery.vintage, delivery.folder, delivery.files, faults)


# --- what each file is made of ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file before a row of it is read.

    `stamp` tells whether the file was changed since; `problem` is why its text cannot be read, safe to print. Of a
    text, `lines` is how many it has, and `quoted` whether a quote stands in it.
    """

    name: str
    sha256: str
    size: int
    stamp: tuple[int, ...]
    utf8: bool = True
    mixed_newlines: bool = False
    lines: int = 0
    quoted: bool = False
    problem: UnreadableFileError | None = None


_ahead: dict[Path, Future[FileFacts]] = {}


@contextmanager
def read_ahead(files: Iterable[Path]) -> Iterator[None]:
    """Hashes files in a thread of its own while Python is busy with other things, for the `file_facts` that asks first.

    A file that was changed since is hashed again. What nobody asked for is forgotten at the end, and what is being
    hashed then is left.
    """
    ahead, ended = ThreadPoolExecutor(max_workers=1), threading.Event()
    _ahead.update({path: ahead.submit(_facts, path, ended) for path in files})
    try:
        yield
    finally:
        ended.set()
        _ahead.clear()
        ahead.shutdown(wait=False, cancel_futures=True)


def file_facts(path: Path) -> FileFacts:
    """Hash, size and, for text, how it is encoded, in one pass over its bytes (two where it is compressed)."""
    if (read := _ahead.pop(path, None)) is not None:
        with suppress(OSError):
            if (facts := read.result()).stamp == stamp_of(path):
                return facts
    return _facts(path)


class NotAskedForError(Exception):
    """Nobody waits for a file's hash any more."""


def _facts(path: Path, ended: threading.Event | None = None) -> FileFacts:
    digest = hashlib.sha256()
    size = 0
    name = path.name.lower()
    stamp = stamp_of(path)
    text = _Text()
    with path.open("rb", buffering=0) as stream:
        block = memoryview(bytearray(BLOCK))
        while read := stream.readinto(block):
            if ended is not None and ended.is_set():
                raise NotAskedForError
            digest.update(block[:read])
            size += read
            if name.endswith(".csv"):
                text.take(bytes(block[:read]))
    problem = None if size else UnreadableFileError("the file is empty, it has no bytes at all")
    if name.endswith(".csv.gz") and size:
        try:
            for chunk in _unpacked(path):
                text.take(chunk)
        except DAMAGED:
            problem = UnreadableFileError("the compressed file is damaged")
    if name.endswith((".csv", ".csv.gz")):
        text.end()
        problem = problem or text.problem()
    told = (text.utf8, text.mixed_newlines, text.lines, text.quoted)
    return FileFacts(path.name, digest.hexdigest(), size, stamp, *told, problem)


def _unpacked(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


@dataclass
class _Text(Encoding):
    """What the bytes of a text file, taken piece by piece, say about its encoding and line ends."""

    quoted: bool = False
    newlines: int = 0
    windows_ends: int = 0
    returns: int = 0
    last: bytes = b""

    def take(self, chunk: bytes) -> None:
        super().take(chunk)
        self.quoted = self.quoted or b'"' in chunk
        self.newlines += chunk.count(b"\n")
        if b"\r" in chunk:
            self.returns += chunk.count(b"\r")
            self.windows_ends += chunk.count(b"\r\n")
        self.windows_ends += self.last == b"\r" and chunk[:1] == b"\n"
        self.last = chunk[-1:]

    @property
    def mixed_newlines(self) -> bool:
        return 0 < self.windows_ends < self.newlines

    @property
    def lines(self) -> int:
        """How many lines there are, whichever way each ends; the last one needs no end."""
        return self.newlines + self.returns - self.windows_ends + (self.last not in (b"", b"\n", b"\r"))

    def problem(self) -> UnreadableFileError | None:
        """Why the text cannot be told; None where it is UTF-8 or Windows-1252."""
        fault = self.fault()
        return UnreadableFileError(*fault) if fault else None
