"""What every column means: the one registry of column descriptions, read by the Dagster UI and the tests.

Same name, same quantity: a column is described once in `COMMON`, and in `TABLES` only where a table means something
narrower by it. Register columns are described by their contract (`assets.contracts`). Units stand in the text.
What does not belong here: types (they come from the warehouse) and how a column is derived (`assets.lineage`).
"""

from __future__ import annotations

from collections.abc import Mapping

from assets.contracts import REGISTER_BY_NAME, Column

COMMON: Mapping[str, str] = {
    "list_year": "The list year Y: the list of 1 December Y.",
    "reference_year": "The year of the reference, or the year of the status day.",
    "area_id": "The area, as the boundaries for the list name it.",
    "area_name": "The area's name, exactly as registered.",
    "kom": "Municipality code.",
    "reg": "Region code on the list's region table; empty for Christiansø.",
    "year": "The calendar year that the row is about.",
    "residents": "Persons living in the area on 1 January of the list year.",
    "nonwestern": "Of the residents, immigrants and descendants from non-western countries. Persons.",
    "nonwestern_share": "nonwestern / residents. Ten digits, empty without residents.",
    "persons_18_64_y2": "Residents of working age on 1 January Y-1: the base of year Y-2. Persons.",
    "persons_18_64_y1": "Residents of working age on 1 January Y: the base of year Y-1. Persons.",
    "outside_share_y2": "Full-time persons outside the labour market and education in Y-2 / persons_18_64_y2.",
    "outside_share_y1": "Full-time persons outside the labour market and education in Y-1 / persons_18_64_y1.",
    "outside_share": "Mean of the two yearly shares outside the labour market and education.",
    "adults_y2": "Adult residents on 1 January Y-1. Persons.",
    "adults_y1": "Adult residents on 1 January Y. Persons.",
    "convicted_y2": "Of adults_y2, persons with at least one counted conviction decided in Y-2.",
    "convicted_y1": "Of adults_y1, persons with at least one counted conviction decided in Y-1.",
    "convicted_share": "Mean of the two yearly shares of convicted adults.",
    "national_convicted_share": "The same mean over everyone in the population register.",
    "convicted_ratio": "convicted_share / national_convicted_share, divided before either is rounded. Times.",
    "persons_30_59": "Residents in the middle of working life on 1 January Y. Persons.",
    "primary_only": "Of these, persons with grundskole alone; unknown and unapproved foreign education included.",
    "primary_only_share": "primary_only / persons_30_59.",
    "income_persons": "Residents of taxable age, fully liable to tax in Y-1 and not under education. Persons.",
    "income_mean": "Their mean gross income in Y-1. DKK, two decimals.",
    "region_income_mean": "The same mean over everyone in the area's region. DKK, two decimals.",
    "income_ratio": "income_mean / region_income_mean, divided before either is rounded.",
    "status": "udsat_boligomraade, forebyggelsesomraade or ikke_omfattet; never two at once.",
    "parallelsamfund": "An udsat boligområde with a non-western share above the limit.",
    "omdannelsesomraade": "A parallelsamfund in each of the years that the law names, this one included.",
    "udsat_boligomraade": "Enough residents and enough criteria met at the limits of § 61 a, stk. 1.",
    "forebyggelsesomraade": "Enough residents, non-western share and criteria of § 61 b, and no udsat boligområde.",
    "criteria_met_61a": "How many of the four criteria are met at the limits of § 61 a.",
    "criteria_met_61b": "How many of the four criteria are met at the limits of § 61 b; empty before it was law.",
    "years_as_parallelsamfund": "Unbroken list years as parallelsamfund up to and including this one.",
    "family_homes": "Almene familieboliger standing on 1 January of the list year. Homes.",
    "persons": "Persons in the group that the figure is about.",
    "income_oere": "Sum of their gross income in øre.",
    "numerator": "Numerator of the exact fraction, as text since it can exceed 64 bits; empty without a figure.",
    "denominator": "Denominator of the exact fraction, as text.",
    "parameter": "The legal parameter, as law/parameters names it.",
    "operator": "How a figure is held against the limit: >, >=, <, <= or =.",
    "url": "Address of the provision on retsinformation.dk.",
    "reference": "The reference that was delivered: a status day or a year.",
}

