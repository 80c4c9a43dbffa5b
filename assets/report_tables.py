"""The report's tables: counts from schema `report` with disclosure control applied, ready to leave the ministry.

What does not belong here: how anything is counted (`sql/report`), the method of suppression
(`assets.suppression`), and the report's text and look.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb

from assets import report_cells, uncertainty
from assets.cells import Cell, Problem, filled
from assets.code_lists import in_force, municipality_names
from assets.disclosure import Limits
from assets.finished import Finished, Row, Value, number
from assets.public_lists import figure_rests_on_few
from assets.report_cells import AREA, LISTED_GROUPS, MOVED, STAYED, Before, Structure
from assets.report_labels import (
    ALL,
    CATEGORIES,
    CHANGES,
    COUNTERPARTS,
    COUNTRY,
    CRITERIA,
    DECISIONS,
    DIMENSIONS,
    DIRECTIONS,
    GROUPS,
    KINDS,
    LISTED,
    LISTS,
    MUNICIPALITY_GROUPS,
    ORIGINS,
    OUTCOMES,
    SIDES,
    STATUS,
    TARGETS,
    USES,
    VERDICTS,
    WITHHELD,
    age_texts,
)
from assets.report_shapes import SHAPES
from assets.suppression import suppress
from law.loader import LegalValue, list_day

PRIVATE_GROUPS = ("oevrige_almene", "oevrige_boliger")


@dataclass
class Source:
    """What the tables are made from: the warehouse, the list year, the law with the report's choices, the limits.

    `earlier` are the tables of the reports of earlier list years, as they were released; `before` is what those and
    earlier reports of this list year tell of the same figures.
    """

    con: duckdb.DuckDBPyConnection
    list_year: int
    law: Mapping[str, LegalValue]
    limits: Limits
    earlier: Mapping[int, Mapping[str, Finished]] = field(default_factory=dict)
    before: Before = field(default_factory=Before)

    def rows(self, table: str, order: str = "ALL") -> list[dict[str, Any]]:
        """The list year's rows of a table."""
        found = self.con.execute(f"SELECT * FROM {table} WHERE list_year = ? ORDER BY {order}", [self.list_year])
        columns = [column[0] for column in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def whole(self, parameter: str) -> int:
        value = self.law[parameter].value
        assert isinstance(value, int)
        return value


@dataclass(frozen=True)
class Area:
    """A listed area."""

    area_id: str
    name: str
    kom: str
    municipality: str
    status: str


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
    tables = {"kriterier": criteria}
    values, structure = _counts(source, areas)
    problem = _problem(source, values, structure, criteria)
    hidden = suppress(problem)
    ages = age_texts(
        {
            "adult": source.whole("opgoerelse.outside_age_from"),
            "middle": source.whole("opgoerelse.primary_only_age_from"),
            "middle_to": source.whole("opgoerelse.primary_only_age_to"),
            "senior_to": source.whole("opgoerelse.outside_age_to"),
        }
    )
    shown = _Shown(values, hidden, areas, {**CATEGORIES, "alder": ages})
    for table in (
        shown.composition(),
        shown.composition_by_area(),
        shown.incomes(),
        shown.moves(),
        shown.moves_by_area(),
        shown.moves_by_trait(),
        shown.homes(),
        shown.homes_by_area(),
    ):
        tables[table.name] = table
    makers = (
        _lists,
        _list_changes,
        _cap,
        _areas_over_time,
        _municipalities,
        _comparison,
    )
    for make in makers:
        table = make(source)
        tables[table.name] = table
    for table in (
        _home_use(source, shown),
        _development(source, shown),
        *_social_export(source, shown),
        *_migrations(source, shown),
        _exempted(source),
    ):
        tables[table.name] = table
    ordered = {name: tables[name] for name in SHAPES}
    return Released(ordered, _record(ordered, hidden, source.list_year))


def _record(tables: Mapping[str, Finished], hidden: Mapping[Cell, str], list_year: int) -> list[HiddenCell]:
    found = []
    for name, table in tables.items():
        for row in table.rows:
            counted = dict(report_cells.counts(name, row, list_year))
            for column in table.columns:
                if row[column.name] == WITHHELD:
                    at = "/".join(str(row[key]) for key in table.key)
                    reason = hidden[counted[column.name]] if column.name in counted else "derived"
                    found.append(HiddenCell(name, f"{at}/{column.name}", reason))
    return found


def listed_areas(source: Source) -> list[Area]:
    """The listed areas, by municipality and name."""
    names = municipality_names()
    areas = [
        Area(row["area_id"], row["area_name"] or row["area_id"], row["kom"], names[int(row["kom"])], row["status"])
        for row in source.rows("status.area_status")
        if row["status"] in LISTED_GROUPS
    ]
    return sorted(areas, key=lambda area: (area.kom, area.name, area.area_id))


# --- counting: from sparse rows to full cubes -------------------------------------------------------------------


def _counts(source: Source, areas: Sequence[Area]) -> tuple[dict[Cell, int], Structure]:
    migrations = source.rows("report.net_immigration")
    moved = source.rows("report.social_export")
    koms = sorted({row["kom"] for row in moved if row["kom"]})
    years = sorted({int(row["year"]) for row in migrations})
    structure = report_cells.structure({area.area_id: area.status for area in areas}, koms, years)
    counted: dict[str, dict[tuple[str, ...], int]] = {cube.name: {} for cube in structure.cubes}

    def add(cube: str, at: tuple[str, ...], persons: int) -> None:
        counted[cube][at] = counted[cube].get(at, 0) + int(persons)

    for row in source.rows("report.composition"):
        if scope := _lowest_scope(row):
            add(f"sammensaetning_{row['dimension']}", (scope, row["category"]), row["persons"])
    for row in source.rows("report.incomes"):
        if scope := _lowest_scope(row):
            add("indkomstpersoner", (scope,), row["persons"])
            add("indkomst", (scope,), round(Fraction(row["income_oere"], OERE_PER_1000)))
    for row in source.rows("report.housing"):
        if scope := _lowest_scope(row):
            add("boliger", (scope, row["boligkategori"], "beboet" if row["lived_in"] else "ubeboet"), row["homes"])
    for row in source.rows("report.moves"):
        name = f"flytninger_{row['direction']}"
        if row["measure"] == "alle" and row["area_id"]:
            add(name, (AREA + row["area_id"], row["counterpart"]), row["persons"])
        elif row["measure"] != "alle" and not row["area_id"]:
            add(f"{name}_{row['measure']}", (row["housing_group"], row["counterpart"], row["category"]), row["persons"])
    for row in moved:
        place = "med" if row["listed"] else "uden"
        movement = MOVED if row["moved"] else STAYED
        if row["kom"]:
            target = "andre" if row["target"] == "andre" else "maalgruppe"
            add("kommuneflytning_kommuner", (row["kom"], target, movement), row["persons"])
        else:
            add("kommuneflytning", (place, row["target"], movement), row["persons"])
    for row in migrations:
        add(f"vandringer_{row['year']}_{row['direction']}", (row["origin"],), row["persons"])
    values: dict[Cell, int] = {}
    for cube in structure.cubes:
        values.update(filled(cube, counted[cube.name]))
    _fill_implied(values)
    return values, structure


OERE_PER_1000 = 100 * 1000


def _lowest_scope(row: Mapping[str, Any]) -> str | None:
    """The scope of a row at the bottom of the tree: an area, or a group of homes that has no areas."""
    if row["area_id"]:
        return AREA + str(row["area_id"])
    return str(row["housing_group"]) if row["housing_group"] in PRIVATE_GROUPS else None


def _fill_implied(values: dict[Cell, int]) -> None:
    """Movers who are in no table by themselves: those too young or too old for an employment or an education."""
    for cell in list(values):
        name, *at = cell
        for ending, whole, part in (
            (report_cells.NOT_OF_WORKING_AGE, "", "_beskaeftigelse"),
            (report_cells.NOT_OF_MIDDLE_AGE, "_beskaeftigelse", "_uddannelse"),
        ):
            if name.endswith(ending):
                base = name.removesuffix(f"_{ending}")
                rest = (ALL,) if whole else ()
                values[cell] = values[(base + whole, *at, *rest)] - values[(base + part, *at, ALL)]


# --- disclosure control -----------------------------------------------------------------------------------------


def _problem(source: Source, values: dict[Cell, int], structure: Structure, criteria: Finished) -> Problem:
    least = source.limits.minimum_count
    sensitive: dict[Cell, float] = {c: least for c, v in values.items() if 0 < v < least and _of_people(c)}
    for row in source.rows("report.incomes"):
        scope = _lowest_scope(row) or row["housing_group"] or COUNTRY
        if row["dominated"] or 0 < row["persons"] < least:
            sensitive[("indkomst", scope)] = 0
    for cell in sensitive.keys() | report_cells.incomes_by_difference(values, source.before, least):
        if cell[0] == "indkomst":
            sensitive[cell] = max(1, abs(values[cell]) * source.limits.income_protection_pct / 100)
    # Whoever has an earlier release knows what it told: where that still holds, hiding it hides nothing.
    known = {cell for told in source.before.told for cell, value in told.items() if values.get(cell) == value}
    fixed = {
        cell
        for cell in values
        if cell not in sensitive
        and cell not in source.before.withheld
        and (cell[1] == COUNTRY or cell in known or _public_by_law(cell, values[cell], least))
    }
    told = {cell: low_high for cell, low_high in _told(values, criteria).items() if cell in values}
    return Problem(
        values,
        list(structure.relations),
        sensitive,
        frozenset(fixed),
        structure.unpublished,
        told,
        {cell: GROUP_WEIGHT for cell in values if len(cell) > 1 and not cell[1].startswith(AREA)},
        source.before.withheld & (values.keys() - structure.unpublished),
    )


def _public_by_law(cell: Cell, value: int, least: int) -> bool:
    """Residents, as the lists tell them, and an area's family homes, which the cap is reckoned from."""
    if cell[0] == "boliger":
        return cell[1].startswith(AREA) and cell[2:] == ("familiebolig", ALL) and value >= least
    return cell[-1] == ALL and cell[0].startswith("sammensaetning")


GROUP_WEIGHT = 10.0
"""A figure of a whole group of homes is dearer to hide than one of an area."""


def _of_people(cell: Cell) -> bool:
    """Whether a cell counts people, or homes where people live. Sums of income and vacant homes do not."""
    return cell[0] != "indkomst" and (cell[0] != "boliger" or cell[-1] == "beboet")


def _told(values: Mapping[Cell, int], criteria: Finished) -> dict[Cell, tuple[float, float]]:
    shape = SHAPES["sammensaetning_omraader"]
    rows: list[Row] = [
        {"area_id": cell[1].removeprefix(AREA), "dimension": dimension, "kategori": ALL, "personer": values[cell]}
        for dimension in DIMENSIONS
        for cell in values
        if cell[0] == f"sammensaetning_{dimension}" and cell[1].startswith(AREA) and cell[2] == ALL
    ]
    return report_cells.told_elsewhere({"sammensaetning_omraader": replace(shape, rows=rows), "kriterier": criteria})


# --- the tables of counts ---------------------------------------------------------------------------------------


def rounded(value: Decimal | Fraction | int, places: int) -> Decimal:
    """Half up, from the exact value."""
    exact = Fraction(value) if not isinstance(value, Fraction) else value
    scaled = exact * 10**places
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return (Decimal(whole if scaled >= 0 else -whole)).scaleb(-places)


def share_pct(part: Value, whole: Value, places: int = 1) -> Value:
    """A share in pct. of two figures: withheld where either is, empty where there is nobody."""
    if WITHHELD in (part, whole):
        return WITHHELD
    assert isinstance(part, int)
    assert isinstance(whole, int)
    return rounded(Fraction(100 * part, whole), places) if whole else None


@dataclass(frozen=True)
class _Shown:
    """The counts as tables show them: true figures and the word for those that are withheld."""

    values: Mapping[Cell, int]
    hidden: Mapping[Cell, str]
    areas: Sequence[Area]
    categories: Mapping[str, Mapping[str, str]]

    def __call__(self, *cell: str) -> Value:
        return WITHHELD if cell in self.hidden else self.values[cell]

    def tells(self, scope: str, homes: Sequence[tuple[str, str]]) -> bool:
        """Whether none of these counts of homes (kind, use) is withheld: a share of them tells them too."""
        return not any(("boliger", scope, kind, use) in self.hidden for kind, use in homes)

    def _area(self, area: Area) -> dict[str, Value]:
        return {
            "boliggruppe": area.status,
            "kommune": area.municipality,
            "area_id": area.area_id,
            "omraade": area.name,
        }

    def _persons(self, dimension: str, scope: str, head: Mapping[str, Value]) -> list[Row]:
        cube = f"sammensaetning_{dimension}"
        whole = self(cube, scope, ALL)
        texts = {**self.categories[dimension], ALL: "I alt"}
        rows: list[Row] = []
        for category in report_cells.TRAITS[dimension].members:
            persons = self(cube, scope, category)
            rows.append(
                {
                    **head,
                    "dimension": dimension,
                    "dimension_tekst": DIMENSIONS[dimension],
                    "kategori": category,
                    "kategori_tekst": texts[category],
                    "personer": persons,
                    "andel_pct": share_pct(persons, whole),
                }
            )
        return rows

    def composition(self) -> Finished:
        rows: list[Row] = []
        for dimension in DIMENSIONS:
            for group in (*LISTED_GROUPS, *PRIVATE_GROUPS, COUNTRY):
                rows += self._persons(dimension, group, {"boliggruppe": group, "boliggruppe_tekst": GROUPS[group]})
        return replace(SHAPES["sammensaetning"], rows=rows)

    def composition_by_area(self) -> Finished:
        rows: list[Row] = []
        for area in self.areas:
            for dimension in DIMENSIONS:
                rows += self._persons(dimension, AREA + area.area_id, self._area(area))
        return replace(SHAPES["sammensaetning_omraader"], rows=rows)

    def incomes(self) -> Finished:
        heads: list[tuple[str, dict[str, Value]]] = [
            (group, {"boliggruppe": group, "kommune": None, "area_id": None, "omraade": GROUPS[group]})
            for group in (*LISTED_GROUPS, *PRIVATE_GROUPS, COUNTRY)
        ]
        heads += [(AREA + area.area_id, self._area(area)) for area in self.areas]
        rows: list[Row] = []
        for scope, head in heads:
            persons, income = self("indkomstpersoner", scope), self("indkomst", scope)
            mean: Value = WITHHELD if WITHHELD in (persons, income) else None
            if mean is None and persons:
                assert isinstance(persons, int)
                assert isinstance(income, int)
                mean = int(rounded(Fraction(1000 * income, persons), 0))
            rows.append({**head, "personer": persons, "indkomst_1000_kr": income, "gennemsnit_kr": mean})
        return replace(SHAPES["indkomst"], rows=rows)

    def moves(self) -> Finished:
        rows: list[Row] = []
        for direction in DIRECTIONS:
            for group in (*LISTED_GROUPS, LISTED):
                whole = self(f"flytninger_{direction}", group, ALL)
                for counterpart, text in COUNTERPARTS[direction].items():
                    persons = self(f"flytninger_{direction}", group, counterpart)
                    rows.append(
                        {
                            **_direction(direction),
                            "boliggruppe": group,
                            "boliggruppe_tekst": GROUPS[group],
                            "modpart": counterpart,
                            "modpart_tekst": text,
                            "personer": persons,
                            "andel_pct": share_pct(persons, whole),
                        }
                    )
        return replace(SHAPES["flytninger"], rows=rows)

    def moves_by_area(self) -> Finished:
        rows: list[Row] = []
        for area in self.areas:
            for direction in DIRECTIONS:
                for counterpart, text in COUNTERPARTS[direction].items():
                    rows.append(
                        {
                            **self._area(area),
                            **_direction(direction),
                            "modpart": counterpart,
                            "modpart_tekst": text,
                            "personer": self(f"flytninger_{direction}", AREA + area.area_id, counterpart),
                        }
                    )
        return replace(SHAPES["flytninger_omraader"], rows=rows)

    def moves_by_trait(self) -> Finished:
        rows: list[Row] = []
        for dimension in ("beskaeftigelse", "uddannelse"):
            for direction in DIRECTIONS:
                cube = f"flytninger_{direction}_{dimension}"
                for group in (*LISTED_GROUPS, LISTED):
                    for counterpart, text in COUNTERPARTS[direction].items():
                        whole = self(cube, group, counterpart, ALL)
                        for category in report_cells.TRAITS[dimension].members:
                            persons = self(cube, group, counterpart, category)
                            rows.append(
                                {
                                    **_direction(direction),
                                    "boliggruppe": group,
                                    "boliggruppe_tekst": GROUPS[group],
                                    "modpart": counterpart,
                                    "modpart_tekst": text,
                                    "dimension": dimension,
                                    "dimension_tekst": DIMENSIONS[dimension],
                                    "kategori": category,
                                    "kategori_tekst": {**self.categories[dimension], ALL: "I alt"}[category],
                                    "personer": persons,
                                    "andel_pct": share_pct(persons, whole),
                                }
                            )
        return replace(SHAPES["flytninger_traek"], rows=rows)

    def _homes(self, scope: str, head: Mapping[str, Value]) -> list[Row]:
        return [
            {
                **head,
                "boligart": kind,
                "boligart_tekst": KINDS[kind],
                "brug": use,
                "brug_tekst": USES[use],
                "boliger": self("boliger", scope, kind, use),
            }
            for kind in KINDS
            for use in USES
            if ("boliger", scope, kind, use) in self.values
        ]

    def homes(self) -> Finished:
        rows: list[Row] = []
        for group in (*LISTED_GROUPS, *PRIVATE_GROUPS, COUNTRY):
            rows += self._homes(group, {"boliggruppe": group, "boliggruppe_tekst": GROUPS[group]})
        return replace(SHAPES["boliger"], rows=rows)

    def homes_by_area(self) -> Finished:
        rows: list[Row] = []
        for area in self.areas:
            rows += self._homes(AREA + area.area_id, self._area(area))
        return replace(SHAPES["boliger_omraader"], rows=rows)


def _direction(direction: str) -> dict[str, Value]:
    return {"retning": direction, "retning_tekst": DIRECTIONS[direction]}


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
    return replace(SHAPES["lister_aendringer"], rows=rows)


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
        few = figure_rests_on_few(figures[area_id], criterion, source.limits.minimum_count)
        row: dict[str, Value] = {
            "area_id": area_id,
            "omraade": status[area_id]["area_name"] or area_id,
            "kommune": names[int(status[area_id]["kom"])],
            "status": status[area_id]["status"],
            "status_tekst": STATUS[status[area_id]["status"]],
            "kriterium": criterion,
            "kriterium_tekst": CRITERIA[criterion],
        }
        scale = 1 if criterion == "convicted" else 100
        places = 2 if criterion == "convicted" else 1
        some = next(iter(limits.values()))
        exact = some["figure"]
        row["tal"] = _or_withheld(exact, few, scale, places)
        for slug, categories in (
            ("udsat", ("udsat_boligomraade", "parallelsamfund")),
            ("forebyggelse", ("forebyggelsesomraade",)),
        ):
            held = next((limits[category] for category in categories if category in limits), None)
            row[f"graense_{slug}"] = rounded(held["limit_value"] * scale, places) if held else None
            row[f"opfyldt_{slug}"] = held["met"] if held else None
            apart = None if held is None or exact is None else exact - held["limit_value"]
            row[f"afstand_{slug}"] = _or_withheld(apart, few, scale, places)
        rows.append(row)
    return replace(SHAPES["kriterier"], rows=rows)


def _place(status: Mapping[str, Any], at: tuple[str, str]) -> tuple[Any, ...]:
    return (
        list(STATUS).index(status["status"]),
        status["kom"],
        status["area_name"],
        at[0],
        list(CRITERIA).index(at[1]),
    )


def _or_withheld(value: Decimal | None, few: bool, scale: int, places: int) -> Value:
    if value is None:
        return None
    return WITHHELD if few else rounded(Fraction(value) * scale, places)


def _home_use(source: Source, shown: _Shown) -> Finished:
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
    return (area is not None, list(GROUPS).index(key[0]) if area is None else (area.kom, area.name), key[1])


def _ratio(above: Any, below: Any, few: bool) -> Value:
    if not below:
        return None
    return WITHHELD if few else rounded(Fraction(above) / Fraction(below), 2)


def _home_share(part: int, whole: int, group: str | None) -> Value:
    return None if not whole or group == "oevrige_boliger" else rounded(Fraction(100 * part, whole), 0)


def _cap(source: Source) -> Finished:
    names = municipality_names()
    rows: list[Row] = [
        {
            "kom": row["kom"],
            "kommune": names[int(row["kom"])],
            "familieboliger": row["family_homes"],
            "i_udsatte": row["homes_udsat"],
            "i_forebyggelse": row["homes_forebyggelse"],
            "andel_pct": rounded(row["share"] * 100, 1),
            "over_loft": row["cap_exceeded"],
            "beslutning": row["decision"],
            "beslutning_tekst": DECISIONS[row["decision"]],
            "undtaget": row["homes_exempted"],
            "omfattet_pct": rounded(row["covered_share"] * 100, 1),
        }
        for row in source.rows("cap.municipal_cap", "kom")
        if row["homes_udsat"] + row["homes_forebyggelse"] > 0
    ]
    return replace(SHAPES["loft"], rows=rows)


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


def _development(source: Source, shown: _Shown) -> Finished:
    """The lists year by year. What an earlier report told of its own year stands as it was told."""
    least = source.limits.minimum_count
    members = _members(source)

    def share(row: Mapping[str, Any], part: str, whole: str, *counted: str) -> Value:
        few = 0 < row[part] < least or 0 < row[whole] - row[part] < least
        if row["year"] == source.list_year:
            few = few or any((counted[0], AREA + area, counted[1]) in shown.hidden for area in members[row["list"]])
        return WITHHELD if few else share_pct(int(row[part]), int(row[whole]))

    rows: list[Row] = [row for year, of in source.earlier.items() for row in of["udvikling"].rows if row["aar"] == year]
    rows += [
        {
            "aar": row["year"],
            "liste": row["list"],
            "liste_tekst": LISTS[row["list"]],
            "omraader": row["areas"],
            "beboere": row["residents"],
            "ikkevestlige_pct": share(row, "nonwestern", "residents", "sammensaetning_oprindelse", "ikke_vestlig"),
            "grundskole_pct": share(row, "primary_only", "persons_30_59", "sammensaetning_uddannelse", "grundskole"),
            "uden_tilknytning_pct": None
            if row["outside_share"] is None
            else rounded(Fraction(row["outside_share"]) * 100, 1),
        }
        for row in source.rows("report.development")
        if row["year"] not in source.earlier
    ]
    order = list(LISTS)
    return replace(SHAPES["udvikling"], rows=sorted(rows, key=lambda r: (str(r["aar"]), order.index(str(r["liste"])))))


def _members(source: Source) -> dict[str, list[str]]:
    """The areas on each list of the list year."""
    status = source.rows("status.area_status")
    return {
        code: [row["area_id"] for row in status if row["status"] == code or row.get(code) is True] for code in LISTS
    }


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
            "status_tekst": STATUS[row["status"]],
        }
        for row in source.rows("report.area_years", "kom, area_name, area_id, year")
        if row["area_id"] in ever
    ]
    return replace(SHAPES["udvikling_omraader"], rows=rows)


