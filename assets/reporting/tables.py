"""The report's tables, disclosure control applied and ready to leave the ministry, put together here.

The tables of counts are in `assets.reporting.shown`, those that hold something against another in
`assets.reporting.comparisons`. What does not belong here: how anything is counted (`sql/report`), which counts may not
be told (`assets.reporting.counts`), the method of suppression (`assets.disclosure.suppression`), and the report's text
and look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from assets.code_lists import in_force, municipality_names
from assets.disclosure.cells import Cell
from assets.disclosure.limits import WITHHELD
from assets.disclosure.suppression import suppress
from assets.finished import Finished, Row, Value, share_pct
from assets.list_names import LIST_NAMES, WITHIN
from assets.publishing.public_lists import figure_rests_on_few
from assets.reporting import cells
from assets.reporting.cells import AREA, LISTED_GROUPS
from assets.reporting.comparisons import comparison, exempted, koms_of_hidden_homes, migrations, social_export
from assets.reporting.counts import counts, problem
from assets.reporting.labels import (
    ALL,
    CATEGORIES,
    CHANGES,
    CRITERIA,
    DECISIONS,
    GROUPS,
    LISTS,
    OVER_EXEMPTED,
    STATUS,
    age_texts,
)
from assets.reporting.shapes import SHAPES
from assets.reporting.shown import Shown
from assets.reporting.source import Area, Source, listed_areas, place
from assets.rounding import rounded
from law.loader import list_day, report_law


@dataclass(frozen=True)
class HiddenCell:
    """A withheld figure: its table and cell, and whether it may not be told itself or would tell another."""

    table: str
    cell: str
    reason: str


@dataclass(frozen=True)
class Released:
    """The finished tables by name, and the record of what is withheld in them."""

    tables: dict[str, Finished]
    hidden: list[HiddenCell]


def release(source: Source) -> Released:
    """The finished tables of a list year, disclosure control applied, and the record of what was withheld."""
    areas = listed_areas(source)
    criteria = _criteria(source)
    values, structure = counts(source, areas)
    hidden = suppress(problem(source, values, structure, criteria))
    shown = Shown(values, hidden, areas, {**CATEGORIES, "alder": _ages(source)})
    made = (
        criteria,
        _lists(source),
        _list_changes(source),
        _cap(source, shown),
        _municipalities(source),
        _areas_over_time(source),
        comparison(source),
        exempted(source, shown),
        shown.composition(),
        shown.composition_by_area(),
        shown.incomes(),
        shown.moves(),
        shown.moves_by_area(),
        shown.moves_by_trait(),
        shown.homes(),
        shown.homes_by_area(),
        _home_use(source, shown),
        _development(source, shown),
        *social_export(source, shown),
        *migrations(source, shown),
    )
    by_name = {table.name: table for table in made}
    tables = {name: by_name[name] for name in SHAPES}
    return Released(tables, _record(tables, hidden, source.list_year))


def _ages(source: Source) -> dict[str, str]:
    """The age bands in words: they begin and end where the ages of the criteria do."""
    return age_texts(
        {
            "adult": source.whole("opgoerelse.outside_age_from"),
            "middle": source.whole("opgoerelse.primary_only_age_from"),
            "middle_to": source.whole("opgoerelse.primary_only_age_to"),
            "senior_to": source.whole("opgoerelse.outside_age_to"),
        }
    )


def _record(tables: Mapping[str, Finished], hidden: Mapping[Cell, str], list_year: int) -> list[HiddenCell]:
    found = []
    for name, table in tables.items():
        for row in table.rows:
            counted = dict(cells.counts(name, row, list_year))
            for column in table.columns:
                if row[column.name] == WITHHELD:
                    at = "/".join(str(row[key]) for key in table.key)
                    reason = hidden[counted[column.name]] if column.name in counted else "derived"
                    found.append(HiddenCell(name, f"{at}/{column.name}", reason))
    return found


# --- the lists, the criteria, the homes, the cap ----------------------------------------------------------------


def _lists(source: Source) -> Finished:
    rows: list[Row] = []
    changes = source.rows("report.list_changes")
    known = _year_before_known(source)
    for code, text in LISTS.items():
        of_list = [row for row in changes if row["list"] == code]
        now = [row for row in of_list if row["change"] != "udgaaet"]
        rows.append(
            {
                "aar": source.list_year,
                "liste": code,
                "liste_tekst": text,
                "omraader": len(now),
                "beboere": sum(int(row["residents"]) for row in now),
                "nye": sum(row["change"] == "ny" for row in of_list) if known else None,
                "udgaaede": sum(row["change"] == "udgaaet" for row in of_list) if known else None,
            }
        )
    return replace(SHAPES["lister"], rows=rows)


def _year_before_known(source: Source) -> bool:
    """Whether the list of the year before is known: sealed here, or delivered as published."""
    return bool(
        source.con.execute(
            """
            SELECT (SELECT count(*) FROM published.editions WHERE list_year = $year - 1)
                + (SELECT count(*) FROM registers.promoted
                   WHERE list_year = $year AND register = 'liste' AND reference_year = $year - 1)
            """,
            {"year": source.list_year},
        ).fetchall()[0][0]
    )


def _list_changes(source: Source) -> Finished:
    names = municipality_names()
    known = _year_before_known(source)
    rows: list[Row] = [
        {
            "aar": source.list_year,
            "liste": row["list"],
            "liste_tekst": LISTS[row["list"]],
            "area_id": row["area_id"],
            "omraade": row["area_name"] or row["area_id"],
            "kommune": names[int(row["kom"])] if row["kom"] else None,
            "aendring": row["change"],
            "aendring_tekst": CHANGES[row["change"]],
        }
        for row in source.rows("report.list_changes")
        if known
    ]
    lists = list(LISTS)
    return replace(
        SHAPES["lister_aendringer"], rows=sorted(rows, key=lambda row: (lists.index(str(row["liste"])), _named(row)))
    )


def _named(row: Row) -> tuple[Any, ...]:
    """Place of a row about an area."""
    return place(*(None if row[name] is None else str(row[name]) for name in ("kommune", "omraade", "area_id")))


def _criteria(source: Source) -> Finished:
    """Each area's criteria against the limits, withheld by the same rule as on the public lists."""
    names = municipality_names()
    figures = {row["area_id"]: row for row in source.rows("criteria.area_criteria")}
    status = {row["area_id"]: row for row in source.rows("status.area_status")}
    near: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for found in source.rows("report.nearness"):
        near.setdefault((found["area_id"], found["criterion"]), {})[found["category"]] = found
    rows: list[Row] = []
    for (area_id, criterion), limits in sorted(near.items(), key=lambda item: _place(status[item[0][0]], item[0])):
        few = figure_rests_on_few(figures[area_id], criterion, source.limits)
        row: dict[str, Value] = {
            "area_id": area_id,
            "omraade": status[area_id]["area_name"] or area_id,
            "kommune": names[int(status[area_id]["kom"])],
            "status": status[area_id]["status"],
            "status_tekst": _lists_of(status[area_id]),
            "kriterium": criterion,
            "kriterium_tekst": CRITERIA[criterion],
        }
        scale = 1 if criterion == "convicted" else 100
        places = 2 if criterion == "convicted" else 1
        exact = _exact(next(iter(limits.values())))
        row["tal"] = _or_withheld(exact, few, scale, places)
        for slug, categories in (
            ("udsat", ("udsat_boligomraade", "parallelsamfund")),
            ("forebyggelse", ("forebyggelsesomraade",)),
        ):
            held = next((limits[category] for category in categories if category in limits), None)
            row[f"graense_{slug}"] = rounded(held["limit_value"] * scale, places) if held else None
            row[f"opfyldt_{slug}"] = held["met"] if held else None
            apart = None if held is None or exact is None else exact - Fraction(held["limit_value"])
            row[f"afstand_{slug}"] = _or_withheld(apart, few, scale, places)
        rows.append(row)
    return replace(SHAPES["kriterier"], rows=rows)


