"""Named cases: one rule each, on people and areas that are called what they test, expected figures by hand.

Belongs here: what the published interface and the statute say about one rule. Does not belong here: broad
comparison (test_oracle.py) and faulty deliveries (test_bad_input.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import oracle
from tests.command import csv_table, run_list
from tests.populations import Area, World, write_snapshots

Row = dict[str, str]
Tables = dict[str, dict[str, Row]]


def published(home: Path, list_year: int) -> Tables:
    """The three tables of an edition, each by its key."""
    return {
        "area_criteria": {row["area_id"]: row for row in csv_table(home, list_year, "area_criteria")},
        "area_status": {row["area_id"]: row for row in csv_table(home, list_year, "area_status")},
        "municipal_cap": {row["kom"]: row for row in csv_table(home, list_year, "municipal_cap")},
        "area_cap": {f"{row['area_id']} {row['kom']}": row for row in csv_table(home, list_year, "area_cap")},
    }


def sealed(world: World, folder: Path, list_year: int) -> Tables:
    snapshots = write_snapshots(world, folder / "snapshots")
    result = run_list(list_year, snapshots, folder / "home")
    assert result.code == 0, result.output[-3000:]
    tables = published(folder / "home", list_year)
    for name, rows in oracle.derive_from_snapshots(snapshots, list_year).items():
        assert list(tables[name].values()) == rows
    return tables


def cells(row: Row, expected: Row) -> Row:
    return {name: row[name] for name in expected}


# --- figures: list year 2024, so y1 is 2023 and y2 is 2022, both of 260 weekdays ---

Case = Callable[[World], Row]
FIGURES: dict[str, Case] = {}
ADULT, CHILD = "1990-06-15", "2015-06-15"


def figure(build: Case) -> Case:
    """Registers a case; the area that it builds is called as the function."""
    FIGURES[build.__name__] = build
    return build


def area(world: World, case: Case, kom: str = "751", parcels: int = 1) -> Area:
    return world.area(case.__name__, kom, parcels=parcels)


@figure
def bor_i_omraadet(world: World) -> Row:
    here = area(world, bor_i_omraadet)
    youth = world.dwelling("ungdomsbolig-i-omraadet", "751", here.parcels[0], "ungdomsbolig")
    gone = world.dwelling("revet-ned-i-2023", "751", here.parcels[0], days=["2023-01-01"])
    next_door = world.dwelling("nabo-uden-for-omraadet", "751", ("9", "1a"))
    no_parcel = world.dwelling("bolig-uden-matrikel", "751")
    here.person("bor-i-boligen", ADULT)
    here.person("barn-taeller-med", CHILD)
    here.person("bor-i-ungdomsbolig-taeller-med", ADULT, ADRESSE_ID=youth)
    here.person("bor-ved-siden-af-taeller-ikke", ADULT, ADRESSE_ID=next_door)
    here.person("bolig-uden-matrikel-taeller-ikke", ADULT, ADRESSE_ID=no_parcel)
    here.person("uden-adresse-taeller-ikke", ADULT, ADRESSE_ID="")
    here.person("ukendt-adresse-taeller-ikke", ADULT, ADRESSE_ID="findes-ikke")
    here.person("boligen-fandtes-kun-aaret-foer", ADULT, ADRESSE_ID=gone)
    here.person("folkeregistrets-kommune-er-ligegyldig", ADULT, KOM="101")
    return {"residents": "4", "adults_y1": "3", "adults_y2": "4"}


@figure
def flyttet_mellem_statusdagene(world: World) -> Row:
    here = area(world, flyttet_mellem_statusdagene)
    here.world.person("flyttet-ind", ADULT, ["2024-01-01"], KOM="751", ADRESSE_ID=here.address)
    for n in range(2):
        here.world.person(f"flyttet-ud-{n}", ADULT, ["2023-01-01"], KOM="751", ADRESSE_ID=here.address)
    return {"residents": "1", "persons_18_64_y2": "2", "persons_18_64_y1": "1", "persons_30_59": "1"}


@figure
def omraade_af_flere_matrikler(world: World) -> Row:
    here = area(world, omraade_af_flere_matrikler, parcels=3)
    for n, (ejerlav, matrikel) in enumerate(here.parcels):
        spelling = [matrikel.upper(), f"  {matrikel} ", matrikel][n]
        here.person(f"paa-matrikel-{n}", ADULT, ADRESSE_ID=world.dwelling(f"m{n}", "751", (ejerlav, spelling)))
    other = world.dwelling("samme-matrikel-i-andet-ejerlav", "751", ("4711", here.parcels[0][1]))
    here.person("andet-ejerlav-taeller-ikke", ADULT, ADRESSE_ID=other)
    return {"residents": "3"}


@figure
def matrikel_med_dansk_bogstav(world: World) -> Row:
    here = area(world, matrikel_med_dansk_bogstav)
    for year in world.list_years:
        world.add(
            "omraade",
            year,
            AREA_ID=here.area_id,
            NAVN=f"Navn {here.area_id}",
            KOM="751",
            EJERLAV="0012",
            MATRIKEL="7Ø",
        )
    here.person("matrikel-skrevet-med-smaat", ADULT, ADRESSE_ID=world.dwelling("oe", "751", ("12", "7ø")))
    return {"residents": "1"}


@figure
def omraade_uden_beboere(world: World) -> Row:
    area(world, omraade_uden_beboere)
    return {
        "residents": "0",
        "nonwestern": "0",
        "nonwestern_share": "",
        "persons_18_64_y1": "0",
        "outside_share_y1": "",
        "outside_share": "",
        "adults_y1": "0",
        "convicted_y1": "0",
        "convicted_share": "",
        "convicted_ratio": "",
        "persons_30_59": "0",
        "primary_only": "0",
        "primary_only_share": "",
        "income_persons": "0",
        "income_mean": "",
        "income_ratio": "",
    }


@figure
def ikkevestlig_oprindelse(world: World) -> Row:
    here = area(world, ikkevestlig_oprindelse)
    origins = {
        "indvandrer-fra-tyrkiet": ("2", "5172"),
        "efterkommer-fra-pakistan": ("3", "5448"),
        "statsloes-er-ikkevestlig": ("2", "5103"),
        "uoplyst-er-ikkevestlig": ("2", "5199"),
        "tomt-land-er-uoplyst": ("3", ""),
        "land-der-mangler-i-tabellen": ("2", "5998"),
        "dansk-oprindelse-foedt-i-tyrkiet-taeller-ikke": ("1", "5172"),
        "indvandrer-fra-finland-taeller-ikke": ("2", "5104"),
        "efterkommer-med-dansk-land-taeller-ikke": ("3", "5100"),
        "indvandrer-fra-groenland-taeller-ikke": ("2", "5101"),
    }
    for name, (kind, land) in origins.items():
        here.person(name, ADULT, IE_TYPE=kind, OPR_LAND=land)
    return {"residents": "10", "nonwestern": "6", "nonwestern_share": "0.6000000000"}


@figure
def statsborgerskab_er_ligegyldigt(world: World) -> Row:
    here = area(world, statsborgerskab_er_ligegyldigt)
    here.person("dansk-statsborger-fra-tyrkiet", ADULT, IE_TYPE="2", OPR_LAND="5172", STATSB="5100")
    here.person("tyrkisk-statsborger-af-dansk-oprindelse", ADULT, IE_TYPE="1", OPR_LAND="5100", STATSB="5172")
    here.person("uden-statsborgerskab", ADULT, STATSB="")
    return {"nonwestern": "1", "nonwestern_share": "0.3333333333"}


@figure
def alder_18_til_64(world: World) -> Row:
    here = area(world, alder_18_til_64)
    here.person("fyldt-18-paa-dagen", "2006-01-01")
    here.person("fylder-18-dagen-efter-taeller-ikke", "2006-01-02")
    here.person("fylder-65-dagen-efter", "1959-01-02")
    here.person("fyldt-65-paa-dagen-taeller-ikke", "1959-01-01")
    return {"persons_18_64_y1": "2", "adults_y1": "3", "persons_18_64_y2": "2", "adults_y2": "2"}


@figure
def alder_30_til_59(world: World) -> Row:
    here = area(world, alder_30_til_59)
    here.person("fyldt-30-paa-dagen", "1994-01-01")
    here.person("fylder-30-dagen-efter-taeller-ikke", "1994-01-02")
    here.person("fylder-60-dagen-efter", "1964-01-02")
    here.person("fyldt-60-paa-dagen-taeller-ikke", "1964-01-01")
    return {"persons_30_59": "2", "primary_only": "2", "primary_only_share": "1.0000000000"}


@figure
def foedt_paa_skuddag(world: World) -> Row:
    here = area(world, foedt_paa_skuddag)
    here.person("19-aar-foedt-29-februar", "2004-02-29")
    return {"adults_y1": "1", "adults_y2": "1"}


@figure
def hele_aaret_fuld_tid(world: World) -> Row:
    here = area(world, hele_aaret_fuld_tid)
    here.person("paa-kontanthjaelp-begge-aar", ADULT).on_benefit(2022).on_benefit(2023)
    here.person("i-arbejde", ADULT)
    return {
        "outside_share_y2": "0.5000000000",
        "outside_share_y1": "0.5000000000",
        "outside_share": "0.5000000000",
    }


@figure
def begge_slutdage_taeller(world: World) -> Row:
    person = area(world, begge_slutdage_taeller).person("mandag-til-fredag", ADULT)
    person.on_benefit(2023, first="2023-01-02", last="2023-01-06")
    return {"outside_share_y1": "0.0192307692", "outside_share_y2": "0.0000000000"}  # 5/260


@figure
def fredag_til_mandag(world: World) -> Row:
    person = area(world, fredag_til_mandag).person("fredag-til-mandag-er-to-hverdage", ADULT)
    person.on_benefit(2023, first="2023-01-06", last="2023-01-09")
    return {"outside_share_y1": "0.0076923077"}  # 2/260


@figure
def kun_weekend(world: World) -> Row:
    person = area(world, kun_weekend).person("loerdag-og-soendag-taeller-ikke", ADULT)
    person.on_benefit(2023, first="2023-01-07", last="2023-01-08")
    return {"persons_18_64_y1": "1", "outside_share_y1": "0.0000000000"}


@figure
def timer_med_to_decimaler(world: World) -> Row:
    person = area(world, timer_med_to_decimaler).person("12-timer-og-33", ADULT)
    person.on_benefit(2023, hours="12.33").on_benefit(2022, hours="18.5")
    # 12.33/37 = 0.33324324...; the mean with 0.5 is 0.41662162...
    return {
        "outside_share_y2": "0.5000000000",
        "outside_share_y1": "0.3332432432",
        "outside_share": "0.4166216216",
    }


@figure
def overlap_hoejst_et_aarsvaerk(world: World) -> Row:
    here = area(world, overlap_hoejst_et_aarsvaerk)
    here.person("to-gange-fuld-tid-er-et-aarsvaerk", ADULT).on_benefit(2023).on_benefit(2023, state="7090")
    here.person("uden-ydelse", ADULT)
    return {"outside_share_y1": "0.5000000000"}


@figure
def overlap_under_fuld_tid_laegges_sammen(world: World) -> Row:
    person = area(world, overlap_under_fuld_tid_laegges_sammen).person("halv-og-kvart", ADULT)
    person.on_benefit(2023, hours="18.5").on_benefit(2023, hours="9.25", state="7025")
    return {"outside_share_y1": "0.7500000000"}


@figure
def aaben_slutdato_loeber_videre(world: World) -> Row:
    person = area(world, aaben_slutdato_loeber_videre).person("fra-3-juli-uden-slutdato", ADULT)
    person.on_benefit(2023, first="2023-07-03", last="")
    return {"outside_share_y1": "0.5000000000"}  # 26 of 52 weeks


@figure
def forloeb_over_aarsskiftet_i_of_2022(world: World) -> Row:
    person = area(world, forloeb_over_aarsskiftet_i_of_2022).person("kun-raekken-i-of-2022", ADULT)
    person.on_benefit(2022, first="2022-07-04", last="2023-07-02")
    return {"outside_share_y2": "0.5000000000", "outside_share_y1": "0.0000000000"}


@figure
def forloeb_over_aarsskiftet_i_of_2023(world: World) -> Row:
    person = area(world, forloeb_over_aarsskiftet_i_of_2023).person("kun-raekken-i-of-2023", ADULT)
    person.on_benefit(2023, first="2022-07-04", last="2023-07-02")
    return {"outside_share_y2": "0.0000000000", "outside_share_y1": "0.5000000000"}


@figure
def forloeb_uden_for_aaret(world: World) -> Row:
    person = area(world, forloeb_uden_for_aaret).person("forloeb-fra-2021-i-of-2023", ADULT)
    person.on_benefit(2023, first="2021-01-01", last="2021-12-31")
    return {"outside_share_y1": "0.0000000000"}


@figure
def tilstande_der_ikke_taeller(world: World) -> Row:
    here = area(world, tilstande_der_ikke_taeller)
    for state in ("7100", "6010", "5070", "7046", "9998", ""):
        here.person(f"su-efterloen-ferie-barsel-ukendt-{state}", ADULT).on_benefit(2023, state=state)
    here.person("tomme-timer", ADULT).on_benefit(2023, hours="")
    here.person("nul-timer", ADULT).on_benefit(2023, hours="0")
    here.person("ingen-foerste-dag", ADULT).on_benefit(2023, first="")
    return {"persons_18_64_y1": "9", "outside_share_y1": "0.0000000000"}


@figure
def ydelse_uden_for_alderen(world: World) -> Row:
    here = area(world, ydelse_uden_for_alderen)
    here.person("fyldt-65-paa-dagen-paa-foertidspension", "1959-01-01").on_benefit(2023, state="7025")
    here.person("i-arbejde-fylder-40", ADULT)
    return {"persons_18_64_y1": "1", "outside_share_y1": "0.0000000000"}


@figure
def ingen_i_alderen_det_ene_aar(world: World) -> Row:
    here = area(world, ingen_i_alderen_det_ene_aar)
    here.person("fyldt-18-paa-sidste-statusdag", "2005-06-01").on_benefit(2023)
    return {
        "persons_18_64_y2": "0",
        "outside_share_y2": "",
        "outside_share_y1": "1.0000000000",
        "outside_share": "",
    }


@figure
def domme_der_taeller(world: World) -> Row:
    here = area(world, domme_der_taeller)
    here.person("straffelov", ADULT).sentenced(2023)
    here.person("vaabenlov", ADULT).sentenced(2023, offence="3410506")
    here.person("euforiserende-stoffer", ADULT).sentenced(2023, offence="3210505")
    here.person("laveste-domskode-100", ADULT).sentenced(2023, kind="100")
    here.person("hoejeste-domskode-199", ADULT).sentenced(2023, kind="199")
    here.person("nytaarsdag", ADULT).sentenced(2023, day="2023-01-01")
    here.person("nytaarsaften", ADULT).sentenced(2023, day="2023-12-31")
    here.person("fyldt-18-paa-statusdagen", "2006-01-01").sentenced(2023)
    here.person("pensionist-taeller-med", "1940-01-01").sentenced(2023)
    here.person("uden-dom", ADULT)
    return {"adults_y1": "10", "convicted_y1": "9", "convicted_y2": "0", "convicted_share": "0.4500000000"}


@figure
def domme_der_ikke_taeller(world: World) -> Row:
    here = area(world, domme_der_ikke_taeller)
    here.person("boede-200", ADULT).sentenced(2023, kind="200")
    here.person("domskode-99", ADULT).sentenced(2023, kind="99")
    here.person("ukendt-domskode-999", ADULT).sentenced(2023, kind="999")
    here.person("tom-domskode", ADULT).sentenced(2023, kind="")
    here.person("faerdselslov", ADULT).sentenced(2023, offence="2100000")
    here.person("saerlov-i-oevrigt", ADULT).sentenced(2023, offence="3810000")
    here.person("saerlov-33", ADULT).sentenced(2023, offence="3310000")
    here.person("gerningskode-der-begynder-med-nul", ADULT).sentenced(2023, offence="0132000")
    here.person("tom-gerningskode", ADULT).sentenced(2023, offence="")
    here.person("dom-aaret-foer-taeller-ikke", ADULT).sentenced(2023, day="2022-12-31")
    here.person("dom-aaret-efter-taeller-ikke", ADULT).sentenced(2023, day="2024-01-01")
    here.person("dom-uden-dato", ADULT).sentenced(2023, day="")
    here.person("dom-fra-2023-i-kraf-2022", ADULT).sentenced(2022, day="2023-05-14")
    here.person("under-18-paa-statusdagen", "2006-01-02").sentenced(2023)
    return {"adults_y1": "13", "convicted_y1": "0", "convicted_y2": "0", "convicted_share": "0.0000000000"}


@figure
def flere_domme_er_en_person(world: World) -> Row:
    here = area(world, flere_domme_er_en_person)
    twice = here.person("to-domme-samme-aar", ADULT).sentenced(2023, case="a").sentenced(2023, case="a")
    twice.sentenced(2022)
    here.person("en-dom-og-en-boede", ADULT).sentenced(2023).sentenced(2023, kind="200")
    here.person("uden-dom-1", ADULT)
    here.person("uden-dom-2", ADULT)
    return {"convicted_y1": "2", "convicted_y2": "1", "convicted_share": "0.3750000000"}


@figure
def doemt_men_fraflyttet(world: World) -> Row:
    here = area(world, doemt_men_fraflyttet)
    gone = world.person("boede-her-kun-2023", ADULT, ["2023-01-01"], KOM="751", ADRESSE_ID=here.address)
    gone.sentenced(2022).sentenced(2023)
    here.person("bliver-boende", ADULT)
    return {"adults_y2": "2", "convicted_y2": "1", "adults_y1": "1", "convicted_y1": "0"}


@figure
def uddannelse_ud_over_grundskole(world: World) -> Row:
    here = area(world, uddannelse_ud_over_grundskole)
    here.person("erhvervsuddannelse", ADULT).educated("4025", "15")
    here.person("anerkendt-udenlandsk-kilde-11", ADULT).educated("5070", "11")
    for source in ("3", "9", "10", "17", "18"):
        here.person(f"survey-eller-imputeret-kilde-{source}", ADULT).educated("5070", source)
    here.person("niende-klasse", ADULT).educated("1009")
    here.person("uoplyst-9999", ADULT).educated("9999")
    here.person("uden-raekke", ADULT)
    here.person("tom-uddannelse", ADULT).educated("", "15")
    here.person("tom-kilde", ADULT).educated("5070", "")
    return {"persons_30_59": "12", "primary_only": "10", "primary_only_share": "0.8333333333"}


@figure
def ingen_mellem_30_og_59(world: World) -> Row:
    area(world, ingen_mellem_30_og_59).person("kun-et-barn", CHILD)
    return {"persons_30_59": "0", "primary_only": "0", "primary_only_share": ""}


# Region 81 holds the income cases alone: its mean is taken over every earner in them and in no_area.


@figure
def indkomst_15_til_64(world: World) -> Row:
    here = area(world, indkomst_15_til_64, "851")
    here.person("fyldt-15-paa-dagen", "2009-01-01").earning("1000")
    here.person("fylder-15-dagen-efter-taeller-ikke", "2009-01-02").earning("900000")
    here.person("fylder-65-dagen-efter-indkomst", "1959-01-02").earning("3000")
    here.person("fyldt-65-paa-dagen-indkomst-taeller-ikke", "1959-01-01").earning("900000")
    return {"income_persons": "2", "income_mean": "2000.00"}


@figure
def hvem_er_skattepligtig(world: World) -> Row:
    here = area(world, hvem_er_skattepligtig, "851")
    for liability in "02345":
        here.person(f"omfang-{liability}-taeller-ikke", ADULT).earning("900000", liability=liability)
    here.person("under-uddannelse-taeller-ikke", ADULT).earning("900000", socio="310")
    here.person("uden-indkomst-taeller-ikke", ADULT).earning("")
    here.person("uden-raekke-i-ind-taeller-ikke", ADULT)
    here.person("uden-raekke-i-akm-taeller", ADULT).earning("100", socio=None)
    here.person("tom-socio13-taeller", ADULT).earning("200", socio="")
    here.person("foertidspensionist-taeller", ADULT).earning("300.5", socio="321")
    return {"income_persons": "3", "income_mean": "200.17"}  # 600.5 / 3 = 200.1666...


@figure
def negativ_indkomst(world: World) -> Row:
    here = area(world, negativ_indkomst, "851")
    here.person("tab-paa-virksomhed", ADULT).earning("-5000.75")
    here.person("nul-kroner-taeller", ADULT).earning("0")
    return {"income_persons": "2", "income_mean": "-2500.38"}  # -2500.375


@figure
def halv_oere_rundes_op(world: World) -> Row:
    here = area(world, halv_oere_rundes_op, "851")
    here.person("en-oere", ADULT).earning("0.01")
    here.person("to-oere", ADULT).earning("0.02")
    return {"income_persons": "2", "income_mean": "0.02"}


@figure
def indkomst_mod_regionen(world: World) -> Row:
    here = area(world, indkomst_mod_regionen, "813")
    here.person("i-omraadet", ADULT).earning("40000")
    outside = world.dwelling("uden-for-omraaderne", "813", ("5", "5"))
    # In region 81: 1000 + 3000, 100 + 200 + 300.5, -5000.75 + 0, 0.01 + 0.02, 40000, so far 10 persons and
    # 39,599.78 kr.; the neighbour brings the region to 11 persons and 220,000 kr.
    neighbour = world.person("bor-i-regionen-uden-for-omraaderne", ADULT, KOM="813", ADRESSE_ID=outside)
    neighbour.earning("180400.22")
    world.person("bor-paa-christiansoe-uden-region", ADULT, KOM="411", ADRESSE_ID="").earning("99000000")
    world.person("bor-i-en-anden-region", ADULT, KOM="461", ADRESSE_ID="").earning("500000")
    return {"income_mean": "40000.00", "region_income_mean": "20000.00", "income_ratio": "2.0000000000"}


@figure
def omraade_paa_christiansoe(world: World) -> Row:
    area(world, omraade_paa_christiansoe, "411").person("bor-i-omraadet", ADULT).earning("100")
    return {
        "kom": "411",
        "reg": "",
        "income_persons": "1",
        "income_mean": "100.00",
        "region_income_mean": "",
        "income_ratio": "",
    }


@figure
def omraade_uden_indkomster(world: World) -> Row:
    area(world, omraade_uden_indkomster, "630").person("uden-indkomst", ADULT)
    return {
        "reg": "83",
        "income_persons": "0",
        "income_mean": "",
        "region_income_mean": "500000.00",
        "income_ratio": "",
    }


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, dict[str, Row]]:
    world = World((2024,))
    expected = {name: build(world) for name, build in FIGURES.items()}
    return sealed(world, tmp_path_factory.mktemp("figures"), 2024), expected


@pytest.mark.parametrize("name", FIGURES)
def test_figure(name: str, figures: tuple[Tables, dict[str, Row]]) -> None:
    tables, expected = figures
    assert cells(tables["area_criteria"][name], expected[name]) == expected[name]


def test_fewer_than_1000_residents_give_no_status(figures: tuple[Tables, dict[str, Row]]) -> None:
    rows = figures[0]["area_status"]
    assert set(rows) == set(FIGURES)
    assert {row["status"] for row in rows.values()} == {"ikke_omfattet"}
    assert {row["years_as_parallelsamfund"] for row in rows.values()} == {"0"}


def test_columns_stand_in_the_published_order(figures: tuple[Tables, dict[str, Row]]) -> None:
    tables = figures[0]
    assert ",".join(tables["area_criteria"]["bor_i_omraadet"]) == (
        "list_year,area_id,area_name,kom,reg,residents,nonwestern,nonwestern_share,persons_18_64_y2,"
        "outside_share_y2,persons_18_64_y1,outside_share_y1,outside_share,adults_y2,convicted_y2,adults_y1,"
        "convicted_y1,convicted_share,national_convicted_share,convicted_ratio,persons_30_59,primary_only,"
        "primary_only_share,income_persons,income_mean,region_income_mean,income_ratio"
    )
    assert ",".join(tables["area_status"]["bor_i_omraadet"]) == (
        "list_year,area_id,area_name,kom,residents,status,parallelsamfund,omdannelsesomraade,criteria_met_61a,"
        "criteria_met_61b,years_as_parallelsamfund"
    )


# --- limits, status, history and cap: list year 2024, national 1 pct. convicted, every region 200,000 kr. ---


class Limits:
    """A world of areas with a hundred adults each, so that every person is one percent of the criteria."""

    def __init__(self, list_year: int, national: bool = True) -> None:
        self.world = World((list_year,))
        self.year = list_year
        self.national = national
        self.adults = 0
        self.convicted = [0, 0]
        self.incomes: dict[str, list[int]] = {}

    def area(
        self,
        area_id: str,
        kom: str = "751",
        *,
        residents: int = 1000,
        nonwestern: int = 0,
        outside: int = 0,
        extra_hours: str = "",
        convicted: tuple[int, int] = (0, 0),
        primary: int = 0,
        ore: int | None = None,
        homes: int = 0,
    ) -> None:
        """An area. convicted: in y2 and y1. ore: what adults earn; on ..99 all but one 1 øre more."""
        here = self.world.area(area_id, kom).homes(homes)
        self.adults += 100
        for n in range(residents):
            origin = {"IE_TYPE": "2", "OPR_LAND": "5172"} if n < nonwestern else {}
            born = f"{self.year - 44}-05-05" if n < 100 else f"{self.year - 9}-05-05"
            person = here.person(f"{area_id}-{n}", born, **origin)
            if n >= 100:
                continue
            for k, year in enumerate((self.year - 2, self.year - 1)):
                if n < outside:
                    person.on_benefit(year)
                elif n == outside and extra_hours and k:
                    person.on_benefit(year, first=f"{year}-03-01", last=f"{year}-03-01", hours=extra_hours)
                if n < convicted[k]:
                    person.sentenced(year)
                    self.convicted[k] += 1
            if n >= primary:
                person.educated()
            if ore is not None:
                earned = ore if ore % 100 == 0 or n == 0 else ore + 1
                person.earning(f"{earned // 100}.{earned % 100:02d}")
                self.incomes.setdefault(kom, []).append(earned)

    def forebyggelse(self, area_id: str, kom: str, homes: int) -> None:
        self.area(area_id, kom, nonwestern=301, outside=31, primary=61, homes=homes)

    def udsat(self, area_id: str, kom: str, homes: int) -> None:
        self.area(area_id, kom, outside=41, primary=61, homes=homes)

    def finished(self) -> World:
        """The world with the people outside the areas who bring the country to 1 pct. and 200,000 kr."""
        for k, year in enumerate((self.year - 2, self.year - 1) if self.national else ()):
            day = f"{year + 1}-01-01"
            extra = self.adults // 100
            for n in range(100 * (self.convicted[k] + extra) - self.adults):
                person = self.world.person(f"udenfor-{year}-{n}", "1975-02-02", [day], KOM="101")
                if n < extra:
                    person.sentenced(year)
        for kom, earned in self.incomes.items():
            ore = 20_000_000 * (len(earned) + 1) - sum(earned)
            # Sixteen years old: an earner, but no adult, so the convictions stay as they are.
            born = f"{self.year - 16}-01-01"
            rich = self.world.person(f"udligner-{kom}", born, [f"{self.year}-01-01"], KOM=kom)
            rich.earning(f"{ore // 100}.{ore % 100:02d}")
        return self.world


STATUS: dict[str, tuple[dict[str, object], Row]] = {}


def status(name: str, result: str, met_61a: int, met_61b: int, /, years: int = 0, **built: object) -> None:
    """Registers a case: how the area is built, and its status row."""
    STATUS[name] = (
        built,
        {
            "status": result,
            "criteria_met_61a": str(met_61a),
            "criteria_met_61b": str(met_61b),
            "parallelsamfund": str(years > 0).lower(),
            "omdannelsesomraade": str(years == 5).lower(),
            "years_as_parallelsamfund": str(years),
        },
    )


UDSAT, FOREBYGGELSE, IKKE = "udsat_boligomraade", "forebyggelsesomraade", "ikke_omfattet"
status("udsat-med-to-kriterier", UDSAT, 2, 2, outside=41, primary=61)
status("et-kriterium-er-ikke-nok", IKKE, 1, 1, outside=41)
status("alle-fire-kriterier", UDSAT, 4, 4, outside=41, primary=61, convicted=(3, 3), ore=9_000_000, kom="621")
status("praecis-40-pct-uden-arbejde", FOREBYGGELSE, 1, 2, outside=40, primary=61, nonwestern=301)
status("40-pct-og-en-hundrededel-time", UDSAT, 2, 2, outside=40, extra_hours="0.01", primary=61)
status("praecis-30-pct-uden-arbejde", IKKE, 1, 1, outside=30, primary=61, nonwestern=301)
status(
    "30-pct-og-en-hundrededel-time",
    FOREBYGGELSE,
    1,
    2,
    outside=30,
    extra_hours="0.01",
    primary=61,
    nonwestern=301,
)
status("praecis-60-pct-grundskole", IKKE, 1, 1, outside=41, primary=60, nonwestern=301)
status("doemte-praecis-tre-gange-landet", UDSAT, 2, 2, outside=41, convicted=(3, 3))
status("doemte-tre-gange-som-snit-af-to-aar", UDSAT, 2, 2, outside=41, convicted=(2, 4))
status("doemte-lige-under-tre-gange", FOREBYGGELSE, 1, 2, outside=41, convicted=(3, 2), nonwestern=301)
status("doemte-praecis-to-gange-landet", FOREBYGGELSE, 0, 2, outside=31, convicted=(2, 2), nonwestern=301)
status("doemte-lige-under-to-gange", IKKE, 0, 1, outside=31, convicted=(2, 1), nonwestern=301)
status("indkomst-praecis-55-pct", FOREBYGGELSE, 1, 2, outside=41, ore=11_000_000, nonwestern=301, kom="851")
status("indkomst-en-oere-under-55-pct", UDSAT, 2, 2, outside=41, ore=10_999_999, kom="813")
status("indkomst-praecis-65-pct", IKKE, 1, 1, outside=41, ore=13_000_000, nonwestern=301, kom="851")
status("indkomst-en-oere-under-65-pct", FOREBYGGELSE, 1, 2, outside=41, ore=12_999_999, nonwestern=301, kom="813")
status("999-beboere-er-for-faa", IKKE, 2, 2, outside=41, primary=61, residents=999, nonwestern=600)
status("1001-beboere", UDSAT, 2, 2, outside=41, primary=61, residents=1001)
status("ikkevestlige-praecis-30-pct", IKKE, 1, 2, outside=31, primary=61, nonwestern=300)
status("ikkevestlige-lige-over-30-pct", FOREBYGGELSE, 1, 2, outside=31, primary=61, nonwestern=301)
status("ikkevestlige-praecis-50-pct", UDSAT, 2, 2, outside=41, primary=61, nonwestern=500)
status("parallelsamfund-lige-over-50-pct", UDSAT, 2, 2, years=1, outside=41, primary=61, nonwestern=501)
status("forebyggelse-er-aldrig-parallelsamfund", FOREBYGGELSE, 1, 2, outside=31, primary=61, nonwestern=900)
status("paa-listen-i-fem-aar", UDSAT, 2, 2, years=5, outside=41, primary=61, nonwestern=501)
status(
    "omdannelsesomraade-er-ogsaa-parallelsamfund",
    UDSAT,
    2,
    2,
    years=5,
    outside=41,
    primary=61,
    nonwestern=501,
)
status("mangler-paa-listen-for-2020", UDSAT, 2, 2, years=4, outside=41, primary=61, nonwestern=501)
status("hul-i-2022-begynder-forfra", UDSAT, 2, 2, years=2, outside=41, primary=61, nonwestern=501)
status("kun-udsat-sidste-aar", UDSAT, 2, 2, years=1, outside=41, primary=61, nonwestern=501)
status("ikke-laengere-parallelsamfund", UDSAT, 2, 2, outside=41, primary=61, nonwestern=500)

CAP: dict[str, Row] = {}


def cap(kom: str, decision: str, figures: str, share: str, covered_share: str, over: bool = False) -> None:
    """Registers the expected row; figures: family homes, udsatte, forebyggelse, exempted, covered."""
    total, udsat, preventive, exempted, covered = figures.split()
    CAP[kom] = {
        "list_year": "2024",
        "kom": kom,
        "family_homes": total,
        "homes_udsat": udsat,
        "homes_forebyggelse": preventive,
        "share": share,
        "cap_exceeded": str(decision not in {"not_needed", "not_allowed"}).lower(),
        "decision": decision,
        "homes_exempted": exempted,
        "covered_homes": covered,
        "covered_share": covered_share,
        "over_exempted": str(over).lower(),
    }


cap("101", "not_needed", "100 10 20 0 30", "0.3000000000", "0.3000000000")
cap("147", "not_allowed", "100 0 30 0 30", "0.3000000000", "0.3000000000")
cap("151", "nothing_to_exempt", "100 31 0 0 31", "0.3100000000", "0.3100000000")
cap("153", "missing", "100 0 31 0 31", "0.3100000000", "0.3100000000")
cap("155", "insufficient", "100 0 50 10 40", "0.5000000000", "0.4000000000")
cap("157", "cap_unreachable", "100 31 10 10 31", "0.4100000000", "0.3100000000")
cap("159", "valid", "100 0 40 20 20", "0.4000000000", "0.2000000000")
cap("161", "valid", "100 0 40 40 0", "0.4000000000", "0.0000000000", over=True)
cap("163", "valid", "100 0 31 1 30", "0.3100000000", "0.3000000000")
cap("165", "missing", "3 0 1 0 1", "0.3333333333", "0.3333333333")
cap("167", "not_needed", "7 0 0 0 0", "0.0000000000", "0.0000000000")


def _cap_areas(limits: Limits) -> None:
    world = limits.world
    limits.udsat("101-udsat", "101", 10)
    limits.forebyggelse("101-praecis-30-pct", "101", 20)
    limits.forebyggelse("147-unoedig-undtagelse", "147", 30)
    limits.udsat("151-udsat-kan-ikke-undtages", "151", 31)
    limits.forebyggelse("153-ingen-beslutning", "153", 31)
    limits.forebyggelse("155-undtaget-men-for-lidt", "155", 10)
    limits.forebyggelse("155-kunne-ogsaa-undtages", "155", 40)
    limits.udsat("157-udsatte-alene-over", "157", 31)
    limits.forebyggelse("157-undtaget", "157", 10)
    limits.forebyggelse("157-uden-familieboliger", "157", 0)
    limits.forebyggelse("159-undtaget", "159", 20)
    limits.forebyggelse("159-beholdt", "159", 20)
    limits.forebyggelse("161-undtaget-a", "161", 20)
    limits.forebyggelse("161-undtaget-b", "161", 20)
    limits.forebyggelse("163-undtaget-en-bolig", "163", 1)
    limits.forebyggelse("163-beholdt", "163", 30)
    limits.forebyggelse("165-af-tre-familieboliger", "165", 1)
    homes = {
        "101": 70,
        "147": 70,
        "151": 69,
        "153": 69,
        "155": 50,
        "157": 59,
        "159": 60,
        "161": 60,
        "163": 69,
        "165": 2,
        "167": 7,
    }
    for kom, count in homes.items():
        world.outside_homes(kom, count)
    for kom in ("165", "169"):
        world.outside_homes(kom, 40, "ungdomsbolig")
        world.outside_homes(kom, 40, "aeldrebolig")
        world.outside_homes(kom, 40, "")
    for area_id in (
        "147-unoedig-undtagelse",
        "151-udsat-kan-ikke-undtages",
        "155-undtaget-men-for-lidt",
        "157-undtaget",
        "159-undtaget",
        "161-undtaget-a",
        "161-undtaget-b",
        "163-undtaget-en-bolig",
    ):
        world.decided(2024, area_id[:3], area_id)
    world.decided(2024, "167", "153-ingen-beslutning")
    world.decided(2024, "165", "findes-ikke")


def _history_of(world: World) -> None:
    for year in (2020, 2021, 2022, 2023):
        world.listed(year, "paa-listen-i-fem-aar", "udsat_boligomraade", "parallelsamfund")
        world.listed(year, "ikke-laengere-parallelsamfund", "parallelsamfund")
        world.listed(year, "omdannelsesomraade-er-ogsaa-parallelsamfund", "omdannelsesomraade")
        if year != 2020:
            world.listed(year, "mangler-paa-listen-for-2020", "parallelsamfund")
        if year != 2022:
            world.listed(year, "hul-i-2022-begynder-forfra", "parallelsamfund", "omdannelsesomraade")
        if year != 2023:
            world.listed(year, "kun-udsat-sidste-aar", "parallelsamfund")
    world.listed(2023, "kun-udsat-sidste-aar", "udsat_boligomraade", "forebyggelsesomraade")


@pytest.fixture(scope="module")
def limits(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    built = Limits(2024)
    for name, (how, _) in STATUS.items():
        built.area(name, **how)  # type: ignore[arg-type]
    _cap_areas(built)
    world = built.finished()
    _history_of(world)
    return sealed(world, tmp_path_factory.mktemp("limits"), 2024)


@pytest.mark.parametrize("name", STATUS)
def test_status(name: str, limits: Tables) -> None:
    expected = STATUS[name][1]
    assert cells(limits["area_status"][name], expected) == expected


def test_the_limits_are_where_the_cases_put_them(limits: Tables) -> None:
    rows = limits["area_criteria"]
    assert {row["national_convicted_share"] for row in rows.values()} == {"0.0100000000"}
    assert rows["doemte-praecis-tre-gange-landet"]["convicted_ratio"] == "3.0000000000"
    assert rows["doemte-lige-under-tre-gange"]["convicted_ratio"] == "2.5000000000"
    assert rows["praecis-40-pct-uden-arbejde"]["outside_share"] == "0.4000000000"
    # 0.01 hours of 37 x 260 for one of a hundred, in one of two years: 0.4 + 0.01 / (37 x 260 x 100 x 2)
    assert rows["40-pct-og-en-hundrededel-time"]["outside_share"] == "0.4000000052"
    assert rows["praecis-60-pct-grundskole"]["primary_only_share"] == "0.6000000000"
    assert rows["indkomst-praecis-55-pct"]["region_income_mean"] == "200000.00"
    assert rows["indkomst-praecis-55-pct"]["income_ratio"] == "0.5500000000"
    # Ninety-nine earn 110,000.00 kr. and one 109,999.99 kr.: 0.01 / (100 x 200,000) under the limit
    assert rows["indkomst-en-oere-under-55-pct"]["income_mean"] == "110000.00"
    assert rows["indkomst-en-oere-under-55-pct"]["income_ratio"] == "0.5499999995"


@pytest.mark.parametrize("kom", CAP)
def test_cap(kom: str, limits: Tables) -> None:
    assert limits["municipal_cap"][kom] == CAP[kom]


def test_municipalities_without_family_homes_have_no_cap_row(limits: Tables) -> None:
    assert list(limits["municipal_cap"]) == sorted(CAP)


# --- before forebyggelsesområder existed: list year 2020, nobody in the country convicted ---


@pytest.fixture(scope="module")
def before_61b(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    built = Limits(2020, national=False)
    built.area("ville-vaere-forebyggelse-i-2021", "153", nonwestern=301, outside=31, primary=61, homes=10)
    built.area("udsat-i-2020", "153", nonwestern=501, outside=41, primary=61, homes=40)
    built.world.outside_homes("153", 50)
    built.world.decided(2020, "153", "ville-vaere-forebyggelse-i-2021")
    boede = built.world.person("boede-er-ingen-dom", "1980-01-01")
    boede.sentenced(2018, kind="200").sentenced(2019, kind="200")
    return sealed(built.finished(), tmp_path_factory.mktemp("before"), 2020)


def test_no_forebyggelsesomraade_before_2021(before_61b: Tables) -> None:
    rows = before_61b["area_status"]
    assert rows["ville-vaere-forebyggelse-i-2021"]["status"] == IKKE
    assert rows["udsat-i-2020"]["status"] == UDSAT
    assert rows["udsat-i-2020"]["parallelsamfund"] == "true"
    assert {row["criteria_met_61b"] for row in rows.values()} == {""}


def test_no_ratio_to_a_country_without_convictions(before_61b: Tables) -> None:
    row = before_61b["area_criteria"]["udsat-i-2020"]
    expected = {
        "convicted_share": "0.0000000000",
        "national_convicted_share": "0.0000000000",
        "convicted_ratio": "",
    }
    assert cells(row, expected) == expected
    assert before_61b["area_status"]["udsat-i-2020"]["criteria_met_61a"] == "2"


def test_no_cap_before_2021(before_61b: Tables) -> None:
    assert before_61b["municipal_cap"]["153"] == {
        "list_year": "2020",
        "kom": "153",
        "family_homes": "100",
        "homes_udsat": "40",
        "homes_forebyggelse": "0",
        "share": "0.4000000000",
        "cap_exceeded": "false",
        "decision": "not_needed",
        "homes_exempted": "0",
        "covered_homes": "40",
        "covered_share": "0.4000000000",
        "over_exempted": "false",
    }


# --- one region of Hovedstaden and Sjælland from 1 January 2027 ---


def test_merged_region_from_2027(tmp_path: Path) -> None:
    world = World((2027,))
    world.area("i-roskilde", "265").person("roskilde", "1990-06-15").earning("100")
    world.area("i-koebenhavn", "101").person("koebenhavn", "1990-06-15").earning("300")
    rows = sealed(world, tmp_path, 2027)["area_criteria"]
    assert rows["i-roskilde"]["reg"] == rows["i-koebenhavn"]["reg"]
    assert {row["region_income_mean"] for row in rows.values()} == {"200.00"}
