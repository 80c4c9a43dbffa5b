"""The words of the report, in Danish. Every figure is read out of a finished table through `Told`.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assets.contracts import REGISTERS
from assets.disclosure.limits import disclosure_limits
from assets.finished import Finished, Row, Value
from assets.reporting.cells import AGES_OF_EDUCATION, AGES_OF_EMPLOYMENT, LISTED_GROUPS
from assets.reporting.document import (
    SHORT_WITHHELD,
    Block,
    Chart,
    Document,
    Figure,
    Notice,
    Paragraph,
    Part,
    Parts,
    Points,
    Section,
    Standing,
    Term,
    Told,
    age_span,
    confidence_note,
    inhabited,
    level_note,
    term,
    tied,
)
from assets.reporting.labels import (
    ALL,
    CATEGORIES,
    COUNTERPARTS,
    COUNTRY,
    CRITERIA,
    DECISIONS,
    DECISIONS_EXPLAINED,
    EDUCATION_NOTE,
    EDUCATIONS,
    EMPLOYMENT_NOTE,
    EMPLOYMENTS,
    GROUPS,
    KINDS,
    LISTED,
    LISTS,
    MET,
    MORE_THAN,
    ORIGINS,
    USES,
    criteria_by_operator,
)
from assets.reporting.shapes import source_of
from law.loader import LegalValue


def document(
    tables: Mapping[str, Finished],
    law: Mapping[str, LegalValue],
    list_year: int,
    charts: Mapping[str, Chart],
    standing: Standing,
) -> Document:
    """The whole report of a list year."""
    writer = _Writer(Told(tables), law, list_year, charts)
    kinds = "udsatte boligområder og forebyggelsesområder" if writer.preventive else "udsatte boligområder"
    whole = Document(
        f"Redegørelse om {kinds} {list_year}",
        f"Beboersammensætning, boligmasse og flytninger i områderne på listerne af 1. december {list_year}",
        list_year,
        standing,
        signs(),
        {name: source_of(table) for name, table in tables.items()},
        (
            writer.summary(),
            writer.lists(),
            writer.composition(),
            writer.criteria(),
            writer.moves(),
            writer.homes(),
            writer.cap(),
            writer.development(),
            writer.export(),
            writer.immigration(),
            writer.evaluation(),
            writer.method(),
            writer.annex(),
        ),
    )
    return tied(whole)


SUMMED = (*LISTED_GROUPS, COUNTRY)
SUMMED_TOO = ("oevrige_almene", COUNTRY)
WHERE: Mapping[str, str] = {
    "udsat_boligomraade": "i de udsatte boligområder",
    "forebyggelsesomraade": "i forebyggelsesområderne",
    "oevrige_almene": "i øvrige almene boliger",
    COUNTRY: "i hele landet",
}
"""Groups of homes inside a sentence."""


OF_GROUPS = {"omraade": "Boliggruppe"}
MENAPT = "fra MENAPT-landene: Mellemøsten og Nordafrika samt Pakistan og Tyrkiet"
NEVER_OF_WORKING_AGE = ("nyfoedt",)
"""Where movers came from who are too young for a table of employment: its line would always be 0."""
NOTES = {"beskaeftigelse": EMPLOYMENT_NOTE, "uddannelse": EDUCATION_NOTE}


def _listed(names: Sequence[str]) -> str:
    """Names inside a sentence, joined by commas and a last `og`."""
    return " og ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _having(**at: Value) -> Callable[[Row], bool]:
    """Whether a row has these values."""
    return lambda row: all(row[name] == value for name, value in at.items())


def signs() -> tuple[str, str]:
    """What stands in a table in the place of a figure: one that is withheld, and none."""
    few = disclosure_limits().minimum_count
    return (
        f"»{SHORT_WITHHELD}« i en tabel betyder, at tallet er diskretioneret: det bygger på færre end {few} personer, "
        "resten af dets grundlag gør, eller det ville røbe et sådant tal. Indkomst er det også, hvor en eller to "
        "personer udgør for meget af summen.",
        "»–« betyder, at der ikke er noget tal: der er ingen eller for få at regne på, eller målet findes ikke for "
        "linjen eller året.",
    )


def _registers() -> str:
    """The registers behind the report, each with the name by which sources are given."""
    named = [
        f"{register.title.lower()} ({register.name.partition('_')[0].upper()})"
        for register in REGISTERS
        if any(column.name == "PNR" for column in register.columns)
    ]
    homes = "Boliger: Bygnings- og Boligregistret (BBR) og den almene sektors register"
    return f"Danmarks Statistik: {'; '.join(named)}. {homes}"


class _Writer:
    def __init__(self, told: Told, law: Mapping[str, LegalValue], list_year: int, charts: Mapping[str, Chart]) -> None:
        self.told, self.law, self.year, self.charts = told, law, list_year, charts
        self.preventive = "forebyggelsesomraade.nonwestern" in law
        self.groups = inhabited(told.tables)

    def _chart(self, name: str) -> list[Block]:
        return [self.charts[name]] if name in self.charts else []

    def _term(self, parameter: str) -> Term:
        return term(self.law[parameter])

    def _confidence(self) -> Parts:
        return confidence_note(self.law)

    def _year_of(self, offset: str) -> int:
        value = self.law[offset].value
        assert isinstance(value, int)
        return self.year + value

    def _income_year(self) -> int:
        return self._year_of("opgoerelse.income_year_offset")

    def _education_year(self) -> int:
        return self._year_of("opgoerelse.education_year_offset")

    def _rows(self, table: str) -> Sequence[Mapping[str, Any]]:
        return self.told.tables[table].rows

    def _share(self, group: str, dimension: str, category: str) -> Figure:
        return self.told.of("sammensaetning", "andel_pct", boliggruppe=group, dimension=dimension, kategori=category)

    # --- the sections -------------------------------------------------------------------------------------------

    def summary(self) -> Section:
        of = self.told.of
        items: list[tuple[Part, ...]] = [self._list_line(code) for code in self._lists()]
        items.append(("Ikke-vestlig oprindelse har (i parentes ", MENAPT, "): ", *self._by_group(self._nonwestern)))
        items.append(
            (
                f"I beskæftigelse i {self._income_year()}{self._span(AGES_OF_EMPLOYMENT)}: ",
                *self._by_group(self._employed),
            )
        )
        items.append(
            (
                "Fra den ene statusdag til den næste fik områderne ",
                of("flytninger", "personer", retning="ind", boliggruppe=LISTED, modpart=ALL),
                " nye beboere, nyfødte medregnet, og mistede ",
                of("flytninger", "personer", retning="ud", boliggruppe=LISTED, modpart=ALL),
                ", døde og udrejste medregnet. Flytninger fra et område til et andet tæller med i begge tal.",
            )
        )
        items.append((*self._export_line(), *self._export_figure(), *self._target_line(), *self._nothing_before()))
        items.append(self._ground_line())
        return Section("sammenfatning", "Sammenfatning", (Points(tuple(items)), *self._chart("fliskort")))

    def _by_group(self, of: Callable[[str], tuple[Part, ...]], groups: Sequence[str] = SUMMED) -> tuple[Part, ...]:
        """A figure for each of these groups of homes that has residents, as one sentence."""
        parts: list[Part] = []
        kept = [group for group in groups if group in self.groups]
        for place, group in enumerate(kept):
            parts += ["" if place == 0 else " og " if place == len(kept) - 1 else ", ", *of(group), f" {WHERE[group]}"]
        return (*parts, ".")

    def _nonwestern(self, group: str) -> tuple[Part, ...]:
        menapt = self._share(group, "oprindelse", "menapt")
        return (self._share(group, "oprindelse", "ikke_vestlig"), " pct. (", menapt, " pct.) af beboerne")

    def _employed(self, group: str) -> tuple[Part, ...]:
        return (self._share(group, "beskaeftigelse", "beskaeftiget"), " pct.")

    def _lists(self) -> tuple[str, ...]:
        """The lists that the law of the list year knows."""
        return tuple(code for code in LISTS if self.preventive or code != "forebyggelsesomraade")

    def _list_line(self, code: str) -> tuple[Part, ...]:
        row = self.told.tables["lister"].find(liste=code)
        at = lambda column: self.told.at("lister", row, column)  # noqa: E731
        count = lambda column, one, more: (at(column), f" {one if at(column).value == 1 else more}")  # noqa: E731
        areas, residents = count("omraader", "område", "områder"), count("beboere", "beboer", "beboere")
        parts: list[Part] = [f"{LISTS[code]}: ", *areas, " med ", *residents]
        if at("nye").value is None:
            return (*parts, ". Listen fra året før foreligger ikke.")
        new, gone = count("nye", "nyt", "nye"), count("udgaaede", "udgået", "udgåede")
        return (*parts, "; ", *new, " og ", *gone, " siden året før.")

    def lists(self) -> Section:
        rows = self._rows("lister_aendringer")
        changed = [i for i, row in enumerate(rows) if row["aendring"] != "fortsat"]
        blocks: list[Block] = [
            Paragraph(
                (
                    "Listerne er dem, der offentliggøres 1. december efter almenboliglovens § 61 a, stk. 5. Status er "
                    "offentlig for hvert område, også hvor et tal bag den er diskretioneret.",
                )
            ),
            *self._no_preventive("Forebyggelsesområder fandtes ikke i loven på listens dag."),
            self.told.view(
                "lister",
                "Områder og beboere på listerne",
                "lister",
                [i for i, row in enumerate(self._rows("lister")) if row["liste"] in self._lists()],
                ("liste_tekst", "omraader", "beboere", "nye", "udgaaede"),
            ),
        ]
        if changed:
            blocks.append(
                self.told.view(
                    "aendringer",
                    "Nye og udgåede områder",
                    "lister_aendringer",
                    changed,
                    ("liste_tekst", "kommune", "omraade", "aendring_tekst"),
                )
            )
        elif self._rows("lister")[0]["nye"] is not None:
            blocks.append(Paragraph(("Ingen områder er kommet på en liste eller gået ud af en siden året før.",)))
        else:
            blocks.append(Notice(("Listen fra året før foreligger ikke, så ændringer kan ikke vises.",)))
        return Section("lister", "Listerne", tuple(blocks))

    def _no_preventive(self, words: str) -> list[Block]:
        return [] if self.preventive else [Notice((words,))]

    def composition(self) -> Section:
        blocks: list[Block] = [
            Paragraph(
                (
                    "Beboerne 1. januar i listeåret er delt efter, hvor de bor: i et udsat boligområde, i et "
                    "forebyggelsesområde, i en almen bolig uden for områderne eller i en anden bolig. MENAPT-landene "
                    "(Mellemøsten og Nordafrika samt Pakistan og Tyrkiet) er en del af de ikke-vestlige lande og "
                    "indgår ikke i nogen af lovens grænser.",
                )
            ),
            *self._chart("oprindelse"),
            self._composition("oprindelse", "Oprindelse, pct.", ORIGINS),
            *self._chart("alder"),
            self._composition("alder", "Alder, pct.", self._ages()),
            *self._chart("uddannelse"),
            Paragraph(
                (
                    "Uddannelse er opgjort som i loven: kun uddannelse, der er gennemført eller godkendt i Danmark, "
                    f"tæller med. Den er taget fra uddannelsesregistret for {self._education_year()}; beskæftigelse "
                    f"og indkomst er dem i {self._income_year()}.",
                )
            ),
            self._composition(
                "uddannelse",
                f"Højeste fuldførte uddannelse i {self._education_year()}{self._span(AGES_OF_EDUCATION)}, pct.",
                EDUCATIONS,
            ),
            *self._chart("beskaeftigelse"),
            self._composition(
                "beskaeftigelse",
                f"Beskæftigelse i {self._income_year()}{self._span(AGES_OF_EMPLOYMENT)}, pct.",
                EMPLOYMENTS,
            ),
            Paragraph(
                (
                    f"Den gennemsnitlige indkomst før skat i {self._income_year()} var ",
                    *self._by_group(lambda group: (self._income(group), " kr."), (*SUMMED[:-1], *SUMMED_TOO)),
                )
            ),
            self.told.view(
                "indkomst",
                f"Indkomst i {self._income_year()} efter boliggruppe",
                "indkomst",
                [i for i, row in enumerate(self._rows("indkomst")) if row["area_id"] is None],
                ("omraade", "personer", "gennemsnit_kr"),
                heads=OF_GROUPS,
            ),
        ]
        return Section("beboersammensaetning", "Beboersammensætning", tuple(blocks))

    def _span(self, bands: Sequence[str]) -> str:
        return ", " + age_span(self.told.tables["sammensaetning"], bands)

    def _ages(self) -> dict[str, str]:
        rows = self._rows("sammensaetning")
        return {str(r["kategori"]): str(r["kategori_tekst"]) for r in rows if r["dimension"] == "alder"}

    def _composition(self, dimension: str, title: str, categories: Mapping[str, str]) -> Block:
        members = {code: GROUPS[code] for code in self.groups}
        shown = [code for code in categories if code != ALL and self._anybody(dimension, code)]
        return self.told.pivot(
            f"sammensaetning-{dimension}",
            title,
            "sammensaetning",
            ("kategori_tekst",),
            "boliggruppe",
            members,
            "andel_pct",
            lambda row: row["dimension"] == dimension and row["kategori"] in shown,
        )

    def _anybody(self, dimension: str, category: str) -> bool:
        return any(
            row["personer"] != 0
            for row in self._rows("sammensaetning")
            if row["dimension"] == dimension and row["kategori"] == category
        )

    def _income(self, group: str) -> Figure:
        return self.told.of("indkomst", "gennemsnit_kr", boliggruppe=group, area_id=None)

    def criteria(self) -> Section:
        preventive: Parts = ()
        if self.preventive:
            preventive = (
                ", og et forebyggelsesområde, når andelen fra ikke-vestlige lande er over grænsen og mindst ",
                self._term("forebyggelsesomraade.criteria_needed"),
                " af kriterierne i § 61 b er opfyldt",
            )
        listed = self._criteria_view("kriterier-liste", "Kriterierne i områderne på listerne", True)
        others = self._criteria_view("kriterier-andre", "Kriterierne i øvrige områder", False)
        blocks: list[Block] = [
            Paragraph(
                (
                    "Et område med nok beboere er et udsat boligområde, når det opfylder mindst ",
                    self._term("udsat_boligomraade.criteria_needed"),
                    " af de fire kriterier i § 61 a",
                    *preventive,
                    ". Afgørelsen sker på eksakte tal; i tabellerne er de afrundet.",
                )
            ),
            *self._chart("kriterier"),
            self._limits(),
            listed,
            others,
        ]
        return Section("kriterier", "Kriterierne og afstanden til grænserne", tuple(blocks))

    def _limits(self) -> Block:
        rows = self._rows("kriterier")
        if not rows:
            return Notice(("Intet område har beboere nok til at blive holdt op mod grænserne.",))
        first = {code: next((i for i, r in enumerate(rows) if r["kriterium"] == code), None) for code in CRITERIA}
        return self.told.view(
            "graenser",
            "Grænserne i kraft på listens dag",
            "kriterier",
            [index for index in first.values() if index is not None],
            ("kriterium_tekst", "graense_udsat", *(("graense_forebyggelse",) if self.preventive else ())),
            note=(
                "Pct.; dømte som gange landets andel. ",
                self._met(),
                " For ikke-vestlige er grænsen efter § 61 a den for parallelsamfund.",
            ),
        )

    def _criteria_view(self, name: str, title: str, listed: bool) -> Block:
        return self.told.pivot(
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
            note=(self.told.tables["kriterier"].note, " ", self._met()),
            folded=True,
        )

    def _met(self) -> str:
        """When the criteria are met, in a sentence, as the operators of the law have it."""
        acts = ("udsat_boligomraade", "parallelsamfund", "forebyggelsesomraade")
        groups = criteria_by_operator(self.law, acts).items()
        return f"Et kriterium er opfyldt {_listed([f'{MET[op]} ({_listed(names)})' for op, names in groups])}."

    def moves(self) -> Section:
        blocks: list[Block] = [
            Paragraph(
                (
                    "Flytningerne er mellem de to statusdage, 1. januar året før og 1. januar i listeåret. Områderne "
                    "har listens grænser begge dage, så en ændret grænse flytter ingen.",
                )
            ),
            *self._chart("flytninger"),
        ]
        for direction, title, head in (
            ("ind", "Hvor tilflytterne kom fra", "Flyttet fra"),
            ("ud", "Hvor fraflytterne flyttede hen", "Flyttet til"),
        ):
            blocks.append(
                self.told.pivot(
                    f"flytninger-{direction}",
                    f"{title}, personer",
                    "flytninger",
                    ("modpart_tekst",),
                    "boliggruppe",
                    {code: GROUPS[code] for code in self._mover_groups()},
                    "personer",
                    _having(retning=direction),
                    heads={"modpart_tekst": head},
                )
            )
        for dimension, title, members in (
            (
                "beskaeftigelse",
                f"Flytternes beskæftigelse i {self._income_year()}{self._span(AGES_OF_EMPLOYMENT)}, pct.",
                EMPLOYMENTS,
            ),
            (
                "uddannelse",
                f"Flytternes uddannelse i {self._education_year()}{self._span(AGES_OF_EDUCATION)}, pct.",
                EDUCATIONS,
            ),
        ):
            blocks.append(
                self.told.pivot(
                    f"flytninger-{dimension}",
                    title,
                    "flytninger_traek",
                    ("boliggruppe_tekst", "retning_tekst"),
                    "kategori",
                    members,
                    "andel_pct",
                    lambda row, dimension=dimension: (  # type: ignore[misc]
                        row["dimension"] == dimension
                        and row["modpart"] == ALL
                        and row["boliggruppe"] in self._mover_groups()
                    ),
                    note=(NOTES[dimension],),
                )
            )
        blocks.append(
            self.told.pivot(
                "flytninger-traek",
                f"Flytternes beskæftigelse i {self._income_year()}{self._span(AGES_OF_EMPLOYMENT)} efter hvor de kom "
                "fra og flyttede hen, begge slags områder, personer",
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
        )
        return Section("flytninger", "Til- og fraflytninger", tuple(blocks))

    def _mover_groups(self) -> tuple[str, ...]:
        listed = tuple(group for group in LISTED_GROUPS if group in self.groups)
        return (*listed, LISTED) if len(listed) > 1 else listed or (LISTED,)

    def homes(self) -> Section:
        groups = [i for i, row in enumerate(self._rows("boligudnyttelse")) if row["area_id"] is None]
        blocks: list[Block] = [
            Paragraph(
                (
                    "En bolig er ubeboet, når ingen har bopæl i den på statusdagen. Det er flere end dem, en "
                    "boligorganisation melder ledige: renovering og flytning tæller med.",
                )
            ),
            *self._chart("boliger"),
            self.told.view(
                "boligudnyttelse",
                "Udnyttelsen af boligmassen",
                "boligudnyttelse",
                groups,
                ("omraade", "personer_pr_rum", "m2_pr_person", "familieboliger_pct", "ubeboede_pct"),
                heads=OF_GROUPS,
            ),
            self.told.pivot(
                "boliger-art",
                "Boliger efter art og brug",
                "boliger",
                ("boliggruppe_tekst", "boligart_tekst"),
                "brug",
                USES,
                "boliger",
                lambda row: row["boliggruppe"] in self.groups,
            ),
        ]
        return Section("boligmasse", "Udnyttelse af boligmassen", tuple(blocks))

    def cap(self) -> Section:
        rows = self._rows("loft")
        if "anvisningsloft.share" not in self.law:
            blocks: list[Block] = [
                Notice(("Loftet over kommunal anvisning fandtes ikke i loven på listens dag. Andelen vises alene.",)),
                self.told.view(
                    "loft-alle",
                    "Almene familieboliger i områderne",
                    "loft",
                    range(len(rows)),
                    ("kommune", "familieboliger", "andel_pct"),
                ),
            ]
            return Section("loft", "Loftet over kommunal anvisning", tuple(blocks))
        cap = self.law["anvisningsloft.share"]
        note: Parts = (
            "Loftet er ",
            self._term(cap.parameter),
            " pct. Procenterne er af kommunens almene familieboliger. »Omfattet« er andelen, når familieboliger i "
            "undtagne områder er trukket fra.",
        )
        made = {str(row["beslutning"]) for row in rows}
        meanings = [f"»{DECISIONS[code]}«: {words}" for code, words in DECISIONS_EXPLAINED.items() if code in made]
        if meanings:
            note = (*note, f" Beslutning {'; '.join(meanings)}.")
        over = [i for i, row in enumerate(rows) if row["over_loft"]]
        blocks = [
            Paragraph(
                (
                    f"Ligger {MORE_THAN[str(cap.operator)]} ",
                    self._term(cap.parameter),
                    " pct. af en kommunes almene familieboliger i udsatte boligområder og forebyggelsesområder, gælder "
                    "reglerne om kommunal anvisning i forebyggelsesområder ikke for den del, der ligger over "
                    f"(almenboliglovens {cap.reference.citation}). Kommunalbestyrelsen beslutter så, hvilke "
                    "forebyggelsesområder der undtages (stk. 8).",
                )
            ),
            *self._chart("loft"),
        ]
        columns = ("kommune", "familieboliger", "andel_pct", "beslutning_tekst", "undtaget", "omfattet_pct")
        if over:
            blocks.append(self.told.view("loft-over", "Kommuner over loftet", "loft", over, columns, note))
        else:
            blocks.append(Paragraph(("Ingen kommune er over loftet.",)))
        blocks.append(
            self.told.view(
                "loft-alle", "Alle kommuner med områder", "loft", range(len(rows)), columns, note, folded=True
            )
        )
        return Section("loft", "Loftet over kommunal anvisning", tuple(blocks))

    def development(self) -> Section:
        years = sorted({int(row["aar"]) for row in self._rows("udvikling")})
        blocks: list[Block] = [
            Paragraph(
                (
                    "Afsnittet følger listerne og de områder, der har stået på en af dem, gennem de listeår, der er "
                    "opgjort.",
                )
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
            *self._chart("udvikling"),
            self.told.view(
                "udvikling",
                "Listerne i de opgjorte listeår",
                "udvikling",
                range(len(self._rows("udvikling"))),
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
            self.told.pivot(
                "udvikling-omraader",
                "Områdernes status år for år",
                "udvikling_omraader",
                ("kommune", "omraade"),
                "aar",
                {str(year): str(year) for year in years},
                "status_tekst",
                _having(),
                folded=True,
            ),
        ]
        return Section("udvikling", "Udvikling", tuple(blocks))

    def _export_line(self) -> tuple[Part, ...]:
        found = self._rows("social_eksport_forskel")[self._judged()]
        if found["periode"] == "foer":
            return (BEFORE_THE_RULES,)
        words = CHANGE_VERDICTS if found["maal"] == "aendring" else SHORT_VERDICTS
        return (words[str(found["dom"])],)

    def _export_figure(self) -> Parts:
        """The difference behind the verdict, with its interval; nothing where no verdict is given."""
        this = self._judged()
        row = self._rows("social_eksport_forskel")[this]
        if row["dom"] == "for_faa":
            return ()
        at = lambda column: self.told.at("social_eksport_forskel", this, column)  # noqa: E731
        return (
            " Målgruppens udflytning fra kommuner med områder mod øvrige, ud over hvad der også ses for andre voksne, "
            + ("har ændret sig med " if row["maal"] == "aendring" else "afviger med "),
            at("forskel_pct"),
            " pct.point (fra ",
            at("nedre_pct"),
            " til ",
            at("oevre_pct"),
            ", når usikkerheden regnes med).",
        )

    def _target_group(self) -> Parts:
        """Who the assignment bans are aimed at, as far as registers show."""
        return (
            "dem, der ved periodens start i ",
            self._term("redegoerelse.target_months"),
            " måneder i træk har fået kontanthjælp eller selvforsørgelses- og hjemrejseydelse, og dem, der ikke er "
            "statsborgere i Danmark, EU, EØS eller Schweiz efter medlemskabet den dag.",
        )

    def _target_line(self) -> Parts:
        return (" Målgruppen er voksne, som anvisningsforbuddene retter sig mod: ", *self._target_group())

    def _nothing_before(self) -> Parts:
        """The reservation of a home that has no list year before the rules."""
        if self._before_is_known():
            return ()
        return (
            " Intet listeår fra før aftalens regler er opgjort, så tallene viser ikke, om en forskel fandtes i "
            "forvejen.",
        )

    def _before_is_known(self) -> bool:
        return any(row["periode"] == "foer" for row in self._rows("social_eksport_forskel"))

    def _judged(self) -> int:
        """The difference that the verdict rests on: the change since before the rules where there is one."""
        table = self.told.tables["social_eksport_forskel"]
        rows = table.where(aar=self.year, maal="aendring")
        changed = [row for row in rows if table.rows[row]["dom"] != "for_faa"]
        return changed[0] if changed else table.find(aar=self.year, maal="merforskel")

    def export(self) -> Section:
        rows = self._rows("social_eksport_forskel")
        row = rows[self._judged()]
        blocks: list[Block] = [
            Paragraph(
                (
                    "Aftalen hviler på, at den ikke udløser social eksport mellem kommuner. Her følges voksne, som "
                    "anvisningsforbuddene retter sig mod (målgruppen), så vidt registrene viser det: ",
                    *self._target_group(),
                )
            ),
            *self._chart("social-eksport"),
            self.told.view(
                "social-eksport",
                "Voksne, der flyttede til en anden kommune",
                "social_eksport",
                [i for i, r in enumerate(self._rows("social_eksport")) if r["aar"] == self.year],
                (
                    "kommunegruppe_tekst",
                    "persongruppe_tekst",
                    "personer",
                    "flyttet",
                    "andel_pct",
                    "nedre_pct",
                    "oevre_pct",
                ),
                note=self._confidence(),
            ),
        ]
        if row["dom"] == "for_faa":
            blocks.append(Notice(self._export_line()))
        else:
            blocks.append(Paragraph((*self._export_line(), *self._export_figure())))
        if not self._before_is_known():
            blocks.append(
                Notice(
                    (
                        "Intet listeår fra før aftalens regler er opgjort. Om en forskel fandtes før reglerne, kan "
                        "derfor ikke vises, og en forskel er ikke i sig selv en virkning af aftalen.",
                    )
                )
            )
        blocks += [
            self.told.view(
                "social-eksport-forskel",
                "Forskelle år for år, pct.point",
                "social_eksport_forskel",
                range(len(rows)),
                ("aar", "maal_tekst", "forskel_pct", "nedre_pct", "oevre_pct", "dom_tekst"),
                note=self._confidence(),
            ),
            Paragraph(
                (
                    "Begrænsninger: registrene viser ikke, hvem en kommune har anvist eller afvist, og heller ikke dom "
                    "med handleplan eller ophævet lejemål. Studerende, som loven undtager, kan ikke skilles ud. En "
                    "flytning kan have andre grunde end reglerne.",
                )
            ),
            self.told.pivot(
                "social-eksport-kommuner",
                "Udflytning fra hver kommune med områder, pct.",
                "social_eksport_kommuner",
                ("kommune",),
                "persongruppe",
                {"maalgruppe": "Målgruppen", "andre": "Andre voksne"},
                "andel_pct",
                _having(),
                folded=True,
            ),
        ]
        return Section("social-eksport", "Social eksport", tuple(blocks))

    def _ground_line(self) -> tuple[Part, ...]:
        rows = self._rows("nettoindvandring_niveau")
        if "valg.net_immigration_level" not in self.law:
            return ("Aftalens grund til genforhandling gælder ikke: listeåret ligger før aftalen.",)
        if not rows:
            return ("Om aftalens grund til genforhandling er til stede, kan ikke afgøres: der mangler vandringstal.",)
        last = len(rows) - 1
        at = lambda column: self.told.at("nettoindvandring_niveau", last, column)  # noqa: E731
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
            f". Aftalens grund til genforhandling {met}.",
        )

    def immigration(self) -> Section:
        rows = self._rows("nettoindvandring")
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
                    chosen if "valg.net_immigration_level" in self.law else "",
                )
            ),
            *self._chart("nettoindvandring"),
            Paragraph(self._ground_line()),
            self.told.pivot(
                "nettoindvandring",
                "Nettoindvandring efter oprindelse, personer",
                "nettoindvandring",
                ("oprindelse_tekst",),
                "aar",
                {str(year): str(year) for year in sorted({int(row["aar"]) for row in rows})},
                "netto",
                _having(),
            ),
        ]
        if levels := self._rows("nettoindvandring_niveau"):
            blocks.append(
                self.told.view(
                    "nettoindvandring-niveau",
                    "Ikke-vestlig nettoindvandring mod de foregående års niveau",
                    "nettoindvandring_niveau",
                    range(len(levels)),
                    ("aar", "netto", "foerste_aar", "sidste_aar", "niveau", "opfyldt"),
                    note=level_note(self.law),
                )
            )
        return Section("nettoindvandring", "Nettoindvandring", tuple(blocks))

    def evaluation(self) -> Section:
        rows = self._rows("evaluering")
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
                    "Områder lige over grænserne i § 61 b det første opgjorte år sammenlignes med områder lige under. "
                    "De ligner hinanden, så en forskel i udvikling siden da kan tale for en virkning. Et område er tæt "
                    "på, når det ville opfylde § 61 b, hvis alle grænser blev flyttet ",
                    self._term("redegoerelse.bandwidth"),
                    " pct. mod det, og ikke ville, hvis de blev flyttet lige så langt væk.",
                )
            ),
            self.told.view(
                "evaluering",
                "Før og efter, gennemsnit af områderne",
                "evaluering",
                range(len(rows)),
                ("udfald_tekst", "side_tekst", "omraader", "foer", "efter", "aendring", "nedre", "oevre", "dom_tekst"),
                note=self._confidence(),
                heads={
                    "foer": f"Før ({rows[0]['fra']}), pct.",
                    "efter": f"Efter ({rows[0]['til']}), pct.",
                    **{
                        column: f"{self.told.tables['evaluering'].column(column).title}, pct.point"
                        for column in ("aendring", "nedre", "oevre")
                    },
                },
            ),
        ]
        if any(row["dom"] == "for_faa" for row in rows):
            blocks.append(
                Notice(
                    (
                        "Der er for få områder tæt på grænsen til, at sammenligningen siger noget om virkningen. "
                        "Tallene vises, så det kan ses.",
                    )
                )
            )
        if self._rows("evaluering_kommuner"):
            blocks.append(
                self.told.view(
                    "evaluering-kommuner",
                    "Kommuner med og uden undtagelse fra loftet",
                    "evaluering_kommuner",
                    range(len(self._rows("evaluering_kommuner"))),
                    ("gruppe_tekst", "aar", "kommuner", "familieboliger", "i_omraader_pct", "omfattet_pct"),
                )
            )
        return Section("evaluering", "Evaluering", tuple(blocks))

    def method(self) -> Section:
        choice = self.law.get("valg.net_immigration_level")
        words = {
            "above_mean": "over gennemsnittet af",
            "above_highest": "over hvert af",
        }
        withheld, none = signs()
        items: list[tuple[Part, ...]] = [
            (
                f"{withheld} Så mange andre tal er diskretioneret, at intet af dem kan regnes ud af summer, heller "
                "ikke på tværs af tabeller. Det er efterprøvet på de færdige tabeller, før de blev frigivet.",
            ),
            (none,),
            ("I tabeller kan afrunding medføre, at tallene ikke summer til totalen.",),
            (
                "Tal for tidligere år er dem, redegørelsen for det år viste. Beboersammensætning vises ikke for en "
                "tidligere dag på nye områdegrænser.",
            ),
            (f"Registre: {_registers()}. Områdernes afgrænsning følger § 61 a.",),
        ]
        if choice is not None:
            items.append(
                (
                    f"Grund til genforhandling: nettoindvandringen i det seneste hele år skal ligge "
                    f"{words[choice.text]} de ",
                    self._term("redegoerelse.level_years"),
                    " foregående år. Sådan regnes der for alle listeår efter aftalen.",
                )
            )
        return Section("metode", "Metode og diskretionering", (Points(tuple(items)),))

    def annex(self) -> Section:
        blocks: list[Block] = []
        for dimension, title in (
            ("oprindelse", "Oprindelse i områderne, personer"),
            ("alder", "Alder i områderne, personer"),
            (
                "uddannelse",
                f"Uddannelse i områderne i {self._education_year()}{self._span(AGES_OF_EDUCATION)}, personer",
            ),
            (
                "beskaeftigelse",
                f"Beskæftigelse i områderne i {self._income_year()}{self._span(AGES_OF_EMPLOYMENT)}, personer",
            ),
        ):
            categories = self._ages() if dimension == "alder" else {ALL: "I alt", **CATEGORIES[dimension]}
            shown = {code: text for code, text in categories.items() if code == ALL or self._anybody(dimension, code)}
            blocks.append(
                self.told.pivot(
                    f"omraader-{dimension}",
                    title,
                    "sammensaetning_omraader",
                    ("kommune", "omraade"),
                    "kategori",
                    shown,
                    "personer",
                    _having(dimension=dimension),
                    folded=True,
                )
            )
        for direction, title in (("ind", "Tilflyttere til områderne"), ("ud", "Fraflyttere fra områderne")):
            blocks.append(
                self.told.pivot(
                    f"omraader-flytninger-{direction}",
                    f"{title}, personer",
                    "flytninger_omraader",
                    ("kommune", "omraade"),
                    "modpart",
                    COUNTERPARTS[direction],
                    "personer",
                    _having(retning=direction),
                    folded=True,
                )
            )
        blocks.append(
            self.told.pivot(
                "omraader-boliger",
                "Boliger i områderne efter art",
                "boliger_omraader",
                ("kommune", "omraade"),
                "boligart",
                KINDS,
                "boliger",
                _having(brug=ALL),
                folded=True,
            )
        )
        blocks.append(
            self.told.view(
                "omraader-udnyttelse",
                "Udnyttelsen af boligmassen i områderne",
                "boligudnyttelse",
                [i for i, row in enumerate(self._rows("boligudnyttelse")) if row["area_id"]],
                ("kommune", "omraade", "personer_pr_rum", "m2_pr_person", "familieboliger_pct", "ubeboede_pct"),
                folded=True,
            )
        )
        blocks.append(
            self.told.view(
                "omraader-indkomst",
                f"Indkomst i områderne i {self._income_year()}",
                "indkomst",
                [i for i, row in enumerate(self._rows("indkomst")) if row["area_id"]],
                ("kommune", "omraade", "personer", "gennemsnit_kr"),
                folded=True,
            )
        )
        return Section("bilag", "Bilag: områderne hver for sig", tuple(blocks))


BEFORE_THE_RULES = (
    "Listeåret ligger før aftalens regler: målgruppens flytninger vises til sammenligning og kan ikke være en virkning "
    "af dem."
)
CHANGE_VERDICTS = {
    "hoejere": "Siden før reglerne er målgruppen begyndt at flytte oftere ud af kommuner med områder end af øvrige, "
    "også når andre voksnes flytninger regnes fra. Det kan være social eksport.",
    "lavere": "Siden før reglerne er målgruppen begyndt at flytte sjældnere ud af kommuner med områder end af øvrige, "
    "når andre voksnes flytninger regnes fra. Tallene tyder ikke på social eksport.",
    "ingen_forskel": "Siden før reglerne er der ingen sikker ændring i, hvor ofte målgruppen flytter ud af kommuner "
    "med områder og af øvrige. Tallene viser ikke social eksport og udelukker den ikke.",
}
SHORT_VERDICTS = {
    "hoejere": "Målgruppen flytter oftere ud af kommuner med områder end af øvrige, også når andre voksnes flytninger "
    "regnes fra. Det kan være social eksport.",
    "lavere": "Målgruppen flytter sjældnere ud af kommuner med områder end af øvrige, når andre voksnes flytninger "
    "regnes fra. Tallene tyder ikke på social eksport.",
    "ingen_forskel": "Der er ingen sikker forskel på, hvor ofte målgruppen flytter ud af kommuner med områder og af "
    "øvrige. Tallene viser ikke social eksport og udelukker den ikke.",
    "for_faa": "Om reglerne har ført til social eksport, kan ikke vurderes: der er for få flytninger.",
}
