"""Brings the lines of an ES-003 report into frames of texts, some thousand lines each.

Two lanes. A CSV that is plainly one (UTF-8, commas, quotation marks where they belong, every row of one width, no end
of line within a cell) is parsed as it is, which is many times faster; whatever else is read by the format's own reader.
Both give the same frames, and what stands in them is judged in one place (see judging).
"""

import csv
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
from importers.domain.sheets.separated import LONGEST_LINE, TWICE_ENCODED
from refunds.formats.es003 import Field
from refunds.formats.es003.reading import READERS
from refunds.formats.headed import Headed, Row
from refunds.formats.kept_number import holds_private
from refunds.formats.recognition import Recognised
from refunds.services.ahead import ahead

ROW, OTHERS = "row", "others"
BATCH = 20_000
# A cell of a plain CSV: every quotation mark opens or closes all of it, and no sign in it is one the reader refuses.
NO_SIGN = r"\x00-\x08\x0A-\x1F\x7F"
CELL = f'(?:"[^"{NO_SIGN}]*"|[^",{NO_SIGN}]*)'
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
    for frame in ahead(partial(_parsed, names=names, read=read, headings=headed.width), pieces, threads=1):
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


def _parsed(piece: bytes, names: list[str], read: list[str], headings: int) -> pl.DataFrame:
    try:
        _refuse_irregular(piece, headings, len(names))
        return pl.read_csv(
            piece, has_header=False, schema=dict.fromkeys(names, pl.String), empty_string_is_null=False,
            columns=[names.index(name) for name in read],
        )  # fmt: skip
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, UnicodeDecodeError):
        raise NotPlainError from None


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
    """The same bytes, cut at ends of lines. Blank lines at the end of the file are left out. A line that is too long is
    not waited for: it would be held whole."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        end = len(data.rstrip(b"\r\n"))
        cut = data.rfind(b"\n", 0, end) + 1
        if cut:
            yield data[:cut]
        rest = data[cut:]
        if len(rest) > LONGEST_LINE:
            raise NotPlainError
    if last := rest.rstrip(b"\r\n"):
        yield last + (b"\r\n" if b"\r\n" in rest else b"\n")


def _refuse_irregular(piece: bytes, headings: int, width: int) -> None:
    """Every line a row of `width` cells, none longer than a cell that the reader takes, and with none filled to the
    right of the headings: then a text with a comma has moved the others. The parser takes what is missing for empty and
    passes over blank lines."""
    lines = pl.read_csv(piece, has_header=False, schema={"": pl.String}, separator="\x1f", quote_char=None)
    rows = lines[""].str.contains(f"^{CELL}(?:,{CELL}){{{headings - 1}}}(?:, *){{{width - headings}}}$")
    if lines.height != piece.count(b"\n") or not rows.fill_null(False).all():
        raise NotPlainError
    if (lines[""].str.len_bytes() > csv.field_size_limit()).any():
        raise NotPlainError
    if not piece.isascii() and TWICE_ENCODED.search(piece.decode()):
        raise NotPlainError


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
