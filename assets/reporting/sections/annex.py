"""The annex: every area by itself.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from assets.finished import Row
from assets.reporting.cells import AGES_OF_EDUCATION, AGES_OF_EMPLOYMENT
from assets.reporting.document import Block, Notice, Section
from assets.reporting.labels import ALL, CATEGORIES, COUNTERPARTS, KINDS
from assets.reporting.writer import NOTHING_LISTED, Writer, having

PLACE = ("kommune", "omraade")


def annex(writer: Writer) -> Section:
    """The residents, movers, homes and incomes of each area, in tables that are unfolded where they are wanted."""
    heading = "Bilag: områderne hver for sig"
    if not writer.any_listed:
        return Section("bilag", heading, (Notice((NOTHING_LISTED,)),))
    education = f"i {writer.education_year()}{writer.span(AGES_OF_EDUCATION)}"
    employment = f"i {writer.income_year()}{writer.span(AGES_OF_EMPLOYMENT)}"
    return Section(
        "bilag",
        heading,
        (
            _residents(writer, "oprindelse", "Oprindelse i områderne, personer"),
            _residents(writer, "alder", "Alder i områderne, personer"),
            _residents(writer, "uddannelse", f"Uddannelse i områderne {education}, personer"),
            _residents(writer, "beskaeftigelse", f"Beskæftigelse i områderne {employment}, personer"),
            _movers(writer, "ind", "Tilflyttere til områderne, personer"),
            _movers(writer, "ud", "Fraflyttere fra områderne, personer"),
            _by_area(
                writer,
                ("omraader-boliger", "Boliger i områderne efter art", "boliger_omraader"),
                ("boligart", KINDS),
                "boliger",
                having(brug=ALL),
            ),
            _of_areas(
                writer,
                ("omraader-udnyttelse", "Udnyttelsen af boligmassen i områderne", "boligudnyttelse"),
                ("personer_pr_rum", "m2_pr_person", "familieboliger_pct", "ubeboede_pct"),
            ),
            _of_areas(
                writer,
                ("omraader-indkomst", f"Indkomst i områderne i {writer.income_year()}", "indkomst"),
                ("personer", "gennemsnit_kr"),
            ),
        ),
    )


def _residents(writer: Writer, dimension: str, title: str) -> Block:
    categories = writer.ages() if dimension == "alder" else {ALL: "I alt", **CATEGORIES[dimension]}
    shown = {code: text for code, text in categories.items() if code == ALL or writer.anybody(dimension, code)}
    head = (f"omraader-{dimension}", title, "sammensaetning_omraader")
    return _by_area(writer, head, ("kategori", shown), "personer", having(dimension=dimension))


def _movers(writer: Writer, direction: str, title: str) -> Block:
    head = (f"omraader-flytninger-{direction}", title, "flytninger_omraader")
    return _by_area(writer, head, ("modpart", COUNTERPARTS[direction]), "personer", having(retning=direction))


def _by_area(
    writer: Writer,
    head: tuple[str, str, str],
    across: tuple[str, Mapping[str, str]],
    column: str,
    where: Callable[[Row], bool],
) -> Block:
    """A line per area and a column per member of what stands across; `head` is name, title and finished table."""
    return writer.told.pivot(*head, PLACE, *across, column, where, folded=True)


def _of_areas(writer: Writer, head: tuple[str, str, str], columns: Sequence[str]) -> Block:
    """The rows of areas in a table that has those of groups of homes too."""
    rows = [i for i, row in enumerate(writer.rows(head[2])) if row["area_id"]]
    return writer.told.view(*head, rows, (*PLACE, *columns), folded=True)
