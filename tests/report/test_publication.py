"""The finished files: every figure comes from a table, same bytes, whole and readable."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from assets.disclosure.limits import disclosure_limits
from assets.finished import Finished, danish, from_csv, parsed, written
from assets.reporting.charts import STYLE, charts
from assets.reporting.document import Document, Paragraph, Section, Standing, together
from assets.reporting.files import standing_of
from assets.reporting.html import soft
from assets.reporting.labels import counterparts
from assets.reporting.pdf import pdf
from assets.reporting.publication import write
from assets.reporting.shapes import SHAPES, SOURCES
from law.loader import report_law
from tests.report.conftest import FIRST, LAST, WITHHELD, Reported, plain
from tests.report.pdf_text import pdf_pages


class _Reader(html.parser.HTMLParser):
    """Collects every figure with the place it names, and the text outside figures, tables and drawings."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: list[tuple[str, str, str]] = []
        self.terms: list[tuple[str, str]] = []
        self.prose: list[str] = []
        self.inside: list[str] = []
        self.place: tuple[str, str] | None = None
        self.term: str | None = None
        self.source = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("svg", "style", "nav", "h1", "h2", "caption", "figcaption", "thead", "data", "summary"):
            self.inside.append(tag)
        if tag == "data":
            values = dict(attrs)
            self.term = values.get("data-law")
            self.place = None if self.term else (values["data-cell"] or "", values["value"] or "")

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()
        if tag == "data":
            self.place = self.term = None

    def handle_data(self, data: str) -> None:
        data = data.replace("\u00a0", " ").replace("\u2060", "")
        if self.place:
            self.figures.append((*self.place, data))
        elif self.term:
            self.terms.append((self.term, data))
        elif not self.inside:
            self.prose.append(data)


@pytest.fixture(scope="module")
def page(reported: Reported) -> _Reader:
    reader = _Reader()
    reader.source = (reported.folder() / "redegoerelse.html").read_text(encoding="utf-8")
    reader.feed(reader.source)
    return reader


def test_every_figure_in_the_page_is_the_tables(reported: Reported, page: _Reader) -> None:
    tables = {name: reported.table(name) for name in SHAPES}
    assert len(page.figures) > 500
    for place, value, text in page.figures:
        name, row, column = place.split(":")
        cell = tables[name][int(row)][column]
        assert value == cell, place
        kind = SHAPES[name].column(column).kind
        if cell == WITHHELD:
            assert text in ("diskr.", WITHHELD)
        elif name == "kriterier" and kind in ("pct2", "signed"):
            places = 2 if tables[name][int(row)]["kriterium"] == "convicted" else 1
            assert text == f"{Decimal(cell):.{places}f}".replace(".", ",")
        else:
            assert text == danish(parsed(cell, kind), kind), place


def test_no_figure_in_the_text_is_empty(page: _Reader) -> None:
    assert all(text.strip() for _, _, text in page.figures)
    assert not re.search(r'data-cell="[^"]*"[^>]*></data>', page.source)


def test_every_legal_number_in_the_text_is_the_law_s(page: _Reader) -> None:
    law = report_law().for_list_year(LAST)
    assert {"anvisningsloft.share", "redegoerelse.confidence", "redegoerelse.target_months"} <= dict(page.terms).keys()
    assert dict(page.terms)["udsat_boligomraade.residents"] == "1.000"
    for parameter, text in page.terms:
        assert text.replace(".", "") == law[parameter].text.removesuffix(" pct").replace(".", ","), parameter


def test_no_other_number_stands_in_the_text(page: _Reader) -> None:
    """Outside figures only dates, list years, paragraphs, age bands and the limit of disclosure have digits."""
    allowed = re.compile(
        rf"§§? ?\d+( ?[ab])?(, stk\. \d)?(, nr\. \d)?( og \d+ [ab])?|stk\. \d|1\. (januar|december)|{LAST}|"
        rf"(i|for|før) {LAST - 1}|listerne af 1\. december {LAST - 1} og {LAST}|"
        rf"færre end {disclosure_limits().minimum_count} personer|"
        r"\d+–\d+ år|\d+ år og derover|OMR-\d+-\d+|\b(Tabel|Figur) \d+"
    )
    left = [text for text in page.prose if re.search(r"\d", allowed.sub("", text))]
    assert left == []


