"""The report as one HTML file that needs nothing else.

What does not belong here: the words, the figures and the charts.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from assets.finished import written
from assets.reporting.document import Chart, Document
from assets.reporting.shapes import SOURCES

BREAKS = re.compile(
    r"(?<=forebyggelses)(?=områd)|(?<=bolig)(?=områd)|(?<=omdannelses)(?=områd)|(?<=arbejds)(?=marked)|(?<=uddan)(?=nelse)|(?<=beskæf)(?=tig)|"
    r"(?<=kontant)(?=hjælp)|(?<=mellem)(?=lang)|(?<=erhvervs)(?=faglig)|(?<=videre)(?=gående)|(?<=forbere)(?=dende)|"
    r"(?<=gennem)(?=snit)|(?<=familie)(?=bolig)|(?<=genfor)(?=handling)|(?<=gymna)(?=sial)|(?<=syge)(?=dagpenge)|"
    r"(?<=ubebo)(?=ede)|(?<=beslut)(?=ning)",
    re.IGNORECASE,
)
TEMPLATES = Path(__file__).parent / "templates"


def page(document: Document) -> bytes:
    """The whole page, UTF-8."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["kind"] = lambda block: type(block).__name__
    environment.filters["soft"] = soft
    environment.filters["source"] = SOURCES.__getitem__
    environment.filters["raw"] = written
    environment.filters["drawing"] = lambda chart: Markup(drawing(chart))
    return environment.get_template("redegoerelse.html.j2").render(document=document).encode()


def soft(text: str) -> str:
    """Soft hyphens for a narrow column or a phone, so that long words break where Danish breaks them."""
    return BREAKS.sub("\u00ad", text)


def drawing(chart: Chart) -> str:
    """A chart for a page: told to screen readers as an image, its ids its own."""
    own = re.sub(r'(id="|href="#|url\(#)', rf"\1{chart.name}-", chart.svg)
    name = f"{chart.name}-titel"
    head = own.replace("<svg ", f'<svg role="img" aria-labelledby="{name}" ', 1)
    title = f'<title id="{name}">{escape(chart.title)}. {escape(chart.alternative)}</title>'
    at = head.index(">") + 1
    return head[:at] + title + head[at:]