def _lists_of(status: Mapping[str, Any]) -> str:
    """An area's status, and the lists that it is on besides."""
    return ", ".join([STATUS[status["status"]], *(LIST_NAMES[code].one for code in WITHIN if status[code])])


def _place(status: Mapping[str, Any], at: tuple[str, str]) -> tuple[Any, ...]:
    return (
        list(STATUS).index(status["status"]),
        place(municipality_names()[int(status["kom"])], status["area_name"], at[0]),
        list(CRITERIA).index(at[1]),
    )


def _exact(criterion: Mapping[str, Any]) -> Fraction | None:
    if criterion["numerator"] is None or not int(criterion["denominator"]):
        return None
    return Fraction(int(criterion["numerator"]), int(criterion["denominator"]))


def _or_withheld(value: Fraction | None, few: bool, scale: int, places: int) -> Value:
    if value is None:
        return None
    return WITHHELD if few else rounded(value * scale, places)


def _home_use(source: Source, shown: Shown) -> Finished:
    """How homes are used: ratios over many homes, withheld where few people live in them or a count is withheld."""
    names = {area.area_id: area for area in listed_areas(source)}
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for row in source.rows("report.housing"):
        if row["boligkategori"] == "ikke_almen" and row["housing_group"] != "oevrige_boliger":
            continue
        if row["housing_group"] is None:
            continue
        key = (row["housing_group"], row["area_id"] or "")
        total = sums.setdefault(key, dict.fromkeys(("homes", "family", "vacant", "lived", *MEASURES), 0))
        total["homes"] += row["homes"]
        total["family"] += row["homes"] if row["boligkategori"] == "familiebolig" else 0
        total["vacant" if not row["lived_in"] else "lived"] += row["homes"]
        for measure in MEASURES:
            total[measure] += row[measure] if row["lived_in"] else 0
    rows: list[Row] = []
    for (group, area_id), total in sorted(sums.items(), key=lambda item: _use_order(item[0], names)):
        few = min(total["measured_homes"], total["residents"]) < source.limits.minimum_count
        area = names.get(area_id)
        scope = AREA + area_id if area_id else group
        vacant_told = shown.tells(scope, ((ALL, ALL), (ALL, "ubeboet"), ("ikke_almen", ALL), ("ikke_almen", "ubeboet")))
        family_told = shown.tells(scope, ((ALL, ALL), ("familiebolig", ALL), ("ikke_almen", ALL)))
        rows.append(
            {
                "boliggruppe": group,
                "kommune": area.municipality if area else None,
                "area_id": area_id or None,
                "omraade": area.name if area else GROUPS[group],
                "personer_pr_rum": _ratio(total["residents"], total["rooms"], few),
                "m2_pr_person": _ratio(total["square_metres"], total["residents"], few),
                "familieboliger_pct": _home_share(total["family"], total["homes"], group) if family_told else WITHHELD,
                "ubeboede_pct": _home_share(total["vacant"], total["homes"], None) if vacant_told else WITHHELD,
            }
        )
    return replace(SHAPES["boligudnyttelse"], rows=rows)


