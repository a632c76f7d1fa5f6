"""Brings the lines of an ES-003 report into a temporary table, as texts, one row a line.

Two lanes. A CSV that is plainly one (UTF-8, commas, quotation marks where they belong, every row of one width) is
handed to PostgreSQL as it is, which is many times faster; whatever else is read by the format's own reader. Both leave
the same table, and what stands in it is judged in one place (see judging).
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import StringIO
from itertools import chain, islice

import psycopg
from django.db import connection, transaction

from importers.domain.errors import LineError, RuleViolation
from importers.domain.identifiers import ImporterNumber
from importers.domain.roster.text import masked
from importers.domain.sheets import Cell
from importers.domain.sheets.separated import TWICE_ENCODED
from refunds.formats.es003.reading import READERS
from refunds.formats.headed import Headed, Row
from refunds.formats.kept_number import holds_private
from refunds.formats.recognition import Recognised, open_report

TABLE = "import_lines"
PIECES = Callable[[], Iterable[bytes]]
BATCH = 20_000
# Every quotation mark opens or closes a whole cell.
WELL_QUOTED = re.compile(rb'(?:[^"]*+(?<=[,\n])"[^"]*+"(?=[,\r\n]))*+[^"]*+')
# What the reader refuses, and the backslash: "\." alone in a line is PostgreSQL's own end of the file.
NOT_PLAIN = bytes((*range(9), *range(0x0E, 0x20), 0x7F, ord("\\")))
BOM = b"\xef\xbb\xbf"
TOLD = "\x01"  # stands in a cell about which an error was told already


@dataclass(slots=True)
class Staged:
    """`fields` are the columns that the file has, by their heading; `errors` what was found wrong with whole rows or
    with cells that are no text; `bad_rows` where."""

    fields: dict[str, str]
    errors: list[LineError] = field(default_factory=list)
    bad_rows: list[int] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # the table's columns for what is not read
    lines: int = 0
    is_private: bool = False  # holds a number that may not be kept

    @property
    def has_line_numbers(self) -> bool:
        return Field.LINE in self.fields and Field.ORDINAL in self.fields


class NotPlainError(Exception):
    """The straight lane is not for this file."""


def stage(pieces: PIECES, *, today: date, tell: Callable[[int], None]) -> Staged:
    """Fills the table anew; `tell` hears how many lines have been read. Raises RuleViolation for the whole file."""
    with open_report(pieces()) as recognised:
        headed = recognised.headed
        fields = {name: headed.title(name) for name in headed.places}
        try:
            if not recognised.is_text:
                raise NotPlainError
            return _straight(pieces(), headed, Staged(fields), tell)
        except (NotPlainError, psycopg.DataError):
            return _careful(recognised, Staged(fields), today, tell)


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{TABLE}")


def _straight(pieces: Iterable[bytes], headed: Headed, staged: Staged, tell: Callable[[int], None]) -> Staged:
    rest = iter(pieces)
    head = next(rest, b"")
    start, width = _below_headings(head, headed)
    by_place = {place: name for name, (place, _title) in headed.places.items()}
    staged.others = [f"x{place}" for place in range(width) if place not in by_place]
    columns = [_quoted(by_place.get(place, f"x{place}")) for place in range(width)]
    _make_table(columns, identity_from=headed.row + 1)
    names = ", ".join(columns)
    sql = f"COPY {TABLE} ({names}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL ({names}))"
    for piece in _whole_lines(chain([head[start:]], rest)):
        _refuse_irregular(piece)
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.copy(sql) as copy:
                copy.write(piece)
            staged.lines += cursor.rowcount
        tell(staged.lines)
    return staged


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


def _refuse_irregular(piece: bytes) -> None:
    if len(piece.translate(None, NOT_PLAIN)) < len(piece) or not WELL_QUOTED.fullmatch(b"\n" + piece):
        raise NotPlainError
    if not piece.isascii():
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            raise NotPlainError from None
        if TWICE_ENCODED.search(text):
            raise NotPlainError


def _careful(recognised: Recognised, staged: Staged, today: date, tell: Callable[[int], None]) -> Staged:
    headed = recognised.headed
    staged.others = ["others"]
    columns = [_quoted(name) for name in (*staged.fields, "others")]
    _make_table(columns, identity_from=0)
    sql = f"COPY {TABLE} (row, {', '.join(columns)}) FROM STDIN"
    while rows := list(islice(headed.lines, BATCH)):
        with transaction.atomic(), connection.cursor() as cursor, cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row((row[0], *_texts(row, headed, staged, today)))
        staged.lines += len(rows)
        tell(staged.lines)
    return staged


def _texts(row: Row, headed: Headed, staged: Staged, today: date) -> Iterator[str]:
    number, cells = row
    try:
        headed.cells(row)
    except RuleViolation as violation:
        _add(staged, LineError.of(number, "", violation))
    for name, (place, title) in headed.places.items():
        cell = cells[place] if place < len(cells) else None
        try:
            yield cell.replace("\0", "") if isinstance(cell, str) else _as_text(name, cell, today)
        except RuleViolation as violation:
            _add(staged, LineError.of(number, title, violation))
            staged.is_private |= holds_private(str(cell))
            yield TOLD
    read = {place for place, _title in headed.places.values()}
    yield "\n".join(str(cell or "") for place, cell in enumerate(cells) if place not in read).rstrip().replace("\0", "")


def _add(staged: Staged, error: LineError) -> None:
    staged.errors.append(error)
    staged.bad_rows.append(error.row)


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


def _make_table(columns: Sequence[str], *, identity_from: int) -> None:
    kind = f"GENERATED ALWAYS AS IDENTITY (START WITH {identity_from} CACHE 10000)" if identity_from else ""
    forget()
    with connection.cursor() as cursor:
        texts = ", ".join(f'{column} text COLLATE "C"' for column in columns)
        cursor.execute(f"CREATE TEMP TABLE {TABLE} (row integer {kind}, {texts})")


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
