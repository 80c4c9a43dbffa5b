"""Reads `law/parameters/` into checked, dated legal values.

Belongs here: the form of a parameter file, the checks that stop a load, and the look-up of what is in force
on a day. Does not belong here: what a value is used for, any legal number, any register data, and how a file of the law
is read at all (`law.documents`).

One YAML file holds one legal quantity, named `<folder>.<file>`, as in `forebyggelsesomraade.nonwestern`.
Shares and factors are read as exact fractions, never as binary floating point.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from law.danish_time import years_after
from law.documents import LawError as LawError
from law.documents import date_of, mapping_of, period_of, read_document, text_of

PARAMETER_DIRECTORY = Path(__file__).parent / "parameters"

Value = Fraction | int | str | tuple[str, ...]

EXACT_UNITS = frozenset({"share", "factor"})
WHOLE_UNITS = frozenset({"persons", "years", "hours", "months", "days", "count", "homes", "oere", "m2"})
UNITS = EXACT_UNITS | WHOLE_UNITS | {"codes", "choice"}
OPERATORS = frozenset({">", ">=", "<", "<=", "="})

FILE_KEYS = frozenset({"description", "label", "unit", "operator", "choices", "computed", "values"})
VALUE_KEYS = frozenset({"from", "until", "value", "reference", "confirmed", "note"})
REFERENCE_KEYS = frozenset({"act", "paragraph", "stk", "nr", "url"})

# The unit whose whole numbers may be negative: a reference year is written as an offset from the list year.
OFFSET_SUFFIX = re.compile(r"_year_offset(_\d+)?$")
NAME = re.compile(r"^[a-z][a-z0-9_]*$")
EXACT_TEXT = re.compile(r"^(-?\d+(?:[.,]\d+)?)\s*(?:(pct\.?|%)|/\s*(\d+))?$")


@dataclass(frozen=True, slots=True)
class Reference:
    """The provision that a value stands in. `stk` and `nr` are None where the paragraph has none."""

    act: str
    paragraph: str
    stk: str | None
    nr: str | None
    url: str

    @property
    def citation(self) -> str:
        """The provision as a jurist cites it, `§ 61 a, stk. 1, nr. 2`; a heading or an order by its name."""
        parts = [f"§ {self.paragraph}" if self.paragraph[:1].isdigit() else self.paragraph]
        if self.stk is not None:
            parts.append(f"stk. {self.stk}")
        if self.nr is not None:
            parts.append(f"nr. {self.nr}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class LegalValue:
    """One value of one legal quantity, from `effective_from` up to and not including `until` (None: no end).

    `value` is a Fraction for the units share and factor, a tuple of texts for codes, a text for choice, and a
    whole number for every other unit. `operator` says how a figure is compared with it (figure, operator,
    value). `confirmed` is the day someone last held it against its source.
    """

    parameter: str
    description: str
    unit: str
    operator: str | None
    value: Value
    effective_from: dt.date
    until: dt.date | None
    reference: Reference
    confirmed: dt.date
    note: str | None

    def in_force(self, day: dt.date) -> bool:
        """Whether the value applies on `day`."""
        return self.effective_from <= day and (self.until is None or day < self.until)

    def met_by(self, figure: Fraction | int | None) -> bool:
        """Whether an exact figure meets this limit. An empty figure (None) never does.

        Raises LawError for a value that is no limit, and for a figure in binary floating point.
        """
        if self.operator is None or not isinstance(self.value, Fraction | int):
            raise LawError(f"{self.parameter} has no operator, so no figure can be held against it")
        if figure is None:
            return False
        if not isinstance(figure, Fraction | int):
            raise LawError(f"{self.parameter}: a figure must be a Fraction or an int, not {type(figure).__name__}")
        difference = figure - self.value
        return {
            ">": difference > 0,
            ">=": difference >= 0,
            "<": difference < 0,
            "<=": difference <= 0,
            "=": difference == 0,
        }[self.operator]

    @property
    def text(self) -> str:
        """The value as it is written in a parameter file: `30 pct`, `3`, `1000`, `2, 3`, `exact`."""
        return format_value(self.unit, self.value)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One legal quantity with all its dated values, earliest first.

    `choices` maps each allowed choice to its meaning and `computed` lists those that the derivation carries
    out; both are empty for other units than choice. `label` is a Danish name for headings and charts, empty where no
    reader meets the quantity by name; it decides nothing and is no part of what the law is known by (`Law.sha256`).
    """

    name: str
    description: str
    unit: str
    operator: str | None
    choices: Mapping[str, str]
    computed: tuple[str, ...]
    values: tuple[LegalValue, ...]
    label: str = ""


