from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest

from importers.domain.errors import RuleViolation
from importers.domain.sheets import Cell
from refunds.formats.cells import money
from refunds.formats.rev613 import Rejected, read

TODAY = date(2026, 11, 26)
NAIVE = datetime.combine(date(2026, 6, 30), datetime.min.time())  # as workbooks give it
HEADINGS = ["Importer Number", "Importer Name", "Entry Summary Number", "Refund Amount", "Reject Date", "Reject Reason"]
GOOD = ["12-3456789", "Nordlys", "B76-0324527-8", "$1,234.50", "06/30/2026", "R03 No account"]


def of(*rows: Sequence[Cell], headings: Sequence[Cell] = HEADINGS) -> Rejected:
    return read(enumerate([headings, *rows], 1), today=TODAY)


def told(rejected: Rejected) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in rejected.errors]


def test_a_rejected_refund() -> None:
    [row] = of(GOOD).rows
    assert (row.row, row.number.canonical, row.entry_number) == (2, "12-3456789", "B7603245278")
    assert (row.amount, row.rejected_on, row.reason) == (Decimal("1234.50"), date(2026, 6, 30), "R03 No account")


def test_the_fewest_columns_under_other_headings_and_cells_of_a_workbook() -> None:
    rows: list[Sequence[Cell]] = [
        ["ACH Rejected Refunds"],
        ["IOR Number", "Amount", "Return Date", "Return Code", "Return Reason"],
        ["120406-00001", 1234.5, NAIVE, "R02", "Closed"],
        ["12-345678900", 7, None, "", None],
    ]
    first, second = read(enumerate(rows, 1), today=TODAY).rows
    assert (first.row, first.amount, first.rejected_on, first.reason) == (
        3, Decimal("1234.50"), date(2026, 6, 30), "R02 Closed",
    )  # fmt: skip
    assert (second.amount, second.rejected_on, second.reason, second.entry_number) == (Decimal("7.00"), None, "", "")


def test_all_errors_at_once_with_row_and_column() -> None:
    rejected = of(
        ["123456789", "", "B76-0324527-9", "-5.00", "06/31/2026", ""],
        ["12-3456789", "", "", "a lot", "11/27/2026", ""],
        ["1.2E+08", "", "", "", "12/31/1999", ""],
        GOOD,
    )
    assert told(rejected) == [
        (2, "Importer Number", "ambiguous"),
        (2, "Entry Summary Number", "check_digit"),
        (2, "Refund Amount", "negative"),
        (2, "Reject Date", "date"),
        (3, "Refund Amount", "money"),
        (3, "Reject Date", "date_range"),
        (4, "Importer Number", "number_damaged"),
        (4, "Refund Amount", "money"),
        (4, "Reject Date", "date_range"),
    ]
    assert ([row.row for row in rejected.rows], rejected.lines) == ([5], 4)


BANK = [
    "Routing Number",
    "RTN",
    "Bank Account",
    "ACCOUNT NUMBER",
    "Acct No.",
    "account_no",
    "Bank Name",
    "IBAN",
    "ABA #",
]


@pytest.mark.parametrize("heading", BANK)
def test_a_column_with_bank_numbers_is_refused(heading: str) -> None:
    rejected = of([*GOOD, "021000021"], headings=[*HEADINGS, heading])
    assert [error.code for error in rejected.errors] == ["bank_column"]
    assert rejected.rows == []
    assert "021000021" not in repr(rejected)


@pytest.mark.parametrize(
    "heading", ["ACE Account", "Trade Account ACE ID", "Accounting Class", "Importer Account", "Bond Number"]
)
def test_other_columns_are_left_out_without_a_word(heading: str) -> None:
    assert of([*GOOD, "1"], headings=[*HEADINGS, heading]).errors == []


@pytest.mark.parametrize("reason", ["No account 123456789", "No account 1234 5678-90", "No account 12345"])
def test_no_number_of_an_account_stays_in_a_reason(reason: str) -> None:
    [row] = of([*GOOD[:5], reason]).rows
    assert row.reason == "No account •••"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.56", "1234.56"),
        ("1234.5", "1234.50"),
        ("$ 0.10", "0.10"),
        ("7", "7.00"),
        (0.1, "0.10"),
        (19.999999999999996, "20.00"),
    ],
)
def test_money(text: Cell, amount: str) -> None:
    assert str(money(text)) == amount


@pytest.mark.parametrize(
    "text", ["1.234,56", "1,23.00", "$1.005", "١٢", "1e5", "EUR 5", 0.005, 1e20, float("nan"), True]
)
def test_what_is_no_money(text: Cell) -> None:
    with pytest.raises(RuleViolation) as refused:
        money(text)
    assert refused.value.code == "money"