MEASURES = ("measured_homes", "residents", "rooms", "square_metres")


def _use_order(key: tuple[str, str], areas: Mapping[str, Area]) -> tuple[Any, ...]:
    area = areas.get(key[1])
    if area is None:
        return False, list(GROUPS).index(key[0])
    return True, place(area.municipality, area.name, area.area_id)


def _ratio(above: Any, below: Any, few: bool) -> Value:
    if not below:
        return None
    return WITHHELD if few else rounded(Fraction(above) / Fraction(below), 2)


def _home_share(part: int, whole: int, group: str | None) -> Value:
    return None if not whole or group == "oevrige_boliger" else rounded(Fraction(100 * part, whole), 0)


def _decision(row: Mapping[str, Any], homes_are_told: bool) -> str:
    """A council's decision in words. That it exempts too much follows from the homes of the areas."""
    return OVER_EXEMPTED if row["over_exempted"] and homes_are_told else DECISIONS[row["decision"]]


def _cap(source: Source, shown: Shown) -> Finished:
    """The cap by municipality. Where the family homes of one of its areas are withheld, so are those of all of them:
    less the others they would tell that area's."""
    names = municipality_names()
    hidden = koms_of_hidden_homes(source, shown)

    def of_areas(row: Mapping[str, Any], value: Value) -> Value:
        return WITHHELD if row["kom"] in hidden else value

    rows: list[Row] = [
        {
            "kom": row["kom"],
            "kommune": names[int(row["kom"])],
            "familieboliger": row["family_homes"],
            "i_udsatte": of_areas(row, row["homes_udsat"]),
            "i_forebyggelse": of_areas(row, row["homes_forebyggelse"]),
            "andel_pct": of_areas(row, rounded(row["share"] * 100, 1)),
            "over_loft": row["cap_exceeded"],
            "beslutning": row["decision"],
            "beslutning_tekst": _decision(row, row["kom"] not in hidden),
            "undtaget": of_areas(row, row["homes_exempted"]),
            "omfattet_pct": of_areas(row, rounded(row["covered_share"] * 100, 1)),
        }
        for row in source.rows("cap.municipal_cap")
        if row["homes_udsat"] + row["homes_forebyggelse"] > 0
    ]
    return replace(SHAPES["loft"], rows=sorted(rows, key=lambda row: place(str(row["kommune"]))))


