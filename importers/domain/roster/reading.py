"""Reads a whole client list: every row that is right, and every error of those that are not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeVar

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import Route
from importers.domain.identifiers import ImporterNumber
from importers.domain.roster.columns import COLUMNS, NO_HEADINGS, Field, Headings, known, read_headings
from importers.domain.roster.contacts import read_email, read_phone
from importers.domain.roster.numbers import read_number
from importers.domain.roster.text import cell_text, name_text, required, shown
from importers.domain.roster.values import (
    Staff,
    read_country,
    read_kind,
    read_language,
    read_route,
    read_staff,
    read_yes_no,
)
from importers.domain.sheets import Cell, Table, is_blank, read_tables
from importers.domain.sheets.table import HEADING_WITHIN

T = TypeVar("T")
LONGEST_NAME, LONGEST_TITLE = 200, 100
REQUIRED = {column.field for column in COLUMNS if column.required}
FEWEST_HEADINGS = 2

NO_ROWS = _("There is no importer under the headings. Load the file that holds the list.")
TWICE = _("This importer number stands in row %(row)s already. Keep one of the two rows.")
TOO_MANY_CELLS = _(
    "The row has more cells than there are headings. A text that holds the separator must stand in quotation marks; "
    "or save the list as Excel workbook (.xlsx)."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that is right. None: the file says nothing, so what is known stays."""

    row: int
    number: ImporterNumber
    name: str
    country: str
    contact_name: str
    contact_email: str
    contact_title: str | None = None
    contact_phone: str | None = None
    officer: bool | None = None
    language: str | None = None
    is_ddp: bool | None = None
    route: Route | None = None
    enrolled: bool | None = None
    assigned_to: int | None = None


@dataclass(slots=True)
class Roster:
    """`rows` counts the rows that are not blank; `headings` is how this file writes each column."""

    entries: list[Entry] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    rows: int = 0
    sheet: str = ""
    ignored: list[str] = field(default_factory=list)
    headings: dict[Field, str] = field(default_factory=dict)
    readable: bool = False

    def refused(self, row: int, violation: RuleViolation) -> "Roster":
        self.errors.append(LineError.of(row, "", violation))
        return self


def read_roster(data: bytes, staff: Sequence[Staff]) -> Roster:
    """Never raises for what is in the file: all of it is in `errors`. `readable` is False when no row was read."""
    try:
        return _read(data, staff)
    except RuleViolation as violation:
        return Roster().refused(0, violation)


def _read(data: bytes, staff: Sequence[Staff]) -> Roster:
    best: tuple[Table, Headings] | None = None
    for table in read_tables(data, known):
        headings = find_headings(table)
        if headings and (best is None or len(headings.places) > len(best[1].places)):
            best = table, headings
        if headings and headings.places.keys() >= REQUIRED:
            break
    if best is None:
        names = ", ".join(column.english for column in COLUMNS if column.required)
        return Roster().refused(1, RuleViolation("no_headings", NO_HEADINGS, required=names))
    return _read_table(*best, staff)


def find_headings(table: Table) -> Headings | None:
    """The row among the first that names most columns; what stands above it is a title."""
    first = list(islice(table.rows, HEADING_WITHIN))
    row, cells = max(first, key=lambda item: known(item[1]), default=(0, []))
    return read_headings(row, cells) if known(cells) >= FEWEST_HEADINGS else None


def _read_table(table: Table, headings: Headings, staff: Sequence[Staff]) -> Roster:
    titles = {name: title for name, (_index, title) in headings.places.items()}
    roster = Roster(sheet=table.name, ignored=headings.ignored, headings=titles, errors=list(headings.errors))
    if headings.errors:
        return roster
    rows = [(number, cells) for number, cells in table.rows if number > headings.row]
    if not rows:
        return roster.refused(headings.row, RuleViolation("no_rows", NO_ROWS))
    roster.rows, roster.readable = len(rows), True
    roster.ignored += _without_heading(rows, headings)
    order = {title: index for index, title in headings.places.values()}
    seen: dict[ImporterNumber, int] = {}
    for number, cells in rows:
        reader = RowReader(number, cells, headings, staff)
        if table.is_text and not all(map(is_blank, cells[max(headings.headed) + 1 :])):
            reader.errors.append(LineError.of(number, "", RuleViolation("too_many_cells", TOO_MANY_CELLS)))
        entry = reader.entry(seen)
        roster.errors += sorted(reader.errors, key=lambda error: order.get(error.column, -1))
        if entry:
            roster.entries.append(entry)
    return roster