# --- social export ----------------------------------------------------------------------------------------------


def _social_export(source: Source, shown: _Shown) -> list[Finished]:
    confidence = source.law["redegoerelse.confidence"].value
    assert isinstance(confidence, Fraction)
    rows: list[Row] = []
    for year in sorted(source.earlier):
        rows += [row for row in source.earlier[year]["social_eksport"].rows if row["aar"] == year]
    for group, text in MUNICIPALITY_GROUPS.items():
        for target, words in TARGETS.items():
            persons = shown("kommuneflytning", group, target, ALL)
            moved = shown("kommuneflytning", group, target, MOVED)
            rows.append(
                {
                    "aar": source.list_year,
                    "kommunegruppe": group,
                    "kommunegruppe_tekst": text,
                    "persongruppe": target,
                    "persongruppe_tekst": words,
                    "personer": persons,
                    "flyttet": moved,
                    **_rate(persons, moved, float(confidence)),
                }
            )
    names = municipality_names()
    koms = sorted({cell[1] for cell in shown.values if cell[0] == "kommuneflytning_kommuner" and cell[1] != "med"})
    by_kom: list[Row] = []
    for kom in koms:
        for target in ("maalgruppe", "andre"):
            persons = shown("kommuneflytning_kommuner", kom, target, ALL)
            moved = shown("kommuneflytning_kommuner", kom, target, MOVED)
            by_kom.append(
                {
                    "kom": kom,
                    "kommune": names[int(kom)],
                    "persongruppe": target,
                    "persongruppe_tekst": TARGETS[target],
                    "personer": persons,
                    "flyttet": moved,
                    "andel_pct": share_pct(moved, persons),
                }
            )
    exports = replace(SHAPES["social_eksport"], rows=rows)
    return [
        exports,
        replace(SHAPES["social_eksport_kommuner"], rows=by_kom),
        _differences(source, exports, float(confidence)),
    ]


