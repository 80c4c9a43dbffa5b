"""Why an area has the status it has: each figure, its limit and the sentence of the act, from the sealed edition.

The figures are derived anew, aside, from the very snapshots that the edition names, so that an explanation is always
of what was sealed. What does not belong here: any derivation (`sql/`) and the sentences (`law/statutes`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import duckdb

from assets import warehouse
from assets.aside import AsideError, aside
from assets.code_lists import municipality_names
from assets.intake.deliveries import place_of
from assets.list_names import LIST_NAMES, NO_LIST, WITHIN
from assets.publishing import sealing
from assets.rounding import rounded
from assets.warehouse import rows_of
from law.loader import LegalValue, list_day, statistics_law
from law.statutes import Statutes, shipped_statutes
from pipelines.diff import in_full
from pipelines.home import Home

FIGURES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "residents": ("Residents", ("bef", "bolig", "omraade")),
    "nonwestern": ("Non-western immigrants and descendants", ("bef", "bolig", "omraade")),
    "outside": ("Outside labour market and education, {} years, mean of two years", ("of", "bef", "bolig", "omraade")),
    "convicted": ("Convicted over the national average, mean of two years", ("kraf", "bef", "bolig", "omraade")),
    "primary_only": ("Only grundskole, {} years", ("udda", "bef", "bolig", "omraade")),
    "income": ("Mean gross income over the region's, {} years", ("ind", "akm", "bef", "bolig", "omraade")),
}
"""What each figure is, with a place for the ages that the law names, and the registers behind it."""
STATUS_REGISTERS = ("bef", "bolig")
"""Registers of a status day: which of the days counts, the figure decides."""
CATEGORIES: Mapping[str, str] = {
    code: name.one.capitalize() for code, name in LIST_NAMES.items() if code != "omdannelsesomraade"
}
"""What an area is by its figures of one year: an omdannelsesområde it becomes by the years before."""
MOVES: Mapping[str, tuple[str, str]] = {
    "residents": ("resident", "residents"),
    "nonwestern": ("non-western resident", "non-western residents"),
    "outside": ("full-time person outside work and education", "full-time persons outside work and education"),
    "convicted": ("convicted resident", "convicted residents"),
    "primary_only": ("resident with only grundskole", "residents with only grundskole"),
    "income": ("krone", "kroner"),
}
STATUS_NAMES: Mapping[str, str] = {**CATEGORIES, NO_LIST: "Ikke omfattet"}
TERMS: Mapping[str, str] = {code: LIST_NAMES[code].one for code in WITHIN}
CAP = "anvisningsloft.share"
RESIDENTS_DAY = "valg.residents_day"
YEAR_OF_APPROVAL = " 2010 "
"""The year in which an area was approved and owned, which the words of § 61 a, stk. 3, name beside its residents."""
WEEKLY_HOURS, CONVICTED, OERE = "hundredths of weekly hours x weekdays", "convicted, of adults", "øre, of persons"
COUNTED: Mapping[str, tuple[tuple[str, str, str, str], ...]] = {
    "outside": (
        ("outside_units_y2", "full_units_y2", "area", WEEKLY_HOURS),
        ("outside_units_y1", "full_units_y1", "area", WEEKLY_HOURS),
    ),
    "convicted": (
        ("convicted_y2", "adults_y2", "area", CONVICTED),
        ("national_convicted_y2", "national_adults_y2", "country", CONVICTED),
        ("convicted_y1", "adults_y1", "area", CONVICTED),
        ("national_convicted_y1", "national_adults_y1", "country", CONVICTED),
    ),
    "income": (
        ("income_oere", "income_persons", "area", OERE),
        ("region_income_oere", "region_income_persons", "region", OERE),
    ),
}
"""The counts behind a figure that is made of several shares or means: numerator and denominator in
`criteria.area_figures`, of whom, and what is counted. Any other figure's fraction is its counts."""
NO_FIGURE = "no persons, or what it is held against is 0"
FOURTH, SEVENTH, EIGHTH = "§ 61 a, stk. 4", "§ 59, stk. 7", "§ 59, stk. 8"
"""Where the act says how many years make an omdannelsesområde, and what the cap is."""


