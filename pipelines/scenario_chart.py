"""The page of a scenario: one self-contained HTML file, in Danish, with its chart and who enters and leaves.

The chart is Vega-Lite, drawn to SVG without a browser, and the same bytes for the same rows. What does not belong
here: any derivation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import jinja2
import vl_convert
from markupsafe import Markup

NOTICE = "Scenarie - ikke en officiel liste"
VEGA_LITE = "6.4"
LOCALE: Literal["da-DK"] = "da-DK"
BAR = 22
PANEL_WIDTH = 260
LABEL_WIDTH = 320
LISTS: Mapping[str, str] = {
    "Parallelsamfund": "#7a0177",
    "Øvrige udsatte boligområder": "#c51b8a",
    "Forebyggelsesområder": "#f768a1",
}
CHANGES: Mapping[str, str] = {"enters": "kommer på", "leaves": "går ud", "moves": "skifter"}
STATUSES: Mapping[str, str] = {
    "udsat_boligomraade": "udsat boligområde",
    "forebyggelsesomraade": "forebyggelsesområde",
    "ikke_omfattet": "ikke omfattet",
}

Row = Mapping[str, Any]


def page(name: str, summary: Sequence[Row], areas: Sequence[Row]) -> str:
    """The page of a scenario from its summary and areas (`pipelines.scenario`)."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    changed = [row for row in areas if row["change"]]
    return environment.get_template("scenarie.html.j2").render(
        name=name,
        notice=NOTICE,
        chart=Markup(chart(summary)),
        summary=summary,
        changed=changed,
        changes=CHANGES,
        told=_told,
    )


def _told(row: Row, when: str) -> str:
    """An area's status before or after, in words."""
    extra = [
        word
        for column, word in (("parallelsamfund", "parallelsamfund"), ("omdannelsesomraade", "omdannelsesområde"))
        if row[f"{column}_{when}"]
    ]
    return ", ".join([STATUSES[row[f"status_{when}"]], *extra])


def chart(summary: Sequence[Row]) -> str:
    """The summary as SVG: listed areas, their residents, and the homes covered, per point and list year."""
    years = sorted({row["list_year"] for row in summary})
    rows = [_year([row for row in summary if row["list_year"] == year], year) for year in years]
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {"text": NOTICE, "anchor": "start", "fontSize": 16},
        "vconcat": rows,
        "config": {"font": "sans-serif", "view": {"stroke": None}},
    }
    svg = vl_convert.vegalite_to_svg(json.dumps(specification), vl_version=VEGA_LITE, format_locale=LOCALE)
    return str(svg)


def _year(rows: Sequence[Row], year: int) -> dict[str, Any]:
    axis = {"field": "setting", "type": "nominal", "sort": [row["setting"] for row in rows], "title": None}
    named = {**axis, "axis": {"labelLimit": LABEL_WIDTH}}
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
        "legend": {"orient": "bottom", "labelLimit": LABEL_WIDTH},
    }
    first = {
        "data": {"values": counts},
        "mark": "bar",
        "width": PANEL_WIDTH,
        "height": {"step": BAR},
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
            _bars(rows, bare, "residents_listed", "Beboere i områderne"),
            _bars(rows, bare, "homes_covered", "Familieboliger omfattet efter loftet"),
        ]
    }


def _bars(rows: Sequence[Row], axis: Mapping[str, Any], column: str, title: str) -> dict[str, Any]:
    return {
        "data": {"values": [{"setting": row["setting"], "antal": int(row[column])} for row in rows]},
        "mark": {"type": "bar", "color": "#636363"},
        "width": PANEL_WIDTH,
        "height": {"step": BAR},
        "encoding": {"y": axis, "x": {"field": "antal", "type": "quantitative", "title": title}},
    }


def _disjoint(row: Row) -> tuple[int, int, int]:
    """Areas per list, each area once: parallelsamfund are udsatte boligområder too."""
    parallel = int(row["parallelsamfund"])
    return parallel, int(row["udsatte_boligomraader"]) - parallel, int(row["forebyggelsesomraader"])
