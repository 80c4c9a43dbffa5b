"""The SQL that types the columns of a delivered file: a value that is not its type is counted, never passed on.

What does not belong here: how a file is opened (`assets.intake.files`), and which columns and codes a register has
(`assets.contracts`).
"""

from __future__ import annotations

from assets.code_lists import code_list
from assets.contracts import SQL_TYPES, UNREADABLE_CODE, Column, Kind, Register
from assets.intake.files import Source
from assets.warehouse import sql_text
from law.danish_time import TIME_ZONE

NO_PART = "([.,]0*)?"
"""What a whole number in a text may end in: a column that holds an empty cell is often written with decimals."""
OFFENCE_DIGITS = 7
SAS_EPOCH = "DATE '1960-01-01'"
SAS_DAYS = "BETWEEN -150000 AND 2936549"
"""To 31 December 9999, which stands where a spell has no end."""
EXACT_WHOLE = {"float": 1 << 24, "double": 1 << 53}
"""Below it a binary number holds every whole number; it and the next one are held as the same."""

EXACT_DECIMALS = 12
EXACT = f"DECIMAL(38,{EXACT_DECIMALS})"
KEY_DIGITS = 17
POWERS_OF_TEN = f"[{', '.join(str(10**digits) for digits in range(1, KEY_DIGITS + 1))}]"
"""By the number of digits of a key, one and as many zeros: what is stored is its digits after a one."""
NUMERIC_KEY = f"[0-9]{{1,{KEY_DIGITS}}}"
CPR_DIGITS = 10
CPR_SHAPE = "[0-9]{6}-?[0-9]{4}"
PHYSICAL_TYPES = ("text", "integer", "decimal", "float", "double", "date", "timestamp", "instant", "sas_second")
LARGEST_AMOUNT = "DECIMAL(15,2)"
"""What an amount must fit in: thirteen digits before the point, so that the derivation can count it in hundredths."""
OTHER_ACT = "anden"
UNKNOWN_ACT = "ukendt"


def _text(name: str, physical: str) -> str:
    """The column as trimmed text, empty as NULL; a whole number never as `1.0`."""
    if physical in ("float", "double"):
        whole = f"CAST(TRY_CAST({name} AS BIGINT) AS VARCHAR)"
        as_it_is = f"CAST({name} AS VARCHAR)"
        return f"CASE WHEN isnan({name}) THEN NULL WHEN {name} = floor({name}) THEN {whole} ELSE {as_it_is} END"
    if physical == "decimal":
        whole = f"CAST(CAST({name} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {name} = floor({name}) THEN {whole} ELSE CAST({name} AS VARCHAR) END"
    if physical == "text":
        return f"nullif(trim(CAST({name} AS VARCHAR), E' \\t\\r\\n'), '')"
    return f"CAST({name} AS VARCHAR)"


def _is_number(name: str) -> str:
    return f"({name} IS NOT NULL AND NOT isnan({name}))"


def _code(name: str, physical: str) -> str:
    if physical == "integer":
        fits = f"WHEN {name} BETWEEN 0 AND 999999999 THEN CAST({name} AS INTEGER)"
        return f"CASE {fits} WHEN {name} IS NOT NULL THEN {UNREADABLE_CODE} END"
    text = _text(name, physical)
    number = f"TRY_CAST(regexp_extract({text}, '^([0-9]{{1,9}}){NO_PART}$', 1) AS INTEGER)"
    return f"CASE WHEN {number} IS NOT NULL THEN {number} WHEN {text} IS NOT NULL THEN {UNREADABLE_CODE} END"


