"""The section on the criteria of §§ 61 a and 61 b, and how near each area stands to the limits.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from assets.reporting.document import Block, Notice, Paragraph, Parts, Section
from assets.reporting.labels import CRITERIA, MET, criteria_by_operator
from assets.reporting.writer import Writer, listed


def criteria(writer: Writer) -> Section:
    """The criteria in words, each limit in force, and the figures of every area held against them."""
    preventive: Parts = ()
    if writer.preventive:
        preventive = (
            ". Ellers er det et forebyggelsesområde, når det har mindst ",
            writer.term("forebyggelsesomraade.residents"),
            " beboere, andelen fra ikke-vestlige lande er over grænsen, og det opfylder mindst ",
            writer.term("forebyggelsesomraade.criteria_needed"),
            " af de fire kriterier i § 61 b",
        )
    blocks: list[Block] = [
        Paragraph(
            (
                "Et område med mindst ",
                writer.term("udsat_boligomraade.residents"),
                " beboere er et udsat boligområde, når det opfylder mindst ",
                writer.term("udsat_boligomraade.criteria_needed"),
                " af de fire kriterier i § 61 a",
                *preventive,
                ". Afgørelsen sker på eksakte tal; i tabellerne er de afrundet.",
            )
        ),
        Paragraph((_years(writer),)),
        *writer.chart("kriterier"),
        _limits(writer),
        _criteria_view(writer, "kriterier-liste", "Kriterierne i områderne på listerne", True),
        _criteria_view(writer, "kriterier-andre", "Kriterierne i øvrige områder", False),
    ]
    return Section("kriterier", "Kriterierne og afstanden til grænserne", tuple(blocks))


def _years(writer: Writer) -> str:
    """Which years each figure is of: the year in the tables is the list year."""
    return (
        "Andelen uden for arbejdsmarkedet, regnet i fuldtidspersoner, og andelen af dømte voksne er gennemsnit af "
        f"andelene i de to år før listeåret. Uddannelse er opgjort for {writer.education_year()}, indkomst for "
        f"{writer.income_year()}, oprindelse og beboertal 1. januar {writer.year}. Hvor flere listeår er stillet op, "
        "gælder det samme for hvert af dem."
    )


def _limits(writer: Writer) -> Block:
    rows = writer.rows("kriterier")
    if not rows:
        return Notice(("Intet område har beboere nok til at blive holdt op mod grænserne.",))
    first = {code: next((i for i, r in enumerate(rows) if r["kriterium"] == code), None) for code in CRITERIA}
    return writer.told.view(
        "graenser",
        "Grænserne i kraft på listens dag",
        "kriterier",
        [index for index in first.values() if index is not None],
        ("kriterium_tekst", "graense_udsat", *(("graense_forebyggelse",) if writer.preventive else ())),
        note=(
            "Pct.; dømte som gange landets andel. ",
            _met(writer),
            " For ikke-vestlige er grænsen efter § 61 a den for parallelsamfund.",
        ),
    )


def _criteria_view(writer: Writer, name: str, title: str, listed: bool) -> Block:
    return writer.told.pivot(
        name,
        title,
        "kriterier",
        ("kommune", "omraade", "status_tekst") if listed else ("kommune", "omraade"),
        "kriterium",
        {
            "nonwestern": "Ikke-vestlige, pct.",
            "outside": f"{CRITERIA['outside']}, pct.",
            "convicted": "Dømte, gange landet",
            "primary_only": "Grundskole, pct.",
            "income": "Indkomst, pct. af regionens",
        },
        "tal",
        lambda row: (row["status"] != "ikke_omfattet") == listed,
        note=(writer.told.tables["kriterier"].note, " ", _met(writer)),
        folded=True,
    )


def _met(writer: Writer) -> str:
    """When the criteria are met, in a sentence, as the operators of the law have it."""
    acts = ("udsat_boligomraade", "parallelsamfund", "forebyggelsesomraade")
    groups = criteria_by_operator(writer.law, acts).items()
    return f"Et kriterium er opfyldt {listed([f'{MET[op]} ({listed(names)})' for op, names in groups])}."