def test_the_workbook_holds_the_tables(reported: Reported) -> None:
    book = openpyxl.load_workbook(reported.folder() / "redegoerelse.xlsx")
    for name, shape in SHAPES.items():
        sheet = book[name[:31]]
        assert list(sheet.tables) == [f"t_{name}"]
        rows = list(sheet.iter_rows(min_row=4, values_only=True))
        assert rows[0] == tuple(column.name for column in shape.columns)
        expected = reported.table(name)
        empty = [(None,) * len(shape.columns)]  # an Excel table has a row even where there is nothing to tell
        assert len(rows) - 1 == len(expected) or (not expected and rows[1:] == empty)
        for told, row in zip(expected, rows[1:] if expected else [], strict=True):
            for column, cell in zip(shape.columns, row, strict=True):
                value = parsed(told[column.name], column.kind)
                if isinstance(value, bool):
                    assert cell == ("ja" if value else "nej")
                elif isinstance(value, Decimal):
                    assert Decimal(str(cell)) == value
                else:
                    assert cell == value
        assert all(sheet.cell(4, n + 1).comment for n in range(len(shape.columns)))


def test_the_workbook_shows_the_decimals_that_a_figure_has(reported: Reported) -> None:
    """Shares have one, a ratio to the national share two: 39,00 pct. would tell more than is known."""
    sheet = openpyxl.load_workbook(reported.folder() / "redegoerelse.xlsx")["kriterier"]
    names = [cell.value for cell in sheet[4]]
    criterion, figure = names.index("kriterium"), names.index("tal")
    shown = {(row[criterion].value, row[figure].number_format) for row in sheet.iter_rows(min_row=5)}
    assert len(shown) == 5
    assert {style for name, style in shown if name == "convicted"} == {"#,##0.00"}
    assert {style for name, style in shown if name != "convicted"} == {"#,##0.0"}


def test_the_dictionary_explains_every_column(reported: Reported) -> None:
    rows = reported.table("variabelliste")
    described = {(row["tabel"], row["kolonne"]) for row in rows if row["betydning"] and row["titel"]}
    assert described == {(name, column.name) for name, shape in SHAPES.items() for column in shape.columns}
    assert {path.stem for path in reported.folder().glob("*.csv")} == {*SHAPES, "variabelliste"}


def test_the_dictionary_tells_per_cent_from_amounts(reported: Reported) -> None:
    for row in reported.table("variabelliste"):
        unit = row["kolonne"].rsplit("_", 1)[-1]
        if unit == "pct":
            assert row["type"] in {"pct0", "pct", "pct2", "signed", "signed2"}, row
        assert (row["type"] == "kroner") == (unit == "kr" and "1000" not in row["kolonne"]), row
        assert (row["type"] == "pct0") == ("hele pct" in row["betydning"]), row


def test_keys_are_unique_and_cells_typed(reported: Reported) -> None:
    for name, shape in SHAPES.items():
        rows = reported.table(name)
        keys = [tuple(row[key] for key in shape.key) for row in rows]
        assert len(set(keys)) == len(keys), name
        text = (reported.folder() / f"{name}.csv").read_text(encoding="utf-8")
        assert [dict(row) for row in from_csv(shape, text).rows] == [
            {column.name: parsed(row[column.name], column.kind) for column in shape.columns} for row in rows
        ]


def _finished(reported: Reported) -> dict[str, Finished]:
    return {
        name: from_csv(shape, (reported.folder() / f"{name}.csv").read_text(encoding="utf-8"))
        for name, shape in SHAPES.items()
    }


def test_the_same_tables_give_the_same_bytes(reported: Reported, tmp_path: Path) -> None:
    tables = _finished(reported)
    write(tables, report_law().for_list_year(LAST), LAST, standing_of(reported.folder().parent), tmp_path)
    for path in sorted(tmp_path.iterdir()):
        assert path.read_bytes() == (reported.folder() / path.name).read_bytes(), path.name


