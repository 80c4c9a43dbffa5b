"""The lists that the ministry puts out on 1 December: four CSV files and one Danish page.

Here belongs how an edition's area_criteria and area_status are printed: which area stands on which list,
in which order, rounded how, with which limit beside each figure, and what disclosure control withholds.
Everything is a pure function of its arguments, so the same arguments give the same bytes.

What does not belong here: how a figure or a status is derived (`sql/`), the limits themselves (`law/`), when the files
are written (`assets.edition`), and the disclosure control of the annual report.

Names are printed exactly as the ministry registered them. The page escapes them. The CSV quotes a field
when CSV needs it (comma, quote, line break) and changes nothing else: a name that begins with an equals
sign stays as it is, since a list whose names differ from the register cannot be joined to it. Who opens
the CSV in a spreadsheet imports the columns as text.
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import jinja2

from assets.disclosure.limits import WITHHELD, Limits
from assets.finished import danish
from assets.list_names import LIST_NAMES, NO_LIST
from assets.pages import template_of
from assets.rounding import rounded
from law.loader import Law, LawError, list_day

Row = Mapping[str, Any]
Operator = Literal[">", ">=", "<", "<="]

DRAFT = "udkast"
PUBLISHED = "offentliggjort"
INVENTED = "Opdigtede data. Tallene handler ikke om virkelige personer eller boligområder."

OPERATOR_WORDS: Mapping[str, str] = {">": "over", ">=": "mindst", "<": "under", "<=": "højst"}
"""The operators of the law as Danish sets a limit."""
MONTHS = (
    *("januar", "februar", "marts", "april", "maj", "juni"),
    *("juli", "august", "september", "oktober", "november", "december"),
)

_TEMPLATE = Path(__file__).parent / "templates" / "lister.html.j2"


@dataclass(frozen=True)
class Limit:
    """One limit in force: `value` (a share as 2/5, a factor or a count), its operator and its paragraph."""

    value: Fraction
    operator: Operator
    paragraph: str

    @property
    def word(self) -> str:
        """The operator as the lists print it: over, mindst, under or højst."""
        return OPERATOR_WORDS[self.operator]


@dataclass(frozen=True)
class CriteriaLimits:
    """The limits of one section, § 61 a, stk. 1 or § 61 b. `convicted` is a factor of the national share,
    `income` a share of the region's mean; `nonwestern` is None where the section sets none."""

    paragraph: str
    residents: Limit
    nonwestern: Limit | None
    outside: Limit
    convicted: Limit
    primary_only: Limit
    income: Limit
    needed: Limit


@dataclass(frozen=True)
class Method:
    """The days, years and ages that the figures rest on; ages are completed years, both ends included."""

    residents_on: date
    outside_years: tuple[int, int]
    convicted_years: tuple[int, int]
    education_year: int
    income_year: int
    outside_ages: tuple[int, int]
    convicted_from_age: int
    primary_only_ages: tuple[int, int]
    income_ages: tuple[int, int]


@dataclass(frozen=True)
class PublicLimits:
    """What the law of the list's day says, as the public lists print it.

    `parallelsamfund` is the limit for the non-western share (§ 61 a, stk. 2), `omdannelsesomraade` the
    number of years as parallelsamfund (stk. 4), `forebyggelsesomraade` is None while the law has no such
    list, whose first list year is `first_forebyggelse_year`. The two terms are the act's own words of
    that day, in the singular.
    """

    udsat_boligomraade: CriteriaLimits
    parallelsamfund: Limit
    omdannelsesomraade: Limit
    forebyggelsesomraade: CriteriaLimits | None
    first_forebyggelse_year: int
    publication_day: date
    publication_paragraph: str
    parallelsamfund_term: str
    omdannelsesomraade_term: str
    method: Method


@dataclass(frozen=True)
class Release:
    """The act that takes *udkast* off the lists: by whom, which day, which revision, with which remark."""

    by: str
    when: date
    revision: int
    note: str


@dataclass(frozen=True)
class _Figure:
    """One printed figure: its name in `CriteriaLimits`, its CSV name, its column and its decimals in pct."""

    key: str
    csv_name: str
    column: str
    places: int
    rests_on_few: Callable[[Row, Limits], bool]


def _few_nonwestern(row: Row, rule: Limits) -> bool:
    return rule.few(row["nonwestern"], row["residents"])


def _few_outside(row: Row, rule: Limits) -> bool:
    return any(
        share is not None and rule.few(_full_time_persons(share, persons), persons)
        for share, persons in (
            (row["outside_share_y2"], row["persons_18_64_y2"]),
            (row["outside_share_y1"], row["persons_18_64_y1"]),
        )
    )


