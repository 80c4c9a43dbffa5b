"""The summary, and the section on the lists themselves.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from functools import partial

from assets.list_names import LIST_NAMES, WITHIN
from assets.reporting.cells import AGES_OF_EMPLOYMENT
from assets.reporting.document import Block, Notice, Paragraph, Parts, Points, Section
from assets.reporting.labels import ALL, LISTED, LISTS
from assets.reporting.sections import immigration, social_export
from assets.reporting.writer import MENAPT, Writer, listed
from law.loader import report_law


def summary(writer: Writer) -> Section:
    """The lists and the main figures in points, with the map."""
    of = writer.told.of
    items: list[Parts] = [_list_line(writer, code) for code in writer.known_lists()]
    items.append(
        ("Ikke-vestlig oprindelse har (i parentes ", MENAPT, "): ", *writer.by_group(partial(_nonwestern, writer)))
    )
    items.append(
        (
            f"I beskæftigelse i {writer.income_year()}{writer.span(AGES_OF_EMPLOYMENT)}: ",
            *writer.by_group(partial(_employed, writer)),
        )
    )
    if writer.any_listed:
        items.append(
            (
                "Fra den ene statusdag til den næste fik områderne ",
                of("flytninger", "personer", retning="ind", boliggruppe=LISTED, modpart=ALL),
                " nye beboere, nyfødte medregnet, og mistede ",
                of("flytninger", "personer", retning="ud", boliggruppe=LISTED, modpart=ALL),
                ", døde og udrejste medregnet. Flytninger fra et område til et andet tæller med i begge tal.",
            )
        )
    items.append(
        (
            *social_export.verdict_line(writer),
            *social_export.figure_line(writer),
            *social_export.other_municipalities(writer),
            *social_export.target_line(writer),
            *social_export.nothing_before(writer),
        )
    )
    items.append(immigration.ground_line(writer))
    return Section("sammenfatning", "Sammenfatning", (Points(tuple(items)), *writer.chart("fliskort")))


def _nonwestern(writer: Writer, group: str) -> Parts:
    menapt = writer.share(group, "oprindelse", "menapt")
    return (writer.share(group, "oprindelse", "ikke_vestlig"), " pct. (", menapt, " pct.) af beboerne")


def _employed(writer: Writer, group: str) -> Parts:
    return (writer.share(group, "beskaeftigelse", "beskaeftiget"), " pct.")


def _list_line(writer: Writer, code: str) -> Parts:
    row = writer.told.tables["lister"].find(liste=code)
    at = partial(writer.told.at, "lister", row)

    def count(column: str, one: str, more: str) -> Parts:
        return at(column), f" {one if at(column).value == 1 else more}"

    areas, residents = count("omraader", "område", "områder"), count("beboere", "beboer", "beboere")
    standing: Parts = (*areas, " med ", *residents) if at("omraader").value else ("ingen områder",)
    parts: Parts = (f"{LISTS[code]}: ", *standing)
    if code == "forebyggelsesomraade" and _first_of_its_kind(writer):
        return (*parts, ". Listen fandtes ikke i loven året før.")
    if at("nye").value is None:
        return (*parts, ". Listen fra året før foreligger ikke.")
    new, gone = count("nye", "nyt", "nye"), count("udgaaede", "udgået", "udgåede")
    return (*parts, "; ", *new, " og ", *gone, " siden året før.")


def _first_of_its_kind(writer: Writer) -> bool:
    """Whether this is the first list year whose law knows forebyggelsesområder."""
    return writer.year == report_law().first_list_year_of("forebyggelsesomraade.residents")


def _terms_of_the_day(writer: Writer) -> list[Block]:
    """The act's own words of the list's day, where they were others than those of now."""
    words = {LIST_NAMES[code].one: _own_term(writer, code) for code in WITHIN}
    others = [f"et {now} for et {then}" for now, then in words.items() if now != then]
    if not others:
        return []
    told = f"Redegørelsen bruger lovens nuværende betegnelser. I {writer.year} kaldte loven {listed(others)}."
    return [Paragraph((told,))]


def _own_term(writer: Writer, code: str) -> str:
    value = writer.law[f"betegnelse.{code}"]
    return report_law().parameters[value.parameter].choices[value.text]


def lists(writer: Writer) -> Section:
    """Areas on each list, and those that are new or gone."""
    rows = writer.rows("lister_aendringer")
    changed = [i for i, row in enumerate(rows) if row["aendring"] != "fortsat"]
    blocks: list[Block] = [
        Paragraph(
            (
                "Listerne er dem, der offentliggøres 1. december efter almenboliglovens § 61 a, stk. 5. Status er "
                "offentlig for hvert område, også hvor et tal bag den er diskretioneret.",
            )
        ),
        *writer.no_preventive("Forebyggelsesområder fandtes ikke i loven på listens dag."),
        *_terms_of_the_day(writer),
        writer.told.view(
            "lister",
            "Områder og beboere på listerne",
            "lister",
            [i for i, row in enumerate(writer.rows("lister")) if row["liste"] in writer.known_lists()],
            ("liste_tekst", "omraader", "beboere", "nye", "udgaaede"),
        ),
    ]
    if changed:
        blocks.append(
            writer.told.view(
                "aendringer",
                "Nye og udgåede områder",
                "lister_aendringer",
                changed,
                ("liste_tekst", "kommune", "omraade", "aendring_tekst"),
            )
        )
    elif writer.rows("lister")[0]["nye"] is not None:
        blocks.append(Paragraph(("Ingen områder er kommet på en liste eller gået ud af en siden året før.",)))
    else:
        blocks.append(Notice(("Listen fra året før foreligger ikke, så ændringer kan ikke vises.",)))
    return Section("lister", "Listerne", tuple(blocks))
