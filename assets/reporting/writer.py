"""What every section of the report is written with: tables, law and charts at hand, and figures inside sentences.

What does not belong here: the words of a section (`assets.reporting.sections`), figures, rules, and any look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assets.finished import Row, Value
from assets.reporting.cells import LISTED_GROUPS
from assets.reporting.document import (
    Block,
    Chart,
    Figure,
    Notice,
    Part,
    Parts,
    Term,
    Told,
    age_span,
    confidence_note,
    inhabited,
    kinds_of_areas,
    knows_preventive,
    term,
)
from assets.reporting.labels import COUNTRY, EDUCATION_NOTE, EMPLOYMENT_NOTE, LISTS
from law.loader import LegalValue

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
NOTHING_LISTED = "Intet område står på en liste i år."
MENAPT = "fra MENAPT-landene: Mellemøsten og Nordafrika samt Pakistan og Tyrkiet"
NOTES = {"beskaeftigelse": EMPLOYMENT_NOTE, "uddannelse": EDUCATION_NOTE}


def listed(names: Sequence[str]) -> str:
    """Names inside a sentence, joined by commas and a last `og`."""
    return " og ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def having(**at: Value) -> Callable[[Row], bool]:
    """Whether a row has these values."""
    return lambda row: all(row[name] == value for name, value in at.items())


class Writer:
    """What a section is written from: the finished tables, the law of the list year, and the charts.

    `preventive` says whether that law knows forebyggelsesområder, `groups` are the groups of homes with residents, and
    `any_listed` says whether an area stands on a list.
    """

    def __init__(self, told: Told, law: Mapping[str, LegalValue], list_year: int, charts: Mapping[str, Chart]) -> None:
        self.told, self.law, self.year, self.charts = told, law, list_year, charts
        self.preventive = knows_preventive(law)
        self.groups = inhabited(told.tables)
        self.any_listed = any(row["omraader"] for row in told.tables["lister"].rows)

    def chart(self, name: str) -> list[Block]:
        return [self.charts[name]] if name in self.charts else []

    def term(self, parameter: str) -> Term:
        return term(self.law[parameter])

    def confidence(self) -> Parts:
        return confidence_note(self.law)

    def year_of(self, offset: str) -> int:
        value = self.law[offset].value
        assert isinstance(value, int)
        return self.year + value

    def income_year(self) -> int:
        return self.year_of("opgoerelse.income_year_offset")

    def education_year(self) -> int:
        return self.year_of("opgoerelse.education_year_offset")

    def rows(self, table: str) -> Sequence[Mapping[str, Any]]:
        return self.told.tables[table].rows

    def share(self, group: str, dimension: str, category: str) -> Figure:
        return self.told.of("sammensaetning", "andel_pct", boliggruppe=group, dimension=dimension, kategori=category)

    def by_group(self, of: Callable[[str], Parts], groups: Sequence[str] = SUMMED) -> Parts:
        """A figure for each of these groups of homes that has residents, as one sentence."""
        parts: list[Part] = []
        kept = [group for group in groups if group in self.groups]
        for place, group in enumerate(kept):
            parts += ["" if place == 0 else " og " if place == len(kept) - 1 else ", ", *of(group), f" {WHERE[group]}"]
        return (*parts, ".")

    def known_lists(self) -> tuple[str, ...]:
        """The lists that the law of the list year knows."""
        return tuple(code for code in LISTS if self.preventive or code != "forebyggelsesomraade")

    def kinds(self) -> str:
        """The kinds of areas that the law of the list year knows."""
        return kinds_of_areas(self.law)

    def no_preventive(self, words: str) -> list[Block]:
        return [] if self.preventive else [Notice((words,))]

    def span(self, bands: Sequence[str]) -> str:
        return ", " + age_span(self.told.tables["sammensaetning"], bands)

    def ages(self) -> dict[str, str]:
        rows = self.rows("sammensaetning")
        return {str(r["kategori"]): str(r["kategori_tekst"]) for r in rows if r["dimension"] == "alder"}

    def anybody(self, dimension: str, category: str) -> bool:
        return any(
            row["personer"] != 0
            for row in self.rows("sammensaetning")
            if row["dimension"] == dimension and row["kategori"] == category
        )

    def mean_income(self, group: str) -> Figure:
        return self.told.of("indkomst", "gennemsnit_kr", boliggruppe=group, area_id=None)