def _few_convicted(row: Row, rule: Limits) -> bool:
    return rule.few(row["convicted_y2"], row["adults_y2"]) or rule.few(row["convicted_y1"], row["adults_y1"])


def _few_primary_only(row: Row, rule: Limits) -> bool:
    return rule.few(row["primary_only"], row["persons_30_59"])


def _few_incomes(row: Row, rule: Limits) -> bool:
    return 0 < row["income_persons"] < rule.minimum_count


def _full_time_persons(share: Decimal, persons: int) -> Decimal:
    # A share of ten digits holds fewer than five exact decimals of persons: the rest is its own rounding.
    return rounded(share * persons, 4)


_FIGURES = (
    _Figure("nonwestern", "ikkevestlige", "nonwestern_share", 1, _few_nonwestern),
    _Figure("outside", "uden_tilknytning", "outside_share", 1, _few_outside),
    _Figure("convicted", "doemte", "convicted_share", 2, _few_convicted),
    _Figure("primary_only", "grundskole", "primary_only_share", 1, _few_primary_only),
    _Figure("income", "indkomst", "income_ratio", 1, _few_incomes),
)


def figure_rests_on_few(row: Row, criterion: str, disclosure: Limits) -> bool:
    """Whether an area's figure for a criterion is withheld, here and wherever else it is put out."""
    figure = next(figure for figure in _FIGURES if figure.key == criterion)
    return figure.rests_on_few(row, disclosure)


_PLACES = {figure.key: figure.places for figure in _FIGURES}
CRITERIA = tuple(figure.key for figure in _FIGURES if figure.key != "nonwestern")
"""The four criteria of which an area must meet some; the non-western share is a limit of its own."""

CSV_COLUMNS = (
    "kommune",
    "boligomraade",
    "beboere",
    "beboere_krav",
    "beboere_graense",
    *(
        f"{figure.csv_name}_{part}"
        for figure in _FIGURES
        for part in (
            ("pct", "krav", "graense_pct", "opfyldt")
            if figure.key != "convicted"
            else ("pct", "krav", "graense_pct", "graense_gange", "landsgennemsnit_pct", "opfyldt")
        )
    ),
    "kriterier_opfyldt",
    "aar_som_parallelsamfund",
    "liste",
    "paragraf",
    "listeaar",
    "omraade_id",
    "kommunekode",
    "udgave",
)


@dataclass(frozen=True)
class _Cell:
    """A figure of one area as printed: pct. with a decimal point, WITHHELD, or empty, and whether it is met.
    `met` is None where the list sets no limit for the figure."""

    text: str
    met: bool | None


@dataclass(frozen=True)
class _Area:
    """One area on one list, ready to print."""

    kommune: str
    kommunekode: str
    name: str
    area_id: str
    residents: int
    cells: Mapping[str, _Cell]
    criteria_met: int
    years: int


@dataclass(frozen=True)
class _ListKind:
    """What is fixed about one list: its legal term, its file and anchor."""

    term: str
    slug: str
    shows_years: bool

    @property
    def title(self) -> str:
        return LIST_NAMES[self.term].heading


_KINDS = (
    _ListKind("udsat_boligomraade", "udsatte_boligomraader", False),
    _ListKind("parallelsamfund", "parallelsamfund", True),
    _ListKind("omdannelsesomraade", "omdannelsesomraader", True),
    _ListKind("forebyggelsesomraade", "forebyggelsesomraader", False),
)


@dataclass(frozen=True)
class _List:
    """One list: its kind, the limits that its figures stand beside, its paragraph and its areas in order."""

    kind: _ListKind
    limits: CriteriaLimits | None
    nonwestern: Limit | None
    paragraph: str
    areas: Sequence[_Area]


