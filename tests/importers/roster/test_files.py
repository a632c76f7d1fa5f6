"""What a file may be, and what is said of one that cannot be read."""

import datetime
import time
import zipfile
from io import BytesIO

import pytest
import xlsxwriter

from importers.domain.sheets import reading, table, workbook
from tests.lists import GOOD, codes, csv_list, read, row, xlsx_list
from tests.lists import workbook as make_workbook

HEADINGS = list(GOOD)
ONE = list(GOOD.values())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_text_is_read_with_any_separator_and_encoding(delimiter: str, encoding: str) -> None:
    data = csv_list(row(Company_name="Ågård, Bæk & Søn; ApS"), delimiter=delimiter, encoding=encoding)
    assert [entry.name for entry in read(data).entries] == ["Ågård, Bæk & Søn; ApS"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_will_do(ending: str) -> None:
    data = csv_list(row()).replace(b"\r\n", ending.encode())
    assert len(read(data).entries) == 1


def test_excels_line_with_the_separator_is_not_counted_as_a_row() -> None:
    data = b"sep=;\r\n" + csv_list(row(), row(Country="?"), delimiter=";")
    assert (3, "Country", "country") in codes(data)


def test_a_line_break_inside_quotes_keeps_the_row_numbers_of_the_spreadsheet() -> None:
    data = csv_list(row(Company_name="Nordlys\nCykler"), row(Importer_number="x"))
    assert read(data).entries[0].name == "Nordlys Cykler"
    assert codes(data) == [(3, "Importer number", "invalid")]


def test_blank_rows_count_in_the_numbering_but_not_in_the_rows() -> None:
    blank = dict.fromkeys(GOOD, "")
    for data in (csv_list(row(), blank, blank, row(Country="?")), xlsx_list(row(), blank, blank, row(Country="?"))):
        assert read(data).rows == 2
        assert (5, "Country", "country") in codes(data)


def test_title_rows_above_the_headings_keep_the_numbering_honest() -> None:
    data = make_workbook({"A": [["Our clients 2026"], [], HEADINGS, ONE, ["X", *ONE[1:]]]})
    assert read(data).rows == 2
    assert codes(data) == [(5, "Importer number", "duplicate_number")]


def test_rows_and_columns_left_free_at_the_edge_keep_the_numbering_honest() -> None:
    data = make_workbook({"A": [[], [], ["", "", *HEADINGS], ["", "", "", *ONE[1:]]]})
    assert codes(data) == [(4, "Company name", "empty")]


def test_the_first_sheet_with_known_headings_is_read_and_named() -> None:
    data = make_workbook({"Read me": [["Hello"]], "Old": [HEADINGS, ONE], "Clients": [HEADINGS, ONE], "Z": [["x"]]})
    roster = read(data)
    assert (roster.sheet, roster.rows, roster.errors) == ("Old", 1, [])


def test_a_hidden_sheet_is_not_read() -> None:
    data = make_workbook({"Front": [["Hello"]], "Secret": [HEADINGS, ONE]}, hidden=["Secret"])
    assert codes(data) == [(1, "", "no_headings")]


def test_what_a_formula_came_to_is_read() -> None:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ONE)
        sheet.write_formula(1, 0, '="Nord"&"lys"', None, "Nordlys")
    assert read(out.getvalue()).entries[0].name == "Nordlys"


def test_a_cell_that_shows_an_error_is_named_even_where_a_value_is_optional() -> None:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("Front")
        sheet = book.add_worksheet("Clients")
        sheet.write_row(0, 0, [*HEADINGS, "Phone"])
        sheet.write_row(1, 0, ONE)
        sheet.write_formula(1, 5, "=VLOOKUP(1,A1:A2,1)", None, "#N/A")
    assert codes(out.getvalue()) == [(2, "Phone", "broken_cell")]


def test_the_extension_does_not_matter_but_what_is_inside() -> None:
    assert read(xlsx_list(row())).entries[0].name == read(csv_list(row())).entries[0].name


def ole(text: str) -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + text.encode("utf-16-le")


