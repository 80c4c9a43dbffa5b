"""`forget`, `upgrade` and `protection`: what is deleted is gone, what is kept is the same."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets import warehouse
from assets.contracts import REGISTER_BY_NAME
from assets.intake import snapshots as received_snapshots
from assets.intake import storing
from assets.intake.snapshots import check, read_books, receive
from pipelines import upkeep
from pipelines.backup import backup
from pipelines.executor import recover
from pipelines.home import Home
from pipelines.upkeep import UpkeepError, disk_encryption, forget, protection, upgrade
from tests.command import file_bytes, run_cli, run_list
from tests.populations import Style, World, write_reference, write_snapshots
from tests.received.delivering import csv_text, people, person

YEAR = 2024
DAY = f"{YEAR}-01-01"
GONE = "Kun-i-den-foerste-levering"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home that was run on a first delivery of bef, with a person of its own, and on a second one."""
    folder = tmp_path_factory.mktemp("retention")
    world = World((YEAR,))
    area = world.area("omraade-a", "101").homes(2)
    for n in range(20):
        area.person(f"Person-{n}", "1980-02-03").educated().earning("200000").on_benefit(2023)
    for year in range(YEAR - 4, YEAR):
        world.listed(year, "omraade-a", "parallelsamfund")
    later = list(world.tables["bef", DAY])
    world.person(GONE, "1980-02-03", [DAY], ADRESSE_ID=area.address)
    snapshots = write_snapshots(world, folder / "snapshots")
    assert run_list(YEAR, snapshots, folder / "home").code == 0
    shutil.move(write_reference(folder / "nyt", "bef", DAY, later, Style()), snapshots / "bef" / DAY / f"{YEAR}-06-01")
    assert run_list(YEAR, snapshots, folder / "home").code == 0
    return folder / "home", snapshots


def copied(kept: tuple[Path, Path], folder: Path) -> Home:
    shutil.copytree(kept[0], folder / "home")
    return Home(folder / "home")


def warehouse_bytes(home: Home) -> bytes:
    return b"".join(data for name, data in file_bytes(home.path).items() if "warehouse" in name or "scratch" in name)


def test_forgotten_vintage_is_gone_from_tables_and_bytes(kept: tuple[Path, Path], tmp_path: Path) -> None:
    home = copied(kept, tmp_path)
    assert GONE.encode() in warehouse_bytes(home)
    editions = file_bytes(home.editions)
    with home.warehouse.open("rb") as old:
        lines = forget(home, "bef", DAY, "")
        assert old.read().strip(b"\0") == b""
    assert lines[0] == f"bef/{DAY}: 1 snapshot deleted from the home."
    assert GONE.encode() not in warehouse_bytes(home)
    assert file_bytes(home.editions) == editions
    verified = run_cli("verify", "--home", home.path, "--list-year", YEAR)
    assert verified.code == 0, verified.output
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        assert con.execute(f"SELECT count(*) FROM registers.bef WHERE reference_year = {YEAR}").fetchall() == [(20,)]
    assert oct(home.warehouse.stat().st_mode & 0o777) == "0o600"


def test_verify_says_that_the_used_vintage_was_deleted(kept: tuple[Path, Path], tmp_path: Path) -> None:
    home = copied(kept, tmp_path)
    done = run_cli("forget", "--home", home.path, "--register", "bef", "--reference", DAY, "--vintage", f"{YEAR}-06-01")
    assert done.code == 0, done.output
    verified = run_cli("verify", "--home", home.path, "--list-year", YEAR)
    assert verified.code == 1
    assert f"bef/{DAY}/{YEAR}-06-01: not in this home (deleted, or" in verified.output


def received(home: Home, snapshots: Path, register: str, reference: str, text: str) -> dict[str, int]:
    """Receives one reference as one CSV file. Returns the rows that break each rule."""
    place = snapshots / register / reference
    place.mkdir(parents=True, exist_ok=True)
    (place / "f.csv").write_text(text, encoding="utf-8")
    named = REGISTER_BY_NAME[register]
    with warehouse.connect(home.warehouse, home.scratch) as con:
        books = read_books(con, YEAR)
        receive(con, named, [(reference, int(reference[:4]))], YEAR, snapshots, home.scratch, books)
        return {item.rule.name: item.failing_rows for item in check(con, named, books)[1] if item.failing_rows}


def test_a_key_that_comes_after_a_forgotten_one_is_nobody_elses(tmp_path: Path) -> None:
    home, snapshots = Home(tmp_path / "home"), tmp_path / "snapshots"
    home.prepare()
    received(home, snapshots, "udda", "2022", "PNR,HFAUDD,HF_KILDE\nkey-A,10,1\n")
    received(home, snapshots, "bef", DAY, csv_text([person(PNR="key-B"), person(PNR="key-C")]))
    forget(home, "udda", "2022", None)
    received(home, snapshots, "ind", "2023", "PNR,PERINDKIALT_13,OMFANG\nkey-D,999000,1\n")
    with warehouse.connect(home.warehouse, home.scratch) as con:
        numbers = dict(con.execute("SELECT pseudonym, number FROM received.pseudonyms").fetchall())
    assert sorted(numbers) == ["key-B", "key-C", "key-D"]
    assert len(set(numbers.values())) == len(numbers)
    assert received(home, snapshots, "bef", "2023-01-01", csv_text([person(PNR="key-C"), person(PNR="key-D")])) == {}


