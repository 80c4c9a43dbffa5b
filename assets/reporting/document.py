"""The report as a document: sections of text, charts and tables, in which every figure points at a finished table.

HTML and PDF are made from it. What does not belong here: the words themselves (`assets.reporting.sections`) and any
look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from assets.disclosure.limits import WITHHELD
from assets.finished import Finished, Kind, Row, Value, danish
from assets.list_names import LIST_NAMES
from assets.publishing.public_lists import INVENTED, MONTHS, Release
from assets.reporting.labels import ALL
from law.loader import LegalValue

SHORT_WITHHELD = "diskr."
MONTH = "|".join(MONTHS)
KEPT_TOGETHER = re.compile(
    rf"(?<=§) (?=\d)|(?<=\bstk\.) (?=\d)|(?<=\bnr\.) (?=\d)|(?<=\d) (?=[ab]\b)|(?<=\d\.) (?=(?:{MONTH})\b)|"
    r"(?:^|(?<=\d)) (?=(?:pct|kr|år|måneder)\b)"
)
"""Spaces at which no line ends: in citations, and between a number and what it counts. A part may begin after one."""
MONTH_AND_YEAR = re.compile(rf"\b({MONTH}) (?=\d{{4}}\b)")
RANGE = re.compile(r"(?<!\D)–(?!\D)")


@dataclass(frozen=True)
class Figure:
    """A figure in the text or in a shown table: where it stands in the finished tables, and how it is written."""

    table: str
    row: int
    column: str
    value: Value
    text: str

    @property
    def place(self) -> str:
        return f"{self.table}:{self.row}:{self.column}"

    @property
    def withheld(self) -> bool:
        return self.value == WITHHELD


@dataclass(frozen=True)
class Term:
    """A value of the law in the text: its parameter, and how it is written."""

    parameter: str
    text: str


Part = str | Figure | Term
Parts = tuple[Part, ...]
"""Running text, part by part."""


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    parts: Parts


@dataclass(frozen=True)
class Points:
    """A list of points, each running text."""

    items: tuple[Parts, ...]


@dataclass(frozen=True)
class Notice:
    """A remark that must not be overlooked: what is missing, or what a figure cannot say."""

    parts: Parts


@dataclass(frozen=True)
class Chart:
    """A chart: its drawing as SVG, what it shows in words, and the table behind it."""

    name: str
    svg: str
    title: str
    alternative: str
    table: str
    note: Parts = ()


@dataclass(frozen=True)
class View:
    """A table as it is shown: a part of a finished table, laid out for reading."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Part | None, ...], ...]
    numeric: tuple[bool, ...]
    note: Parts
    table: str
    folded: bool = False


Block = Paragraph | Points | Notice | Chart | View