def _day(name: str, physical: str) -> tuple[str, str]:
    if physical == "date":
        return name, "false"
    if physical == "timestamp":
        return f"CAST({name} AS DATE)", "false"
    if physical == "instant":
        return f"CAST({name} AT TIME ZONE '{TIME_ZONE}' AS DATE)", "false"
    if physical == "sas_second":
        fits = f"({_is_number(name)} AND floor({name} / 86400) {SAS_DAYS})"
        value = f"CASE WHEN {fits} THEN {SAS_EPOCH} + CAST(floor({name} / 86400) AS INTEGER) END"
        return value, f"({_is_number(name)} AND NOT {fits})"
    if physical in ("integer", "decimal", "float", "double"):
        present = f"{name} IS NOT NULL" if physical in ("integer", "decimal") else _is_number(name)
        fits = f"({present} AND {name} = floor({name}) AND {name} {SAS_DAYS})"
        return f"CASE WHEN {fits} THEN {SAS_EPOCH} + CAST({name} AS INTEGER) END", f"({present} AND NOT {fits})"
    text = _text(name, physical)
    shape = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00(:00(\.0+)?)?)?"
    value = f"CASE WHEN regexp_full_match({text}, '{shape}') THEN TRY_CAST(left({text}, 10) AS DATE) END"
    return value, f"({text} IS NOT NULL AND {value} IS NULL)"


def _amount(name: str, physical: str, stored: str = LARGEST_AMOUNT) -> tuple[str, str]:
    """At most two decimals: the stored value must be the delivered one, not its neighbour."""
    if physical in ("float", "double"):
        value = f"CASE WHEN {_is_number(name)} THEN TRY_CAST({name} AS {stored}) END"
        back = f"CAST({value} AS {physical.upper()})"
        return value, f"({_is_number(name)} AND {back} IS DISTINCT FROM {name})"
    if physical in ("integer", "decimal"):
        value = f"TRY_CAST({name} AS {stored})"
        return value, f"({name} IS NOT NULL AND {value} IS DISTINCT FROM {name})"
    text = _text(name, physical)
    shape = r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)"
    exact = f"CASE WHEN regexp_full_match({text}, '{shape}') THEN TRY_CAST(replace({text}, ',', '.') AS {EXACT}) END"
    value = f"TRY_CAST({exact} AS {stored})"
    finer = f"regexp_matches({text}, '[.,][0-9]{{{EXACT_DECIMALS}}}[0-9]*[1-9]')"
    return value, f"({text} IS NOT NULL AND ({value} IS NULL OR {value} <> {exact} OR {finer}))"


def _measure(name: str, physical: str) -> tuple[str, str]:
    """Any decimal: what decides nothing is kept rounded."""
    value, _ = _amount(name, physical, SQL_TYPES[Kind.MEASURE])
    present = _is_number(name) if physical in ("float", "double") else f"{name} IS NOT NULL"
    if physical == "text":
        present = f"{_text(name, physical)} IS NOT NULL"
    return value, f"({present} AND {value} IS NULL)"


def _number(name: str, physical: str) -> tuple[str, str]:
    if physical == "integer":
        return f"TRY_CAST({name} AS BIGINT)", "false"
    text = _text(name, physical)
    value = f"TRY_CAST(regexp_extract({text}, '^([+-]?[0-9]{{1,18}}){NO_PART}$', 1) AS BIGINT)"
    return value, f"({text} IS NOT NULL AND {value} IS NULL)"


def _inexact(name: str, physical: str) -> str:
    """A key that a binary number cannot hold exactly could be another person's: it is no key."""
    if physical not in EXACT_WHOLE:
        return "false"
    exact = f"{name} = floor({name}) AND abs({name}) < {EXACT_WHOLE[physical]}"
    return f"({_is_number(name)} AND NOT ({exact}))"


def offence_classes() -> dict[str, str]:
    """Prefix of the offence code -> the act it is kept as, for the prefixes that tell the acts apart."""
    return {
        row["ger_prefix"]: row["offence_class"] or OTHER_ACT
        for row in code_list("ger_codes")
        if row["law"] and int(row["n_digits"]) <= 2
    }


