"""The look ahead says what the schedule will do; the schedule is the oracle."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from importers.models import (
    Campaign,
    ImporterAccess,
    ImporterOfRecord,
    Mailbox,
    MailKind,
    MailState,
    Notification,
    Readiness,
    User,
)
from importers.services import questions, reminders
from importers.services.candidates import candidates, for_one_person
from importers.services.forecast import brought_on, due_on, look_ahead
from importers.services.outlook import outlook
from tests import walkthrough
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory

AT = datetime(2027, 4, 7, 5, 0, tzinfo=UTC)  # seven in the morning in Copenhagen
JOINED = datetime(2027, 4, 1, 8, 0, tzinfo=UTC)
TODAY = date(2027, 4, 7)
ZONES = {
    "DK": ZoneInfo("Europe/Copenhagen"),
    "US": ZoneInfo("America/New_York"),
    "NZ": ZoneInfo("Pacific/Auckland"),
}


def campaign_of_ours() -> Campaign:
    campaign: Campaign = CampaignFactory.create()
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    return campaign


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(JOINED, tick=False) as clock:
        yield clock


@pytest.fixture
def campaign(db: None) -> Campaign:
    return campaign_of_ours()


def a_mixed_lot() -> None:
    """Everything that the rules tell apart, each at least once."""
    for country, zone in (("DK", ""), ("US", ""), ("US", "America/Los_Angeles"), ("SE", "")):
        ImporterFactory.create_batch(2, country=country, time_zone=zone)
    ImporterFactory(contact_email="")
    ImporterFactory(contact_email=StaffFactory.create().email)
    ImporterFactory(paused_until=date(2027, 4, 15))
    ImporterFactory(contact_email="Twice@nordlys.example")
    ImporterFactory(contact_email="twice@nordlys.example", country="US")
    shut_out = AccessFactory.create()
    ImporterAccess.objects.filter(pk=shut_out.pk).update(revoked_at=JOINED, revoked_by=User.objects.system())
    AccessFactory.create()
    done, waits, broken = ImporterFactory.create_batch(3)
    Readiness.objects.filter(importer=done).update(done=1, total=1, importer_step="")
    Readiness.objects.filter(importer=waits).update(importer_step="")
    broken.readiness.delete()
    for known in ({"opted_out_at": JOINED}, {"dead_at": JOINED, "dead_because": "550"}):
        Mailbox.objects.create(email=ImporterFactory.create().contact_email.upper(), **known)
    asks = ImporterFactory.create()
    questions.ask(asks, by=walkthrough.invited(asks, StaffFactory.create()), step="company", topic="else", text="How?")
    Notification.objects.all().delete()
    ImporterFactory(contact_email="")
    just_mailed = NotificationFactory.create(kind=MailKind.RECEIPT)
    Notification.objects.filter(pk=just_mailed.pk).update(state=MailState.SENT, sent_at=AT - timedelta(hours=1))


def days_of_schedules(clock: time_machine.Traveller, days: int) -> tuple[Counter[date], dict[date, set[int]]]:
    """The schedule is run at each hour at which an office opens or a wait ends, and what it puts in arrives at once."""
    counts, who = Counter[date](), dict[date, set[int]]()
    zones = {one.pk: one.place("Europe/Copenhagen") for batch in candidates(AT) for one in batch}
    for hour in (24 * day + hour for day in range(days) for hour in (1, 3, 7, 10)):
        now = AT + timedelta(hours=hour)
        clock.move_to(now)
        reminders.schedule_due(now)
        waiting = Notification.objects.filter(kind=MailKind.REMINDER, state=MailState.PENDING)
        for pk in waiting.values_list("importer", flat=True):
            day = zones[pk].local(now).date()
            counts[day] += 1
            who.setdefault(day, set()).add(pk)
        waiting.update(state=MailState.SENT, sent_at=now)
    return counts, who


def test_what_is_foretold_is_what_the_schedule_does(campaign: Campaign, clock: time_machine.Traveller) -> None:
    CampaignFactory(deadline=campaign.deadline + timedelta(days=7))
    a_mixed_lot()
    clock.move_to(AT)
    last, everybody = date(2027, 4, 16), set(ImporterOfRecord.objects.values_list("pk", flat=True))
    foretold = {}
    for chosen in (TODAY, date(2027, 4, 10), date(2027, 4, 14), last):
        ahead = look_ahead(AT, chosen=chosen, until=last)
        foretold[chosen] = {pk for found in ahead.due for pk in found.pks}
        assert foretold[chosen] == {item.importer.pk for _at, item in due_on(foretold[chosen], AT, chosen)}
        assert foretold[chosen] | {pk for pks in ahead.passed.values() for pk in pks} == everybody
        assert ahead.count + sum(len(pks) for pks in ahead.passed.values()) == len(everybody)
    counts, who = days_of_schedules(clock, 10)
    assert {day: n for day, n in ahead.calendar.items() if n} == dict(counts)
    assert foretold == {chosen: who.get(chosen, set()) for chosen in foretold}


def test_who_is_passed_over_now_and_why_is_what_the_plan_says(
    campaign: Campaign, clock: time_machine.Traveller
) -> None:
    """Asked about a day, the reason is that of noon; so the plan of that noon is the oracle where nothing is due."""
    a_mixed_lot()
    now = datetime(2027, 4, 10, 10, tzinfo=UTC)  # a Saturday
    clock.move_to(now)
    ahead = look_ahead(now, chosen=now.date(), until=now.date())
    assert {why: len(pks) for why, pks in ahead.passed.items()} == dict(reminders.plan(now).skipped)


def test_the_look_ahead_takes_the_same_queries_for_any_number(
    campaign: Campaign, clock: time_machine.Traveller
) -> None:
    clock.move_to(AT)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            look_ahead(AT, chosen=TODAY, until=TODAY + timedelta(days=29))
        return len(found)

    ImporterFactory.create_batch(2)
    few = queries()
    a_mixed_lot()
    assert queries() == few <= 2


def test_what_a_moved_deadline_brings_on_is_known_before_it_is_saved(
    campaign: Campaign, clock: time_machine.Traveller
) -> None:
    yesterday, now = AT + timedelta(hours=3), AT + timedelta(days=1, hours=3)
    importers = ImporterFactory.create_batch(3)
    clock.move_to(yesterday)
    reminders.schedule_due(yesterday)
    Notification.objects.filter(state=MailState.PENDING).update(state=MailState.SENT, sent_at=yesterday)
    clock.move_to(now)
    campaign.deadline = date(2027, 4, 9)
    brought = brought_on(campaign, now, named=2)
    assert (brought.count, [item.slot for item in brought.first]) == (3, ["T-1", "T-1"])
    assert {item.importer.pk for item in brought.first} <= {importer.pk for importer in importers}
    campaign.refresh_from_db()
    assert brought_on(campaign, now, named=2).count == 0


def test_in_the_evening_it_is_known_what_the_morning_would_bring(
    campaign: Campaign, clock: time_machine.Traveller
) -> None:
    evening = AT + timedelta(hours=14)
    ImporterFactory()
    Campaign.objects.filter(pk=campaign.pk).update(deadline=date(2028, 4, 7))
    clock.move_to(evening)
    campaign.deadline = date(2027, 4, 14)
    assert reminders.plan(evening).skipped.keys() == {"too_early"}
    brought = brought_on(campaign, evening, named=2)
    assert (brought.count, [item.slot for item in brought.first]) == (1, ["T-7"])


def test_a_campaign_that_is_not_saved_yet_brings_on_reminders_too(
    campaign: Campaign, clock: time_machine.Traveller
) -> None:
    now = AT + timedelta(hours=3)
    ImporterFactory()
    Campaign.objects.filter(pk=campaign.pk).update(deadline=date(2028, 4, 7))
    clock.move_to(now)
    new = Campaign(name="Another", deadline=date(2027, 4, 14), source="a test")
    assert [item.slot for item in brought_on(new, now, named=2).first] == ["T-7"]


def test_the_outlook_of_one_importer_is_what_the_schedule_does(campaign: Campaign) -> None:
    importer = ImporterFactory.create()
    ImporterOfRecord.objects.update(created_at=JOINED - timedelta(days=90))
    [(_now, early), (at, item)] = outlook(importer, datetime(2027, 3, 18, 8, tzinfo=UTC))
    assert isinstance(early, reminders.PassedOver)
    assert early.reason == "too_early"
    assert at == datetime(2027, 3, 24, 7, 0, tzinfo=UTC)
    assert isinstance(item, reminders.DueReminder)
    assert (item.slot, item.to) == ("T-28", importer.contact_email)
    assert [(line.importer, line.slot) for line in reminders.plan(at).due] == [(importer.uuid, "T-28")]


def test_the_outlook_counts_from_the_latest_mail_whichever_was_read_last(campaign: Campaign) -> None:
    importer = ImporterFactory.create()
    for hours in (1, 30):
        mail = NotificationFactory.create(kind=MailKind.RECEIPT, importer=importer)
        sent_at = AT - timedelta(hours=hours)
        Notification.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=sent_at)
    at, item = outlook(importer, AT)[-1]
    assert isinstance(item, reminders.DueReminder)
    assert (at, item.slot) == (datetime(2027, 4, 8, 6, tzinfo=UTC), "T-14")


def test_the_outlook_goes_past_a_pause_and_a_weekend(campaign: Campaign) -> None:
    paused = ImporterFactory.create(paused_until=date(2027, 4, 9))
    found = outlook(paused, AT)
    assert getattr(found[0][1], "reason", "") == "paused"
    at, item = found[-1]
    assert at == datetime(2027, 4, 12, 6, tzinfo=UTC)
    assert isinstance(item, reminders.DueReminder)


def test_the_outlook_of_one_who_is_done_ends_with_a_reason(campaign: Campaign) -> None:
    done = ImporterFactory.create()
    walkthrough.ready(done, StaffFactory.create())
    assert [getattr(decided, "reason", "") for _at, decided in outlook(done, AT)] == ["done"]


def test_without_a_campaign_the_outlook_says_so(db: None) -> None:
    Campaign.objects.all().delete()
    [(_now, decided)] = outlook(ImporterFactory.create(), AT)
    assert getattr(decided, "reason", "") == "no_campaign"


def test_who_stands_in_one_mail_is_found_whichever_of_them_is_asked_for(db: None) -> None:
    one = ImporterFactory.create(contact_email="mette@nordlys.example")
    two = ImporterFactory.create(contact_email="Mette@nordlys.example")
    ImporterFactory(contact_email="")
    nobody = ImporterFactory.create(contact_email="")
    assert sorted(for_one_person(two.pk)) == sorted([one.pk, two.pk])
    assert for_one_person(nobody.pk) == [nobody.pk]


class NeverANuisance(TestCase):
    """Whatever is known of three importers, two of them one person's, over ten days in which somebody is done, paused
    or shut out at some time."""

    people = st.sampled_from(["a@x.example", "A@x.example", "b@x.example", ""])
    one = st.tuples(
        people, st.sampled_from(sorted(ZONES)), st.none() | st.integers(0, 10), st.none() | st.integers(0, 240)
    )

    @settings(suppress_health_check=[HealthCheck.too_slow], max_examples=10)  # of more than a second each
    @given(
        lot=st.lists(one, min_size=1, max_size=3), deadline=st.integers(-9, 20), other=st.none() | st.integers(-9, 20)
    )
    def test_at_most_one_mail_a_day_never_after_done_never_when_paused_never_at_night(
        self, lot: list[tuple[str, str, int | None, int | None]], deadline: int, other: int | None
    ) -> None:
        campaign = campaign_of_ours()
        Campaign.objects.filter(pk=campaign.pk).update(deadline=TODAY + timedelta(days=deadline))
        if other is not None:
            CampaignFactory(deadline=TODAY + timedelta(days=other))
        done_at, homes = {}, {"": "DK"}
        for email, country, paused, done in lot:
            homes.setdefault(email.lower(), country)
            until = TODAY + timedelta(days=paused) if paused is not None else None
            importer = ImporterFactory.create(contact_email=email, country=country, paused_until=until)
            done_at[importer.pk] = done
        ImporterOfRecord.objects.update(created_at=JOINED)
        with time_machine.travel(AT, tick=False) as clock:
            mailed = list(self.mails(clock, done_at, homes))
        mails = {(email, day, mail) for mail, email, day in mailed}
        assert len(mails) == len({(email, day) for email, day, _mail in mails}), "two mails on one day"

    def mails(
        self, clock: time_machine.Traveller, done_at: dict[int, int | None], homes: dict[str, str]
    ) -> Iterator[tuple[object, str, date]]:
        """A person is where the first of their importers is."""
        for hour in range(3, 240, 6):
            now = AT + timedelta(hours=hour)
            clock.move_to(now)
            over = [pk for pk, done in done_at.items() if done is not None and done <= hour]
            Readiness.objects.filter(importer__in=over).update(done=1, total=1, importer_step="")
            reminders.schedule_due(now)
            waiting = Notification.objects.filter(kind=MailKind.REMINDER, state=MailState.PENDING)
            for row in waiting.select_related("importer"):
                assert row.importer is not None
                local = now.astimezone(ZONES[homes[row.to_email.lower()]])
                assert row.importer_id not in over
                assert 8 <= local.hour < 18
                assert local.weekday() < 5
                assert row.importer.paused_until is None or local.date() > row.importer.paused_until
                yield row.mail, row.to_email.lower(), local.date()
            waiting.update(state=MailState.SENT, sent_at=now)


def test_what_is_read_of_one_importer_does_not_depend_on_the_batch(campaign: Campaign) -> None:
    a_mixed_lot()
    together = {c.pk: c for batch in candidates(AT) for c in batch}
    for pk, candidate in together.items():
        [[alone]] = candidates(AT, among=ImporterOfRecord.objects.filter(pk=pk))
        assert alone == candidate
