"""ES-003 reports for tests: one good line, changed where the test says so."""

import csv
from collections.abc import Sequence
from datetime import date
from io import StringIO

from refunds.formats.es003 import Lines, read
from refunds.formats.recognition import open_report
from tests.lists import workbook

TODAY = date(2026, 11, 26)
GOOD: dict[str, object] = {
    "Entry Summary Number": "B76-0324527-8",
    "Importer Number": "260101-12345",
    "Entry Date": "05/06/2025",
    "HTS Number - Full": "99030128",
    "Line Tariff Duty Amount": "$1,234.56",
}


def line(**changes: object) -> dict[str, object]:
    """`line(Entry_Date="…")`: an underscore stands for a space; `HTS` for its whole heading."""
    return GOOD | {"HTS Number - Full" if k == "HTS" else k.replace("_", " "): v for k, v in changes.items()}


def table(*lines: dict[str, object]) -> list[list[object]]:
    headings = list(dict.fromkeys(key for one in lines for key in one))
    return [list(headings), *([one.get(key, "") for key in headings] for one in lines)]


def csv_report(*lines: dict[str, object], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = StringIO()
    csv.writer(out, delimiter=delimiter).writerows(table(*lines))
    return out.getvalue().encode(encoding)


def xlsx_report(*lines: dict[str, object]) -> bytes:
    return workbook({"Main Report": table(*lines)})


def pieces(data: bytes, size: int = 1000) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def read_report(data: bytes, size: int = 1000) -> Lines:
    """As an upload is read; raises RuleViolation for the whole file."""
    with open_report(pieces(data, size)) as report:
        assert report.format.key == "es003"
        return read(report.rows, today=TODAY)


def codes(found: Lines) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in found.errors]


def read_cells(cells: Sequence[object]) -> list[tuple[int, str, str]]:
    """What is wrong with one line whose cells are those of a workbook, without a file."""
    return codes(read([(1, list(GOOD)), (2, list(cells))], today=TODAY))  # type: ignore[list-item]
