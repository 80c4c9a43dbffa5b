"""The report's charts, drawn as vector graphics from the finished tables alone.

What does not belong here: figures, and where a chart stands (`assets.reporting.sections`). Sizes and colours are in
`templates/charts.yaml`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from assets.disclosure.limits import WITHHELD
from assets.finished import Finished, Row, danish, number
from assets.reporting.cells import AGES_OF_EDUCATION, AGES_OF_EMPLOYMENT, LISTED_GROUPS
from assets.reporting.document import (
    Chart,
    Parts,
    age_span,
    confidence_note,
    inhabited,
    kinds_of_areas,
    knows_preventive,
    level_note,
    term,
)
from assets.reporting.labels import (
    ALL,
    ALMENE_NOTE,
    COUNTERPARTS,
    COUNTRY,
    CRITERIA,
    GROUPS,
    LISTS,
    MUNICIPALITY_GROUPS,
    STATUS,
    counterparts,
    criteria_by_operator,
)
from law.loader import LegalValue

STYLE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "templates" / "charts.yaml").read_text(encoding="utf-8")
)
UNDRAWN = "Diskretionerede tal er ikke tegnet."
BAR_GROUPS = (*LISTED_GROUPS, "oevrige_almene", "oevrige_boliger", COUNTRY)


def font_folder() -> Path:
    """Where the fonts of charts and PDF lie: shipped with a package, so that every machine has the same."""
    return Path(str(files("font_source_sans_pro"))) / "files"


def charts(tables: Mapping[str, Finished], law: Mapping[str, LegalValue]) -> dict[str, Chart]:
    """Every chart that has something to show, by name."""
    from matplotlib import font_manager, rc_context

    for name in ("Regular", "Semibold"):
        font_manager.fontManager.addfont(str(font_folder() / f"SourceSansPro-{name}.ttf"))
    settings: dict[Any, Any] = {
        "font.family": STYLE["font"],
        "font.size": STYLE["size"],
        "svg.hashsalt": STYLE["hash"],
        "svg.fonttype": "path",
        "text.color": STYLE["ink"],
        "axes.labelcolor": STYLE["soft"],
        "axes.edgecolor": STYLE["grid"],
        "xtick.color": STYLE["soft"],
        "ytick.color": STYLE["ink"],
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "legend.frameon": False,
        "legend.fontsize": STYLE["small"],
    }
    found: dict[str, Chart] = {}
    with rc_context(settings):
        drawn = [*(draw(tables) for draw in DRAWN), *(draw(tables, law) for draw in DRAWN_WITH_THE_LAW)]
        for chart in drawn:
            if chart is not None:
                found[chart.name] = chart
    return found


def _chart(figure: Any, name: str, title: str, alternative: str, table: str, note: Parts = ()) -> Chart:
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return Chart(name, _tidy(out.getvalue()), title, alternative, table, note)


def _tidy(svg: str) -> str:
    """The drawing alone: no XML head, no doctype, and no metadata, so that it can stand in a page."""
    drawing = svg[svg.index("<svg") :]
    start, end = drawing.find("<metadata>"), drawing.find("</metadata>")
    return drawing if start < 0 else drawing[:start] + drawing[end + len("</metadata>") :]


def _canvas(rows: float, height: float | None = None) -> tuple[Any, Any]:
    # not pyplot: that is for windows, takes half a second to import, and keeps every figure
    from matplotlib.figure import Figure

    tall = height if height is not None else STYLE["margin_height"] + rows * STYLE["row_height"]
    figure = Figure(figsize=(STYLE["width"], tall))
    return figure, figure.subplots()


def _stacked(
    dimension: str, name: str, title: str, left_out: tuple[str, ...], ages: tuple[str, ...] = ()
) -> Callable[..., Chart | None]:
    """Bars of a hundred pct., one per group of homes; `ages` are the age bands counted (none: everyone)."""

    def draw(tables: Mapping[str, Finished]) -> Chart | None:
        table = tables["sammensaetning"]
        rows = [row for row in table.rows if row["dimension"] == dimension and row["kategori"] not in left_out]
        shown = [row for row in rows if any(_same(row, other) and number(other, "personer") for other in rows)]
        categories = list(dict.fromkeys(str(row["kategori"]) for row in shown))
        texts = {str(row["kategori"]): _alone(str(row["kategori_tekst"])) for row in shown}
        groups = [group for group in BAR_GROUPS if group in inhabited(tables)][::-1]
        figure, axes = _canvas(len(groups) + 1)
        for line, group in enumerate(groups):
            left = 0.0
            for position, category in enumerate(categories):
                row = next(r for r in shown if r["boliggruppe"] == group and r["kategori"] == category)
                share = float(number(row, "andel_pct") or 0)
                colour = STYLE["colours"][position]
                axes.barh(line, share, STYLE["bar"], left, color=colour, edgecolor="white", label=texts[category])
                if share >= STYLE["label_from_pct"]:
                    ink = STYLE["ink"] if colour in STYLE["light_ink"] else "white"
                    axes.text(
                        left + share / 2, line, danish(number(row, "andel_pct"), "pct"), ha="center", va="center",
                        color=ink, fontsize=STYLE["small"],
                    )  # fmt: skip
                left += share
        axes.set_yticks(range(len(groups)), [GROUPS[group] for group in groups])
        axes.set_xlim(0, 100)
        axes.set_xlabel(f"Pct. af beboerne på {age_span(table, ages)}" if ages else "Pct. af beboerne")
        axes.tick_params(length=0)
        handles, labels = axes.get_legend_handles_labels()
        once = dict(zip(labels, handles, strict=True))
        axes.legend(
            once.values(), once.keys(), loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, columnspacing=1.0,
            handlelength=1.0,
        )  # fmt: skip
        words = f"Liggende søjler på hundrede procent, en for hver boliggruppe, delt efter {title.lower()}."
        note = _undrawn([row for row in rows if row["boliggruppe"] in groups], "andel_pct")
        return _chart(figure, name, title, f"{words} Tallene står i tabellen under figuren.", table.name, note)

    return draw


def _undrawn(rows: Sequence[Row], column: str) -> tuple[str, ...]:
    """What a reader of a drawing must know where some of its figures are withheld: a note, or nothing."""
    return (UNDRAWN,) if any(row[column] == WITHHELD for row in rows) else ()


def _alone(text: str) -> str:
    """The name of a part where its whole is not named above it."""
    own = text.removeprefix("heraf ")
    return own[0].upper() + own[1:]


def _same(one: Row, other: Row) -> bool:
    return one["kategori"] == other["kategori"]


def _map(tables: Mapping[str, Finished], law: Mapping[str, LegalValue]) -> Chart:
    """A tile per municipality, darker with more listed areas."""
    table = tables["kommuner"]
    figure, axes = _canvas(0, STYLE["tile_height"])
    from matplotlib.patches import FancyBboxPatch

    colours, inks = STYLE["tiles"], STYLE["tile_ink"]
    for row in table.rows:
        x, y = int(str(row["kolonne"])), int(str(row["raekke"]))
        areas = int(number(row, "udsatte") or 0) + int(number(row, "forebyggelse") or 0)
        shade = min(areas, len(colours) - 1)
        axes.add_patch(
            FancyBboxPatch(
                (x + 0.04, y + 0.04),
                0.92,
                0.92,
                boxstyle="round,pad=0,rounding_size=0.12",
                facecolor=colours[shade],
                edgecolor="white",
            )
        )
        name = str(row["kort_navn"])
        size = STYLE["tiny"] * min(1.0, STYLE["tile_letters"] / len(name))
        axes.text(x + 0.5, y + 0.4, name, ha="center", va="center", fontsize=size, color=inks[shade])
        if areas:
            axes.text(
                x + 0.5, y + 0.72, str(areas), ha="center", va="center", fontsize=STYLE["small"], color=inks[shade],
                fontweight="semibold",
            )  # fmt: skip
    axes.set_xlim(1, 1 + max(int(str(row["kolonne"])) for row in table.rows))
    axes.set_ylim(1 + max(int(str(row["raekke"])) for row in table.rows), 1)
    axes.axis("off")
    words = (
        "Et felt for hver kommune, omtrent hvor den ligger; mørkere, jo flere områder den har på listerne. Antallet af "
        "områder står i feltet."
    )
    return _chart(
        figure, "fliskort", f"{kinds_of_areas(law).capitalize()} efter kommune",
        f"{words} Tallene står også i filen kommuner.csv.", table.name,
        (words, " Lange navne er forkortet; filen har dem i fuld længde."),
    )  # fmt: skip


def _nearness(tables: Mapping[str, Finished], law: Mapping[str, LegalValue]) -> Chart | None:
    """Each area's figure over the limit of § 61 b, per criterion."""
    table = tables["kriterier"]
    rows = [r for r in table.rows if number(r, "tal") is not None and number(r, "graense_forebyggelse")]
    if not rows:
        return None
    from matplotlib.ticker import MultipleLocator

    figure, axes = _canvas(len(CRITERIA) * 1.6)
    for status, text in list(STATUS.items())[::-1]:
        points = []
        for line, criterion in enumerate(list(CRITERIA)[::-1]):
            of_line = [r for r in rows if r["kriterium"] == criterion and r["status"] == status]
            for place, row in enumerate(of_line):
                spread = (2 * ((place * 7) % 11) / 10 - 1) * STYLE["jitter"]
                ratio = float(number(row, "tal") or 0) / float(number(row, "graense_forebyggelse") or 1)
                points.append((ratio, line + spread))
        if points:
            x, y = zip(*points, strict=True)
            axes.scatter(
                x, y, s=STYLE["dot"], color=STYLE["status"][status], label=text, edgecolor="white", linewidths=0.5
            )
    axes.axvline(1, color=STYLE["limit"], linewidth=1.2)
    axes.set_yticks(range(len(CRITERIA)), list(CRITERIA.values())[::-1])
    axes.set_xlabel("Områdets tal i forhold til grænsen for forebyggelsesområder (streg)")
    axes.xaxis.set_major_locator(MultipleLocator(STYLE["ratio_step"]))
    axes.xaxis.set_major_formatter(lambda value, _: danish_ratio(value))
    axes.grid(axis="x", color=STYLE["grid"], linewidth=0.6)
    axes.tick_params(length=0)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, handletextpad=0.2, columnspacing=1.4)
    below = [
        name
        for operator, names in criteria_by_operator(law, ("forebyggelsesomraade",)).items()
        if operator.startswith("<")
        for name in names
    ]
    sides = f"{', '.join(below)} er opfyldt til venstre for stregen, de andre kriterier til højre." if below else ""
    return _chart(
        figure, "kriterier", "Hvor tæt områderne er på grænserne",
        "En prik for hvert område og kriterium, vist i forhold til grænsen for forebyggelsesområder. "
        f"{sides} Tallene står i tabellerne under figuren.",
        table.name, (" ".join(part for part in (sides, *_undrawn(table.rows, "tal")) if part),),
    )  # fmt: skip


