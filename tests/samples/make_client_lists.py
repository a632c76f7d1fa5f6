# ruff: noqa: E501
"""Writes the sample client lists next to this file. All firms, people and numbers are invented.

.venv/bin/python tests/samples/make_client_lists.py
"""

import csv
from datetime import date
from io import StringIO
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).parent
ENGLISH = [
    "Company name", "Importer number", "Kind", "Country", "Contact name", "Title", "Officer", "E-mail", "Phone",
    "Language", "DDP", "Refund route", "Already enrolled", "Assigned to", "Customer since", "Notes",
]  # fmt: skip
DANISH = [
    "Firmanavn", "Importørnummer", "Nummertype", "Land", "Kontaktperson", "Titel", "Tegningsberettiget", "E-mail",
    "Telefon", "Sprog", "DDP", "Refusionsvej", "Allerede tilmeldt", "Tildelt", "Kunde siden", "Bemærkninger",
]  # fmt: skip
OWN, FORM = "own account", "form 4811"
# Name, number, kind, country, contact, title, officer, e-mail, phone, language, DDP, route, enrolled, since, notes
ROWS = [
    ("Nørrebæk Cykler ApS", "260101-10017", "CBP_ASSIGNED", "DK", "Mette Sørensen", "Direktør", "yes", "mette@noerrebaek.example", "+45 66 10 20 31", "da", "yes", FORM, "no", 2014, "Ring først"),
    ("Ågård Møbler A/S", "250402-10025", "", "Denmark", "Søren Ågård", "Adm. direktør", "yes", "soeren@aagaard.example", "86 61 20 32", "da", "yes", FORM, "no", 2009, ""),
    ("Kystlyng Keramik ApS", "240101-10033", "CBP_ASSIGNED", "Danmark", "Lærke Østergaard", "Indehaver", "yes", "laerke@kystlyng.example", "+45 98 44 20 33", "da", "", OWN, "no", 2021, ""),
    ("Hede & Søn Uld I/S", "230101-10041", "", "DK", "Karen Margrethe Bach", "Bogholder", "no", "kmb@hedeuld.example", "+45 97 12 20 34", "da", "no", "", "", 2017, "Direktøren er på ferie til 3/12"),
    ("Fjordglas A/S", "12-345670100", "EIN", "DK", "Anders Kjær", "Økonomidirektør", "yes", "anders@fjordglas.example", "+45 59 43 20 35", "da", "yes", OWN, "yes", 2006, "Har eget EIN"),
    ("Vestjysk Kaffe ApS", "220101-10058", "", "DK", "Camilla Nørgaard", "Direktør", "yes", "camilla@vestkaffe.example", "+45 75 12 20 36", "da", "yes", FORM, "no", 2019, ""),
    ("Røgeriet Østersøen A/S", "210101-10066", "", "dk", "Peter Koefoed", "Direktør", "yes", "peter@oestersoen.example", "0045 56 48 20 37", "da", "no", FORM, "no", 2011, ""),
    ("Søhøj Smykker ApS", "200101-10074", "CBP_ASSIGNED", "Danmark", "Ida Søhøj", "Indehaver", "yes", "Ida Søhøj <ida@soehoej.example>", "+45 86 82 20 38", "da", "", OWN, "", 2022, ""),
    ("Thybo Træ A/S", "190101-10082", "", "DK", "Jens Christian Yde", "Direktør", "yes", "jcy@thybotrae.example", "+45 97 92 20 39", "Dansk", "yes", FORM, "no", 2003, ""),
    ("Vesterklit Tekstil ApS", "180101-10090", "", "DK", "Birgitte Toft", "Direktør", "yes", "birgitte@vesterklit.example", "+45 97 82 20 40", "da", "yes", FORM, "no", 2015, ""),
    ("Skaldyr Nord A/S", "170101-10108", "", "DK", "Ole Vestergaard", "Direktør", "yes", "ole@skaldyrnord.example", "+45 97 72 20 41", "da", "no", OWN, "no", 2012, ""),
    ("Aalborg Værktøj A/S", "98-765430100", "", "DK", "Hanne Aagaard", "Adm. direktør", "yes", "hanne@aavaerktoej.example", "+45 98 12 20 42", "da", "yes", OWN, "yes", 1998, ""),
    ("Lakridsværket ApS", "160101-10116", "", "DK", "Johan Bech", "Direktør", "yes", "johan@lakridsvaerket.example", "+45 56 49 20 43", "da", "yes", FORM, "no", 2020, ""),
    ("Lindqvist Formgivning AB", "260201-20012", "", "Sverige", "Åsa Lindqvist", "Managing Director", "yes", "asa@lindqvist.example", "+46 31 701 20 44", "en", "yes", FORM, "no", 2016, ""),
    ("Fjällbris Outdoor AB", "250201-20020", "", "Sweden", "Björn Häggkvist", "CEO", "yes", "bjorn@fjallbris.example", "+46 63 12 20 45", "en", "yes", FORM, "no", 2018, ""),
    ("Müller & Söhne Feinmechanik GmbH", "240201-20038", "", "Tyskland", "Dr. Jürgen Müller", "Geschäftsführer", "yes", "j.mueller@feinmechanik.example", "+49 461 204 60", "en", "yes", FORM, "no", 2010, ""),
    ("Küstenholz GmbH", "230201-20046", "", "DE", "Sabine Großmann", "Geschäftsführerin", "yes", "s.grossmann@kuestenholz.example", "+49 431 204 70", "en", "no", OWN, "no", 2013, ""),
    ("Bloemenhuis van der Meer B.V.", "220201-20053", "", "Holland", "Pieter van der Meer", "Director", "yes", "pieter@bloemenhuis.example", "+31 297 20 48 00", "en", "yes", FORM, "no", 2008, ""),
    ("Bryggen Båter AS", "210201-20061", "", "Norge", "Øyvind Hansen", "Daglig leder", "yes", "oyvind@bryggenbaater.example", "+47 55 20 49 00", "da", "yes", FORM, "no", 2005, ""),
    ("Highland Wool Ltd", "200201-20079", "", "UK", "Fiona MacLeod", "Director", "yes", "fiona@highlandwool.example", "+44 1463 205 000", "en", "yes", FORM, "no", 2007, ""),
    ("Prairie Paws Supply LLC", "27-1234560", "EIN", "USA", "Susan Miller", "President", "yes", "susan@prairiepaws.example", "(402) 555-0151", "en", "no", OWN, "yes", 2002, ""),
    ("Harborside Lighting Inc.", "52-7654320AB", "", "United States", "James T. Carter", "Vice President", "yes", "jcarter@harborside.example", "+1 410 555 0152", "en", "", OWN, "no", 2001, ""),
    ("Blue Mesa Cycles Inc.", "561122330", "EIN", "US", "Daniel Reyes", "Treasurer", "yes", "daniel@bluemesa.example", "+1 828 555 0153", "en", "no", OWN, "no", 2023, ""),
    ("Lakeshore Toys LLC", "41-2233440", "", "US", "Karen Johnson", "Member", "yes", "karen@lakeshoretoys.example", "+1 218 555 0154", "en", "no", OWN, "yes", 2004, ""),
    ("Tom Baker Imports", "219-09-9999", "SSN", "US", "Thomas Baker", "Owner", "yes", "tom@tombaker.example", "+1 503 555 0155", "en", "no", OWN, "no", 2024, "Private individual"),
]  # fmt: skip
DANISH_WORDS = {"yes": "ja", "no": "nej", OWN: "egen konto"}


