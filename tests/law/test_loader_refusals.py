"""Bad parameter files: each stops the load with one line that names the file, the key and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from law.loader import Law, LawError, load_law

GOOD = """\
description: A share
unit: share
operator: ">"
values:
  - from: 2018-12-01
    until: 2021-11-30
    value: 40 pct
    reference: {act: an act, paragraph: 61 a, stk: 1, nr: 1, url: "https://www.retsinformation.dk/eli/lta/2018/1322"}
    confirmed: 2026-03-08
  - from: 2021-11-30
    until: null
    value: "0.41"
    reference: {act: an act, paragraph: 61 a, stk: 1, nr: 1, url: "https://www.retsinformation.dk/eli/lta/2021/2157"}
    confirmed: 2026-03-08
"""
CHOICE = """\
description: A choice
unit: choice
choices:
  one: the first reading
  two: the second reading
computed: [one]
values:
  - from: 2018-12-01
    until: null
    value: one
    reference: {act: an act, paragraph: 61 a, stk: null, nr: null, url: "https://www.retsinformation.dk/eli/lta/2018/1322"}
    confirmed: 2026-03-08
    note: The text is silent.
"""
CODES = """\
description: Codes
unit: codes
values:
  - from: 2018-12-01
    until: null
    value: ["1", "2"]
    reference: {act: an act, paragraph: 61 a, stk: null, nr: null, url: "https://www.retsinformation.dk/eli/lta/2018/1322"}
    confirmed: 2026-03-08
