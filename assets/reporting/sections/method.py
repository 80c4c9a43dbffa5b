"""The section on method and disclosure control, and what the signs in the tables mean.

What does not belong here: figures, rules, and how the document looks.
"""

from __future__ import annotations

from assets.contracts import REGISTERS
from assets.disclosure.limits import disclosure_limits
from assets.reporting.document import SHORT_WITHHELD, Parts, Points, Section
from assets.reporting.writer import Writer


def signs() -> tuple[str, str]:
    """What stands in a table in the place of a figure: one that is withheld, and none."""
    few = disclosure_limits().minimum_count
    return (
        f"»{SHORT_WITHHELD}« i en tabel betyder, at tallet er diskretioneret: det bygger på færre end {few} personer, "
        "resten af dets grundlag gør, eller det ville røbe et sådant tal. Indkomst er det også, hvor en eller to "
        "personer udgør for meget af summen.",
        "»–« betyder, at der ikke er noget tal: der er ingen eller for få at regne på, eller målet findes ikke for "
        "linjen eller året.",
    )


def method(writer: Writer) -> Section:
    """How figures are made and withheld, and the registers behind them."""
    choice = writer.law.get("valg.net_immigration_level")
    words = {
        "above_mean": "over gennemsnittet af",
        "above_highest": "over hvert af",
    }
    withheld, none = signs()
    items: list[Parts] = [
        (
            f"{withheld} Så mange andre tal er diskretioneret, at intet af dem kan regnes ud af summer, heller "
            "ikke på tværs af tabeller. Det er efterprøvet på de færdige tabeller, før de blev frigivet.",
        ),
        (none,),
        ("I tabeller kan afrunding medføre, at tallene ikke summer til totalen.",),
        (
            "Tal for tidligere år er dem, redegørelsen for det år viste. Beboersammensætning vises ikke for en "
            "tidligere dag på nye områdegrænser.",
        ),
        (f"Registre: {_registers()}. Områdernes afgrænsning følger § 61 a.",),
    ]
    if choice is not None:
        items.append(
            (
                f"Grund til genforhandling: her regnes den for at være til stede, når den ikke-vestlige "
                f"nettoindvandring i det seneste hele år ligger "
                f"{words[choice.text]} de ",
                writer.term("redegoerelse.level_years"),
                " foregående år. Sådan regnes der for alle listeår efter aftalen.",
            )
        )
    return Section("metode", "Metode og diskretionering", (Points(tuple(items)),))


def _registers() -> str:
    """The registers behind the report, each with the name by which sources are given."""
    named = [
        f"{register.title.lower()} ({register.name.partition('_')[0].upper()})"
        for register in REGISTERS
        if any(column.name == "PNR" for column in register.columns)
    ]
    homes = "Boliger: Bygnings- og Boligregistret (BBR) og den almene sektors register"
    return f"Danmarks Statistik: {'; '.join(named)}. {homes}"
