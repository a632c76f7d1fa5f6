"""The dollars behind each importer: equal to its entries, written only where they differ, and by nobody else."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from importers.models import ImporterOfRecord, Readiness
from importers.services import readiness
from refunds.domain.eligibility import POSSIBLE, Verdict
from refunds.models import Entry, RejectedRefund
from refunds.services import stakes
from tests.factories import EntryFactory, ImporterFactory, ReportFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 26)


def at_stake(importer: ImporterOfRecord) -> tuple[Decimal | None, date | None]:
    row = Readiness.objects.get(importer=importer)
    return row.at_stake, row.act_until


def refreshed(importer: ImporterOfRecord) -> tuple[Decimal | None, date | None]:
    stakes.refresh([importer.pk], today=TODAY)
    return at_stake(importer)


def test_no_entries_are_no_answer_and_none_that_counts_is_zero() -> None:
    without, with_none_left = ImporterFactory(), ImporterFactory()
    EntryFactory(importer=with_none_left, verdict=Verdict.CLOSED)
    assert refreshed(without) == (None, None)
    assert refreshed(with_none_left) == (Decimal("0.00"), None)


def test_all_verdicts_that_are_possible_count_and_no_other() -> None:
    importer = ImporterFactory()
    for place, verdict in enumerate(Verdict):
        EntryFactory(importer=importer, verdict=verdict, ieepa_duty=Decimal(10**place))
    expected = sum(Decimal(10**place) for place, verdict in enumerate(Verdict) if verdict in POSSIBLE)
    assert refreshed(importer)[0] == expected
    assert 0 < len(POSSIBLE) < len(Verdict)


def test_the_first_day_that_counts_is_not_past_and_of_an_entry_that_counts() -> None:
    importer = ImporterFactory()
    for days, verdict in ((-1, Verdict.ELIGIBLE), (0, Verdict.CLOSED), (3, Verdict.HELD), (9, Verdict.ELIGIBLE)):
        EntryFactory(importer=importer, verdict=verdict, act_until=TODAY + timedelta(days=days))
    assert refreshed(importer)[1] == TODAY + timedelta(days=3)
    EntryFactory(importer=importer, act_until=TODAY)
    assert refreshed(importer)[1] == TODAY


def test_who_is_not_named_keeps_what_stands() -> None:
    one, other = EntryFactory().importer, EntryFactory().importer
    assert stakes.refresh([one.pk]) == 1
    assert at_stake(other) == (None, None)
    assert stakes.refresh([]) == 0
    assert stakes.refresh(None) == 1
    assert at_stake(other)[0] == Decimal("1234.56")


def test_nothing_is_written_where_nothing_differs() -> None:
    EntryFactory()
    ImporterFactory()
    assert stakes.refresh(None) == 1
    assert stakes.refresh(None) == 0


def test_entries_that_were_taken_away_leave_nothing_behind() -> None:
    entry = EntryFactory(act_until=TODAY)
    assert refreshed(entry.importer) == (Decimal("1234.56"), TODAY)
    importer = entry.importer
    Entry.objects.all().delete()
    assert refreshed(importer) == (None, None)


def test_each_difference_is_found_and_put_right() -> None:
    entry = EntryFactory(act_until=TODAY)
    stakes.refresh(None, today=TODAY)
    assert list(stakes.drift(today=TODAY)) == []
    Readiness.objects.update(at_stake=5, act_until=None)
    found = {drift.column: (drift.importer, drift.stored, drift.computed) for drift in stakes.drift(today=TODAY)}
    assert found == {
        "at_stake": (entry.importer, Decimal("5.00"), Decimal("1234.56")),
        "act_until": (entry.importer, None, TODAY),
    }
    stakes.refresh(None, today=TODAY)
    assert list(stakes.drift(today=TODAY)) == []


def kept_aside(importer: ImporterOfRecord) -> Entry:
    entry = EntryFactory(importer=importer)
    Entry.objects.filter(pk=entry.pk).update(importer=None)
    return entry


def test_who_joins_the_client_list_gets_what_was_kept_aside() -> None:
    joined, stranger = ImporterFactory(), ImporterFactory.build()
    mine, elses = kept_aside(joined), EntryFactory()
    Entry.objects.filter(pk=elses.pk).update(importer=None, fingerprint=stranger.fingerprint)
    assert stakes.attach() == 1
    mine.refresh_from_db()
    elses.refresh_from_db()
    assert (mine.importer, elses.importer) == (joined, None)
    assert at_stake(joined)[0] == Decimal("1234.56")
    assert stakes.attach() == 0


def test_rejected_refunds_are_attached_too() -> None:
    joined = ImporterFactory()
    RejectedRefund.objects.create(
        report=ReportFactory(),
        row=2,
        number_kind=joined.number_kind,
        importer_number=joined.number,
        number_last4=joined.number_last4,
        fingerprint=joined.fingerprint,
        amount=Decimal("10.00"),
        as_of=TODAY,
    )
    assert stakes.attach() == 1
    assert RejectedRefund.objects.get().importer == joined
    assert at_stake(joined) == (None, None)


def test_the_history_says_why_an_entry_was_attached() -> None:
    entry = kept_aside(ImporterFactory())
    stakes.attach()
    event = entry.history.latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context["action"] == "importer joined the client list"


def test_an_importer_who_leaves_lets_go_of_entries_and_can_come_back() -> None:
    entry = EntryFactory()
    importer = entry.importer
    importer.delete()
    entry.refresh_from_db()
    assert entry.importer is None
    again = ImporterFactory(number_text=importer.number)
    assert stakes.attach() == 1
    entry.refresh_from_db()
    assert entry.importer == again


def test_the_projection_of_the_checklist_leaves_the_stakes_alone() -> None:
    importer = EntryFactory(act_until=TODAY).importer
    stakes.refresh(None, today=TODAY)
    Readiness.objects.update(shared_refund=Decimal("7.00"), done=3)
    readiness.refresh([importer.pk])
    row = Readiness.objects.get()
    assert row.done != 3
    assert (row.at_stake, row.act_until, row.shared_refund) == (Decimal("1234.56"), TODAY, Decimal("7.00"))