"""
COUNT = CODES.replace("unit: codes", "unit: count").replace('["1", "2"]', "2")
REFERENCE = GOOD.splitlines()[7] + "\n"

CASES = {
    "unknown key": (
        GOOD,
        "unit: share",
        "unit: share\nunits: share",
        "units",
        "use choices, computed, description",
    ),
    "unknown key in a value": (
        GOOD,
        "    until: null",
        "    until: null\n    untill: null",
        "values[2]",
        "untill",
    ),
    "unknown key in a reference": (
        GOOD,
        "nr: 1,",
        "nr: 1, punkt: 1,",
        "values[1].reference",
        "'punkt' is not known",
    ),
    "duplicate key": (GOOD, "unit: share", "unit: share\nunit: share", "unit", "stands twice; keep one"),
    "duplicate key in a value": (
        GOOD,
        "    until: null",
        "    until: null\n    until: null",
        "until",
        "stands twice",
    ),
    "no description": (GOOD, "description: A share\n", "", "description", "write it out"),
    "unknown unit": (GOOD, "unit: share", "unit: percent", "unit", "use one of"),
    "unknown operator": (GOOD, '">"', '"=>"', "operator", 'use one of ">"'),
    "operator on codes": (CODES, "unit: codes", 'unit: codes\noperator: "="', "operator", "remove the key"),
    "no values": (
        CODES,
        CODES[CODES.index("values:") :],
        "values: []\n",
        "values",
        "at least one dated value",
    ),
    "a value that is no mapping": (
        CODES,
        CODES[CODES.index("values:") :],
        "values: [1]\n",
        "values[1]",
        "key: value",
    ),
    "no from": (GOOD, "  - from: 2018-12-01\n    until", "  - until", "values[1].from", "give a day"),
    "no until": (GOOD, "    until: null\n", "", "values[2].until", "or null when no end is set"),
    "until before from": (
        GOOD,
        "until: 2021-11-30",
        "until: 2018-11-30",
        "values[1].until",
        "give a later day",
    ),
    "a quoted date": (GOOD, "until: 2021-11-30", 'until: "2021-11-30"', "values[1].until", "without quotes"),
    "a time": (GOOD, "from: 2018-12-01", "from: 2018-12-01 10:00:00", "values[1].from", "write YYYY-MM-DD"),
    "no such day": (GOOD, "until: 2021-11-30", "until: 2021-11-31", "date", "write dates as YYYY-MM-DD"),
    "a gap": (GOOD, "from: 2021-11-30", "from: 2021-12-01", "values[2].from", "close the gap"),
    "an overlap": (
        GOOD,
        "from: 2021-11-30",
        "from: 2021-11-29",
        "values[2].from",
        "set values[1].until to 2021-11-29",
    ),
    "an open end before another value": (
        GOOD,
        "until: 2021-11-30",
        "until: null",
        "values[2].from",
        "overlaps",
    ),
    "unsorted values": (
        GOOD,
        "  - from: 2021-11-30",
        "  - from: 2017-11-30",
        "values[2].from",
        "earliest first",
    ),
    "no value": (GOOD, "    value: 40 pct\n", "", "values[1].value", "give the value in the unit share"),
    "a float": (GOOD, "40 pct", "0.40", "values[1].value", "put quotes around it, or write it as 40 pct"),
    "a bare whole number as share": (GOOD, "40 pct", "40", "values[1].value", "write it as 40 pct"),
    "a share above one": (GOOD, "40 pct", "400 pct", "values[1].value", "between 0 and 100 pct"),
    "words as share": (GOOD, "40 pct", "a lot", "values[1].value", "write it as 40 pct, 0.40 or 40/100"),
    "a truth value": (GOOD, "40 pct", "yes", "values[1].value", "put quotes around a word"),
    "a decimal count": (COUNT, "value: 2", "value: 2.5", "values[1].value", "write digits only"),
    "a quoted count": (COUNT, "value: 2", 'value: "2"', "values[1].value", "write digits only"),
    "a negative count": (COUNT, "value: 2", "value: -2", "values[1].value", "only a year offset may be"),
    "codes that are numbers": (CODES, '["1", "2"]', "[1, 2]", "values[1].value", "write them in quotes"),
    "a code twice": (CODES, '["1", "2"]', '["1", "1"]', "values[1].value", "keep one"),
    "one code and no list": (CODES, '["1", "2"]', '"1"', "values[1].value", "a list of texts"),
    "no reference": (GOOD, REFERENCE, "", "values[1].reference", "give act, paragraph, stk, nr and url"),
    "no paragraph": (GOOD, "paragraph: 61 a, ", "", "values[1].reference.paragraph", "write it out"),
    "no act": (GOOD, "act: an act, ", "", "values[1].reference.act", "write it out"),
    "no address": (GOOD, "https://www.retsinformation.dk", "retsinformation.dk", "reference.url", "https://"),
    "never confirmed": (GOOD, "    confirmed: 2026-03-08\n", "", "values[1].confirmed", "give a day"),
    "an empty note": (
        GOOD,
        "    until: null",
        '    until: null\n    note: ""',
        "values[2].note",
        "remove the key",
    ),
    "a choice without choices": (
        CHOICE,
        CHOICE[CHOICE.index("choices:") : CHOICE.index("comp")],
        "",
        "choices",
        "list",
    ),
    "a choice without meaning": (CHOICE, "one: the first reading", "one:", "choices.one", "write one line"),
    "a choice with a bad name": (CHOICE, "two: the", "Two-2: the", "choices", "lower-case letters"),
    "a choice outside its list": (
        CHOICE,
        "value: one",
        "value: three",
        "values[1].value",
        "use one of one, two",
    ),
    "a choice nothing computes": (CHOICE, "value: one", "value: two", "values[1].value", "nothing computes"),
    "computed outside the list": (
        CHOICE,
        "computed: [one]",
        "computed: [uno]",
        "computed",
        "uno is not among",
    ),
    "computed missing": (CHOICE, "computed: [one]\n", "", "computed", "the derivation carries out"),
    "a choice without note": (
        CHOICE,
        "    note: The text is silent.\n",
        "",
        "values[1].note",
        "leaves it open",
    ),
    "choices on a count": (COUNT, "unit: count", "unit: count\nchoices: {a: b}", "choices", "remove the key"),
    "computed on a count": (COUNT, "unit: count", "unit: count\ncomputed: [a]", "computed", "remove the key"),
    "broken YAML": (GOOD, "unit: share", "unit: [share", "line", "check indentation, colons and quotes"),
    "a bare equals sign": (GOOD, '">"', "=", "line", "quotes"),
    "not a mapping": (GOOD, GOOD, "- a list\n", "the file", "key: value"),
    "an empty file": (GOOD, GOOD, "", "the file", "key: value"),
}


def load(folder: Path, text: str, name: str = "group/quantity.yaml") -> Law:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_law(folder)


@pytest.mark.parametrize("text", [GOOD, CHOICE, CODES, COUNT], ids=["share", "choice", "codes", "count"])
def test_the_files_these_cases_start_from_are_in_order(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).parameters


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_a_bad_file_is_refused_with_file_key_and_fix(tmp_path: Path, case: str) -> None:
    text, old, new, key, fix = CASES[case]
    assert old in text
    with pytest.raises(LawError) as caught:
        load(tmp_path, text.replace(old, new, 1))
    message = str(caught.value)
    assert message.startswith("law/parameters/group/quantity.yaml: ")
    assert key in message
    assert fix in message
    assert "\n" not in message
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["quantity.yaml", "group/quantity.yml", "group/Quantity.yaml", "a/b/c.yaml"])
def test_a_file_in_the_wrong_place_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LawError, match=r"name the file <group>/<quantity>\.yaml") as caught:
        load(tmp_path, COUNT, name)
    assert name in str(caught.value)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LawError, match="holds no parameter files"):
        load_law(tmp_path)