def danish_ratio(value: float) -> str:
    """A ratio with one decimal and a comma."""
    return f"{value:.1f}".replace(".", ",")


def _moves(tables: Mapping[str, Finished], law: Mapping[str, LegalValue]) -> Chart | None:
    """Movers in and out, by where from and where to; none where nobody moved."""
    table = tables["flytninger"]
    if all(_persons(table, way, ALL) == 0 for way in ("ind", "ud")):
        return None
    said = {**COUNTERPARTS["ind"], "udlandet": "Udlandet (fraflyttere: eller død)"}
    names = [said[code] for code in counterparts("ind")]
    figure, axes = _canvas(2 * len(names) * 0.8)
    for offset, (way, text) in enumerate((("ud", "Fraflyttere"), ("ind", "Tilflyttere"))):
        values = [_persons(table, way, code) for code in counterparts(way)]
        places = [line + (offset - 0.5) * STYLE["half_bar"] for line in range(len(names))][-len(values) :]
        mirrored = list(reversed(values))
        axes.barh(
            places, [float(value or 0) for value in mirrored], STYLE["half_bar"], color=STYLE["colours"][1 - offset],
            label=text,
        )  # fmt: skip
        for place, value in zip(places, mirrored, strict=True):
            shown = danish(value, "count") if value is not None else "diskr."
            axes.text(float(value or 0), place, f" {shown}", va="center", fontsize=STYLE["small"])
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.set_xlabel("Personer")
    axes.xaxis.set_major_formatter(lambda value, _: danish(int(value), "count"))
    axes.tick_params(length=0)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2)
    return _chart(
        figure, "flytninger", f"Til- og fraflyttere, {kinds_of_areas(law)}{' under ét' * knows_preventive(law)}",
        "To søjler for hver slags bolig eller sted: tilflyttere derfra og fraflyttere dertil, og en søjle for "
        "nyfødte. Tallene står i "
        "tabellerne under figuren.",
        table.name,
    )  # fmt: skip


