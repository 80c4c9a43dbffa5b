"""The report as a tagged PDF (PDF/UA-1), set with Typst.

What does not belong here: the words, the figures and the charts; how it looks stands in `templates/redegoerelse.typ`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assets.reporting.charts import font_folder
from assets.reporting.document import Block, Chart, Document, Figure, Notice, Paragraph, Part, Points, Term, View
from law.loader import list_day

FONT = "SourceSansPro-Regular.ttf"
LACKING = "?"
UNSEEN = ("Cf", "Zs", "Zl", "Zp")
"""Blanks and what only steers how others are set: they need no picture in a font."""
TEMPLATE = Path(__file__).parent / "templates" / "redegoerelse.typ"


def pdf(document: Document) -> bytes:
    """The PDF. Fonts come from a package alone and the date is the list's, so that the bytes are the same anywhere."""
    import typst

    day = list_day(document.list_year)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copyfile(TEMPLATE, folder / "main.typ")
        content = {
            "occasion": document.occasion,
            "title": document.title,
            "subtitle": document.subtitle,
            "standing": document.standing.words,
            "warning": document.standing.warning,
            "year": day.year,
            "month": day.month,
            "day": day.day,
            "sections": [
                {
                    "title": section.title,
                    "blocks": [_block(block, folder, document.sources) for block in section.blocks],
                }
                for section in document.sections
            ],
        }
        (folder / "redegoerelse.json").write_text(json.dumps(_in_font(content), ensure_ascii=False), encoding="utf-8")
        compiled = typst.compile(
            folder / "main.typ",
            root=folder,
            font_paths=[font_folder()],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=0,
        )
    assert isinstance(compiled, bytes)
    return compiled


@cache
def _characters() -> frozenset[str]:
    """Every character that the font has."""
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(str(font_folder() / FONT)).get_charmap()))


def _in_font(content: Any) -> Any:
    """The content with a mark in the place of each character that the font lacks, as in a name that came damaged: a
    tagged PDF may hold none that cannot be shown. The other files have it as it was registered."""
    if isinstance(content, str):
        return "".join(
            c if c in _characters() or unicodedata.category(c) in UNSEEN or c in "\n\t" else LACKING for c in content
        )
    if isinstance(content, dict):
        return {key: _in_font(value) for key, value in content.items()}
    return [_in_font(value) for value in content] if isinstance(content, list) else content


def source(table: str, sources: Mapping[str, str]) -> str:
    """Where the figures of a table come from, and the file they stand in."""
    return f"Kilde: {sources[table]}. Fil: {table}.csv."


def _part(part: Part | None) -> Any:
    return {"text": part.text} if isinstance(part, Figure | Term) else part


def _note(block: Chart | View, sources: Mapping[str, str]) -> str:
    words = "".join(part if isinstance(part, str) else part.text for part in block.note)
    origin = source(block.table, sources)
    return f"{words} {origin}" if words else origin


def _block(block: Block, folder: Path, sources: Mapping[str, str]) -> dict[str, Any]:
    match block:
        case Paragraph(parts):
            return {"kind": "paragraph", "parts": [_part(part) for part in parts]}
        case Notice(parts):
            return {"kind": "notice", "parts": [_part(part) for part in parts]}
        case Points(items):
            return {"kind": "points", "items": [[_part(part) for part in item] for item in items]}
        case Chart():
            (folder / f"{block.name}.svg").write_text(block.svg, encoding="utf-8")
            return {
                "kind": "chart",
                "file": f"{block.name}.svg",
                "title": block.title,
                "alt": f"{block.title}. {block.alternative}",
                "note": _note(block, sources),
            }
        case _:
            return {
                "kind": "view",
                "title": block.title,
                "head": list(block.head),
                "rows": [[_part(cell) for cell in row] for row in block.rows],
                "numeric": list(block.numeric),
                "note": _note(block, sources),
            }
