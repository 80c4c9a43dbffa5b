"""What the report says of differences: intervals against known figures, verdicts, and years before the rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

import duckdb
import pytest

from assets.disclosure.limits import disclosure_limits
from assets.finished import Finished, Row
from assets.reporting import comparisons, uncertainty
from assets.reporting.comparisons import COMPARED, sides, verdict
from assets.reporting.labels import VERDICTS
from assets.reporting.shapes import SHAPES
from assets.reporting.source import Source
from law.loader import Law, report_law

CONFIDENCE = 0.95
NORMAL = 1.959964
"""Standard errors that 95 pct. reach."""


def test_wilsons_interval_of_a_share() -> None:
    """10 of 100 and none of 10, by the closed form worked out by hand."""
    assert uncertainty.share_interval(10, 100, CONFIDENCE) == pytest.approx((0.0552, 0.1744), abs=5e-5)
    assert uncertainty.share_interval(0, 10, CONFIDENCE) == pytest.approx((0.0, 0.2775), abs=5e-5)


def test_a_difference_of_shares_has_the_errors_of_both() -> None:
    reach = NORMAL * (0.25 / 100 + 0.21 / 100) ** 0.5
    found = uncertainty.contrast([(1, 50, 100), (-1, 30, 100)], CONFIDENCE)
    assert found == pytest.approx((0.2, 0.2 - reach, 0.2 + reach))


def test_a_difference_of_means_has_the_variances_of_both() -> None:
    reach = NORMAL * (1 / 3 + 3 / 3) ** 0.5
    found = uncertainty.difference_of_means([1, 2, 3], [0, 0, 3], CONFIDENCE)
    assert found == pytest.approx((1, 1 - reach, 1 + reach))


@pytest.mark.parametrize(
    ("movers", "expected"), [((300, 100), "hoejere"), ((100, 300), "lavere"), ((200, 201), "ingen_forskel")]
)
def test_the_verdict_follows_the_interval(movers: tuple[int, int], expected: str) -> None:
    told = verdict([(1, (movers[0], 1000)), (-1, (movers[1], 1000))], 5, CONFIDENCE, VERDICTS)
    assert (told["dom"], told["dom_tekst"]) == (expected, VERDICTS[expected])
    assert told["forskel_pct"] == Decimal(movers[0] - movers[1]) / 10


@pytest.mark.parametrize("part", [(4, 1000), (None, 1000), (300, None), (0, 0)])
def test_few_a_withheld_count_or_nobody_gives_no_verdict(part: tuple[int | None, int | None]) -> None:
    told = verdict([(1, (300, 1000)), (-1, part)], 5, CONFIDENCE, VERDICTS)
    assert told["dom"] == "for_faa"
    assert told["forskel_pct"] is told["nedre_pct"] is told["oevre_pct"] is None


def areas(before: float, changes: Sequence[float]) -> list[tuple[float, float]]:
    return [(before, before + change) for change in changes]


@pytest.mark.parametrize(
    ("over", "under", "expected"),
    [
        ([5.0, 6.0, 7.0], [0.0, 1.0, 2.0], "hoejere"),
        ([0.0, 1.0, 2.0], [5.0, 6.0, 7.0], "lavere"),
        ([0.0, 9.0, 3.0], [1.0, 8.0, 3.0], "ingen_forskel"),
        ([5.0, 6.0], [0.0, 1.0, 2.0], "for_faa"),
    ],
)
def test_areas_over_and_under_the_limits(over: list[float], under: list[float], expected: str) -> None:
    rows = sides({"over": areas(30, over), "under": areas(20, under)}, 3, CONFIDENCE)
    assert [row["side"] for row in rows] == ["over", "under", "forskel"]
    assert [row["omraader"] for row in rows] == [len(over), len(under), len(over) + len(under)]
    assert (rows[0]["foer"], rows[1]["foer"]) == (Decimal("30.0"), Decimal("20.0"))
    assert float(str(rows[0]["aendring"])) == pytest.approx(sum(over) / len(over), abs=0.05)
    assert (rows[2]["dom"], rows[2]["dom_tekst"]) == (expected, COMPARED[expected])
    assert (rows[2]["aendring"] is None) is (expected == "for_faa")


def test_one_area_does_not_vary_and_gives_no_interval() -> None:
    rows = sides({"over": areas(30, [5.0]), "under": areas(20, [1.0])}, 1, CONFIDENCE)
    assert rows[2]["dom"] == "for_faa"


MOVED = {("med", "maalgruppe"): 900, ("uden", "maalgruppe"): 500, ("med", "andre"): 500, ("uden", "andre"): 500}


def exports(*years: int) -> Finished:
    """Ten thousand persons in each group, of whom the target group leaves municipalities with areas more often."""
    rows: list[Row] = [
        {"aar": year, "kommunegruppe": group, "persongruppe": target, "personer": 10_000, "flyttet": moved}
        for year in years
        for (group, target), moved in MOVED.items()
    ]
    return replace(SHAPES["social_eksport"], rows=rows)


def amended() -> Law:
    """The law with new values of § 61 b from 2030, as docs/law-changes.md shows how to enter them."""
    law, day = report_law(), dt.date(2030, 1, 1)
    parameters = dict(law.parameters)
    for name in ("forebyggelsesomraade.nonwestern", "forebyggelsesomraade.residents"):
        *earlier, last = parameters[name].values
        values = (*earlier, replace(last, until=day), replace(last, effective_from=day))
        parameters[name] = replace(parameters[name], values=values)
    return Law(MappingProxyType(parameters), law.overrides)


@pytest.mark.parametrize("law", [report_law(), amended()], ids=["in force", "amended"])
def test_years_are_before_or_after_the_rules_whatever_is_amended_later(
    law: Law, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "report_law", lambda: law)
    rows = comparisons.differences(exports(2020, 2021, 2022, 2023, 2030), 5, CONFIDENCE).rows
    periods = {(row["aar"], row["periode"]) for row in rows}
    assert periods == {
        (2020, "foer"), (2021, "foer"), (2022, "overgang"), (2023, "efter"), (2030, "efter"),
    }  # fmt: skip
    changed = {row["aar"]: row["dom"] for row in rows if row["maal"] == "aendring"}
    assert changed == {2023: "ingen_forskel", 2030: "ingen_forskel"}
    assert {row["dom"] for row in rows if row["maal"] == "forskel"} == {"hoejere"}


def area_year(year: int, area: str, status: str, **figures: object) -> dict[str, object]:
    """An area near the limits in one year: a thousand residents, all of working age, 300 in every count."""
    shares = dict.fromkeys(
        ("nonwestern_share", "outside_share", "outside_share_y1", "outside_share_y2"), Decimal("0.3")
    )
    return {
        "year": year, "area_id": area, "status": status, "large_enough": True, "near_the_limits": True,
        "residents": 1000, "nonwestern": 300, "persons_18_64_y1": 1000, "persons_18_64_y2": 1000, "persons_30_59": 1000,
        "primary_only": 300, "income_persons": 900, **shares, "primary_only_share": Decimal("0.3"),
        "income_ratio": Decimal("0.6"), **figures,
    }  # fmt: skip


def test_an_area_whose_figure_rests_on_few_persons_is_no_part_of_the_comparison(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With one area on a side the mean would be its figure: three of a thousand outside work, withheld elsewhere."""
    few = {"outside_share": Decimal("0.003"), "outside_share_y1": Decimal("0.003")}
    found = [
        area_year(2025, "OVER", "forebyggelsesomraade", **few), area_year(2026, "OVER", "forebyggelsesomraade"),
        area_year(2025, "UNDER", "ikke_omfattet"), area_year(2026, "UNDER", "ikke_omfattet", **few),
    ]  # fmt: skip
    monkeypatch.setattr(comparisons, "_base_year", lambda _source: 2025)
    monkeypatch.setattr(Source, "rows", lambda _source, _table: found)
    with duckdb.connect() as con:
        table = comparisons.comparison(Source(con, 2026, report_law().for_list_year(2026), disclosure_limits()))
    told = {(row["udfald"], row["side"]): (row["omraader"], row["foer"], row["efter"]) for row in table.rows}
    for side in ("over", "under"):
        assert told["outside_share", side] == (0, None, None)
        assert told["primary_only_share", side] == (1, Decimal("30.0"), Decimal("30.0"))