def _rate(persons: Value, moved: Value, confidence: float) -> dict[str, Value]:
    if WITHHELD in (persons, moved):
        return {"andel_pct": WITHHELD, "nedre_pct": WITHHELD, "oevre_pct": WITHHELD}
    assert isinstance(persons, int)
    assert isinstance(moved, int)
    if not persons:
        return {"andel_pct": None, "nedre_pct": None, "oevre_pct": None}
    low, high = uncertainty.share_interval(moved, persons, confidence)
    return {
        "andel_pct": share_pct(moved, persons),
        "nedre_pct": rounded(Fraction(low) * 100, 1),
        "oevre_pct": rounded(Fraction(high) * 100, 1),
    }


def _differences(source: Source, exports: Finished, confidence: float) -> Finished:
    """The target group's rate with listed areas less that without; that less the same of other adults; and how much
    the latter has changed since the last list year before the rules, where the home has one."""
    rows: list[Row] = []
    years = sorted({int(str(row["aar"])) for row in exports.rows})
    before = [year for year in years if _before_the_rules(source, year)]
    for year in years:
        measures = {"forskel": _shares(exports, year, ("maalgruppe",)), "merforskel": _shares(exports, year)}
        if before and year not in before:
            then = _shares(exports, before[-1])
            measures["aendring"] = measures["merforskel"] + [(-sign, counts) for sign, counts in then]
        for measure, parts in measures.items():
            words = CHANGED_SINCE if measure == "aendring" else VERDICTS
            rows.append(
                {
                    "aar": year,
                    "periode": "foer" if year in before else "efter",
                    "maal": measure,
                    "maal_tekst": MEASURES_OF_EXPORT[measure],
                    **_verdict(parts, source.limits.minimum_count, confidence, words),
                }
            )
    return replace(SHAPES["social_eksport_forskel"], rows=rows)


