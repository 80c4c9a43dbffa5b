"""The report as one HTML file that needs nothing else.

What does not belong here: the words, the figures and the charts.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from markupsafe import Markup

from assets.finished import written
from assets.pages import template_of
from assets.reporting.document import Chart, Document

BREAKS = re.compile(
    r"(?<=forebyggelses)(?=områd)|(?<=bolig)(?=områd)|(?<=omdannelses)(?=områd)|(?<=arbejds)(?=marked)|(?<=uddan)(?=nelse)|(?<=beskæf)(?=tig)|"
    r"(?<=kontant)(?=hjælp)|(?<=mellem)(?=lang)|(?<=erhvervs)(?=faglig)|(?<=videre)(?=gående)|(?<=forbere)(?=dende)|"
    r"(?<=gennem)(?=snit)|(?<=familie)(?=bolig)|(?<=genfor)(?=handling)|(?<=gymna)(?=sial)|(?<=syge)(?=dagpenge)|"
    r"(?<=ubebo)(?=ede)|(?<=beslut)(?=ning)",
    re.IGNORECASE,
)
TEMPLATE = Path(__file__).parent / "templates" / "redegoerelse.html.j2"


def page(document: Document) -> bytes:
    """The whole page, UTF-8."""
    template = template_of(
        TEMPLATE,
        kind=lambda block: type(block).__name__,
        soft=soft,
        source=document.sources.__getitem__,
        raw=written,
        drawing=lambda chart: Markup(drawing(chart)),
    )
    return template.render(document=document).encode()


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
