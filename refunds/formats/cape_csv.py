"""CBP's CAPE upload file: one column "Entry Number", one number a row.

CSMS 68340863 (at most 9,999 entries) and the readings of QRG 5537-0426 at
https://capeportalguide.com/resources/cape-upload-template/. "Under 1 MB" is read as under 1,000,000 bytes, the
stricter of the two meanings. The check follows the strictest reading throughout, but lets blank rows through: no
source says that CAPE minds them.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from refunds.domain.entry_number import parse_entry_number

HEADER = "Entry Number"
MOST_ENTRIES = 9_999
SIZE_LIMIT = 1_000_000
NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")

EMPTY = _("The file is empty. Write “Entry Number” in the first row and one entry number in each row below.")
TOO_LARGE = _("The file must be smaller than 1 MB. Split it into files of at most 9,999 entries.")
NOT_CSV = _("This is no CSV file. Save the sheet as “CSV (Comma delimited)”.")
BOM = _("The file begins with an invisible mark. Save it as “CSV (Comma delimited)”, not as “CSV UTF-8”.")
NO_ENTRIES = _("There is no entry number in the file. Write one in each row below “Entry Number”.")
TOO_MANY = _("There are %(count)d entries, CAPE takes 9,999 in a file. Move those from this row on to another file.")
HEADER_WRONG = _("The first row must hold “Entry Number”, in these capitals and with no other sign or space.")
HEADER_MISSING = _("The first row is an entry number. Insert a row above it that holds “Entry Number”.")
EXTRA_COLUMN = _(
    "There is more than one column (rows: %(count)d). Keep the column “Entry Number” and delete all others."
)
DUPLICATE = _("This entry number stands in row %(first)d already. Delete one of the two.")
NOT_PLAIN = _(
    "CAPE drops plain hyphens and nothing else. Take out spaces and special signs, and use capital letters: "
    "XXXNNNNNNNC or XXX-NNNNNNN-C."
)

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class CapeReport:
    """`entries` counts the rows that hold something below the heading, good or bad; `errors` are in row order."""

    entries: int
    errors: tuple[LineError, ...]

    @property
    def accept(self) -> bool:
        return not self.errors


def check(data: bytes) -> CapeReport:
    """Tells everything that is wrong at once; only a file that is too large or no text is not read further."""
    if len(data) >= SIZE_LIMIT:
        return _unread("too_large", TOO_LARGE)
    if data.startswith(NOT_TEXT) or b"\0" in data:
        return _unread("not_csv", NOT_CSV)
    text = data.decode("utf-8", errors="replace")
    try:
        rows = list(_rows(text.removeprefix("\ufeff")))
    except csv.Error:
        return _unread("not_csv", NOT_CSV)
    if not rows:
        return _unread("empty", EMPTY)
    heading, entries = _take_heading(rows)
    errors = [*_mark_errors(text), *heading, *_column_errors(rows), *_count_errors(entries), *_entry_errors(entries)]
    return CapeReport(len(entries), tuple(sorted(errors, key=lambda error: error.row)))


def write(entry_numbers: Iterable[str]) -> list[bytes]:
    """The upload files: each number once, in the order given, at most 9,999 a file. No numbers, no file.

    Raises what `parse_entry_number` raises.
    """
    compact = list(dict.fromkeys(parse_entry_number(number).compact for number in entry_numbers))
    files = (compact[start : start + MOST_ENTRIES] for start in range(0, len(compact), MOST_ENTRIES))
    return ["".join(f"{line}\r\n" for line in (HEADER, *numbers)).encode("ascii") for numbers in files]


def _unread(code: str, template: str) -> CapeReport:
    return CapeReport(0, (LineError.of(0, "", RuleViolation(code, template)),))


def _rows(text: str) -> Iterator[Row]:
    """Spreadsheet row and cells of each row that is not blank; a semicolon or a tab parts columns too."""
    for number, cells in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
        if any(cell.strip() for cell in cells):
            yield number, [part for cell in cells for part in re.split("[;\t]", cell)]


def _take_heading(rows: list[Row]) -> tuple[list[LineError], list[Row]]:
    """What is wrong with the heading, and the rows below it."""
    number, cells = rows[0]
    if (number, cells[0]) == (1, HEADER):
        return [], rows[1:]
    missing = sum(c.isdigit() for c in cells[0]) > len("NNNNNNN") // 2
    violation = RuleViolation("header", HEADER_MISSING if missing else HEADER_WRONG)
    return [LineError.of(1, HEADER, violation)], rows if missing else rows[1:]


def _mark_errors(text: str) -> Iterator[LineError]:
    if text.startswith("\ufeff"):
        yield LineError.of(1, HEADER, RuleViolation("bom", BOM))


def _column_errors(rows: list[Row]) -> Iterator[LineError]:
    wide = [number for number, cells in rows if len(cells) > 1]
    if wide:
        yield LineError.of(wide[0], "", RuleViolation("extra_column", EXTRA_COLUMN, count=len(wide)))


def _count_errors(entries: list[Row]) -> Iterator[LineError]:
    if not entries:
        yield LineError.of(0, HEADER, RuleViolation("no_entries", NO_ENTRIES))
    if len(entries) > MOST_ENTRIES:
        row, _cells = entries[MOST_ENTRIES]
        yield LineError.of(row, HEADER, RuleViolation("too_many", TOO_MANY, count=len(entries)))


def _entry_errors(entries: list[Row]) -> Iterator[LineError]:
    seen: dict[str, int] = {}
    for row, cells in entries:
        try:
            first = seen.setdefault(_compact(cells[0]), row)
            if first != row:
                raise RuleViolation("duplicate", DUPLICATE, first=first)
        except RuleViolation as violation:
            yield LineError.of(row, HEADER, violation)


def _compact(cell: str) -> str:
    compact = parse_entry_number(cell).compact
    if cell.replace("-", "") != compact:
        raise RuleViolation("format", NOT_PLAIN)
    return compact
