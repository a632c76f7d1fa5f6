"""XLSX. The reader (calamine) lays a sheet out in memory as one rectangle, so the file is measured before."""

import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.sheets.table import Broken, Cell, Table, is_blank, refuse_too_many

Errors = dict[int, list[int]]  # row → columns
MAX_UNPACKED = 150 * 1024 * 1024
MAX_CELLS = 4_000_000
MAX_TEXT = 1024**3

ROW = re.compile(rb"<(?:\w+:)?row\b")
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>])([^>]*)(?<!/)>")
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
            rows.append((number, cells))
            refuse_too_many(len(rows))
    return rows


def _measure(data: bytes) -> dict[str, Errors]:
    """Refuses what would not fit into memory. Returns in which cells each sheet shows an error such as #N/A."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" not in names:
                other = names & {"xl/workbook.bin", "mimetype", "Index/Document.iwa"}
                raise RuleViolation("format", OTHER_FORMAT if other else NOT_A_WORKBOOK)
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
    return max(map(len, STRING.split(archive.read(shared)))) if shared else 0


def _measure_sheet(xml: bytes, longest_string: int) -> Errors:
    height = width = cells = 0
    errors: Errors = {}
    for number, row in enumerate(ROW.split(xml)):
        found = CELL.findall(row)
        cells += len(found)
        height, width = max(height, number), max(width, len(found))
        for attributes in found:
            if place := REFERENCE.search(attributes):
                at = int(place[2]), _column(place[1])
                height, width = max(height, at[0]), max(width, at[1])
                if ERROR.search(attributes):
                    errors.setdefault(at[0], []).append(at[1])
    if height * width > MAX_CELLS or cells * longest_string > MAX_TEXT:
        raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
    return errors


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
