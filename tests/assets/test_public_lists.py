"""The public lists: order, rounding, limits, withheld figures, draft and release, page and CSV agreeing.

All areas are invented. Their figures are built from counts, so that no share contradicts its numerator.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from html.parser import HTMLParser
from operator import ge, gt, lt
from typing import Any

import pytest

from assets.disclosure.limits import WITHHELD, disclosure_limits
from assets.publishing.public_lists import (
    CSV_COLUMNS,
    INVENTED,
    CriteriaLimits,
    Limit,
    Method,
    PublicLimits,
    Release,
    danish_order,
    public_files,
    public_limits,
)
from law.loader import LawError, shipped_law
from tests.accessibility import BROWSER, NEEDS_A_BROWSER, checked

LIST_YEAR = 2025
FIVE = replace(disclosure_limits(), minimum_count=5)
MUNICIPALITIES = {"101": "København", "751": "Aarhus", "851": "Aalborg", "461": "Odense", "330": "Slagelse"}
NATIONAL = Decimal("0.0072500000")
RELEASE = Release("Prøvestyrelsen", date(2025, 12, 1), 2, "Første udgivelse")
SLUGS = ("udsatte_boligomraader", "parallelsamfund", "omdannelsesomraader", "forebyggelsesomraader")


def section(
    paragraph: str, residents: str, outside: int, factor: int, income: int, nonwestern: int | None
) -> CriteriaLimits:
    def limit(value: Fraction, operator: Any, number: int) -> Limit:
        return Limit(value, operator, f"{paragraph}, nr. {number}")

    return CriteriaLimits(
        paragraph=paragraph,
        residents=Limit(Fraction(1000), ">=", residents),
        nonwestern=None if nonwestern is None else Limit(Fraction(nonwestern, 100), ">", paragraph),
        outside=limit(Fraction(outside, 100), ">", 1),
        convicted=limit(Fraction(factor), ">=", 2),
        primary_only=limit(Fraction(60, 100), ">", 3),
        income=limit(Fraction(income, 100), "<", 4),
        needed=Limit(Fraction(2), ">=", paragraph),
    )


LIMITS = PublicLimits(
    udsat_boligomraade=section("§ 61 a, stk. 1", "§ 61 a, stk. 3", 40, 3, 55, None),
    parallelsamfund=Limit(Fraction(1, 2), ">", "§ 61 a, stk. 2"),
    omdannelsesomraade=Limit(Fraction(5), ">=", "§ 61 a, stk. 4"),
    forebyggelsesomraade=section("§ 61 b", "§ 61 b", 30, 2, 65, 30),
    first_forebyggelse_year=2021,
    publication_day=date(2025, 12, 1),
    publication_paragraph="§ 61 a, stk. 5",
    parallelsamfund_term="parallelsamfund",
    omdannelsesomraade_term="omdannelsesområde",
    method=Method(
        residents_on=date(2025, 1, 1),
        outside_years=(2023, 2024),
        convicted_years=(2023, 2024),
        education_year=2024,
        income_year=2024,
        outside_ages=(18, 64),
        convicted_from_age=18,
        primary_only_ages=(30, 59),
        income_ages=(15, 64),
    ),
)


def ten_digits(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("1e-10"), rounding=ROUND_HALF_UP)


def area(
    area_id: str,
    name: str,
    kom: str = "461",
    *,
    status: str = "udsat_boligomraade",
    residents: int = 2000,
    nonwestern: int = 800,
    outside: tuple[Fraction | None, Fraction | None] = (Fraction(42, 100), Fraction(43, 100)),
    adults: int = 1500,
    convicted: tuple[int, int] = (40, 41),
    primary_only: int = 400,
    persons_30_59: int = 800,
    income_persons: int = 1100,
    income_ratio: Decimal | None = Decimal("0.6000000000"),
    years: int = 0,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One row of area_criteria and one of area_status. Without arguments: outside and convicted are met."""
    y2, y1 = outside
    mean_outside = None if y2 is None or y1 is None else ten_digits((y2 + y1) / 2)
    convicted_share = ten_digits(Fraction(sum(convicted), 2 * adults))
    ratio = ten_digits(Fraction(sum(convicted), 2 * adults) / Fraction(NATIONAL))
    primary_share = Fraction(primary_only, persons_30_59) if persons_30_59 else None
    criteria = {
        "list_year": LIST_YEAR,
        "area_id": area_id,
        "area_name": name,
        "kom": kom,
        "reg": "83",
        "residents": residents,
        "nonwestern": nonwestern,
        "nonwestern_share": ten_digits(Fraction(nonwestern, residents)),
        "persons_18_64_y2": 1200,
        "outside_share_y2": None if y2 is None else ten_digits(y2),
        "persons_18_64_y1": 1200,
        "outside_share_y1": None if y1 is None else ten_digits(y1),
        "outside_share": mean_outside,
        "adults_y2": adults,
        "convicted_y2": convicted[0],
        "adults_y1": adults,
        "convicted_y1": convicted[1],
        "convicted_share": convicted_share,
        "national_convicted_share": NATIONAL,
        "convicted_ratio": ratio,
        "persons_30_59": persons_30_59,
        "primary_only": primary_only,
        "primary_only_share": None if primary_share is None else ten_digits(primary_share),
        "income_persons": income_persons,
        "income_mean": Decimal("180000.00"),
        "region_income_mean": Decimal("300000.00"),
        "income_ratio": income_ratio,
    }

    forebyggelse = LIMITS.forebyggelsesomraade
    assert forebyggelse is not None
    row = {
        "list_year": LIST_YEAR,
        "area_id": area_id,
        "area_name": name,
        "kom": kom,
        "residents": residents,
        "status": status,
        "parallelsamfund": years > 0,
        "omdannelsesomraade": years >= 5,
        "criteria_met_61a": len(criteria_met(criteria, LIMITS.udsat_boligomraade)),
        "criteria_met_61b": len(criteria_met(criteria, forebyggelse)),
        "years_as_parallelsamfund": years,
    }
    return criteria, row