def zipped(**files: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return out.getvalue()


def retouched(part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with one part changed by hand."""
    source = zipfile.ZipFile(BytesIO(xlsx_list(row())))
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(old, new) if name == part else data)
    return out.getvalue()


REFUSED = {
    "nothing": (b"", "empty"),
    "only white space": (b"\xef\xbb\xbf \r\n\r\n", "empty"),
    "only zeros": (b"\0" * 100, "empty"),
    "old Excel": (ole("Workbook"), "old_excel"),
    "password": (ole("EncryptedPackage"), "password"),
    "PDF": (b"%PDF-1.7 ...", "pdf"),
    "web page": (b"<html><table><tr><td>Company name", "web_page"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "unreadable"),
    "zip of something": (zipped(notes_txt=b"hello"), "format"),
    "binary workbook": (zipped(xl__workbook_bin=b"x"), "format"),
    "OpenDocument": (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "format"),
    "cut off": (xlsx_list(row())[:-200], "damaged"),
    "no XML inside": (zipped(xl__workbook_xml=b"<not"), "damaged"),
    "DOS letters": (csv_list(row(Company_name="Ågård Møbler"), encoding="cp865"), "encoding"),
    "Mac letters": (csv_list(row(Company_name="Gårdmøbler"), encoding="mac_roman"), "encoding"),
    "encoded twice": (csv_list(row(Company_name="Søn".encode().decode("cp1252"))), "encoding"),
    "open quote": (csv_list(row()) + b'"Nordlys,1,2,3,4\n', "quotes"),
    "headings of something else": (b"Name,Price\nBike,100\n", "no_headings"),
    "no row": (csv_list(row()).splitlines()[0], "no_rows"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_the_remedy(name: str) -> None:
    data, code = REFUSED[name]
    roster = read(data)
    assert [error.code for error in roster.errors] == [code]
    assert (roster.rows, roster.entries, roster.readable) == (0, [], False)
    assert len(roster.errors[0].message) > 30


def test_a_file_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    assert codes(csv_list(row()))[0][2] == "too_large"


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_ROWS", 2)
    for data in (csv_list(row(), row()), xlsx_list(row(), row())):
        assert codes(data)[0][2] == "too_many_rows"


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 1000)
    assert codes(xlsx_list(row()))[0][2] == "too_large"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", b'<c r="E2"', b'<c r="XFD1048576"'),
        ("xl/worksheets/sheet1.xml", b'<c r="E2"', b"<c\tr = 'XFD1048576'"),
        ("xl/worksheets/sheet1.xml", b'<c r="A1"', b"<c/>" * 10 + b"<c>" * 5000 + b"<row/>" * 1000 + b"<c"),
        ("xl/sharedStrings.xml", b"<t>Nordlys Cykler ApS</t>", b"<t>" + b"x" * 120_000_000 + b"</t>"),
    ],
)
def test_a_small_workbook_that_would_fill_the_memory_is_refused(part: str, old: bytes, new: bytes) -> None:
    assert codes(retouched(part, old, new))[0][2] == "too_large"


SHEET = "xl/worksheets/sheet1.xml"
FLOODS = {
    "empty rows": (SHEET, b"</sheetData>", b"<row/>" * 5_000_000 + b"</sheetData>", "too_large"),
    "cells": (SHEET, b"</sheetData>", b"<row>" + b"<c><v>1</v></c>" * 2_000_000 + b"</row></sheetData>", "too_large"),
    "empty cells": (SHEET, b"</sheetData>", b"<c/>" * 5_000_000 + b"</sheetData>", "too_large"),
    "strings": ("xl/sharedStrings.xml", b"</sst>", b"<si/>" * 5_000_000 + b"</sst>", "too_large"),
    "sheets": ("xl/workbook.xml", b"</sheets>", b"<sheet/>" * 1_000_000 + b"</sheets>", "too_large"),
}
LIST = csv_list(row())
MARKS = "a" + "\u0301\u0316" * 50_000
TEXT_FLOODS = {
    "headings": (",".join([*GOOD, *map(str, range(300_000))]).encode() + b"\nx", "too_many_columns"),
    "columns below the headings": (LIST + b"x," * 300_000 + b"x\n", "too_many_columns"),
    "commas": (LIST + b"," * 10_000_000, ""),
    "blank lines": (LIST + b"\n" * 10_000_000, "too_many_rows"),
    "one long cell": (csv_list(row(Company_name=MARKS)), "too_long"),
    "one long heading": (csv_list({MARKS: "x"} | row()), ""),
    "one long country": (csv_list(row(Country=MARKS)), "too_long"),
    "one long number": (csv_list(row(Importer_number=MARKS)), "too_long"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_workbook_that_would_keep_the_machine_busy_is_refused_early(name: str) -> None:
    *change, code = FLOODS[name]
    data = retouched(*change)
    start = time.process_time()
    assert codes(data)[0][2] == code
    assert time.process_time() - start < 3


@pytest.mark.parametrize("name", TEXT_FLOODS)
def test_a_text_file_that_would_keep_the_machine_busy_is_refused_early(name: str) -> None:
    data, code = TEXT_FLOODS[name]
    start = time.process_time()
    assert [error[2] for error in codes(data)] == ([code] if code else [])
    assert time.process_time() - start < 3


def test_blank_columns_far_to_the_right_do_no_harm() -> None:
    data = LIST.replace(b"\r\n", b"," * 5000 + b"\r\n")
    assert len(read(data).entries) == 1


def test_a_far_cell_without_content_does_no_harm() -> None:
    data = retouched("xl/worksheets/sheet1.xml", b"</row>", b'<c r="XFD2" s="1"/></row>')
    assert len(read(data).entries) == 1


def test_a_date_in_a_text_column_is_named() -> None:
    data = xlsx_list(row(Contact_name=datetime.date(2026, 3, 1)))
    assert codes(data) == [(2, "Contact name", "date")]


def test_more_cells_than_headings_in_text_mean_a_separator_without_quotes() -> None:
    assert codes(csv_list(row()) + b"Nordlys, Inc.,260101-12346,DK,Mette,m@n.example\n")[0] == (3, "", "too_many_cells")