def _before_the_rules(source: Source, year: int) -> bool:
    start = source.law.get("forebyggelsesomraade.nonwestern")
    return start is None or dt.date(year, 1, 1) <= start.effective_from


def _shares(
    exports: Finished, year: int, targets: Sequence[str] = ("maalgruppe", "andre")
) -> list[tuple[int, tuple[Any, Any]]]:
    """Movers and persons behind a difference, each with its sign; others than the target group are taken off."""
    found = []
    for row in exports.rows:
        target, group = str(row["persongruppe"]), str(row["kommunegruppe"])
        if row["aar"] == year and target in targets:
            sign = (1 if target == "maalgruppe" else -1) * (1 if group == "med" else -1)
            found.append((sign, (number(row, "flyttet"), number(row, "personer"))))
    return found


MEASURES_OF_EXPORT = {
    "forskel": "Målgruppens udflytning: kommuner med områder minus øvrige",
    "merforskel": "Samme, ud over andre voksnes forskel",
    "aendring": "Ændring i den siden sidste listeår før reglerne",
}
CHANGED_SINCE = {
    "hoejere": "Udflytningen er steget",
    "lavere": "Udflytningen er faldet",
    "ingen_forskel": "Ingen sikker ændring, den kan skyldes tilfældigheder",
    "for_faa": VERDICTS["for_faa"],
}


