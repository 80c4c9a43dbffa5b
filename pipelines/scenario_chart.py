"""The page of a scenario: one self-contained HTML file, in Danish, with its chart and who enters and leaves.

The chart is Vega-Lite, drawn to SVG without a browser, and the same bytes for the same rows. Its texts are painted by
whoever opens the page, in the fonts of that machine: so there is room beside them. What does not belong here: any
derivation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import vl_convert
from markupsafe import Markup

from assets.code_lists import municipality_names
from assets.finished import danish
from assets.list_names import LIST_NAMES, NO_LIST, WITHIN
from assets.pages import template_of
from assets.publishing.public_lists import INVENTED, OPERATOR_WORDS
from law.loader import WHOLE_UNITS, shipped_law

TEMPLATE = Path(__file__).parent / "templates" / "scenarie.html.j2"
NOTICE = "Scenarie - ikke en officiel liste"
VEGA_LITE = "6.4"
LOCALE: Literal["da-DK"] = "da-DK"
BAR = 22
LINE = 13
"""Each further line of a label."""
PANEL_WIDTH = 260
LABEL_WIDTH = 320
FONT = "Arial, 'Liberation Sans', sans-serif"
LETTER = 6.6
"""The width of a letter in the widest of the fonts that stand in for Arial."""
SEPARATOR = "; "
LISTS: Mapping[str, str] = {
    "Parallelsamfund": "#7a0177",
    "Øvrige udsatte boligområder": "#c51b8a",
    "Forebyggelsesområder": "#f768a1",
}
READINGS: Mapping[str, Mapping[str, str]] = {
    "valg.fines": {"counted": "tæller med", "not_counted": "tæller ikke med"},
    "valg.split_area_history": {"own_history": "kun egne år", "predecessor_history": "også forgængerens år"},
}
"""The readings that a scenario can try, in words."""
CHANGES: Mapping[str, str] = {"enters": "kommer på", "leaves": "går ud", "moves": "skifter"}
STATUSES: Mapping[str, str] = {**{code: name.one for code, name in LIST_NAMES.items()}, NO_LIST: "ikke omfattet"}

Row = Mapping[str, Any]


def page(
    name: str, changed: Mapping[str, Sequence[str]], summary: Sequence[Row], areas: Sequence[Row], synthetic: bool
) -> str:
    """The page of a scenario from what it changes, its summary and its areas (`pipelines.scenario`)."""
    summary, areas = ([{**row, "setting": said(row["setting"])} for row in rows] for rows in (summary, areas))
    years = sorted({str(row["list_year"]) for row in summary})
    return template_of(TEMPLATE, count=_count, lines=_lines, named=_named, limit=_limit).render(
        name=name,
        notice=NOTICE,
        chart=Markup(chart(summary)),
        invented=INVENTED if synthetic else "",
        years=_joined(years),
        several=len(years) > 1,
        changed=changed,
        summary=summary,
        moving=[row for row in areas if row["change"]],
        municipality=_municipality,
        changes=CHANGES,
        told=_told,
    )


def _joined(names: Sequence[str]) -> str:
    """Names inside a sentence: `2024, 2025 og 2026`."""
    return " og ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _count(number: int) -> str:
    return danish(number, "count")


def said(setting: str) -> str:
    """What is set (`Point.label`) in words: `forebyggelsesområde: ikke-vestlige over 25 pct.`"""
    told = []
    for part in setting.split(SEPARATOR):
        name, is_set, value = part.partition(" = ")
        told.append(f"{_named(name)} {_limit(value, name)}" if is_set else part)
    return SEPARATOR.join(told)


def _named(name: str) -> str:
    """The Danish name of a parameter; its own where it has none."""
    parameter = shipped_law().parameters.get(name)
    return parameter.label or name if parameter else name


def _limit(value: str, name: str) -> str:
    """A value as Danish writes it, with what it asks of a figure where one is held against it."""
    parameter = shipped_law().parameters.get(name)
    if parameter is None:
        return value
    if parameter.unit == "choice":
        return READINGS.get(name, {}).get(value, f"= {value}")
    asked = OPERATOR_WORDS.get(parameter.operator or "")
    written = _count(int(value)) if parameter.unit in WHOLE_UNITS and value.isdigit() else value
    words = f"{asked} {written}" if asked else written
    if parameter.unit in ("share", "factor"):
        words = words.replace(".", ",")
    return f"{words}." if words.endswith("pct") else words


def _lines(setting: str) -> Markup:
    """A setting in words, one line for each parameter."""
    return Markup("<br>").join(setting.split(SEPARATOR))


def _municipality(kom: str) -> str:
    return f"{municipality_names()[int(kom)]} ({kom})"


def _told(row: Row, when: str) -> str:
    """An area's status before or after, in words."""
    extra = [LIST_NAMES[code].one for code in WITHIN if row[f"{code}_{when}"]]
    return ", ".join([STATUSES[row[f"status_{when}"]], *extra])


