"""Row by row: what it says, or all that is wrong with it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.identifiers import ImporterNumber
from importers.domain.roster.text import cell_text, shown
from importers.domain.sheets import Cell
from refunds.formats.cells import day, day_or_none, money, money_or_none
from refunds.formats.es003 import values
from refunds.formats.es003.columns import COLUMNS, Field
from refunds.formats.headed import Headed, Row, under_headings

NO_LINES = _("There is no line under the headings. Choose the entry dates in ACE and export the report again.")


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is compact. Of the optional columns None says that the file has none, "" that the cell is empty; for
    dates, numbers and amounts None says either."""

    row: int
    number: str
    importer: ImporterNumber
    entry_date: date
    hts: str
    duty: Decimal
    entry_type: str | None = None
    importer_name: str | None = None
    filer_name: str | None = None
    port: str | None = None
    summary_date: date | None = None
    line: int | None = None
    ordinal: int | None = None
    liquidation_date: date | None = None
    liquidation_status: str | None = None
    reconciliation: str | None = None
    control_status: str | None = None
    correction: str | None = None
    protest_number: str | None = None
    protest_status: str | None = None
    liquidated_duty: Decimal | None = None


Reader = Callable[[Cell, date], object]


def _timeless(reader: Callable[[Cell], object]) -> Reader:
    return lambda cell, _today: reader(cell)


READERS: Mapping[str, Reader] = {
    Field.NUMBER: _timeless(values.entry_number),
    Field.IMPORTER: _timeless(values.importer_number),
    Field.ENTRY_DATE: day,
    Field.HTS: _timeless(values.hts_number),
    Field.DUTY: _timeless(money),
    Field.ENTRY_TYPE: _timeless(values.entry_type),
    Field.IMPORTER_NAME: _timeless(values.name),
    Field.FILER_NAME: _timeless(values.name),
    Field.PORT: _timeless(values.port),
    Field.SUMMARY_DATE: day_or_none,
    Field.LINE: _timeless(values.count),
    Field.ORDINAL: _timeless(values.count),
    Field.LIQUIDATION_DATE: day_or_none,
    Field.LIQUIDATION_STATUS: _timeless(values.status),
    Field.RECONCILIATION: _timeless(values.status),
    Field.CONTROL_STATUS: _timeless(values.status),
    Field.CORRECTION: _timeless(values.status),
    Field.PROTEST_NUMBER: _timeless(values.status),
    Field.PROTEST_STATUS: _timeless(values.status),
    Field.LIQUIDATED_DUTY: _timeless(money_or_none),
}


@dataclass(slots=True)
class Lines:
    """A whole report: the rows that are right, and every error of those that are not."""

    lines: list[Line] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)


def read(rows: Iterable[Row], *, today: date) -> Lines:
    """Never raises for what is in a row. Keeps all lines: for files that need not be read row by row."""
    headed = under_headings(rows, COLUMNS)
    found = Lines(errors=list(headed.errors))
    if headed.errors:
        return found
    for line in lines(headed, today):
        if isinstance(line, Line):
            found.lines.append(line)
        else:
            found.errors += line
    if not found.lines and not found.errors:
        found.errors.append(LineError.of(headed.row, "", RuleViolation("no_rows", NO_LINES)))
    return found


def lines(headed: Headed, today: date) -> Iterator[Line | list[LineError]]:
    """For each row below the headings the line, or what is wrong with it."""
    for row in headed.lines:
        yield read_line(headed, row, today)


def read_line(headed: Headed, row: Row, today: date) -> Line | list[LineError]:
    try:
        cells = headed.cells(row)
    except RuleViolation as violation:
        return [LineError.of(row[0], "", violation)]
    said: dict[str, object] = {}
    wrong: list[tuple[str, RuleViolation]] = []
    for name, cell in cells.items():
        try:
            said[name] = READERS[name](cell, today)
        except RuleViolation as violation:
            wrong.append((name, violation))
    if not wrong:
        return Line(row[0], **said)  # type: ignore[arg-type]  # each reader gives what its field holds
    entry = str(said.get(Field.NUMBER, ""))
    return [
        LineError.of(row[0], headed.title(name), violation, name=entry, value=_repeated(cells[name]))
        for name, violation in sorted(wrong, key=lambda item: headed.places[item[0]][0])
    ]


def _repeated(cell: Cell) -> str:
    """As an error list may show it; nothing of what cannot be read."""
    try:
        return shown(cell_text(cell))
    except RuleViolation:
        return ""
