"""The report's tables as a workbook: one sheet per table, real Excel tables, Danish notes.

What does not belong here: figures, and which are withheld.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assets.disclosure.limits import WITHHELD
from assets.finished import DECIMALS, Finished, Kind, Value
from assets.reporting.document import Standing, kind_at
from assets.reporting.shapes import source_of
from law.loader import list_day

SHEET_NAME = 31
WIDEST, NARROWEST = 46, 9
FIRST_ROW = 4
WARNING_ROW = FIRST_ROW - 1


def workbook(tables: Mapping[str, Finished], title: str, list_year: int, standing: Standing) -> bytes:
    """The workbook. Its creation date is the list's day, so that the same tables give the same bytes."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    day = dt.datetime.combine(list_day(list_year), dt.time())
    book.set_properties({"title": title, "created": day, "comments": _said(standing)})
    formats = _formats(book)
    _contents(book, tables, title, standing, formats)
    for table in tables.values():
        _sheet(book, table, formats)
    if standing.invented:
        for sheet in book.worksheets():
            sheet.set_header(f"&C{standing.warning}")
            sheet.write(WARNING_ROW - 1, 0, standing.warning, formats["warning"])
    book.close()
    return out.getvalue()


def _said(standing: Standing) -> str:
    return " ".join(part for part in (f"{standing.words}.", standing.warning) if part)


def _formats(book: Any) -> dict[str, Any]:
    def pattern(kind: Kind) -> str:
        digits = DECIMALS[kind]
        plain = "#,##0" + ("." + "0" * digits if digits else "")
        return f"+{plain};-{plain};0" if kind.startswith("signed") else plain

    found: dict[str, Any] = {kind: book.add_format({"num_format": pattern(kind), "valign": "top"}) for kind in DECIMALS}
    found["text"] = book.add_format({"valign": "top"})
    found["year"] = book.add_format({"num_format": "0", "valign": "top"})
    found["withheld"] = book.add_format({"italic": True, "font_color": "#4a5560", "align": "right"})
    found["title"] = book.add_format({"bold": True, "font_size": 14, "font_color": "#16405b"})
    found["note"] = book.add_format({"font_color": "#4a5560"})
    found["warning"] = book.add_format({"bold": True, "font_color": "#8a1c13"})
    found["head"] = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom"})
    return found


def _contents(
    book: Any, tables: Mapping[str, Finished], title: str, standing: Standing, formats: Mapping[str, Any]
) -> None:
    sheet = book.add_worksheet("Indhold")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, WIDEST / 2)
    sheet.set_column(1, 1, 2 * WIDEST)
    sheet.write(0, 0, title, formats["title"])
    note = f"{standing.words}. Celler med »{WITHHELD}« er tilbageholdt af hensyn til fortroligheden."
    sheet.write(1, 0, note, formats["note"])
    for line, table in enumerate(tables.values(), start=FIRST_ROW - 1):
        sheet.write_url(line, 0, f"internal:'{table.name[:SHEET_NAME]}'!A1", string=table.name[:SHEET_NAME])
        sheet.write(line, 1, table.title)


def _sheet(book: Any, table: Finished, formats: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet(table.name[:SHEET_NAME])
    sheet.write(0, 0, table.title, formats["title"])
    sheet.write(1, 0, f"{table.note} Kilde: {source_of(table)}.".strip(), formats["note"])
    top = FIRST_ROW - 1
    last = top + max(1, len(table.rows))
    sheet.add_table(
        top,
        0,
        last,
        len(table.columns) - 1,
        {
            "name": f"t_{table.name}",
            "style": "Table Style Light 9",
            "columns": [{"header": column.name, "header_format": formats["head"]} for column in table.columns],
        },
    )
    for position, column in enumerate(table.columns):
        sheet.write_comment(top, position, f"{column.title}. {column.meaning}.", {"author": ""})
        for place, row in enumerate(table.rows):
            kind = kind_at(table, place, column.name)
            _write(sheet, top + 1 + place, position, row[column.name], kind, formats)
        longest = max([len(column.name), *(len(str(row[column.name])) for row in table.rows)])
        sheet.set_column(position, position, max(NARROWEST, min(WIDEST, longest + 2)))
    sheet.freeze_panes(top + 1, 0)


def _write(sheet: Any, line: int, position: int, value: Value, kind: Kind, formats: Mapping[str, Any]) -> None:
    if value is None:
        return
    if value == WITHHELD:
        sheet.write_string(line, position, WITHHELD, formats["withheld"])
    elif isinstance(value, bool):
        sheet.write_string(line, position, "ja" if value else "nej", formats["text"])
    elif isinstance(value, int | Decimal):
        sheet.write_number(line, position, value, formats.get(kind, formats["text"]))
    else:
        sheet.write_string(line, position, str(value), formats["text"])
