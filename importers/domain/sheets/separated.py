"""CSV as offices have it: comma, semicolon or tab; UTF-8, Excel's "Unicode text" (UTF-16), Windows-1252."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.sheets.table import (
    HEADING_WITHIN,
    MAX_COLUMNS,
    Cell,
    KnownHeadings,
    Table,
    refuse_too_many,
    without_edge,
)

BINARY = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
# æ, ø, å of DOS and of old Macs, read as Windows-1252, stand between letters as signs that no word has.
OTHER_CODE_PAGE = re.compile(r"[^\W\d_][¿¾†›]|[¿¾†›][^\W\d_]|[^\W\d_]‘[^\W\d_]|[a-z]Œ")
# UTF-8 that was once read as Windows-1252 and saved again: "Ã¸" for "ø".
TWICE_ENCODED = re.compile("Ã[\u0080-\u00bf˜†…¦\u2018-\u201e]|Â[\u00a0-\u00bf]|\ufffd")
SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
SEPARATORS = ";,\t"

NOT_TEXT = _(
    "This file cannot be read as a list. Open it in the program it comes from and save it as Excel workbook "
    "(.xlsx) or as CSV UTF-8."
)
ENCODING = _(
    "The letters in this file cannot be read for certain (æ, ø, å come out wrong). Open it and save it as CSV "
    "UTF-8 or as Excel workbook (.xlsx)."
)
QUOTES = _(
    'Near row %(row)s a quotation mark " opens or closes in the wrong place. Correct it, or save the list as Excel '
    "workbook (.xlsx)."
)


def read_separated(data: bytes, known: KnownHeadings) -> Table:
    text = _decode(data)
    if BINARY.search(text):
        raise RuleViolation("unreadable", NOT_TEXT)
    if TWICE_ENCODED.search(text):
        raise RuleViolation("encoding", ENCODING)
    if named := SEPARATOR_LINE.match(text):  # Excel's own hint; Excel does not show that line
        return Table("", _rows(text[named.end() :], named[1]), is_text=True)
    return Table("", _rows(text, _separator(text, known)), is_text=True)


def _decode(data: bytes) -> str:
    data = data.rstrip(b"\x1a")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _try(data, "utf-16") or _refuse()
    if b"\0" in data:
        raise RuleViolation("unreadable", NOT_TEXT)
    return _try(data, "utf-8-sig") or _windows(data) or _refuse()


def _try(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _windows(data: bytes) -> str:
    """Windows-1252, unless the letters show that it is some other old code page."""
    text = _try(data, "cp1252")
    return "" if OTHER_CODE_PAGE.search(text) else text


def _refuse() -> str:
    raise RuleViolation("encoding", ENCODING)


def _separator(text: str, known: KnownHeadings) -> str:
    def score(separator: str) -> int:
        reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
        return max(map(known, _first_records(reader)), default=0)

    return max(SEPARATORS, key=score)


def _first_records(reader: Iterator[list[str]]) -> Iterator[list[Cell]]:
    try:
        for record in islice(reader, HEADING_WITHIN):
            yield list(record[:MAX_COLUMNS])
    except csv.Error:
        return


def _rows(text: str, separator: str) -> list[tuple[int, list[Cell]]]:
    rows: list[tuple[int, list[Cell]]] = []
    number = 0
    try:
        for number, record in enumerate(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True), 1):
            if "".join(record).strip():
                rows.append((number, without_edge(number, list(record))))
            refuse_too_many(len(rows), number)
    except csv.Error:
        raise RuleViolation("quotes", QUOTES, row=number + 1) from None
    return rows
