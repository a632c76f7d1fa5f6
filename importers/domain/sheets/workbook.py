"""XLSX. The reader (calamine) lays a sheet out in memory as one rectangle, so the file is measured before."""

import re
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from itertools import islice
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.sheets.table import MAX_LINES, Broken, Cell, Table, is_blank, refuse_too_many, without_edge

CONTENTS = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"}
Errors = dict[int, list[int]]  # row → columns
MAX_UNPACKED = 150 * 1024 * 1024
MAX_RECTANGLE = 4_000_000
MAX_CELLS = 1_500_000
MAX_STRINGS = 1_500_000
MAX_TEXT = 1024**3
MAX_CONTENTS = 1024**2  # the list of the sheets

ROW = re.compile(rb"<(?:\w+:)?row\b")
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>])([^>]*)(?<!/)>")
ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
REFERENCE = re.compile(rb"""\br\s*=\s*["']\$?([A-Za-z]{1,3})\$?(\d{1,7})""")
ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
STRING = re.compile(rb"<(?:\w+:)?si\b")

NOT_A_WORKBOOK = _("This is not a spreadsheet. Load an Excel workbook (.xlsx) or a CSV file.")
DAMAGED = _("The workbook is damaged and cannot be read. Open it in Excel, save it again, and load that file.")
OTHER_FORMAT = _("This kind of spreadsheet cannot be read. Open it and save it as Excel workbook (.xlsx) or CSV UTF-8.")
UNPACKS_TOO_LARGE = _(
    "The workbook is far larger than its list (whole columns filled, or pictures). Copy the list alone into a new "
    "workbook and load that."
)


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
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" not in names:
                other = names & {"xl/workbook.bin", "mimetype", "Index/Document.iwa"}
                raise RuleViolation("format", OTHER_FORMAT if other else NOT_A_WORKBOOK)
            if any(archive.getinfo(part).file_size > MAX_CONTENTS for part in CONTENTS & names):
                raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
            if archive.testzip():  # also catches sizes that are not the true ones
                raise RuleViolation("damaged", DAMAGED)
            longest = _longest_string(archive, names)
            errors = {name: _measure_sheet(archive.read(name), longest) for name in names if "/worksheets/" in name}
            return {title: errors.get(part, {}) for title, part in _sheet_parts(archive).items()}
    except (BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        raise RuleViolation("damaged", DAMAGED) from None
    except (ElementTree.ParseError, ValueError):
        raise RuleViolation("damaged", DAMAGED) from None


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


def _sheet_parts(archive: ZipFile) -> dict[str, str]:
    """Sheet name → the part that holds it."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - size was checked
    targets = {r.get("Id"): r.get("Target", "") for r in relations}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    sheets = [element for element in book.iter() if element.tag.endswith("}sheet")]
    found = {}
    for sheet in sheets:
        relation = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        target = targets.get(relation, "")
        found[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found
