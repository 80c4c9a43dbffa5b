"""List years before the agreement of 2021, and the first one after it that can be held against them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import Result, edition, file_bytes, fresh_cli, run_cli

BEFORE, AFTER = 2020, 2024
POPULATION = 20_000


def _run(root: Path, list_year: int, home: str, call: Callable[..., Result] = run_cli) -> str:
    run = call(
        "run", "--list-year", list_year, "--snapshots", root / str(list_year), "--home", root / home,
        "--as-of", f"{list_year}-12-01",
    )  # fmt: skip
    assert run.code == 0, run.output
    assert f"Report {list_year}:" in run.output, run.output
    return run.output


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before")
    for year in (BEFORE, AFTER):
        demo = run_cli("demo", "--snapshots", folder / str(year), "--list-year", year, "--population", POPULATION)
        assert demo.code == 0, demo.output
        _run(folder, year, "home")
    return folder


def _page(root: Path, list_year: int) -> str:
    return (edition(root / "home", list_year) / "report" / "redegoerelse.html").read_text(encoding="utf-8")


def test_what_the_law_did_not_know_is_said_and_not_counted_as_none(root: Path) -> None:
    page = _page(root, BEFORE)
    assert "Forebyggelsesområder fandtes ikke i loven på listens dag." in page
    assert "Loftet over kommunal anvisning fandtes ikke i loven på listens dag." in page
    assert "Listeåret ligger før aftalens regler" in page
    assert "Aftalens grund til genforhandling gælder ikke" in page
    assert "Der er kun opgjort ét listeår" in page
    assert "§ 61 b" not in page
    assert 'data-cell="lister:3:' not in page


def test_social_export_is_held_against_the_last_year_before_the_rules(root: Path) -> None:
    path = edition(root / "home", AFTER) / "report" / "social_eksport_forskel.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = {(row["aar"], row["maal"]): row for row in csv.DictReader(stream)}
    assert {row["periode"] for (year, _), row in rows.items() if year == str(BEFORE)} == {"foer"}
    assert (str(BEFORE), "aendring") not in rows
    change = rows[str(AFTER), "aendring"]
    then, now = rows[str(BEFORE), "merforskel"], rows[str(AFTER), "merforskel"]
    if "for_faa" in (then["dom"], now["dom"]):
        assert change["dom"] == "for_faa"
    else:
        moved = float(now["forskel_pct"]) - float(then["forskel_pct"])
        assert abs(float(change["forskel_pct"]) - moved) <= 0.11
        assert float(change["nedre_pct"]) <= float(change["forskel_pct"]) <= float(change["oevre_pct"])
    assert "Intet listeår fra før aftalens regler er opgjort" not in _page(root, AFTER)


def test_another_home_another_clock_the_same_bytes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same snapshots in a home made later, in another time zone and language: every file is the same."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    _run(root, BEFORE, "other", fresh_cli)
    one, other = (file_bytes(edition(root / home, BEFORE) / "report") for home in ("home", "other"))
    assert {"redegoerelse.html", "redegoerelse.pdf", "redegoerelse.xlsx", "report_manifest.json"} <= one.keys()
    assert [name for name in one if one[name] != other.get(name)] == []
    assert one.keys() == other.keys()
