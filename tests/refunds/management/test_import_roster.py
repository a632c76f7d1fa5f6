"""Whoever joins the client list by the command has its entries at once."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

from importers.models import Readiness
from refunds.models import Entry
from tests.factories import EntryFactory, ImporterFactory
from tests.lists import csv_list, row

pytestmark = pytest.mark.django_db

NUMBER = "12-3456789"


@pytest.fixture
def listed(tmp_path: Path) -> str:
    path = tmp_path / "clients.csv"
    path.write_bytes(csv_list(row(Importer_number=NUMBER)))
    return str(path)


@pytest.fixture
def aside() -> Entry:
    entry = EntryFactory(importer=ImporterFactory(number_text=NUMBER))
    entry.importer.delete()
    entry.refresh_from_db()
    assert entry.importer is None
    return entry


def test_entries_kept_aside_join_with_their_importer(listed: str, aside: Entry) -> None:
    call_command("import_roster", listed)
    aside.refresh_from_db()
    assert aside.importer is not None
    assert Readiness.objects.get(importer=aside.importer).at_stake == Decimal("1234.56")


def test_a_dry_run_attaches_nothing(listed: str, aside: Entry) -> None:
    ImporterFactory(number_text=NUMBER)
    call_command("import_roster", listed, "--dry-run")
    aside.refresh_from_db()
    assert aside.importer is None
