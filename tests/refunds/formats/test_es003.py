"""What a line of ES-003 says, as text and as the cells of a workbook."""

import datetime
from decimal import Decimal

import pytest

from importers.domain.errors import RuleViolation
from importers.domain.sheets import Broken, Cell, Uncomputed
from refunds.formats.cells import day, money
from refunds.formats.es003 import values
from tests.reports import GOOD, TODAY, codes, csv_report, line, read_report, xlsx_report

MIDNIGHT = datetime.datetime(2025, 5, 6)  # noqa: DTZ001 - spreadsheets know no time zone


def refusal(reader: object, *args: object) -> str:
    with pytest.raises(RuleViolation) as caught:
        reader(*args)  # type: ignore[operator]
    assert len(caught.value.message) > 15
    return caught.value.code


def test_a_line_from_text_and_from_a_workbook_says_the_same() -> None:
    [text], [cells] = (read_report(make(line())).lines for make in (csv_report, xlsx_report))
    assert text == cells
    assert (text.row, text.number, text.importer.canonical, text.entry_date, text.hts, text.duty) == (
        2, "B7603245278", "260101-12345", datetime.date(2025, 5, 6), "99030128", Decimal("1234.56")
    )  # fmt: skip
    assert (text.liquidation_date, text.liquidation_status, text.port, text.liquidated_duty) == (None,) * 4


def test_the_optional_columns_are_read_where_they_are() -> None:
    full = line(
        Entry_Type_Code="1", Port_of_Entry_Code=401, Entry_Summary_Line_Number="002", Tariff_Ordinal_Number=1,
        Liquidation_Date=" 03/20/2026 ", Liquidation_Status="Liquidated", Protest_Number="", Importer_Name="Ørn ApS",
        Total_Liquidated_Duty_Amount="", Entry_Summary_Date="5/16/2025",
    )  # fmt: skip
    [found] = read_report(xlsx_report(full)).lines
    assert (found.entry_type, found.port, found.line, found.ordinal) == ("01", "0401", 2, 1)
    assert (found.liquidation_date, found.liquidation_status) == (datetime.date(2026, 3, 20), "Liquidated")
    assert (found.protest_number, found.liquidated_duty, found.importer_name) == ("", None, "Ørn ApS")
    assert found.summary_date == datetime.date(2025, 5, 16)


def test_all_that_is_wrong_is_told_at_once_with_row_and_column() -> None:
    bad = line(
        Entry_Summary_Number="B76-0324527-9", Importer_Number="123456789", Entry_Date="02/30/2025", HTS="abc",
        Line_Tariff_Duty_Amount="($5.00)",
    )  # fmt: skip
    for make in (csv_report, xlsx_report):
        assert codes(read_report(make(line(), bad, line(Entry_Date="11/27/2026")))) == [
            (3, "Entry Summary Number", "check_digit"),
            (3, "Importer Number", "ambiguous"),
            (3, "Entry Date", "date"),
            (3, "HTS Number - Full", "hts"),
            (3, "Line Tariff Duty Amount", "negative"),
            (4, "Entry Date", "date_range"),
        ]


def test_an_error_names_the_entry_and_never_repeats_a_number_nobody_may_read() -> None:
    [error] = read_report(csv_report(line(Importer_Number="219099999"))).errors
    assert error.name == "B7603245278"
    assert "2190" not in error.message + error.value


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("$1,234.56", "1234.56"), ("1234.5", "1234.50"), ("$0.00", "0.00"), ("0", "0.00"), (" $ 7 ", "7.00"),
        ("1,234,567.00", "1234567.00"), (".50", "0.50"), ("12.3400", "12.34"), ("USD 5.10", "5.10"),
        ("($0.00)", "0.00"), (12, "12.00"), (12.34, "12.34"), (12.340000000000002, "12.34"), (0.1 + 0.2, "0.30"),
        (1234567.89, "1234567.89"), (0, "0.00"), (-0.0, "0.00"),
    ],
)  # fmt: skip
def test_money(cell: Cell, amount: str) -> None:
    assert str(money(cell)) == amount


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("(1,234.56)", "negative"), ("-$5", "negative"), ("$-5.00", "negative"), ("5-", "negative"), (-5, "negative"),
        (-0.01, "negative"), ("\u22125", "negative"), ("$(5.00)", "negative"),
        ("", "money"), (None, "money"), ("1.234,56", "money"), ("12,34", "money"), ("1,23.00", "money"),
        ("12.345", "money"), (12.345, "money"), ("abc", "money"), ("$", "money"), ("-", "money"), ("1e5", "money"),
        (float("inf"), "money"), (float("nan"), "money"), (True, "money"), (MIDNIGHT, "money"), ("€5", "money"),
        ("9" * 13, "money"), ("9" * 5000, "money"), (1e300, "money"), ("١٢", "money"), ("$$5", "money"),
        (Uncomputed(), "formula"), (Broken(), "broken_cell"), ("--5", "money"), ("NaN", "money"),
        ("x" * 20_000, "too_long"),
    ],
)  # fmt: skip
def test_no_money(cell: Cell, code: str) -> None:
    assert refusal(money, cell) == code


