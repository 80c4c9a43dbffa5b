"""Incidents that happened in Statistics Denmark's registers, each delivered again as a small file.

Each test names the register and the day in the office's correction log. Belongs here: what intake and the checks
say of them. Does not belong here: formats in general (test_intake).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from tests.received.delivering import Answer, Row, csv_text, people, person, receive

STATUS_DAY = "2024-01-01"


def deliver(
    folder: Path, register: str, reference: str, rows: Sequence[Row], vintage: str = "", name: str = "del.csv"
) -> Path:
    place = folder / "snapshots" / register / reference / vintage
    place.mkdir(parents=True, exist_ok=True)
    path = place / name
    path.write_text(csv_text(rows), encoding="utf-8")
    return path


def received(folder: Path, register: str, reference: str, rows: Sequence[Row]) -> Answer:
    deliver(folder, register, reference, rows)
    return receive(folder, register, reference)


def educated(count: int, **more: str) -> list[Row]:
    return [{"PNR": f"{70000001 + n}", "HFAUDD": "4025", "HF_KILDE": "15"} | more for n in range(count)]


def spell(pnr: str, **more: str) -> Row:
    plain = {"PTI_TILSTAND_KODE": "5025", "PTI_VFRA": "2023-01-01", "PTI_VTIL": "2023-12-31", "PTI_TIMER_PER_UGE": "37"}
    return {"PNR": pnr} | plain | more


def decision(pnr: str, **more: str) -> Row:
    plain = {"JOURNR": "j", "AFG_AFGOEDTO": "2023-05-14", "AFG_GER7": "1252000", "AFG_AFGTYP3": "111"}
    return {"PNR": pnr} | plain | more


def test_a_decision_with_a_code_of_seven_digits_only_warns(tmp_path: Path) -> None:
    rows = [decision("1"), decision("2", AFG_AFGTYP3="9999999")]
    answer = received(tmp_path, "kraf", "2023", rows)
    assert answer.stops == []
    assert [rows for rule, rows in answer.failing.items() if "decision" in rule] == [1]


def income(pnr: str, **more: str) -> Row:
    return {"PNR": pnr, "PERINDKIALT_13": "250000", "OMFANG": "1"} | more


def dwelling(address: str, **more: str) -> Row:
    plain = {"KOM": "101", "EJERLAV": "2000101", "MATRIKEL": "1a", "AFDELING_ID": "a", "BOLIGKATEGORI": "familiebolig"}
    return {"ADRESSE_ID": address} | plain | {"BOLIGAREAL": "80", "ANTAL_VAERELSER": "3"} | more


def test_udda_2018_08_03_600_blank_pnr(tmp_path: Path) -> None:
    answer = received(tmp_path, "udda", "2023", [*educated(700), *educated(600, PNR="")])
    assert answer.failing["pnr_present"] == 600
    assert any("udda/2023 (del.csv): PNR is empty (key of udda) in 600 rows." in line for line in answer.stops)


def test_ras_2018_03_19_41_duplicates(tmp_path: Path) -> None:
    rows = educated(200)
    answer = received(tmp_path, "udda", "2023", [*rows, *rows[:41]])
    assert answer.failing["key_unique"] == 82
    assert any("PNR occurs more than once in 82 rows" in line for line in answer.stops)


def test_ras_2022_11_08_duplicates_at_certain_addresses(tmp_path: Path) -> None:
    rows = [dwelling(f"90000{n}") for n in range(9)]
    answer = received(tmp_path, "bolig", STATUS_DAY, [*rows, rows[0], rows[1] | {"BOLIGAREAL": "81"}])
    assert answer.failing["key_unique"] == 4


def test_iepe_2021_11_01_a_country_in_two_continents_doubles_persons(tmp_path: Path) -> None:
    """The doubled rows differ only in an extra column, which is never read: they are duplicates all the same."""
    rows = [person(PNR=str(n + 10)) | {"VERDENSDEL": part} for n in range(5) for part in ("Europa", "Asien")]
    answer = received(tmp_path, "bef", STATUS_DAY, rows)
    assert answer.failing["key_unique"] == 10


@pytest.mark.parametrize("version", ["1::DOUBLE", "'01'"])
def test_ras_2024_09_27_version_turned_from_number_to_text(tmp_path: Path, version: str) -> None:
    """VERSION is no column of the contract, whatever its type; and a code may turn, too."""
    place = tmp_path / "snapshots" / "akm" / "2023"
    place.mkdir(parents=True)
    socio = "131" if "DOUBLE" in version else "'131'"
    with duckdb.connect() as con:
        query = f"SELECT '70000001' AS PNR, {socio} AS SOCIO13, {version} AS VERSION"
        con.execute(f"COPY ({query}) TO '{place}/akm.parquet' (FORMAT parquet)")
    answer = receive(tmp_path, "akm", "2023")
    assert answer.stops == []
    assert answer.rows == [{"pnr": 170000001, "socio13": 131}]


def test_idap_2023_04_20_code_registered_as_number_loses_its_zeros(tmp_path: Path) -> None:
    for name, kom in (("tal", 101), ("tekst", "0101")):
        place = tmp_path / name / "snapshots" / "bef" / STATUS_DAY
        place.mkdir(parents=True)
        row = {k: f"'{v}'" for k, v in person().items()} | {"KOM": repr(kom)}
        with duckdb.connect() as con:
            query = "SELECT " + ", ".join(f"{value} AS {column}" for column, value in row.items())
            con.execute(f"COPY ({query}) TO '{place}/bef.parquet' (FORMAT parquet)")
        assert receive(tmp_path / name, "bef", STATUS_DAY).column("kom") == [101]


def test_perbolig_2023_02_21_address_ids_missing(tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "ADRESSE_ID"} for row in people(3)]
    answer = received(tmp_path, "bef", STATUS_DAY, rows)
    assert answer.stops == [
        "bef/2024-01-01/del.csv: required column missing: ADRESSE_ID. Ask for a delivery with the contract's columns."
    ]


def test_ind_2017_09_12_delivered_with_missing_variables(tmp_path: Path) -> None:
    answer = received(tmp_path, "ind", "2023", [{"PNR": "1", "SAMLINK_NY": "7"}])
    assert "required columns missing: PERINDKIALT_13, OMFANG" in answer.stops[0]
    assert answer.rows == []


def test_ind_2017_09_12_variable_there_but_without_values(tmp_path: Path) -> None:
    answer = received(tmp_path, "ind", "2023", [income(str(n), PERINDKIALT_13="") for n in range(1, 6)])
    assert answer.stops == []
    assert answer.failing["perindkialt_13_filled"] == 5


def test_idap_2020_06_25_a_renaming_was_not_run(tmp_path: Path) -> None:
    """A variable came under its former name: it held something else, so it is named and refused, never read."""
    answer = received(tmp_path, "akm", "2023", [{"PNR": str(n), "SOCIO02": "310"} for n in range(1, 4)])
    assert answer.rows == []
    assert "required column missing: SOCIO13, in place of which SOCIO02 (2002-2013) is there" in answer.stops[0]


def test_bef_2020_03_27_kom_left_out_and_back_in_a_later_delivery(tmp_path: Path) -> None:
    without = [{name: value for name, value in row.items() if name != "KOM"} for row in people(3)]
    deliver(tmp_path, "bef", STATUS_DAY, without)
    assert "KOM" in receive(tmp_path, "bef", STATUS_DAY).stops[0]
    deliver(tmp_path, "bef", STATUS_DAY, people(3), vintage="2024-03-27")
    answer = receive(tmp_path, "bef", STATUS_DAY)
    assert (answer.stops, answer.vintage, len(answer.rows)) == ([], "2024-03-27", 3)


def test_dar_2024_11_28_extra_variables_come_and_go(tmp_path: Path) -> None:
    """What is removed and added again beside the contract's columns changes no row."""
    stored = []
    for vintage, extra in (("2024-11-01", {"POSTNR": "2200"}), ("2024-11-28", {}), ("2024-12-20", {"POSTNR": "2200"})):
        deliver(tmp_path, "bef", STATUS_DAY, [row | extra for row in people(3)], vintage=vintage)
        stored.append(receive(tmp_path, "bef", STATUS_DAY).rows)
    assert stored[0] == stored[1] == stored[2]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_dar_2022_05_18_variable_name_with_danish_letters(tmp_path: Path, encoding: str) -> None:
    path = deliver(tmp_path, "bef", STATUS_DAY, people(2))
    path.write_bytes(csv_text([row | {"IKRAFTTRÆDELSE": "ældre"} for row in people(2)]).encode(encoding))
    assert len(receive(tmp_path, "bef", STATUS_DAY).rows) == 2