@pytest.mark.parametrize("stage", ["stored", "staged"])
def test_what_a_killed_run_stored_is_gone_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: object, **__: object) -> None:
        raise Killed

    home, snapshots = Home(tmp_path / "home"), tmp_path / "snapshots"
    home.prepare()
    rows = [*people(2), person(PNR=GONE if stage == "staged" else "70000009")]
    with monkeypatch.context() as broken:
        broken.setattr(*((storing, "_rewrite") if stage == "staged" else (received_snapshots, "insert_rows")), dies)
        with pytest.raises(Killed):
            received(home, snapshots, "bef", DAY, csv_text(rows))
    with warehouse.connect(home.warehouse, home.scratch) as con:
        assert left_of_bef(con)
    received(home, snapshots, "bef", DAY, csv_text(people(2)))
    forget(home, "bef", DAY, None)
    with warehouse.connect(home.warehouse, home.scratch) as con:
        assert left_of_bef(con) == []
    assert GONE.encode() not in warehouse_bytes(home)


def test_a_run_clears_away_what_a_killed_one_stored(kept: tuple[Path, Path], tmp_path: Path) -> None:
    home = copied(kept, tmp_path)
    with warehouse.connect(home.warehouse, home.scratch) as con:
        noted = left_of_bef(con)
        con.execute("CREATE TABLE received.bef_20240101_0123456789ab AS SELECT 1 AS pnr")
    recover(home)
    with warehouse.connect(home.warehouse, home.scratch) as con:
        assert left_of_bef(con) == noted


