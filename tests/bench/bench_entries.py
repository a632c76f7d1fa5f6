"""A report of 1,000,000 lines against a bare COPY of the same file in the same run; and a workbook of 200,000."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import xlsxwriter

from refunds.domain.entry_number import check_digit
from tests.factories import ImporterFactory

HEADINGS = (
    "Entry Summary Number,Entry Type Code,Importer Number,Importer Name,Port of Entry Code,Entry Date,"
    "Entry Summary Date,Entry Summary Line Number,Review Team Number,Country of Origin Code,Country of Export Code,"
    "Manufacturer ID,Line SPI Code,Tariff Ordinal Number,HTS Number - Full,Line Tariff Quantity (1),"
    "Line Tariff UOM (1) Code,Line Tariff Goods Value Amount,Line Tariff Duty Amount,Liquidation Date,"
    "Liquidation Status,Reconciliation Indicator,Control Status,Total Liquidated Duty Amount"
)
LINES, XLSX_LINES = 1_000_000, 200_000
MOST_TIMES_A_COPY = 5.0
MOST_MEGABYTES = 400
MOST_XLSX_SECONDS = 60.0
IMPORTERS, KNOWN = 300, 280
# As the bare COPY is: without the start of Python and the way to the database.
MEASURED = """
import resource, sys, time
import django
django.setup()
from django.core.management import call_command
from django.db import connection
connection.ensure_connection()
start = time.perf_counter()
call_command(*sys.argv[1:])
seconds = time.perf_counter() - start
print("measured", seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


def number_of(importer: int) -> str:
    return f"26{importer // 100:04d}-{importer % 100:05d}"


def rows(lines: int) -> Iterator[list[str]]:
    """Four lines an entry: two lines of goods, each with its IEEPA duty."""
    for entry in range(lines // 4):
        ten = f"B76{entry:07d}"
        number = f"{ten[:3]}-{ten[3:]}-{check_digit(ten)}"
        importer, day = entry * 7 % IMPORTERS, date(2025, 2, 10) + timedelta(days=entry % 371)
        liquidated = day + timedelta(days=314)
        liquidation = [f"{liquidated:%m/%d/%Y}", "Liquidated"] if liquidated.year < 2026 else ["", "Not Liquidated"]
        for line in (1, 2):
            value = 1000 + entry % 99_991 * line
            head = [number, "01", number_of(importer), f"Nordlys Cykler {importer} ApS", "4701"]
            head += [f"{day:%m/%d/%Y}", f"{day:%m/%d/%Y}", f"{line:03d}", "7K1", "DK", "DK", "DKNORCYK1ODE", ""]
            for ordinal, hts, goods in (("1", "99030125", 0), ("2", "8712004800", value)):
                amounts = [str(value // 50), "NO", f"${goods:,.2f}", f"${value / 10:,.2f}"]
                yield [*head, ordinal, hts, *amounts, *liquidation, "N", "Accepted", f"${1000 + entry / 100:,.2f}"]


def write_csv(path: Path, lines: int) -> None:
    with path.open("w", newline="") as file:
        file.write(HEADINGS + "\r\n")
        for row in rows(lines):
            file.write(",".join(f'"{cell}"' if "$" in cell else cell for cell in row) + "\r\n")


def bare_copy(url: str, path: Path) -> float:
    columns = ", ".join(f"c{place} text" for place in range(len(HEADINGS.split(","))))
    with psycopg.connect(url.replace("postgres://", "postgresql://")) as bare, path.open("rb") as file:
        bare.execute(f"CREATE TABLE bare_copy ({columns})")
        bare.commit()
        start = time.perf_counter()
        with bare.cursor() as cursor, cursor.copy("COPY bare_copy FROM STDIN (FORMAT csv, HEADER)") as copy:
            while piece := file.read(1024 * 1024):
                copy.write(piece)
        bare.commit()
        seconds = time.perf_counter() - start
        bare.execute("DROP TABLE bare_copy")
    return seconds


class Imported(NamedTuple):
    """The command's answer, its seconds, those of the whole process, and the megabytes that it took at most."""

    answer: dict[str, Any]
    seconds: float
    whole: float
    megabytes: int


def imported(path: Path, env: dict[str, str]) -> Imported:
    start = time.perf_counter()
    command = [sys.executable, "-c", MEASURED, "import_entries", str(path), "--json"]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    whole = time.perf_counter() - start
    assert run.returncode == 0, run.stderr[-2000:]
    seconds, megabytes = run.stderr.rsplit("measured", 1)[1].split()
    return Imported(json.loads(run.stdout), float(seconds), whole, int(megabytes))


@pytest.fixture
def client_list(transactional_db: None) -> None:
    for importer in range(KNOWN):
        ImporterFactory.create(number_text=number_of(importer))


@pytest.mark.usefixtures("client_list")
def test_a_report_of_a_million_lines(tmp_path: Path, process_env: dict[str, str]) -> None:
    path = tmp_path / "es003.csv"
    write_csv(path, LINES)
    known = sum(entry * 7 % IMPORTERS < KNOWN for entry in range(LINES // 4))
    bare = min(bare_copy(process_env["DATABASE_URL"], path) for _ in range(2))
    for what in ("new", "the same again"):
        run = imported(path, process_env)
        print(  # noqa: T201
            f"\nentries: {LINES:,} lines, {what}: {run.seconds / bare:.1f} × a bare COPY ({run.seconds:.1f} s to "
            f"{bare:.2f} s), with the start of the process {run.whole / bare:.1f} ×, {run.megabytes} MB"
        )
        assert run.answer["saved"]
        assert run.answer["created" if what == "new" else "unchanged"] == known
        assert run.megabytes < MOST_MEGABYTES
        assert run.seconds <= MOST_TIMES_A_COPY * bare


@pytest.mark.usefixtures("client_list")
def test_a_workbook_of_200_000_lines(tmp_path: Path, process_env: dict[str, str]) -> None:
    path = tmp_path / "es003.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("Main Report")
        for place, row in enumerate([HEADINGS.split(","), *rows(XLSX_LINES)]):
            sheet.write_row(place, 0, row)
    run = imported(path, process_env)
    print(  # noqa: T201
        f"\nentries: a workbook of {XLSX_LINES:,} lines: {run.whole:.1f} s, {run.megabytes} MB"
    )
    assert run.answer["saved"]
    assert run.whole <= MOST_XLSX_SECONDS
    assert run.megabytes < MOST_MEGABYTES