def public_files(
    list_year: int,
    criteria: Sequence[Row],
    status: Sequence[Row],
    municipality_names: Mapping[str, str],
    limits: PublicLimits,
    disclosure: Limits,
    release: Release | None,
    changes_note: str | None = None,
    *,
    met: Mapping[str, Collection[str]],
    synthetic: bool = False,
) -> dict[str, bytes]:
    """The public files of one list year by name: a CSV per list and `lister.html`.

    Meaning: what the law has published every year (§ 61 a, stk. 5), disclosure control applied. Grain:
    one row per area and list; the first three lists are nested, so an area can stand on all three. Units:
    pct. and persons. `criteria` and `status` are the edition's area_criteria, with the shares that are printed exact,
    and its area_status; `release` None marks everything as udkast; `changes_note` says what a new revision changed;
    `synthetic` makes the page say that the data are invented, released or not.

    `met` names per area_id the criteria (outside, convicted, primary_only, income) that were met on the
    exact numbers: the shares of `criteria` are printed and decide nothing.

    Raises ValueError when a listed area has no criteria or no municipality name, when a row is of another
    list year, when an area is a forebyggelsesomraade in a year without that list, or when the criteria
    met do not agree with area_status.
    """
    for row in (*criteria, *status):
        if row["list_year"] != list_year:
            raise ValueError(f"a row of list year {row['list_year']} among those of {list_year}")
    lists = _lists(criteria, status, municipality_names, limits, disclosure, met)
    national = _national_share(criteria)
    edition = DRAFT if release is None else PUBLISHED
    files = {f"{one.kind.slug}.csv": _csv(one, list_year, national, edition) for one in lists}
    page = _page(list_year, lists, national, limits, disclosure, release, changes_note, synthetic)
    return {**files, "lister.html": page.encode()}


def public_limits(law: Law, list_year: int) -> PublicLimits:
    """The limits and method that the lists of one year are printed with: the law of its list day.

    Raises LawError for a year that the law does not cover.
    """
    values = law.for_list_year(list_year)

    def number(name: str) -> Fraction:
        value = values[name].value
        if not isinstance(value, Fraction | int):
            raise LawError(f"{name} is printed as a number on the public lists and holds none")
        return Fraction(value)

    def limit(name: str) -> Limit:
        operator = values[name].operator
        if operator not in OPERATOR_WORDS:
            raise LawError(f"{name} has the operator {operator}, which the public lists have no word for")
        return Limit(number(name), cast(Operator, operator), values[name].reference.citation)

    def section(term: str) -> CriteriaLimits:
        return CriteriaLimits(
            paragraph=limit(f"{term}.criteria_needed").paragraph,
            residents=limit(f"{term}.residents"),
            nonwestern=limit(f"{term}.nonwestern") if f"{term}.nonwestern" in values else None,
            outside=limit(f"{term}.outside"),
            convicted=limit(f"{term}.convicted"),
            primary_only=limit(f"{term}.primary_only"),
            income=limit(f"{term}.income"),
            needed=limit(f"{term}.criteria_needed"),
        )

    def whole(name: str) -> int:
        return int(number(f"opgoerelse.{name}"))

    def year(name: str) -> int:
        return list_year + whole(name)

    def term_of_the_day(name: str) -> str:
        return law.parameters[name].choices[str(values[name].value)]

    return PublicLimits(
        udsat_boligomraade=section("udsat_boligomraade"),
        parallelsamfund=limit("parallelsamfund.nonwestern"),
        omdannelsesomraade=limit("omdannelsesomraade.years"),
        forebyggelsesomraade=(section("forebyggelsesomraade") if "forebyggelsesomraade.residents" in values else None),
        first_forebyggelse_year=law.first_list_year_of("forebyggelsesomraade.residents"),
        publication_day=list_day(list_year),
        publication_paragraph="§ 61 a, stk. 5",
        parallelsamfund_term=term_of_the_day("betegnelse.parallelsamfund"),
        omdannelsesomraade_term=term_of_the_day("betegnelse.omdannelsesomraade"),
        method=Method(
            residents_on=date(year("residents_year_offset"), 1, 1),
            outside_years=(year("outside_year_offset_2"), year("outside_year_offset_1")),
            convicted_years=(year("convicted_year_offset_2"), year("convicted_year_offset_1")),
            education_year=year("education_year_offset"),
            income_year=year("income_year_offset"),
            outside_ages=(whole("outside_age_from"), whole("outside_age_to")),
            convicted_from_age=whole("convicted_age_from"),
            primary_only_ages=(whole("primary_only_age_from"), whole("primary_only_age_to")),
            income_ages=(whole("income_age_from"), whole("income_age_to")),
        ),
    )


def danish_order(text: str) -> tuple[str, str]:
    """Sort key for Danish names: case apart, accents apart, aa as å, and æ, ø, å after z."""
    folded = unicodedata.normalize("NFC", text).casefold()
    for written, meant in (("aa", "å"), ("ä", "æ"), ("ö", "ø"), ("ü", "y")):
        folded = folded.replace(written, meant)
    letters = []
    for letter in folded:
        after_z = "æøå".find(letter)
        if after_z >= 0:
            letters.append("{|}"[after_z])
        else:
            letters.extend(c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c))
    return "".join(letters), text


