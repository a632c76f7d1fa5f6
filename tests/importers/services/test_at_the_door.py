"""What is asked of a reminder once more when it is about to go out. Wednesday 7 April 2027 is T-14."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from importers import delivery
from importers.models import Campaign, ImporterOfRecord, MailKind, MailState, Notification
from importers.services import outbox, reminders
from importers.services.portal import save_campaign
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory

pytestmark = pytest.mark.django_db

JOINED = datetime(2027, 4, 1, 8, 0, tzinfo=UTC)
EVENING = datetime(2027, 4, 9, 15, 58, tzinfo=UTC)  # a Friday, two minutes before six in Copenhagen
SATURDAY = datetime(2027, 4, 10, 1, 0, tzinfo=UTC)
MONDAY = datetime(2027, 4, 12, 6, 0, tzinfo=UTC)
PACIFIC = "America/Los_Angeles"


@pytest.fixture(autouse=True)
def campaign() -> Campaign:
    campaign: Campaign = CampaignFactory.create(deadline=date(2027, 4, 21))
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    return campaign


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(JOINED, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def nobody_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "ring", lambda pks: None)
    monkeypatch.setattr(reminders, "ring", lambda pks: None)


def schedule(clock: time_machine.Traveller, now: datetime) -> reminders.Schedule:
    clock.move_to(now)
    return reminders.schedule_due(now)


def deliver(clock: time_machine.Traveller, now: datetime) -> int:
    """As beat and the workers do; returns how many mails went out."""
    clock.move_to(now)
    outbox.sweep(now)
    before = len(mail.outbox)
    delivery.drain()
    return len(mail.outbox) - before


def the_reminder() -> Notification:
    return Notification.objects.get(kind=MailKind.REMINDER, slot="T-14")


def test_what_was_not_sent_by_closing_time_waits_for_the_next_working_day(clock: time_machine.Traveller) -> None:
    ImporterFactory.create()
    assert len(schedule(clock, EVENING).due) == 1
    assert deliver(clock, SATURDAY) == 0
    assert schedule(clock, SATURDAY).skipped == {"quiet": 1}
    assert len(schedule(clock, MONDAY).due) == 1
    assert deliver(clock, MONDAY) == 1
    assert the_reminder().state == MailState.SENT


def test_a_drain_that_comes_before_the_sweep_sends_nothing_at_night_either(clock: time_machine.Traveller) -> None:
    ImporterFactory.create()
    schedule(clock, EVENING)
    clock.move_to(SATURDAY)
    delivery.drain()
    assert mail.outbox == []


def test_what_was_due_on_a_day_that_is_over_can_be_sent_by_hand(clock: time_machine.Traveller) -> None:
    ImporterFactory.create()
    clock.move_to(MONDAY)
    assert len(reminders.schedule_due(EVENING).due) == 1
    assert deliver(clock, MONDAY) == 1


def test_who_heard_from_us_meanwhile_is_reminded_on_another_day(clock: time_machine.Traveller) -> None:
    importer = ImporterFactory.create()
    morning = MONDAY + timedelta(hours=1)
    schedule(clock, morning)
    sent_back = NotificationFactory.create(
        importer=importer, kind=MailKind.RETURNED, to_email=importer.contact_email.upper(), not_before=morning
    )
    Notification.objects.filter(pk=sent_back.pk).update(state=MailState.SENT, sent_at=morning)
    assert deliver(clock, morning) == 0
    assert schedule(clock, morning).skipped == {"recent": 1}
    tomorrow = morning + timedelta(days=1)
    schedule(clock, tomorrow)
    assert deliver(clock, tomorrow) == 1


def test_failed_reminders_that_are_put_back_become_the_one_that_is_due(
    clock: time_machine.Traveller, campaign: Campaign
) -> None:
    importer = AccessFactory.create().importer
    failed = [
        NotificationFactory.create(
            importer=importer, kind=MailKind.REMINDER, campaign=campaign, slot=slot,
            to_email=importer.contact_email, state=MailState.FAILED, attempts=14, not_before=JOINED,
        )
        for slot in ("T-28", "T-14")
    ]  # fmt: skip
    clock.move_to(SATURDAY)
    assert outbox.put_back(failed, by=StaffFactory.create()) == 2
    assert deliver(clock, SATURDAY) == 0
    schedule(clock, MONDAY)
    assert deliver(clock, MONDAY) == 1
    assert [Notification.objects.get(pk=row.pk).state for row in failed] == [MailState.DROPPED, MailState.SENT]


def test_a_pause_holds_for_the_day_where_the_reader_is(clock: time_machine.Traveller) -> None:
    importer = ImporterFactory.create(country="US", time_zone=PACIFIC)
    afternoon = datetime(2027, 4, 7, 23, 20, tzinfo=UTC)  # twenty past four there; the 8th in Copenhagen
    schedule(clock, afternoon)
    ImporterOfRecord.objects.filter(pk=importer.pk).update(paused_until=date(2027, 4, 7))
    assert deliver(clock, afternoon) == 0


def test_a_pause_is_over_where_the_reader_is_though_not_yet_here(clock: time_machine.Traveller) -> None:
    ImporterFactory.create(country="NZ", paused_until=date(2027, 4, 7))
    morning = datetime(2027, 4, 7, 20, 5, tzinfo=UTC)  # five past eight on the 8th there; the 7th in Copenhagen
    schedule(clock, morning)
    assert deliver(clock, morning) == 1


def test_a_reminder_that_may_have_arrived_keeps_its_message_id(
    clock: time_machine.Traveller, campaign: Campaign
) -> None:
    ImporterFactory.create()
    now = MONDAY + timedelta(hours=1)
    schedule(clock, now)
    row = the_reminder()
    assert Notification.objects.claim(row.mail, now), "the server takes it, and the worker dies"
    later = now + delivery.lease() + timedelta(minutes=1)
    clock.move_to(later)
    outbox.sweep(later)
    save_campaign(campaign, by=StaffFactory.create())
    campaign.time_zone = "Europe/Berlin"
    save_campaign(campaign, by=StaffFactory.create())
    assert the_reminder().state == MailState.DROPPED
    schedule(clock, later)
    assert deliver(clock, later) == 1
    assert (the_reminder().mail, the_reminder().message_id) == (row.mail, row.message_id)


def test_what_was_left_out_of_a_mail_that_went_gets_one_of_its_own(clock: time_machine.Traveller) -> None:
    first, second = (ImporterFactory.create(contact_email="mette@nordlys.example") for _ in range(2))
    now = MONDAY + timedelta(hours=1)
    schedule(clock, now)
    Notification.objects.filter(importer=first).update(state=MailState.SENT, sent_at=now, attempts=2)
    Notification.objects.filter(importer=second).update(state=MailState.DROPPED, attempts=1)
    schedule(clock, now + timedelta(days=1))
    mails = {row.importer_id: row for row in Notification.objects.filter(kind=MailKind.REMINDER, slot="T-14")}
    assert mails[second.pk].state == MailState.PENDING
    assert mails[second.pk].message_id != mails[first.pk].message_id