def criteria_met(figures: Mapping[str, Any], limits: CriteriaLimits) -> set[str]:
    """The criteria that these figures meet, of the section with these limits."""
    columns = {"outside": "outside_share", "convicted": "convicted_ratio", "income": "income_ratio"}
    exact = {key: figures[column] for key, column in columns.items()}
    base = figures["persons_30_59"]
    exact["primary_only"] = Fraction(figures["primary_only"], base) if base else None
    compare = {">": gt, ">=": ge, "<": lt}
    found = set()
    for key, figure in exact.items():
        limit = getattr(limits, key)
        if figure is not None and compare[limit.operator](Fraction(figure), limit.value):
            found.add(key)
    return found


def decided(criteria: Mapping[str, Any], status: Mapping[str, Any]) -> set[str]:
    """The criteria that an area meets, of the section that its status rests on."""
    preventive = status["status"] == "forebyggelsesomraade"
    limits = LIMITS.forebyggelsesomraade if preventive else LIMITS.udsat_boligomraade
    return set() if limits is None else criteria_met(criteria, limits)


def files(*areas: tuple[dict[str, Any], dict[str, Any]], **changed: Any) -> dict[str, bytes]:
    arguments: dict[str, Any] = {
        "list_year": LIST_YEAR,
        "criteria": [criteria for criteria, _ in areas],
        "status": [status for _, status in areas],
        "municipality_names": MUNICIPALITIES,
        "limits": LIMITS,
        "disclosure": FIVE,
        "release": None,
        "met": {criteria["area_id"]: decided(criteria, status) for criteria, status in areas},
    }
    return public_files(**{**arguments, **changed})


def rows(made: dict[str, bytes], slug: str = SLUGS[0]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made[f"{slug}.csv"].decode(), newline="")))


def only(made: dict[str, bytes], slug: str = SLUGS[0]) -> dict[str, str]:
    (row,) = rows(made, slug)
    return row


