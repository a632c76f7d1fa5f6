"""What the database itself holds about entries, packs and rules."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from refunds.domain.rules import SHIPPED, SHIPPED_CONTENT
from refunds.models import Entry, Pack, RuleVersion
from tests.factories import EntryFactory, ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_an_entry_is_shown_with_its_hyphens() -> None:
    entry = EntryFactory(number="B7603245278")
    assert str(entry) == "B76-0324527-8"
    assert entry.filer_code == "B76"
    assert (entry.verdict, entry.verdict_rule) == ("eligible", "phase-1")


def test_a_change_leaves_in_the_history_what_stood_before_it_and_a_new_entry_leaves_nothing() -> None:
    entry = EntryFactory()
    assert entry.history.count() == 0
    for duty in ("5.00", "7.00"):
        Entry.objects.update(ieepa_duty=Decimal(duty))
    assert [row.ieepa_duty for row in entry.history.order_by("pgh_id")] == [Decimal("1234.56"), Decimal("5.00")]
    Entry.objects.all().delete()
    newest = entry.history.latest("pgh_id")
    assert (newest.pgh_label, newest.ieepa_duty) == ("delete", 7)


def pack(**fields: object) -> Pack:
    return Pack.objects.create(
        importer=ImporterFactory(),
        published_at=timezone.now(),
        published_by=StaffFactory(),
        as_of=date(2026, 11, 26),
        reports_as_of=date(2026, 11, 1),
        rules_version=0,
        language="en",
        entries=1,
        possible_refund=Decimal("1.00"),
        xlsx=b"",
        csv=b"",
    )


def test_a_pack_never_changes_but_can_be_taken_back() -> None:
    shared = pack()
    with pytest.raises(ProgrammingError), transaction.atomic():
        Pack.objects.update(possible_refund=2)
    Pack.objects.update(withdrawn_at=timezone.now(), withdrawn_by=shared.published_by)
    assert not Pack.objects.shared().exists()


def test_the_shipped_rules_hold_until_there_are_others_which_never_change() -> None:
    assert RuleVersion.objects.rules() is SHIPPED
    content = SHIPPED_CONTENT | {"as_of": "2026-11-26"}
    RuleVersion.objects.create(
        version=1, content=content, note="looked again", created_at=timezone.now(), created_by=StaffFactory()
    )
    assert RuleVersion.objects.rules().as_of == date(2026, 11, 26)
    with pytest.raises(ProgrammingError), transaction.atomic():
        RuleVersion.objects.update(note="never mind")
