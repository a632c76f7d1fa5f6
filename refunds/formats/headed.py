"""Rows under a heading, as the formats of what comes back from CAPE and the Treasury have them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain, islice

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.roster.columns import key
from importers.domain.roster.text import masked
from importers.domain.sheets import Cell, is_blank
from importers.domain.sheets.table import HEADING_WITHIN

Row = tuple[int, Sequence[Cell]]
FEWEST_HEADINGS = 2
# Headings of columns whose content may be kept nowhere: bank numbers. Upper case, any sign between words is a space.
FORBIDDEN_HEADINGS = re.compile(
    r"\b(?:ROUTING|ABA|RTN|RDFI|DFI|IBAN|SWIFT|BIC|TRANSIT|BANK)\b"
    r"|\b(?:ACCOUNT|ACCT|ACC)(?:$| (?:NUMBER|NUM|NO|NBR|NR)\b)"
)
HARMLESS_HEADINGS = re.compile(r"\b(?:ACE|TRADE|IMPORTER|TOP|SUB) ?(?:ACCOUNT|ACCT)\b")

NO_HEADINGS = _(
    "No row with the headings of this report was found among the first rows. It must hold %(required)s. Export the "
    "report again and change no heading."
)
MISSING = _("The column “%(column)s” is missing. Export the report again with that column.")
MISSING_NEAR = _("The column “%(column)s” is missing. Is it the one headed “%(near)s”? Then correct that heading.")
TWICE = _("Two columns are headed for “%(column)s”: “%(first)s” and this one. Take one of them out.")
BANK_COLUMN = _(
    "The column “%(heading)s” may hold bank numbers, which are kept nowhere here. Delete the column and load the file "
    "again; nothing of it was saved."
)
TOO_MANY_CELLS = _(
    "The row has more cells than there are headings. A text that holds the separator must stand in quotation marks; or "
    "save the report as Excel workbook (.xlsx)."
)


@dataclass(frozen=True, slots=True)
class Column:
    """`also` are other spellings of its heading; case, spaces and signs do not count."""

    name: str
    heading: str
    also: tuple[str, ...] = ()
    required: bool = True


@dataclass(slots=True)
class Headed:
    """`places` says where each column stands and how this file heads it; `lines` are the rows below that are not
    blank, read once."""

    lines: Iterator[Row]
    row: int = 0
    width: int = 0
    places: dict[str, tuple[int, str]] = field(default_factory=dict)
    errors: list[LineError] = field(default_factory=list)

    def title(self, name: str) -> str:
        return self.places[name][1] if name in self.places else name

    def cells(self, row: Row) -> Mapping[str, Cell]:
        """The row by column. Raises RuleViolation `too_many_cells`."""
        _number, cells = row
        if not all(map(is_blank, cells[self.width :])):
            raise RuleViolation("too_many_cells", TOO_MANY_CELLS)
        return {name: cells[place] if place < len(cells) else None for name, (place, _title) in self.places.items()}


def under_headings(rows: Iterable[Row], columns: Sequence[Column]) -> Headed:
    """The row among the first that names most columns; what stands above it is a title."""
    rest = iter(rows)
    first = list(islice(rest, HEADING_WITHIN))
    by_key = {key(text): column for column in columns for text in (column.heading, *column.also)}
    best = max(first, key=lambda row: len(_known(row, by_key)), default=(1, ()))
    headed = Headed(row for row in chain(first, rest) if row[0] > best[0] and not all(map(is_blank, row[1])))
    headed.row = best[0]
    if len(_known(best, by_key)) < FEWEST_HEADINGS:
        required = ", ".join(f"“{column.heading}”" for column in columns if column.required)
        headed.errors.append(LineError.of(1, "", RuleViolation("no_headings", NO_HEADINGS, required=required)))
    else:
        _read(headed, best[1], columns, by_key)
    return headed


def known_headings(cells: Sequence[Cell], columns: Sequence[Column]) -> int:
    """How many of the columns a row names."""
    return len(_known((1, cells), {key(text): column for column in columns for text in (column.heading, *column.also)}))


def _known(row: Row, by_key: Mapping[str, Column]) -> set[str]:
    return {by_key[key(cell)].name for cell in row[1] if isinstance(cell, str) and key(cell) in by_key}


def _is_forbidden(heading: str) -> bool:
    words = " ".join(re.sub(r"[^A-Z0-9]+", " ", heading[:200].upper()).split())
    return bool(FORBIDDEN_HEADINGS.search(HARMLESS_HEADINGS.sub(" ", words)))


def _read(headed: Headed, cells: Sequence[Cell], columns: Sequence[Column], by_key: Mapping[str, Column]) -> None:
    others: list[str] = []
    for place, cell in enumerate(cells):
        if is_blank(cell):
            continue
        headed.width = place + 1
        title, column = masked(str(cell)), by_key.get(key(str(cell)))
        if _is_forbidden(str(cell)):
            headed.errors.append(_wrong(headed, title, "bank_column", BANK_COLUMN, heading=title))
        elif column is None:
            others.append(title)
        elif column.name in headed.places:
            first = headed.title(column.name)
            headed.errors.append(_wrong(headed, title, "duplicate_column", TWICE, column=column.heading, first=first))
        else:
            headed.places[column.name] = place, title
    for column in columns:
        if column.required and column.name not in headed.places:
            near = _nearest(column, others)
            text, params = (MISSING_NEAR, {"near": near}) if near else (MISSING, {})
            headed.errors.append(
                _wrong(headed, column.heading, "missing_column", text, column=column.heading, **params)
            )


def _wrong(headed: Headed, title: str, code: str, text: str, **params: str) -> LineError:
    return LineError.of(headed.row, title, RuleViolation(code, text, **params))


def _nearest(column: Column, titles: list[str]) -> str:
    by_key = {key(title): title for title in titles}
    for name in (column.heading, *column.also):
        if close := get_close_matches(key(name), by_key, n=1, cutoff=0.7):
            return by_key[close[0]]
    return ""