class ExplanationError(Exception):
    """There is nothing to explain. The message is one line."""


@dataclass(frozen=True)
class Counts:
    """What was counted for one part of a figure: of a year, for the area, its region or the country."""

    year: int
    of: str
    numerator: str
    denominator: str
    unit: str


@dataclass(frozen=True)
class Held:
    """A figure held against a limit: the exact fraction, its rounded value, operator, limit, outcome, and the law.

    `counts` are those that the fraction is made of, where it is made of several. `reading` is how the sentence is read
    where its words can be read otherwise.
    """

    category: str
    criterion: str
    figure: str
    numerator: str | None
    denominator: str | None
    counts: tuple[Counts, ...]
    value: str | None
    operator: str
    limit: str
    met: bool
    parameter: str
    paragraph: str
    effective_from: str
    url: str
    sentence: str | None
    sentence_remark: str | None
    reading: str | None
    snapshots: tuple[str, ...]


@dataclass(frozen=True)
class Quoted:
    """The sentence of a provision on the list's day: the act it is quoted from, and why it may not be today's.

    `sentence` is None where no words are held for that day. `remark` is one line where a value came into force after
    the words that are held, or where none are; None where the sentence states every value that it should.
    """

    sentence: str | None
    act: str | None
    url: str | None
    effective_from: str | None
    remark: str | None


def explain_area(home: Home, list_year: int, area_id: str) -> dict[str, Any]:
    """Everything about one area's status in the sealed edition of a list year, as plain values.

    Raises ExplanationError where there is no such edition or area, or where it cannot be derived anew.
    """
    manifest = sealing.read_manifest(home.edition(list_year))
    if manifest is None:
        raise ExplanationError(f"There is no sealed edition of list year {list_year} in {home.path}.")
    statistics = statistics_law()
    values = statistics.for_list_year(list_year)
    if manifest["law"] != sealing.describe_law(values, list_year):
        raise ExplanationError(f"Edition {list_year} was sealed under other parameters than these. Run it again first.")
    try:
        with home.locked():
            with warehouse.connect(home.warehouse, home.scratch, read_only=True) as con:
                stale = sealing.stale_lines(con, home.editions, list_year)
            with aside(home, manifest, statistics) as con:
                return _explained(con, manifest, values, list_year, area_id) | {"stale": stale}
    except AsideError as error:
        raise ExplanationError(str(error)) from None


def _explained(
    con: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    values: Mapping[str, LegalValue],
    list_year: int,
    area_id: str,
) -> dict[str, Any]:
    status = _area(con, list_year, area_id)
    area_id = status["area_id"]
    quoted = quotations(values, shipped_statutes(), list_year)
    return {
        "list_year": list_year,
        "revision": manifest["revision"],
        "status": status,
        "criteria": [asdict(held) for held in _criteria(con, manifest, values, quoted, area_id)],
        "margins": rows_of(
            con,
            """
            SELECT * EXCLUDE (list_year, area_id) FROM status.area_margins
            WHERE area_id = ? ORDER BY category DESC, criterion
            """,
            [area_id],
        ),
        "figures": _one(con, "SELECT * FROM criteria.area_criteria WHERE area_id = ?", [area_id]),
        "history": rows_of(
            con,
            "SELECT year, parallelsamfund, source FROM status.parallelsamfund_history WHERE area_id = ? ORDER BY year",
            [area_id],
        ),
        "cap": _one(con, "SELECT * FROM cap.municipal_cap WHERE kom = ?", [status["kom"]]),
        "exempted": _one(con, "SELECT * FROM cap.council_decisions WHERE area_id = ? AND valid", [area_id]) is not None,
        "cap_in_force": CAP in values,
        "terms": _terms(values),
        "wording": ", ".join(dict.fromkeys(one.act for one in quoted.values() if one.act)),
        "sentences": {provision: one.sentence for provision, one in quoted.items() if one.sentence},
        "quotations": {provision: asdict(one) for provision, one in quoted.items()},
    }