@dataclass(frozen=True)
class Section:
    """A section: its name in addresses, its heading, and what stands in it, in order."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Standing:
    """What the manifest of an edition says that its report must say too: its release, and whether data are invented."""

    release: Release | None = None
    invented: bool = False

    @property
    def words(self) -> str:
        if self.release is None:
            return "Udkast"
        day = self.release.when
        return f"Listerne er offentliggjort {day.day}.{day.month}.{day.year} som revision {self.release.revision}"

    @property
    def warning(self) -> str:
        return INVENTED if self.invented else ""


@dataclass(frozen=True)
class Document:
    """The whole report; `occasion` is why it is made, `key` explains the signs that stand in tables in the place of
    figures, and `sources` are those of every finished table."""

    occasion: str
    title: str
    subtitle: str
    list_year: int
    standing: Standing
    key: tuple[str, ...]
    sources: Mapping[str, str]
    sections: tuple[Section, ...]


@dataclass
class Told:
    """Reads figures out of the finished tables, so that none is written by hand."""

    tables: Mapping[str, Finished]
    counted: dict[str, int] = field(default_factory=dict)

    def at(self, table: str, row: int, column: str, short: bool = False) -> Figure:
        """The figure in a cell; `short` writes one that is withheld as tables have it."""
        finished = self.tables[table]
        value = finished.rows[row][column]
        text = danish(value, kind_at(finished, row, column))
        return Figure(table, row, column, value, SHORT_WITHHELD if short and value == WITHHELD else text)

    def of(self, table: str, column: str, **at: Value) -> Figure:
        """The figure in the one row with these values."""
        return self.at(table, self.tables[table].find(**at), column)

    def view(
        self,
        name: str,
        title: str,
        table: str,
        rows: Sequence[int],
        columns: Sequence[str],
        note: Parts = (),
        folded: bool = False,
        heads: Mapping[str, str] = MappingProxyType({}),
    ) -> View:
        """Some rows and columns of a finished table as they are; `heads` names columns otherwise than the table."""
        finished = self.tables[table]
        head = tuple(heads.get(column, finished.column(column).title) for column in columns)
        kinds = [finished.column(column).kind for column in columns]
        numeric = tuple(
            kind not in ("text", "code") and (kind != "year" or place > 0) for place, kind in enumerate(kinds)
        )
        body = tuple(tuple(self._cell(table, row, column) for column in columns) for row in rows)
        return View(name, title, head, body, numeric, note or (finished.note,), table, folded)

    def pivot(
        self,
        name: str,
        title: str,
        table: str,
        side: Sequence[str],
        across: str,
        members: Mapping[str, str],
        column: str,
        where: Callable[[Row], bool],
        note: Parts = (),
        folded: bool = False,
        heads: Mapping[str, str] = MappingProxyType({}),
    ) -> View:
        """One column laid out: a line per combination of `side`, a column per member of `across`; `heads` as above."""
        finished = self.tables[table]
        lines: dict[tuple[Value, ...], dict[str, int]] = {}
        for index, row in enumerate(finished.rows):
            if where(row):
                key = tuple(row[part] for part in side)
                lines.setdefault(key, {})[str(row[across])] = index
        head = (*(heads.get(part, finished.column(part).title) for part in side), *members.values())
        body = []
        for key, found in lines.items():
            cells: list[Part | None] = ["" if part is None else str(part) for part in key]
            cells += [self._cell(table, found[m], column) if m in found else None for m in members]
            body.append(tuple(cells))
        counted = finished.column(column).kind not in ("text", "code", "year")
        numeric = (*(False for _ in side), *(counted for _ in members))
        return View(name, title, head, tuple(body), numeric, note or (finished.note,), table, folded)

    def _cell(self, table: str, row: int, column: str) -> Part | None:
        figure = self.at(table, row, column, short=True)
        if figure.value is None:
            return None
        kind = self.tables[table].column(column).kind
        return figure.text if kind in ("text", "code") and not figure.withheld else figure


def kind_at(table: Finished, row: int, column: str) -> Kind:
    """The kind of one figure: that of its column, but among the criteria two decimals are those of a ratio alone."""
    kind = table.column(column).kind
    if table.name == "kriterier" and kind in ("pct2", "signed"):
        ratio = table.rows[row]["kriterium"] == "convicted"
        return ("signed2" if ratio else "signed") if kind == "signed" else ("pct2" if ratio else "pct")
    return kind


def term(value: LegalValue) -> Term:
    """A value of the law for the text, as Danish writes it; a share without its unit."""
    if isinstance(value.value, int):
        return Term(value.parameter, danish(value.value, "count"))
    return Term(value.parameter, value.text.removesuffix(" pct").replace(".", ","))


def confidence_note(law: Mapping[str, LegalValue]) -> Parts:
    """What the intervals are, under a table or a chart that has some."""
    return ("Usikkerheden er vist som et sikkerhedsinterval på ", term(law["redegoerelse.confidence"]), " pct.")


def knows_preventive(law: Mapping[str, LegalValue]) -> bool:
    """Whether the law of the list year knows forebyggelsesområder."""
    return "forebyggelsesomraade.nonwestern" in law


def kinds_of_areas(law: Mapping[str, LegalValue]) -> str:
    """The kinds of areas on the lists of a list year, inside a sentence."""
    known = ("udsat_boligomraade", *(("forebyggelsesomraade",) if knows_preventive(law) else ()))
    return " og ".join(LIST_NAMES[code].many for code in known)


def level_note(law: Mapping[str, LegalValue]) -> Parts:
    """What the level is that net immigration is held against: nothing where the law of the list year has none."""
    choice = law.get("valg.net_immigration_level")
    if choice is None:
        return ()
    level = {"above_mean": "gennemsnittet", "above_highest": "den højeste"}[choice.text]
    years = term(law["redegoerelse.level_years"])
    return (f"Niveauet er {level} af de ", years, " foregående års ikke-vestlige nettoindvandring.")


def age_span(table: Finished, bands: Sequence[str]) -> str:
    """The ages that bands next to each other cover, in words: `18–64 år`."""
    texts = [
        next(str(r["kategori_tekst"]) for r in table.rows if r["dimension"] == "alder" and r["kategori"] == band)
        for band in bands
    ]
    ages = re.findall(r"\d+", " ".join(texts))
    return f"{ages[0]}–{ages[-1]} år"


def inhabited(tables: Mapping[str, Finished]) -> tuple[str, ...]:
    """The groups of homes that have residents, in order."""
    rows = tables["sammensaetning"].rows
    found = {str(r["boliggruppe"]): r["personer"] for r in rows if r["dimension"] == "alder" and r["kategori"] == ALL}
    return tuple(group for group, persons in found.items() if persons != 0)


def tied(document: Document) -> Document:
    """The document with no line ending where Danish ends none: the one place for it, whatever it is shown as."""
    sections = (
        replace(section, title=together(section.title), blocks=tuple(map(_tied, section.blocks)))
        for section in document.sections
    )
    return replace(
        document,
        title=together(document.title),
        subtitle=together(document.subtitle),
        key=tuple(map(together, document.key)),
        sources={table: together(words) for table, words in document.sources.items()},
        sections=tuple(sections),
    )


def together(text: str) -> str:
    """A text with no-break spaces in `§ 61 a`, `1. december 2026` and `18 år`, and its ranges of numbers in one."""
    kept = MONTH_AND_YEAR.sub("\\1\u00a0", KEPT_TOGETHER.sub("\u00a0", text))
    return RANGE.sub("\u2060–\u2060", kept)


def _tied(block: Block) -> Block:
    match block:
        case Paragraph(parts) | Notice(parts):
            return replace(block, parts=_all_tied(parts))
        case Points(items):
            return Points(tuple(map(_all_tied, items)))
        case Chart():
            alternative = together(block.alternative)
            return replace(block, title=together(block.title), alternative=alternative, note=_all_tied(block.note))
        case View():
            rows = tuple(tuple(map(_part_tied, row)) for row in block.rows)
            head = tuple(map(together, block.head))
            return replace(block, title=together(block.title), head=head, rows=rows, note=_all_tied(block.note))


def _all_tied(parts: Parts) -> Parts:
    return tuple(together(part) if isinstance(part, str) else part for part in parts)


def _part_tied(part: Part | None) -> Part | None:
    return together(part) if isinstance(part, str) else part
