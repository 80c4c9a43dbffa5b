"""The shape of every table in the report: its columns, key, and what they mean. The data dictionary is made from this.

What does not belong here: rows (`assets.reporting.tables`, `assets.reporting.shown`, `assets.reporting.comparisons`).
"""

from __future__ import annotations

from collections.abc import Mapping

from assets.finished import Column, Finished, Kind
from assets.reporting.labels import ALMENE_NOTE, CRITERIA, EDUCATION_NOTE, EMPLOYMENT_NOTE

Described = tuple[str, Kind, str, str]
"""A column in short: its name, kind, title and meaning."""


def _columns(*columns: Described) -> tuple[Column, ...]:
    return tuple(Column(*column) for column in columns)


LIST_YEAR: Described = ("aar", "year", "År", "Listeår: listen af 1. december det år")
AREA_ID: Described = ("area_id", "code", "Områdets id", "Boligområdets id, som i områdeafgrænsningen")
AREA_NAME: Described = ("omraade", "text", "Boligområde", "Boligområdets navn")
AREA_OR_GROUP: Described = (
    "omraade",
    "text",
    "Boligområde",
    "Boligområdets navn; boliggruppens, hvor linjen gælder den hele",
)
MUNICIPALITY: Described = ("kommune", "text", "Kommune", "Kommunens navn")
KOM: Described = ("kom", "code", "Kommunekode", "Kommunekode, tre cifre")
GROUP: Described = ("boliggruppe", "code", "Boliggruppe, kode", "Den gruppe boliger, personerne bor i; kode")
GROUP_TEXT: Described = ("boliggruppe_tekst", "text", "Boliggruppe", "Den gruppe boliger, personerne bor i")
PERSONS: Described = ("personer", "count", "Personer", "Antal personer")
SHARE: Described = ("andel_pct", "pct", "Andel, pct.", "Andel af linjens gruppe i alt, pct. med en decimal")
LIST: Described = ("liste", "code", "Liste, kode", "Listen; kode")
LIST_TEXT: Described = ("liste_tekst", "text", "Liste", "Listen efter almenboliglovens §§ 61 a og 61 b")
DIMENSION: Described = ("dimension", "code", "Opdeling, kode", "Hvad personerne er delt op efter; kode")
DIMENSION_TEXT: Described = ("dimension_tekst", "text", "Opdeling", "Hvad personerne er delt op efter")
CATEGORY: Described = ("kategori", "code", "Kategori, kode", "Kategorien; kode")
CATEGORY_TEXT: Described = ("kategori_tekst", "text", "Kategori", "Kategorien")
WAY: Described = ("retning", "code", "Retning, kode", "ind: tilflyttere, ud: fraflyttere")
WAY_TEXT: Described = ("retning_tekst", "text", "Retning", "Til- eller fraflyttere")
COUNTERPART: Described = ("modpart", "code", "Flyttet fra eller til, kode", "Hvor de kom fra eller flyttede hen; kode")
COUNTERPART_TEXT: Described = ("modpart_tekst", "text", "Flyttet fra eller til", "Hvor de kom fra eller flyttede hen")
KIND: Described = ("boligart", "code", "Boligart, kode", "Boligens art; kode")
KIND_TEXT: Described = ("boligart_tekst", "text", "Boligart", "Boligens art efter den almene sektors register")
USE: Described = ("brug", "code", "Brug, kode", "Om der bor nogen; kode")
USE_TEXT: Described = ("brug_tekst", "text", "Brug", "Ubeboet: ingen har bopæl i boligen på statusdagen")
HOMES: Described = ("boliger", "count", "Boliger", "Antal boliger")
STATUS_CODE: Described = ("status", "code", "Status, kode", "Områdets status; kode")
STATUS_TEXT: Described = (
    "status_tekst",
    "text",
    "Status",
    "Områdets status efter §§ 61 a og 61 b, og de lister, det står på ud over den",
)
VERDICT: Described = ("dom", "code", "Vurdering, kode", "Vurdering; kode")
VERDICT_TEXT: Described = ("dom_tekst", "text", "Vurdering", "Hvad tallet viser, når usikkerheden regnes med")
TARGET: Described = (
    "persongruppe",
    "code",
    "Persongruppe, kode",
    "Målgruppen for anvisningsforbuddene eller andre voksne; kode",
)
TARGET_TEXT: Described = (
    "persongruppe_tekst",
    "text",
    "Persongruppe",
    "Målgruppen for anvisningsforbuddene eller andre voksne",
)


