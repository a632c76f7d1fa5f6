"""Brings the lines of an ES-003 report into frames of texts, some thousand lines each.

Two lanes. A CSV that is plainly one (UTF-8, commas, quotation marks where they belong, every row of one width, no end
of line within a cell) is parsed as it is, which is many times faster; whatever else is read by the format's own reader.
Both give the same frames, and what stands in them is judged in one place (see judging).
"""

import csv
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from io import StringIO
from itertools import chain, islice

import polars as pl

from importers.domain.errors import LineError, RuleViolation
from importers.domain.identifiers import ImporterNumber
from importers.domain.roster.text import masked
from importers.domain.sheets import Cell
from importers.domain.sheets.separated import TWICE_ENCODED
from refunds.formats.es003 import Field
from refunds.formats.es003.reading import READERS
from refunds.formats.headed import Headed, Row
from refunds.formats.kept_number import holds_private
from refunds.formats.recognition import Recognised
from refunds.services.ahead import ahead

ROW, OTHERS = "row", "others"
BATCH = 20_000
# Every quotation mark opens or closes a whole cell.
WELL_QUOTED = re.compile(rb'(?:[^"]*+(?<=[,\n])"[^"\n]*+"(?=[,\n]))*+[^"]*+')
# What the reader refuses, and ends of lines of other kinds.
NOT_PLAIN = bytes((*range(9), *range(0x0D, 0x20), 0x7F))
BOM = b"\xef\xbb\xbf"
TOLD = "\x01"  # stands in a cell about which an error was told already


@dataclass(slots=True)
class Lines:
    """`frame` has the row number, one text column for each field, and in one more all that is not read, where lines are
    told apart by that. `errors` is what is wrong with whole rows or with cells that are no text; `is_private` when one
    holds a number that may not be kept."""

    frame: pl.DataFrame
    errors: list[LineError] = field(default_factory=list)
    is_private: bool = False


class NotPlainError(Exception):
    """The straight lane is not for this file."""


def straight(pieces: Iterable[bytes], headed: Headed) -> Iterator[Lines]:
    """Raises NotPlainError, also after some frames: then all begins anew in the other lane."""
    rest = iter(pieces)
    head = next(rest, b"")
    start, width = _below_headings(head, headed)
    by_place = {place: name for name, (place, _title) in headed.places.items()}
    names = [by_place.get(place, f"x{place}") for place in range(width)]
    others = [] if has_line_numbers(headed.places) else [name for name in names if name not in headed.places]
    unread = pl.concat_str(others, separator="\n") if others else pl.lit("")
    read = [*headed.places, *others]
    row = headed.row + 1
    pieces = _whole_lines(chain([head[start:]], rest))
    for frame in ahead(partial(_parsed, names=names, read=read), pieces, threads=1):
        yield Lines(frame.select(*headed.places, unread.alias(OTHERS)).with_row_index(ROW, row))
        row += frame.height


def careful(recognised: Recognised, today: date) -> Iterator[Lines]:
    headed = recognised.headed
    schema = {ROW: pl.UInt32} | dict.fromkeys((*headed.places, OTHERS), pl.String)
    while rows := list(islice(headed.lines, BATCH)):
        lines = Lines(pl.DataFrame())
        cells = [(row[0], *_texts(row, headed, lines, today)) for row in rows]
        lines.frame = pl.DataFrame(cells, schema, orient="row")
        yield lines


def has_line_numbers(fields: Container[str]) -> bool:
    return Field.LINE in fields and Field.ORDINAL in fields


def _parsed(piece: bytes, names: list[str], read: list[str]) -> pl.DataFrame:
    piece = piece.replace(b"\r\n", b"\n")
    _refuse_irregular(piece, len(names))
    try:
        frame = pl.read_csv(
            piece, has_header=False, schema=dict.fromkeys(names, pl.String), extra_columns="raise",
            columns=[names.index(name) for name in read], empty_string_is_null=False,
        )  # fmt: skip
    except pl.exceptions.PolarsError:
        raise NotPlainError from None
    if frame.height != piece.count(b"\n"):  # it passes over blank lines
        raise NotPlainError
    return frame


def _below_headings(head: bytes, headed: Headed) -> tuple[int, int]:
    """Where the lines begin, and how many columns there are."""
    text = head.removeprefix(BOM)[: 256 * 1024]
    try:
        lines = StringIO(text.decode("latin-1"), newline="").readlines()  # a sign a byte; the headings are ASCII
        reader = csv.reader(lines, strict=True)
        cells = next(islice(reader, headed.row - 1, None))
    except (csv.Error, StopIteration):
        raise NotPlainError from None
    if any(place >= len(cells) or masked(cells[place]) != title for place, title in headed.places.values()):
        raise NotPlainError
    length = sum(map(len, lines[: reader.line_num]))
    return len(head) - len(head.removeprefix(BOM)) + length, len(cells)


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut at ends of lines. Blank lines at the end of the file are left out."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        end = len(data.rstrip(b"\r\n"))
        cut = data.rfind(b"\n", 0, end) + 1
        if cut:
            yield data[:cut]
        rest = data[cut:]
    if last := rest.rstrip(b"\r\n"):
        yield last + (b"\r\n" if b"\r\n" in rest else b"\n")


def _refuse_irregular(piece: bytes, width: int) -> None:
    if _counted(piece, NOT_PLAIN) or not WELL_QUOTED.fullmatch(b"\n" + piece):
        raise NotPlainError
    between = b"".join(piece.split(b'"')[::2])  # the cells in quotation marks
    if _counted(between, b",") != piece.count(b"\n") * (width - 1):  # no row is wider, or it cannot be parsed
        raise NotPlainError
    if not piece.isascii():
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            raise NotPlainError from None
        if TWICE_ENCODED.search(text):
            raise NotPlainError


def _counted(piece: bytes, signs: bytes) -> int:
    """As `bytes.count` for many of them, but fast."""
    return len(piece) - len(piece.translate(None, signs))


def _texts(row: Row, headed: Headed, lines: Lines, today: date) -> Iterator[str]:
    number, cells = row
    try:
        headed.cells(row)
    except RuleViolation as violation:
        lines.errors.append(LineError.of(number, "", violation))
    for name, (place, title) in headed.places.items():
        cell = cells[place] if place < len(cells) else None
        try:
            yield cell.replace("\0", "") if isinstance(cell, str) else _as_text(name, cell, today)
        except RuleViolation as violation:
            lines.errors.append(LineError.of(number, title, violation))
            lines.is_private |= holds_private(str(cell))
            yield TOLD
    read = {place for place, _title in headed.places.values()}
    yield "\n".join(str(cell or "") for place, cell in enumerate(cells) if place not in read).rstrip().replace("\0", "")


def _as_text(name: str, cell: Cell, today: date) -> str:
    """What a cell of a spreadsheet says, written as the readers read it in a text file."""
    if cell is None:
        return ""
    value = READERS[name](cell, today)
    if isinstance(value, ImporterNumber):
        return value.canonical
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else str(value)
