"""CSV as offices have it: comma, semicolon or tab; UTF-8, Excel's "Unicode text" (UTF-16), Windows-1252.

Read piece by piece, so that a file of any size needs the memory of a few lines.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain, islice

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.sheets.table import (
    HEADING_WITHIN,
    MAX_COLUMNS,
    Cell,
    KnownHeadings,
    Stream,
    Table,
    refuse_too_many,
    without_edge,
)

PIECE = 256 * 1024
END_OF_FILE = b"\x1a"  # of DOS
LONGEST_LINE = 1024 * 1024
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
LINE_TOO_LONG = _(
    "Row %(row)s is far too long. This is not the list as it was exported: export it again and load that file."
)


def read_separated(data: bytes, known: KnownHeadings) -> Table:
    rows: list[tuple[int, list[Cell]]] = []
    for number, cells in _numbered(_texts([data]), known, longest_line=len(data)):
        if "".join(cells).strip():
            rows.append((number, without_edge(number, list(cells))))
        refuse_too_many(len(rows), number)
    return Table("", rows, is_text=True)


def stream_separated(pieces: Iterable[bytes], known: KnownHeadings) -> Stream:
    """Raises RuleViolation also while its rows are read."""
    return Stream("", _not_blank(_numbered(_texts(pieces), known, longest_line=LONGEST_LINE)), is_text=True)


def _not_blank(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[Cell]]]:
    for number, cells in rows:
        if any(cells) and "".join(cells).strip():
            yield number, without_edge(number, list(cells))


def _texts(pieces: Iterable[bytes]) -> Iterator[str]:
    small = (piece[start : start + PIECE] for piece in pieces for start in range(0, len(piece), PIECE))
    decode = _Decoder()
    for data in small:
        yield _checked(decode(data))
    yield _checked(decode(b"", final=True))


def _checked(text: str) -> str:
    if BINARY.search(text):
        raise RuleViolation("unreadable", NOT_TEXT)
    if not text.isascii() and TWICE_ENCODED.search(text):
        raise RuleViolation("encoding", ENCODING)
    return text


class _Decoder:
    """UTF-8 while it is that; Windows-1252 from the first letter that is not, if there was none before it."""

    def __init__(self) -> None:
        self.encoding = ""
        self.decoder: codecs.IncrementalDecoder = codecs.getincrementaldecoder("utf-8")()
        self.held = b""

    def __call__(self, data: bytes, *, final: bool = False) -> str:
        data, self.held = self.held + data, b""
        if not self.encoding:
            if len(data) < len(codecs.BOM_UTF8) and not final:
                self.held = data
                return ""
            data = self._begin(data)
        text = data.rstrip(END_OF_FILE)
        self.held = b"" if final else data[len(text) :]
        if len(self.held) > PIECE or (b"\0" in text and self.encoding != "utf-16"):
            raise RuleViolation("unreadable", NOT_TEXT)
        return self._decode(text, final)

    def _begin(self, data: bytes) -> bytes:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._use("utf-16")
        elif data.startswith(codecs.BOM_UTF8):
            self._use("utf-8")
            return data.removeprefix(codecs.BOM_UTF8)
        else:
            self.encoding = "ascii"
        return data

    def _use(self, encoding: str) -> None:
        self.encoding = encoding
        self.decoder = codecs.getincrementaldecoder(encoding)()

    def _decode(self, data: bytes, final: bool) -> str:
        if self.encoding == "ascii" and not data.isascii():
            self._use("utf-8" if _is_utf8(data, final) else "cp1252")
        try:
            text = self.decoder.decode(data, final)
        except UnicodeDecodeError:
            raise RuleViolation("encoding", ENCODING) from None
        if self.encoding == "cp1252" and OTHER_CODE_PAGE.search(text):
            raise RuleViolation("encoding", ENCODING)
        return text


def _is_utf8(data: bytes, final: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final)
    except UnicodeDecodeError:
        return False
    return True


def _numbered(texts: Iterator[str], known: KnownHeadings, longest_line: int) -> Iterator[tuple[int, list[str]]]:
    first = _first(texts)
    if named := SEPARATOR_LINE.match(first):  # Excel's own hint; Excel does not show that line
        first, separator = first[named.end() :], named[1]
    else:
        separator = _separator(first, known)
    number = line = 0
    reader = csv.reader(_lines(chain([first], texts), longest_line), delimiter=separator, strict=True)
    try:
        for record in reader:
            number, line = number + 1, reader.line_num
            yield number, record
    except csv.Error as error:
        # Over many lines a cell grows too long when the quotation mark at its end is missing.
        if "field larger" in str(error) and reader.line_num == line + 1:
            raise RuleViolation("line_too_long", LINE_TOO_LONG, row=number + 1) from None
        raise RuleViolation("quotes", QUOTES, row=number + 1) from None


def _first(texts: Iterator[str]) -> str:
    """Enough to find the headings in."""
    first = ""
    for text in texts:
        first += text
        if len(first) >= PIECE // 4:
            break
    return first


def _lines(texts: Iterator[str], longest: int) -> Iterator[str]:
    rest, count = "", 0
    for text in texts:
        lines = StringIO(rest + text, newline="").readlines()
        rest = lines.pop() if lines else ""
        count += len(lines)
        yield from lines
        if len(rest) > longest:
            raise RuleViolation("line_too_long", LINE_TOO_LONG, row=count + 1)
    if rest:
        yield rest


def _separator(text: str, known: KnownHeadings) -> str:
    """The one with which most headings are known; else that makes most columns, so that what is refused is named."""

    def score(separator: str) -> tuple[int, int]:
        records = list(_first_records(csv.reader(StringIO(text, newline=""), delimiter=separator)))
        return max(map(known, records), default=0), max(map(len, records), default=0)

    return max(SEPARATORS, key=score)


def _first_records(reader: Iterator[list[str]]) -> Iterator[list[Cell]]:
    try:
        for record in islice(reader, HEADING_WITHIN):
            yield list(record[:MAX_COLUMNS])
    except csv.Error:
        return