@dataclass(frozen=True)
class Law:
    """Every legal quantity by name. `overrides` is empty but in a scenario, where it holds what was set."""

    parameters: Mapping[str, Parameter]
    overrides: Mapping[str, str]

    def in_force(self, day: dt.date) -> dict[str, LegalValue]:
        """The value of each quantity that is in force on `day`, by parameter name. Others are absent."""
        return {
            name: value
            for name, parameter in self.parameters.items()
            for value in parameter.values
            if value.in_force(day)
        }

    def for_list_year(self, list_year: int) -> dict[str, LegalValue]:
        """What is in force on the list day of `list_year` (almenboligloven § 61 a, stk. 5).

        Raises LawError for a year before the acts under which a list is derived from registers.
        """
        values = self.in_force(list_day(list_year))
        if "udsat_boligomraade.residents" not in values:
            raise LawError(
                f"no law here derives a list for {list_year}: the first list day covered is "
                f"{list_day(self.first_list_year)}; use classify to judge given figures under an older act"
            )
        return values

    @property
    def first_list_year(self) -> int:
        """The first list year whose list day falls under the act that lists are derived by (§ 61 a)."""
        return self.first_list_year_of("udsat_boligomraade.residents")

    def first_list_year_of(self, parameter: str) -> int:
        """The first list year on whose list day there is a value of a quantity, whatever values came later."""
        start = self.first_day(parameter)
        return start.year if start <= list_day(start.year) else start.year + 1

    def first_day(self, parameter: str) -> dt.date:
        """The day from which there is a value of a quantity at all. Raises KeyError for a name that is none."""
        return self.parameters[parameter].values[0].effective_from

    def with_values(self, overrides: Mapping[str, str]) -> Law:
        """This law with some quantities set to another value on all their days; operators and dates stay.

        Values are written as in a parameter file (`25pct`, `1500`, `a,b`). Raises LawError for an unknown
        name, a value that is not of the quantity's unit, or a choice that is not in its closed list.
        """
        parameters = dict(self.parameters)
        for name, text in overrides.items():
            parameter = parameters.get(name)
            if parameter is None:
                raise LawError(f"{name}: no such parameter; the known names are the files under law/parameters/")
            value = _value_of_text(parameter, text)
            parameters[name] = replace(
                parameter, values=tuple(replace(dated, value=value) for dated in parameter.values)
            )
        return Law(MappingProxyType(parameters), MappingProxyType({**self.overrides, **overrides}))

    def of_groups(self, groups: Collection[str]) -> Law:
        """This law with the parameters of some groups alone, so that a hash says nothing of the others."""
        kept = {name: p for name, p in self.parameters.items() if name.split(".")[0] in groups}
        return Law(MappingProxyType(kept), self.overrides)

    def unconfirmed_since(self, day: dt.date, in_force_on: dt.date | None = None) -> tuple[LegalValue, ...]:
        """Values in force on `day`, or on another day, that were last confirmed more than a year before `day`."""
        limit = years_after(day, -1)
        in_force = self.in_force(in_force_on or day)
        return tuple(value for _, value in sorted(in_force.items()) if value.confirmed < limit)

    def confirmed_after(self, day: dt.date, in_force_on: dt.date) -> tuple[LegalValue, ...]:
        """Values in force on a day that are said to be confirmed after `day`: nobody can have done so by then."""
        return tuple(value for _, value in sorted(self.in_force(in_force_on).items()) if value.confirmed > day)

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole content. Order of files, comments and layout do not matter, all else does."""
        canonical = [_canonical(self.parameters[name]) for name in sorted(self.parameters)]
        text = json.dumps(canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


STATISTICS_GROUPS = frozenset(
    {
        "anvisningsloft",
        "betegnelse",
        "forebyggelsesomraade",
        "omdannelsesomraade",
        "opgoerelse",
        "parallelsamfund",
        "udsat_boligomraade",
        "valg",
    }
)
"""The groups of parameters that the lists are derived from. The others decide about persons and money: no list is
another when one of them is."""


@lru_cache(maxsize=1)
def statistics_law() -> Law:
    """The parameters that the lists are derived from, read once per process."""
    return shipped_law().of_groups(STATISTICS_GROUPS)


REPORT_GROUPS = STATISTICS_GROUPS | {"redegoerelse"}
"""The groups that the annual report is derived from: those of the lists, and its own choices of method."""


@lru_cache(maxsize=1)
def report_law() -> Law:
    """The parameters that the annual report is derived from, read once per process."""
    return shipped_law().of_groups(REPORT_GROUPS)


def values_sha256(values: Mapping[str, LegalValue]) -> str:
    """Hash of the values in force on a day: what a list of that day rests on.

    The end of a value and the day of its confirmation are left out, and so is every value of another day: an
    amendment to come, or holding a value against its source once more, leaves earlier lists what they are.
    """
    canonical = [
        {key: part for key, part in fields.items() if key not in ("until", "confirmed")}
        | {"name": name, "unit": value.unit, "operator": value.operator}
        for name, value in sorted(values.items())
        for fields in _canonical_values((value,))
    ]
    text = json.dumps(canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def list_day(list_year: int) -> dt.date:
    """The day the lists of `list_year` are published: 1 December (almenboligloven § 61 a, stk. 5)."""
    return dt.date(list_year, 12, 1)


def newest_list_year(day: dt.date) -> int:
    """The list year of the newest list that is published by a day."""
    return day.year if day >= list_day(day.year) else day.year - 1


def load_law(directory: Path | None = None) -> Law:
    """All parameters under `directory` (default: the ones shipped here), checked.

    Raises LawError with one line that names the file, the key, what is wrong and how to put it right.
    """
    return _load(PARAMETER_DIRECTORY if directory is None else Path(directory))


@lru_cache(maxsize=1)
def shipped_law() -> Law:
    """The shipped parameters, read once per process."""
    return load_law()


def format_value(unit: str, value: Value) -> str:
    """A value as a parameter file writes it. Exact: a share that has no finite decimal stays a fraction."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Fraction):
        shown = value * 100 if unit == "share" else value
        decimal = _finite_decimal(shown)
        if decimal is None:
            return f"{value.numerator}/{value.denominator}"
        return f"{decimal} pct" if unit == "share" else decimal
    return str(value)


