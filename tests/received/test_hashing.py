"""Hashing ahead: files are hashed beside other work, and never taken for what they are no longer.

Belongs here: `assets.intake.deliveries.read_ahead`, and which files a list year hashes so. Does not belong here: what a
file's text is judged by (tests/received/test_intake.py).
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from assets.intake import deliveries
from assets.intake.deliveries import BLOCK, file_facts, read_ahead
from assets.intake.snapshots import files_wanted
from law.loader import statistics_law
from tests.command import manifest
from tests.graph.homes import YEAR, Ready


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "BEF202512.csv"
    path.write_bytes(b"PNR,FOED_DAG\n7,1980-01-01\n")
    return path


def test_a_file_is_opened_once_where_it_was_hashed_ahead(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    facts = deliveries._facts
    monkeypatch.setattr(deliveries, "_facts", lambda path, *ended: read.append(path) or facts(path, *ended))
    with read_ahead([file]):
        assert file_facts(file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert read == [file]
        file_facts(file)
        assert read == [file, file]


def test_a_file_that_was_changed_since_is_hashed_again(file: Path) -> None:
    with read_ahead([file]):
        deliveries._ahead[file].result()
        other = b"PNR,FOED_DAG\n8,1980-01-01\n"
        file.with_name("other").write_bytes(other)
        os.replace(file.with_name("other"), file)
        assert file_facts(file).sha256 == hashlib.sha256(other).hexdigest()


def test_a_file_that_could_not_be_read_ahead_is_tried_again(file: Path, tmp_path: Path) -> None:
    late = tmp_path / "IND2025.csv"
    with read_ahead([late]):
        assert isinstance(deliveries._ahead[late].exception(), FileNotFoundError)
        file.rename(late)
        assert file_facts(late).size == late.stat().st_size


def test_what_nobody_asked_for_is_forgotten_at_the_end(file: Path) -> None:
    with pytest.raises(KeyboardInterrupt), read_ahead([file]):
        raise KeyboardInterrupt
    assert deliveries._ahead == {}


def test_a_file_that_nobody_waits_for_any_more_is_left(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    with path.open("wb") as stream:
        stream.truncate(40 * BLOCK)
    with read_ahead([path]):
        hashing = deliveries._ahead[path]
    with pytest.raises(CancelledError if hashing.cancelled() else deliveries.NotAskedForError):
        hashing.result()


def test_a_file_rewritten_in_place_with_its_time_kept_is_hashed_again(file: Path) -> None:
    with read_ahead([file]):
        before = deliveries._ahead[file].result()
        other = b"PNR,FOED_DAG\n8,1980-01-01\n"
        times = file.stat()
        file.write_bytes(other)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert file.stat().st_size == before.size
        assert file_facts(file).sha256 == hashlib.sha256(other).hexdigest()


def test_a_file_of_several_blocks_is_hashed_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    with path.open("wb") as stream:
        stream.truncate(2 * BLOCK + 1)
    facts = file_facts(path)
    assert facts.size == 2 * BLOCK + 1
    assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_files_hashed_ahead_are_those_that_the_edition_rests_on(ready: Ready) -> None:
    wanted = files_wanted(statistics_law().for_list_year(YEAR), YEAR, ready.snapshots)
    read = [item for item in manifest(ready.home, YEAR)["inputs"] if item["register"] != "liste"]
    assert sorted(path.name for path in wanted) == sorted(file["name"] for item in read for file in item["files"])
