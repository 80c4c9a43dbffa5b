"""A list year without a listed area: what the report says where there is nothing to tell.

The population is so small that no area has the residents that the act asks for.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import csv_table, edition, run_cli
from tests.report.conftest import plain

YEAR = 2026
POPULATION = 5_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("nothing_listed")
    snapshots, home = root / "snapshots", root / "home"
    demo = run_cli("demo", "--snapshots", snapshots, "--list-year", YEAR, "--population", POPULATION)
    assert demo.code == 0, demo.output
    run = run_cli("run", "--list-year", YEAR, "--snapshots", snapshots, "--home", home, "--as-of", f"{YEAR}-12-01")
    assert run.code == 0, run.output
    assert f"Report {YEAR}:" in run.output, run.output
    assert {row["status"] for row in csv_table(home, YEAR, "area_status")} == {"ikke_omfattet"}
    return home


@pytest.fixture(scope="module")
def source(home: Path) -> str:
    return (edition(home, YEAR) / "report" / "redegoerelse.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(source: str) -> str:
    return " ".join(plain(re.sub("<[^>]+>", "", source)).replace("\u00ad", "").split())


def test_no_table_is_a_head_without_lines(source: str) -> None:
    bodies = re.findall(r"<tbody>(.*?)</tbody>", source, re.DOTALL)
    assert len(bodies) > 5
    assert all("<tr>" in body for body in bodies)


def test_no_sentence_counts_areas_that_are_not_there(source: str, text: str) -> None:
    assert "Udsatte boligområder: ingen områder;" in text
    assert "0 områder" not in text
    assert "fik områderne" not in text
    assert 'data-cell="flytninger:' not in source
    assert "Ingen kommune har almene familieboliger i områder på listerne." in text
    assert text.count("Intet område står på en liste i år.") == 2


def test_social_export_is_not_said_to_lack_moves(text: str) -> None:
    assert text.count("kan ikke vurderes: ingen kommune har områder på listerne.") == 2
    assert "der er for få flytninger" not in text