def _shape(name: str, title: str, key: tuple[str, ...], *columns: Described, note: str = "") -> Finished:
    return Finished(name, title, _columns(*columns), key, [], note)


_ALL = (
    _shape(
        "lister",
        "Listerne og årets ændringer",
        ("aar", "liste"),
        LIST_YEAR,
        LIST,
        LIST_TEXT,
        ("omraader", "count", "Områder", "Områder på listen"),
        ("beboere", "count", "Beboere", "Beboere i områderne 1. januar"),
        ("nye", "count", "Nye", "Områder, der ikke stod på listen året før; tom, hvis den ikke kendes"),
        ("udgaaede", "count", "Udgåede", "Områder, der stod på listen året før og ikke nu; tom, hvis den ikke kendes"),
        note="Et omdannelsesområde er også parallelsamfund, og et parallelsamfund er også udsat boligområde: "
        "listerne kan ikke lægges sammen.",
    ),
    _shape(
        "lister_aendringer",
        "Nye og udgåede områder",
        ("aar", "liste", "area_id"),
        LIST_YEAR,
        LIST,
        LIST_TEXT,
        AREA_ID,
        AREA_NAME,
        MUNICIPALITY,
        ("aendring", "code", "Ændring, kode", "ny, udgaaet eller fortsat"),
        ("aendring_tekst", "text", "Ændring", "Ændring siden året før"),
    ),
    _shape(
        "sammensaetning",
        "Beboersammensætning",
        ("boliggruppe", "dimension", "kategori"),
        GROUP,
        GROUP_TEXT,
        DIMENSION,
        DIMENSION_TEXT,
        CATEGORY,
        CATEGORY_TEXT,
        PERSONS,
        SHARE,
        note="Beboere 1. januar i listeåret. Alle beboere i et område tæller med, uanset bolig.",
    ),
    _shape(
        "sammensaetning_omraader",
        "Beboersammensætning i områderne",
        ("area_id", "dimension", "kategori"),
        GROUP,
        MUNICIPALITY,
        AREA_ID,
        AREA_NAME,
        DIMENSION,
        DIMENSION_TEXT,
        CATEGORY,
        CATEGORY_TEXT,
        PERSONS,
        SHARE,
    ),
    _shape(
        "indkomst",
        "Indkomst",
        ("boliggruppe", "area_id"),
        GROUP,
        MUNICIPALITY,
        AREA_ID,
        AREA_OR_GROUP,
        ("personer", "count", "Personer", "Skattepligtige uden uddannelsessøgende i lovens alder"),
        ("indkomst_1000_kr", "count", "Indkomst i alt, 1.000 kr.", "Summen af indkomst før skat i 1.000 kr."),
        (
            "gennemsnit_kr",
            "kroner",
            "Gennemsnit, kr.",
            "Gennemsnitlig indkomst før skat, hele kroner, af den viste sum i 1.000 kr.",
        ),
        note="Samme personer og indkomst som i § 61 a, stk. 1, nr. 4.",
    ),
    _shape(
        "kriterier",
        "Kriterierne og afstanden til grænserne",
        ("area_id", "kriterium"),
        AREA_ID,
        AREA_NAME,
        MUNICIPALITY,
        STATUS_CODE,
        STATUS_TEXT,
        ("kriterium", "code", "Kriterium, kode", "Kriteriet; kode"),
        ("kriterium_tekst", "text", "Kriterium", "Kriteriet"),
        ("tal", "pct2", "Tal", "Områdets tal: pct. med en decimal; dømte i forhold til landet med to"),
        (
            "graense_udsat",
            "pct2",
            "Grænse, § 61 a",
            "Grænsen i § 61 a; for ikke-vestlige den for parallelsamfund",
        ),
        ("opfyldt_udsat", "flag", "Opfyldt, § 61 a", "Om kriteriet er opfyldt, afgjort på det eksakte tal"),
        ("afstand_udsat", "signed", "Afstand, § 61 a", "Tal minus grænse, samme enhed som tallet"),
        ("graense_forebyggelse", "pct2", "Grænse, § 61 b", "Grænsen for forebyggelsesområder"),
        ("opfyldt_forebyggelse", "flag", "Opfyldt, § 61 b", "Om kriteriet er opfyldt, afgjort på det eksakte tal"),
        ("afstand_forebyggelse", "signed", "Afstand, § 61 b", "Tal minus grænse, samme enhed som tallet"),
        note="Områder med nok beboere til at komme på en liste.",
    ),
    _shape(
        "flytninger",
        "Til- og fraflytninger",
        ("retning", "boliggruppe", "modpart"),
        WAY,
        WAY_TEXT,
        GROUP,
        GROUP_TEXT,
        COUNTERPART,
        COUNTERPART_TEXT,
        PERSONS,
        SHARE,
        note="Mellem 1. januar året før og 1. januar i listeåret. Områderne er afgrænset som på listen begge dage; "
        "flytninger inden for et område tæller ikke.",
    ),
    _shape(
        "flytninger_traek",
        "Flytternes beskæftigelse og uddannelse",
        ("retning", "boliggruppe", "modpart", "dimension", "kategori"),
        WAY,
        WAY_TEXT,
        GROUP,
        GROUP_TEXT,
        COUNTERPART,
        COUNTERPART_TEXT,
        DIMENSION,
        DIMENSION_TEXT,
        CATEGORY,
        CATEGORY_TEXT,
        PERSONS,
        SHARE,
        note=f"{EMPLOYMENT_NOTE} {EDUCATION_NOTE}",
    ),
    _shape(
        "flytninger_omraader",
        "Til- og fraflytninger i områderne",
        ("area_id", "retning", "modpart"),
        GROUP,
        MUNICIPALITY,
        AREA_ID,
        AREA_NAME,
        WAY,
        WAY_TEXT,
        COUNTERPART,
        COUNTERPART_TEXT,
        PERSONS,
    ),
    _shape(
        "boliger",
        "Boligmassen",
        ("boliggruppe", "boligart", "brug"),
        GROUP,
        GROUP_TEXT,
        KIND,
        KIND_TEXT,
        USE,
        USE_TEXT,
        HOMES,
    ),
    _shape(
        "boliger_omraader",
        "Boligmassen i områderne",
        ("area_id", "boligart", "brug"),
        GROUP,
        MUNICIPALITY,
        AREA_ID,
        AREA_NAME,
        KIND,
        KIND_TEXT,
        USE,
        USE_TEXT,
        HOMES,
    ),
    _shape(
        "boligudnyttelse",
        "Udnyttelsen af boligmassen",
        ("boliggruppe", "area_id"),
        GROUP,
        MUNICIPALITY,
        AREA_ID,
        AREA_OR_GROUP,
        ("personer_pr_rum", "ratio", "Personer pr. værelse", "Beboere pr. værelse i beboede boliger"),
        ("m2_pr_person", "ratio", "m² pr. person", "Boligareal pr. beboer i beboede boliger"),
        ("familieboliger_pct", "pct0", "Familieboliger, pct.", "Familieboliger af almene boliger, hele pct."),
        ("ubeboede_pct", "pct0", "Ubeboede, pct.", "Boliger uden beboere, hele pct."),
        note=f"{ALMENE_NOTE} Hele pct., så en enkelt bolig ikke kan regnes ud.",
    ),
    _shape(
        "loft",
        "Loftet over kommunal anvisning",
        ("kom",),
        KOM,
        MUNICIPALITY,
        ("familieboliger", "count", "Familieboliger", "Kommunens almene familieboliger"),
        ("i_udsatte", "count", "I udsatte", "Heraf i udsatte boligområder"),
        ("i_forebyggelse", "count", "I forebyggelse", "Heraf i forebyggelsesområder"),
        ("andel_pct", "pct", "Andel, pct.", "Andel i udsatte boligområder og forebyggelsesområder"),
        ("over_loft", "flag", "Over loftet", "Om andelen er over loftet, afgjort på hele boliger"),
        ("beslutning", "code", "Beslutning, kode", "Kommunalbestyrelsens beslutning; kode"),
        ("beslutning_tekst", "text", "Beslutning", "Kommunalbestyrelsens beslutning efter § 59, stk. 8"),
        ("undtaget", "count", "Undtagne boliger", "Familieboliger i undtagne områder"),
        ("omfattet_pct", "pct", "Omfattet, pct.", "Andel omfattet af reglerne efter undtagelse"),
    ),
    _shape(
        "udvikling",
        "Listerne over tid",
        ("aar", "liste"),
        LIST_YEAR,
        LIST,
        LIST_TEXT,
        ("omraader", "count", "Områder", "Områder på listen"),
        ("beboere", "count", "Beboere", "Beboere i områderne"),
        ("ikkevestlige_pct", "pct", "Ikke-vestlige, pct.", "Andel med ikke-vestlig oprindelse"),
        ("grundskole_pct", "pct", "Grundskole, pct.", "Andel alene med grundskole"),
        ("uden_tilknytning_pct", "pct", CRITERIA["outside"] + ", pct.", "Andel uden for arbejdsmarked og uddannelse"),
        note="De listeår, der er opgjort.",
    ),
    _shape(
        "udvikling_omraader",
        "Områderne over tid",
        ("aar", "area_id"),
        LIST_YEAR,
        MUNICIPALITY,
        AREA_ID,
        AREA_NAME,
        ("beboere", "count", "Beboere", "Beboere, når området stod på en liste"),
        STATUS_CODE,
        STATUS_TEXT,
    ),
    _shape(
        "social_eksport",
        "Flytninger mellem kommuner",
        ("aar", "kommunegruppe", "persongruppe"),
        LIST_YEAR,
        ("kommunegruppe", "code", "Kommuner, kode", "med eller uden områder på listen; kode"),
        ("kommunegruppe_tekst", "text", "Kommuner", "Kommuner med eller uden områder på listen"),
        TARGET,
        TARGET_TEXT,
        ("personer", "count", "Personer", "Voksne i kommunerne året før, som stadig bor i landet"),
        ("flyttet", "count", "Flyttet", "Heraf flyttet til en anden kommune"),
        ("andel_pct", "pct", "Andel, pct.", "Andel flyttet"),
        ("nedre_pct", "pct", "Nedre grænse, pct.", "Sikkerhedsintervallets nedre grænse"),
        ("oevre_pct", "pct", "Øvre grænse, pct.", "Sikkerhedsintervallets øvre grænse"),
    ),
    _shape(
        "social_eksport_forskel",
        "Forskelle i udflytning",
        ("aar", "maal"),
        LIST_YEAR,
        ("periode", "code", "Periode", "foer eller efter reglerne, eller overgang: de begyndte midt i den"),
        ("maal", "code", "Mål, kode", "Målet; kode"),
        ("maal_tekst", "text", "Mål", "Hvad der sammenlignes"),
        ("forskel_pct", "signed", "Forskel, pct.point", "Forskel i andelen, der er flyttet"),
        ("nedre_pct", "signed", "Nedre grænse", "Sikkerhedsintervallets nedre grænse, pct.point"),
        ("oevre_pct", "signed", "Øvre grænse", "Sikkerhedsintervallets øvre grænse, pct.point"),
        VERDICT,
        VERDICT_TEXT,
    ),
    _shape(
        "social_eksport_kommuner",
        "Flytninger fra kommuner med områder",
        ("kom", "persongruppe"),
        KOM,
        MUNICIPALITY,
        TARGET,
        TARGET_TEXT,
        PERSONS,
        ("flyttet", "count", "Flyttet", "Heraf flyttet til en anden kommune"),
        SHARE,
    ),
    _shape(
        "nettoindvandring",
        "Nettoindvandring",
        ("aar", "oprindelse"),
        ("aar", "year", "År", "Kalenderår"),
        ("oprindelse", "code", "Oprindelse, kode", "Oprindelse; kode"),
        ("oprindelse_tekst", "text", "Oprindelse", "Oprindelse efter landegruppering"),
        ("indvandrede", "count", "Indvandrede", "Indvandringer i året"),
        ("udvandrede", "count", "Udvandrede", "Udvandringer i året"),
        ("netto", "count", "Netto", "Indvandringer minus udvandringer; tom, hvor de ene ikke er leveret"),
    ),
    _shape(
        "nettoindvandring_niveau",
        "Nettoindvandring mod de foregående år",
        ("aar",),
        ("aar", "year", "År", "Kalenderår"),
        ("netto", "count", "Netto", "Ikke-vestlig nettoindvandring"),
        ("foerste_aar", "year", "Niveau fra år", "Første år i niveauet"),
        ("sidste_aar", "year", "Niveau til år", "Sidste år i niveauet"),
        ("niveau", "count", "Niveau", "De foregående års niveau"),
        ("metode", "code", "Metode", "Sammenligningen, et dateret valg"),
        ("opfyldt", "flag", "Over niveauet", "Om nettoindvandringen er over niveauet"),
    ),
    _shape(
        "evaluering",
        "Områder lige over og lige under grænsen",
        ("udfald", "side"),
        ("fra", "year", "Fra år", "Det første opgjorte listeår med forebyggelsesområder"),
        ("til", "year", "Til år", "Listeåret"),
        ("udfald", "code", "Mål, kode", "Målet; kode"),
        ("udfald_tekst", "text", "Mål", "Målet"),
        ("side", "code", "Side, kode", "over eller under grænsen, eller forskellen"),
        ("side_tekst", "text", "Områder", "Side af grænsen det første år"),
        ("omraader", "count", "Antal områder", "Antal områder"),
        ("foer", "pct", "Første år", "Gennemsnit af områderne det første år, pct."),
        ("efter", "pct", "Listeåret", "Gennemsnit af områderne i listeåret, pct."),
        ("aendring", "signed", "Ændring", "Gennemsnitlig ændring, pct.point"),
        ("nedre", "signed", "Nedre grænse", "Sikkerhedsintervallets nedre grænse, pct.point"),
        ("oevre", "signed", "Øvre grænse", "Sikkerhedsintervallets øvre grænse, pct.point"),
        VERDICT,
        VERDICT_TEXT,
    ),
    _shape(
        "evaluering_kommuner",
        "Kommuner med og uden undtagne områder",
        ("gruppe", "aar"),
        LIST_YEAR,
        ("gruppe", "code", "Gruppe, kode", "Om kommunen havde undtaget områder det første år; kode"),
        ("gruppe_tekst", "text", "Kommuner", "Om kommunen havde undtaget områder det første år"),
        ("kommuner", "count", "Antal kommuner", "Antal kommuner"),
        ("familieboliger", "count", "Familieboliger", "Almene familieboliger"),
        ("i_omraader_pct", "pct", "I områder, pct.", "Andel i udsatte boligområder og forebyggelsesområder"),
        ("omfattet_pct", "pct", "Omfattet, pct.", "Andel omfattet af anvisningsreglerne"),
    ),
    _shape(
        "kommuner",
        "Kommunerne på kortet",
        ("kom",),
        KOM,
        MUNICIPALITY,
        ("kort_navn", "text", "Kort navn", "Navnet, som det står i feltet"),
        ("raekke", "count", "Række", "Feltets række i fliskortet"),
        ("kolonne", "count", "Kolonne", "Feltets kolonne i fliskortet"),
        ("udsatte", "count", "Udsatte", "Udsatte boligområder"),
        ("forebyggelse", "count", "Forebyggelse", "Forebyggelsesområder"),
        ("beboere", "count", "Beboere", "Beboere i områderne"),
    ),
)

