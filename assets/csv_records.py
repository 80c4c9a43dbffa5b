"""Which record of a CSV has taken others into one of its fields, as it does between two stray quotes some lines apart.

A field may go over lines: a note does, though no code, day or key. The lines themselves tell the two apart. What
does not belong here: how a file is opened and decoded, and what its header says (`assets.csv_header`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LINE_END = re.compile(r"\r\n|\r|\n")
REMEDY = "Have stray quotes taken out, or every row written in one line."


def told(where: str) -> str:
    """What is wrong with a text in which such a record begins there."""
    return f"a quote that opens {where} takes other rows into its field"


def holds_others(fields: Sequence[str], delimiter: str) -> bool:
    """Whether a record holds others: its first line is a whole record by itself, and so is a later one.

    A line is one where it has a delimiter between as many columns as the record has. The last line of a field over
    lines is followed by the columns after it, so one whole line says nothing.
    """
    return text_holds_others(delimiter.join(fields), delimiter, len(fields))


def text_holds_others(record: str, delimiter: str, columns: int) -> bool:
    """The same of a record's fields that are joined by the delimiter, without their quotes.

    A comma in a sentence has a blank after it, and between columns none; where the first line has blanks there too,
    every delimiter counts.
    """
    between = re.compile(re.escape(delimiter) + r"(?!\s)")
    first, *later = LINE_END.split(record)
    if first.count(delimiter) < columns - 1:
        return False
    if len(between.findall(first)) < columns - 1:
        return any(line.count(delimiter) >= columns - 1 for line in later)
    return any(len(between.findall(line)) >= columns - 1 for line in later)