def _without_heading(rows: Sequence[tuple[int, Sequence[Cell]]], headings: Headings) -> list[str]:
    """The letters of columns that hold something but have no heading."""
    used = {i for _number, cells in rows for i, cell in enumerate(cells) if not is_blank(cell)}
    return [letters(index) for index in sorted(used - headings.headed)]


def letters(index: int) -> str:
    """0 → A, 26 → AA, as the spreadsheet names its columns."""
    return (letters(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def repeated(cell: Cell) -> str:
    """What stands in a cell, as it may be shown; nothing of one that cannot be read."""
    try:
        return shown(cell_text(cell))
    except RuleViolation:
        return ""


class RowReader:
    """Reads one row and goes on after each error."""

    def __init__(self, row: int, cells: Sequence[Cell], headings: Headings, staff: Sequence[Staff]) -> None:
        self.row, self.cells, self.headings, self.staff = row, cells, headings, staff
        self.errors: list[LineError] = []

    def entry(self, seen: dict[ImporterNumber, int]) -> Entry | None:
        """None when anything in the row is wrong. `seen` are the numbers of the rows above."""
        number = self.number(seen)
        country = self.required(Field.COUNTRY, read_country) or ""
        entry = partial(
            Entry,
            row=self.row,
            country=country,
            name=self.read(Field.NAME, lambda cell: required(name_text(cell, LONGEST_NAME))) or "",
            contact_name=self.read(Field.CONTACT_NAME, lambda cell: required(name_text(cell, LONGEST_NAME))) or "",
            contact_email=self.required(Field.CONTACT_EMAIL, read_email) or "",
            contact_title=self.read(Field.CONTACT_TITLE, lambda cell: name_text(cell, LONGEST_TITLE) or None),
            contact_phone=self.phone(country),
            officer=self.optional(Field.OFFICER, read_yes_no),
            language=self.optional(Field.LANGUAGE, read_language),
            is_ddp=self.optional(Field.DDP, read_yes_no),
            route=self.optional(Field.ROUTE, read_route),
            enrolled=self.optional(Field.ENROLLED, read_yes_no),
            assigned_to=self.optional(Field.ASSIGNED_TO, partial(read_staff, staff=self.staff)),
        )
        return None if self.errors or number is None else entry(number=number)

    def cell(self, name: Field) -> Cell:
        index = self.headings.places[name][0] if name in self.headings.places else len(self.cells)
        return self.cells[index] if index < len(self.cells) else None

    def read(self, name: Field, reader: Callable[[Cell], T]) -> T | None:
        try:
            return reader(self.cell(name))
        except RuleViolation as violation:
            self.errors.append(self.error(name, violation))
            return None

    def error(self, name: Field, violation: RuleViolation) -> LineError:
        company, value = repeated(self.cell(Field.NAME)), repeated(self.cell(name))
        return LineError.of(self.row, self.headings.title(name), violation, name=company, value=value)

    def required(self, name: Field, reader: Callable[[str], T]) -> T | None:
        return self.read(name, lambda cell: reader(required(cell_text(cell))))

    def optional(self, name: Field, reader: Callable[[str], T]) -> T | None:
        def or_none(cell: Cell) -> T | None:
            text = cell_text(cell)
            return reader(text) if text else None

        return self.read(name, or_none)

    def phone(self, country: str) -> str | None:
        """With a country that cannot be read, nothing is said about a number that depends on it."""
        before = len(self.errors)
        phone = self.optional(Field.CONTACT_PHONE, partial(read_phone, country=country))
        if not country and self.errors[before:] and self.errors[-1].code == "phone":
            del self.errors[-1]
        return phone

    def number(self, seen: dict[ImporterNumber, int]) -> ImporterNumber | None:
        kind = self.optional(Field.KIND, read_kind)
        kind_is_wrong = bool(self.errors)
        number = self.read(Field.NUMBER, partial(read_number, kind=kind))
        if kind_is_wrong and self.errors[-1].code == "ambiguous":
            del self.errors[-1]  # it is the kind that must be corrected
        if number is None:
            return None
        first = seen.setdefault(number, self.row)
        if first != self.row:
            self.errors.append(self.error(Field.NUMBER, RuleViolation("duplicate_number", TWICE, row=first)))
        return number