def test_a_name_with_characters_that_the_font_lacks_does_not_stop_the_pdf() -> None:
    """A control character, as in a damaged file, and letters of another script: each has a mark in its place."""
    name = "Ved åen \x01漢 (øst)"
    section = Section("navne", "Navne", (Paragraph((name,)),))
    content = pdf(Document("Anledning", "Titel", "Undertitel", LAST, Standing(), (), {}, (section,)))
    assert "Vedåen??(øst)" in "".join(pdf_pages(content))


def test_the_pdf_is_tagged_and_danish(reported: Reported) -> None:
    content = (reported.folder() / "redegoerelse.pdf").read_bytes()
    assert b"/StructTreeRoot" in content or b"/MarkInfo" in content
    assert b"pdfuaid" in content
    assert re.search(rb"/Lang\s*\(da", content)
    assert b"/Author" not in content


def test_every_table_and_chart_names_its_registers(page: _Reader) -> None:
    assert SOURCES.keys() == SHAPES.keys()
    assert page.source.count("Kilde: ") == page.source.count('class="note"') > 30
    text = "".join(page.prose)
    assert "Kilde: Danmarks Statistik (VNDS)" in text
    assert f"Kilde: listerne af 1. december {FIRST} og {LAST} og kriterierne bag dem." in text
    assert "{" not in text


def test_before_and_after_name_their_years_and_units(page: _Reader) -> None:
    heads = re.sub("<[^>]+>|\u00ad", " ", page.source)
    assert f" {FIRST}, pct. " in heads
    assert f" {LAST}, pct. " in heads
    assert "Ændring, pct.point" in heads


def test_the_notes_say_what_the_law_and_the_registers_do(page: _Reader) -> None:
    text = " ".join("".join(page.prose).split())
    assert "på eller over grænsen (Dømte i forhold til landet)" in text
    assert "under grænsen (Indkomst i forhold til regionen)" in text
    assert "Udrejste og døde har derfor ingen" in text
    assert "nyfødte medregnet" in text
    assert "er opfyldt til venstre for stregen" in text


def test_the_level_of_renegotiation_says_how_many_years_it_is_of(page: _Reader) -> None:
    years = report_law().for_list_year(LAST)["redegoerelse.level_years"].text
    text = " ".join(re.sub("<[^>]+>", "", page.source).split())
    assert text.count(f"Niveauet er gennemsnittet af de {years} foregående års") == 2
    year = "nettoindvandring i det seneste hele år"
    assert f"når den ikke-vestlige {year} ligger over gennemsnittet af de {years} foregående år." in text


def test_a_table_of_one_direction_is_headed_by_it(page: _Reader) -> None:
    for way, head in (("ind", "Flyttet fra"), ("ud", "Flyttet til")):
        assert f'<th scope="col">{head}</th>' in page.source[page.source.index(f'id="t-flytninger-{way}"') :][:500]


def test_no_newborn_is_of_working_age(reported: Reported, page: _Reader) -> None:
    rows = [row for row in reported.table("flytninger_traek") if row["modpart"] == "nyfoedt"]
    assert {row["personer"] for row in rows} == {"0"}
    start = page.source.index('id="t-flytninger-traek"')
    assert "Nyfødte" not in page.source[start : page.source.index("</table>", start)]


def test_the_summary_says_what_its_verdict_on_social_export_rests_on(reported: Reported, page: _Reader) -> None:
    start = page.source.index('id="sammenfatning"')
    summary = page.source[start : page.source.index("</section>", start)]
    text = " ".join(re.sub("<[^>]+>", "", summary).split())
    assert "Målgruppen er voksne, som anvisningsforbuddene retter sig mod" in text
    rows = reported.table("social_eksport_forskel")
    known = any(row["periode"] == "foer" for row in rows)
    assert ("Intet listeår fra før aftalens regler er opgjort" in text) != known
    judged = [row["dom"] for row in rows if row["aar"] == str(LAST) and row["maal"] == "merforskel"]
    assert ('data-cell="social_eksport_forskel:' in summary) == (judged != ["for_faa"])


