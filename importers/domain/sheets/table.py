"""What every kind of file becomes."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
MAX_LINES = 100_000  # blank ones too
MAX_COLUMNS = 200
HEADING_WITHIN = 20

TOO_LARGE = _("The file is larger than %(megabytes)s MB. Keep only the rows and columns of the list, or split it.")
TOO_MANY_ROWS = _("The list has more than %(rows)s rows. Split it into several files.")
TOO_MANY_COLUMNS = _(
    "Row %(row)s has more than %(columns)s columns. Copy the columns of the list alone into a new file and load that."
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell in which the spreadsheet itself shows an error, such as #N/A."""


@dataclass(frozen=True, slots=True)
class Uncomputed(Broken):
    """A formula whose result is not in the file: it was made by a program that computes nothing."""


Cell = str | int | float | bool | datetime.datetime | datetime.date | datetime.time | datetime.timedelta | Broken | None
KnownHeadings = Callable[[Sequence[Cell]], int]


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are (row number as the spreadsheet shows it, cells), blank rows left out. `name` is the sheet's,
    "" for text files, where a row with too many cells means a separator that is not in quotes."""

    name: str
    rows: list[tuple[int, list[Cell]]]
    is_text: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """A `Table` too long to be kept: its rows can be read once, and reading raises RuleViolation for the whole file
    where it cannot go on."""

    name: str
    rows: Iterator[tuple[int, list[Cell]]]
    is_text: bool


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def refuse_too_many(rows: int, lines: int) -> None:
    """`lines` counts the blank ones too."""
    if rows > MAX_ROWS or lines > MAX_LINES:
        raise RuleViolation("too_many_rows", TOO_MANY_ROWS, rows=f"{MAX_ROWS:,}")


def without_edge(row: int, cells: list[Cell]) -> list[Cell]:
    """The cells up to the last column that can belong to a list; what stands beyond it must be blank."""
    if len(cells) > MAX_COLUMNS and not all(map(is_blank, cells[MAX_COLUMNS:])):
        raise RuleViolation("too_many_columns", TOO_MANY_COLUMNS, row=row, columns=MAX_COLUMNS)
    return cells[:MAX_COLUMNS]
