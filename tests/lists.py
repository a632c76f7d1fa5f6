"""Client lists for tests: one good row, changed where the test says so."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

import xlsxwriter

from importers.domain.roster import Roster, Staff, read_roster

GOOD = {
    "Company name": "Nordlys Cykler ApS",
    "Importer number": "260101-12345",
    "Country": "DK",
    "Contact name": "Mette Sørensen",
    "E-mail": "mette@nordlys.example",
}
PEOPLE = [
    Staff(1, "Kirsten Holm", "kirsten@broker.example"),
    Staff(2, "Maria Lund", "maria@broker.example"),
    Staff(3, "Maria Lund", "ml@broker.example"),
]


def row(**changes: object) -> dict[str, object]:
    """`row(Company_name="X")`: an underscore stands for a space; `E_mail` for "E-mail"."""
    return GOOD | {"E-mail" if k == "E_mail" else k.replace("_", " "): v for k, v in changes.items()}


def csv_list(*rows: dict[str, object], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    headings = list(dict.fromkeys(key for one in rows for key in one))
    out = StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([headings, *([one.get(key, "") for key in headings] for one in rows)])
    return out.getvalue().encode(encoding)


def xlsx_list(*rows: dict[str, object]) -> bytes:
    headings = list(dict.fromkeys(key for one in rows for key in one))
    return workbook({"Clients": [headings, *([one.get(key, "") for key in headings] for one in rows)]})


def workbook(sheets: dict[str, Sequence[Sequence[object]]], hidden: Sequence[str] = ()) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for number, cells in enumerate(rows):
                for index, value in enumerate(cells):
                    if value != "":
                        sheet.write(number, index, value)
    return out.getvalue()


def read(data: bytes) -> Roster:
    return read_roster(data, PEOPLE)


def codes(data: bytes) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in read(data).errors]