def parse_exact(text: str) -> Fraction:
    """`40 pct`, `40pct`, `0.40`, `0,40` or `40/100` as an exact fraction; LawError for anything else."""
    match = EXACT_TEXT.match(text.strip())
    if match is None or (match[3] is not None and int(match[3]) == 0):
        raise LawError(f"{text!r} is no exact number; write it as 40 pct, 0.40 or 40/100")
    number = Fraction(match[1].replace(",", "."))
    if match[2]:
        return number / 100
    return number / int(match[3]) if match[3] else number


def _load(directory: Path) -> Law:
    parameters: dict[str, Parameter] = {}
    for path in sorted(directory.rglob("*")):
        if path.is_dir() or path.name.startswith("."):
            continue
        place = path.relative_to(directory).as_posix()
        name = _parameter_name(path.relative_to(directory), place)
        try:
            parameters[name] = _read(path, name)
        except LawError as error:
            raise LawError(f"law/parameters/{place}: {error}") from None
    if not parameters:
        raise LawError(f"{directory.name}: holds no parameter files; expected <group>/<quantity>.yaml")
    return Law(MappingProxyType(parameters), MappingProxyType({}))


def _parameter_name(relative: Path, place: str) -> str:
    parts = relative.with_suffix("").parts
    if relative.suffix != ".yaml" or len(parts) != 2 or not all(NAME.match(part) for part in parts):
        raise LawError(
            f"law/parameters/{place}: the name does not fit; name the file <group>/<quantity>.yaml "
            "in lower-case letters, digits and underscores"
        )
    return ".".join(parts)


def _read(path: Path, name: str) -> Parameter:
    return _parameter(mapping_of(read_document(path), "the file", FILE_KEYS), name)


