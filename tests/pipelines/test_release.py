"""Release, what it binds, and the comparison of revisions.

Belongs here: `release`, `diff`, the log, OpenLineage in the edition, and what `verify` says of a released edition.
Does not belong: how the public page looks (tests/assets/test_public_lists.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetKey, DagsterInstance

from assets import warehouse
from assets.publishing import published_schema, releases, sealing
from assets.publishing.releases import Entry
from pipelines.failures import DamagedFileError
from pipelines.home import Home
from pipelines.release import remarks
from tests.command import Result, edition, file_bytes, manifest, run_cli, run_list
from tests.graph.homes import YEAR, Ready
from tests.populations import Style, random_world, write_reference

PEOPLE = ("bef", f"{YEAR}-01-01")


def release(home: Path, by: str = "Kontorchefen", note: str = "Til offentliggørelse") -> Result:
    return run_cli("release", "--home", home, "--list-year", YEAR, "--by", by, "--note", note)


def verify(home: Path) -> Result:
    return run_cli("verify", "--home", home, "--list-year", YEAR)


def page(home: Path) -> str:
    return (edition(home, YEAR) / "public" / "lister.html").read_text(encoding="utf-8")


def log(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "editions" / "releases.jsonl").read_text("utf-8").splitlines()]


def lay_down(files: dict[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@dataclass(frozen=True)
class Story:
    """A home whose first revision was released, and that then got a second one: a draft, then released too."""

    home: Path
    snapshots: Path
    draft: dict[str, bytes]
    released: Result
    first: dict[str, bytes]
    again: Result
    after_again: dict[str, bytes]
    second_draft: str
    second_verified: Result
    second: Result


@pytest.fixture(scope="module")
def story(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("release")
    home, snapshots = ready.copied(folder)
    draft = file_bytes(edition(home, YEAR))
    released = release(home)
    first = file_bytes(edition(home, YEAR))
    again = run_list(YEAR, snapshots, home)
    after_again = file_bytes(edition(home, YEAR))
    # what a run leaves that was killed before the release, when it had kept the revision and not yet replaced it
    lay_down(draft, home / "editions" / ".revisions" / str(YEAR) / "1")
    rows = random_world(11, YEAR, large=2).tables[PEOPLE]
    gone = [row for row in rows if row["ADRESSE_ID"] != "adresse-stor-0"]
    assert len(gone) < len(rows)
    moved = write_reference(folder / "nyt", *PEOPLE, gone, Style())
    shutil.move(moved, snapshots / PEOPLE[0] / PEOPLE[1] / f"{YEAR}-11-01")
    assert run_list(YEAR, snapshots, home).code == 0
    second_draft, second_verified = page(home), verify(home)
    second = release(home, by="Direktøren", note="Rettet befolkning")
    return Story(home, snapshots, draft, released, first, again, after_again, second_draft, second_verified, second)


def test_release_takes_udkast_off_the_page_and_the_lists(story: Story) -> None:
    assert story.released.code == 0, story.released.output
    before, after = (files["public/lister.html"].decode() for files in (story.draft, story.first))
    assert "UDKAST" in before
    assert "udkast" not in after.lower()
    assert "Kontorchefen" in after
    assert "Til offentliggørelse" in after
    lists = [name for name in story.first if name.startswith("public/") and name.endswith(".csv")]
    assert len(lists) == 4
    assert all(b"udkast" not in story.first[name] for name in lists)


def test_release_changes_nothing_but_the_public_lists_and_the_manifest(story: Story) -> None:
    changed = {name for name in story.draft if story.draft[name] != story.first[name]}
    assert story.draft.keys() == story.first.keys()
    assert {name for name in changed if not name.startswith("public/")} == {"manifest.json"}
    old, new = (json.loads(files["manifest.json"]) for files in (story.draft, story.first))
    assert old["revision"] == new["revision"] == 1
    assert {key for key in old if old[key] != new[key]} == {"outputs", "run"}


def test_a_run_on_the_same_inputs_leaves_the_release_in_place(story: Story) -> None:
    assert story.again.code == 0
    assert story.after_again == story.first
    told = " ".join(story.again.output.split())
    assert f"Lists of 1 December {YEAR} (released by Kontorchefen on " in told


def test_a_later_revision_is_a_draft_again_and_says_what_changed(story: Story) -> None:
    assert "UDKAST" in story.second_draft
    assert "Ændringer i denne udgave" in story.second_draft
    assert "Sammenholdt med revision 1" in story.second_draft
    assert story.second_verified.code == 0, story.second_verified.output
    assert story.second.code == 0, story.second.output
    assert "Direktøren" in page(story.home)
    assert "Sammenholdt med revision 1" in page(story.home)


def test_the_edition_s_asset_shows_each_release(story: Story) -> None:
    with DagsterInstance.from_config(str(story.home / "dagster")) as instance:
        found = instance.fetch_observations(AssetKey(["edition", "edition"]), limit=5).records
    told = [{k: v.value for k, v in r.asset_observation.metadata.items()} for r in found if r.asset_observation]
    assert [(one["revision"], one["note"]) for one in told] == [(2, "Rettet befolkning"), (1, "Til offentliggørelse")]
    assert told[0]["state"].startswith("released by Direktøren at ")
    assert [one["manifest_sha256"] for one in told] == [line["manifest_sha256"] for line in log(story.home)[::-1]]


def test_a_release_before_its_day_or_on_drafts_is_remarked_on(tmp_path: Path) -> None:
    home = Home(tmp_path)
    release_told = {"by": "Kontorchefen", "at": "2025-12-01T10:00:00+01:00", "note": ""}
    history = [
        {"year": year, "source": source} for year, source in ((2023, "liste"), (2024, "edition"), (2025, "edition"))
    ]
    for year, told in ((2024, {"release": release_told}), (2025, {}), (2026, {})):
        home.edition(year).mkdir(parents=True)
        sealing.write_manifest({"revision": 1, "history": history, "run": told}, home.edition(year))
    drafts = "Its history rests on lists of this home that are drafts: 2025."
    early = "The list of 2026 is released before its day, 2026-12-01."
    assert remarks(home, 2026, dt.date(2026, 12, 1)) == [drafts]
    assert remarks(home, 2026, dt.date(2026, 11, 30)) == [early, drafts]


def test_the_page_names_each_area_that_changed_list(tmp_path: Path) -> None:
    def listed(name: str, *areas: str) -> Path:
        with duckdb.connect() as con:
            values = ", ".join(areas) or "('', '', '', '', false, false)"
            columns = "area_id, area_name, kom, status, parallelsamfund, omdannelsesomraade"
            query = f"SELECT * FROM (VALUES {values}) AS t({columns}) WHERE area_id <> ''"
            con.execute(f"COPY ({query}) TO '{tmp_path / name}' (FORMAT parquet)")
        return tmp_path / name

    listed(
        "area_status.parquet",
        "('a', 'Ager', '101', 'udsat_boligomraade', true, false)",
        "('b', 'Brink', '101', 'ikke_omfattet', false, false)",
        "('c', 'Dam', '101', 'forebyggelsesomraade', false, false)",
    )
    after = listed(
        "after.parquet",
        "('a', 'Ager', '101', 'udsat_boligomraade', true, true)",
        "('b', 'Brink', '101', 'ikke_omfattet', false, false)",
        "('d', 'Eng', '101', 'ikke_omfattet', false, false)",
        "('e', NULL, '101', 'udsat_boligomraade', false, false)",
    )
    told = {"revision": 3, "run": {"release": {"by": "X", "at": "2024-12-01T06:00:00+01:00", "note": ""}}}
    assert releases.changes_since((tmp_path, told), after).splitlines() == [
        "Sammenholdt med revision 3, offentliggjort 1.\u00a0december 2024:",
        "Ager (København): fra parallelsamfund til omdannelsesområde.",
        "Dam (København): fra forebyggelsesområde til ikke et boligområde.",
        "Eng (København): fra ikke et boligområde til ingen liste.",
        "e (København): fra ikke et boligområde til udsat boligområde.",
    ]


def test_the_released_revision_is_kept_as_it_was_released(story: Story) -> None:
    kept = file_bytes(story.home / "editions" / ".revisions" / str(YEAR) / "1")
    assert kept == story.first


def test_the_log_is_a_chain_that_names_the_manifests(story: Story) -> None:
    lines = (story.home / "editions" / "releases.jsonl").read_text("utf-8").splitlines()
    entries = log(story.home)
    assert [(e["list_year"], e["revision"], e["by"]) for e in entries] == [
        (YEAR, 1, "Kontorchefen"),
        (YEAR, 2, "Direktøren"),
    ]
    assert entries[1]["previous_sha256"] == hashlib.sha256(lines[0].encode()).hexdigest()
    sealed = (edition(story.home, YEAR) / "manifest.json").read_bytes()
    assert entries[1]["manifest_sha256"] == hashlib.sha256(sealed).hexdigest()


def test_verify_agrees_with_a_released_edition(story: Story) -> None:
    result = verify(story.home)
    assert result.code == 0, result.output
    assert "released on" in result.output
    assert "Direktøren" in result.output


def test_a_revision_is_released_once(story: Story) -> None:
    result = release(story.home)
    assert result.code != 0
    assert "Revision 2" in result.output
    assert len(log(story.home)) == 2


def copied(story: Story, tmp_path: Path) -> Path:
    shutil.copytree(story.home, tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.parametrize("name", ["area_status.csv", "lineage/openlineage.json", "public/lister.html", "manifest.json"])
def test_verify_fails_on_one_changed_byte_and_names_the_file(name: str, story: Story, tmp_path: Path) -> None:
    home = copied(story, tmp_path)
    path = edition(home, YEAR) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    result = verify(home)
    assert result.code != 0
    assert "Traceback" not in result.output
    assert name in result.output


def test_verify_fails_on_an_altered_log(story: Story, tmp_path: Path) -> None:
    home = copied(story, tmp_path)
    path = home / "editions" / "releases.jsonl"
    path.write_text(path.read_text("utf-8").replace("Kontorchefen", "En anden"), "utf-8")
    result = verify(home)
    assert result.code != 0
    assert "releases.jsonl: line 2" in result.output


def altered_last(lines: list[str]) -> list[str]:
    return [*lines[:-1], lines[-1].replace("Direktøren", "En anden")]


def without_last(lines: list[str]) -> list[str]:
    return lines[:-1]


@pytest.mark.parametrize("change", [altered_last, without_last])
@pytest.mark.parametrize("drafted", [False, True])
def test_verify_fails_where_the_last_line_was_altered_or_taken_out(
    drafted: bool, change: Callable[[list[str]], list[str]], story: Story, tmp_path: Path
) -> None:
    """No line follows the last one: what it says is held against the manifest, also once a later draft stands there."""
    home = copied(story, tmp_path)
    if drafted:
        snapshots = tmp_path / "snapshots"
        shutil.copytree(story.snapshots, snapshots)
        shutil.rmtree(snapshots / PEOPLE[0] / PEOPLE[1] / f"{YEAR}-11-01")
        assert run_list(YEAR, snapshots, home).code == 0
        assert "a draft" in verify(home).output
    path = home / "editions" / "releases.jsonl"
    before = path.read_text("utf-8").splitlines()
    assert change(before) != before
    path.write_text("".join(f"{line}\n" for line in change(before)), "utf-8")
    result = verify(home)
    assert result.code == 1
    assert result.lines == [
        f"releases.jsonl, revision 2 of {YEAR}: not the release that its manifest.json tells, one of the two was "
        "altered. Restore a backup."
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("public/udsatte_boligomraader.csv", f".revisions/{YEAR}/1/public/udsatte_boligomraader.csv: "),
        ("manifest.json", f"releases.jsonl, revision 1 of {YEAR}: "),
    ],
)
def test_verify_fails_where_the_revision_released_before_is_altered(
    story: Story, tmp_path: Path, name: str, told: str
) -> None:
    """Its lists are in force for as long as a later revision is a draft."""
    home = copied(story, tmp_path)
    path = home / "editions" / ".revisions" / str(YEAR) / "1" / name
    path.write_bytes(path.read_bytes() + b"\n")
    result = verify(home)
    assert result.code != 0
    assert told in result.output


def test_an_edition_that_cannot_be_shown_changes_nothing_and_leaves_the_connection_whole(
    ready: Ready, tmp_path: Path
) -> None:
    home = Home(ready.copied(tmp_path)[0])
    (home.edition(YEAR) / "area_status.parquet").write_bytes(b"damaged")
    shown = "SELECT count(*) FROM published.area_status"
    with warehouse.connect(home.warehouse, home.scratch) as con:
        con.execute("UPDATE published.editions SET manifest_sha256 = 'another'")
        before = con.execute(shown).fetchall()
        assert before != [(0,)]
        with pytest.raises(DamagedFileError, match=f"editions/{YEAR}/area_status.parquet is not the file"):
            published_schema.synchronise_published(con, home.editions)
        assert con.execute(shown).fetchall() == before


def test_a_home_without_its_warehouse_takes_no_altered_edition_for_the_sealed_one(ready: Ready, tmp_path: Path) -> None:
    """The lists of later years would rest on it, and nothing would tell."""
    home, snapshots = ready.copied(tmp_path)
    path = edition(home, YEAR) / "parallelsamfund_history.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE history AS SELECT * REPLACE (NOT parallelsamfund AS parallelsamfund) FROM '{path}'")
        con.execute(f"COPY history TO '{path}' (FORMAT parquet)")
    (home / "warehouse.duckdb").unlink()
    result = run_list(YEAR, snapshots, home)
    assert result.code == 1
    told = f"editions/{YEAR}/{path.name} is not the file that was sealed: restore a backup of that edition, or move its"
    assert told in result.output


@pytest.mark.parametrize("known", [True, False])
def test_a_released_edition_altered_with_its_manifest_is_taken_for_no_sealed_one(
    known: bool, story: Story, tmp_path: Path
) -> None:
    """The log of releases holds the hash of the manifest that was released, whether or not the warehouse is new."""
    home = copied(story, tmp_path)
    folder = edition(home, YEAR)
    path = folder / "parallelsamfund_history.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE history AS SELECT * REPLACE (NOT parallelsamfund AS parallelsamfund) FROM '{path}'")
        con.execute(f"COPY history TO '{path}' (FORMAT parquet)")
    altered = manifest(home, YEAR)
    next(item for item in altered["outputs"] if item["file"] == path.name)["sha256"] = sealing.sha256_of(path)
    sealing.write_manifest(altered, folder)
    if not known:
        (home / "warehouse.duckdb").unlink()
    before = file_bytes(folder)
    result = run_list(YEAR, story.snapshots, home)
    assert result.code == 1
    assert f"editions/{YEAR}/manifest.json is not the manifest that releases.jsonl says was released" in result.output
    assert file_bytes(folder) == before


def test_a_kept_manifest_that_cannot_be_read_is_named(story: Story, tmp_path: Path) -> None:
    home = copied(story, tmp_path)
    path = home / "editions" / ".revisions" / str(YEAR) / "1" / "manifest.json"
    path.write_text("{", "utf-8")
    result = verify(home)
    assert result.code == 1
    assert result.lines == [f"{path} is damaged: restore a backup of that edition, or move its folder away."]


def test_an_edited_edition_is_not_released(ready: Ready, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(ready.home, home)
    path = edition(home, YEAR) / "area_status.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    result = release(home)
    assert result.code != 0
    assert "area_status.csv" in result.output
    assert not (home / "editions" / "releases.jsonl").exists()
    assert run_cli("release", "--home", home, "--list-year", YEAR, "--by", " ").code != 0


def test_a_release_cut_off_after_its_line_is_carried_out(story: Story, tmp_path: Path) -> None:
    """The log has the line, the edition in place is still the draft: the next release finishes the first."""
    home = copied(story, tmp_path)
    target = edition(home, YEAR)
    shutil.rmtree(target)
    lay_down(story.draft, target)
    shutil.rmtree(home / "editions" / ".revisions")
    lines = (home / "editions" / "releases.jsonl").read_text("utf-8").splitlines(keepends=True)
    (home / "editions" / "releases.jsonl").write_text(lines[0], "utf-8")
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute(
            "UPDATE published.editions SET manifest_sha256 = ?",
            [hashlib.sha256(story.draft["manifest.json"]).hexdigest()],
        )
        for name in ("area_status", "area_criteria", "municipal_cap", "area_cap", "parallelsamfund_history"):
            con.execute(f"DELETE FROM published.{name}")
    result = release(home, by="En anden")
    assert result.code == 0, result.output
    assert "Kontorchefen" in result.output
    assert file_bytes(target) == story.first
    assert len(log(home)) == 1


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\u0085", "\n", "\r"], ids=lambda end: f"U+{ord(end):04X}")
def test_a_note_of_several_lines_is_one_line_of_the_log(end: str, tmp_path: Path) -> None:
    """As text comes out of a word processor."""
    first = Entry(YEAR, 1, f"Kontor{end}chefen", f"{YEAR}-12-01T06:00:00+01:00", f"a{end}b", "0" * 64, releases.FIRST)
    second = Entry(YEAR, 2, "", f"{YEAR}-12-02T06:00:00+01:00", end, "1" * 64, first.sha256)
    for entry in (first, second):
        releases.append(tmp_path, entry)
    assert releases.read_log(tmp_path) == [first, second]


def test_a_line_of_the_log_is_carried_out_for_the_edition_that_it_names_alone(ready: Ready, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(ready.home, home)
    before = file_bytes(edition(home, YEAR))
    other = Entry(YEAR, 1, "En anden", f"{YEAR}-12-01T06:00:00+01:00", "", "0" * 64, releases.FIRST)
    releases.append(home / "editions", other)
    result = release(home)
    assert result.code != 0
    assert "with other content" in result.output
    assert file_bytes(edition(home, YEAR)) == before
    assert len(log(home)) == 1


def test_a_revision_number_is_given_once(story: Story, tmp_path: Path) -> None:
    home = copied(story, tmp_path)
    shutil.rmtree(edition(home, YEAR))
    assert run_list(YEAR, story.snapshots, home).code == 0
    assert manifest(home, YEAR)["revision"] == 3
    assert verify(home).code == 0, verify(home).output
    shutil.rmtree(edition(home, YEAR))
    shutil.rmtree(home / "editions" / ".revisions")
    assert run_list(YEAR, story.snapshots, home).code == 0
    assert manifest(home, YEAR)["revision"] == 3, "two are named by the log of releases"
    assert verify(home).code == 0, verify(home).output
    assert release(home, by="Direktøren").code == 0


def test_a_draft_that_is_restored_takes_no_released_revisions_place(story: Story, tmp_path: Path) -> None:
    home = copied(story, tmp_path)
    kept = home / "editions" / ".revisions" / str(YEAR)
    shutil.rmtree(edition(home, YEAR))
    lay_down(story.draft, edition(home, YEAR))
    assert run_list(YEAR, story.snapshots, home).code == 0
    assert file_bytes(kept / "1") == story.first
    assert manifest(home, YEAR)["revision"] == 3, "two are named by the log of releases"
    assert "Sammenholdt med revision 1" in manifest(home, YEAR)["changes"]
    assert verify(home).code == 0


def test_another_edition_with_a_kept_ones_number_is_kept_beside_it(story: Story, tmp_path: Path) -> None:
    home = copied(story, tmp_path)
    kept, target = home / "editions" / ".revisions" / str(YEAR), edition(home, YEAR)
    other = manifest(home, YEAR)
    other["revision"], other["run"]["sealed_at"] = 1, "2001-01-01T00:00:00+00:00"
    other["law"]["sha256"] = "0" * 64
    del other["run"]["release"]
    sealing.write_manifest(other, target)
    before = file_bytes(target)
    assert run_list(YEAR, story.snapshots, home).code == 0
    assert file_bytes(kept / "1") == story.first
    (aside,) = [path for path in kept.iterdir() if path.name.startswith(".1-")]
    assert file_bytes(aside) == before


def test_files_that_no_manifest_names_are_not_written_over(ready: Ready, tmp_path: Path) -> None:
    home, snapshots = ready.copied(tmp_path)
    (edition(home, YEAR) / "manifest.json").unlink()
    before = file_bytes(edition(home, YEAR))
    result = run_list(YEAR, snapshots, home)
    assert result.code != 0
    assert f"editions/{YEAR} has files and no manifest.json" in result.output
    assert file_bytes(edition(home, YEAR)) == before


# --- comparison --------------------------------------------------------------------------------------------------


def test_diff_names_inputs_and_cells(story: Story) -> None:
    result = run_cli("diff", "--home", story.home, "--list-year", YEAR)
    assert result.code == 0, result.output
    assert f"input bef/{YEAR}-01-01" in result.output
    assert "area_status 2024/stor-0 residents:" in result.output.replace(f"{YEAR}", "2024")
    assert not [line for line in result.lines if line.startswith(("law ", "sql "))]
    same = run_cli("diff", "--home", story.home, "--list-year", YEAR, "--from", 1, "--to", 2)
    assert same.output == result.output
    back = run_cli("diff", "--home", story.home, "--list-year", YEAR, "--from", 2, "--to", 1)
    assert len(back.lines) == len(result.lines)


def test_diff_says_which_revisions_there_are(story: Story, ready: Ready) -> None:
    unknown = run_cli("diff", "--home", story.home, "--list-year", YEAR, "--from", 7)
    assert unknown.code != 0
    assert "1, 2" in unknown.output
    assert run_cli("diff", "--home", ready.home, "--list-year", YEAR).code != 0


# --- lineage in the edition ----------------------------------------------------------------------------------------


def test_openlineage_covers_the_published_columns_and_the_files_read(story: Story) -> None:
    events = json.loads(story.draft["lineage/openlineage.json"])
    for event in events:
        assert {"eventTime", "producer", "schemaURL", "job"} <= event.keys()
        for dataset in (*event["inputs"], *event["outputs"]):
            for facet in dataset.get("facets", {}).values():
                assert {"_producer", "_schemaURL"} <= facet.keys()
    outputs = {item["name"]: item for event in events for item in event["outputs"]}
    status = outputs["status.area_status"]["facets"]
    fields = {field["name"] for field in status["schema"]["fields"]}
    assert set(status["columnLineage"]["fields"]) == fields
    known = {
        name: {f["name"] for f in item["facets"]["schema"]["fields"]}
        for name, item in outputs.items()
        if "facets" in item
    }
    for item in outputs.values():
        for found in item.get("facets", {}).get("columnLineage", {}).get("fields", {}).values():
            for source in found["inputFields"]:
                if not source["name"].startswith("received."):
                    assert source["field"] in known[source["name"]], source
    read = {item["facets"]["version"]["datasetVersion"] for e in events for item in e["inputs"] if "facets" in item}
    sealed = json.loads(story.draft["manifest.json"])
    assert {file["sha256"] for item in sealed["inputs"] for file in item["files"]} <= read
    assert "lineage/openlineage.json" in {item["file"] for item in sealed["outputs"]}


# --- the read-only database ----------------------------------------------------------------------------------------


def test_the_read_only_database_holds_what_is_sealed_and_nothing_else(story: Story) -> None:
    with duckdb.connect(str(story.home / "published.duckdb"), read_only=True) as con:
        schemas = {row[0] for row in con.execute("SELECT DISTINCT schema_name FROM duckdb_tables()").fetchall()}
        sealed = con.execute("SELECT list_year, revision FROM published.editions").fetchall()
        rows = con.execute("SELECT count(*) FROM published.area_status").fetchall()[0][0]
        comments = con.execute(
            "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'area_status' AND comment IS NULL"
        ).fetchall()
    assert schemas == {"main"}
    assert sealed == [(YEAR, 2)]
    assert rows == len((edition(story.home, YEAR) / "area_status.csv").read_text("utf-8").splitlines()) - 1
    assert comments == [(0,)]


def test_a_damaged_read_only_database_is_made_anew_by_the_next_run(story: Story, tmp_path: Path) -> None:
    home = copied(story, tmp_path)
    file = home / "published.duckdb"
    file.chmod(0o600)
    with duckdb.connect(str(file)) as con:
        con.execute("DELETE FROM area_status")
    assert run_list(YEAR, story.snapshots, home).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IRUSR
    with duckdb.connect(str(file), read_only=True) as con:
        assert con.execute("SELECT count(*) > 0 FROM published.area_status").fetchall() == [(True,)]


def test_a_reader_never_meets_a_lock(story: Story, tmp_path: Path) -> None:
    """A reader that holds the database open neither stops a run nor is stopped by one."""
    home = copied(story, tmp_path)
    with duckdb.connect(str(home / "published.duckdb"), read_only=True) as reader:
        assert run_list(YEAR, story.snapshots, home).code == 0
        assert reader.execute("SELECT count(*) FROM published.editions").fetchall() == [(1,)]
        with duckdb.connect(str(home / "published.duckdb"), read_only=True) as other:
            assert other.execute("SELECT revision FROM published.editions").fetchall() == [(2,)]


def test_revision_in_the_manifest(story: Story) -> None:
    assert manifest(story.home, YEAR)["revision"] == 2
    assert manifest(story.home, YEAR)["run"]["release"]["by"] == "Direktøren"