def test_a_dash_is_read_aloud_as_an_empty_field(page: _Reader) -> None:
    dashes = re.findall(r"<span[^>]*>–</span>", page.source)
    assert set(dashes) == {'<span class="none" role="img" aria-label="tomt felt">–</span>'}


@pytest.mark.parametrize("colour", STYLE["colours"])
def test_what_stands_on_a_bar_can_be_read(colour: str) -> None:
    """The contrast that WCAG 2.1 asks for of small text (1.4.3)."""
    assert _contrast(STYLE["ink"] if colour in STYLE["light_ink"] else "#ffffff", colour) >= 4.5


@pytest.mark.parametrize("colour", [*STYLE["list_colours"], *STYLE["status"].values(), STYLE["limit"]])
def test_lines_and_dots_stand_out_from_the_page(colour: str) -> None:
    """The contrast that WCAG 2.1 asks for of what is drawn (1.4.11)."""
    assert _contrast("#ffffff", colour) >= 3


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("table", "column", "chart"),
    [("sammensaetning", "andel_pct", "oprindelse"), ("kriterier", "tal", "kriterier"), ("loft", "andel_pct", "loft")],
)
def test_a_chart_says_that_it_leaves_out_what_is_withheld(
    reported: Reported, table: str, column: str, chart: str
) -> None:
    law = report_law().for_list_year(LAST)
    tables = _finished(reported)
    drawn = dict(tables)
    rows = [
        {**row, column: WITHHELD} if row.get("kategori", "vestlig") == "vestlig" else row
        for row in tables[table].rows[1:]
    ]
    drawn[table] = replace(tables[table], rows=[tables[table].rows[0], *rows])
    assert "ikke tegnet" not in str(charts(tables, law)[chart].note)
    assert "Diskretionerede tal er ikke tegnet." in str(charts(drawn, law)[chart].note)


def test_the_sections_have_their_names(page: _Reader) -> None:
    titles = re.findall(r'<h2 id="h-[^"]+">\d+\. ([^<]+)</h2>', page.source)
    assert len(titles) == 13
    assert titles[0] == "Sammenfatning"
    assert titles[4] == "Til- og fraflytninger"
    assert titles[-1] == "Bilag: områderne hver for sig"


def test_the_area_per_person_says_of_which_homes_it_is(page: _Reader) -> None:
    text = " ".join(re.sub("<svg.*?</svg>|<[^>]+>", "", page.source, flags=re.DOTALL).split())
    assert "Boligareal pr. person" in text
    assert text.count("I områderne regnes der på de almene boliger.") == 3  # figure, table and annex


def test_what_is_exempted_is_areas_and_not_a_municipality_from_the_cap(page: _Reader) -> None:
    text = plain(re.sub("<[^>]+>", "", page.source))
    assert "undtagelse fra loftet" not in text
    assert "kommunernes beslutninger efter § 59, stk. 8" in SOURCES["evaluering_kommuner"]


def test_signs_in_the_place_of_figures_are_explained_in_the_method_and_at_the_foot(page: _Reader) -> None:
    text = " ".join("".join(page.prose).split())
    assert text.count(f"det bygger på færre end {disclosure_limits().minimum_count} personer") == 2
    assert text.count("»–« betyder, at der ikke er noget tal") == 2


def test_the_bars_of_the_moves_add_up_to_the_table(reported: Reported) -> None:
    rows = [row for row in reported.table("flytninger") if row["boliggruppe"] == "listede"]
    for way in ("ind", "ud"):
        told = {row["modpart"]: int(row["personer"]) for row in rows if row["retning"] == way}
        assert sum(told[code] for code in counterparts(way)) == told["i_alt"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("listen af 1. december 2026 og", "listen af 1.~december~2026 og"),
        ("§§ 61 a og 61 b, stk. 8, nr. 2", "§§~61~a og 61~b, stk.~8, nr.~2"),
        ("§ 59, stk. 7", "§~59, stk.~7"),
        (" pct. af dem, 2 i alt", "~pct. af dem, 2 i alt"),
        ("i 2025, 18–64 år, 65 år", "i 2025, 18=64~år, 65~år"),
        ("–", "="),
        ("»–« og OMR-12-34", "»–« og OMR-12-34"),
    ],
)
def test_no_line_ends_where_danish_ends_none(text: str, kept: str) -> None:
    assert together(text) == kept.replace("~", "\u00a0").replace("=", "\u2060–\u2060")


