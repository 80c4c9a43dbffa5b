"""`pseudonymise`: CPR numbers become keyed pseudonyms that intake accepts, and the key stays out of the home."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import stat
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.intake.deliveries import SUFFIXES
from pipelines.home import Home
from pipelines.pseudonymise import PseudonymiseError, Written, pseudonym_of, pseudonymise, read_key
from tests.command import run_cli
from tests.received.delivering import bef_folder, csv_text, people, person, receive_bef

KEY = bytes(range(32))
FORMS = ("010180-1234", "0101801234", " 010180 1234 ", "010180 - 1234", "010180\N{NON-BREAKING HYPHEN}1234")
CPR = [f"{n + 1:02d}0180-{4000 + n}" for n in range(9)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home")
    place.prepare()
    return place


def key_file(folder: Path, key: bytes = KEY, mode: int = 0o600) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "noegle"
    path.write_bytes(key)
    path.chmod(mode)
    return path


def test_pseudonym_is_the_keyed_hash_of_the_number() -> None:
    digest = hmac.new(KEY, b"0101801234", hashlib.sha256).digest()
    assert pseudonym_of(KEY, "010180-1234") == f"{int.from_bytes(digest, 'big') % 10**17:017d}"


def test_pseudonym_depends_on_number_and_key_alone() -> None:
    same = {pseudonym_of(KEY, form) for form in FORMS}
    assert len(same) == 1
    assert pseudonym_of(bytes(32), "0101801234") not in same
    assert len({pseudonym_of(KEY, cpr) for cpr in CPR}) == len(CPR)
    assert pseudonym_of(KEY, "  ") == ""
    assert all(len(pseudonym_of(KEY, cpr)) == 17 for cpr in CPR)


def test_what_has_no_cpr_numbers_shape_is_counted(tmp_path: Path) -> None:
    source = tmp_path / "foer.csv"
    source.write_text("PNR\n" + "\n".join((*FORMS, "101801234", "firma", "0101801234.0", '""')), encoding="utf-8")
    for number, spelled in enumerate(("PNR", "pnr", " Pnr")):
        assert pseudonymise(KEY, source, tmp_path / f"efter{number}.csv", (spelled,)) == Written(9, 3)
    with pytest.raises(PseudonymiseError, match="no such folder"):
        pseudonymise(KEY, source, tmp_path / "mangler" / "efter.csv", ("PNR",))


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_file_with_cpr_numbers_becomes_one_that_intake_accepts(tmp_path: Path, suffix: str) -> None:
    rows = [person(PNR=cpr) | {"NAVN": 'Åse, "x"\nlinje to'} for cpr in CPR]
    source = bef_folder(tmp_path / "foer") / f"bef.{suffix}"
    if suffix == "parquet":
        (tmp_path / "t.csv").write_text(csv_text(rows), encoding="utf-8")
        with duckdb.connect() as con:
            query = f"SELECT * FROM read_csv('{tmp_path}/t.csv', all_varchar=true)"
            con.execute(f"COPY ({query}) TO '{source}' (FORMAT parquet)")
    else:
        data = csv_text(rows, ";").encode("cp1252")
        source.write_bytes(gzip.compress(data) if suffix == "csv.gz" else data)
    assert receive_bef(tmp_path / "foer", checked=True).failing["no_cpr_number"] == len(CPR)
    target = bef_folder(tmp_path / "efter") / f"bef.{suffix}"
    assert pseudonymise(KEY, source, target, ("PNR",)) == Written(len(CPR))
    answer = receive_bef(tmp_path / "efter", checked=True)
    assert answer.stops == []
    assert answer.column("pnr") == sorted(int("1" + pseudonym_of(KEY, cpr)) for cpr in CPR)
    data = target.read_bytes()
    data = gzip.decompress(data) if suffix == "csv.gz" else data
    assert not any(cpr.encode() in data or cpr.replace("-", "").encode() in data for cpr in CPR)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in target.parent.iterdir()) == [target.name]


def test_number_that_lost_its_first_zero_as_a_number(tmp_path: Path) -> None:
    source, target = tmp_path / "a.parquet", tmp_path / "b.parquet"
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT 101801234 AS PNR UNION ALL SELECT NULL) TO '{source}' (FORMAT parquet)")
        pseudonymise(KEY, source, target, ("PNR",))
        assert con.execute(f"SELECT PNR FROM '{target}' WHERE PNR IS NOT NULL").fetchall() == [
            (pseudonym_of(KEY, "0101801234"),)
        ]


def test_key_in_a_home_is_refused(tmp_path: Path, home: Home) -> None:
    other = Home(tmp_path / "andet")
    other.prepare()
    other.warehouse.touch()
    for folder in (home.path, home.instance, other.path / "noegler"):
        with pytest.raises(PseudonymiseError, match="the key stands in a home"):
            read_key(key_file(folder), home)
    link = tmp_path / "link"
    link.symlink_to(home.path / "noegle")
    with pytest.raises(PseudonymiseError, match="the key stands in a home"):
        read_key(link, home)


def test_key_that_is_short_or_open_to_others_is_refused(tmp_path: Path, home: Home) -> None:
    with pytest.raises(PseudonymiseError, match="31 bytes"):
        read_key(key_file(tmp_path / "kort", KEY[:31]), home)
    with pytest.raises(PseudonymiseError, match="mode 600"):
        read_key(key_file(tmp_path / "aaben", KEY, 0o640), home)
    with pytest.raises(PseudonymiseError, match="cannot be read"):
        read_key(tmp_path / "borte", home)
    assert read_key(key_file(tmp_path / "god"), home) == KEY


@pytest.mark.parametrize("fault", ["exists", "no-column", "ragged", "broken-gz", "other-type", "sas"])
def test_refusals_write_nothing_and_name_no_value(tmp_path: Path, fault: str) -> None:
    source, target = tmp_path / "ind.csv", tmp_path / "ud.csv"
    source.write_text(csv_text([person(PNR=cpr) for cpr in CPR]))
    match fault:
        case "exists":
            target.write_text("x")
        case "no-column":
            source.write_text(csv_text([{"CPR": cpr} for cpr in CPR]))
        case "ragged":
            source.write_text(source.read_text() + f"{CPR[0]},1\n")
        case "broken-gz":
            source, target = tmp_path / "ind.csv.gz", tmp_path / "ud.csv.gz"
            source.write_bytes(gzip.compress(csv_text(people(500)).encode())[:-20])
        case "other-type":
            target = tmp_path / "ud.parquet"
        case "sas":
            source = tmp_path / f"ind{SUFFIXES[3]}"
            source.write_bytes(b"x")
    with pytest.raises(PseudonymiseError) as refused:
        pseudonymise(KEY, source, target, ("PNR",))
    assert CPR[0] not in str(refused.value)
    assert not target.exists() or target.read_text() == "x"
    assert not list(tmp_path.glob(".*.partial"))


def test_command(tmp_path: Path, home: Home) -> None:
    source, target = tmp_path / "ind.csv", tmp_path / "ud.csv"
    source.write_text(csv_text([person(PNR=cpr) for cpr in CPR]))
    good, bad = key_file(tmp_path / "noegler"), key_file(home.path)
    refused = run_cli("pseudonymise", "--key-file", bad, "--home", home.path, source, target)
    assert refused.code == 1
    assert not target.exists()
    done = run_cli("pseudonymise", "--key-file", good, "--home", home.path, "--column", "pnr", source, target)
    assert done.code == 0, done.output
    assert "9 rows" in done.output


def test_a_column_that_is_not_there_is_told_before_a_number_is_left_in_clear(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("PNR,MORPNR\n0101801234,0202801234\n", encoding="utf-8")
    with pytest.raises(PseudonymiseError, match="has no column MOR_PNR"):
        pseudonymise(KEY, source, tmp_path / "b.csv", ("PNR", "MOR_PNR"))
    assert not (tmp_path / "b.csv").exists()


IN_CLEAR = ("3112071977", "0101901234")


@pytest.mark.parametrize("other", ["pnr", "Pnr", " PNR", "pnr ", "PNR\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}pnr"])
def test_a_parquet_column_in_several_spellings_is_refused(tmp_path: Path, other: str) -> None:
    """What is written for one of them would leave the others in clear, or under a name that is not their own."""
    source, target = tmp_path / "a.parquet", tmp_path / "b.parquet"
    pd.DataFrame({"PNR": IN_CLEAR[:1], other: IN_CLEAR[1:]}).to_parquet(source)
    with pytest.raises(PseudonymiseError) as refused:
        pseudonymise(KEY, source, target, ("PNR",))
    told = str(refused.value)
    assert told.startswith(f"{source}: has a column in several spellings: PNR, ")
    assert not any(cpr in told for cpr in IN_CLEAR)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


@pytest.mark.parametrize("name", ["pnr", " PNR ", "Pnr\t", "\N{ZERO WIDTH NO-BREAK SPACE}PNR"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_column_is_found_however_it_is_spelled(tmp_path: Path, name: str, suffix: str) -> None:
    source, target = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    frame = pd.DataFrame({"NOTE": ["x", "y"], name: IN_CLEAR})
    frame.to_parquet(source) if suffix == "parquet" else frame.to_csv(source, index=False)
    assert pseudonymise(KEY, source, target, ("PNR",)) == Written(2)
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT * FROM '{target}'").fetchall()
    assert {f"{int(key):017}" for _, key in rows} == {pseudonym_of(KEY, cpr) for cpr in IN_CLEAR}


def test_columns_of_a_csv_in_two_spellings_are_both_replaced(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text(f"PNR,pnr\n{','.join(IN_CLEAR)}\n", encoding="utf-8")
    pseudonymise(KEY, source, target, ("PNR",))
    assert target.read_text(encoding="utf-8") == f"PNR,pnr\n{','.join(pseudonym_of(KEY, c) for c in IN_CLEAR)}\n"


@pytest.mark.parametrize(
    "nested",
    [
        {"PERSON": [{"pnr": IN_CLEAR[1], "ALDER": 7}]},
        {"PERSON": [[{"NAVN": "x", "FAR": {"PNR": IN_CLEAR[1]}}]]},
        {"pnr": [[IN_CLEAR[1]]]},
        {"pnr": [{"NUMMER": IN_CLEAR[1]}]},
    ],
    ids=["struct", "deeper", "list", "name of a struct"],
)
@pytest.mark.parametrize("beside", [{"PNR": [IN_CLEAR[0]]}, {"X": ["x"]}], ids=["beside the column", "alone"])
def test_a_nested_column_is_refused(tmp_path: Path, nested: dict[str, object], beside: dict[str, object]) -> None:
    source, target = tmp_path / "a.parquet", tmp_path / "b.parquet"
    pd.DataFrame(beside | nested).to_parquet(source)
    with pytest.raises(PseudonymiseError, match="has PNR in a nested column, where it cannot be replaced"):
        pseudonymise(KEY, source, target, ("PNR",))
    assert not target.exists()


@pytest.mark.parametrize(
    ("first", "last", "where"), [(1, 4, "in the header"), (3, 4, "in line 3"), (4, 9, "in line 4")]
)
@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_numbers_between_two_stray_quotes_are_not_left_in_clear(
    tmp_path: Path, suffix: str, first: int, last: int, where: str
) -> None:
    """The rows between them would be one text in a column that is not replaced."""
    lines = csv_text([person(PNR=cpr) | {"VERSION": "1"} for cpr in CPR]).splitlines()
    cells = lines[first - 1].split(",")
    lines[first - 1] = ",".join([*cells[:-1], '"' + cells[-1]])
    lines[last - 1] += '"'
    data = "\n".join([*lines, ""]).encode()
    source, target = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    source.write_bytes(gzip.compress(data) if suffix == "csv.gz" else data)
    with pytest.raises(PseudonymiseError) as refused:
        pseudonymise(KEY, source, target, ("PNR",))
    assert str(refused.value) == (
        f"{source}: a quote that opens {where} takes other rows into its field. "
        "Have stray quotes taken out, or every row written in one line."
    )
    assert [path.name for path in tmp_path.iterdir()] == [source.name]