class PageReader(HTMLParser):
    """The tables of the page: per list the body rows, each cell with its label, its figure and its mark."""

    def __init__(self) -> None:
        super().__init__()
        self.list = ""
        self.lists: dict[str, list[list[tuple[str, str, bool]]]] = {}
        self.in_body = self.in_table = False
        self.cell: dict[str, Any] | None = None
        self.span = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "section":
            self.list = named.get("id") or ""
        elif tag == "table":
            self.in_table = named.get("class") == "areas"
        elif tag == "tbody" and self.in_table:
            self.in_body = True
            self.lists[self.list] = []
        elif tag == "tr" and self.in_body:
            self.lists[self.list].append([])
        elif tag in ("td", "th") and self.in_body:
            label = named.get("data-label") or ("Boligområde" if tag == "th" else "Kommune")
            self.cell = {"label": re.sub(r" \(.*", "", label), "text": "", "met": False, "plain": ""}
        elif tag == "span":
            self.span = named.get("class") or ""

    def handle_data(self, data: str) -> None:
        if self.cell is None:
            return
        if self.span == "v" or not self.span:
            self.cell["text"] += data
        elif self.span == "hidden" and "opfyldt" in data:
            self.cell["met"] = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self.span = ""
        elif tag in ("td", "th") and self.cell is not None:
            self.lists[self.list][-1].append((self.cell["label"], self.cell["text"], self.cell["met"]))
            self.cell = None
        elif tag == "tbody":
            self.in_body = False


def read_page(made: dict[str, bytes]) -> dict[str, list[list[tuple[str, str, bool]]]]:
    reader = PageReader()
    reader.feed(made["lister.html"].decode())
    return reader.lists