PARAMETERS: Mapping[str, str] = {
    "unit": "The unit of the value.",
    "value": "The value as the parameter file writes it.",
    "numerator": "Numerator of the exact value; empty for codes and choices.",
    "denominator": "Denominator of the exact value; empty for codes and choices.",
    "act": "The act that the value stands in.",
    "paragraph": "The provision, as a jurist cites it.",
    "effective_from": "First day that the value is in force.",
    "until": "First day that it is no longer in force; empty while it is.",
    "confirmed": "The day someone last held the value against its source.",
    "note": "Remark on the value.",
}
"""The columns of a table of legal parameters."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "law.parameters": PARAMETERS,
    "law.report_parameters": PARAMETERS,
    "law.countries": {
        "country_code": "Country code as in OPR_LAND.",
        "name": "Danish name of the country.",
        "country_group": "Statistics Denmark's group: western, non-western, Denmark or unknown.",
        "menapt": "Whether the country is one of Statistics Denmark's MENAPT countries.",
    },
    "law.of_states": {
        "pti_tilstand_kode": "State of public support, as in PTI_TILSTAND_KODE.",
        "text": "Danish name of the state.",
        "state_group": "Group of states it belongs to.",
        "counted": "Whether the state counts as outside the labour market and education.",
        "basis": "Why it counts or not.",
    },
    "law.hfaudd_grundskole": {
        "hfaudd": "Education code, as in HFAUDD.",
        "level": "grundskole or uoplyst.",
        "text": "Danish name of the education.",
    },
    "law.municipalities": {"name": "Name of the municipality.", "reg": "Region on 1 December of the list year."},
    "areas.area_dwellings": {
        "adresse_id": "Pseudonym of the dwelling's address, as a whole number.",
    },
    "areas.area_residents": {
        "pnr": "Pseudonym of the person, as a whole number. Never leaves the warehouse.",
        "foed_dag": "Date of birth.",
        "ie_type": "1 Danish origin, 2 immigrant, 3 descendant.",
        "opr_land": "Country of origin.",
    },
    "criteria.outside": {
        "persons": "Residents of working age on the status day that ends the year.",
        "outside_units": "Their counted support: hundredths of an hour per week times weekdays, at most full time.",
        "full_units": "The same units if everyone were on full-time support all year.",
    },
    "criteria.convicted": {
        "adults": "Adult residents on the status day that ends the year. Persons.",
        "convicted": "Of these, persons with at least one counted conviction decided in the year.",
    },
    "criteria.convicted_national": {
        "adults": "Adults in the country on the status day that ends the year. Persons.",
        "convicted": "Of these, persons with at least one counted conviction decided in the year.",
    },
    "criteria.area_figures": {
        "outside_units_y2": "outside_units of year Y-2.",
        "outside_units_y1": "outside_units of year Y-1.",
        "full_units_y2": "full_units of year Y-2.",
        "full_units_y1": "full_units of year Y-1.",
        "national_adults_y2": "Adults in the country on 1 January Y-1. Persons.",
        "national_adults_y1": "Adults in the country on 1 January Y. Persons.",
        "national_convicted_y2": "Of these, convicted in Y-2. Persons.",
        "national_convicted_y1": "Of these, convicted in Y-1. Persons.",
        "region_income_persons": "Taxable persons of the region who are not students.",
        "region_income_oere": "Sum of their gross income in øre.",
        "outside_numerator": "Numerator of the two-year mean share outside; empty where a year has no persons.",
        "outside_denominator": "Denominator of the two-year mean share outside.",
        "convicted_numerator": "Numerator of the two-year mean share of convicted.",
        "convicted_denominator": "Denominator of the two-year mean share of convicted.",
        "national_convicted_numerator": "Numerator of the national two-year mean share of convicted.",
        "national_convicted_denominator": "Denominator of the national two-year mean share of convicted.",
    },
    "criteria.criteria_met": {
        "category": "The legal category whose limit it is.",
        "criterion": "residents, nonwestern, outside, convicted, primary_only or income.",
        "limit_numerator": "Numerator of the limit in force.",
        "limit_denominator": "Denominator of the limit in force.",
        "met": "Whether the figure meets the limit, decided exactly. An empty figure never does.",
    },
    "status.area_categories": {"parallelsamfund": "Parallelsamfund by this year's figures alone."},
    "status.parallelsamfund_history": {
        "year": "One of the years that the five-year rule looks at.",
        "parallelsamfund": "Whether the area was a parallelsamfund on the list of that year.",
        "source": "Where that is known from: denne_liste, edition (this home's own) or liste (published then).",
    },
    "status.area_margins": {
        "category": "The legal category whose limit it is; status: the row of the area's status.",
        "criterion": "residents, nonwestern, outside, convicted, primary_only, income, or status.",
        "met": "Whether the limit is met now; empty for the status.",
        "persons": "Least number of residents whose figure would have to differ to flip it; empty where none can.",
        "kroner": "The same in whole kroner per person, for income.",
        "change": "What would have to differ: the figure, the direction, and by how much.",
        "leads_to": "The status that the change in persons leads to.",
        "kroner_change": "The change that flips the status by income alone, in kroner per person.",
        "kroner_leads_to": "The status that it leads to.",
    },
    "status.status_changes": {
        "status_last": "Status on the list of the year before.",
        "status": "Status on this list.",
        "change": "entry, exit or move; empty where nothing changed.",
        "with_last_law": "Status now with last year's law put back alone; empty where it cannot be derived.",
        "with_last_boundary": "Status now with last year's boundaries put back alone.",
        "with_last_data": "Status now with last year's registers put back alone.",
        "with_all_last": "Status now with all three put back.",
        "cause": "What alone gives last year's status back; together or derivation where nothing alone does.",
        "margin_persons": "Residents whose figure would have to differ for another status.",
        "margin_kroner": "Kroner per person by which income would have to differ for another status.",
        "near_miss": "An unlisted area that a change in at most one in a hundred of its residents would list.",
    },
    "cap.family_homes": {"area_id": "The area that the homes stand in; empty: in none."},
    "cap.council_decisions": {
        "besluttet": "Day of the council's decision.",
        "journalnr": "The council's file number.",
        "valid": "Whether the area is a forebyggelsesområde of that municipality on this list.",
    },
    "cap.municipal_cap": {
        "family_homes": "N: all almene familieboliger of the municipality. Homes.",
        "homes_udsat": "U: those standing in udsatte boligområder of this list. Homes.",
        "homes_forebyggelse": "F: those standing in forebyggelsesområder of this list. Homes.",
        "share": "(U + F) / N. Ten digits.",
        "cap_exceeded": "Whether the share is above the cap in force, decided exactly.",
        "decision": "What the council's decision amounts to; the codes stand in the data dictionary.",
        "homes_exempted": "E: homes in the areas that the council exempted. Homes.",
        "covered_homes": "U + F - E. Homes.",
        "covered_share": "covered_homes / N. Ten digits.",
        "over_exempted": "A valid decision from which some area could be dropped and the cap still be kept.",
    },
    "cap.area_cap": {
        "kom": "The municipality that the homes stand in. Three digits.",
        "family_homes": "Almene familieboliger of the area in the municipality. Homes.",
        "decided": "Whether the council decided to exempt the area.",
        "decided_on": "Day of the council's decision.",
        "exempted": "Whether that decision counts: the municipality is above the cap.",
    },
    "reference.published_membership": {
        "published": "When the list was published.",
        "list_as_titled": "The list's title at the time.",
        "list": "The list in today's terms.",
        "municipality": "Municipality, as the list writes it.",
        "area": "Area, as the list writes it.",
        "complete": "Whether the whole list of that year is known.",
        "basis": "How the row is known.",
        "source_url": "Where it was read.",
    },
    "law.education_levels": {
        "hfaudd_from": "First education code of the range.",
        "hfaudd_to": "Last education code of the range.",
        "education_level": "The level that the report groups it under.",
    },
    "law.employment_groups": {
        "socio13": "Code of SOCIO13.",
        "employment_group": "The group that the report puts it in.",
    },
    "law.citizenships": {
        "country_code": "Country code of a citizenship.",
        "citizenship_group": "eu, eoes, schweiz or danmark.",
        "valid_from": "First day of the membership; empty where it is older than the list.",
        "valid_to": "First day that it no longer held; empty where it does.",
    },
    "report.dwellings": {
        "adresse_id": "Pseudonym of the address.",
        "boligareal": "Dwelling area, m2.",
        "antal_vaerelser": "Rooms of the dwelling.",
        "boligkategori": "Category of social housing, or ikke_almen.",
        "housing_group": "The group of homes: the list its area stands on, other social housing, or other homes.",
    },
    "report.people": {
        "pnr": "Pseudonym of the person.",
        "statsb": "Country of citizenship.",
        "foed_dag": "Date of birth.",
        "age": "Completed years on the status day.",
        "has_dwelling": "Whether the address is a known dwelling.",
        "housing_group": "The group of homes the person lives in; empty without a dwelling.",
        "origin": "dansk, vestlig, menapt or ikke_vestlig_oevrig.",
    },
    "report.traits": {
        "pnr": "Pseudonym of the person.",
        "education": "Level of completed education above grundskole; empty where there is none that counts.",
        "employment": "Group of SOCIO13; empty where unknown.",
    },
    "report.composition": {
        "dimension": "What persons are divided by: alder, oprindelse, uddannelse or beskaeftigelse.",
        "category": "The category within it.",
        "housing_group": "The list, oevrige_almene or oevrige_boliger; empty for the whole country.",
    },
    "report.incomes": {
        "housing_group": "The list, oevrige_almene or oevrige_boliger; empty for the whole country.",
        "dominated": "Whether one or two persons make up more of the sum than law/disclosure.yaml allows.",
    },
    "report.moves": {
        "direction": "ind: into the area, ud: out of it.",
        "measure": "alle: of all ages; beskaeftigelse or uddannelse: of the ages that have one.",
        "category": "The employment or education; i_alt for all.",
        "counterpart": "Where they came from or went to.",
        "housing_group": "The list that the area stands on.",
    },
    "report.housing": {
        "boligkategori": "Category of social housing, or ikke_almen.",
        "lived_in": "Whether anybody lives there.",
        "housing_group": "The list, oevrige_almene or oevrige_boliger; empty for the whole country.",
        "homes": "Number of homes.",
        "measured_homes": "Of these, homes with rooms and area known.",
        "residents": "Persons living in the measured homes.",
        "rooms": "Rooms of the measured homes.",
        "square_metres": "Area of the measured homes, m2.",
    },
    "report.social_export": {
        "listed": "Whether the municipality has an area on the lists.",
        "kom": "Municipality code on the first status day; empty for all of them together.",
        "target": "Whom the assignment bans are aimed at: ydelse, statsborgerskab or begge; andre for others.",
        "moved": "Whether they live in another municipality on the second status day.",
    },
    "report.net_immigration": {
        "direction": "ind: into the country, ud: out of it.",
        "origin": "dansk, vestlig, menapt or ikke_vestlig_oevrig.",
    },
    "report.nearness": {
        "category": "The category whose limit it is.",
        "criterion": "The criterion.",
        "limit_value": "The limit in force.",
        "met": "Whether the figure meets the limit, decided exactly.",
    },
    "report.list_changes": {
        "list": "The list.",
        "change": "ny, udgaaet or fortsat since the year before.",
    },
    "report.development": {
        "list": "The list.",
        "areas": "Areas on the list.",
        "residents": "Residents of the areas on the list.",
        "persons_18_64": "Residents of working age in them.",
    },
    "report.area_years": {
        "large_enough": "Whether the area has the residents that § 61 b asks for; false before there was a § 61 b.",
        "near_the_limits": "Whether it meets § 61 b with all limits moved towards it, and not with all moved away.",
    },
    "reference.published_counts": {
        "list_type": "The list in today's terms.",
        "count": "Areas on the list.",
        "residents_total": "Residents of the areas on the list, where published.",
        "source_url": "Where it was read.",
    },
    "reference.conviction_thresholds": {
        "list_years": "The list years that the threshold was printed for.",
        "criterion": "The criterion that it belongs to.",
        "value_pct": "The threshold as printed, pct.",
        "kind": "Absolute, or relative to the national average.",
        "source_url": "Where it was read.",
    },
    "reference.omdannelsesomraade_years": {"years": "Years as parallelsamfund that the law of that list day asks for."},
    "reference.reconciliation": {
        "years": "Years that the rule of that list year reads.",
        "municipality": "Municipality, as the lists write it.",
        "area": "Area, as the lists write it.",
        "is_derived": "Whether the area follows from the lists of parallelsamfund.",
        "is_published": "Whether it was published as omdannelsesområde.",
    },
}


def _contracted(column: Column) -> str:
    """What a register column means, under which name it is delivered, and since when."""
    years = f", {column.years}" if column.years else ""
    former = ", ".join(f"{f.name} ({f.first_year}-{f.last_year}, {f.held})" for f in column.former_names)
    before = f" Not the same, and never read: {former}." if former else ""
    return f"{column.label}. Delivered as {column.name}{years}.{before}"


def describe(table: str, column: str) -> str:
    """What a column of a table means. Raises KeyError where nobody has said."""
    schema, name = table.split(".")
    if schema in ("received", "registers") and name in REGISTER_BY_NAME:
        for contract in REGISTER_BY_NAME[name].stored_columns:
            if contract.stored == column:
                return _contracted(contract)
    own = TABLES.get(table, {})
    if column in own:
        return own[column]
    if column in COMMON:
        return COMMON[column]
    raise KeyError(f"{table}.{column} has no description in assets/columns.py")