def _offence(name: str, physical: str) -> str:
    """The act of an offence code of seven digits; a number has lost its zeros in front, a text of other digits is no
    code."""
    digits = f"regexp_extract({_text(name, physical)}, '^([0-9]+){NO_PART}$', 1)"
    if physical != "text":
        digits = (
            f"CASE WHEN length({digits}) BETWEEN 1 AND {OFFENCE_DIGITS} THEN lpad({digits}, {OFFENCE_DIGITS}, '0') END"
        )
    text = f"CASE WHEN length({digits}) = {OFFENCE_DIGITS} THEN {digits} END"
    classes = sorted(offence_classes().items(), key=lambda item: (-len(item[0]), item[0]))
    branches = " ".join(f"WHEN starts_with({text}, {sql_text(prefix)}) THEN {sql_text(act)}" for prefix, act in classes)
    return f"CASE {branches} WHEN {_text(name, physical)} IS NOT NULL THEN '{UNKNOWN_ACT}' END"


def typed(column: Column, name: str, physical: str) -> tuple[str, str]:
    """SQL for the stored value of a column, and for "a value is there but cannot be its type"."""
    match column.kind:
        case Kind.CODE:
            return _code(name, physical), "false"
        case Kind.PSEUDONYM:
            return _text(name, physical), _inexact(name, physical)
        case Kind.DAY:
            return _day(name, physical)
        case Kind.AMOUNT:
            return _amount(name, physical)
        case Kind.MEASURE:
            return _measure(name, physical)
        case Kind.NUMBER:
            return _number(name, physical)
        case Kind.OFFENCE:
            return _offence(name, physical), "false"
        case Kind.SANCTION:
            return f"TRY_CAST(({_code(name, physical)}) // 100 AS SMALLINT)", "false"
        case Kind.CADASTRE:
            return f"lower({_text(name, physical)})", "false"
        case _:
            return _text(name, physical), "false"


def _pseudonym(name: str, physical: str) -> tuple[str, str, str]:
    """SQL for a pseudonym as a number (of digits alone), as a text (all others), and for "looks like a CPR number".

    A key of digits alone, the usual one, is recognised before anything is trimmed.
    """
    raw = f"CAST({name} AS VARCHAR)" if physical in ("text", "integer") else _text(name, physical)
    clean = _text(name, physical)
    digits = f"regexp_full_match({raw}, '{NUMERIC_KEY}')"
    clean_digits = f"regexp_full_match({clean}, '{NUMERIC_KEY}')"
    as_number = "THEN CAST('1' || {} AS BIGINT)"
    number = f"CASE WHEN {digits} {as_number.format(raw)} WHEN {clean_digits} {as_number.format(clean)} END"
    text = f"CASE WHEN NOT {digits} AND NOT {clean_digits} THEN {clean} END"
    is_date = "try_strptime(left({}, 6), '%d%m%y') IS NOT NULL"
    # nested, so that the costly look at a date is taken only where the shape fits
    cpr = (
        f"CASE WHEN {digits} THEN CASE WHEN strlen({raw}) = {CPR_DIGITS} THEN {is_date.format(raw)} ELSE false END "
        f"WHEN regexp_full_match({clean}, '{CPR_SHAPE}') THEN {is_date.format(clean)} ELSE false END"
    )
    return number, text, f"({cpr})"