def _municipalities(source: Source) -> Finished:
    """Every municipality with its place in the tile grid and its listed areas."""
    counted: dict[str, list[dict[str, Any]]] = {}
    for row in source.rows("status.area_status"):
        counted.setdefault(row["kom"], []).append(row)
    rows: list[Row] = []
    for tile in in_force("report/tile_grid", list_day(source.list_year)):
        areas = counted.get(tile["kom"], [])
        listed = [row for row in areas if row["status"] in LISTED_GROUPS]
        rows.append(
            {
                "kom": tile["kom"],
                "kommune": municipality_names()[int(tile["kom"])],
                "kort_navn": tile["short_name"],
                "raekke": int(tile["row"]),
                "kolonne": int(tile["column"]),
                "udsatte": sum(row["status"] == "udsat_boligomraade" for row in listed),
                "forebyggelse": sum(row["status"] == "forebyggelsesomraade" for row in listed),
                "beboere": sum(int(row["residents"]) for row in listed),
            }
        )
    return replace(SHAPES["kommuner"], rows=sorted(rows, key=lambda row: str(row["kom"])))


# --- over time ---------------------------------------------------------------------------------------------------


OF_RESIDENTS: Mapping[str, tuple[str, str, str, str]] = {
    "nonwestern": ("nonwestern", "residents", "sammensaetning_oprindelse", "ikke_vestlig"),
    "primary_only": ("primary_only", "persons_30_59", "sammensaetning_uddannelse", "grundskole"),
}
"""The shares of the lists that are of persons counted: part and whole, and the cube and category of an area's part."""


def _development(source: Source, shown: Shown) -> Finished:
    """The lists year by year, a figure withheld where that of one of the areas is: less the others it would tell that
    one. What an earlier report told of its own year stands as it was told."""
    members = _members(source)

    def withheld(row: Mapping[str, Any], criterion: str) -> bool:
        areas = members.get((row["year"], row["list"]), [])
        if any(figure_rests_on_few(area, criterion, source.limits) for area in areas):
            return True
        if row["year"] != source.list_year or criterion not in OF_RESIDENTS:
            return False
        *_, cube, category = OF_RESIDENTS[criterion]
        return any((cube, AREA + area["area_id"], category) in shown.hidden for area in areas)

    def share(row: Mapping[str, Any], criterion: str) -> Value:
        part, whole = (int(row[name]) for name in OF_RESIDENTS[criterion][:2])
        return WITHHELD if source.limits.few(part, whole) or withheld(row, criterion) else share_pct(part, whole)

    def outside(row: Mapping[str, Any]) -> Value:
        if row["outside_share"] is None:
            return None
        return WITHHELD if withheld(row, "outside") else rounded(Fraction(row["outside_share"]) * 100, 1)

    rows: list[Row] = [row for year, of in source.earlier.items() for row in of["udvikling"].rows if row["aar"] == year]
    rows += [
        {
            "aar": row["year"],
            "liste": row["list"],
            "liste_tekst": LISTS[row["list"]],
            "omraader": row["areas"],
            "beboere": row["residents"],
            "ikkevestlige_pct": share(row, "nonwestern"),
            "grundskole_pct": share(row, "primary_only"),
            "uden_tilknytning_pct": outside(row),
        }
        for row in source.rows("report.development")
        if row["year"] not in source.earlier
    ]
    order = list(LISTS)
    known = [row for row in rows if _known(row)]
    return replace(SHAPES["udvikling"], rows=sorted(known, key=lambda r: (str(r["aar"]), order.index(str(r["liste"])))))


def _known(row: Row) -> bool:
    """Whether the law of a list year has the list at all: forebyggelsesområder came later than the others."""
    first = report_law().first_list_year_of("forebyggelsesomraade.nonwestern")
    return row["liste"] != "forebyggelsesomraade" or int(str(row["aar"])) >= first


def _members(source: Source) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """The areas on each list of each list year, with their figures."""
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in source.rows("report.area_years"):
        for code in LISTS:
            if row["status"] == code or row.get(code) is True:
                found.setdefault((row["year"], code), []).append(row)
    return found


def _areas_over_time(source: Source) -> Finished:
    names = municipality_names()
    ever = {row["area_id"] for row in source.rows("report.area_years") if row["status"] in LISTED_GROUPS}
    rows: list[Row] = [
        {
            "aar": row["year"],
            "kommune": names[int(row["kom"])],
            "area_id": row["area_id"],
            "omraade": row["area_name"] or row["area_id"],
            "beboere": row["residents"] if row["status"] in LISTED_GROUPS else None,
            "status": row["status"],
            "status_tekst": _lists_of(row),
        }
        for row in source.rows("report.area_years")
        if row["area_id"] in ever
    ]
    return replace(SHAPES["udvikling_omraader"], rows=sorted(rows, key=lambda row: (_named(row), row["aar"])))
