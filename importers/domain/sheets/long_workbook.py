"""XLSX read row by row: a sheet of any length needs the memory of its shared strings only. Laid out at once, a report
of 200,000 lines took 460 MB."""

from collections.abc import Iterator
from functools import cache
from typing import BinaryIO
from xml.parsers import expat
from zipfile import ZipFile

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.sheets.cells import Cells, date_styles
from importers.domain.sheets.package import DAMAGED, UNPACKS_TOO_LARGE, contents, opened
from importers.domain.sheets.table import MAX_COLUMNS, Cell, Stream, is_blank, without_edge

PIECE = 64 * 1024
MAX_UNPACKED = 1024**3
MAX_STRINGS = 1_500_000
MAX_STRINGS_SIZE = 100 * 1024**2
MAX_LINES = 500_000  # blank ones too
MAX_CELLS = 20_000_000  # blank ones too
MOST_TIMES_PACKED = 100  # a real sheet is packed to a tenth
MAX_SHEETS = 50
SMALL = 10 * 1024**2
LONGEST_CELL = 32_767  # Excel's own limit
LAST_ROW = 1_048_576

MACROS = _("The workbook holds macros, which are not opened here. Save it as Excel workbook (.xlsx) and load that.")
TOO_MANY_LINES = _("The sheet has more than %(rows)s rows. Export the report as CSV, or for a shorter time.")
CELL_TOO_LONG = _(
    "Row %(row)s has a cell with more than %(limit)s characters. This is not the list as it was exported: export it "
    "again and load that file."
)


def stream_workbook(file: BinaryIO) -> list[Stream]:
    """The sheets that are not hidden, in order. Their rows are read from `file`, which must stay open."""
    with opened(file, most_unpacked=MAX_UNPACKED) as archive:
        _refuse_dangerous(archive)
        book = contents(archive)
        if len(book.sheets) > MAX_SHEETS:
            raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
        cells = Cells(_strings(archive), date_styles(archive), from_1904=book.from_1904)
        parts = set(archive.namelist())
    shown = [sheet for sheet in book.sheets if sheet.visible and sheet.part in parts and "/worksheets/" in sheet.part]
    return [Stream(sheet.name, _rows(file, sheet.part, cells), is_text=False) for sheet in shown]


def _refuse_dangerous(archive: ZipFile) -> None:
    for part in archive.infolist():
        name = part.filename.lower()
        if name.endswith("vbaproject.bin") or "/macrosheets/" in name:
            raise RuleViolation("macros", MACROS)
        if part.file_size > max(SMALL, part.compress_size * MOST_TIMES_PACKED):
            raise RuleViolation("too_large", UNPACKS_TOO_LARGE)


class _Parser:
    """Feeds a part of the ZIP through expat; entities and document types, which no spreadsheet writes, are refused."""

    def __init__(self) -> None:
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = self._refuse
        self.expat.StartElementHandler = self.start
        self.expat.EndElementHandler = self.end
        self.expat.CharacterDataHandler = self.characters
        self.text: list[str] = []
        self.length = 0
        self.is_text = False
        self.phonetic = False
        self.row = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, tag: str) -> None:
        raise NotImplementedError

    def characters(self, data: str) -> None:
        if self.is_text and not self.phonetic:
            self.text.append(data)
            self.length += len(data)
            if self.length > LONGEST_CELL:
                raise RuleViolation("too_long", CELL_TOO_LONG, row=self.row, limit=f"{LONGEST_CELL:,}")

    def begin_text(self) -> None:
        self.text, self.length, self.is_text = [], 0, False

    def steps(self, archive: ZipFile, part: str) -> Iterator[None]:
        """One step for each piece that has been read."""
        try:
            with archive.open(part) as file:
                while data := file.read(PIECE):
                    self.expat.Parse(data, False)
                    yield
            self.expat.Parse(b"", True)
        except (expat.ExpatError, ArithmeticError):
            raise RuleViolation("damaged", DAMAGED) from None

    def _refuse(self, *_declared: object) -> None:
        raise RuleViolation("damaged", DAMAGED)


