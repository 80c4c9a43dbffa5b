"""The section on moves into and out of the areas.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from collections.abc import Mapping

from assets.reporting.cells import AGES_OF_EDUCATION, AGES_OF_EMPLOYMENT, LISTED_GROUPS
from assets.reporting.document import Block, Notice, Paragraph, Section
from assets.reporting.labels import ALL, EDUCATIONS, EMPLOYMENTS, GROUPS, LISTED
from assets.reporting.writer import NOTES, NOTHING_LISTED, Writer, having

NEVER_OF_WORKING_AGE = ("nyfoedt",)
"""Where movers came from who are too young for a table of employment: its line would always be 0."""


def moves(writer: Writer) -> Section:
    """Where movers came from and went to, and their employment and education."""
    title = "Til- og fraflytninger"
    if not writer.any_listed:
        return Section("flytninger", title, (Notice((f"{NOTHING_LISTED} Der er derfor ingen flytninger at vise.",)),))
    employment = f"beskæftigelse i {writer.income_year()}{writer.span(AGES_OF_EMPLOYMENT)}"
    education = f"uddannelse i {writer.education_year()}{writer.span(AGES_OF_EDUCATION)}"
    both = ", begge slags områder" if len(_mover_groups(writer)) > 1 else ""
    blocks: list[Block] = [
        Paragraph(
            (
                "Flytningerne er mellem de to statusdage, 1. januar året før og 1. januar i listeåret. Områderne "
                "har listens grænser begge dage, så en ændret grænse flytter ingen.",
            )
        ),
        *writer.chart("flytninger"),
        _by_counterpart(writer, "ind", "Hvor tilflytterne kom fra", "Flyttet fra"),
        _by_counterpart(writer, "ud", "Hvor fraflytterne flyttede hen", "Flyttet til"),
        _by_trait(writer, "beskaeftigelse", f"Flytternes {employment}, pct.", EMPLOYMENTS),
        _by_trait(writer, "uddannelse", f"Flytternes {education}, pct.", EDUCATIONS),
        _by_employment_and_counterpart(
            writer, f"Flytternes {employment}, efter hvor de kom fra og flyttede hen{both}, personer"
        ),
    ]
    return Section("flytninger", title, tuple(blocks))


def _by_counterpart(writer: Writer, direction: str, title: str, head: str) -> Block:
    return writer.told.pivot(
        f"flytninger-{direction}",
        f"{title}, personer",
        "flytninger",
        ("modpart_tekst",),
        "boliggruppe",
        {code: GROUPS[code] for code in _mover_groups(writer)},
        "personer",
        having(retning=direction),
        heads={"modpart_tekst": head},
    )


def _by_trait(writer: Writer, dimension: str, title: str, members: Mapping[str, str]) -> Block:
    return writer.told.pivot(
        f"flytninger-{dimension}",
        title,
        "flytninger_traek",
        ("boliggruppe_tekst", "retning_tekst"),
        "kategori",
        members,
        "andel_pct",
        lambda row: (
            row["dimension"] == dimension and row["modpart"] == ALL and row["boliggruppe"] in _mover_groups(writer)
        ),
        note=(NOTES[dimension],),
    )


def _by_employment_and_counterpart(writer: Writer, title: str) -> Block:
    return writer.told.pivot(
        "flytninger-traek",
        title,
        "flytninger_traek",
        ("retning_tekst", "modpart_tekst"),
        "kategori",
        {**EMPLOYMENTS, ALL: "I alt"},
        "personer",
        lambda row: (
            row["dimension"] == "beskaeftigelse"
            and row["boliggruppe"] == LISTED
            and row["modpart"] not in NEVER_OF_WORKING_AGE
        ),
        note=(NOTES["beskaeftigelse"],),
        folded=True,
    )


def _mover_groups(writer: Writer) -> tuple[str, ...]:
    listed = tuple(group for group in LISTED_GROUPS if group in writer.groups)
    return (*listed, LISTED) if len(listed) > 1 else listed or (LISTED,)
