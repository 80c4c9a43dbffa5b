"""The section on social export: whether those whom the bans are aimed at move to other municipalities.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from functools import partial

from assets.reporting.document import Block, Notice, Paragraph, Parts, Section
from assets.reporting.writer import Writer, having

CHANGE_VERDICTS = {
    "hoejere": "Siden før reglerne er målgruppens udflytning fra kommuner med områder steget i forhold til øvrige "
    "kommuner, også når andre voksnes flytninger regnes fra. Det kan være social eksport.",
    "lavere": "Siden før reglerne er målgruppens udflytning fra kommuner med områder faldet i forhold til øvrige "
    "kommuner, når andre voksnes flytninger regnes fra. Tallene tyder ikke på social eksport.",
    "ingen_forskel": "Siden før reglerne er der ingen sikker ændring i målgruppens udflytning fra kommuner med områder "
    "i forhold til øvrige kommuner. Tallene viser ikke social eksport og udelukker den ikke.",
}
SHORT_VERDICTS = {
    "hoejere": "Målgruppens udflytning fra kommuner med områder ligger højere i forhold til øvrige kommuner, end andre "
    "voksnes gør. Det kan være social eksport.",
    "lavere": "Målgruppens udflytning fra kommuner med områder ligger lavere i forhold til øvrige kommuner, end andre "
    "voksnes gør. Tallene tyder ikke på social eksport.",
    "ingen_forskel": "Der er ingen sikker forskel på, hvordan målgruppens og andre voksnes udflytning fra kommuner med "
    "områder ligger i forhold til øvrige kommuner. Tallene viser ikke social eksport og udelukker den ikke.",
    "for_faa": "Om reglerne har ført til social eksport, kan ikke vurderes: der er for få flytninger.",
}
NOBODY_VERDICTS = {
    "med": "Om reglerne har ført til social eksport, kan ikke vurderes: ingen kommune har områder på listerne.",
    "uden": "Om reglerne har ført til social eksport, kan ikke vurderes: alle kommuner har områder på listerne, så der "
    "er ingen at sammenligne med.",
}
"""Where nobody lives in the municipalities of a group, by group: then few moves are not the reason."""


def export(writer: Writer) -> Section:
    """Who moved to another municipality, in the target group and among other adults, and what that says."""
    rows = writer.rows("social_eksport_forskel")
    row = rows[_judged(writer)]
    blocks: list[Block] = [
        Paragraph(
            (
                "Aftalen hviler på, at den ikke udløser social eksport mellem kommuner. Her følges voksne, som "
                "anvisningsforbuddene retter sig mod (målgruppen), i den afgrænsning, der er opgjort: ",
                *_target_group(writer),
            )
        ),
        *writer.chart("social-eksport"),
        writer.told.view(
            "social-eksport",
            "Voksne, der flyttede til en anden kommune",
            "social_eksport",
            [i for i, r in enumerate(writer.rows("social_eksport")) if r["aar"] == writer.year],
            (
                "kommunegruppe_tekst",
                "persongruppe_tekst",
                "personer",
                "flyttet",
                "andel_pct",
                "nedre_pct",
                "oevre_pct",
            ),
            note=writer.confidence(),
        ),
    ]
    if row["dom"] == "for_faa":
        blocks.append(Notice(verdict_line(writer)))
    else:
        blocks.append(Paragraph((*verdict_line(writer), *figure_line(writer), *other_municipalities(writer))))
    if not _before_is_known(writer):
        blocks.append(
            Notice(
                (
                    "Intet listeår fra før aftalens regler er opgjort. Om en forskel fandtes før reglerne, kan "
                    "derfor ikke vises, og en forskel er ikke i sig selv en virkning af aftalen.",
                )
            )
        )
    blocks += [
        writer.told.view(
            "social-eksport-forskel",
            "Forskelle år for år, pct.point",
            "social_eksport_forskel",
            range(len(rows)),
            ("aar", "maal_tekst", "forskel_pct", "nedre_pct", "oevre_pct", "dom_tekst"),
            note=writer.confidence(),
        ),
        Paragraph(
            (
                "Begrænsninger: registrene viser ikke, hvem en kommune har anvist eller afvist, og heller ikke dom "
                "med handleplan eller ophævet lejemål. Studerende, som loven undtager, kan ikke skilles ud. "
                "Førtidspension, dagpenge, sygedagpenge og ressourceforløbsydelse er ikke med, og kontanthjælp og de "
                "øvrige ydelser tæller efter samme tid i alle områder, også hvor § 59, stk. 7, kræver længere. En "
                "flytning kan have andre grunde end reglerne.",
            )
        ),
        writer.told.pivot(
            "social-eksport-kommuner",
            "Udflytning fra hver kommune med områder, pct.",
            "social_eksport_kommuner",
            ("kommune",),
            "persongruppe",
            {"maalgruppe": "Målgruppen", "andre": "Andre voksne"},
            "andel_pct",
            having(),
            folded=True,
        ),
    ]
    return Section("social-eksport", "Social eksport", tuple(blocks))


def verdict_line(writer: Writer) -> Parts:
    """What the moves of the list year say of social export, in a sentence or two."""
    found = writer.rows("social_eksport_forskel")[_judged(writer)]
    counted = f"Flytningerne fra 1. januar {writer.year - 1} til 1. januar {writer.year}"
    if found["periode"] == "foer":
        return (
            f"{counted} ligger før aftalens regler: de vises til sammenligning og kan ikke være en virkning af dem.",
        )
    if found["periode"] == "overgang":
        return (f"Aftalens regler begyndte at gælde midt i perioden. {counted} viser ikke, hvad de har ført til.",)
    for group, nobody in NOBODY_VERDICTS.items():
        if (
            writer.told.of(
                "social_eksport", "personer", aar=writer.year, kommunegruppe=group, persongruppe="andre"
            ).value
            == 0
        ):
            return (nobody,)
    words = CHANGE_VERDICTS if found["maal"] == "aendring" else SHORT_VERDICTS
    return (words[str(found["dom"])],)


def figure_line(writer: Writer) -> Parts:
    """The difference behind the verdict, with its interval; nothing where no verdict is given."""
    this = _judged(writer)
    row = writer.rows("social_eksport_forskel")[this]
    if row["dom"] == "for_faa":
        return ()
    at = partial(writer.told.at, "social_eksport_forskel", this)
    begins = (
        " Ændringen er "
        if row["maal"] == "aendring"
        else " Forskellen mellem de to grupper er "
        if row["periode"] == "efter"
        else " Forskellen mellem målgruppens og andre voksnes udflytning fra kommuner med områder mod øvrige er "
    )
    return (
        begins,
        at("forskel_pct"),
        " pct.point (fra ",
        at("nedre_pct"),
        " til ",
        at("oevre_pct"),
        ", når usikkerheden regnes med).",
    )


def other_municipalities(writer: Writer) -> Parts:
    """The reservation of a change since before the rules: each year has the municipalities of its own lists."""
    if writer.rows("social_eksport_forskel")[_judged(writer)]["maal"] != "aendring":
        return ()
    return (
        " Før reglerne stod alene udsatte boligområder på listerne, så kommunerne med områder er ikke de samme før og "
        "efter.",
    )


def _target_group(writer: Writer) -> Parts:
    """Who the assignment bans are aimed at, as far as registers show."""
    return (
        "dem, der ved periodens start i ",
        writer.term("redegoerelse.target_months"),
        " måneder i træk har fået kontanthjælp, integrationsydelse, overgangsydelse eller selvforsørgelses- og "
        "hjemrejseydelse, og dem, der ikke er statsborgere i Danmark, EU, EØS eller Schweiz efter medlemskabet den "
        "dag.",
    )


def target_line(writer: Writer) -> Parts:
    """Who the target group is, in a sentence of its own."""
    return (" Målgruppen er voksne, som anvisningsforbuddene retter sig mod: ", *_target_group(writer))


def nothing_before(writer: Writer) -> Parts:
    """The reservation of a home that has no list year before the rules."""
    if _before_is_known(writer):
        return ()
    return (
        " Intet listeår fra før aftalens regler er opgjort, så tallene viser ikke, om en forskel fandtes i forvejen.",
    )


def _before_is_known(writer: Writer) -> bool:
    return any(row["periode"] == "foer" for row in writer.rows("social_eksport_forskel"))


def _judged(writer: Writer) -> int:
    """The difference that the verdict rests on: the change since before the rules where there is one."""
    table = writer.told.tables["social_eksport_forskel"]
    rows = table.where(aar=writer.year, maal="aendring")
    changed = [row for row in rows if table.rows[row]["dom"] != "for_faa"]
    return changed[0] if changed else table.find(aar=writer.year, maal="merforskel")