def _lists(
    criteria: Sequence[Row],
    status: Sequence[Row],
    municipality_names: Mapping[str, str],
    limits: PublicLimits,
    disclosure: Limits,
    met: Mapping[str, Collection[str]],
) -> list[_List]:
    by_id = {row["area_id"]: row for row in criteria}
    udsat, forebyggelse = limits.udsat_boligomraade, limits.forebyggelsesomraade
    listed: dict[str, list[_Area]] = {kind.term: [] for kind in _KINDS}
    for row in status:
        if row["status"] == NO_LIST:
            continue
        area_id = row["area_id"]
        if area_id not in by_id:
            raise ValueError(f"area {area_id} is listed but has no row in area_criteria")
        if row["kom"] not in municipality_names:
            raise ValueError(f"no municipality name for kom {row['kom']}")
        preventive = row["status"] == "forebyggelsesomraade"
        applied = forebyggelse if preventive else udsat
        if applied is None:
            raise ValueError(f"area {area_id} is a forebyggelsesomraade in a list year without that list")
        decided = set(met.get(area_id, ()))
        _refuse_other_number(row, preventive, decided)
        area = _area(row, by_id[area_id], municipality_names[row["kom"]], decided, disclosure)
        if preventive:
            listed["forebyggelsesomraade"].append(_with_nonwestern_met(area))
            continue
        listed["udsat_boligomraade"].append(area)
        if row["parallelsamfund"]:
            listed["parallelsamfund"].append(_with_nonwestern_met(area))
        if row["omdannelsesomraade"]:
            listed["omdannelsesomraade"].append(_with_nonwestern_met(area))
    rules: dict[str, tuple[CriteriaLimits | None, Limit | None, str]] = {
        "udsat_boligomraade": (udsat, None, udsat.paragraph),
        "parallelsamfund": (udsat, limits.parallelsamfund, limits.parallelsamfund.paragraph),
        "omdannelsesomraade": (udsat, limits.parallelsamfund, limits.omdannelsesomraade.paragraph),
        "forebyggelsesomraade": (
            forebyggelse,
            forebyggelse.nonwestern if forebyggelse else None,
            forebyggelse.paragraph if forebyggelse else "",
        ),
    }
    return [_List(kind, *rules[kind.term], areas=_in_order(listed[kind.term])) for kind in _KINDS]


def _area(status: Row, figures: Row, kommune: str, decided: Collection[str], disclosure: Limits) -> _Area:
    return _Area(
        kommune=kommune,
        kommunekode=status["kom"],
        name=status["area_name"] or "",
        area_id=status["area_id"],
        residents=status["residents"],
        cells={
            figure.key: _Cell(
                _figure_text(figures, figure, disclosure),
                None if figure.key == "nonwestern" else figure.key in decided,
            )
            for figure in _FIGURES
        },
        criteria_met=len(decided),
        years=status["years_as_parallelsamfund"],
    )


def _with_nonwestern_met(area: _Area) -> _Area:
    """The same area on a list that sets a limit for the non-western share: to stand on it is to meet it."""
    share = replace(area.cells["nonwestern"], met=True)
    return replace(area, cells={**area.cells, "nonwestern": share})


def _in_order(areas: Iterable[_Area]) -> list[_Area]:
    return sorted(areas, key=lambda a: (danish_order(a.kommune), danish_order(a.name), a.area_id))


def _refuse_other_number(status: Row, preventive: bool, decided: Collection[str]) -> None:
    """The criteria said to be met are as many as the area's status counts, of the section that its list rests on."""
    expected = status["criteria_met_61b" if preventive else "criteria_met_61a"]
    if len(decided) != expected:
        raise ValueError(f"area {status['area_id']}: {len(decided)} criteria met, {expected} in area_status")


def _figure_text(row: Row, figure: _Figure, disclosure: Limits) -> str:
    share = row[figure.column]
    if share is None:
        return ""
    return WITHHELD if figure.rests_on_few(row, disclosure) else str(_pct(share, figure.places))


def _national_share(criteria: Sequence[Row]) -> Decimal | Fraction | None:
    shares = (row["national_convicted_share"] for row in criteria)
    return next((share for share in shares if share is not None), None)


def _pct(share: Decimal | Fraction, places: int) -> Decimal:
    return rounded(Fraction(share) * 100, places)