def _parameter(document: Mapping[str, Any], name: str) -> Parameter:
    description = text_of(document, "description")
    unit = text_of(document, "unit")
    if unit not in UNITS:
        raise LawError(f"unit: {unit!r} is not known; use one of {', '.join(sorted(UNITS))}")
    operator = document.get("operator")
    if operator is not None and operator not in OPERATORS:
        raise LawError(f'operator: {operator!r} is not known; use one of ">", ">=", "<", "<=", "=" in quotes')
    if operator is not None and unit in {"codes", "choice"}:
        raise LawError(f"operator: a {unit} is not compared; remove the key")
    choices = _choices(document, unit)
    computed = _computed(document, unit, choices)
    entries = document.get("values")
    if not isinstance(entries, list) or not entries:
        raise LawError("values: missing or empty; give a list with at least one dated value")
    label = text_of(document, "label") if "label" in document else ""
    bare = Parameter(name, description, unit, operator, choices, computed, (), label)
    values = tuple(_dated(bare, entry, f"values[{index}]") for index, entry in enumerate(entries, start=1))
    _check_sequence(values)
    return replace(bare, values=values)


def _choices(document: Mapping[str, Any], unit: str) -> Mapping[str, str]:
    choices = document.get("choices")
    if unit != "choice":
        if choices is not None:
            raise LawError(f"choices: only a choice has them and the unit is {unit}; remove the key")
        return MappingProxyType({})
    if not isinstance(choices, dict) or not choices:
        raise LawError("choices: missing; list every allowed choice with its meaning in one line")
    for choice, meaning in choices.items():
        if not isinstance(choice, str) or not NAME.match(choice):
            raise LawError(f"choices: {choice!r} is no name; use lower-case letters, digits and underscores")
        if not isinstance(meaning, str) or not meaning.strip():
            raise LawError(f"choices.{choice}: has no meaning; write one line that says what it does")
    return MappingProxyType({choice: " ".join(meaning.split()) for choice, meaning in choices.items()})


