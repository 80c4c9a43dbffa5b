"""The report as a document: its title, and its sections in their order.

What does not belong here: the words of a section (`assets.reporting.sections`), figures, rules, and any look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assets.finished import Finished
from assets.reporting.document import Chart, Document, Section, Standing, Told, View, tied
from assets.reporting.sections import (
    annex,
    criteria,
    homes,
    immigration,
    method,
    moves,
    over_time,
    residents,
    social_export,
    summary,
)
from assets.reporting.shapes import source_of
from assets.reporting.writer import Writer
from law.loader import LegalValue


def document(
    tables: Mapping[str, Finished],
    law: Mapping[str, LegalValue],
    list_year: int,
    charts: Mapping[str, Chart],
    standing: Standing,
) -> Document:
    """The whole report of a list year."""
    writer = Writer(Told(tables), law, list_year, charts)
    kinds = writer.kinds()
    whole = Document(
        _occasion(writer),
        f"Redegørelse om {kinds} {list_year}",
        f"Beboersammensætning, boligmasse og flytninger i områderne på listerne af 1. december {list_year}",
        list_year,
        standing,
        method.signs(),
        {name: source_of(table) for name, table in tables.items()},
        (
            summary.summary(writer),
            summary.lists(writer),
            residents.composition(writer),
            criteria.criteria(writer),
            moves.moves(writer),
            homes.homes(writer),
            homes.cap(writer),
            over_time.development(writer),
            social_export.export(writer),
            immigration.immigration(writer),
            over_time.evaluation(writer),
            method.method(writer),
            annex.annex(writer),
        ),
    )
    return tied(replace(whole, sections=tuple(map(_with_lines, whole.sections))))


def _with_lines(section: Section) -> Section:
    """A section without the tables that have no line: their heads alone tell nothing, least of all read aloud."""
    kept = (block for block in section.blocks if not isinstance(block, View) or block.rows)
    return replace(section, blocks=tuple(kept))


def _occasion(writer: Writer) -> str:
    agreement = "aftalen om Blandede boligområder"
    if writer.preventive:
        return f"Redegørelse efter {agreement}"
    return f"Til sammenligning med redegørelserne efter {agreement}"
