"""An import that is killed at any moment has saved all or nothing, and can be run again."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from refunds.models import Entry
from tests.factories import ImporterFactory
from tests.refunds.services.entry_reports import KNOWN, line, report

ENTRIES, ROUNDS = 5_000, 8
LINES_EACH = 4


def run(path: Path, env: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "import_entries", str(path), "--json"]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_killed_import_saves_all_or_nothing(tmp_path: Path, process_env: dict[str, str]) -> None:
    ImporterFactory.create(number_text=KNOWN)
    path = tmp_path / "report.csv"
    lines = (line(serial, line=str(number)) for serial in range(ENTRIES) for number in range(1, LINES_EACH + 1))
    path.write_bytes(report(*lines))
    start = time.monotonic()
    assert run(path, process_env).wait() == 0
    usual = time.monotonic() - start
    assert Entry.objects.count() == ENTRIES
    moments = random.Random(5106)  # noqa: S311 - the same each time
    for _ in range(ROUNDS):
        Entry.objects.all().delete()
        process = run(path, process_env)
        try:
            process.wait(timeout=moments.uniform(0.3, 1.0) * usual)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert Entry.objects.count() in (0, ENTRIES)
    assert run(path, process_env).wait() == 0
    assert Entry.objects.count() == ENTRIES
    assert set(Entry.objects.values_list("lines", flat=True)) == {LINES_EACH}
