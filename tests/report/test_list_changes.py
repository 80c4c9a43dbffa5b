"""What is new on a list and what has left it, held against the lists published the year before."""

from __future__ import annotations

from tests.deriving import create, database, derive, put, rows_of

YEAR = 2026
STATUS = (
    "list_year SMALLINT, area_id VARCHAR, area_name VARCHAR, kom VARCHAR, residents BIGINT, status VARCHAR, "
    "parallelsamfund BOOLEAN, omdannelsesomraade BOOLEAN"
)
UDSAT, PARALLEL, CHANGED, PREVENTIVE = (
    "udsat_boligomraade",
    "parallelsamfund",
    "omdannelsesomraade",
    "forebyggelsesomraade",
)


def changes(now: dict[str, tuple[str, ...]], before: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], str]:
    """By area and list: areas with the lists they are on now, and the rows that the lists of last year have of them."""
    with database(list_year=YEAR) as con:
        rows = [
            {
                "list_year": YEAR,
                "area_id": area,
                "residents": 1000,
                "status": next((one for one in (UDSAT, PREVENTIVE) if one in lists), "ikke_omfattet"),
                "parallelsamfund": PARALLEL in lists,
                "omdannelsesomraade": CHANGED in lists,
            }
            for area, lists in now.items()
        ]
        create(con, "status.area_status", STATUS, rows)
        create(con, "published.area_status", STATUS, [])
        create(con, "published.editions", "list_year SMALLINT", [])
        listed = [(area, one) for area, lists in before.items() for one in lists]
        put(
            con,
            "registers.liste",
            [{"list_year": YEAR, "reference_year": YEAR - 1, "area_id": area, "liste": one} for area, one in listed],
        )
        derive(con, "report.list_changes", list_year=YEAR)
        found = rows_of(con, "SELECT area_id, list, change FROM report.list_changes")
    told = {(row["area_id"], row["list"]): row["change"] for row in found}
    assert len(told) == len(found)
    return told


def test_an_area_is_new_still_there_or_gone() -> None:
    assert changes(
        {"NY": (UDSAT,), "FORTSAT": (PREVENTIVE,), "VAEK": ()}, {"FORTSAT": (PREVENTIVE,), "VAEK": (UDSAT,)}
    ) == {("NY", UDSAT): "ny", ("FORTSAT", PREVENTIVE): "fortsat", ("VAEK", UDSAT): "udgaaet"}


def test_an_omdannelsesomraade_was_a_parallelsamfund_and_udsat_also_without_rows_of_its_own() -> None:
    """As the contract has it of the lists: none of it is new the year after, and all of it is gone when it goes."""
    lists = (UDSAT, PARALLEL, CHANGED)
    for rows in ((CHANGED,), (UDSAT, CHANGED), lists):
        assert changes({"A": lists}, {"A": rows}) == {("A", one): "fortsat" for one in lists}
        assert changes({"A": ()}, {"A": rows}) == {("A", one): "udgaaet" for one in lists}


def test_a_parallelsamfund_was_udsat() -> None:
    assert changes({"A": (UDSAT,)}, {"A": (PARALLEL,)}) == {("A", UDSAT): "fortsat", ("A", PARALLEL): "udgaaet"}