def test_krin_2017_06_09_many_records_without_pnr(tmp_path: Path) -> None:
    rows = [decision("" if n % 3 else "70000001") for n in range(30)]
    answer = received(tmp_path, "kraf", "2023", rows)
    assert answer.stops == []
    assert answer.failing["rows_with_pnr"] == 20
    assert answer.rows == [{"pnr": 170000001, "offence_class": "straffelov", "sanction_class": 1}] * 10


def test_kraf_2021_04_28_offence_code_of_four_digits_and_zeros(tmp_path: Path) -> None:
    """From 2020 AFG_GER7 has four digits and 000: the act is told by the first ones alone."""
    codes = ["1252000", "1252010", "3210000", "3410000", "2110000"]
    answer = received(tmp_path, "kraf", "2023", [decision(str(n + 1), AFG_GER7=code) for n, code in enumerate(codes)])
    by_person = {row["pnr"]: row["offence_class"] for row in answer.rows}
    assert by_person[11] == by_person[12] == "straffelov"
    assert len({by_person[11], by_person[13], by_person[14], by_person[15]}) == 4
    assert answer.failing == {}


@pytest.mark.parametrize("code", ["125200", "34", "1abcdef", "12520000", "3.210.000", "-1252000"])
def test_an_offence_code_of_other_than_seven_digits_is_none_and_warns(tmp_path: Path, code: str) -> None:
    """One that has lost the zero in front of it would be told as another act."""
    answer = received(tmp_path, "kraf", "2023", [decision("1", AFG_GER7=code), decision("2")])
    assert {row["pnr"]: row["offence_class"] for row in answer.rows} == {11: "ukendt", 12: "straffelov"}
    assert answer.failing == {"offences_known": 1}
    assert answer.stops == []


