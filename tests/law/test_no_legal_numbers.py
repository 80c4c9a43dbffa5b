"""No number of the law is written in `sql/` or `assets/`: it comes from `law/parameters`.

The rule. 0 and 1 are free. 2, 10 and 100 may be counted and scaled with, but nothing may be compared with
them. Digits of a type, widths of padding, days of a date and positions in a list are free. Any other number,
and any text that is a number alone, as digits (`'310'`) or as the law writes it (`'40 pct'`, `'40/100'`), must stand
in `technical_constants.csv` with its reason; a row there that no file needs is refused. SQL inside Python strings is
held to the same.
"""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.tokens import Token, TokenType

ROOT = Path(__file__).resolve().parent.parent.parent
SQL_FILES = sorted((ROOT / "sql").rglob("*.sql"))
PYTHON_FILES = sorted((ROOT / "assets").rglob("*.py"))

FREE = {"0", "1"}
ARITHMETIC_ONLY = {"2", "10", "100"}
COMPARISONS = {
    TokenType.GT,
    TokenType.GTE,
    TokenType.LT,
    TokenType.LTE,
    TokenType.EQ,
    TokenType.NEQ,
    TokenType.BETWEEN,
    TokenType.IN,
}
OPERATIONS = {TokenType.STAR, TokenType.SLASH, TokenType.DIV, TokenType.MOD, TokenType.PLUS, TokenType.DASH}
# Types and functions whose own numbers are about form, up to a largest one: digits, widths, months and days.
FORMS = {"decimal": 38, "varchar": 38, "round": 38, "lpad": 38, "left": 38, "make_date": 31}
PADDING = "0"
DIGITS = re.compile(r"%?\d+([.,]\d+)?%?")
AS_THE_LAW_WRITES = re.compile(r"-?\d+([.,]\d+)?\s*(pct\.?|%|procent|gange|/\s*\d+)", re.IGNORECASE)
SQL_TEXT = re.compile(r"\b(SELECT|INSERT INTO|CREATE|DELETE FROM|UPDATE|WHERE|CASE WHEN|FILTER|BETWEEN|NOT IN|IN \()")


def technical_constants() -> list[dict[str, str]]:
    with (Path(__file__).parent / "technical_constants.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def sql_numbers(text: str) -> Iterator[tuple[int, str]]:
    """Line and literal of every number in SQL that the rule does not allow by itself."""
    tokens = DuckDB().tokenize(text)
    around: list[str] = []
    for index, token in enumerate(tokens):
        if token.token_type == TokenType.L_PAREN:
            around.append(tokens[index - 1].text.lower() if index else "")
        elif token.token_type == TokenType.R_PAREN and around:
            around.pop()
        elif token.token_type == TokenType.STRING and is_number(token.text):
            if token.text != PADDING:
                yield token.line, token.text
        elif token.token_type == TokenType.NUMBER:
            of_form = bool(around) and around[-1] in FORMS and int(token.text) <= FORMS[around[-1]]
            scale = token.text in ARITHMETIC_ONLY and not is_compared(tokens, index)
            if not (token.text in FREE or of_form or scale):
                yield token.line, token.text


def is_number(text: str) -> bool:
    """Whether a text is a number and nothing else: digits, perhaps of a pattern, or a share or factor as law has it."""
    return bool(DIGITS.fullmatch(text) or AS_THE_LAW_WRITES.fullmatch(text.strip()))


def is_compared(tokens: list[Token], index: int) -> bool:
    """Whether the number at `index` is itself a side of a comparison, a bound of BETWEEN or an item of IN."""
    before, after = index - 1, index + 1
    while before >= 0 and tokens[before].token_type in {TokenType.L_PAREN, TokenType.COMMA, TokenType.NUMBER}:
        before -= 1
    while after < len(tokens) and tokens[after].token_type == TokenType.R_PAREN:
        after += 1
    left = tokens[before].token_type if before >= 0 else None
    right = tokens[after].token_type if after < len(tokens) else None
    upper_bound = left == TokenType.AND and any(
        token.token_type == TokenType.BETWEEN for token in tokens[max(0, before - 8) : before]
    )
    return (
        (left in COMPARISONS and right not in OPERATIONS)
        or (right in COMPARISONS and left not in OPERATIONS)
        or upper_bound
    )


def python_numbers(text: str) -> Iterator[tuple[int, str]]:
    """Line and literal of every number in Python that the rule does not allow by itself."""
    tree = ast.parse(text)
    skipped = {id(node) for holder in ast.walk(tree) for node in texts_that_are_no_code(holder)}
    compared = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        for part in (side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side])
    }
    positions = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for part in ast.walk(node.slice)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            # what is filled in stands as a name, so that the rest is read as one piece of SQL
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            if SQL_TEXT.search(text):
                yield from ((node.lineno + line - 1, literal) for line, literal in sql_numbers(text))
            elif id(node) not in skipped and is_number(text):
                yield node.lineno, text
            skipped |= {id(part) for part in node.values}
        if not isinstance(node, ast.Constant) or id(node) in skipped or isinstance(node.value, bool):
            continue
        if isinstance(node.value, int | float):
            literal = str(node.value)
            scale = literal in ARITHMETIC_ONLY and id(node) not in compared
            if not (literal in FREE or id(node) in positions or scale):
                yield node.lineno, literal
        elif isinstance(node.value, str):
            if is_number(node.value) and node.value not in FREE:
                yield node.lineno, node.value
            elif SQL_TEXT.search(node.value):
                yield from ((node.lineno + line - 1, literal) for line, literal in sql_numbers(node.value))


