"""A report of 1,000,000 lines against a bare COPY of the same file in the same run; and a workbook of 200,000."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

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
    "Liquidation Status,Reconciliation Indicator,Control Status"
)
LINES, XLSX_LINES = 1_000_000, 200_000
MOST_TIMES_A_COPY = 5.0
MOST_MEGABYTES = 400
MOST_XLSX_SECONDS = 60.0
IMPORTERS, KNOWN = 300, 280
MEASURED = """
import resource, runpy, sys
try:
    sys.argv = ["manage.py", *sys.argv[1:]]
    runpy.run_path("manage.py", run_name="__main__")
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
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
                yield [*head, ordinal, hts, *amounts, *liquidation, "N", "Accepted"]


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


def imported(path: Path, env: dict[str, str]) -> tuple[dict[str, object], float, int]:
    """The command's answer, its seconds, and the megabytes that its process took at most."""
    start = time.perf_counter()
    command = [sys.executable, "-c", MEASURED, "import_entries", str(path), "--json"]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout), seconds, int(run.stderr.rsplit("peak", 1)[1])


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
        answer, seconds, megabytes = imported(path, process_env)
        print(  # noqa: T201
            f"\nentries: {LINES:,} lines, {what}: {seconds:.1f} s, {seconds / bare:.1f} × a bare COPY ({bare:.2f} s), "
            f"{megabytes} MB"
        )
        assert answer["saved"]
        assert answer["created" if what == "new" else "unchanged"] == known
        assert megabytes < MOST_MEGABYTES
        assert seconds <= MOST_TIMES_A_COPY * bare


@pytest.mark.usefixtures("client_list")
def test_a_workbook_of_200_000_lines(tmp_path: Path, process_env: dict[str, str]) -> None:
    path = tmp_path / "es003.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("Main Report")
        for place, row in enumerate([HEADINGS.split(","), *rows(XLSX_LINES)]):
            sheet.write_row(place, 0, row)
    answer, seconds, megabytes = imported(path, process_env)
    print(f"\nentries: a workbook of {XLSX_LINES:,} lines: {seconds:.1f} s, {megabytes} MB")  # noqa: T201
    assert answer["saved"]
    assert seconds <= MOST_XLSX_SECONDS
    assert megabytes < MOST_MEGABYTES