@pytest.mark.parametrize("part", [".0", ",0", ".00", ",", "."])
def test_whole_numbers_written_with_decimals(tmp_path: Path, part: str) -> None:
    """A column with an empty cell is often written so, with the decimal sign of the file."""
    state = received(tmp_path, "of", "2023", [spell("1", PTI_TILSTAND_KODE=f"7050{part}")]).rows[0]
    assert state["pti_tilstand_kode"] == 7050
    found = received(tmp_path, "kraf", "2023", [decision("1", AFG_GER7=f"3410000{part}", AFG_AFGTYP3=f"111{part}")])
    assert (found.rows[0]["offence_class"], found.rows[0]["sanction_class"]) == ("vaabenlov", 1)
    home = received(
        tmp_path, "bolig", STATUS_DAY, [dwelling("1", KOM=f"101{part}", EJERLAV=f"7{part}", ANTAL_VAERELSER=f"3{part}")]
    )
    assert (home.stops, home.failing) == ([], {})
    assert (home.rows[0]["kom"], home.rows[0]["ejerlav"], home.rows[0]["antal_vaerelser"]) == (101, 7, 3)


@pytest.mark.parametrize("text", ["7050,5", "7050.5", "70,50", "7.050"])
def test_a_code_with_a_part_of_a_number_is_no_code(tmp_path: Path, text: str) -> None:
    answer = received(tmp_path, "of", "2023", [spell("1", PTI_TILSTAND_KODE=text)])
    assert answer.rows[0]["pti_tilstand_kode"] != 7050
    assert answer.failing["pti_tilstand_kode_known"] == 1


def test_krsi_2024_06_28_birth_dates_filled_with_firma_and_hyphens(tmp_path: Path) -> None:
    rows = [
        *people(3),
        person(PNR="8", FOED_DAG="FIRMA"),
        person(PNR="9", FOED_DAG="-"),
        person(PNR="10", FOED_DAG="2100"),
    ]
    answer = received(tmp_path, "bef", STATUS_DAY, rows)
    assert answer.failing["foed_dag_type"] == 3
    assert "FIRMA" not in " ".join(answer.stops)