def _area(con: duckdb.DuckDBPyConnection, list_year: int, named: str) -> dict[str, Any]:
    """The status of the area with an id, or else of the one area with a name."""
    query = "SELECT * FROM status.area_status WHERE {} = ? ORDER BY area_id"
    found = rows_of(con, query.format("area_id"), [named])
    found = found or rows_of(con, query.format("lower(area_name)"), [named.lower()])
    if not found:
        raise ExplanationError(
            f"There is no area {named} in the edition of list year {list_year}; area_status.csv has them all."
        )
    if len(found) > 1:
        ids = ", ".join(row["area_id"] for row in found)
        raise ExplanationError(f"Several areas of list year {list_year} are named {named}: {ids}. Give an id.")
    return found[0]


def _terms(values: Mapping[str, LegalValue]) -> dict[str, str]:
    """The act's own word on the list's day for a present term, where it was another."""
    parameters = statistics_law().parameters
    words = {}
    for term in TERMS:
        value = values[f"betegnelse.{term}"]
        words[term] = parameters[value.parameter].choices[value.text]
    return {term: word for term, word in words.items() if word != TERMS[term]}


def quotations(values: Mapping[str, LegalValue], statutes: Statutes, list_year: int) -> dict[str, Quoted]:
    """By provision, the words in force on the list's day that state the values which decide, and what is to be said of
    words that do not."""
    return {
        provision: _quoted(provision, stated, statutes, list_year)
        for provision, stated in sorted(values_stated(values).items())
    }


def values_stated(values: Mapping[str, LegalValue]) -> dict[str, list[LegalValue]]:
    """By provision, the values that its sentence has in words: the limits, and the ages that a figure is told with."""
    stated: defaultdict[str, list[LegalValue]] = defaultdict(list)
    for value in values.values():
        if value.operator:
            stated[value.reference.citation] += [value, *_ages(value.parameter.split(".")[1], values)]
    if CAP in values:
        for provision in (SEVENTH, EIGHTH):
            if values[CAP] not in stated[provision]:
                stated[provision].append(values[CAP])
    return dict(stated)


def _quoted(provision: str, stated: list[LegalValue], statutes: Statutes, list_year: int) -> Quoted:
    words = statutes.in_force(provision, list_day(list_year))
    if words is None:
        return Quoted(None, None, None, None, f"no sentence of {provision} is held here for {list_day(list_year)}")
    later = [
        f"{value.text} has been in force since {value.effective_from}, by {value.reference.act}"
        for value in stated
        if not words.states(value)
    ]
    remark = f"an earlier wording, of {words.act}: {'; '.join(dict.fromkeys(later))}" if later else None
    return Quoted(words.text, words.act, words.url, words.effective_from.isoformat(), remark)


def _criteria(
    con: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    values: Mapping[str, LegalValue],
    quoted: Mapping[str, Quoted],
    area_id: str,
) -> list[Held]:
    rows = rows_of(
        con,
        """
        SELECT category, criterion, numerator, denominator, parameter, operator, met
        FROM criteria.criteria_met WHERE area_id = ? ORDER BY category DESC, criterion
        """,
        [area_id],
    )
    figures = _one(con, "SELECT * FROM criteria.area_figures WHERE area_id = ?", [area_id]) or {}
    held = [_held(row, values, quoted, manifest, figures) for row in rows]
    return sorted(held, key=lambda one: list(FIGURES).index(one.criterion))


def _ages(criterion: str, values: Mapping[str, LegalValue]) -> list[LegalValue]:
    """The ages that the name of a figure has a place for."""
    if "{}" not in FIGURES.get(criterion, ("",))[0]:
        return []
    ages = (values.get(f"opgoerelse.{criterion}_age_{end}") for end in ("from", "to"))
    return [age for age in ages if age]