@pytest.mark.parametrize(
    "cell",
    ["05/06/2025", "5/6/2025", "2025-05-06", "05/06/2025 00:00:00", "05/06/2025 12:00:00 AM", "2025-05-06T00:00:00",
     MIDNIGHT, datetime.date(2025, 5, 6)],
)  # fmt: skip
def test_a_day(cell: Cell) -> None:
    assert day(cell, TODAY) == datetime.date(2025, 5, 6)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("20250602", "date"), (20250602, "date"), (45783, "date"), ("06/02/25", "date"), ("31/12/2025", "date"),
        ("02/30/2025", "date"), ("", "date"), (None, "date"), ("2. June 2025", "date"), ("2025-6-2", "date"),
        (True, "date"), (datetime.time(1, 2), "date"), ("٠٥/٠٦/٢٠٢٥", "date"), ("00/00/0000", "date"),
        ("12/31/1999", "date_range"), ("11/27/2026", "date_range"), ("01/01/9999", "date_range"),
        (Uncomputed(), "formula"), (Broken(), "broken_cell"), ("05/06/2025 08:30", "date"),
    ],
)  # fmt: skip
def test_no_day(cell: Cell, code: str) -> None:
    assert refusal(day, cell, TODAY) == code


def test_the_first_and_the_last_day_are_in() -> None:
    assert day("01/01/2000", TODAY) == datetime.date(2000, 1, 1)
    assert day("11/26/2026", TODAY) == TODAY


@pytest.mark.parametrize(
    ("cell", "digits"),
    [("99030128", "99030128"), ("9903.01.28", "99030128"), (99030128, "99030128"), ("8712.00.3500", "8712003500"),
     ("8712.00.35.00", "8712003500"), (8712003500.0, "8712003500"), (406107000, "0406107000"), (9011100, "09011100")],
)  # fmt: skip
def test_an_hts_number(cell: Cell, digits: str) -> None:
    assert values.hts_number(cell) == digits


@pytest.mark.parametrize(
    "cell", ["", None, "abc", "99", "9903.1", 1.5, "9.9E+07", "99030128 99", "9" * 12, "-99030128"]
)
def test_no_hts_number(cell: Cell) -> None:
    assert refusal(values.hts_number, cell) == "hts"


@pytest.mark.parametrize(
    ("cell", "code"),
    [(3160000504.0, "format"), (1.5, "format"), ("3.16E+10", "format"), (None, "format"), (31600005041, "check_digit"),
     (MIDNIGHT, "date"), (Uncomputed(), "formula"), (Broken(), "broken_cell"), ("000-1234567-8", "filer_code")],
)  # fmt: skip
def test_no_entry_number(cell: Cell, code: str) -> None:
    assert refusal(values.entry_number, cell) == code


def test_an_entry_number_with_all_its_digits_may_stand_in_a_number_cell() -> None:
    assert values.entry_number(31600005040) == values.entry_number("316-0000504-0") == "31600005040"


@pytest.mark.parametrize(
    ("cell", "code"),
    [(12345678901, "ambiguous"), (1234567890, "number_damaged"), ("1.2E+10", "number_damaged"), (None, "invalid"),
     ("12345678901", "ambiguous"), (Uncomputed(), "formula"), (Broken(), "broken_cell")],
)  # fmt: skip
def test_no_importer_number(cell: Cell, code: str) -> None:
    assert refusal(values.importer_number, cell) == code


@pytest.mark.parametrize(
    ("heading", "cell", "code"),
    [
        ("Entry Type Code", "011", "entry_type"), ("Entry Type Code", "A", "entry_type"),
        ("Port of Entry Code", "x", "port"),
        ("Entry Summary Line Number", "1.5", "line_number"), ("Tariff Ordinal Number", "-1", "line_number"),
        ("Liquidation Status", "x" * 41, "too_long"), ("Liquidation Date", "soon", "date"),
        ("Total Liquidated Duty Amount", "-1", "negative"), ("Importer Name", "=1+1", "formula"),
    ],
)  # fmt: skip
def test_an_optional_column_is_checked_too(heading: str, cell: str, code: str) -> None:
    assert codes(read_report(csv_report(GOOD | {heading: cell}))) == [(2, heading, code)]


def test_a_report_without_a_line_is_refused() -> None:
    data = csv_report(line()).splitlines()[0]
    assert codes(read_report(data)) == [(1, "", "no_rows")]