def _computed(document: Mapping[str, Any], unit: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    computed = document.get("computed")
    if unit != "choice":
        if computed is not None:
            raise LawError(f"computed: only a choice has it and the unit is {unit}; remove the key")
        return ()
    if not isinstance(computed, list) or not computed:
        raise LawError("computed: missing; list the choices that the derivation carries out")
    unknown = [str(choice) for choice in computed if choice not in choices]
    if unknown:
        raise LawError(f"computed: {', '.join(unknown)} is not among the choices; add it there or remove it here")
    return tuple(computed)


def _dated(parameter: Parameter, entry: Any, key: str) -> LegalValue:
    fields = mapping_of(entry, key, VALUE_KEYS)
    effective_from, until = period_of(fields, key)
    if fields.get("value") is None:
        raise LawError(f"{key}.value: missing; give the value in the unit {parameter.unit}")
    note = fields.get("note")
    if note is not None and (not isinstance(note, str) or not note.strip()):
        raise LawError(f"{key}.note: is no text; write a sentence or remove the key")
    if note is None and parameter.unit == "choice":
        raise LawError(f"{key}.note: missing; a choice needs a sentence on why the text leaves it open")
    try:
        value = _value(parameter, fields["value"])
    except LawError as error:
        raise LawError(f"{key}.value: {error}") from None
    return LegalValue(
        parameter=parameter.name,
        description=parameter.description,
        unit=parameter.unit,
        operator=parameter.operator,
        value=value,
        effective_from=effective_from,
        until=until,
        reference=_reference(fields, key),
        confirmed=date_of(fields, "confirmed", key),
        note=None if note is None else " ".join(note.split()),
    )


def _value(parameter: Parameter, raw: Any) -> Value:
    unit = parameter.unit
    if isinstance(raw, bool):
        raise LawError(f"{raw} is no value of the unit {unit}; put quotes around a word")
    if unit in EXACT_UNITS:
        return _exact(unit, raw)
    if unit in WHOLE_UNITS:
        if not isinstance(raw, int):
            raise LawError(f"{raw!r} is no whole number of {unit}; write digits only, without quotes or decimals")
        if raw < 0 and not OFFSET_SUFFIX.search(parameter.name):
            raise LawError(f"{raw} is negative; only a year offset may be")
        return raw
    if unit == "codes":
        if not isinstance(raw, list) or not raw or not all(isinstance(code, str) and code for code in raw):
            raise LawError('codes are a list of texts; write them in quotes, as ["2", "3"]')
        if len(set(raw)) != len(raw):
            raise LawError("a code stands twice; keep one of them")
        return tuple(raw)
    if raw not in parameter.choices:
        raise LawError(f"{raw!r} is not among the choices; use one of {', '.join(parameter.choices)}")
    if raw not in parameter.computed:
        raise LawError(f"nothing computes the choice {raw!r} yet; use one of {', '.join(parameter.computed)}")
    return str(raw)


def _exact(unit: str, raw: Any) -> Fraction:
    if isinstance(raw, float):
        raise LawError(f"{raw!r} is binary floating point; put quotes around it, or write it as 40 pct or 40/100")
    if isinstance(raw, int) and unit == "share":
        raise LawError(f"{raw} is no share; write it as {raw} pct")
    number = Fraction(raw) if isinstance(raw, int) else parse_exact(str(raw))
    if number < 0 or (unit == "share" and number > 1):
        raise LawError(f"{raw!r} is outside what a {unit} can be; write a share between 0 and 100 pct")
    return number


def _value_of_text(parameter: Parameter, text: str) -> Value:
    raw: Any = text.strip()
    if parameter.unit in WHOLE_UNITS and re.fullmatch(r"-?\d+", raw):
        raw = int(raw)
    if parameter.unit == "codes":
        raw = [code.strip() for code in raw.split(",")]
    try:
        return _value(parameter, raw)
    except LawError as error:
        raise LawError(f"{parameter.name}: {error}") from None


def _reference(fields: Mapping[str, Any], key: str) -> Reference:
    if fields.get("reference") is None:
        raise LawError(f"{key}.reference: missing; give act, paragraph, stk, nr and url")
    reference = mapping_of(fields["reference"], f"{key}.reference", REFERENCE_KEYS)
    parts: dict[str, str | None] = {}
    for part in ("act", "paragraph", "stk", "nr", "url"):
        raw = reference.get(part)
        if raw is None and part in {"stk", "nr"}:
            parts[part] = None
            continue
        if isinstance(raw, bool) or not isinstance(raw, str | int) or not str(raw).strip():
            raise LawError(f"{key}.reference.{part}: missing or no text; write it out")
        parts[part] = str(raw).strip()
    if not str(parts["url"]).startswith("https://"):
        raise LawError(f"{key}.reference.url: is no address; give the one of the act, starting with https://")
    return Reference(str(parts["act"]), str(parts["paragraph"]), parts["stk"], parts["nr"], str(parts["url"]))


def _check_sequence(values: tuple[LegalValue, ...]) -> None:
    for number, (earlier, later) in enumerate(pairwise(values), start=2):
        key = f"values[{number}].from"
        if later.effective_from <= earlier.effective_from:
            raise LawError(f"{key}: {later.effective_from} is out of order; sort the values, earliest first")
        if earlier.until is None or earlier.until > later.effective_from:
            raise LawError(
                f"{key}: {later.effective_from} overlaps the value before it; "
                f"set values[{number - 1}].until to {later.effective_from}"
            )
        if earlier.until < later.effective_from:
            raise LawError(
                f"{key}: nothing applies from {earlier.until} to {later.effective_from}; "
                "close the gap by moving one of the two days"
            )


def _finite_decimal(number: Fraction) -> str | None:
    digits = 0
    while number.denominator != 1 and digits < 12:
        scaled = number * 10**digits
        if scaled.denominator == 1:
            break
        digits += 1
    scaled = number * 10**digits
    if scaled.denominator != 1:
        return None
    sign, whole = ("-" if scaled < 0 else ""), str(abs(int(scaled)))
    if digits == 0:
        return sign + whole
    whole = whole.rjust(digits + 1, "0")
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}"


def _canonical(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "description": parameter.description,
        "unit": parameter.unit,
        "operator": parameter.operator,
        "choices": dict(parameter.choices),
        "computed": sorted(parameter.computed),
        "values": list(_canonical_values(parameter.values)),
    }


def _canonical_values(values: tuple[LegalValue, ...]) -> Iterator[dict[str, Any]]:
    for dated in values:
        value = dated.value
        reference = dated.reference
        yield {
            "from": dated.effective_from.isoformat(),
            "until": dated.until.isoformat() if dated.until else None,
            "value": list(value) if isinstance(value, tuple) else str(value),
            "reference": [reference.act, reference.paragraph, reference.stk, reference.nr, reference.url],
            "confirmed": dated.confirmed.isoformat(),
            "note": dated.note,
        }