def _held(
    row: Mapping[str, Any],
    values: Mapping[str, LegalValue],
    quoted: Mapping[str, Quoted],
    manifest: Mapping[str, Any],
    figures: Mapping[str, Any],
) -> Held:
    value, (figure, registers) = values[row["parameter"]], FIGURES[row["criterion"]]
    return Held(
        category=row["category"],
        criterion=row["criterion"],
        figure=figure.format("-".join(age.text for age in _ages(row["criterion"], values))),
        numerator=row["numerator"],
        denominator=row["denominator"],
        counts=tuple(_counts(row["criterion"], figures, values, manifest["list_year"])),
        value=_rounded(row["numerator"], row["denominator"], value.unit),
        operator=row["operator"],
        limit=value.text,
        met=row["met"],
        parameter=value.parameter,
        paragraph=value.reference.citation,
        effective_from=value.effective_from.isoformat(),
        url=value.reference.url,
        sentence=quoted[value.reference.citation].sentence,
        sentence_remark=quoted[value.reference.citation].remark,
        reading=_reading(row["criterion"], quoted[value.reference.citation].sentence, values),
        snapshots=tuple(_used(manifest, registers, _status_years(row["criterion"], values, manifest["list_year"]))),
    )


def _reading(criterion: str, sentence: str | None, values: Mapping[str, LegalValue]) -> str | None:
    """Of which day the residents are, where the sentence names the year in which areas were approved."""
    chosen = values.get(RESIDENTS_DAY)
    if criterion != "residents" or chosen is None or YEAR_OF_APPROVAL not in (sentence or ""):
        return None
    return f"read by {chosen.parameter} = {chosen.text}: the residents are those of the list year"


def _counts(
    criterion: str, figures: Mapping[str, Any], values: Mapping[str, LegalValue], list_year: int
) -> Iterator[Counts]:
    """The counts behind a figure of several parts, earliest year first; none of a region that has no persons at all."""
    for numerator, denominator, of, unit in COUNTED.get(criterion, ()):
        if figures[denominator] is None:
            continue
        number = f"_{denominator[-1]}" if denominator.endswith(("_y1", "_y2")) else ""
        year = list_year + int(values[f"opgoerelse.{criterion}_year_offset{number}"].text)
        if unit == WEEKLY_HOURS:
            persons, full = figures[f"persons_18_64_y{denominator[-1]}"], figures[denominator]
            in_full_time = rounded(Fraction(figures[numerator] * persons, full) if full else 0, 4)
            unit = f"{unit}: {in_full_time:f} full-time persons of {persons}"
        yield Counts(year, of, str(figures[numerator]), str(figures[denominator]), unit)


def _status_years(criterion: str, values: Mapping[str, LegalValue], list_year: int) -> set[str]:
    """The years on whose 1 January the persons of a figure are counted: one, or the two after the years it averages."""
    of_two_years = [f"opgoerelse.{criterion}_year_offset_{number}" for number in (1, 2)]
    if of_two_years[0] in values:
        return {str(list_year + int(values[name].text) + 1) for name in of_two_years}
    return {str(list_year + int(values["opgoerelse.residents_year_offset"].text))}


def _used(manifest: Mapping[str, Any], registers: tuple[str, ...], status_years: set[str]) -> list[str]:
    """The snapshots that a figure comes from, each with the rows that were delivered."""
    return [
        f"{place_of(item['register'], item['reference'], item['vintage'])} "
        f"({sum(file['rows'] for file in item['files'])} rows)"
        for item in manifest["inputs"]
        if item["register"] in registers
        and (item["register"] not in STATUS_REGISTERS or item["reference"][:4] in status_years)
    ]


