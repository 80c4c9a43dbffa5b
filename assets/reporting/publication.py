"""Writes the report's files from the finished tables: HTML, PDF, workbook, one CSV per table, and their dictionary.

What does not belong here: the tables themselves, and where the files are put (`assets.reporting.files`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from assets.finished import Finished, to_csv
from assets.reporting.document import Standing
from law.loader import LegalValue

DICTIONARY = "variabelliste.csv"


def write(
    tables: Mapping[str, Finished],
    law: Mapping[str, LegalValue],
    list_year: int,
    standing: Standing,
    folder: Path,
) -> dict[str, int]:
    """Writes every file into a folder. Returns rows per CSV."""
    from assets.reporting.charts import charts
    from assets.reporting.html import page
    from assets.reporting.pdf import pdf
    from assets.reporting.text import document
    from assets.reporting.workbook import workbook

    rows: dict[str, int] = {}
    for table in tables.values():
        (folder / f"{table.name}.csv").write_text(to_csv(table), encoding="utf-8")
        rows[f"{table.name}.csv"] = len(table.rows)
    text, rows[DICTIONARY] = dictionary(tables)
    (folder / DICTIONARY).write_text(text, encoding="utf-8")
    whole = document(tables, law, list_year, charts(tables, law), standing)
    (folder / "redegoerelse.html").write_bytes(page(whole))
    (folder / "redegoerelse.pdf").write_bytes(pdf(whole))
    (folder / "redegoerelse.xlsx").write_bytes(workbook(tables, whole.title, list_year, standing))
    return rows


def dictionary(tables: Mapping[str, Finished]) -> tuple[str, int]:
    """The data dictionary: a line per table and column. Returns its text and its rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("tabel", "tabel_titel", "kolonne", "noegle", "type", "titel", "betydning"))
    count = 0
    for table in tables.values():
        for column in table.columns:
            key = str(column.name in table.key).lower()
            writer.writerow((table.name, table.title, column.name, key, column.kind, column.title, column.meaning))
            count += 1
    return out.getvalue(), count