def cells(row: tuple[object, ...]) -> list[object]:
    """The row with an empty "Assigned to": who works where the list is loaded, the sample cannot know."""
    return [*row[:13], "", date(int(str(row[13])), 3, 1), row[14]]


def write_xlsx(name: str, headings: list[str], rows: list[list[object]]) -> None:
    with xlsxwriter.Workbook(HERE / name) as book:
        cover, sheet = book.add_worksheet("Read me"), book.add_worksheet("Clients")
        cover.write_string(0, 0, "Client list, ACE onboarding. Sheet “Clients” is the list.")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd-mm-yyyy"})
        sheet.write_row(0, 0, headings, bold)
        sheet.set_column(0, len(headings), 20)
        for number, row in enumerate(rows, 1):
            for index, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, index, value, day)
                elif isinstance(value, int | float):
                    sheet.write_number(number, index, value)
                elif value:
                    sheet.write_string(number, index, str(value))


def write_csv(name: str, headings: list[str], rows: list[list[object]]) -> None:
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    for row in rows:
        writer.writerow([f"{v:%d-%m-%Y}" if isinstance(v, date) else v for v in row])
    (HERE / name).write_bytes(out.getvalue().encode("cp1252"))


def broken() -> list[list[object]]:
    """One kind of damage a row, as Excel and people do it."""
    rows = [cells(row) for row in ROWS[:14]]
    changes: list[tuple[int, object]] = [
        (1, 26010110017),  # a number cell, and no kind that says which number it is
        (1, "2,50402E+11"),
        (1, 240101100),
        (3, "Danmak"),
        (1, "12-3456701O0"),
        (7, "camilla@vestkaffe.example; kontor@vestkaffe.example"),
        (8, "56 48"),
        (6, "måske"),
        (11, "check"),
        (13, "Niels Ingen"),
        (5, "Konto 1234 0001234567"),
        (4, ""),
        (1, rows[0][1]),
        (0, "=A1&B1"),
    ]
    for row, (index, value) in zip(rows, changes, strict=True):
        row[index] = value
    rows[0][2] = rows[2][2] = ""
    rows[12][1] = rows[13][1]
    return rows


def main() -> None:
    good = [cells(row) for row in ROWS]
    blank: list[object] = [""] * len(ENGLISH)
    with_gaps = [*good[:13], blank, *good[13:20], blank, blank, *good[20:]]
    danish = [[DANISH_WORDS.get(str(v), v) if i != 15 else v for i, v in enumerate(row)] for row in with_gaps]
    write_xlsx("client-list.xlsx", ENGLISH, with_gaps)
    write_csv("client-list.csv", DANISH, danish)
    write_xlsx("client-list-broken.xlsx", ENGLISH, broken())
    write_csv("client-list-broken.csv", ENGLISH, broken())


if __name__ == "__main__":
    main()