def _rounded(numerator: str | None, denominator: str | None, unit: str) -> str | None:
    """The fraction as people read it: pct. or factor with four digits; a count as it is."""
    if numerator is None or denominator is None:
        return None
    exact = Fraction(int(numerator), int(denominator))
    if unit == "persons":
        return str(exact)
    scale = 100 if unit == "share" else 1
    return f"{rounded(exact * scale, 4):f}" + (" pct" if unit == "share" else "")


def _one(con: duckdb.DuckDBPyConnection, query: str, parameters: list[Any]) -> dict[str, Any] | None:
    rows = rows_of(con, query, parameters)
    return rows[0] if rows else None


# --- as text ----------------------------------------------------------------------------------------------------


def as_json(told: Mapping[str, Any]) -> str:
    """The explanation of an area as JSON; decimals and exact whole numbers beyond 64 bits are texts."""
    return json.dumps(told, ensure_ascii=False, indent=1, default=in_full)


def as_text(told: Mapping[str, Any]) -> str:
    """The explanation of an area in words: status, each figure with paragraph and margin, the history, the cap."""
    status, list_year = told["status"], told["list_year"]
    lines = [
        f"{_named(status)}, municipality {status['kom']} "
        f"({municipality_names()[int(status['kom'])]}), list of 1 December {list_year}, revision {told['revision']}",
        f"Status: {STATUS_NAMES[status['status']]}" + _also(status),
        f"{status['criteria_met_61a']} {'criterion' if status['criteria_met_61a'] == 1 else 'criteria'} of § 61 a met"
        + ("" if status["criteria_met_61b"] is None else f", {status['criteria_met_61b']} of § 61 b"),
        *_wording_lines(told),
    ]
    for category, title in CATEGORIES.items():
        held = [item for item in told["criteria"] if item["category"] == category]
        if held:
            lines += ["", title]
            for item in held:
                lines += [*_held_lines(told, item), *_margin_lines(told, item)]
    lines += ["", *_status_margin_lines(told), "", *_history_lines(told), "", *_cap_lines(told)]
    return "\n".join(lines)


def _named(status: Mapping[str, Any]) -> str:
    """An area by name and id; by its id alone where no name is registered."""
    name, area_id = status["area_name"], status["area_id"]
    return f"{name} ({area_id})" if name else str(area_id)


def _wording_lines(told: Mapping[str, Any]) -> list[str]:
    """Says whose words the sentences are, and what the act of the list's day called things where it had other terms."""
    quoted = f"Sentences are quoted as in {told['wording']}"
    if not told["terms"]:
        return [quoted] if told["wording"] else []
    terms = ", ".join(f"{TERMS[term]}: {word}" for term, word in told["terms"].items())
    return [f"{quoted}; the terms of the act on the list's day were {terms}"]


def _also(status: Mapping[str, Any]) -> str:
    extra = [name for key, name in TERMS.items() if status[key]]
    return f", {' and '.join(extra)}" if extra else ""


def _held_lines(told: Mapping[str, Any], item: Mapping[str, Any]) -> list[str]:
    met = "met" if item["met"] else "not met"
    value = "no figure" if item["value"] is None else item["value"]
    return [
        f"  {item['figure']}: {value} {item['operator']} {item['limit']}: {met}",
        *(f"    {c['year']}, {c['of']}: {c['numerator']} / {c['denominator']} ({c['unit']})" for c in item["counts"]),
        f"    {_fraction(item)}; {item['paragraph']}, in force since {item['effective_from']}, {item['url']}",
        *_sentence_lines(told, item["paragraph"]),
        *([f"    ({item['reading']})"] if item["reading"] else []),
        f"    from {', '.join(item['snapshots'])}",
    ]


def _fraction(item: Mapping[str, Any]) -> str:
    """The figure exactly: as it was counted, where it is one count of another, and in lowest terms."""
    if item["numerator"] is None:
        return NO_FIGURE
    numerator, denominator = int(item["numerator"]), int(item["denominator"])
    exact = Fraction(numerator, denominator)
    counted, lowest = _ratio(numerator, denominator), _ratio(exact.numerator, exact.denominator)
    return f"= {lowest} exactly" if item["counts"] or counted == lowest else f"= {counted} = {lowest} exactly"


