"""REV-613, ACH Rejected Refunds: refunds that CBP certified and that did not reach a bank account.

Nobody here has seen the report's heading row. The spellings below follow ACE's other revenue reports; whatever ACE
really writes is added to them. Columns with bank numbers are refused (see `headed`), and long numbers within a reason
are blanked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from importers.domain.errors import LineError, RuleViolation
from importers.domain.identifiers import ImporterNumber
from importers.domain.roster.numbers import read_number
from importers.domain.roster.text import cell_text
from importers.domain.sheets import Cell
from refunds.domain.cape_messages import LONG_NUMBER
from refunds.domain.entry_number import parse_entry_number
from refunds.formats.cells import day_or_none, money
from refunds.formats.headed import Column, Headed, Row, under_headings
from refunds.formats.kept_number import KeptNumber, kept_number

COLUMNS = (
    Column("importer_number", "Importer Number", (
        "Importer of Record Number", "IOR Number", "Importer No", "IR Number", "Importer ID", "Payee Number",
        "Payee ID", "Refund Payee Number",
    )),
    Column("importer_name", "Importer Name", (
        "Importer of Record Name", "IOR Name", "Payee Name", "Payee", "Refund Payee Name",
    ), required=False),
    Column("entry_number", "Entry Summary Number", (
        "Entry Number", "Entry No", "Entry", "Reference Number",
    ), required=False),
    Column("amount", "Refund Amount", (
        "Amount", "Rejected Amount", "Rejected Refund Amount", "Total Refund Amount", "ACH Refund Amount",
        "Payment Amount",
    )),
    Column("rejected_on", "Reject Date", (
        "Rejected Date", "Rejection Date", "Return Date", "Returned Date", "Date Rejected", "ACH Reject Date",
        "ACH Return Date", "Date",
    ), required=False),
    Column("reason", "Reject Reason", (
        "Rejection Reason", "Return Reason", "Reason", "Reject Description", "Reject Reason Description",
        "ACH Reject Reason", "Return Reason Description",
    ), required=False),
    Column("code", "Return Code", (
        "Reject Code", "Reject Reason Code", "Return Reason Code", "ACH Return Code", "Reason Code",
    ), required=False),
)  # fmt: skip
LONGEST_REASON = 500
# Five digits and more, however they are grouped: a reason may repeat the number that the bank did not know.


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """`entry_number` is compact, "" when the report names none; `reason` begins with the return code, if any."""

    row: int
    number: ImporterNumber | KeptNumber
    entry_number: str
    amount: Decimal
    rejected_on: date | None
    reason: str


@dataclass(slots=True)
class Rejected:
    """`rows` are those that are right; `lines` counts all that are not blank."""

    rows: list[RejectedRow] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    lines: int = 0


def read(rows: Iterable[Row], *, today: date) -> Rejected:
    """Never raises for what is in the file: all of it is in `errors`."""
    headed = under_headings(rows, COLUMNS)
    rejected = Rejected(errors=headed.errors)
    if headed.errors:
        return rejected
    readers = _readers(today)
    for line in headed.lines:
        rejected.lines += 1
        if one := _line(headed, line, readers, rejected.errors):
            rejected.rows.append(one)
    return rejected


def _readers(today: date) -> dict[str, Callable[[Cell], Any]]:
    return {
        "importer_number": _importer,
        "entry_number": _entry,
        "amount": money,
        "rejected_on": partial(day_or_none, today=today),
        "reason": _reason,
        "code": _reason,
    }


def _line(
    headed: Headed, line: Row, readers: dict[str, Callable[[Cell], Any]], errors: list[LineError]
) -> RejectedRow | None:
    number, before = line[0], len(errors)
    found: dict[str, Any] = {}
    try:
        cells = headed.cells(line)
    except RuleViolation as violation:
        errors.append(LineError.of(number, "", violation))
        return None
    for name, read_cell in readers.items():
        try:
            if name in cells:
                found[name] = read_cell(cells[name])
        except RuleViolation as violation:
            errors.append(LineError.of(number, headed.title(name), violation))
    if len(errors) > before:
        return None
    reason = " ".join(filter(None, (found.get("code"), found.get("reason"))))
    return RejectedRow(
        number, found["importer_number"], found.get("entry_number", ""), found["amount"], found.get("rejected_on"),
        reason[:LONGEST_REASON],
    )  # fmt: skip


def _importer(cell: Cell) -> ImporterNumber | KeptNumber:
    kept = kept_number(cell) if isinstance(cell, str) else None
    return kept or read_number(cell, None)


def _entry(cell: Cell) -> str:
    text = cell_text(cell)
    return parse_entry_number(text).compact if text else ""


def _reason(cell: Cell) -> str:
    return LONG_NUMBER.sub("•••", cell_text(cell))
