"""Running again: same inputs give the same bytes, other inputs the next revision, a failure changes nothing.

Belongs here: revisions, `verify`, and what a run leaves on disk. Does not belong: the figures themselves.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.command import Result, csv_table, edition, file_bytes, fresh_cli, manifest, run_cli, run_list
from tests.populations import Style, World, random_world, write_reference, write_snapshots

YEAR = 2024
PEOPLE = ("bef", f"{YEAR}-01-01")


def without_run(content: dict[str, Any]) -> dict[str, Any]:
    """A manifest without what differs from run to run."""
    return {key: value for key, value in content.items() if key != "run"}


def tables(home: Path) -> dict[str, bytes]:
    """The sealed files but the manifest, whose `run` part names the run."""
    return {name: data for name, data in file_bytes(edition(home, YEAR)).items() if name != "manifest.json"}


@dataclass(frozen=True)
class State:
    files: dict[str, bytes]
    manifest: dict[str, Any]


def state(home: Path) -> State:
    return State(tables(home), without_run(manifest(home, YEAR)))


@dataclass(frozen=True)
class Story:
    """One home after each of four runs: first, again, on changed input, on faulty input."""

    home: Path
    snapshots: Path
    world: World
    first: State
    again: State
    changed: State
    failed: Result
    after_failure: State


def deliver(snapshots: Path, rows: list[dict[str, str]], day: str) -> None:
    """One reference delivered once more on a later day."""
    folder = write_reference(snapshots / "nyt", *PEOPLE, rows, Style())
    shutil.move(folder, snapshots / PEOPLE[0] / PEOPLE[1] / day)
    shutil.rmtree(snapshots / "nyt")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("again")
    world = random_world(6, YEAR, large=2)
    home, snapshots = folder / "home", write_snapshots(world, folder / "snapshots")
    assert run_list(YEAR, snapshots, home).code == 0
    first = state(home)
    assert run_list(YEAR, snapshots, home).code == 0
    again = state(home)
    rows = world.tables[PEOPLE]
    areas = {row["area_id"]: row for row in csv_table(home, YEAR, "area_status")}
    assert areas["stor-0"]["residents"] != "0"
    lives_there = next(row for row in reversed(rows) if row["ADRESSE_ID"] == "adresse-stor-0")
    deliver(snapshots, [row for row in rows if row is not lives_there], f"{YEAR}-09-01")
    assert run_list(YEAR, snapshots, home, "--reason", "En beboer mindre i bef").code == 0
    changed = state(home)
    deliver(snapshots, [*rows, rows[0]], f"{YEAR}-10-01")
    failed = run_list(YEAR, snapshots, home)
    return Story(home, snapshots, world, first, again, changed, failed, state(home))


def test_the_same_inputs_change_nothing(story: Story) -> None:
    assert story.first.manifest["revision"] == 1
    assert story.again == story.first


def test_other_inputs_make_the_next_revision(story: Story) -> None:
    assert story.changed.manifest["revision"] == 2
    assert story.changed.manifest["reason"] == "En beboer mindre i bef"
    assert story.changed.files["area_criteria.csv"] != story.first.files["area_criteria.csv"]


def test_the_earlier_revision_is_kept(story: Story) -> None:
    kept = file_bytes(story.home / "editions" / ".revisions" / str(YEAR) / "1")
    assert {name: data for name, data in kept.items() if name != "manifest.json"} == story.first.files
    assert "manifest.json" in kept


def test_a_failed_run_leaves_the_earlier_edition(story: Story) -> None:
    assert story.failed.code != 0
    assert story.after_failure == story.changed
    assert not (story.home / "editions" / ".revisions" / str(YEAR) / "2").exists()


def test_the_manifest_hashes_every_file(story: Story) -> None:
    text = str(manifest(story.home, YEAR))
    sealed = {name: hashlib.sha256(data).hexdigest() for name, data in story.changed.files.items()}
    assert {name for name, digest in sealed.items() if digest not in text} == set()
    read = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in file_bytes(story.snapshots).items()
        if not name.startswith(str(Path(*PEOPLE)))
    }
    assert read
    assert {name for name, digest in read.items() if digest not in text} == set()
    newest = next((story.snapshots / PEOPLE[0] / PEOPLE[1] / f"{YEAR}-09-01").iterdir())
    assert hashlib.sha256(newest.read_bytes()).hexdigest() in text
    older = [path for path in (story.snapshots / PEOPLE[0] / PEOPLE[1]).iterdir() if path.is_file()]
    assert [path.name for path in older if hashlib.sha256(path.read_bytes()).hexdigest() in text] == []


def test_two_homes_give_the_same_bytes(story: Story, tmp_path: Path) -> None:
    """The whole story of a home does not show in its tables: a new home reaches the first state at once."""
    snapshots = write_snapshots(story.world, tmp_path / "snapshots")
    assert run_list(YEAR, snapshots, tmp_path / "home").code == 0
    assert state(tmp_path / "home") == story.first


def test_reason_is_what_changed_where_none_is_given(tmp_path: Path) -> None:
    world = random_world(7, YEAR, large=0)
    home, snapshots = tmp_path / "home", write_snapshots(world, tmp_path / "snapshots")
    assert run_list(YEAR, snapshots, home).code == 0
    deliver(snapshots, world.tables[PEOPLE][1:], f"{YEAR}-09-01")
    assert run_list(YEAR, snapshots, home).code == 0
    content = manifest(home, YEAR)
    assert content["revision"] == 2
    assert "bef" in content["reason"]


def test_verify_agrees_with_an_untouched_edition(story: Story) -> None:
    result = run_cli("verify", "--home", story.home, "--list-year", YEAR)
    assert result.code == 0, result.output[-3000:]


@pytest.mark.parametrize("name", ["area_status.csv", "municipal_cap.parquet", "public/lister.html"])
def test_verify_names_the_file_in_which_one_byte_changed(name: str, story: Story, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(story.home, home)
    path = edition(home, YEAR) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    result = run_cli("verify", "--home", home, "--list-year", YEAR)
    assert result.code != 0
    assert "Traceback" not in result.output
    assert [line for line in result.lines if name in line]


def test_the_installed_console_script_runs_too(tmp_path: Path) -> None:
    """Not in a forked process, but as a user types it; a second run in another process changes nothing."""
    world = random_world(8, YEAR, large=0)
    snapshots, home = write_snapshots(world, tmp_path / "snapshots"), tmp_path / "home"
    call = ("run", "--list-year", YEAR, "--snapshots", snapshots, "--home", home, "--as-of", f"{YEAR}-12-01")
    first = fresh_cli(*call)
    assert first.code == 0, first.output[-3000:]
    sealed = state(home)
    assert run_list(YEAR, snapshots, home).code == 0
    assert sealed.manifest["revision"] == 1
    assert {name: data for name, data in tables(home).items() if name in sealed.files} == sealed.files
