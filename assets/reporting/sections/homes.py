"""The sections on how the housing stock is used, and on the cap of § 59, stk. 7.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from assets.reporting.document import Block, Notice, Paragraph, Parts, Section
from assets.reporting.labels import (
    DECISIONS,
    DECISIONS_EXPLAINED,
    MORE_THAN,
    OVER_EXEMPTED,
    OVER_EXEMPTED_EXPLAINED,
    USES,
)
from assets.reporting.writer import OF_GROUPS, Writer


def homes(writer: Writer) -> Section:
    """What homes there are and how they are used."""
    groups = [i for i, row in enumerate(writer.rows("boligudnyttelse")) if row["area_id"] is None]
    blocks: list[Block] = [
        Paragraph(
            (
                "En bolig er ubeboet, når ingen har bopæl i den på statusdagen. Det er flere end dem, en "
                "boligorganisation melder ledige: renovering og flytning tæller med.",
            )
        ),
        *writer.chart("boliger"),
        writer.told.view(
            "boligudnyttelse",
            "Udnyttelsen af boligmassen",
            "boligudnyttelse",
            groups,
            ("omraade", "personer_pr_rum", "m2_pr_person", "familieboliger_pct", "ubeboede_pct"),
            heads=OF_GROUPS,
        ),
        writer.told.pivot(
            "boliger-art",
            "Boliger efter art og brug",
            "boliger",
            ("boliggruppe_tekst", "boligart_tekst"),
            "brug",
            USES,
            "boliger",
            lambda row: row["boliggruppe"] in writer.groups,
        ),
    ]
    return Section("boligmasse", "Udnyttelse af boligmassen", tuple(blocks))


def cap(writer: Writer) -> Section:
    """The cap: where it is exceeded and what the councils decided."""
    rows = writer.rows("loft")
    nowhere = [] if rows else [Paragraph(("Ingen kommune har almene familieboliger i områder på listerne.",))]
    if "anvisningsloft.share" not in writer.law:
        blocks: list[Block] = [
            Notice(("Loftet over kommunal anvisning fandtes ikke i loven på listens dag. Andelen vises alene.",)),
            writer.told.view(
                "loft-alle",
                "Almene familieboliger i områderne",
                "loft",
                range(len(rows)),
                ("kommune", "familieboliger", "andel_pct"),
            ),
            *nowhere,
        ]
        return Section("loft", "Loftet over kommunal anvisning", tuple(blocks))
    cap = writer.law["anvisningsloft.share"]
    note: Parts = (
        "Loftet er ",
        writer.term(cap.parameter),
        " pct. Procenterne er af kommunens almene familieboliger. »Omfattet« er andelen, når familieboliger i "
        "undtagne områder er trukket fra.",
    )
    made = {str(row["beslutning"]) for row in rows}
    meanings = [f"»{DECISIONS[code]}«: {words}" for code, words in DECISIONS_EXPLAINED.items() if code in made]
    if any(row["beslutning_tekst"] == OVER_EXEMPTED for row in rows):
        meanings.append(f"»{OVER_EXEMPTED}«: {OVER_EXEMPTED_EXPLAINED}")
    if meanings:
        note = (*note, f" Beslutning {'; '.join(meanings)}.")
    over = [i for i, row in enumerate(rows) if row["over_loft"]]
    blocks = [
        Paragraph(
            (
                f"Ligger {MORE_THAN[str(cap.operator)]} ",
                writer.term(cap.parameter),
                " pct. af en kommunes almene familieboliger i udsatte boligområder og forebyggelsesområder, gælder "
                "reglerne om kommunal anvisning i forebyggelsesområder ikke for den del, der ligger over "
                f"(almenboliglovens {cap.reference.citation}). Kommunalbestyrelsen beslutter så, hvilke "
                "forebyggelsesområder der undtages (stk. 8).",
            )
        ),
        *writer.chart("loft"),
        *nowhere,
    ]
    columns = ("kommune", "familieboliger", "andel_pct", "beslutning_tekst", "undtaget", "omfattet_pct")
    if over:
        blocks.append(writer.told.view("loft-over", "Kommuner over loftet", "loft", over, columns, note))
    else:
        blocks.append(Paragraph(("Ingen kommune er over loftet.",)))
    blocks.append(
        writer.told.view("loft-alle", "Alle kommuner med områder", "loft", range(len(rows)), columns, note, folded=True)
    )
    return Section("loft", "Loftet over kommunal anvisning", tuple(blocks))
