"""The annex: every area by itself.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from assets.reporting.cells import AGES_OF_EDUCATION, AGES_OF_EMPLOYMENT
from assets.reporting.document import Block, Notice, Section
from assets.reporting.labels import ALL, CATEGORIES, COUNTERPARTS, KINDS
from assets.reporting.writer import NOTHING_LISTED, Writer, having


def annex(writer: Writer) -> Section:
    heading = "Bilag: områderne hver for sig"
    if not writer.any_listed:
        return Section("bilag", heading, (Notice((NOTHING_LISTED,)),))
    blocks: list[Block] = []
    for dimension, title in (
        ("oprindelse", "Oprindelse i områderne, personer"),
        ("alder", "Alder i områderne, personer"),
        (
            "uddannelse",
            f"Uddannelse i områderne i {writer.education_year()}{writer.span(AGES_OF_EDUCATION)}, personer",
        ),
        (
            "beskaeftigelse",
            f"Beskæftigelse i områderne i {writer.income_year()}{writer.span(AGES_OF_EMPLOYMENT)}, personer",
        ),
    ):
        categories = writer.ages() if dimension == "alder" else {ALL: "I alt", **CATEGORIES[dimension]}
        shown = {code: text for code, text in categories.items() if code == ALL or writer.anybody(dimension, code)}
        blocks.append(
            writer.told.pivot(
                f"omraader-{dimension}",
                title,
                "sammensaetning_omraader",
                ("kommune", "omraade"),
                "kategori",
                shown,
                "personer",
                having(dimension=dimension),
                folded=True,
            )
        )
    for direction, title in (("ind", "Tilflyttere til områderne"), ("ud", "Fraflyttere fra områderne")):
        blocks.append(
            writer.told.pivot(
                f"omraader-flytninger-{direction}",
                f"{title}, personer",
                "flytninger_omraader",
                ("kommune", "omraade"),
                "modpart",
                COUNTERPARTS[direction],
                "personer",
                having(retning=direction),
                folded=True,
            )
        )
    blocks.append(
        writer.told.pivot(
            "omraader-boliger",
            "Boliger i områderne efter art",
            "boliger_omraader",
            ("kommune", "omraade"),
            "boligart",
            KINDS,
            "boliger",
            having(brug=ALL),
            folded=True,
        )
    )
    blocks.append(
        writer.told.view(
            "omraader-udnyttelse",
            "Udnyttelsen af boligmassen i områderne",
            "boligudnyttelse",
            [i for i, row in enumerate(writer.rows("boligudnyttelse")) if row["area_id"]],
            ("kommune", "omraade", "personer_pr_rum", "m2_pr_person", "familieboliger_pct", "ubeboede_pct"),
            folded=True,
        )
    )
    blocks.append(
        writer.told.view(
            "omraader-indkomst",
            f"Indkomst i områderne i {writer.income_year()}",
            "indkomst",
            [i for i, row in enumerate(writer.rows("indkomst")) if row["area_id"]],
            ("kommune", "omraade", "personer", "gennemsnit_kr"),
            folded=True,
        )
    )
    return Section("bilag", heading, tuple(blocks))