def test_amrun_2019_11_12_quick_release_with_everyone_in_one_state(tmp_path: Path) -> None:
    answer = received(tmp_path, "of", "2023", [spell(str(n), PTI_TILSTAND_KODE="5025") for n in range(1, 1201)])
    assert answer.stops == []
    assert answer.failing["pti_tilstand_kode_varies"] == 1200


def test_akm_2017_02_07_many_classified_wrongly_is_a_new_vintage(tmp_path: Path) -> None:
    """A wrong code among the right ones cannot be seen; the correction is used as soon as it is there, alone."""
    rows = [{"PNR": str(n), "SOCIO13": "322"} for n in range(1, 31)]
    deliver(tmp_path, "akm", "2023", [*rows, {"PNR": "31", "SOCIO13": "131"}])
    first = receive(tmp_path, "akm", "2023")
    deliver(tmp_path, "akm", "2023", [row | {"SOCIO13": "111"} for row in rows], vintage="2024-02-07")
    second = receive(tmp_path, "akm", "2023")
    assert (first.vintage, second.vintage) == ("", "2024-02-07")
    assert first.content != second.content
    assert second.column("socio13") == [111] * 30


def test_udda_2021_04_19_population_moved_and_files_renamed(tmp_path: Path) -> None:
    """UDDA2008 became UDDA200809: the name of a file says nothing, its content is the same snapshot."""
    path = deliver(tmp_path, "udda", "2023", educated(5), name="udda2023.csv")
    first = receive(tmp_path, "udda", "2023")
    path.rename(path.with_name("udda202309.csv"))
    second = receive(tmp_path, "udda", "2023")
    assert first.content == second.content
    assert first.rows == second.rows


def test_udda_2017_10_26_missing_values_in_a_number_of_observations(tmp_path: Path) -> None:
    rows = [*educated(5), *[row | {"PNR": f"8{n}", "HFAUDD": ""} for n, row in enumerate(educated(7))]]
    answer = received(tmp_path, "udda", "2023", rows)
    assert (answer.stops, answer.failing["hfaudd_filled"]) == ([], 7)


def test_of_2026_04_14_back_years_revised(tmp_path: Path) -> None:
    deliver(tmp_path, "of", "2023", [spell("1"), spell("2")])
    deliver(
        tmp_path, "of", "2023", [spell("1"), spell("2"), spell("3", PTI_TIMER_PER_UGE="18,5")], vintage="2024-04-14"
    )
    answer = receive(tmp_path, "of", "2023")
    assert (answer.stops, answer.vintage, len(answer.rows)) == ([], "2024-04-14", 3)


def test_bbrenhed_2023_09_18_category_missing_throughout(tmp_path: Path) -> None:
    answer = received(tmp_path, "bolig", STATUS_DAY, [dwelling("1", BOLIGKATEGORI=""), dwelling("2", BOLIGKATEGORI="")])
    assert answer.stops == []
    assert answer.column("boligkategori") == [None, None]


def test_everything_wrong_with_a_delivery_is_said_at_once(tmp_path: Path) -> None:
    """Several incidents in one file: each has its own line, with place, count and remedy, and no value."""
    rows = [
        *people(4),
        person(PNR=""),
        person(PNR="70000001"),
        person(PNR="3112801234"),
        person(PNR="11", KOM="955"),
        person(PNR="12", KOEN="9"),
        person(PNR="13", IE_TYPE="7"),
        person(PNR="14", FOED_DAG="ukendt"),
        person(PNR="15", FOED_DAG=(dt.date(2024, 1, 1) + dt.timedelta(days=1)).isoformat()),
    ]
    answer = received(tmp_path, "bef", STATUS_DAY, rows)
    expected = {
        "pnr_present": 1,
        "key_unique": 2,
        "no_cpr_number": 1,
        "kom_codes": 1,
        "koen_codes": 1,
        "ie_type_codes": 1,
        "foed_dag_type": 1,
        "foed_dag_not_after_status_day": 1,
    }
    assert {name: rows for name, rows in answer.failing.items() if name in expected} == expected
    assert len(answer.stops) == len(expected)
    for line in answer.stops:
        assert line.startswith("bef/2024-01-01 (del.csv): ")
        assert line.endswith(".")
        assert not any(value in line for value in ("70000001", "3112801234", "955", "ukendt"))