def page_text(made: dict[str, bytes]) -> str:
    """What a reader sees of the page, without its style sheet."""
    body = re.sub(r"<style>.*?</style>", "", made["lister.html"].decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\u00a0", " ").replace("&shy;", "").split())


NESTED = area("U1", "Hyldetoften", "751", nonwestern=1300, years=5)
PARALLEL = area("U2", "Gøgeparken", "101", nonwestern=1100, years=2)
UDSAT = area("U3", "Pilelunden", "461")
PREVENTIVE = area(
    "F1",
    "Rønnehaven",
    "330",
    status="forebyggelsesomraade",
    outside=(Fraction(31, 100), Fraction(32, 100)),
    convicted=(22, 23),
    nonwestern=700,
)
NEITHER = area("N1", "Vibevænget", "330", status="ikke_omfattet")
ALL = (NESTED, PARALLEL, UDSAT, PREVENTIVE, NEITHER)


def test_each_area_stands_on_the_lists_of_its_status_and_on_no_other() -> None:
    made = files(*ALL)
    assert {slug: [row["omraade_id"] for row in rows(made, slug)] for slug in SLUGS} == {
        "udsatte_boligomraader": ["U2", "U3", "U1"],
        "parallelsamfund": ["U2", "U1"],
        "omdannelsesomraader": ["U1"],
        "forebyggelsesomraader": ["F1"],
    }


def test_order_is_danish_by_municipality_then_name_then_id() -> None:
    made = files(
        area("9", "Åtoften", "461"),
        area("8", "Øtoften", "461"),
        area("7", "Ærtoften", "461"),
        area("6", "Zinnialunden", "461"),
        area("5", "Aatoften", "461"),
        area("2", "Birkelunden", "461"),
        area("1", "Birkelunden", "461"),
        area("3", "elmelunden", "461"),
        area("4", "Enghaven", "851"),
        area("10", "Enghaven", "751"),
    )
    assert [(r["kommune"], r["boligomraade"], r["omraade_id"]) for r in rows(made)] == [
        ("Odense", "Birkelunden", "1"),
        ("Odense", "Birkelunden", "2"),
        ("Odense", "elmelunden", "3"),
        ("Odense", "Zinnialunden", "6"),
        ("Odense", "Ærtoften", "7"),
        ("Odense", "Øtoften", "8"),
        ("Odense", "Aatoften", "5"),
        ("Odense", "Åtoften", "9"),
        ("Aalborg", "Enghaven", "4"),
        ("Aarhus", "Enghaven", "10"),
    ]


def test_an_area_without_a_registered_name_stands_first_in_its_municipality_and_unnamed() -> None:
    (criteria, status), named = area("1", ""), area("2", "Birkelunden")
    made = files(named, ({**criteria, "area_name": None}, {**status, "area_name": None}))
    assert [(row["boligomraade"], row["omraade_id"]) for row in rows(made)] == [("", "1"), ("Birkelunden", "2")]
    assert "None" not in page_text(made)


def test_accents_do_not_move_a_name_and_composed_letters_sort_alike() -> None:
    assert sorted(["Idé B", "Ide A", "Idé C"], key=danish_order) == ["Ide A", "Idé B", "Idé C"]
    assert danish_order("A\u030atoften")[0] == danish_order("Åtoften")[0]
    assert danish_order("Müllershave")[0] == danish_order("Myllershave")[0]


@pytest.mark.parametrize(
    ("share", "printed"),
    [
        (Fraction("0.4204999999"), "42.0"),
        (Fraction("0.4205"), "42.1"),
        (Fraction("0.4205") - Fraction(1, 10**12), "42.0"),
        (Fraction("0.4214999999"), "42.1"),
        (Fraction(1), "100.0"),
    ],
)
def test_shares_are_rounded_half_up_from_the_exact_share(share: Fraction, printed: str) -> None:
    criteria, status = area("A", "Pilelunden")
    assert only(files(({**criteria, "outside_share": share}, status)))["uden_tilknytning_pct"] == printed


def test_half_a_hundredth_of_a_pct_of_convicted_rounds_up() -> None:
    criteria, status = area("A", "Pilelunden")
    half = Fraction("0.02685")
    for share, printed in ((half, "2.69"), (half - Fraction(1, 10**12), "2.68")):
        assert only(files(({**criteria, "convicted_share": share}, status)))["doemte_pct"] == printed


def test_the_limit_for_convicted_is_rounded_from_the_exact_national_share() -> None:
    criteria, status = area("A", "Pilelunden")
    for national, printed in ((Fraction("0.00725"), "2.18"), (Fraction("0.00725") - Fraction(1, 10**12), "2.17")):
        row = only(files(({**criteria, "national_convicted_share": national}, status)))
        assert row["doemte_graense_pct"] == printed


def test_the_mark_follows_the_unrounded_figure_not_the_printed_one() -> None:
    just_over = area("A", "Pilelunden", outside=(Fraction(4001, 10000), Fraction(4001, 10000)))
    exactly = area("B", "Pilelunden", outside=(Fraction(2, 5), Fraction(2, 5)), primary_only=600, persons_30_59=800)
    over, at = rows(files(just_over, exactly))
    assert (over["uden_tilknytning_pct"], over["uden_tilknytning_opfyldt"]) == ("40.0", "ja")
    assert (at["uden_tilknytning_pct"], at["uden_tilknytning_opfyldt"]) == ("40.0", "nej")


def test_exactly_three_times_the_national_share_is_met_and_exactly_55_pct_of_income_is_not() -> None:
    national = Decimal("0.0100000000")
    criteria, status = area("A", "Pilelunden", income_ratio=Decimal("0.5500000000"))
    criteria |= {
        "convicted_y2": 45,
        "convicted_y1": 45,
        "convicted_share": Decimal("0.0300000000"),
        "national_convicted_share": national,
        "convicted_ratio": Decimal("3.0000000000"),
    }
    row = only(files((criteria, status)))
    assert (row["doemte_pct"], row["doemte_graense_pct"], row["doemte_opfyldt"]) == ("3.00", "3.00", "ja")
    assert (row["indkomst_pct"], row["indkomst_opfyldt"]) == ("55.0", "nej")


def test_each_list_carries_its_own_limits() -> None:
    made = files(*ALL)
    udsat, parallel, preventive = (rows(made, SLUGS[i])[0] for i in (0, 1, 3))
    limits = ("beboere", "ikkevestlige", "uden_tilknytning", "doemte", "grundskole", "indkomst")

    def printed(row: dict[str, str]) -> list[str]:
        return [f"{row[f'{n}_krav']} {row.get(f'{n}_graense_pct', row.get(f'{n}_graense'))}".strip() for n in limits]

    assert printed(udsat) == ["mindst 1000", "", "over 40.0", "mindst 2.18", "over 60.0", "under 55.0"]
    assert printed(parallel) == ["mindst 1000", "over 50.0", *printed(udsat)[2:]]
    assert printed(preventive) == [*("mindst 1000", "over 30.0", "over 30.0", "mindst 1.45", "over 60.0", "under 65.0")]
    assert (udsat["doemte_graense_gange"], udsat["doemte_landsgennemsnit_pct"]) == ("3", "0.73")
    assert [rows(made, slug)[0]["paragraf"] for slug in SLUGS] == [
        *("§ 61 a, stk. 1", "§ 61 a, stk. 2", "§ 61 a, stk. 4", "§ 61 b")
    ]
    text = page_text(made)
    assert "mindst 2,18 § 61 a, stk. 1, nr. 2" in text
    assert "mindst 1,45 § 61 b, nr. 2" in text
    assert "over 30 § 61 b, nr. 1" in text


def test_the_limits_are_those_of_the_law_in_force_on_the_list_day() -> None:
    assert public_limits(shipped_law(), LIST_YEAR) == LIMITS
    before = public_limits(shipped_law(), 2020)
    assert before.forebyggelsesomraade is None
    assert (before.parallelsamfund_term, before.omdannelsesomraade_term) == (
        "ghettoområde",
        "hårdt ghettoområde",
    )
    with pytest.raises(LawError):
        public_limits(shipped_law(), 2017)


WITHHELD_CASES: dict[str, tuple[dict[str, Any], str]] = {
    "convicted first year": ({"convicted": (4, 90)}, "doemte_pct"),
    "convicted second year": ({"convicted": (90, 1)}, "doemte_pct"),
    "nearly all convicted": ({"convicted": (1496, 90)}, "doemte_pct"),
    "outside first year": ({"outside": (Fraction(4, 1200), Fraction(85, 100))}, "uden_tilknytning_pct"),
    "a part of a full-time person": (
        {"outside": (Fraction(1, 2400), Fraction(85, 100))},
        "uden_tilknytning_pct",
    ),
    "nearly all outside": ({"outside": (Fraction(42, 100), Fraction(1197, 1200))}, "uden_tilknytning_pct"),
    "few with only grundskole": ({"primary_only": 4}, "grundskole_pct"),
    "few with more than grundskole": ({"primary_only": 796}, "grundskole_pct"),
    "few non-western": ({"nonwestern": 3}, "ikkevestlige_pct"),
    "few incomes": ({"income_persons": 4}, "indkomst_pct"),
}


@pytest.mark.parametrize("case", WITHHELD_CASES)
def test_a_figure_that_rests_on_few_persons_is_withheld_and_no_other(case: str) -> None:
    figures, column = WITHHELD_CASES[case]
    made = files(area("A", "Pilelunden", **figures))
    row = only(made)
    assert [name for name in CSV_COLUMNS if row[name] == WITHHELD] == [column]
    assert row["omraade_id"] == "A"
    assert sum(text == WITHHELD for _, text, _ in read_page(made)[SLUGS[0]][0]) == 1


@pytest.mark.parametrize(
    "figures",
    [
        {"convicted": (5, 90)},
        {"convicted": (0, 90)},
        {"convicted": (1495, 90)},
        {"outside": (Fraction(5, 1200), Fraction(85, 100))},
        {"outside": (Fraction(0), Fraction(85, 100))},
        {"primary_only": 0},
        {"primary_only": 800},
        {"primary_only": 795},
        {"nonwestern": 5},
        {"income_persons": 5},
    ],
)
def test_a_figure_on_enough_persons_or_on_none_is_printed(figures: dict[str, Any]) -> None:
    assert WITHHELD not in only(files(area("A", "Pilelunden", **figures))).values()


def test_withheld_figures_are_withheld_on_every_list_and_the_criteria_stay_public() -> None:
    hidden = area("A", "Pilelunden", nonwestern=1300, years=5, convicted=(3, 90))
    made = files(hidden)
    for slug in SLUGS[:3]:
        row = only(made, slug)
        assert (row["doemte_pct"], row["doemte_opfyldt"], row["kriterier_opfyldt"]) == (WITHHELD, "ja", "2")
        cell = next(c for c in read_page(made)[slug][0] if c[0] == "Dømte")
        assert cell[1:] == (WITHHELD, True)
    assert "Ingen tal er tilbageholdt" not in page_text(made)
    assert "Ingen tal er tilbageholdt" in page_text(files(UDSAT))


def test_the_minimum_count_is_the_callers() -> None:
    assert (
        only(files(area("A", "Pilelunden", convicted=(4, 90)), disclosure=replace(FIVE, minimum_count=3)))["doemte_pct"]
        == "3.13"
    )


def test_an_empty_figure_is_empty_and_not_met() -> None:
    row_of = area("A", "Pilelunden", persons_30_59=0, primary_only=0, income_ratio=None, income_persons=0)
    made = files(row_of)
    row = only(made)
    assert (row["grundskole_pct"], row["grundskole_opfyldt"]) == ("", "nej")
    assert (row["indkomst_pct"], row["indkomst_opfyldt"]) == ("", "nej")
    assert [text for label, text, _ in read_page(made)[SLUGS[0]][0] if label in ("Kun grundskole", "Indkomst")] == [
        "–",
        "–",
    ]
    assert "Tomme felter" in page_text(made)


def test_criteria_decided_elsewhere_are_printed_as_decided() -> None:
    criteria, status = area("A", "Pilelunden", income_ratio=Decimal("0.5500000000"))
    status = {**status, "criteria_met_61a": 3}
    names = {"A": ["outside", "convicted", "income"]}
    assert only(files((criteria, status), met=names))["indkomst_opfyldt"] == "ja"
    with pytest.raises(ValueError, match="2 criteria met, 3 in area_status"):
        files((criteria, status))
    with pytest.raises(ValueError, match="1 criteria met"):
        files((criteria, status), met={"A": ["income"]})


def test_everything_is_marked_draft_until_released() -> None:
    draft, released = files(*ALL), files(*ALL, release=RELEASE)
    assert {row["udgave"] for slug in SLUGS for row in rows(draft, slug)} == {"udkast"}
    assert {row["udgave"] for slug in SLUGS for row in rows(released, slug)} == {"offentliggjort"}
    page = draft["lister.html"].decode()
    assert "<title>UDKAST" in page
    assert page.count('<span class="tag">UDKAST</span>') == 4
    assert 'content: "UDKAST' in page
    assert 'class="watermark"' in page
    assert "udkast" not in released["lister.html"].decode().lower()
    assert "Offentliggjort 1. december 2025 af Prøvestyrelsen · Revision 2 · Første udgivelse" in page_text(released)


def test_a_revision_says_what_changed() -> None:
    assert "Ændringer" not in page_text(files(*ALL))
    text = page_text(files(*ALL, release=RELEASE, changes_note="Et område er rettet.\n\nGrænsen er den samme."))
    assert "Ændringer i denne udgave Et område er rettet. Grænsen er den samme." in text


def test_names_are_escaped_on_the_page_and_kept_exact_in_the_csv() -> None:
    names = ['<b onmouseover="x">Fed</b> & Co', "=1+1", 'Gård, "Nord"', "+Plus", "{{ 7 * 7 }}"]
    made = files(*(area(str(i), name) for i, name in enumerate(names)))
    assert {row["boligomraade"] for row in rows(made)} == set(names)
    assert b"<b onmouseover" not in made["lister.html"]
    on_page = {text for row in read_page(made)[SLUGS[0]] for label, text, _ in row if label == "Boligområde"}
    assert on_page == set(names)
    assert b'Odense,"G\xc3\xa5rd, ""Nord""",2000' in made["udsatte_boligomraader.csv"]
    assert b"\nOdense,=1+1,2000" in made["udsatte_boligomraader.csv"]


def test_release_and_changes_are_escaped() -> None:
    release = replace(RELEASE, by="<i>A</i>", note="<i>B</i>")
    page = files(UDSAT, release=release, changes_note="<i>C</i>")["lister.html"].decode()
    assert "<i>" not in page
    assert page.count("&lt;i&gt;") == 3


def test_empty_lists_have_a_header_and_say_so() -> None:
    made = files(NEITHER)
    assert all(made[f"{slug}.csv"].decode() == ",".join(CSV_COLUMNS) + "\n" for slug in SLUGS)
    assert read_page(made) == {}
    assert made["lister.html"].decode().count('<p class="none">Ingen områder</p>') == 4
    assert page_text(files()).count("Ingen områder") == 8


def test_before_2021_the_page_says_that_there_is_no_forebyggelsesomraade_list() -> None:
    limits = public_limits(shipped_law(), 2020)
    criteria, status = area("A", "Pilelunden")
    old = ({**criteria, "list_year": 2020}, {**status, "list_year": 2020, "criteria_met_61b": None})
    made = files(old, list_year=2020, limits=limits)
    text = page_text(made)
    assert "Der findes ingen liste over forebyggelsesområder for 2020" in text
    assert "fra listeår 2021" in text
    assert "kaldte loven et parallelsamfund for et ghettoområde" in text
    assert "§ 61 b" not in text
    assert rows(made, "forebyggelsesomraader") == []
    preventive = ({**PREVENTIVE[0], "list_year": 2020}, {**PREVENTIVE[1], "list_year": 2020})
    with pytest.raises(ValueError, match="without that list"):
        files(preventive, list_year=2020, limits=limits)


def test_counts_and_residents_stand_on_the_page_and_are_not_added() -> None:
    text = page_text(files(*ALL))
    assert "Udsatte boligområder 3 områder · 6.000 beboere" in text
    assert "Heraf parallelsamfund 2 områder · 4.000 beboere" in text
    assert "Heraf omdannelsesområder 1 område · 2.000 beboere" in text
    assert "Antallene på de tre lister må derfor ikke lægges sammen" in text
    assert "Status er afgjort på uafrundede tal" in text


def test_the_page_and_the_csv_show_the_same_figures() -> None:
    made = files(*ALL, area("U4", "Æblehaven", "851", convicted=(3, 90), residents=12345))
    columns = {
        "Kommune": "kommune",
        "Boligområde": "boligomraade",
        "Beboere": "beboere",
        "Ikke-vestlige": "ikkevestlige_pct",
        "Uden tilknytning": "uden_tilknytning_pct",
        "Dømte": "doemte_pct",
        "Kun grundskole": "grundskole_pct",
        "Indkomst": "indkomst_pct",
        "Kriterier opfyldt": "kriterier_opfyldt",
        "År i træk som parallelsamfund": "aar_som_parallelsamfund",
    }
    page = read_page(made)
    assert set(page) == set(SLUGS)
    for slug in SLUGS:
        listed = rows(made, slug)
        assert len(page[slug]) == len(listed)
        for cells, row in zip(page[slug], listed, strict=True):
            assert len(cells) == (10 if slug in SLUGS[1:3] else 9)
            for label, text, met in cells:
                column = columns[label]
                figure = text.removesuffix(" af 4") if label == "Kriterier opfyldt" else text
                if label not in ("Kommune", "Boligområde"):
                    figure = figure.replace(".", "").replace(",", ".")
                assert figure == row[column], (slug, label)
                flag = row.get(column.replace("_pct", "_opfyldt"), "") if column.endswith("_pct") else ""
                assert met == (flag == "ja"), (slug, label)


def test_the_same_arguments_give_the_same_bytes_whatever_the_order_of_rows() -> None:
    assert files(*ALL, release=RELEASE) == files(*reversed(ALL), release=RELEASE)


def test_the_files_are_utf8_with_unix_line_ends_and_the_page_needs_nothing_from_elsewhere() -> None:
    made = files(*ALL)
    assert sorted(made) == sorted([*(f"{slug}.csv" for slug in SLUGS), "lister.html"])
    assert all(b"\r" not in content and not content.startswith(b"\xef\xbb\xbf") for content in made.values())
    page = made["lister.html"].decode()
    assert '<html lang="da">' in page
    assert not re.search(r"https?://|<script|<link|@import|url\(|\ssrc=", page)
    links = set(re.findall(r'href="([^"]+)"', page))
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= set(re.findall(r'id="([^"]+)"', page))
    assert {link for link in links if not link.startswith("#")} == {f"{slug}.csv" for slug in SLUGS}


def test_every_table_has_a_caption_and_every_header_a_scope() -> None:
    page = files(*ALL)["lister.html"].decode()
    assert page.count("<table") == page.count("<caption>") == 5
    headers = re.findall(r"<th[ >][^>]*", page)
    assert headers
    assert all('scope="' in header for header in headers)


@NEEDS_A_BROWSER
@pytest.mark.parametrize(
    ("changed", "width"),
    [({}, 1200), ({"release": RELEASE, "changes_note": "Et område er kommet til."}, 1200), ({"synthetic": True}, 360)],
    ids=["draft", "released", "invented on a phone"],
)
def test_an_accessibility_checker_finds_nothing(changed: dict[str, Any], width: int) -> None:
    """Nothing stands outside the landmarks that a screen reader goes by, so that none of it is missed."""
    from playwright.sync_api import sync_playwright

    made = files(area("A", "Alfa"), area("B", "Beta", status="forebyggelsesomraade"), **changed)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.set_content(made["lister.html"].decode())
        violations, passed = checked(page)
        browser.close()
    assert violations == []
    assert passed > 15


def test_every_link_says_where_it_leads() -> None:
    made = files(
        area("A", "Alfa"), area("B", "Beta", status="forebyggelsesomraade"), release=RELEASE, changes_note="Ændret."
    )
    links = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', made["lister.html"].decode())
    told = {where: re.sub("<[^>]+>", "", words).replace("\u00ad", "") for where, words in links}
    assert told["udsatte_boligomraader.csv"] == "Hent listen over udsatte boligområder som CSV"
    assert told["forebyggelsesomraader.csv"] == "Hent listen over forebyggelsesområder som CSV"
    assert told["#aendringer"] == "Ændringer"
    assert len(set(told.values())) == len(told)
    ids = set(re.findall(r' id="([^"]+)"', made["lister.html"].decode()))
    assert {where.removeprefix("#") for where in told if where.startswith("#")} <= ids


def test_rows_that_cannot_be_printed_are_refused() -> None:
    criteria, status = UDSAT
    with pytest.raises(ValueError, match="no row in area_criteria"):
        files(UDSAT, criteria=[])
    with pytest.raises(ValueError, match="no municipality name for kom 461"):
        files(UDSAT, municipality_names={})
    with pytest.raises(ValueError, match="list year 2024 among those of 2025"):
        files((criteria, {**status, "list_year": 2024}))


def test_invented_data_are_told_on_the_page_released_or_not_and_the_lists_stay_the_same() -> None:
    for release in (None, RELEASE):
        plain, invented = (files(*ALL, release=release, synthetic=synthetic) for synthetic in (False, True))
        assert INVENTED in invented["lister.html"].decode()
        assert "opdigtede" not in plain["lister.html"].decode().lower()
        lists = [name for name in plain if name.endswith(".csv")]
        assert [plain[name] for name in lists] == [invented[name] for name in lists]
