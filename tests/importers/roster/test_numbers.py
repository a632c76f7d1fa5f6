"""Importer numbers as spreadsheets damage them."""

import datetime

import pytest

from importers.domain.roster import read_roster
from tests.lists import codes, csv_list, read, row, xlsx_list

DAMAGED = "number_damaged"


@pytest.mark.parametrize(
    ("cell", "kind", "canonical"),
    [
        ("260101-12345", "", "260101-12345"), ("12-3456789", "", "12-3456789"), ("12-345678900", "", "12-345678900"),
        ("12-3456789ab", "", "12-3456789AB"), ("123456789AB", "", "12-3456789AB"), (" 12 – 3456789 ", "", "12-3456789"),
        ("123456789", "EIN", "12-3456789"), ("12345678901", "EIN", "12-345678901"), ("'12-3456789", "", "12-3456789"),
        ("26010112345", "CBP_ASSIGNED", "260101-12345"), ('="012345678"', "EIN", "01-2345678"),
        ("219099999", "SSN", "219-09-9999"),
    ],
)  # fmt: skip
def test_text_that_is_a_number(cell: str, kind: str, canonical: str) -> None:
    roster = read(csv_list(row(Importer_number=cell, Kind=kind)))
    assert [entry.number.canonical for entry in roster.entries] == [canonical]


@pytest.mark.parametrize(
    ("cell", "kind", "code"),
    [
        ("1.23E+10", "", DAMAGED), ("1,23457E+10", "", DAMAGED), ("1E10", "EIN", DAMAGED), ("2,60101e+11", "", DAMAGED),
        ("123456789.0", "EIN", DAMAGED), ("123456789,00", "EIN", DAMAGED), ("12345678901.0", "EIN", DAMAGED),
        ("123.456.789", "EIN", DAMAGED), ("123,456,789", "EIN", DAMAGED), ("12.345.678.901", "", DAMAGED),
        ("12345678", "EIN", DAMAGED), ("12345678", "", DAMAGED), ("1234567890", "EIN", DAMAGED),
        ("1234567890", "", DAMAGED),
        ("########", "", DAMAGED), ("123456789", "", "ambiguous"), ("12345678901", "", "ambiguous"),
        ("•••-••-1234", "", "number_masked"), ("", "", "invalid"), ("x", "", "invalid"), ("12-34567", "", "invalid"),
        ("12-3456789O0", "", "invalid"), ("12-3456789", "SSN", "invalid"), ("000-12-3456", "", "invalid"),
        ("1" * 500, "", "invalid"),
    ],
)  # fmt: skip
def test_text_that_is_damaged_or_none(cell: str, kind: str, code: str) -> None:
    assert codes(csv_list(row(Importer_number=cell, Kind=kind))) == [(2, "Importer number", code)]


@pytest.mark.parametrize(
    ("cell", "kind", "code"),
    [
        (12345678, "EIN", DAMAGED), (1234567890, "EIN", DAMAGED), (123456789, "", DAMAGED), (12345678, "", DAMAGED),
        (26010112345, "", "ambiguous"), (123456789, "CBP_ASSIGNED", DAMAGED), (12345678901, "SSN", DAMAGED),
        (1.5, "", DAMAGED), (123456789.5, "EIN", DAMAGED), (1.23e16, "", DAMAGED), (1e22, "EIN", DAMAGED),
        (-123456789, "EIN", DAMAGED), (0, "", DAMAGED), (True, "", DAMAGED), (datetime.date(2026, 1, 2), "", DAMAGED),
        (datetime.datetime(2026, 1, 2, 3, 4), "", DAMAGED),  # noqa: DTZ001 - spreadsheets know no time zone
    ],
)  # fmt: skip
def test_a_number_cell_that_may_have_lost_digits_is_an_error(cell: object, kind: str, code: str) -> None:
    assert codes(xlsx_list(row(Importer_number=cell, Kind=kind))) == [(2, "Importer number", code)]


@pytest.mark.parametrize(
    ("cell", "kind", "canonical"),
    [
        (123456789, "EIN", "12-3456789"), (12345678900, "EIN", "12-345678900"),
        (26010112345, "CBP_ASSIGNED", "260101-12345"), (219099999, "SSN", "219-09-9999"),
    ],
)  # fmt: skip
def test_a_number_cell_with_all_the_digits_of_its_kind_has_lost_none(cell: int, kind: str, canonical: str) -> None:
    assert read(xlsx_list(row(Importer_number=cell, Kind=kind))).entries[0].number.canonical == canonical


def test_the_remedy_names_the_text_format() -> None:
    message = read(xlsx_list(row(Importer_number=12345678))).errors[0].message
    assert "Format the column as text" in message


def test_a_number_twice_is_an_error_on_the_second_that_names_the_first() -> None:
    data = csv_list(row(Importer_number="12-3456789"), row(), row(Importer_number="12 3456789", Kind="EIN"))
    errors = read(data).errors
    assert [(e.row, e.column, e.code) for e in errors] == [(4, "Importer number", "duplicate_number")]
    assert "row 2" in errors[0].message


def test_a_number_is_seen_twice_even_when_the_first_row_is_wrong() -> None:
    data = csv_list(row(Country="?"), row())
    assert [error.code for error in read(data).errors] == ["country", "duplicate_number"]


def test_suffixes_make_different_importers() -> None:
    numbers = ["12-3456789", "12-345678900", "12-345678901"]
    assert len(read(csv_list(*(row(Importer_number=n) for n in numbers))).entries) == 3


def test_a_wrong_kind_is_one_error_not_two() -> None:
    assert codes(csv_list(row(Importer_number="123456789", Kind="IRS"))) == [(2, "Kind", "kind")]


SSN = "219-09-9999"


@pytest.mark.parametrize(
    "column", ["Company name", "Country", "Contact name", "E-mail", "Kind", "Title", "Officer", "Phone", "Language",
               "DDP", "Refund route", "Already enrolled", "Assigned to", "Importer number"],
)  # fmt: skip
@pytest.mark.parametrize("text", [SSN, SSN.replace("-", " "), SSN.replace("-", "")])
def test_an_ssn_in_the_wrong_place_is_refused_and_never_repeated(column: str, text: str) -> None:
    roster = read_roster(csv_list(row(**{column.replace("-", "_"): text}, Note="x"), row(Importer_number=SSN)), [])
    told = " ".join(str(error) for error in roster.errors)
    assert not {"219-09-9999", "219 09 9999", "219099999", "9999"} & set(told.replace(".", " ").split())
    assert "9999" not in told
