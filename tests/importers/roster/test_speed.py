"""Twelve times the rows cost about twelve times the work. `make bench` measures seconds; this catches a slip that makes
the time grow with the square, on any machine."""

import time
from io import StringIO
from itertools import count
from pathlib import Path

import pytest
from django.core.management import call_command

from importers.models import ImporterOfRecord
from tests.lists import csv_list, row

pytestmark = pytest.mark.django_db

FEW, MANY = 300, 3600
MOST = 16.0  # times the work for twelve times the rows; with the square it would be 144
ROUNDS = 3  # other work on the machine disturbs one measurement, not all


def processor_seconds(path: Path, rows: int, numbers: "count[int]") -> float:
    """Of this process, for a list of that many importers whom the portal does not know yet."""
    taken = [next(numbers) for _ in range(rows)]
    clients = (
        row(
            Company_name=f"Grøn Handel {n} ApS",
            Importer_number=f"260101-{n:05d}",
            E_mail=f"kontakt@groen{n}.example",
            Title="Direktør",
            Officer="yes",
        )
        for n in taken
    )
    path.write_bytes(csv_list(*clients))
    begin = time.process_time()
    call_command("import_roster", str(path), stderr=StringIO())
    return time.process_time() - begin


def test_the_work_grows_with_the_rows_and_not_with_their_square(tmp_path: Path) -> None:
    path, numbers = tmp_path / "clients.csv", count(1)
    processor_seconds(path, 20, numbers)  # what is only done once
    times = []
    for _ in range(ROUNDS):
        few, many = (processor_seconds(path, rows, numbers) for rows in (FEW, MANY))
        times.append(many / few)
        if times[-1] <= MOST:
            break
    assert ImporterOfRecord.objects.count() == 20 + len(times) * (FEW + MANY)
    assert min(times) <= MOST, times
