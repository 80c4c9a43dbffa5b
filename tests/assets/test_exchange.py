"""A folder takes another's place in one step: whatever stops it, the old one or the new one is there, whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assets import exchange
from pipelines.home import Home


def folder(path: Path, content: str) -> Path:
    (path / "below").mkdir(parents=True)
    for name in ("a.csv", "below/b.csv"):
        (path / name).write_text(content, encoding="utf-8")
    return path


def contents(path: Path) -> set[str]:
    files = [file for file in path.rglob("*") if file.is_file()]
    assert len(files) == 2
    return {file.read_text(encoding="utf-8") for file in files}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return folder(tmp_path / "2026", "old")


@pytest.fixture
def complete(tmp_path: Path) -> Path:
    return folder(tmp_path / ".2026.new", "new")


def test_the_new_one_takes_the_place(target: Path, complete: Path) -> None:
    exchange.put_in_place(complete, target)
    assert contents(target) == {"new"}
    assert [path.name for path in target.parent.iterdir()] == ["2026"]


def test_where_there_is_none_it_is_put_there(tmp_path: Path, complete: Path) -> None:
    exchange.put_in_place(complete, tmp_path / "further" / "2026")
    assert contents(tmp_path / "further" / "2026") == {"new"}


@pytest.mark.parametrize("leads_somewhere", [True, False])
def test_a_link_is_exchanged_and_what_it_leads_to_stays(tmp_path: Path, complete: Path, leads_somewhere: bool) -> None:
    """Were it left aside, nothing could empty the scratch folder that it lies in any more."""
    other = folder(tmp_path / "other", "old") if leads_somewhere else tmp_path / "nowhere"
    target = tmp_path / "2026"
    target.symlink_to(other)
    exchange.put_in_place(complete, target)
    assert not target.is_symlink()
    assert contents(target) == {"new"}
    assert not complete.is_symlink()
    assert not complete.exists()
    assert not leads_somewhere or contents(other) == {"old"}


def test_a_link_in_the_scratch_folder_is_removed_without_what_it_leads_to(tmp_path: Path) -> None:
    home, other = Home(tmp_path / "home"), folder(tmp_path / "other", "old")
    home.prepare()
    (home.scratch / "left").symlink_to(other)
    home.clear_scratch()
    assert list(home.scratch.iterdir()) == []
    assert contents(other) == {"old"}


def test_stopped_before_the_step_the_old_one_stays(
    target: Path, complete: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises(OSError, match="no space"):
        exchange.put_in_place(complete, target)
    assert (contents(target), contents(complete)) == ({"old"}, {"new"})


@pytest.mark.parametrize(("where", "left"), [("exchange._exchange", "old"), ("exchange.shutil.rmtree", "new")])
def test_killed_around_the_step_one_of_them_is_there(target: Path, complete: Path, where: str, left: str) -> None:
    """`where` is what the process is killed in: the step itself, or what tidies up after it."""
    program = (
        "import os, pathlib, signal, sys; from assets import exchange\n"
        f"{where} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "exchange.put_in_place(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    )
    root = Path(exchange.__file__).parent.parent
    killed = subprocess.run([sys.executable, "-c", program, complete, target], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert contents(target) == {left}