def _persons(table: Finished, way: str, counterpart: str) -> Any:
    row = table.rows[table.find(retning=way, boliggruppe="listede", modpart=counterpart)]
    return number(row, "personer")


def _space(tables: Mapping[str, Finished]) -> Chart | None:
    """Area per person, by group of homes."""
    table = tables["boligudnyttelse"]
    rows = [row for row in table.rows if row["area_id"] is None and number(row, "m2_pr_person") is not None]
    return _bars(
        rows, "omraade", "m2_pr_person", "ratio", "m² pr. person",
        "boliger", "Boligareal pr. person", table.name, note=(ALMENE_NOTE,),
    )  # fmt: skip


def _cap(tables: Mapping[str, Finished], law: Mapping[str, LegalValue]) -> Chart | None:
    """The share of family homes in listed areas, where the cap is exceeded and the share is told."""
    cap = law.get("anvisningsloft.share")
    table = tables["loft"]
    over = [row for row in table.rows if row["over_loft"]]
    told = [row for row in over if number(row, "andel_pct") is not None]
    rows = sorted(told, key=lambda r: -float(number(r, "andel_pct") or 0))
    return _bars(
        rows, "kommune", "andel_pct", "pct", "Pct. af kommunens almene familieboliger",
        "loft", "Familieboliger i områder, kommuner over loftet", table.name, cap, _undrawn(over, "andel_pct"),
    )  # fmt: skip