def texts_that_are_no_code(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, also those below an assignment, and the pieces of an f-string's format."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            yield child.value
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        yield from ast.walk(node.format_spec)


def found(path: Path) -> list[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    return list(sql_numbers(text) if path.suffix == ".sql" else python_numbers(text))


def allowed(path: Path, literal: str) -> bool:
    place = path.relative_to(ROOT).as_posix()
    return any(fnmatch(place, row["path"]) and row["literal"] == literal for row in technical_constants())


@pytest.mark.parametrize("path", SQL_FILES + PYTHON_FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_number_of_the_law_is_written_here(path: Path) -> None:
    numbers = [f"line {line}: {literal}" for line, literal in found(path) if not allowed(path, literal)]
    assert numbers == [], (
        "read it from law/parameters, or say in technical_constants.csv why it is no number of the law"
    )


def test_every_technical_constant_is_still_needed_and_has_a_reason() -> None:
    places = [(path, literal) for path in SQL_FILES + PYTHON_FILES for _, literal in found(path)]
    for row in technical_constants():
        assert row["reason"]
        assert any(
            literal == row["literal"] and fnmatch(path.relative_to(ROOT).as_posix(), row["path"])
            for path, literal in places
        ), row
    assert max(Counter((row["path"], row["literal"]) for row in technical_constants()).values()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM t WHERE share > 0.4",
        "SELECT * FROM t WHERE 100 * homes > 30 * n",
        "SELECT * FROM t WHERE age BETWEEN 18 AND 64",
        "SELECT * FROM t WHERE criteria_met >= 2",
        "SELECT * FROM t WHERE 2 <= criteria_met",
        "SELECT * FROM t WHERE (convicted_ratio) >= (2)",
        "SELECT * FROM t WHERE ie_type IN (1, 2)",
        "SELECT * FROM t WHERE years BETWEEN 1 AND 2",
        "SELECT * FROM t WHERE socio13 = '310'",
        "SELECT * FROM t WHERE ger LIKE '32%'",
        "SELECT CASE WHEN residents < 1000 THEN 0 END FROM t",
        "SELECT CAST(x AS DECIMAL(28, 10)), 30 FROM t",
        "SELECT make_date(2030, 1, 1)",
    ],
)
def test_a_legal_number_in_sql_is_found(text: str) -> None:
    assert list(sql_numbers(text))
    assert list(python_numbers(f"con.execute({text!r})"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 100 * homes > limit_numerator * n, CAST(x AS DECIMAL(28, 10)) FROM t",
        "SELECT (a + b) / 2, rounded(a, b, 10) FROM t WHERE listed = 1 AND parts[2] IS NOT NULL",
        "SELECT a FROM t WHERE 2 * a >= b AND b <= 10 * a",
        "SELECT lpad(kom, 3, '0'), make_date(year, 12, 31), round(share, 4) FROM t",
        "SELECT residents FROM t -- at least 1000 residents",
        "SELECT persons_30_59 FROM t WHERE reference_year = list_year - 2",
    ],
)
def test_counting_and_scaling_is_not(text: str) -> None:
    assert list(sql_numbers(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "if share > Fraction(30, 100): pass",
        "LIMIT = 0.4",
        "codes = ['310']",
        "if met >= 2: pass",
        "x in (1, 2)",
        "LIMIT = '40 pct'",
        "LIMIT = '40 pct.'",
        "LIMIT = '30pct'",
        "LIMIT = ' 2,7 % '",
        "LIMIT = '40/100'",
        "LIMIT = '40 / 100'",
        "LIMIT = '30 procent'",
        "LIMIT = '3 gange'",
        "LIMIT = f'40 pct'",
        "limits = {'residents': '1.000'}",
        "con.execute('SELECT * FROM t WHERE text = ?', ['40 pct'])",
        "con.execute(\"SELECT '40 pct' AS limit_text\")",
    ],
)
def test_a_legal_number_in_python_is_found(text: str) -> None:
    assert list(python_numbers(text))


@pytest.mark.parametrize(
    "text",
    [
        "unit = ' pct'",
        "shown = f'{share} pct.'",
        "shown = f'{part}/{whole}'",
        "told = 'Shares are of 100 pct. of the residents.'",
        "told = 'over 40 pct, as the act says'",
        "day = '2026-12-01'",
        "name = 'of/2024'",
        "pattern = '[0-9]{4}/[0-9]{2}'",
    ],
)
def test_an_ordinary_text_is_free(text: str) -> None:
    assert list(python_numbers(text)) == []


def test_docstrings_formats_and_positions_are_free() -> None:
    text = "first = names[3]\nhead = names[:12]\n"
    assert list(python_numbers(text)) == []
    text = '"""SELECT 30."""\nNAME = 1\n"""Below 1,000 WHERE 1000."""\nprint(f"{NAME:03}")\n'
    assert list(python_numbers(text)) == []
