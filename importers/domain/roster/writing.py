"""Writes client lists and error lists as XLSX. Every cell is text, so that nothing is computed or turned into a date,
and importer numbers keep their zeros."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from importers.domain.roster.columns import COLUMNS, Field

ROWS_FORMATTED = 5000
WIDE = {Field.NAME: 36, Field.CONTACT_EMAIL: 32, Field.CONTACT_NAME: 26, Field.NUMBER: 18}
YES_NO = {"en": ["yes", "no"], "da": ["ja", "nej"]}
ROUTES = {"en": ["own account", "form 4811"], "da": ["egen konto", "form 4811"]}


def client_list(rows: Iterable[Mapping[Field, str]], language: str) -> bytes:
    """With headings in the language; the ones that must be filled in are marked with a star."""
    headings = [(c.danish if language == "da" else c.english) + (" *" if c.required else "") for c in COLUMNS]
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = _sheet(book, "Klientliste" if language == "da" else "Client list", headings)
        for index, column in enumerate(COLUMNS):
            sheet.set_column(index, index, WIDE.get(column.field, 16), book.add_format({"num_format": "@"}))
            if choices := _choices(column.field, language):
                sheet.data_validation(1, index, ROWS_FORMATTED, index, {"validate": "list", "source": choices})
        _write(sheet, ([row.get(column.field, "") for column in COLUMNS] for row in rows))
    return out.getvalue()


def _choices(field: Field, language: str) -> list[str]:
    if field in (Field.OFFICER, Field.DDP, Field.ENROLLED):
        return YES_NO[language]
    fixed = {Field.ROUTE: ROUTES[language], Field.LANGUAGE: ["en", "da"], Field.KIND: ["EIN", "SSN", "CBP_ASSIGNED"]}
    return fixed.get(field, [])


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = _sheet(book, title, headings)
        sheet.set_column(0, len(headings) - 2, 18)
        sheet.set_column(len(headings) - 1, len(headings) - 1, 110)
        _write(sheet, rows)
    return out.getvalue()


def _sheet(book: Workbook, title: str, headings: Sequence[str]) -> Worksheet:
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
    for index, heading in enumerate(headings):
        sheet.write_string(0, index, heading, bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _write(sheet: Worksheet, rows: Iterable[Sequence[str]]) -> None:
    for number, row in enumerate(rows, 1):
        for index, text in enumerate(row):
            if text:
                sheet.write_string(number, index, text)