def _bars(
    rows: Sequence[Row],
    label: str,
    column: str,
    kind: Any,
    axis: str,
    name: str,
    title: str,
    table: str,
    limit: LegalValue | None = None,
    note: Parts = (),
) -> Chart | None:
    """A bar per row, the first of them where there are too many, and a line for a limit of the law in pct., which is
    told before `note`."""
    if not rows:
        return None
    if len(rows) > STYLE["most_bars"]:
        title = f"{title}: de {STYLE['most_bars']} højeste af {len(rows)}"
        rows = rows[: STYLE["most_bars"]]
    figure, axes = _canvas(len(rows) * 0.85)
    values = [number(row, column) for row in reversed(rows)]
    axes.barh(range(len(rows)), [float(v or 0) for v in values], STYLE["bar"], color=STYLE["colours"][0])
    for line, value in enumerate(values):
        axes.text(float(value or 0), line, f" {danish(value, kind)}", va="center", fontsize=STYLE["small"])
    axes.set_yticks(range(len(rows)), [str(row[label]) for row in reversed(rows)])
    axes.set_xlabel(axis)
    axes.tick_params(length=0)
    if limit is not None:
        assert isinstance(limit.value, Fraction)
        for colour, width in (("white", 3), (STYLE["limit"], 1.2)):
            axes.axvline(float(limit.value) * 100, color=colour, linewidth=width)
        note = ("Stregen er loftet på ", term(limit), " pct.", *(f" {part}" for part in note))
    words = f"Liggende søjler: {axis[0].lower()}{axis[1:]}. Tallene står i tabellen under figuren."
    return _chart(figure, name, title, words, table, note)


def _years(tables: Mapping[str, Finished]) -> Chart | None:
    """How many areas stand on each list, per list year."""
    table = tables["udvikling"]
    years = sorted({int(str(row["aar"])) for row in table.rows})
    if len(years) < 2:
        return None
    from matplotlib.ticker import MaxNLocator

    figure, axes = _canvas(0, STYLE["line_height"])
    for position, (code, text) in enumerate(LISTS.items()):
        counts = {int(str(row["aar"])): int(str(row["omraader"])) for row in table.rows if row["liste"] == code}
        if counts:
            axes.plot(
                list(counts), list(counts.values()), marker="o", color=STYLE["list_colours"][position],
                linewidth=STYLE["list_widths"][position], label=f"{text}: {counts[years[-1]]}",
            )  # fmt: skip
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title=f"I {years[-1]}", alignment="left")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xticks(years)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("Områder")
    axes.grid(axis="y", color=STYLE["grid"], linewidth=0.6)
    axes.tick_params(length=0)
    return _chart(
        figure, "udvikling", "Områder på listerne",
        "En linje for hver liste med antallet af områder i hvert opgjort listeår. Tallene står i tabellen under "
        "figuren.",
        table.name,
    )  # fmt: skip


