"""Running again: same inputs give the same bytes, other inputs the next revision, a failure changes nothing.

Belongs here: revisions, `verify`, and what a run leaves on disk. Does not belong: the figures themselves.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.command import Result, csv_table, edition, file_bytes, manifest, run_cli, run_list
from tests.populations import Style, World, random_world, write_reference, write_snapshots

YEAR = 2024
PEOPLE = ("bef", f"{YEAR}-01-01")


def without_run(content: dict[str, Any]) -> dict[str, Any]:
    """A manifest without what differs from run to run."""
    return {key: value for key, value in content.items() if key != "run"}


def sealed(list_year: int, snapshots: Path, home: Path, *more: object) -> None:
    result = run_list(list_year, snapshots, home, *more)
    assert result.code == 0, result.output[-3000:]


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
    """One home after each of five runs: first, again, on changed input, on faulty and on corrected input."""

    home: Path
    snapshots: Path
    world: World
    first: State
    again: State
    changed: State
    failed: Result
    after_failure: State
    kept_after_failure: list[str]
    corrected: State


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
    sealed(YEAR, snapshots, home)
    first = state(home)
    sealed(YEAR, snapshots, home)
    again = state(home)
    rows = world.tables[PEOPLE]
    areas = {row["area_id"]: row for row in csv_table(home, YEAR, "area_status")}
    assert areas["stor-0"]["residents"] != "0"
    lives_there = next(row for row in reversed(rows) if row["ADRESSE_ID"] == "adresse-stor-0")
    deliver(snapshots, [row for row in rows if row is not lives_there], f"{YEAR}-09-01")
    sealed(YEAR, snapshots, home, "--reason", "En beboer mindre i bef")
    changed = state(home)
    deliver(snapshots, [*rows, rows[0]], f"{YEAR}-10-01")
    failed = run_list(YEAR, snapshots, home)
    after_failure = state(home)
    kept = sorted(path.name for path in (home / "editions" / ".revisions" / str(YEAR)).iterdir())
    deliver(snapshots, rows, f"{YEAR}-11-01")
    sealed(YEAR, snapshots, home)
    return Story(home, snapshots, world, first, again, changed, failed, after_failure, kept, state(home))


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
    assert story.kept_after_failure == ["1"]


def test_the_manifest_hashes_every_file(story: Story) -> None:
    text = str(manifest(story.home, YEAR))
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in story.corrected.files.items()}
    assert {name for name, digest in digests.items() if digest not in text} == set()
    read = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in file_bytes(story.snapshots).items()
        if not name.startswith(str(Path(*PEOPLE)))
    }
    assert read
    assert {name for name, digest in read.items() if digest not in text} == set()
    newest = next((story.snapshots / PEOPLE[0] / PEOPLE[1] / f"{YEAR}-11-01").iterdir())
    assert hashlib.sha256(newest.read_bytes()).hexdigest() in text
    older = next((story.snapshots / PEOPLE[0] / PEOPLE[1] / f"{YEAR}-09-01").iterdir())
    assert hashlib.sha256(older.read_bytes()).hexdigest() not in text


def test_the_manifest_counts_the_rows_of_every_table_and_of_the_history(story: Story) -> None:
    told = manifest(story.home, YEAR)
    rows = {item["file"]: item["rows"] for item in told["outputs"]}
    for name, data in story.corrected.files.items():
        if name.endswith(".csv"):
            assert rows[name] == len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))) - 1
    assert sum(name.startswith("public/") and count is not None for name, count in rows.items()) == 4
    for item in told["history"]:
        delivered = story.world.tables["liste", str(item["year"])]
        listed = {row["AREA_ID"] for row in delivered if row["LISTE"] in ("parallelsamfund", "omdannelsesomraade")}
        assert (item["rows"], item["bytes"]) == (len(listed), len("\n".join(listed).encode()))


def test_the_reason_is_what_changed_where_none_is_given(story: Story) -> None:
    assert story.corrected.manifest["revision"] == 3
    assert "bef" in story.corrected.manifest["reason"]
    figures = ("area_criteria.csv", "area_status.csv", "municipal_cap.csv")
    assert [story.corrected.files[name] == story.first.files[name] for name in figures] == [True] * 3


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


# --- several list years in one process ---

THROUGH = ("--through", YEAR + 1, "--as-of", f"{YEAR + 1}-12-01")


def test_list_years_run_together_are_those_run_one_by_one(tmp_path: Path) -> None:
    world = random_world(6, YEAR, YEAR + 1, large=2)
    snapshots = write_snapshots(world, tmp_path / "snapshots")
    for list_year in (YEAR, YEAR + 1):
        sealed(list_year, snapshots, tmp_path / "one-by-one")
    sealed(YEAR, snapshots, tmp_path / "together", *THROUGH)
    for list_year in (YEAR, YEAR + 1):
        one, together = (edition(tmp_path / home, list_year) for home in ("one-by-one", "together"))
        named = {name: data for name, data in file_bytes(one).items() if name != "manifest.json"}
        assert {name: data for name, data in file_bytes(together).items() if name != "manifest.json"} == named
        manifests = [without_run(manifest(tmp_path / home, list_year)) for home in ("one-by-one", "together")]
        assert manifests[0] == manifests[1]


def test_list_years_run_together_stop_at_the_first_that_is_not_sealed(tmp_path: Path) -> None:
    world = random_world(6, YEAR, YEAR + 1, large=2)
    snapshots = write_snapshots(world, tmp_path / "snapshots")
    shutil.rmtree(snapshots / "udda")
    result = run_list(YEAR, snapshots, tmp_path / "home", *THROUGH)
    assert result.code == 1
    assert f"No edition was sealed for list year {YEAR}." in result.output
    assert str(YEAR + 1) not in result.output.split("No edition was sealed")[1]
    assert not edition(tmp_path / "home", YEAR).exists()


def test_list_years_run_together_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "snapshots").mkdir()
    backwards = run_list(YEAR, tmp_path / "snapshots", tmp_path / "home", "--through", YEAR - 1)
    assert backwards.code == 2
    assert "--through" in backwards.output
    future = run_list(YEAR, tmp_path / "snapshots", tmp_path / "home", "--through", 2035, "--as-of", "2026-12-01")
    assert future.code == 1
    assert "List year 2027 is in the future on 2026-12-01" in future.output
    assert not (tmp_path / "home").exists()