def left_of_bef(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables in schema `received` with rows of the population."""
    query = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'received' AND table_name LIKE '%bef%'"
    return sorted(row[0] for row in con.execute(query).fetchall())


@pytest.mark.parametrize(
    ("register", "reference", "vintage", "says"),
    [
        ("bef", "1999-01-01", None, "nothing of it is stored"),
        ("bef", DAY, "2024-12-24", "nothing of it is stored"),
        ("nix", DAY, None, "There is no register 'nix'"),
        ("bef", "'; DROP TABLE received.snapshots; --", None, "nothing of it is stored"),
    ],
)
def test_what_is_not_there_cannot_be_forgotten(
    kept: tuple[Path, Path], register: str, reference: str, vintage: str | None, says: str
) -> None:
    home = Home(kept[0])
    before = home.warehouse.read_bytes()
    with pytest.raises(UpkeepError, match=says):
        forget(home, register, reference, vintage)
    assert home.warehouse.read_bytes() == before


def test_nothing_is_replaced_where_the_proof_fails_and_the_next_finishes(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copied(kept, tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(upkeep, "_delete_unused_keys", lambda _con: ["ejerlav"])
        with pytest.raises(UpkeepError, match="still in the new file"):
            forget(home, "bef", DAY, "")
    assert list(home.scratch.iterdir()) == []
    assert GONE.encode() in warehouse_bytes(home)
    lines = forget(home, "bef", DAY, "")
    assert (
        lines[0]
        == f"bef/{DAY}: nothing of it is stored. An earlier deletion is finished, its text keys not looked for."
    )
    with home.warehouse.open("rb") as stream:
        assert b"ejerlav" in stream.read()
    with pytest.raises(UpkeepError, match="nothing of it is stored"):
        forget(home, "bef", DAY, "")


def stopped_in(monkeypatch: pytest.MonkeyPatch, step: str, killed: Callable[..., object], home: Home) -> None:
    """A deletion of the first vintage of bef that is stopped in one of its steps."""
    with monkeypatch.context() as broken:
        broken.setattr(upkeep, step, killed)
        with pytest.raises(KeyboardInterrupt):
            forget(home, "bef", DAY, "")


def test_what_a_killed_deletion_left_is_overwritten_by_the_next(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_home: Home) -> Path:
        raise KeyboardInterrupt

    home = copied(kept, tmp_path)
    stopped_in(monkeypatch, "rewritten", killed, home)
    assert GONE.encode() in warehouse_bytes(home)
    forget(home, "bef", DAY, "")
    assert GONE.encode() not in warehouse_bytes(home)


def test_old_bytes_that_were_not_overwritten_yet_are_by_the_next(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(file: Path) -> None:
        if file.exists():
            raise KeyboardInterrupt

    home = copied(kept, tmp_path)
    stopped_in(monkeypatch, "_overwrite", killed, home)
    left = home.path / upkeep.OVERWRITTEN
    assert GONE.encode() in left.read_bytes()
    archive = backup(home, tmp_path / "backup", dt.datetime(2026, 12, 1))
    assert GONE.encode() not in archive.read_bytes()
    with left.open("rb") as old:
        forget(home, "bef", DAY, "")
        assert old.read().strip(b"\0") == b""
    assert not left.exists()
    assert GONE.encode() not in warehouse_bytes(home)


def test_a_warehouse_that_was_not_exchanged_yet_is_never_overwritten(
    kept: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is stopped when the old bytes have their second name leaves it on the warehouse itself."""
    home = copied(kept, tmp_path)
    os.link(home.warehouse, home.path / upkeep.OVERWRITTEN)
    overwrite, seen = upkeep._overwrite, []

    def watched(file: Path) -> None:
        seen.append(file.exists() and file.samefile(home.warehouse))
        overwrite(file)

    monkeypatch.setattr(upkeep, "_overwrite", watched)
    forget(home, "bef", DAY, "")
    assert seen == [False, False]
    assert GONE.encode() not in warehouse_bytes(home)


class Upgraded(Home):
    """A home that an upgrade held when it was asked for."""

    @contextmanager
    def locked(self, *_: Any, **__: Any) -> Iterator[None]:
        with super().locked():
            (self.path / upkeep.KEPT).touch()
            yield


def test_nothing_is_forgotten_beside_the_file_of_an_upgrade_that_went_first(
    kept: tuple[Path, Path], tmp_path: Path
) -> None:
    home = copied(kept, tmp_path)
    with pytest.raises(UpkeepError, match="delete it first"):
        forget(Upgraded(home.path), "bef", DAY, "")
    assert GONE.encode() in warehouse_bytes(home)


def test_a_key_is_deleted_also_where_other_rows_have_none_and_where_a_longer_one_is_kept(tmp_path: Path) -> None:
    home, snapshots = Home(tmp_path / "home"), tmp_path / "snapshots"
    home.prepare()
    received(home, snapshots, "udda", "2022", "PNR,HFAUDD,HF_KILDE\nperson-1,10,1\n")
    received(home, snapshots, "bef", DAY, csv_text([person(PNR="person-12", ADRESSE_ID="")]))
    forget(home, "udda", "2022", None)
    with warehouse.connect(home.warehouse, home.scratch) as con:
        assert con.execute("SELECT pseudonym FROM received.pseudonyms").fetchall() == [("person-12",)]


def test_upgrade_keeps_every_table_and_the_old_file(kept: tuple[Path, Path], tmp_path: Path) -> None:
    home = copied(kept, tmp_path)
    old = home.warehouse.read_bytes()
    _write_in_an_older_format(home)
    older = home.warehouse.read_bytes()
    assert older != old
    done = upgrade(home)
    assert done.before != done.after
    assert done.kept.read_bytes() == older
    verified = run_cli("verify", "--home", home.path, "--list-year", YEAR)
    assert verified.code == 0, verified.output
    with pytest.raises(UpkeepError, match="still kept"):
        upgrade(home)
    with pytest.raises(UpkeepError, match="delete it first"):
        forget(home, "bef", DAY, None)


def _write_in_an_older_format(home: Home) -> None:
    older = home.path / "older.duckdb"
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{home.warehouse}' AS now (READ_ONLY)")
        con.execute(f"ATTACH '{older}' AS older (STORAGE_VERSION 'v1.2.0')")
        con.execute("COPY FROM DATABASE now TO older")
    older.replace(home.warehouse)


def test_the_commands_that_are_told_can_be_typed_where_a_folder_has_a_blank(
    kept: tuple[Path, Path], tmp_path: Path
) -> None:
    home = copied(kept, tmp_path / "et hjem")
    (home.path / "published.duckdb").chmod(0o644)
    _, wrong = protection(home)
    assert wrong[0] == f"{home.path / 'published.duckdb'}: others may read it. Run: chmod -R go= '{home.path}'"


def test_protection_names_what_others_can_read(kept: tuple[Path, Path], tmp_path: Path) -> None:
    home = copied(kept, tmp_path)
    good, _ = protection(home)
    assert "Every file can be read by its owner alone." in good
    (home.path / "warehouse.duckdb").chmod(0o644)
    _, wrong = protection(home)
    assert "warehouse.duckdb: others may read it" in wrong[0]


def test_disk_encryption_is_seen_through_the_layers(tmp_path: Path) -> None:
    """A volume on an encrypted device, as the kernel shows them."""
    number = tmp_path.stat().st_dev
    devices = tmp_path / "dev"
    volume = devices / f"{os.major(number)}:{os.minor(number)}"
    assert disk_encryption(tmp_path, devices) == (
        False,
        "the file system is on no block device, so no disk encryption can be seen",
    )
    (volume / "slaves").mkdir(parents=True)
    assert disk_encryption(tmp_path, devices)[0] is False
    crypt = tmp_path / "dm-0"
    (crypt / "dm").mkdir(parents=True)
    (crypt / "dm" / "uuid").write_text("CRYPT-LUKS2-x-luks\n")
    (volume / "slaves" / "dm-0").symlink_to(crypt)
    assert disk_encryption(tmp_path, devices)[0] is True