def test_the_page_keeps_citations_dates_and_ranges_together(reported: Reported, page: _Reader) -> None:
    body = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<[^>]+>", " ", page.source, flags=re.DOTALL)
    assert not re.search(r"§ \d|\d [ab]\b|stk\. \d|\d\. (januar|december)|december \d{4}|\d år|\d–\d|\d-\d+ år", body)
    assert "\u2060" not in (reported.folder() / "sammensaetning.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("Redegørelse om forebyggelsesområder", "Redegørelse om forebyggelses|områder"),
        ("Uden for arbejdsmarked og uddannelse", "Uden for arbejds|marked og uddan|nelse"),
        ("Netto", "Netto"),
    ],
)
def test_long_words_break_where_danish_breaks_them(text: str, broken: str) -> None:
    assert soft(text).replace("\u00ad", "|") == broken


def test_the_report_holds_no_pseudonym_and_no_path(reported: Reported) -> None:
    import duckdb

    with duckdb.connect() as con:
        keys = con.execute(
            "SELECT DISTINCT PNR FROM read_parquet(?) LIMIT 500",
            [str(next((reported.snapshots[LAST] / "bef" / f"{LAST}-01-01").glob("*.parquet")))],
        ).fetchall()
    text = b"".join(
        path.read_bytes() for path in reported.folder().iterdir() if path.suffix in (".csv", ".html", ".json")
    )
    assert not [key for (key,) in keys if str(key).encode() in text]
    assert str(reported.home).encode() not in text


def test_the_manifest_ties_the_report_to_its_edition(reported: Reported) -> None:
    import hashlib

    manifest = json.loads((reported.folder() / "report_manifest.json").read_text(encoding="utf-8"))
    tables = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in reported.folder().parent.iterdir()
        if path.suffix in (".csv", ".parquet")
    }
    expected = hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()
    assert manifest["edition"] == {"revision": 1, "tables_sha256": expected}
    for item in manifest["files"]:
        assert hashlib.sha256((reported.folder() / item["file"]).read_bytes()).hexdigest() == item["sha256"]
    internal = reported.folder().parent / "report.internal"
    hidden = list(csv.DictReader(io.StringIO((internal / "hidden_cells.csv").read_text(encoding="utf-8"))))
    told = sum(
        row[column.name] == WITHHELD
        for name, shape in SHAPES.items()
        for row in reported.table(name)
        for column in shape.columns
    )
    assert len(hidden) == told > 0
    assert {row["reason"] for row in hidden} <= {"primary", "secondary", "derived"}
    released = (internal / "released.csv").read_text(encoding="utf-8")
    assert all(item["sha256"] in released for item in manifest["files"])


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1234567, "count", "1.234.567"),
        (Decimal("-3.2"), "signed", "−3,2"),
        (Decimal("3.2"), "signed", "+3,2"),
        (2026, "year", "2026"),
        (True, "flag", "ja"),
        (WITHHELD, "count", WITHHELD),
        (None, "pct", ""),
        (7, "pct0", "7"),
    ],
)
def test_danish_numbers(value: object, kind: str, text: str) -> None:
    assert danish(value, kind) == text  # type: ignore[arg-type]


def test_values_survive_the_csv() -> None:
    for value, kind in (
        (True, "flag"),
        (Decimal("4.20"), "pct2"),
        (7, "count"),
        (7, "pct0"),
        ("a", "text"),
        (None, "count"),
    ):
        assert parsed(written(value), kind) == value  # type: ignore[arg-type]