def _export(tables: Mapping[str, Finished], law: Mapping[str, LegalValue]) -> Chart | None:
    """Rates of moving to another municipality, with their intervals."""
    table = tables["social_eksport"]
    latest = max(int(str(row["aar"])) for row in table.rows)
    rows = [
        r for r in table.rows
        if r["aar"] == latest and r["persongruppe"] in ("maalgruppe", "andre") and number(r, "andel_pct") is not None
    ]  # fmt: skip
    if not rows:
        return None
    figure, axes = _canvas(len(rows))
    for line, row in enumerate(reversed(rows)):
        share, low, high = (float(number(row, c) or 0) for c in ("andel_pct", "nedre_pct", "oevre_pct"))
        colour = STYLE["colours"][list(MUNICIPALITY_GROUPS).index(str(row["kommunegruppe"]))]
        axes.plot([low, high], [line, line], color=colour, linewidth=3, solid_capstyle="butt")
        axes.scatter([share], [line], s=2 * STYLE["dot"], color=colour, zorder=3)
        axes.text(high, line, f"  {danish(number(row, 'andel_pct'), 'pct')}", va="center", fontsize=STYLE["small"])
    names = [f"{row['persongruppe_tekst']!s}\n{row['kommunegruppe_tekst']!s}" for row in rows]
    axes.set_yticks(range(len(rows)), names[::-1], fontsize=STYLE["small"])
    axes.set_xlim(left=0)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel("Pct. flyttet til en anden kommune, med sikkerhedsinterval")
    axes.grid(axis="x", color=STYLE["grid"], linewidth=0.6)
    axes.tick_params(length=0)
    return _chart(
        figure, "social-eksport", "Udflytning til andre kommuner",
        "En prik med sikkerhedsinterval for målgruppen og for andre voksne, i kommuner med og i kommuner uden områder, "
        "hvor tallet kan vises. Tallene står i tabellen under figuren.",
        table.name, confidence_note(law),
    )  # fmt: skip


def _immigration(tables: Mapping[str, Finished], law: Mapping[str, LegalValue]) -> Chart | None:
    """Non-western net immigration per year, and the level of the years before the last."""
    table = tables["nettoindvandring"]
    rows = [row for row in table.rows if row["oprindelse"] == "ikke_vestlig" and isinstance(row["netto"], int)]
    if not rows:
        return None
    figure, axes = _canvas(0, STYLE["line_height"])
    years = [int(str(row["aar"])) for row in rows]
    values = [int(str(row["netto"])) for row in rows]
    axes.bar(years, values, STYLE["bar"], color=STYLE["colours"][0])
    levels = tables["nettoindvandring_niveau"].rows
    if levels:
        last = levels[-1]
        start, end = int(str(last["foerste_aar"])), int(str(last["aar"]))
        level = int(str(last["niveau"]))
        for colour, width in (("white", 3), (STYLE["limit"], 1.4)):
            axes.plot([start - 0.4, end + 0.4], [level, level], color=colour, linewidth=width)
        axes.text(end + 0.45, level, f"Niveau: {danish(level, 'count')}", va="center", fontsize=STYLE["small"])
    axes.axhline(0, color=STYLE["soft"], linewidth=0.8)
    axes.set_xticks(years, [f"{year}\n{danish(value, 'count')}" for year, value in zip(years, values, strict=True)])
    axes.set_ylabel("Personer, netto")
    axes.yaxis.set_major_formatter(lambda value, _: danish(int(value), "count"))
    axes.grid(axis="y", color=STYLE["grid"], linewidth=0.6)
    axes.tick_params(length=0)
    return _chart(
        figure, "nettoindvandring", "Ikke-vestlig nettoindvandring",
        "En søjle for hvert år med tallet under årstallet, og en streg for de foregående års niveau. Tallene står i "
        "tabellerne under figuren.",
        table.name, level_note(law) if levels else (),
    )  # fmt: skip


DRAWN: tuple[Callable[[Mapping[str, Finished]], Chart | None], ...] = (
    _stacked("oprindelse", "oprindelse", "Oprindelse", (ALL, "ikke_vestlig")),
    _stacked("alder", "alder", "Alder", (ALL,)),
    _stacked("uddannelse", "uddannelse", "Højeste fuldførte uddannelse", (ALL,), AGES_OF_EDUCATION),
    _stacked("beskaeftigelse", "beskaeftigelse", "Beskæftigelse", (ALL,), AGES_OF_EMPLOYMENT),
    _space,
    _years,
)
DRAWN_WITH_THE_LAW: tuple[Callable[[Mapping[str, Finished], Mapping[str, LegalValue]], Chart | None], ...] = (
    _map,
    _nearness,
    _moves,
    _cap,
    _export,
    _immigration,
)
