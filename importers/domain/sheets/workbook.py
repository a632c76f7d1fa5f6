"""XLSX. The reader (calamine) lays a sheet out in memory as one rectangle, so the file is measured before."""

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from itertools import islice
from zipfile import ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from importers.domain.errors import RuleViolation
from importers.domain.sheets.package import DAMAGED, UNPACKS_TOO_LARGE, contents, opened
from importers.domain.sheets.table import MAX_LINES, Broken, Cell, Table, is_blank, refuse_too_many, without_edge

Errors = dict[int, list[int]]  # row → columns
MAX_UNPACKED = 150 * 1024 * 1024
MAX_RECTANGLE = 4_000_000
MAX_CELLS = 1_500_000
MAX_STRINGS = 1_500_000
MAX_TEXT = 1024**3

ROW = re.compile(rb"<(?:\w+:)?row\b")
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>])([^>]*)(?<!/)>")
ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
REFERENCE = re.compile(rb"""\br\s*=\s*["']\$?([A-Za-z]{1,3})\$?(\d{1,7})""")
ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
STRING = re.compile(rb"<(?:\w+:)?si\b")


def read_workbook(data: bytes) -> Iterator[Table]:
    errors = _measure(data)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(data)) as book:
            for sheet in book.sheets_metadata:
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                    rows = _rows(book.get_sheet_by_name(sheet.name), errors.get(sheet.name, {}))
                    yield Table(sheet.name, rows, is_text=False)
    except (CalamineError, OSError, ValueError):
        raise RuleViolation("damaged", DAMAGED) from None


def _rows(sheet: CalamineSheet, errors: Errors) -> list[tuple[int, list[Cell]]]:
    rows: list[tuple[int, list[Cell]]] = []
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), 1):
        cells: list[Cell] = list(values)
        for column in errors.get(number, ()):
            cells += [""] * (column - len(cells))
            cells[column - 1] = Broken()
        if not all(map(is_blank, cells)):
            rows.append((number, without_edge(number, cells)))
            refuse_too_many(len(rows), len(rows))
    return rows


def _measure(data: bytes) -> dict[str, Errors]:
    """Refuses what would not fit into memory. Returns in which cells each sheet shows an error such as #N/A."""
    with opened(BytesIO(data), most_unpacked=MAX_UNPACKED) as archive:
        if archive.testzip():  # also catches sizes that are not the true ones
            raise RuleViolation("damaged", DAMAGED)
        names = set(archive.namelist())
        longest = _longest_string(archive, names)
        errors = {name: _measure_sheet(archive.read(name), longest) for name in names if "/worksheets/" in name}
        return {sheet.name: errors.get(sheet.part, {}) for sheet in contents(archive).sheets}


def _longest_string(archive: ZipFile, names: set[str]) -> int:
    shared = next((name for name in names if name.lower().endswith("sharedstrings.xml")), "")
    if not shared:
        return 0
    xml = archive.read(shared)
    _refuse_more_than(MAX_STRINGS, STRING, xml)
    return max(map(len, STRING.split(xml)))


def _refuse_more_than(limit: int, sign: re.Pattern[bytes], xml: bytes) -> None:
    """Counts no further than it must."""
    if next(islice(sign.finditer(xml), limit, None), None):
        raise RuleViolation("too_large", UNPACKS_TOO_LARGE)


def _measure_sheet(xml: bytes, longest_string: int) -> Errors:
    _refuse_more_than(MAX_LINES, ROW, xml)
    _refuse_more_than(MAX_RECTANGLE, ANY_CELL, xml)
    _refuse_more_than(MAX_CELLS, CELL, xml)
    height = width = cells = 0
    errors: Errors = {}
    for number, row in enumerate(ROW.split(xml)):
        found = CELL.findall(row)
        cells += len(found)
        height, width = max(height, number), max(width, len(found))
        together = b"\n".join(found)
        for column, line in set(REFERENCE.findall(together)):
            height, width = max(height, int(line)), max(width, _column(column))
        if ERROR.search(together):
            for attributes in found:
                if ERROR.search(attributes) and (place := REFERENCE.search(attributes)):
                    errors.setdefault(int(place[2]), []).append(_column(place[1]))
    if height * width > MAX_RECTANGLE or cells * longest_string > MAX_TEXT:
        raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
    return errors


@cache
def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