def _verdict(
    parts: Sequence[tuple[int, tuple[Any, Any]]], least: int, confidence: float, words: Mapping[str, str]
) -> dict[str, Value]:
    usable = all(moved is not None and persons and moved >= least for _, (moved, persons) in parts)
    if not usable:
        code = "for_faa"
        return {"forskel_pct": None, "nedre_pct": None, "oevre_pct": None, "dom": code, "dom_tekst": words[code]}
    value, low, high = uncertainty.contrast([(sign, int(m), int(n)) for sign, (m, n) in parts], confidence)
    code = "hoejere" if low > 0 else "lavere" if high < 0 else "ingen_forskel"
    return {
        "forskel_pct": rounded(Fraction(value) * 100, 1),
        "nedre_pct": rounded(Fraction(low) * 100, 1),
        "oevre_pct": rounded(Fraction(high) * 100, 1),
        "dom": code,
        "dom_tekst": words[code],
    }


# --- net immigration --------------------------------------------------------------------------------------------


def _migrations(source: Source, shown: _Shown) -> list[Finished]:
    years = sorted({int(cell[0].split("_")[1]) for cell in shown.values if cell[0].startswith("vandringer_")})
    rows: list[Row] = []
    net: dict[int, Value] = {}
    for year in years:
        for origin, text in {ALL: "I alt", **ORIGINS}.items():
            came, went = shown(f"vandringer_{year}_ind", origin), shown(f"vandringer_{year}_ud", origin)
            balance: Value = WITHHELD if WITHHELD in (came, went) else int(str(came)) - int(str(went))
            if origin == "ikke_vestlig":
                net[year] = balance
            rows.append(
                {
                    "aar": year,
                    "oprindelse": origin,
                    "oprindelse_tekst": text,
                    "indvandrede": came,
                    "udvandrede": went,
                    "netto": balance,
                }
            )
    return [replace(SHAPES["nettoindvandring"], rows=rows), _level(source, net)]


