"""ES-003 reports for tests, written cell by cell."""

import csv
import json
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from importers.models import User
from refunds.domain.entry_number import check_digit
from refunds.services.imports import Outcome, begin, import_report
from refunds.services.reports import receive

HEADINGS = {
    "number": "Entry Summary Number",
    "type": "Entry Type Code",
    "importer": "Importer Number",
    "name": "Importer Name",
    "date": "Entry Date",
    "line": "Entry Summary Line Number",
    "ordinal": "Tariff Ordinal Number",
    "hts": "HTS Number - Full",
    "duty": "Line Tariff Duty Amount",
    "liquidated": "Liquidation Date",
    "status": "Liquidation Status",
}
KNOWN, OTHER, SSN = "260001-00001", "12-345678900", "123-45-6789"


def entry_number(serial: int) -> str:
    ten = f"B76{serial:07d}"
    return f"{ten[:3]}-{ten[3:]}-{check_digit(ten)}"


def line(serial: int = 1, **cells: str) -> dict[str, str]:
    usual = {
        "number": entry_number(serial), "type": "01", "importer": KNOWN, "name": "Nordlys ApS", "date": "06/02/2025",
        "line": "1", "ordinal": "1", "hts": "99030125", "duty": "$1,234.56", "liquidated": "04/12/2026",
        "status": "Liquidated",
    }  # fmt: skip
    return usual | cells


def report(*lines: dict[str, str], without: tuple[str, ...] = (), preamble: str = "") -> bytes:
    out = StringIO()
    writer = csv.writer(out)
    names = [name for name in HEADINGS if name not in without]
    writer.writerow([HEADINGS[name] for name in names])
    writer.writerows([one[name] for name in names] for one in lines)
    return (preamble + out.getvalue()).encode()


def load(data: bytes, *, dry_run: bool = False, **options: Any) -> Outcome:
    got = receive("ES-003.csv", [data], by=User.objects.system(), **options)
    assert begin(got, timezone.now())
    return import_report(got, dry_run=dry_run)


def command(path: object, *options: str) -> tuple[dict[str, Any], int]:
    out, code = StringIO(), 0
    try:
        call_command("import_entries", str(path), "--json", *options, stdout=out, stderr=StringIO())
    except SystemExit as left:
        code = int(str(left.code))
    return json.loads(out.getvalue()), code
