"""The sentences of the act, dated like the values that they state: no explanation quotes words of another law."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from law.loader import LawError, LegalValue, list_day
from law.statutes import ALMENBOLIGLOVEN, STATUTE_DIRECTORY, Statutes, load_statutes
from pipelines.explain import EIGHTH, FOURTH, SEVENTH, quotations, values_stated
from tests.deriving import LAW

STATUTES = load_statutes()
CHANGES = [value.effective_from.year for parameter in LAW.parameters.values() for value in parameter.values]
LIST_YEARS = range(LAW.first_list_year, max(CHANGES) + 3)
"""Every list year up to two after the last change that the parameters have."""

GOOD = """\
sentences:
  "§ 1":
    - {from: 2018-12-01, until: 2021-11-30, act: an act, url: "https://www.retsinformation.dk/1", text: First words.}
    - {from: 2022-01-01, until: null, act: another, url: "https://www.retsinformation.dk/2", text: Second words.}
"""


@pytest.mark.parametrize("list_year", LIST_YEARS)
def test_every_value_that_is_explained_is_stated_by_the_sentence_in_force(list_year: int) -> None:
    stated = values_stated(LAW.for_list_year(list_year))
    assert FOURTH in stated
    assert ({SEVENTH, EIGHTH} <= set(stated)) is ("anvisningsloft.share" in LAW.for_list_year(list_year))
    for provision, values in stated.items():
        words = STATUTES.in_force(provision, list_day(list_year))
        assert words is not None, f"{provision}: law/statutes has no sentence for {list_day(list_year)}"
        assert [v.parameter for v in values if not words.states(v)] == [], f"{provision}: add the sentence of the value"


@pytest.mark.parametrize("list_year", LIST_YEARS)
def test_a_share_an_age_and_a_number_of_years_stand_in_the_words_beside_them(list_year: int) -> None:
    for provision, values in values_stated(LAW.for_list_year(list_year)).items():
        words = STATUTES.in_force(provision, list_day(list_year))
        for value in values:
            assert words is not None
            assert in_words(value) in words.text, f"{provision}: {value.parameter}"


def in_words(value: LegalValue) -> str:
    """How the act writes a value; empty for one that it writes out in letters, or in another provision."""
    if value.unit == "share":
        return f"{value.text}."
    if "_age_" in value.parameter:
        return value.text
    return f"{value.text} år" if value.unit == "years" else ""


def test_a_sentence_is_in_force_from_its_first_day_up_to_its_end(tmp_path: Path) -> None:
    statutes = loaded(tmp_path, GOOD)
    days = [
        dt.date(2018, 11, 30),
        dt.date(2018, 12, 1),
        dt.date(2021, 11, 29),
        dt.date(2021, 11, 30),
        dt.date(2022, 1, 1),
    ]
    found = [statutes.in_force("§ 1", day) for day in days]
    assert [words and words.text for words in found] == [
        None,
        "First words.",
        "First words.",
        None,
        "Second words.",
    ]
    assert statutes.in_force("§ 2", days[1]) is None


def test_words_that_are_held_for_no_day_of_the_list_are_told_as_missing() -> None:
    values = LAW.for_list_year(2026)
    without = Statutes({name: one for name, one in STATUTES.sentences.items() if name != "§ 61 b, nr. 2"})
    quoted = quotations(values, without, 2026)
    assert {provision for provision, one in quoted.items() if one.remark} == {"§ 61 b, nr. 2"}
    assert quoted["§ 61 b, nr. 2"].sentence is None
    assert quoted["§ 61 b, nr. 2"].remark == "no sentence of § 61 b, nr. 2 is held here for 2026-12-01"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("text: First words.", "text: ''", "§ 1[1].text: missing or no text"),
        ("act: an act, ", "", "§ 1[1].act: missing or no text"),
        ("act: an act, ", "act: an act, of: 2024, ", "§ 1[1]: the key 'of' is not known"),
        ('"https://www.retsinformation.dk/1"', "retsinformation.dk", "§ 1[1].url: is no address"),
        ("from: 2018-12-01, ", "", "§ 1[1].from: missing; give a day"),
        ("until: null, ", "", "§ 1[2].until: missing"),
        ("until: 2021-11-30", "until: 2018-11-30", "§ 1[1].until: 2018-11-30 is not after from"),
        ("until: 2021-11-30", "until: null", "set § 1[1].until to 2022-01-01"),
        ("from: 2022-01-01", "from: 2021-11-29", "§ 1[2].from: 2021-11-29 overlaps the sentence before it"),
        (GOOD[GOOD.index("    - {from: 2018") :], "", "§ 1: missing or empty"),
        (GOOD, "sentences: []\n", "sentences: missing"),
        ("sentences:", "source: here\nsentences:", "the key 'source' is not known"),
        ("{from: 2018", "{{from: 2018", "is no valid YAML"),
    ],
)
def test_a_file_that_is_not_in_order_is_told_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(LawError) as caught:
        loaded(tmp_path, GOOD.replace(old, new, 1))
    message = str(caught.value)
    assert message.startswith(f"law/statutes/{ALMENBOLIGLOVEN}: ")
    assert said in message
    assert "\n" not in message


def test_no_sentence_is_left_that_nothing_quotes() -> None:
    quoted = {provision for year in LIST_YEARS for provision in values_stated(LAW.for_list_year(year))}
    held = yaml.safe_load((STATUTE_DIRECTORY / ALMENBOLIGLOVEN).read_text(encoding="utf-8"))["sentences"]
    assert set(held) == quoted


def loaded(folder: Path, text: str) -> Statutes:
    (folder / ALMENBOLIGLOVEN).write_text(text, encoding="utf-8")
    return load_statutes(folder)