def _ratio(numerator: int, denominator: int) -> str:
    return str(numerator) if denominator == 1 else f"{numerator} / {denominator}"


def _margin_lines(told: Mapping[str, Any], item: Mapping[str, Any]) -> list[str]:
    """The least change in the present residents that would flip a limit."""
    margin = next(
        row for row in told["margins"] if (row["category"], row["criterion"]) == (item["category"], item["criterion"])
    )
    if margin["change"] is None:
        return ["    margin: no change in the latest year's figure alone would flip it"]
    return [f"    margin: {_amount(margin['change'])} would flip it"]


def _status_margin_lines(told: Mapping[str, Any]) -> list[str]:
    """The least change in the present residents that would give the area another status."""
    margin = next(row for row in told["margins"] if row["category"] == "status")
    lines = [
        f"  {', '.join(_amount(part) for part in change.split(', '))}: {STATUS_NAMES[leads_to].lower()}"
        for change, leads_to in (
            (margin["change"], margin["leads_to"]),
            (margin["kroner_change"], margin["kroner_leads_to"]),
        )
        if change is not None
    ]
    return ["The nearest other status, by the figures of the latest year", *(lines or ["  none can be reached"])]


def _amount(change: str) -> str:
    """`convicted -2` in words: how many more or fewer of whom."""
    criterion, signed = change.split(" ")
    more = "more" if signed.startswith("+") else "fewer"
    number, what = int(signed[1:]), MOVES[criterion]
    if criterion == "income":
        return f"mean income {number} kroner {'higher' if more == 'more' else 'lower'} per person"
    return f"{number} {more} {what[number != 1]}"


def _history_lines(told: Mapping[str, Any]) -> list[str]:
    sources = {"edition": "this home's edition", "liste": "the list published then", "denne_liste": "this list"}
    years = [
        f"  {item['year']}: {'' if item['parallelsamfund'] else 'not '}parallelsamfund ({sources[item['source']]})"
        for item in told["history"]
    ]
    unbroken = told["status"]["years_as_parallelsamfund"]
    stale = [f"  {line}" for line in told["stale"]]
    years += [f"  Unbroken years as parallelsamfund: {unbroken}", *_sentence_lines(told, FOURTH), *stale]
    return [f"History ({FOURTH})", *years]


def _sentence_lines(told: Mapping[str, Any], *provisions: str) -> Iterator[str]:
    """Each sentence in quotes, and below it what is to be said of its wording."""
    for quoted in (told["quotations"].get(provision) for provision in provisions):
        if quoted and quoted["sentence"]:
            yield f'    "{quoted["sentence"]}"'
        if quoted and quoted["remark"]:
            yield f"    ({quoted['remark']})"


def _cap_lines(told: Mapping[str, Any]) -> list[str]:
    cap, head = told["cap"], "The cap (§ 59, stk. 7-8)"
    if not told["cap_in_force"]:
        return [f"{head}: the act knew no cap on the list's day."]
    if cap is None:
        return [f"{head}: the municipality has no almene familieboliger."]
    exceeded = "exceeded" if cap["cap_exceeded"] else "not exceeded"
    exempted = " The area is exempted from § 59, stk. 7." if told["exempted"] and cap["homes_exempted"] else ""
    more = ", though it exempts more than the cap calls for" if cap["over_exempted"] else ""
    covered = cap["homes_udsat"] + cap["homes_forebyggelse"]
    return [
        f"{head}: {covered} of {cap['family_homes']} family homes, {exceeded}; "
        f"decision {cap['decision']}{more}; {cap['covered_homes']} homes covered.{exempted}",
        *_sentence_lines(told, SEVENTH, EIGHTH),
    ]
