"""The section on who lives in the areas: origin, age, education, employment, income.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from collections.abc import Mapping

from assets.reporting.cells import AGES_OF_EDUCATION, AGES_OF_EMPLOYMENT
from assets.reporting.document import Block, Paragraph, Section
from assets.reporting.labels import ALL, EDUCATIONS, EMPLOYMENTS, GROUPS, ORIGINS
from assets.reporting.writer import OF_GROUPS, SUMMED, SUMMED_TOO, Writer


def composition(writer: Writer) -> Section:
    """The residents by group of homes: origin, age, education, employment, income."""
    blocks: list[Block] = [
        Paragraph(
            (
                "Beboerne 1. januar i listeåret er delt efter, hvor de bor: i et udsat boligområde, ",
                "i et forebyggelsesområde, " if writer.preventive else "",
                "i en almen bolig uden for områderne eller i en anden bolig; til de sidste hører også beboere uden en "
                "registreret bolig. MENAPT-landene "
                "(Mellemøsten og Nordafrika samt Pakistan og Tyrkiet) er en del af de ikke-vestlige lande og "
                "indgår ikke i nogen af lovens grænser; landelisten er ikke fundet i en offentlig kilde og bør "
                "bekræftes.",
            )
        ),
        *writer.chart("oprindelse"),
        _composition(writer, "oprindelse", "Oprindelse, pct.", ORIGINS),
        *writer.chart("alder"),
        _composition(writer, "alder", "Alder, pct.", writer.ages()),
        *writer.chart("uddannelse"),
        Paragraph(
            (
                "Uddannelse er opgjort som i kriteriet om grundskole: kun uddannelse, der er gennemført eller godkendt "
                "i Danmark, tæller med. Den er taget fra uddannelsesregistret for "
                f"{writer.education_year()}; beskæftigelse "
                f"og indkomst er opgjort for {writer.income_year()}.",
            )
        ),
        _composition(
            writer,
            "uddannelse",
            f"Højeste fuldførte uddannelse i {writer.education_year()}{writer.span(AGES_OF_EDUCATION)}, pct.",
            EDUCATIONS,
        ),
        *writer.chart("beskaeftigelse"),
        _composition(
            writer,
            "beskaeftigelse",
            f"Beskæftigelse i {writer.income_year()}{writer.span(AGES_OF_EMPLOYMENT)}, pct.",
            EMPLOYMENTS,
        ),
        Paragraph(
            (
                f"Den gennemsnitlige indkomst før skat i {writer.income_year()} var ",
                *writer.by_group(lambda group: (writer.mean_income(group), " kr."), (*SUMMED[:-1], *SUMMED_TOO)),
            )
        ),
        writer.told.view(
            "indkomst",
            f"Indkomst i {writer.income_year()} efter boliggruppe",
            "indkomst",
            [
                i
                for i, row in enumerate(writer.rows("indkomst"))
                if row["area_id"] is None and row["boliggruppe"] in writer.groups
            ],
            ("omraade", "personer", "gennemsnit_kr"),
            heads=OF_GROUPS,
        ),
    ]
    return Section("beboersammensaetning", "Beboersammensætning", tuple(blocks))


def _composition(writer: Writer, dimension: str, title: str, categories: Mapping[str, str]) -> Block:
    members = {code: GROUPS[code] for code in writer.groups}
    shown = [code for code in categories if code != ALL and writer.anybody(dimension, code)]
    return writer.told.pivot(
        f"sammensaetning-{dimension}",
        title,
        "sammensaetning",
        ("kategori_tekst",),
        "boliggruppe",
        members,
        "andel_pct",
        lambda row: row["dimension"] == dimension and row["kategori"] in shown,
    )