def select(register: Register, source: Source) -> str:
    """The SELECT that types a file's contract columns; a pseudonym of other than digits is carried as text."""
    parts: list[str] = []
    faults: list[str] = []
    cpr = "false"
    for column in register.delivered_columns:
        if column.name not in source.columns:
            parts.append(f"CAST(NULL AS {SQL_TYPES[column.kind]}) AS {column.stored}")
            faults.append("false")
            continue
        name, physical = source.columns[column.name]
        value, fault = typed(column, name, physical)
        faults.append(fault)
        if column.kind is Kind.PSEUDONYM:
            number, text, looks_like_cpr = _pseudonym(name, physical)
            if fault != "false":
                number, text = (f"CASE WHEN NOT {fault} THEN {expression} END" for expression in (number, text))
            if column.name == "PNR":
                cpr = looks_like_cpr if fault == "false" else f"({looks_like_cpr} AND NOT {fault})"
                number, text = (f"CASE WHEN NOT {cpr} THEN {expression} END" for expression in (number, text))
            parts.append(f"{number} AS {column.stored}")
            parts.append(f"{text} AS {column.stored}_text")
        else:
            if column.kind is Kind.AMOUNT:  # one with more decimals than are stored would be stored rounded
                value = f"CASE WHEN NOT {fault} THEN {value} END"
            parts.append(f"CAST({value} AS {SQL_TYPES[column.kind]}) AS {column.stored}")
    bits = " + ".join(f"coalesce({fault}, false)::UINTEGER * {1 << i}" for i, fault in enumerate([*faults, cpr]))
    return f"SELECT {', '.join(parts)}, ({bits})::UINTEGER AS intake_faults FROM {source.relation}"


# --- a file in which nothing is out of place -----------------------------------------------------------------------


def plain_select(register: Register, source: Source) -> str:
    """The SELECT of a file whose keys are digits and whose cells all fit: the stored columns and nothing beside them.

    Gives what `select` gives where that finds no fault and no key of other than digits; any such cell is an error.
    """
    read = [name for name, _ in source.columns.values()]
    for column in register.columns:
        if column.kind is Kind.PSEUDONYM and column.name in source.columns:
            name = source.columns[column.name][0]
            read.append(f"TRY_CAST({name} AS BIGINT) AS {column.stored}_whole")
            read.append(f"{POWERS_OF_TEN}[strlen(CAST({name} AS VARCHAR))] AS {column.stored}_power")
    parts = [_plain(column, source) for column in register.stored_columns]
    return f"SELECT {', '.join(parts)} FROM (SELECT {', '.join(read)} FROM {source.relation})"


def _plain(column: Column, source: Source) -> str:
    sql_type = SQL_TYPES[column.kind]
    if column.name not in source.columns:
        return f"CAST(NULL AS {sql_type}) AS {column.stored}"
    name, physical = source.columns[column.name]
    value, fault = typed(column, name, physical)
    if column.kind is Kind.PSEUDONYM:
        return f"{_plain_key(column, name, physical)} AS {column.stored}"
    if fault != "false":
        value = f"CASE WHEN {fault} THEN error('not its type') ELSE {value} END"
    return f"CAST({value} AS {sql_type}) AS {column.stored}"


def _plain_key(column: Column, name: str, physical: str) -> str:
    """A key as a number. The usual one, which is the text of its number, is known by that and at once.

    A text that is read as a number of as many digits as the text has characters is that number's digits, unless it
    begins otherwise than with 1 to 9, as 0xfffff does, or some of the digits are zeros that an exponent stands for: two
    at least, since it takes up two places itself. So only a number that ends in 00 is written out and compared.
    """
    number, _, looks_like_cpr = _pseudonym(name, physical)
    refused = [_inexact(name, physical), *([looks_like_cpr] if column.name == "PNR" else [])]
    whole, power = f"{column.stored}_whole", f"{column.stored}_power"
    as_long = f"{whole} < {power} AND {whole} >= {power} // 10 AND {power} <> {10**CPR_DIGITS}"
    raw = f"CAST({name} AS VARCHAR)"
    usual = f"{as_long} AND {raw} BETWEEN '1' AND ':' AND ({whole} % 100 <> 0 OR CAST({whole} AS VARCHAR) = {raw})"
    return (
        f"CASE WHEN {usual} THEN {whole} + {power} WHEN {' OR '.join(refused)} THEN error('no key') "
        f"WHEN {_text(name, physical)} IS NULL THEN NULL ELSE coalesce({number}, error('not all digits')) END"
    )