def _level(source: Source, net: Mapping[int, Value]) -> Finished:
    """The last whole year held against the level of the years before it (a dated choice)."""
    choice = source.law.get("valg.net_immigration_level")
    length = source.whole("redegoerelse.level_years")
    rows: list[Row] = []
    for year in sorted(net):
        before = [net.get(earlier) for earlier in range(year - length, year)]
        last = net[year]
        known = [value for value in before if isinstance(value, int)]
        if year >= source.list_year or len(known) < length or not isinstance(last, int) or choice is None:
            continue
        mean = Fraction(sum(known), length)
        level = mean if choice.text == "above_mean" else Fraction(max(known))
        rows.append(
            {
                "aar": year,
                "netto": last,
                "foerste_aar": year - length,
                "sidste_aar": year - 1,
                "niveau": int(rounded(level, 0)),
                "metode": choice.text,
                "opfyldt": last > level,
            }
        )
    return replace(SHAPES["nettoindvandring_niveau"], rows=rows)


# --- evaluation -------------------------------------------------------------------------------------------------


def _base_year(source: Source) -> int | None:
    """The first list year sealed here with forebyggelsesområder, where it is before this one."""
    found = source.con.execute(
        """
        SELECT min(list_year) FROM published.area_status
        WHERE list_year < ? AND status = 'forebyggelsesomraade'
        """,
        [source.list_year],
    ).fetchall()[0][0]
    return None if found is None else int(found)


