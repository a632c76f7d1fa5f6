"""What CAPE made of a claim, entry by entry: the result file of a declaration.

Its columns (ENTRY_NUMBER, CLAIM_NUMBER, STATUS, ERROR_DESCRIPTION) were seen in a broker's tool only, so other
spellings are taken too. An entry has a row for each of its errors; what failed before it became a claim has no number.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.roster.text import cell_text, shown
from importers.domain.sheets import Cell
from importers.domain.text import refuse_too_long
from refunds.domain.cape_messages import ClaimStatus, claim_status, message_text
from refunds.domain.entry_number import parse_entry_number
from refunds.formats.headed import Column, Headed, Row, under_headings

COLUMNS = (
    Column("entry_number", "ENTRY_NUMBER", ("Entry Summary Number", "Entry No", "Entry", "Entry Nbr")),
    Column("claim_number", "CLAIM_NUMBER", ("CAPE Claim Number", "Claim No", "Claim", "Claim ID", "Declaration Number",
                                            "CAPE Declaration Number"), required=False),
    Column("status", "STATUS", ("Claim Status", "Entry Status", "Filing Status", "CAPE Status", "Result")),
    Column("error", "ERROR_DESCRIPTION", ("Error", "Errors", "Error Message", "Error Detail", "CAPE Error Detail",
                                          "Error Details", "Message", "Reject Reason")),
)  # fmt: skip
LONGEST_CLAIM = 40
CLAIM = re.compile(r"[0-9A-Za-z][0-9A-Za-z./_-]*")
SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)

CLAIM_NUMBER = _(
    "“%(value)s” is no claim number: letters, digits and hyphens, at most %(limit)s, none rounded by Excel. Export the "
    "results again and do not save them in Excel."
)
TWO_STATUSES = _(
    "The same claim says two things about this entry: “%(first)s” in row %(row)s, and something else here. Look in "
    "ACE which of the two is true and take the other row out."
)


@dataclass(frozen=True, slots=True)
class ResultRow:
    """`entry_number` is compact; `message` as `message_text` makes it."""

    row: int
    entry_number: str
    claim_number: str
    status: ClaimStatus
    status_text: str
    message: str


@dataclass(slots=True)
class Results:
    """`rows` are those that are right; `lines` counts all that are not blank."""

    rows: list[ResultRow] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    lines: int = 0

    @property
    def entries(self) -> int:
        return len({row.entry_number for row in self.rows})


def read(rows: Iterable[Row]) -> Results:
    """Never raises for what is in the file: all of it is in `errors`. A bad row drops its whole entry."""
    headed = under_headings(rows, COLUMNS)
    results = Results(errors=headed.errors)
    if headed.errors:
        return results
    found = [one for line in headed.lines if (one := _line(headed, line, results))]
    for together in _by_claim(found):
        _judge(together, headed, results)
    bad = {error.name for error in results.errors}
    results.rows = sorted((row for row in results.rows if row.entry_number not in bad), key=lambda row: row.row)
    results.errors.sort(key=lambda error: error.row)
    return results


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    entry_number: str
    claim_number: str
    status: str
    message: str


def _line(headed: Headed, line: Row, results: Results) -> _Line | None:
    results.lines += 1
    number = line[0]
    texts: dict[str, str] = {}
    entry = ""
    try:
        cells = headed.cells(line)
    except RuleViolation as violation:
        results.errors.append(LineError.of(number, "", violation))
        return None
    errors = []
    for name, cell in cells.items():
        try:
            texts[name] = READERS[name](cell)
        except RuleViolation as violation:
            errors.append((name, violation))
    entry = texts.get("entry_number", "")
    results.errors += [LineError.of(number, headed.title(name), why, name=entry) for name, why in errors]
    return (
        None if errors else _Line(number, entry, texts.get("claim_number", ""), texts["status"], texts.get("error", ""))
    )


def _entry(cell: Cell) -> str:
    return parse_entry_number(cell_text(cell)).compact


def _claim(cell: Cell) -> str:
    text = cell_text(cell)
    if len(text) > LONGEST_CLAIM or (text and not CLAIM.fullmatch(text)) or SCIENTIFIC.fullmatch(text):
        raise RuleViolation("claim_number", CLAIM_NUMBER, value=shown(text), limit=LONGEST_CLAIM)
    return text.upper()


def _status(cell: Cell) -> str:
    text = cell_text(cell)
    claim_status(text, "")
    return text


def _error(cell: Cell) -> str:
    if not isinstance(cell, str):
        return message_text(cell_text(cell))
    refuse_too_long(cell)
    return message_text(cell)


READERS: dict[str, Callable[[Cell], str]] = {
    "entry_number": _entry, "claim_number": _claim, "status": _status, "error": _error
}  # fmt: skip


def _by_claim(lines: list[_Line]) -> Iterable[list[_Line]]:
    together: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        together[line.entry_number, line.claim_number].append(line)
    return together.values()


def _judge(lines: list[_Line], headed: Headed, results: Results) -> None:
    """The rows of one entry in one claim: its errors together decide what became of it."""
    errors = "; ".join(line.message for line in lines if line.message)
    first: tuple[_Line, ClaimStatus] | None = None
    for line in lines:
        try:
            status = claim_status(line.status, errors)
            if first and status is not first[1]:
                raise RuleViolation("two_statuses", TWO_STATUSES, first=first[0].status, row=first[0].row)
        except RuleViolation as violation:
            results.errors.append(LineError.of(line.row, headed.title("status"), violation, name=line.entry_number))
            continue
        first = first or (line, status)
        results.rows.append(
            ResultRow(line.row, line.entry_number, line.claim_number, status, line.status, line.message)
        )
