"""What the report holds against each other: social export, net immigration, and areas on either side of the limits.

Verdicts are of statistics, with their uncertainty, and no legal decisions. What does not belong here: what is counted
(`sql/report`) and how an interval is reckoned (`assets.reporting.uncertainty`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from statistics import fmean
from typing import Any

from assets.code_lists import municipality_names
from assets.disclosure.limits import WITHHELD, Limits
from assets.finished import Finished, Row, Value, number, share_pct
from assets.publishing.public_lists import figure_rests_on_few
from assets.reporting import uncertainty
from assets.reporting.cells import AREA, MOVED, migration_cube, migration_years
from assets.reporting.labels import ALL, MUNICIPALITY_GROUPS, ORIGINS, OUTCOMES, SIDES, TARGETS, VERDICTS
from assets.reporting.shapes import SHAPES
from assets.reporting.shown import Shown
from assets.reporting.source import Source, place
from assets.rounding import rounded
from law.loader import report_law

# --- social export ----------------------------------------------------------------------------------------------


def social_export(source: Source, shown: Shown) -> list[Finished]:
    """Who left municipalities with and without listed areas, by group and by municipality, and what differs."""
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
    koms = {cell[1] for cell in shown.values if cell[0] == "kommuneflytning_kommuner" and cell[1] != "med"}
    by_kom: list[Row] = []
    for kom in sorted(koms, key=lambda kom: place(names[int(kom)])):
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
        differences(exports, source.limits.minimum_count, float(confidence)),
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


def differences(exports: Finished, least: int, confidence: float) -> Finished:
    """The target group's rate with listed areas less that without; that less the same of other adults; and how much
    the latter has changed since the last list year before the rules, where the home has one."""
    rows: list[Row] = []
    years = sorted({int(str(row["aar"])) for row in exports.rows})
    before = [year for year in years if period(year) == "foer"]
    for year in years:
        measures = {"forskel": _shares(exports, year, ("maalgruppe",)), "merforskel": _shares(exports, year)}
        if before and period(year) == "efter":
            then = _shares(exports, before[-1])
            measures["aendring"] = measures["merforskel"] + [(-sign, counts) for sign, counts in then]
        for measure, parts in measures.items():
            words = CHANGED_SINCE if measure == "aendring" else VERDICTS
            rows.append(
                {
                    "aar": year,
                    "periode": period(year),
                    "maal": measure,
                    "maal_tekst": MEASURES_OF_EXPORT[measure],
                    **verdict(parts, least, confidence, words),
                }
            )
    return replace(SHAPES["social_eksport_forskel"], rows=rows)


def period(year: int) -> str:
    """Whether the moves that a list year counts, of the year up to its 1 January, lie before the rules of § 61 b
    (`foer`), after they began (`efter`), or on either side of that day (`overgang`)."""
    rules = report_law().first_day("forebyggelsesomraade.residents")
    if dt.date(year, 1, 1) <= rules:
        return "foer"
    return "efter" if dt.date(year - 1, 1, 1) >= rules else "overgang"


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
    "merforskel": "Merforskel: målgruppens forskel minus andre voksnes",
    "aendring": "Ændring i merforskellen siden det sidste listeår før reglerne",
}
CHANGED_SINCE = {
    "hoejere": "Udflytningen er steget",
    "lavere": "Udflytningen er faldet",
    "ingen_forskel": "Ingen sikker ændring, den kan skyldes tilfældigheder",
    "for_faa": VERDICTS["for_faa"],
}


def verdict(
    parts: Sequence[tuple[int, tuple[Any, Any]]], least: int, confidence: float, words: Mapping[str, str]
) -> dict[str, Value]:
    """A signed sum of shares in pct. with its interval, and what it says. Each part is (sign, (movers, persons));
    where one has fewer than `least` movers, or is withheld, nothing is said."""
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


def migrations(source: Source, shown: Shown) -> list[Finished]:
    """Persons who came to and left the country by year and origin, and the last whole year against those before."""
    rows: list[Row] = []
    net: dict[int, Value] = {}
    for year in migration_years(shown.values):
        for origin, text in {ALL: "I alt", **ORIGINS}.items():
            came, went = (_delivered(shown, migration_cube(year, way), origin) for way in ("ind", "ud"))
            balance = _balance(came, went)
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


def _delivered(shown: Shown, cube: str, origin: str) -> Value:
    """A count of migrations; none where that direction of the year was not delivered."""
    return shown(cube, origin) if (cube, origin) in shown.values else None


def _balance(came: Value, went: Value) -> Value:
    """Those who came less those who went: none where one of the two was not delivered, withheld where one is."""
    if came is None or went is None:
        return None
    return WITHHELD if WITHHELD in (came, went) else int(str(came)) - int(str(went))


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


OF_CRITERION: Mapping[str, str] = {
    "nonwestern_share": "nonwestern",
    "outside_share": "outside",
    "primary_only_share": "primary_only",
    "income_ratio": "income",
}
"""The criterion that an outcome is the figure of."""


def comparison(source: Source) -> Finished:
    """Areas just above and just below the limits of § 61 b in the base year, and how they changed since. An area is
    left out of an outcome that rests on few persons in one of the years: with few areas the mean would tell it."""
    base = _base_year(source)
    confidence = source.law["redegoerelse.confidence"].value
    assert isinstance(confidence, Fraction)
    rows: list[Row] = []
    if base is not None:
        by_year = {(row["year"], row["area_id"]): row for row in source.rows("report.area_years")}
        near: dict[str, list[str]] = {side: [] for side in SIDES}
        for (year, area_id), row in by_year.items():
            compared = row["large_enough"] and row["near_the_limits"] and (source.list_year, area_id) in by_year
            if year == base and compared:
                if row["status"] == "forebyggelsesomraade":
                    near["over"].append(area_id)
                elif row["status"] == "ikke_omfattet":
                    near["under"].append(area_id)
        least = source.whole("redegoerelse.least_areas")
        for outcome, text in OUTCOMES.items():
            head: Row = {"fra": base, "til": source.list_year, "udfald": outcome, "udfald_tekst": text}
            samples = {
                side: [
                    (float(before[outcome]) * 100, float(after[outcome]) * 100)
                    for before, after in ((by_year[base, area], by_year[source.list_year, area]) for area in areas)
                    if all(_told_of_area(row, outcome, source.limits) for row in (before, after))
                ]
                for side, areas in near.items()
            }
            rows += [{**head, **row} for row in sides(samples, least, float(confidence))]
    return replace(SHAPES["evaluering"], rows=rows)


def _told_of_area(row: Mapping[str, Any], outcome: str, limits: Limits) -> bool:
    return row[outcome] is not None and not figure_rests_on_few(row, OF_CRITERION[outcome], limits)


def sides(samples: Mapping[str, Sequence[tuple[float, float]]], least: int, confidence: float) -> list[Row]:
    """Means in pct. of the areas over and under the limits, then and now, and how the changes differ: with fewer than
    `least` areas on a side no difference is told, nor with one, which does not vary."""
    changes = {side: [after - before for before, after in samples[side]] for side in SIDES}
    rows = [
        _of_side(side, words)
        | {
            "omraader": len(samples[side]),
            "foer": _mean([before for before, _ in samples[side]]),
            "efter": _mean([after for _, after in samples[side]]),
            "aendring": _mean(changes[side]),
        }
        for side, words in SIDES.items()
    ]
    difference = _of_side("forskel", "Forskel i ændring") | {"omraader": sum(map(len, changes.values()))}
    code = "for_faa"
    if min(map(len, changes.values())) >= max(least, 2):
        value, low, high = uncertainty.difference_of_means(changes["over"], changes["under"], confidence)
        difference |= {"aendring": _told(value), "nedre": _told(low), "oevre": _told(high)}
        code = "hoejere" if low > 0 else "lavere" if high < 0 else "ingen_forskel"
    return [*rows, difference | {"dom": code, "dom_tekst": COMPARED[code]}]


def _of_side(side: str, words: str) -> dict[str, Value]:
    empty = ("omraader", "foer", "efter", "aendring", "nedre", "oevre", "dom", "dom_tekst")
    return {"side": side, "side_tekst": words, **dict.fromkeys(empty)}


def _mean(values: Sequence[float]) -> Value:
    return _told(fmean(values)) if values else None


def _told(value: float) -> Value:
    return rounded(Fraction(value), 1)


COMPARED = {
    "hoejere": "Større stigning eller mindre fald over grænsen",
    "lavere": "Mindre stigning eller større fald over grænsen",
    "ingen_forskel": "Ingen sikker forskel",
    "for_faa": "For få områder til at sige noget",
}


def koms_of_hidden_homes(source: Source, shown: Shown) -> set[str]:
    """The municipalities with homes of an area whose family homes are withheld."""
    return {
        str(row["kom"])
        for row in source.rows("cap.area_cap")
        if ("boliger", AREA + row["area_id"], "familiebolig", ALL) in shown.hidden
    }


def _koms_of_few_homes(source: Source, year: int) -> set[str]:
    """The municipalities with homes of an area that had few family homes in a list year."""
    found = source.con.execute(
        """
        SELECT DISTINCT kom FROM published.area_cap
        WHERE list_year = $year AND area_id IN (
            SELECT area_id FROM published.area_cap WHERE list_year = $year
            GROUP BY area_id HAVING sum(family_homes) BETWEEN 1 AND $least - 1
        )
        """,
        {"year": year, "least": source.limits.minimum_count},
    ).fetchall()
    return {str(kom) for (kom,) in found}


def exempted(source: Source, shown: Shown) -> Finished:
    """Municipalities that exempted areas in the base year, and the others with listed areas, then and now. Shares are
    withheld where those of one of the municipalities are."""
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
                grupper.gruppe, cap.list_year, list(cap.kom), sum(cap.family_homes)::BIGINT,
                sum(cap.homes_udsat + cap.homes_forebyggelse)::BIGINT, sum(cap.covered_homes)::BIGINT
            FROM grupper
            INNER JOIN published.municipal_cap AS cap
                ON cap.kom = grupper.kom AND cap.list_year IN ($base, $year)
            GROUP BY grupper.gruppe, cap.list_year
            ORDER BY grupper.gruppe, cap.list_year
            """,
            {"base": base, "year": source.list_year},
        ).fetchall()
        hidden = {year: _koms_of_few_homes(source, year) for year in (base, source.list_year)}
        hidden[source.list_year] |= koms_of_hidden_homes(source, shown)
        rows = [
            {
                "aar": int(year),
                "gruppe": group,
                "gruppe_tekst": EXEMPTED[group],
                "kommuner": len(koms),
                "familieboliger": int(homes),
                "i_omraader_pct": share_pct(int(listed), int(homes)) if hidden[year].isdisjoint(koms) else WITHHELD,
                "omfattet_pct": share_pct(int(covered), int(homes)) if hidden[year].isdisjoint(koms) else WITHHELD,
            }
            for group, year, koms, homes, listed, covered in found
        ]
    return replace(SHAPES["evaluering_kommuner"], rows=rows)


EXEMPTED = {
    "undtaget": "Kommuner, der havde undtaget områder",
    "ikke_undtaget": "Øvrige kommuner med områder",
}
