"""The bare query: `bare_query.sql` over a snapshots folder, in a process of its own when it is measured.

Belongs here: naming the delivered files to the statement. Does not belong here: the statement, and any check.
Expects one Parquet vintage per reference, as `boligomraader demo` writes, and areas as CSV or Parquet.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import duckdb

from assets import warehouse
from assets.warehouse import sql_file, sql_text
from tests.command import queried
from tests.oracle import CODE_LISTS, Row

STATEMENT = Path(__file__).with_suffix(".sql")


def _files(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".parquet", ".csv")]
    if not files:
        raise FileNotFoundError(f"no Parquet or CSV file in {folder.parent.name}/{folder.name}")
    return files


def _relation(folder: Path) -> str:
    """The files of one vintage as a relation with the contract's column names."""
    files = _files(folder)
    if files[0].suffix == ".parquet":
        return f"read_parquet([{', '.join(sql_file(path) for path in files)}])"
    raw = files[0].read_bytes()
    encoding = "utf-8" if _is_utf8(raw) else "latin-1"
    return (
        f"read_csv({sql_file(files[0])}, header=true, all_varchar=true, "
        f"delim={sql_text(_delimiter(raw))}, encoding={sql_text(encoding)})"
    )


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(raw: bytes) -> str:
    header = raw.split(b"\n", 1)[0].decode("ascii", "ignore")
    return str(csv.Sniffer().sniff(header, ",;").delimiter)


def _code_list(name: str) -> str:
    path = sql_file(CODE_LISTS / f"{name}.csv")
    return f"read_csv({path}, header=true, types={{'valid_from': 'DATE', 'valid_to': 'DATE'}})"


def statement(snapshots: Path, list_year: int) -> str:
    """The one statement, with the files of a snapshots folder in it."""
    y2, y1 = list_year - 2, list_year - 1
    references = {"udda": ("udda", y1), "ind": ("ind", y1), "akm": ("akm", y1), "omraade": ("omraade", list_year)}
    for year, suffix in ((y2, "y2"), (y1, "y1")):
        references |= {f"{name}_{suffix}": (name, year) for name in ("of", "kraf")}
        references |= {f"{name}_{suffix}": (name, f"{year + 1}-01-01") for name in ("bef", "bolig")}
    relations = {
        name: _relation(snapshots / register / str(reference)) for name, (register, reference) in references.items()
    }
    lists = {name: _code_list(name) for name in ("municipalities", "countries", "of_states", "hfaudd_grundskole")}
    years = {"list_year": list_year, "y2": y2, "y1": y1, "list_day": f"DATE '{list_year}-12-01'"}
    return STATEMENT.read_text(encoding="utf-8").format(**relations, **lists, **years)


def area_criteria(snapshots: Path, list_year: int) -> list[Row]:
    """Every area's figures as the text that the published CSV file shows."""
    with duckdb.connect(config=warehouse.settings()) as con:
        return queried(con, statement(snapshots, list_year), [])


def write_csv(path: Path, rows: list[Row]) -> None:
    """Writes rows of text as the published files are written."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> int:
    """Writes the figures as CSV: snapshots folder, list year, file."""
    snapshots, list_year, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    write_csv(out, area_criteria(snapshots, list_year))
    return 0


if __name__ == "__main__":
    sys.exit(main())