YEARS = "{years}"
"""Stands in a line of sources for the list years that the table shows."""
_LISTS = "listerne af 1. december"
_HOMES = "boliger (BBR og den almene sektors register)"
_DECISIONS = f"{_HOMES} og kommunernes beslutninger efter § 59, stk. 8"
_RESIDENTS = f"Danmarks Statistik (BEF) og {_HOMES}"
_TRAITS = f"Danmarks Statistik (BEF, UDDA, AKM) og {_HOMES}"
_CRITERIA = f"Danmarks Statistik (BEF, OF, KRAF, UDDA, IND, AKM) og {_HOMES}"
_MUNICIPAL_MOVES = "Danmarks Statistik (BEF, OF)"
_MIGRATIONS = "Danmarks Statistik (VNDS)"
SOURCES: Mapping[str, str] = {
    "lister": _LISTS,
    "lister_aendringer": _LISTS,
    "sammensaetning": _TRAITS,
    "sammensaetning_omraader": _TRAITS,
    "indkomst": f"Danmarks Statistik (BEF, IND, AKM) og {_HOMES}",
    "kriterier": _CRITERIA,
    "flytninger": _RESIDENTS,
    "flytninger_traek": _TRAITS,
    "flytninger_omraader": _RESIDENTS,
    "boliger": _RESIDENTS,
    "boliger_omraader": _RESIDENTS,
    "boligudnyttelse": _RESIDENTS,
    "loft": _DECISIONS,
    "udvikling": f"{_LISTS}{YEARS}",
    "udvikling_omraader": f"{_LISTS}{YEARS}",
    "social_eksport": _MUNICIPAL_MOVES,
    "social_eksport_forskel": _MUNICIPAL_MOVES,
    "social_eksport_kommuner": _MUNICIPAL_MOVES,
    "nettoindvandring": _MIGRATIONS,
    "nettoindvandring_niveau": _MIGRATIONS,
    "evaluering": f"{_LISTS}{YEARS} og kriterierne bag dem",
    "evaluering_kommuner": f"{_LISTS}{YEARS}, {_DECISIONS}",
    "kommuner": _LISTS,
}
"""The registers, lists and decisions behind each table, as its line of sources names them."""


