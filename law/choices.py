"""Writes `docs/choices.md`: every reading of the law that its text leaves open, with its default and the others.

Call: python -m law.choices. What does not belong here: the readings themselves (`law/parameters/valg` and
`law/parameters/afgoerelsesvalg`).
"""

from __future__ import annotations

from pathlib import Path

from law.loader import LegalValue, Parameter, shipped_law

GROUPS = ("valg", "afgoerelsesvalg")
PAGE = Path(__file__).parent.parent / "docs" / "choices.md"
HEAD = """# Readings of the law

Where the text of an act leaves a choice, the reading is a named and dated value, one file each: of the lists and
the report in `law/parameters/valg`, of decisions about persons and money in `law/parameters/afgoerelsesvalg`. This page
is written from those files (`python -m law.choices`). A reading of the lists that is derived can be tried:
`boligomraader scenario --home H --list-year Y --set valg.NAME=READING`. One that is not derived is refused, never taken
for the default. A note says what the reading rests on: INFERRED follows from a text that was read, RECALLED was not
found in a public source, OPEN awaits the ministry. A1 to A11 number the open questions of the legal
reference that this product was built on. Which years, days and codes a figure is counted on are values too, in
`law/parameters/opgoerelse`, with notes that say where the act leaves them open.
"""


def page() -> str:
    """The page as it stands in the repository, by name."""
    parameters = sorted(shipped_law().parameters.items())
    of_groups = (item for group in GROUPS for item in parameters if item[0].split(".")[0] == group)
    return "\n".join([HEAD, *(_section(name, parameter) for name, parameter in of_groups)])


def _section(name: str, parameter: Parameter) -> str:
    default = parameter.values[-1]
    dated = [f"`{value.text}` from {value.effective_from}{_end(value)}" for value in parameter.values]
    readings = [
        f"- `{choice}`{' (default)' if choice == default.value else ''}: {meaning}"
        f"{'' if choice in parameter.computed else '. *Not derived.*'}"
        for choice, meaning in parameter.choices.items()
    ]
    lines = [f"## {name}", "", f"{parameter.description} {default.reference.citation}, {default.reference.act}.", ""]
    lines += [*readings, "", f"In force: {'; '.join(dated)}; confirmed {default.confirmed}."]
    if default.note:
        lines += ["", default.note]
    return "\n".join([*lines, ""])


def _end(value: LegalValue) -> str:
    return f" until {value.until}" if value.until else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
