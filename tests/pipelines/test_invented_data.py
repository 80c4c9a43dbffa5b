"""Editions of invented data: manifest and public page say so, released or not; those of real data do not."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assets.intake.deliveries import SYNTHETIC
from assets.publishing.public_lists import INVENTED
from tests.command import Result, edition, file_bytes, manifest, run_cli, run_list
from tests.graph.homes import YEAR, Ready


def page(home: Path) -> str:
    return (edition(home, YEAR) / "public" / "lister.html").read_text(encoding="utf-8")


def verify(home: Path) -> Result:
    return run_cli("verify", "--home", home, "--list-year", YEAR)


@dataclass(frozen=True)
class Story:
    """A home sealed without the mark, run again with it, run once more, and released."""

    home: Path
    real: tuple[dict[str, Any], str]
    marked: tuple[dict[str, Any], str]
    told: Result
    verified: list[Result]
    unchanged: bool


@pytest.fixture(scope="module")
def story(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> Story:
    home, snapshots = ready.copied(tmp_path_factory.mktemp("invented"))
    real = manifest(home, YEAR), page(home)
    (snapshots / SYNTHETIC).write_text("", encoding="utf-8")
    assert run_list(YEAR, snapshots, home).code == 0
    marked = manifest(home, YEAR), page(home)
    before = file_bytes(edition(home, YEAR))
    assert run_list(YEAR, snapshots, home).code == 0
    unchanged = file_bytes(edition(home, YEAR)) == before
    told = run_cli("diff", "--home", home, "--list-year", YEAR)
    verified = [verify(home)]
    released = run_cli("release", "--home", home, "--list-year", YEAR, "--by", "Kontoret")
    assert released.code == 0, released.output
    verified.append(verify(home))
    assert run_list(YEAR, snapshots, home).code == 0
    return Story(home, real, marked, told, verified, unchanged)


def test_an_edition_of_real_data_has_neither_key_nor_banner(story: Story) -> None:
    sealed, shown = story.real
    assert "synthetic" not in sealed
    assert "opdigtede" not in shown.lower()


def test_the_mark_of_the_snapshots_folder_makes_a_revision_that_says_so(story: Story) -> None:
    sealed, shown = story.marked
    assert (sealed["synthetic"], sealed["revision"]) == (True, 2)
    assert sealed["reason"] == "changed: whether the data are marked as invented"
    assert f'<aside class="invented" aria-label="Opdigtede data"><div class="wrap"><p>{INVENTED}</p>' in shown
    assert "UDKAST" in shown
    assert "data: not marked as invented -> marked as invented" in story.told.lines


def test_the_same_again_changes_nothing(story: Story) -> None:
    assert story.unchanged


def test_it_can_be_derived_anew_before_and_after_release(story: Story) -> None:
    assert [result.code for result in story.verified] == [0, 0], [result.output for result in story.verified]


def test_release_takes_udkast_off_and_leaves_the_banner(story: Story) -> None:
    sealed, shown = manifest(story.home, YEAR), page(story.home)
    assert (sealed["synthetic"], sealed["revision"]) == (True, 2)
    assert "udkast" not in shown.lower()
    assert INVENTED in shown


def test_a_manifest_that_lost_the_mark_is_not_what_was_sealed(story: Story, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(story.home, home)
    path = edition(home, YEAR) / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"synthetic": true', '"synthetic": false'), "utf-8")
    assert verify(home).code == 1


def test_a_scenario_of_invented_data_says_so(story: Story, ready: Ready) -> None:
    for home, invented in ((story.home, True), (ready.home, False)):
        copy = home.parent / f"scenario-{invented}"
        shutil.copytree(home, copy)
        setting = ("--set", "forebyggelsesomraade.nonwestern=29pct", "--name", "s")
        done = run_cli("scenario", "--home", copy, "--list-year", YEAR, *setting)
        assert done.code == 0, done.output
        assert (INVENTED in (copy / "scenarios" / "s" / "scenarie.html").read_text(encoding="utf-8")) is invented