class _Local(dict[str, str]):
    """Tag → its name without the prefix of its namespace."""

    def __missing__(self, tag: str) -> str:
        name = self[tag] = tag.rpartition(":")[2]
        return name


LOCAL = _Local()


class _Strings(_Parser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = LOCAL[tag]
        if name == "si":
            self.begin_text()
        elif name == "t":
            self.is_text = True
        elif name == "rPh":
            self.phonetic = True

    def end(self, tag: str) -> None:
        name = LOCAL[tag]
        if name == "si":
            self.found.append("".join(self.text))
            if len(self.found) > MAX_STRINGS:
                raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
        elif name == "t":
            self.is_text = False
        elif name == "rPh":
            self.phonetic = False


def _strings(archive: ZipFile) -> list[str]:
    part = next((name for name in archive.namelist() if name.lower() == "xl/sharedstrings.xml"), "")
    if not part:
        return []
    if archive.getinfo(part).file_size > MAX_STRINGS_SIZE:
        raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
    parser = _Strings()
    for _step in parser.steps(archive, part):
        pass
    return parser.found


class _Sheet(_Parser):
    def __init__(self, cells: Cells) -> None:
        super().__init__()
        self.cells = cells
        self.rows: list[tuple[int, list[Cell]]] = []
        self.lines = self.count = 0
        self.values: list[Cell] = []
        self.attributes: dict[str, str] = {}
        self.has_value = self.has_formula = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = LOCAL[tag]
        if name == "c":
            self.attributes = attributes
            self.begin_text()
            self.has_value = self.has_formula = False
        elif name in ("v", "t"):
            self.is_text = self.has_value = True
        elif name == "f":
            self.has_formula = True
        elif name == "row":
            self.begin_row(attributes)
        elif name == "rPh":
            self.phonetic = True

    def end(self, tag: str) -> None:
        name = LOCAL[tag]
        if name == "c":
            self.end_cell()
        elif name in ("v", "t"):
            self.is_text = False
        elif name == "row":
            self.end_row()
        elif name == "rPh":
            self.phonetic = False

    def begin_row(self, attributes: dict[str, str]) -> None:
        before, self.row = self.row, int(attributes.get("r", self.row + 1))
        self.lines += 1
        if not before < self.row <= LAST_ROW:
            raise RuleViolation("damaged", DAMAGED)
        if self.lines > MAX_LINES:
            raise RuleViolation("too_many_rows", TOO_MANY_LINES, rows=f"{MAX_LINES:,}")
        self.values = []

    def end_cell(self) -> None:
        self.count += 1
        if self.count > MAX_CELLS:
            raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
        text = "".join(self.text) if self.has_value else None
        value = self.cells.value(self.attributes, text, has_formula=self.has_formula)
        reference = self.attributes.get("r")
        place = _place(reference.rstrip("0123456789")) if reference else len(self.values)
        missing = place - len(self.values)
        if missing == 0:
            self.values.append(value)
        elif place > MAX_COLUMNS:
            if not is_blank(value):
                self.values += [None] * (MAX_COLUMNS + 1 - len(self.values))
                self.values[MAX_COLUMNS] = value
        elif missing > 0:
            self.values += [*[None] * missing, value]
        else:  # a second value for a cell that has one
            raise RuleViolation("damaged", DAMAGED)

    def end_row(self) -> None:
        if not all(map(is_blank, self.values)):
            self.rows.append((self.row, without_edge(self.row, self.values)))


@cache
def _place(letters: str) -> int:
    """A → 0."""
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise RuleViolation("damaged", DAMAGED)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _rows(file: BinaryIO, part: str, cells: Cells) -> Iterator[tuple[int, list[Cell]]]:
    sheet = _Sheet(cells)
    with opened(file, most_unpacked=MAX_UNPACKED) as archive:
        for _step in sheet.steps(archive, part):
            rows, sheet.rows = sheet.rows, []
            yield from rows
        yield from sheet.rows
