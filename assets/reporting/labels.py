"""The codes that the report's tables use, in order, with their Danish texts.

What does not belong here: any figure, and the running text of the report (`assets.reporting.sections`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assets.list_names import LIST_NAMES, LISTED_STATUSES, NO_LIST
from law.loader import LegalValue

ALL = "i_alt"
COUNTRY = "land"
LISTED = "listede"

LISTS: Mapping[str, str] = {code: name.heading for code, name in LIST_NAMES.items()}
GROUPS: Mapping[str, str] = {
    **{code: LISTS[code] for code in LISTED_STATUSES},
    "oevrige_almene": "Øvrige almene boliger",
    "oevrige_boliger": "Øvrige boliger",
    COUNTRY: "Hele landet",
    LISTED: "Områder på listerne",
}
STATUS: Mapping[str, str] = {
    **{code: LIST_NAMES[code].one.capitalize() for code in LISTED_STATUSES},
    NO_LIST: "Ikke omfattet",
}
AGES: Mapping[str, str] = {
    "boern": "0–{before_adult} år",
    "unge": "{adult}–{before_middle} år",
    "midt": "{middle}–{middle_to} år",
    "seniorer": "{senior}–{senior_to} år",
    "aeldre": "{old} år og derover",
    "uoplyst": "Alder uoplyst",
}
ORIGINS: Mapping[str, str] = {
    "dansk": "Dansk oprindelse",
    "vestlig": "Vestlige lande",
    "ikke_vestlig": "Ikke-vestlige lande",
    "menapt": "heraf MENAPT-lande",
    "ikke_vestlig_oevrig": "heraf øvrige ikke-vestlige lande",
}
EDUCATIONS: Mapping[str, str] = {
    "grundskole": "Alene grundskole (kriteriets opgørelse)",
    "gymnasial": "Gymnasial og forberedende",
    "erhvervsfaglig": "Erhvervsfaglig",
    "kort_mellemlang": "Kort og mellemlang videregående",
    "lang": "Lang videregående",
    "uoplyst_niveau": "Anden uddannelse, niveau uoplyst",
}
EMPLOYMENTS: Mapping[str, str] = {
    "beskaeftiget": "Beskæftiget",
    "uddannelse": "Under uddannelse",
    "ledig": "Ledig, sygedagpenge og orlov",
    "kontanthjaelp": "Kontanthjælp m.v.",
    "pension": "Pension og efterløn",
    "oevrige": "Øvrige og uoplyst",
}
DIMENSIONS: Mapping[str, str] = {
    "alder": "Alder",
    "oprindelse": "Oprindelse",
    "uddannelse": "Højeste fuldførte uddannelse",
    "beskaeftigelse": "Beskæftigelse",
}
CATEGORIES: Mapping[str, Mapping[str, str]] = {
    "alder": AGES,
    "oprindelse": ORIGINS,
    "uddannelse": EDUCATIONS,
    "beskaeftigelse": EMPLOYMENTS,
}
DIRECTIONS: Mapping[str, str] = {"ind": "Tilflyttere", "ud": "Fraflyttere"}
COUNTERPARTS: Mapping[str, Mapping[str, str]] = {
    "ind": {
        ALL: "I alt",
        "andet_omraade": "Andet område på listerne",
        "oevrige_almene": "Øvrig almen bolig i kommunen",
        "oevrige_boliger": "Privat bolig i kommunen",
        "anden_kommune": "Anden kommune",
        "udlandet": "Udlandet",
        "nyfoedt": "Nyfødte",
    },
    "ud": {
        ALL: "I alt",
        "andet_omraade": "Andet område på listerne",
        "oevrige_almene": "Øvrig almen bolig i kommunen",
        "oevrige_boliger": "Privat bolig i kommunen",
        "anden_kommune": "Anden kommune",
        "udlandet_eller_doed": "Udlandet eller død",
    },
}
KINDS: Mapping[str, str] = {
    ALL: "Alle boliger",
    "familiebolig": "Almene familieboliger",
    "ungdomsbolig": "Almene ungdomsboliger",
    "aeldrebolig": "Almene ældreboliger",
    "ikke_almen": "Ikke almene boliger",
}
USES: Mapping[str, str] = {ALL: "I alt", "beboet": "Beboede", "ubeboet": "Ubeboede"}
CRITERIA: Mapping[str, str] = {
    "nonwestern": "Ikke-vestlige",
    "outside": "Uden for arbejdsmarked og uddannelse",
    "convicted": "Dømte i forhold til landet",
    "primary_only": "Alene grundskole",
    "income": "Indkomst i forhold til regionen",
}
DECISIONS: Mapping[str, str] = {
    "not_needed": "Ikke nødvendig",
    "not_allowed": "Ikke tilladt, ses der bort fra",
    "nothing_to_exempt": "Intet at undtage",
    "missing": "Mangler",
    "insufficient": "Ikke tilstrækkelig",
    "cap_unreachable": "Loftet kan ikke nås",
    "valid": "Gyldig",
}
DECISIONS_EXPLAINED: Mapping[str, str] = {
    "nothing_to_exempt": "kommunen er over loftet, men har ingen familieboliger i forebyggelsesområder at undtage",
    "missing": "kommunen er over loftet, men har ingen områder undtaget: hvor reglerne falder bort, er ikke afgjort, "
    "og intet er trukket fra",
    "insufficient": "kommunen er stadig over loftet og har flere områder med familieboliger at undtage",
    "cap_unreachable": "alle forebyggelsesområder med familieboliger er undtaget, og kommunen er stadig over loftet",
    "valid": "loftet er overholdt, når de undtagne områder er trukket fra",
    "not_allowed": "kommunen er ikke over loftet, så beslutningen gælder ikke",
}
"""What a decision comes to (§ 59, stk. 7-8). One that is not needed needs no words."""
OVER_EXEMPTED = f"{DECISIONS['valid']}, undtager mere end nødvendigt"
OVER_EXEMPTED_EXPLAINED = "loftet ville også være overholdt, hvis et af områderne ikke var undtaget"
"""A valid decision that exempts more than the cap calls for: the act says "i det omfang" (§ 59, stk. 7)."""
MUNICIPALITY_GROUPS: Mapping[str, str] = {
    "med": "Kommuner med områder på listerne",
    "uden": "Øvrige kommuner",
}
TARGETS: Mapping[str, str] = {
    "maalgruppe": "Målgruppen i alt",
    "ydelse": "heraf alene langvarig ydelse",
    "statsborgerskab": "heraf alene statsborgerskab",
    "begge": "heraf begge dele",
    "andre": "Andre voksne",
}
CHANGES: Mapping[str, str] = {"ny": "Ny på listen", "udgaaet": "Udgået af listen", "fortsat": "Fortsat på listen"}
SIDES: Mapping[str, str] = {
    "over": "Områder lige over grænsen (forebyggelsesområder)",
    "under": "Områder lige under grænsen",
}
OUTCOMES: Mapping[str, str] = {
    "nonwestern_share": "Andel ikke-vestlige",
    "outside_share": "Andel uden for arbejdsmarked og uddannelse",
    "primary_only_share": "Andel alene med grundskole",
    "income_ratio": "Indkomst i forhold til regionen",
}
VERDICTS: Mapping[str, str] = {
    "hoejere": "Udflytningen er højere",
    "lavere": "Udflytningen er lavere",
    "ingen_forskel": "Ingen sikker forskel, den kan skyldes tilfældigheder",
    "for_faa": "Kan ikke vurderes, der er for få",
}
MET: Mapping[str, str] = {
    ">": "over grænsen",
    ">=": "på eller over grænsen",
    "<": "under grænsen",
    "<=": "på eller under grænsen",
}
MORE_THAN: Mapping[str, str] = {">": "mere end", ">=": "mindst"}
"""The operators of the law in words."""
ALMENE_NOTE = "I områderne regnes der på de almene boliger."
EMPLOYMENT_NOTE = (
    "Beskæftigelse er opgjort for dem, der boede i landet ved årets udgang. Udrejste og døde har derfor ingen og står "
    "under »Øvrige og uoplyst«, som af den grund fylder mere blandt fraflyttere end blandt tilflyttere."
)
EDUCATION_NOTE = (
    "Den, der ikke står i uddannelsesregistret, tæller i kriteriets opgørelse som alene med grundskole, også den, der "
    "er flyttet til eller fra udlandet."
)


def counterparts(direction: str) -> tuple[str, ...]:
    """Where the movers of a direction came from or went, in order: together they are all of them."""
    return tuple(code for code in COUNTERPARTS[direction] if code != ALL)


def criteria_by_operator(law: Mapping[str, LegalValue], acts: Sequence[str]) -> dict[str, list[str]]:
    """The criteria by how a figure is held against its limit in these acts, each by its name, in order."""
    found: dict[str, list[str]] = {}
    for criterion, name in CRITERIA.items():
        values = (law.get(f"{act}.{criterion}") for act in acts)
        for operator in dict.fromkeys(value.operator for value in values if value is not None and value.operator):
            found.setdefault(operator, []).append(name)
    return found


def age_texts(ages: Mapping[str, int]) -> dict[str, str]:
    """The age bands in words. `ages`: first and last age of the education and of the employment figures."""
    words = {
        "before_adult": ages["adult"] - 1,
        "adult": ages["adult"],
        "before_middle": ages["middle"] - 1,
        "middle": ages["middle"],
        "middle_to": ages["middle_to"],
        "senior": ages["middle_to"] + 1,
        "senior_to": ages["senior_to"],
        "old": ages["senior_to"] + 1,
    }
    return {code: text.format(**words) for code, text in AGES.items()}
