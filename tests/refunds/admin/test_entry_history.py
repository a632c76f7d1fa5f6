"""What changed on an entry, from its first change on: from what to what, who did it, and in which report."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.admin import history
from importers.admin.history import history_page
from importers.models import ImporterOfRecord, User
from refunds.admin.entry_history import entry_history
from refunds.models import CapeFile, Entry
from refunds.services.cape import make_files
from refunds.services.imports import begin, import_report
from refunds.services.reports import receive
from refunds.services.verdicts import set_rules
from refunds.services.waiting import hold, release
from tests.factories import EntryFactory, ImporterFactory
from tests.refunds.services.entry_reports import KNOWN, line, report
from tests.refunds.services.test_verdicts import other_rules

pytestmark = pytest.mark.django_db(transaction=True)  # the database's clock stands still inside a transaction


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory.create(number_text=KNOWN)


def read(name: str, as_of: date, by: User, **cells: str) -> None:
    got = receive(name, [report(line(**cells))], by=by, as_of=as_of)
    assert begin(got, timezone.now())
    assert import_report(got).saved


def told(page: Any) -> Iterator[tuple[str, str, dict[str, tuple[str, str]]]]:
    for deed in page.object_list:
        for one in deed.touched:
            yield deed.who, deed.action, {change.label: (change.before, change.after) for change in one.changes}


def test_each_change_is_told_with_its_own_report(staff: User, importer: ImporterOfRecord) -> None:
    read("june.csv", date(2026, 6, 1), staff)
    entry = Entry.objects.get()
    assert list(told(entry_history(entry, "1"))) == []
    read("july.csv", date(2026, 7, 1), staff, status="Reliquidated")
    read("august.csv", date(2026, 8, 1), staff, status="Reliquidated")
    read("september.csv", date(2026, 9, 1), staff, status="Liquidated", duty="$9.00")
    entry.refresh_from_db()
    assert list(told(entry_history(entry, "1"))) == [
        ("Kirsten Holm", "entries september.csv", {
            "liquidation status": ("Reliquidated", "Liquidated"),
            "IEEPA duty": ("$1,234.56", "$9.00"),
            "newest report": ("august.csv", "september.csv"),
            "as of": ("1 August 2026", "1 September 2026"),
        }),
        ("Kirsten Holm", "entries july.csv", {
            "liquidation status": ("Liquidated", "Reliquidated"),
            "newest report": ("june.csv", "july.csv"),
            "as of": ("1 June 2026", "1 July 2026"),
        }),
    ]  # fmt: skip


def test_a_report_of_the_same_day_moves_no_day(staff: User, importer: ImporterOfRecord) -> None:
    read("morning.csv", date(2026, 6, 1), staff)
    read("noon.csv", date(2026, 6, 1), staff, status="Reliquidated")
    [(_who, _action, changes)] = told(entry_history(Entry.objects.get(), "1"))
    assert changes["newest report"] == ("morning.csv", "noon.csv")
    assert "as of" not in changes


def test_what_other_rules_change_is_told_as_theirs(staff: User, importer: ImporterOfRecord) -> None:
    cells = {"status": "Not Liquidated", "liquidated": ""}
    read("june.csv", date(2026, 6, 1), staff, **cells)
    set_rules(other_rules(excluded_types={"values": ["01"], "source": "x", "confidence": "high"}), "out", by=staff)
    read("july.csv", date(2026, 7, 1), staff, **cells)
    [(who, action, changes)] = told(entry_history(Entry.objects.get(), "1"))
    assert (who, action) == ("Kirsten Holm", "rules version 1")
    assert changes.keys() >= {"status", "rule"}
    assert not changes.keys() & {"newest report", "as of"}, "the newer report said the same, and later"
    assert changes["status"][0] == "Can be claimed now"


def test_the_pages_join_where_one_ends(monkeypatch: pytest.MonkeyPatch, staff: User) -> None:
    monkeypatch.setattr(history, "PER_PAGE", 2)
    entry = EntryFactory.create(liquidation_status="0")
    for status in "1234":
        Entry.objects.filter(pk=entry.pk).update(liquidation_status=status)
    pairs = [
        changes["liquidation status"]
        for number in ("1", "2")
        for _who, _action, changes in told(entry_history(entry, number))
    ]
    assert pairs == [("3", "4"), ("2", "3"), ("1", "2"), ("0", "1")]


def test_an_entry_that_is_gone_tells_its_changes_still(staff: User) -> None:
    entry = EntryFactory.create(liquidation_status="0")
    Entry.objects.update(liquidation_status="1")
    kept = Entry.objects.get()
    entry.delete()
    deeds = [one for deed in entry_history(kept, "1").object_list for one in deed.touched]
    assert [one.deed for one in deeds] == ["deleted", "changed"]
    assert [(change.before, change.after) for change in deeds[1].changes] == [("0", "1")]


def test_the_history_of_an_importer_tells_of_files_and_not_of_each_entry(
    as_staff: Client, staff: User, importer: ImporterOfRecord
) -> None:
    entry = EntryFactory.create(importer=importer)
    [file] = make_files(importer, by=staff, today=timezone.localdate())
    release([file.pk], by=staff)
    hold(CapeFile.objects.get(), by=staff)
    Entry.objects.filter(pk=entry.pk).update(liquidation_status="Reliquidated")
    page = history_page(importer, "1")
    about = {deed.action: [one.what for one in deed.touched] for deed in page.object_list}
    assert "entry" not in {what for all_ in about.values() for what in all_}
    assert [deed.action for deed in page.object_list][:3] == ["hold CAPE file", "release CAPE file", "make CAPE files"]
    released = page.object_list[1].touched[0].changes
    assert [(change.label, bool(change.before), bool(change.after)) for change in released] == [
        ("released", False, True)
    ]
    address = reverse("admin:importers_importerofrecord_history", args=[importer.pk])
    assert file.name in as_staff.get(address).content.decode()