def _comparison(source: Source) -> Finished:
    """Areas just above and just below the limits of § 61 b in the base year, and how they changed since."""
    base = _base_year(source)
    width = source.law["redegoerelse.bandwidth"].value
    confidence = source.law["redegoerelse.confidence"].value
    assert isinstance(width, Fraction)
    assert isinstance(confidence, Fraction)
    rows: list[Row] = []
    if base is not None:
        by_year = {(row["year"], row["area_id"]): row for row in source.rows("report.area_years")}
        sides: dict[str, list[str]] = {"over": [], "under": []}
        for (year, area_id), row in by_year.items():
            near = row["large_enough"] and row["score"] is not None and abs(row["score"]) <= width
            if year == base and near and (source.list_year, area_id) in by_year:
                if row["status"] == "forebyggelsesomraade":
                    sides["over"].append(area_id)
                elif row["status"] == "ikke_omfattet":
                    sides["under"].append(area_id)
        enough = min(map(len, sides.values())) >= source.whole("redegoerelse.least_areas")
        for outcome, text in OUTCOMES.items():
            samples = {
                side: [
                    (float(by_year[base, a][outcome]) * 100, float(by_year[source.list_year, a][outcome]) * 100)
                    for a in areas
                    if by_year[base, a][outcome] is not None and by_year[source.list_year, a][outcome] is not None
                ]
                for side, areas in sides.items()
            }
            rows += _sides((base, source.list_year), outcome, text, samples, enough, float(confidence))
    return replace(SHAPES["evaluering"], rows=rows)


