"""A client list of 10,000 rows: loaded, loaded again, loaded with changes; history and readiness included."""

import csv
import json
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from importers.models import Readiness

ROWS = 10_000
LIMIT_SECONDS = 10.0
HEADINGS = (
    "Firmanavn;Importørnummer;Land;Kontaktperson;E-mail;Titel;Tegningsberettiget;Telefon;Sprog;DDP;Refusionsvej;"
    "Allerede tilmeldt;Noter"
)


def client_list(rows: int, *, phone: int = 30_000_000) -> bytes:
    out = StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADINGS.split(";"))
    for n in range(rows):
        number = f"26{n // 100_000:04d}-{n % 100_000:05d}" if n % 3 else f"10-{n:07d}00"
        contact = [f"Søren Ågård {n}", f"kontakt{n}@groen{n}.example", "Direktør", "ja" if n % 4 else "nej"]
        route = "egen konto" if n % 2 else "form 4811"
        rest = [f"+45 {phone + n}", "da", "nej", route, "ja" if n % 10 == 0 else "", "ring først"]
        writer.writerow([f"Grøn Handel {n} ApS", number, "Danmark", *contact, *rest])
    return out.getvalue().encode("cp1252")


@pytest.mark.django_db(transaction=True)
def test_client_list_of_ten_thousand_rows(tmp_path: Path) -> None:
    lists = {
        "new": client_list(ROWS),
        "the same again": client_list(ROWS),
        "every phone changed": client_list(ROWS, phone=40_000_000),
    }
    for what, data in lists.items():
        path, out = tmp_path / "clients.csv", StringIO()
        path.write_bytes(data)
        start = time.perf_counter()
        call_command("import_roster", str(path), "--json", stdout=out, stderr=StringIO())
        seconds = time.perf_counter() - start
        result = json.loads(out.getvalue())
        counts = ", ".join(f"{result[name]} {name}" for name in ("created", "updated", "unchanged"))
        print(f"\nroster: {ROWS:,} rows, {what}: {seconds:.1f} s ({counts})")  # noqa: T201
        assert result["saved"], result["errors"][:3]
        assert seconds <= LIMIT_SECONDS
    assert Readiness.objects.count() == ROWS