def chart(summary: Sequence[Row]) -> str:
    """The summary as SVG: listed areas, their residents, and the homes covered, per point and list year."""
    years = sorted({row["list_year"] for row in summary})
    rows = [_year([row for row in summary if row["list_year"] == year], year) for year in years]
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {"text": NOTICE, "anchor": "start", "fontSize": 16},
        "vconcat": rows,
        "config": {"font": FONT, "view": {"stroke": None}},
    }
    svg = vl_convert.vegalite_to_svg(json.dumps(specification), vl_version=VEGA_LITE, format_locale=LOCALE)
    return str(svg)


def _year(rows: Sequence[Row], year: int) -> dict[str, Any]:
    axis = {"field": "setting", "type": "nominal", "sort": [row["setting"] for row in rows], "title": None}
    lines = [row["setting"].split(SEPARATOR) for row in rows]
    room = LETTER * max(len(line) for label in lines for line in label)
    named = {
        **axis,
        "axis": {"labelLimit": room, "minExtent": room, "labelExpr": f"split(datum.label, '{SEPARATOR}')"},
    }
    step = BAR + LINE * (max(len(label) for label in lines) - 1)
    bare = {**axis, "axis": None}
    counts = [
        {"setting": row["setting"], "liste": name, "order": order, "antal": count}
        for row in rows
        for order, (name, count) in enumerate(zip(LISTS, _disjoint(row), strict=True))
    ]
    colour = {
        "field": "liste",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(LISTS), "range": list(LISTS.values())},
        "legend": {"orient": "bottom", "columns": 1, "labelLimit": LABEL_WIDTH},
    }
    first = {
        "data": {"values": counts},
        "mark": "bar",
        "width": PANEL_WIDTH,
        "height": {"step": step},
        "encoding": {
            "y": named,
            "x": {"field": "antal", "type": "quantitative", "title": f"Områder på listerne {year}"},
            "color": colour,
            "order": {"field": "order", "type": "quantitative"},
        },
    }
    return {
        "hconcat": [
            first,
            _bars(rows, bare, step, "residents_listed", "Beboere i områderne"),
            _bars(rows, bare, step, "homes_covered", "Familieboliger omfattet efter loftet"),
        ]
    }


def _bars(rows: Sequence[Row], axis: Mapping[str, Any], step: int, column: str, title: str) -> dict[str, Any]:
    return {
        "data": {"values": [{"setting": row["setting"], "antal": int(row[column])} for row in rows]},
        "mark": {"type": "bar", "color": "#636363"},
        "width": PANEL_WIDTH,
        "height": {"step": step},
        "encoding": {"y": axis, "x": {"field": "antal", "type": "quantitative", "title": title}},
    }


def _disjoint(row: Row) -> tuple[int, int, int]:
    """Areas per list, each area once: parallelsamfund are udsatte boligområder too."""
    parallel = int(row["parallelsamfund"])
    return parallel, int(row["udsatte_boligomraader"]) - parallel, int(row["forebyggelsesomraader"])
