"""What divides the columns of a CSV, and what they are called: read from its header, the same way wherever one is read.

What does not belong here: how a file is opened and decoded, and which columns it must have.
"""

from __future__ import annotations

import csv
import re
from typing import IO

LONGEST_LINE = 1 << 20
"""Characters of a line that are read at once: what is longer is no header."""
WORD = re.compile(r"\w+")


def header_of(text: IO[str]) -> tuple[list[str], str]:
    """The column names of a text and what divides its columns: semicolon or comma, whichever leaves more names that are
    words, then more names. Reads the header alone, which may take several lines. Raises csv.Error."""
    read = [(_names_by(text, delimiter), delimiter) for delimiter in (",", ";")]
    return max(read, key=lambda header: (sum(bool(WORD.fullmatch(name)) for name in header[0]), len(header[0])))


def _names_by(text: IO[str], delimiter: str) -> list[str]:
    text.seek(0)
    lines = iter(lambda: text.readline(LONGEST_LINE), "")
    return [name.strip() for name in next(csv.reader(lines, delimiter=delimiter), [])]