MADE_FROM: Mapping[str, tuple[str, ...]] = {
    "lister": ("report.list_changes",),
    "lister_aendringer": ("report.list_changes",),
    "sammensaetning": ("report.composition",),
    "sammensaetning_omraader": ("report.composition",),
    "indkomst": ("report.incomes",),
    "kriterier": ("report.nearness", "criteria.area_criteria", "status.area_status"),
    "flytninger": ("report.moves",),
    "flytninger_traek": ("report.moves",),
    "flytninger_omraader": ("report.moves",),
    "boliger": ("report.housing",),
    "boliger_omraader": ("report.housing",),
    "boligudnyttelse": ("report.housing",),
    "loft": ("cap.municipal_cap", "cap.area_cap"),
    "udvikling": ("report.development",),
    "udvikling_omraader": ("report.area_years",),
    "social_eksport": ("report.social_export",),
    "social_eksport_forskel": ("report.social_export",),
    "social_eksport_kommuner": ("report.social_export",),
    "nettoindvandring": ("report.net_immigration",),
    "nettoindvandring_niveau": ("report.net_immigration",),
    "evaluering": ("report.area_years",),
    "evaluering_kommuner": ("edition.edition",),
    "kommuner": ("status.area_status",),
}
"""The tables of the warehouse that the figures of each table are of; the way on to the registers is theirs."""


def source_of(table: Finished) -> str:
    """The line of sources of a finished table, with the list years that it shows where these are its source."""
    shown = {row[column] for row in table.rows for column in ("aar", "fra", "til") if row.get(column) is not None}
    *before, last = [str(year) for year in sorted(shown, key=str)] or [""]
    years = " og ".join(part for part in (", ".join(before), last) if part)
    return SOURCES[table.name].replace(YEARS, f" {years}" if years else "")


SHAPES: Mapping[str, Finished] = {shape.name: shape for shape in _ALL}
"""Every table, in the report's order."""
