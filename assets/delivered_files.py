"""What a delivered file tells before a row of it is read, the same for whoever reads one: how a message names it,
whether it was changed, how its text is encoded, and what the columns of a Parquet file are called.

What does not belong here: which files are delivered, which columns one must have, and what a row says.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
UTF8_LETTER = re.compile(rb"\xc3[\x80-\xbf]")
CHANGED = "the file changed while it was read", "Run again when the delivery is complete."
"""What is wrong with a file whose stamp is no longer the one it had, and what to do."""


def printable(text: str) -> str:
    """A name as it can stand in one line of a message, whatever characters it has."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def stamp_of(path: Path) -> tuple[int, ...]:
    """Changes when a file is written or replaced."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@dataclass
class Encoding:
    """What the bytes of a text, taken piece by piece, say about its encoding: it is UTF-8, Windows-1252, or faulty."""

    utf8: bool = True
    first: bytes = b""
    nul: bool = False
    not_cp1252: bool = False
    utf8_letters: bool = False
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def take(self, chunk: bytes) -> None:
        """The next piece of the text."""
        self.first = self.first or chunk[:2]
        self._decode(chunk, final=False)
        self.nul = self.nul or b"\0" in chunk
        self.not_cp1252 = self.not_cp1252 or bool(NOT_IN_CP1252.search(chunk))
        self.utf8_letters = self.utf8_letters or bool(UTF8_LETTER.search(chunk))

    def end(self) -> None:
        """No piece follows."""
        self._decode(b"", final=True)

    def _decode(self, chunk: bytes, final: bool) -> None:
        if self.utf8:
            try:
                self.decoder.decode(chunk, final)
            except UnicodeDecodeError:
                self.utf8 = False

    def fault(self) -> tuple[str, str] | None:
        """Why the text cannot be told and what to do; None where it is UTF-8 or Windows-1252."""
        if self.first in UTF16_MARKS or self.nul:
            return "the text is UTF-16 or has NUL characters", "Deliver it as UTF-8."
        if not self.utf8 and self.utf8_letters:
            return "the text is partly UTF-8 and partly not", "Deliver it as UTF-8 throughout."
        if not self.utf8 and self.not_cp1252:
            return "the text is neither UTF-8 nor Windows-1252", "Deliver it as UTF-8."
        return None


def parquet_names(con: duckdb.DuckDBPyConnection, literal: str) -> list[str]:
    """The columns' names as written, in order; a nested column, which nothing that is read has, is given no name.

    `literal` is the file as a SQL literal. DuckDB itself renames columns that differ in case only.
    """
    return ["" if within else name for name, within in parquet_columns(con, literal)]


def parquet_columns(con: duckdb.DuckDBPyConnection, literal: str) -> list[tuple[str, list[str]]]:
    """The columns in order: each one's name as written, and the names of all that is nested in it."""
    nodes = con.execute(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({literal})").fetchall()
    columns: list[tuple[str, list[str]]] = []
    position = 1
    while position < len(nodes):
        name, open_nodes = nodes[position]
        within: list[str] = []
        position += 1
        while open_nodes:
            within.append(str(nodes[position][0]))
            open_nodes += nodes[position][1] - 1
            position += 1
        columns.append((str(name), within))
    return columns
