"""The section on net immigration, the agreement's ground for renegotiation.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from functools import partial

from assets.reporting.document import Block, Notice, Paragraph, Parts, Section, level_note
from assets.reporting.writer import Writer, having, listed


def immigration(writer: Writer) -> Section:
    """Net immigration by year, and whether it gives the agreement's ground for renegotiation."""
    rows = writer.rows("nettoindvandring")
    if not rows:
        notice = Notice(
            ("Der er ikke leveret vandringer (vnds_ind og vnds_ud), så nettoindvandringen kan ikke vises.",)
        )
        return Section("nettoindvandring", "Nettoindvandring", (notice,))
    chosen = (
        " Aftalen siger ikke, hvordan niveauet gøres op: sammenligningen er et dateret metodevalg, som står i "
        "metodeafsnittet."
    )
    blocks: list[Block] = [
        Paragraph(
            (
                "Parterne kan genforhandle, hvis nettoindvandringen fra ikke-vestlige lande stiger i forhold til "
                "niveauet de seneste år.",
                chosen if "valg.net_immigration_level" in writer.law else "",
            )
        ),
        *writer.chart("nettoindvandring"),
        Paragraph(ground_line(writer)),
        writer.told.pivot(
            "nettoindvandring",
            "Nettoindvandring efter oprindelse, personer",
            "nettoindvandring",
            ("oprindelse_tekst",),
            "aar",
            {str(year): str(year) for year in sorted({int(row["aar"]) for row in rows})},
            "netto",
            having(),
        ),
    ]
    if halves := sorted({int(row["aar"]) for row in rows if row["netto"] is None}):
        blocks.append(
            Notice(
                (
                    f"For {listed([str(year) for year in halves])} er kun den ene slags vandringer leveret, så der er "
                    "intet nettotal.",
                )
            )
        )
    if levels := writer.rows("nettoindvandring_niveau"):
        blocks.append(
            writer.told.view(
                "nettoindvandring-niveau",
                "Ikke-vestlig nettoindvandring mod de foregående års niveau",
                "nettoindvandring_niveau",
                range(len(levels)),
                ("aar", "netto", "foerste_aar", "sidste_aar", "niveau", "opfyldt"),
                note=level_note(writer.law),
            )
        )
    return Section("nettoindvandring", "Nettoindvandring", tuple(blocks))


def ground_line(writer: Writer) -> Parts:
    """Whether the agreement's ground for renegotiation is met, with the figures that it rests on; else why not told."""
    rows = writer.rows("nettoindvandring_niveau")
    chosen = writer.law.get("valg.net_immigration_level")
    if chosen is None:
        return ("Aftalens grund til genforhandling gælder ikke: listeåret ligger før aftalen.",)
    if writer.year - 1 < chosen.effective_from.year:
        return (
            f"Aftalens grund til genforhandling gælder endnu ikke: {writer.year - 1}, det seneste hele år, ligger før "
            "aftalen.",
        )
    if not rows:
        return ("Om aftalens grund til genforhandling er til stede, kan ikke afgøres: der mangler vandringstal.",)
    last = len(rows) - 1
    at = partial(writer.told.at, "nettoindvandring_niveau", last)
    if rows[last]["aar"] != writer.year - 1:
        return (
            f"Om aftalens grund til genforhandling er til stede, kan ikke afgøres: nettoindvandringen i "
            f"{writer.year - 1}, det seneste hele år, kan ikke holdes mod et niveau. Det seneste år, der kan, er ",
            at("aar"),
            " med ",
            at("netto"),
            " personer mod et niveau på ",
            at("niveau"),
            ".",
        )
    met = "er dermed til stede" if rows[last]["opfyldt"] else "er dermed ikke til stede"
    return (
        "Den ikke-vestlige nettoindvandring var ",
        at("netto"),
        " personer i ",
        at("aar"),
        " mod et niveau på ",
        at("niveau"),
        " i ",
        at("foerste_aar"),
        "–",
        at("sidste_aar"),
        f". Aftalens grund til genforhandling {met} efter redegørelsens metode; aftalen siger ikke, hvilke år der "
        "skal sammenlignes med.",
    )
