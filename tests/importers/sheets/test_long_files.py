"""Files read row by row: what they may be, and what is said of those that cannot be read."""

import datetime
import zipfile
from collections.abc import Iterable
from io import BytesIO

import pytest
import xlsxwriter

from importers.domain.errors import RuleViolation
from importers.domain.sheets import Broken, Cell, Uncomputed, long_workbook, open_tables, separated, stream
from tests.lists import workbook

ROWS = [["Entry", "Name", "Amount"], ["B76-0324527-8", "Ærø", 12.5], ["x", "y", 3]]
BOOK = workbook({"Main Report": ROWS})
SHEET = "xl/worksheets/sheet1.xml"
MIDNIGHT, NOON = datetime.datetime(2025, 5, 6), datetime.datetime(2025, 5, 6, 12)  # noqa: DTZ001 - sheets know no zone
STRINGS = "xl/sharedStrings.xml"


def known(cells: object) -> int:
    return sum(cell in ROWS[0] for cell in cells)  # type: ignore[attr-defined]


def read(data: bytes | Iterable[bytes], size: int = 500) -> list[tuple[int, list[Cell]]]:
    """The rows of the first sheet."""
    if isinstance(data, bytes):
        data = [data[start : start + size] for start in range(0, len(data), size)]
    with open_tables(data, known) as tables:
        return list(tables[0].rows)


def code(data: bytes | Iterable[bytes]) -> str:
    with pytest.raises(RuleViolation) as caught:
        read(data)
    assert len(caught.value.message) > 30
    return caught.value.code