def _limit_pct(key: str, limit: Limit | None, national: Decimal | Fraction | None) -> Decimal | None:
    """A limit in pct., with its figure's decimals; for convictions the factor times the national share."""
    if limit is None or (key == "convicted" and national is None):
        return None
    base = Fraction(national) if key == "convicted" and national is not None else Fraction(1)
    return _pct(limit.value * base, _PLACES[key])


def _limit_of(one: _List, key: str) -> Limit | None:
    if key == "nonwestern":
        return one.nonwestern
    limit: Limit | None = getattr(one.limits, key, None)
    return limit


def _csv(one: _List, list_year: int, national: Decimal | Fraction | None, edition: str) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    if one.limits is None:
        return text.getvalue().encode()
    for area in one.areas:
        row: dict[str, object] = {
            "kommune": area.kommune,
            "boligomraade": area.name,
            "beboere": area.residents,
            "beboere_krav": one.limits.residents.word,
            "beboere_graense": _plain(one.limits.residents.value),
            "doemte_graense_gange": _plain(one.limits.convicted.value),
            "doemte_landsgennemsnit_pct": "" if national is None else _pct(national, _PLACES["convicted"]),
            "kriterier_opfyldt": area.criteria_met,
            "aar_som_parallelsamfund": area.years,
            "liste": one.kind.term,
            "paragraf": one.paragraph,
            "listeaar": list_year,
            "omraade_id": area.area_id,
            "kommunekode": area.kommunekode,
            "udgave": edition,
        }
        for figure in _FIGURES:
            cell, limit = area.cells[figure.key], _limit_of(one, figure.key)
            pct = _limit_pct(figure.key, limit, national)
            row[f"{figure.csv_name}_pct"] = cell.text
            row[f"{figure.csv_name}_krav"] = limit.word if limit else ""
            row[f"{figure.csv_name}_graense_pct"] = "" if pct is None else pct
            row[f"{figure.csv_name}_opfyldt"] = "" if cell.met is None else ("ja" if cell.met else "nej")
        writer.writerow(row)
    return text.getvalue().encode()


@cache
def _template() -> jinja2.Template:
    return template_of(
        _TEMPLATE, count=_danish_count, figure=_danish_decimal, day=danish_day, law=_unbroken, plain=_danish_plain
    )


def _page(
    list_year: int,
    lists: Sequence[_List],
    national: Decimal | Fraction | None,
    limits: PublicLimits,
    disclosure: Limits,
    release: Release | None,
    changes_note: str | None,
    synthetic: bool,
) -> str:
    def limit_pct(one: _List, key: str) -> str:
        limit = _limit_of(one, key)
        pct = _limit_pct(key, limit, national)
        if limit is None or pct is None:
            return ""
        # A limit is printed as the law writes it: 40 pct., not 40,0 pct.
        return _danish_decimal(str(pct)) if key == "convicted" else _danish_plain(limit.value * 100)

    return _template().render(
        list_year=list_year,
        lists=lists,
        limits=limits,
        method=limits.method,
        minimum_count=disclosure.minimum_count,
        national_pct="" if national is None else _danish_decimal(str(_pct(national, _PLACES["convicted"]))),
        release=release,
        changes_note=changes_note,
        invented=INVENTED if synthetic else "",
        limit_of=_limit_of,
        limit_pct=limit_pct,
        figures=[figure.key for figure in _FIGURES],
        criteria_keys=CRITERIA,
        withheld=WITHHELD,
        any_withheld=any(c.text == WITHHELD for one in lists for a in one.areas for c in a.cells.values()),
        any_empty=any(c.text == "" for one in lists for a in one.areas for c in a.cells.values()),
    )


def _plain(value: Fraction) -> str:
    """A limit without needless decimals: 1000, 3, 2.5."""
    if value.denominator == 1:
        return str(value.numerator)
    return str(rounded(value, 10).normalize())


def _danish_plain(value: Fraction) -> str:
    return _danish_decimal(_plain(value))


def _danish_count(value: int | Fraction) -> str:
    return danish(int(value), "count")


def _danish_decimal(text: str) -> str:
    return text.replace(".", ",").replace("-", "−")


def danish_day(day: date) -> str:
    """A day in Danish words, kept on one line."""
    return f"{day.day}.\u00a0{MONTHS[day.month - 1]} {day.year}"


def _unbroken(paragraph: str, narrow: bool = False) -> str:
    """A paragraph that stays on one line; in a narrow column it may break after a comma."""
    unbroken = paragraph.replace(" ", "\u00a0")
    return unbroken.replace(",\u00a0", ", ") if narrow else unbroken
