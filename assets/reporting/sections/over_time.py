"""The sections on the lists over time, and on the figures before and after.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from assets.reporting.document import Block, Notice, Paragraph, Section
from assets.reporting.writer import Writer, having
from law.loader import report_law


def development(writer: Writer) -> Section:
    """The lists and their areas through the list years that are sealed."""
    years = sorted({int(row["aar"]) for row in writer.rows("udvikling")})
    blocks: list[Block] = [
        Paragraph(
            ("Afsnittet følger listerne og de områder, der har stået på en af dem, gennem de listeår, der er opgjort.",)
        )
    ]
    if len(years) < 2:
        blocks.append(
            Notice(
                (
                    "Der er kun opgjort ét listeår, så der er ingen udvikling at vise. Den kommer, når flere "
                    "listeår er opgjort.",
                )
            )
        )
    blocks += [
        *writer.chart("udvikling"),
        writer.told.view(
            "udvikling",
            "Listerne i de opgjorte listeår",
            "udvikling",
            range(len(writer.rows("udvikling"))),
            (
                "aar",
                "liste_tekst",
                "omraader",
                "beboere",
                "ikkevestlige_pct",
                "grundskole_pct",
                "uden_tilknytning_pct",
            ),
        ),
        writer.told.pivot(
            "udvikling-omraader",
            "Områdernes status år for år",
            "udvikling_omraader",
            ("kommune", "omraade"),
            "aar",
            {str(year): str(year) for year in years},
            "status_tekst",
            having(),
            folded=True,
        ),
    ]
    return Section("udvikling", "Udvikling", tuple(blocks))


def evaluation(writer: Writer) -> Section:
    """Areas on either side of the limits, and municipalities with and without exemptions, then and now."""
    rows = writer.rows("evaluering")
    if not rows:
        notice = Notice(
            (
                "En sammenligning før og efter kræver mindst to opgjorte listeår med forebyggelsesområder. De "
                "foreligger endnu ikke.",
            )
        )
        return Section("evaluering", "Evaluering", (notice,))
    blocks: list[Block] = [
        Paragraph(
            (
                "Områder lige over grænserne i § 61 b det første opgjorte listeår med forebyggelsesområder "
                "sammenlignes med områder lige under. Ligner de ellers hinanden, kan en forskel i udvikling siden da "
                "tale for en virkning. Et område er tæt "
                "på, når det ville opfylde § 61 b, hvis alle grænser blev flyttet ",
                writer.term("redegoerelse.bandwidth"),
                " pct. mod det, og ikke ville, hvis de blev flyttet lige så langt væk.",
            )
        ),
        writer.told.view(
            "evaluering",
            f"Fra {rows[0]['fra']} til {rows[0]['til']}, gennemsnit af områderne",
            "evaluering",
            range(len(rows)),
            ("udfald_tekst", "side_tekst", "omraader", "foer", "efter", "aendring", "nedre", "oevre", "dom_tekst"),
            note=writer.confidence(),
            heads={
                "foer": f"{rows[0]['fra']}, pct.",
                "efter": f"{rows[0]['til']}, pct.",
                **{
                    column: f"{writer.told.tables['evaluering'].column(column).title}, pct.point"
                    for column in ("aendring", "nedre", "oevre")
                },
            },
        ),
    ]
    if int(rows[0]["fra"]) > report_law().first_list_year_of("forebyggelsesomraade.residents"):
        blocks.append(
            Notice(
                (
                    f"Forebyggelsesområderne fandtes allerede før {rows[0]['fra']}. Et listeår, hvor de var nye, er "
                    "ikke opgjort, så udviklingen viser ikke virkningen af at blive udpeget.",
                )
            )
        )
    if any(row["dom"] == "for_faa" for row in rows):
        blocks.append(
            Notice(
                (
                    "Der er for få områder tæt på grænsen til, at sammenligningen siger noget om virkningen. "
                    "Tallene vises, så det kan ses.",
                )
            )
        )
    if writer.rows("evaluering_kommuner"):
        blocks.append(
            writer.told.view(
                "evaluering-kommuner",
                "Kommuner med og uden undtagne områder",
                "evaluering_kommuner",
                range(len(writer.rows("evaluering_kommuner"))),
                ("gruppe_tekst", "aar", "kommuner", "familieboliger", "i_omraader_pct", "omfattet_pct"),
            )
        )
    return Section("evaluering", "Evaluering", tuple(blocks))