def retouched(part: str, old: bytes, new: bytes, source: bytes = BOOK) -> bytes:
    """A workbook with one part changed by hand."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(source)) as book, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        assert old in book.read(part)
        for name in book.namelist():
            data = book.read(name)
            target.writestr(name, data.replace(old, new, 1) if name == part else data)
    return out.getvalue()


def with_part(name: str, data: bytes) -> bytes:
    out = BytesIO(BOOK)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def zipped(name: str, data: bytes = b"x") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def ole(text: str) -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 60_000 + text.encode("utf-16-le")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100_000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_in_pieces_of_any_size(size: int, encoding: str, delimiter: str) -> None:
    text = "\r\n".join(delimiter.join(map(str, row)) for row in [*ROWS, ["“a”", "ø\u00a0å", "€"]])
    assert read(text.encode(encoding), size) == [
        (1, ROWS[0]), (2, ["B76-0324527-8", "Ærø", "12.5"]), (3, ["x", "y", "3"]), (4, ["“a”", "ø\u00a0å", "€"])
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 5, 100_000])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_rows_are_numbered_as_the_spreadsheet_shows_them(size: int, ending: str) -> None:
    text = ending.join(["Entry,Name", "", '"a' + ending + 'b",1', ",", "c,2", "\x1a"])
    assert read(text.encode(), size) == [(1, ["Entry", "Name"]), (3, [f"a{ending}b", "1"]), (5, ["c", "2"])]


def test_excels_line_with_the_separator_is_no_row() -> None:
    assert read(b"sep=;\r\nEntry;Name\r\na;b\r\n") == [(1, ["Entry", "Name"]), (2, ["a", "b"])]


@pytest.mark.parametrize("tail", [b'"open,1\n' + b"x,y\n" * 100_000, b'a,"b"c\n', b'"a\n'])
def test_a_quotation_mark_in_the_wrong_place_is_told_with_its_row(tail: bytes) -> None:
    with pytest.raises(RuleViolation, match="Near row 3 ") as caught:
        read([b"Entry,Name\nfine,1\n" + tail])
    assert caught.value.code == "quotes"


@pytest.mark.parametrize("cell", ["x" * 200_000, '"' + "x" * 200_000 + '"'])
def test_a_cell_that_is_far_too_long_is_not_told_as_a_quotation_mark(cell: str) -> None:
    with pytest.raises(RuleViolation, match="Row 2 is far too long") as caught:
        read([f"Entry,Name\nfine,{cell}\n".encode()])
    assert caught.value.code == "line_too_long"


def test_cells_of_a_workbook() -> None:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "mm/dd/yyyy"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["text", 7, 1.25, 99030128, True, datetime.date(2025, 5, 6), NOON])
        sheet.write_formula(2, 1, "=1+1", None, 2)
        sheet.write_formula(2, 2, '="a"&"b"', None, "ab")
        sheet.write_formula(2, 3, "=NA()", None, "#N/A")
        sheet.write_number(2, 4, 12.5, book.add_format({"num_format": '"day" [Red]$#,##0.00'}))
        sheet.write_rich_string(2, 5, "a", book.add_format({"bold": True}), "b")
    first, third = read(out.getvalue())
    assert first == (1, ["text", 7, 1.25, 99030128, True, MIDNIGHT, NOON])
    assert third == (3, [None, 2, "ab", Broken(), 12.5, "ab"])


def test_dates_of_a_workbook_that_counts_from_1904() -> None:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "mm/dd/yyyy", "date_1904": True}) as book:
        book.add_worksheet().write(0, 0, datetime.date(2025, 5, 6))
    assert read(out.getvalue()) == [(1, [MIDNIGHT])]


def test_a_formula_without_its_result_is_told_from_an_empty_cell() -> None:
    data = retouched(SHEET, b'r="C3"><v>3</v>', b'r="C3"><f>1+2</f>')
    assert read(data)[2] == (3, ["x", "y", Uncomputed()])
    assert read(retouched(SHEET, b'r="C3"><v>3</v>', b'r="C3">'))[2] == (3, ["x", "y", None])


def test_texts_within_the_cell_and_prefixes_and_no_references() -> None:
    data = retouched(SHEET, b'<c r="C3"><v>3</v></c>', b'<c t="inlineStr"><is><t>in</t><rPh><t>no</t></rPh></is></c>')
    assert read(data)[2] == (3, ["x", "y", "in"])
    archive = zipfile.ZipFile(BytesIO(BOOK))
    xml = archive.read(SHEET)
    plain = xml[xml.index(b"<sheetData>") : xml.index(b"</sheetData>") + len(b"</sheetData>")]
    prefixed = plain.replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:")
    root = b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    assert read(retouched(SHEET, xml, root + prefixed + b"</x:worksheet>")) == read(BOOK)


def test_hidden_sheets_are_left_out() -> None:
    data = workbook({"Main": ROWS, "Secret": [["x"]]}, hidden=["Secret"])
    with open_tables([data], known) as tables:
        assert [table.name for table in tables] == ["Main"]


REFUSED = {
    "nothing": (b"", "empty"),
    "only white space": (b"\xef\xbb\xbf \r\n\r\n" * 5000, "empty"),
    "old Excel": (ole("Workbook"), "old_excel"),
    "password": (ole("EncryptedPackage"), "password"),
    "PDF": (b"%PDF-1.7 ...", "pdf"),
    "web page": (b"\xef\xbb\xbf\n<!DOCTYPE html><table><tr><td>Entry", "web_page"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "unreadable"),
    "packed text": (b"\x1f\x8b\x08\x00" + bytes(range(256)), "unreadable"),
    "ZIP of something": (zipped("notes.txt"), "format"),
    "binary workbook": (zipped("xl/workbook.bin"), "format"),
    "OpenDocument": (zipped("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), "format"),
    "macros": (with_part("xl/vbaProject.bin", b"x"), "macros"),
    "old macros": (with_part("xl/macrosheets/sheet1.xml", b"<x/>"), "macros"),
    "cut off": (BOOK[:-200], "damaged"),
    "no XML": (retouched(SHEET, b"<sheetData>", b"<sheetData"), "damaged"),
    "entities": (retouched(SHEET, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'), "damaged"),
    "no such text": (retouched(SHEET, b't="s"><v>0</v>', b't="s"><v>99</v>'), "damaged"),
    "no such row": (retouched(SHEET, b'<row r="3"', b'<row r="9999999"'), "damaged"),
    "no such cell": (retouched(SHEET, b'r="C3"', b'r="XXXX3"'), "damaged"),
    "no number": (retouched(SHEET, b'r="C3"><v>3</v>', b'r="C3"><v>nan</v>'), "damaged"),
    "no styles that can be read": (retouched("xl/styles.xml", b"<styleSheet", b"<"), "damaged"),
    "DOS letters": ("Entry,Name\nx,Ågård Møbler\n".encode("cp865"), "encoding"),
    "encoded twice": ("Entry,Name\nx,SÃ¸n\n".encode(), "encoding"),
    "two encodings": ("Entry,Name\nx,Søn\n".encode() + b"x," * 200_000 + "Søn\n".encode("cp1252"), "encoding"),
    "zeros in text": (b"Entry,Name\n" + b"x,y\n" * 50_000 + b"\0,y\n", "unreadable"),
    "a long line": ([b"Entry,Name\n", *[b"x" * 100_000] * 20], "line_too_long"),
    "many columns": (b"Entry,Name\n" + b"x," * 300 + b"\n", "too_many_columns"),
    "far cell": (retouched(SHEET, b'r="C3"', b'r="XFD3"'), "too_many_columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_the_remedy(name: str) -> None:
    data, expected = REFUSED[name]
    assert code(data) == expected


FLOODS = {
    "rows": (SHEET, b"</sheetData>", b"<row/>" * 10_000_000 + b"</sheetData>", "too_large"),
    "cells": (SHEET, b"</sheetData>", b"<row>" + b"<c><v>1</v></c>" * 5_000_000 + b"</row></sheetData>", "too_large"),
    "texts": (STRINGS, b"</sst>", b"<si/>" * 5_000_000 + b"</sst>", "too_large"),
    "a text": (STRINGS, b"<t>Entry</t>", b"<t>" + b"x" * 50_000_000 + b"</t>", "too_large"),
    "a cell of 10 MB": (STRINGS, b"<t>Entry</t>", b"<t>" + b"x" * 10_000_000 + b"</t>", "too_long"),
    "a number of 10 MB": (SHEET, b"<v>12.5</v>", b"<v>" + b"3" * 10_000_000 + b"</v>", "too_long"),
    "sheets": ("xl/workbook.xml", b"</sheets>", b'<sheet name="a"/>' * 1000 + b"</sheets>", "too_large"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_small_file_that_becomes_a_large_one_is_refused(name: str) -> None:
    *change, expected = FLOODS[name]
    assert code(retouched(*change)) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("MAX_LINES", "too_many_rows"), ("MAX_CELLS", "too_large"), ("MAX_STRINGS", "too_large"),
     ("MAX_STRINGS_SIZE", "too_large"), ("MAX_UNPACKED", "too_large")],
)  # fmt: skip
def test_a_workbook_over_a_limit_is_refused(limit: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_workbook, limit, 2)
    assert code(BOOK) == expected


@pytest.mark.parametrize("limit", ["MAX_TEXT", "MAX_WORKBOOK"])
def test_a_file_over_its_limit_is_refused(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, limit, 9_000)
    assert code(BOOK * 3 if limit == "MAX_WORKBOOK" else b"Entry,Name\n" * 2000) == "too_large"


def test_a_text_file_is_read_while_it_comes() -> None:
    """Ten gigabytes would not fit: the first rows are there before the last piece is asked for."""

    def endless() -> Iterable[bytes]:
        yield b"Entry,Name\n" + b"x,y\n" * separated.PIECE
        raise AssertionError("asked for more than was needed")

    with open_tables(endless(), known) as tables:
        assert next(tables[0].rows) == (1, ["Entry", "Name"])


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'<row r="3"', b'<row r="2"'), (b'<row r="3"', b'<row r="1"'), (b'<c r="B2"', b'<c r="A2"')],
)
def test_a_row_or_cell_that_stands_there_twice_is_not_left_out(old: bytes, new: bytes) -> None:
    assert code(retouched(SHEET, old, new)) == "damaged"