def _sides(
    years: tuple[int, int],
    outcome: str,
    text: str,
    samples: Mapping[str, Sequence[tuple[float, float]]],
    enough: bool,
    confidence: float,
) -> list[Row]:
    rows: list[Row] = []
    head: dict[str, Value] = {"fra": years[0], "til": years[1], "udfald": outcome, "udfald_tekst": text}

    def told(value: float) -> Value:
        return rounded(Fraction(value), 1)

    for side, words in SIDES.items():
        pairs = samples[side]
        changes = [after - before for before, after in pairs]
        rows.append(
            {
                **head,
                "side": side,
                "side_tekst": words,
                "omraader": len(pairs),
                "foer": told(uncertainty.mean([before for before, _ in pairs])) if pairs else None,
                "efter": told(uncertainty.mean([after for _, after in pairs])) if pairs else None,
                "aendring": told(uncertainty.mean(changes)) if changes else None,
                "nedre": None,
                "oevre": None,
                "dom": None,
                "dom_tekst": None,
            }
        )
    over, under = ([after - before for before, after in samples[side]] for side in ("over", "under"))
    code = "for_faa"
    value = low = high = None
    if enough:
        value, low, high = uncertainty.difference_of_means(over, under, confidence)
        code = "hoejere" if low > 0 else "lavere" if high < 0 else "ingen_forskel"
    rows.append(
        {
            **head,
            "side": "forskel",
            "side_tekst": "Forskel i ændring",
            "omraader": len(over) + len(under),
            "foer": None,
            "efter": None,
            "aendring": None if value is None else rounded(Fraction(value), 1),
            "nedre": None if low is None else rounded(Fraction(low), 1),
            "oevre": None if high is None else rounded(Fraction(high), 1),
            "dom": code,
            "dom_tekst": COMPARED[code],
        }
    )
    return rows


COMPARED = {
    "hoejere": "Større stigning over grænsen",
    "lavere": "Mindre stigning over grænsen",
    "ingen_forskel": "Ingen sikker forskel",
    "for_faa": "For få områder til at sige noget",
}


def _exempted(source: Source) -> Finished:
    """Municipalities that exempted areas in the base year, and the others with listed areas, then and now."""
    base = _base_year(source)
    rows: list[Row] = []
    if base is not None:
        found = source.con.execute(
            """
            WITH grupper AS (
                SELECT kom, CASE WHEN homes_exempted > 0 THEN 'undtaget' ELSE 'ikke_undtaget' END AS gruppe
                FROM published.municipal_cap
                WHERE list_year = $base AND homes_udsat + homes_forebyggelse > 0
            )
            SELECT
                grupper.gruppe, cap.list_year, count(*), sum(cap.family_homes)::BIGINT,
                sum(cap.homes_udsat + cap.homes_forebyggelse)::BIGINT, sum(cap.covered_homes)::BIGINT
            FROM grupper
            INNER JOIN published.municipal_cap AS cap
                ON cap.kom = grupper.kom AND cap.list_year IN ($base, $year)
            GROUP BY ALL
            ORDER BY ALL
            """,
            {"base": base, "year": source.list_year},
        ).fetchall()
        rows = [
            {
                "aar": int(year),
                "gruppe": group,
                "gruppe_tekst": EXEMPTED[group],
                "kommuner": int(koms),
                "familieboliger": int(homes),
                "i_omraader_pct": share_pct(int(listed), int(homes)),
                "omfattet_pct": share_pct(int(covered), int(homes)),
            }
            for group, year, koms, homes, listed, covered in found
        ]
    return replace(SHAPES["evaluering_kommuner"], rows=rows)


EXEMPTED = {
    "undtaget": "Kommuner, der havde undtaget områder",
    "ikke_undtaget": "Øvrige kommuner med områder",
}
