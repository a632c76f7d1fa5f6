"""Who is reminded, when, and what stands in the ledger. Wednesday 7 April 2027, ten o'clock in Copenhagen, is T-14."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from importers.models import (
    Campaign,
    ImporterAccess,
    ImporterOfRecord,
    MailKind,
    MailState,
    Notification,
    Readiness,
    User,
)
from importers.services import candidates, details, reminders
from importers.services.portal import save_campaign
from tests import walkthrough
from tests.factories import (
    AccessFactory,
    CampaignFactory,
    ImporterFactory,
    NotificationFactory,
    OfficerFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db

AT = datetime(2027, 4, 7, 8, 0, tzinfo=UTC)
JOINED = datetime(2027, 4, 1, 8, 0, tzinfo=UTC)  # after T-28


@pytest.fixture(autouse=True)
def campaign() -> Campaign:
    """The next campaign takes the place of the guide's."""
    campaign: Campaign = CampaignFactory.create()
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    return campaign


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(JOINED, tick=False) as clock:
        yield clock


def at(clock: time_machine.Traveller, moment: datetime) -> reminders.Schedule:
    clock.move_to(moment)
    return reminders.schedule_due(moment)


def delivered(moment: datetime) -> None:
    """What waits goes out."""
    Notification.objects.filter(state=MailState.PENDING).update(state=MailState.SENT, sent_at=moment)


def sent() -> list[tuple[str, str, str]]:
    rows = Notification.objects.filter(kind=MailKind.REMINDER).exclude(state__in=candidates.NOT_WRITTEN)
    return list(rows.order_by("pk").values_list("slot", "step", "to_email"))


def ledger(importer: ImporterOfRecord) -> dict[str, str]:
    """Of each slot the state, and the reason where there is one."""
    rows = Notification.objects.filter(kind=MailKind.REMINDER, importer=importer)
    return {slot: reason or state for slot, reason, state in rows.values_list("slot", "reason", "state")}


def test_who_is_not_done_is_reminded_of_the_next_step() -> None:
    importer = ImporterFactory.create()
    schedule = reminders.schedule_due(AT)
    assert [(line.slot, line.step) for line in schedule.due] == [("T-14", "company")]
    assert sent() == [("T-14", "company", importer.contact_email)]


def test_who_is_done_waits_or_is_paused_is_not() -> None:
    staff = StaffFactory.create()
    walkthrough.ready(ImporterFactory.create(), staff)
    walkthrough.declared(ImporterFactory.create(), staff, walkthrough.Route.OWN_ACCOUNT)
    ImporterFactory.create(paused_until=date(2027, 4, 7))
    ImporterFactory.create(contact_email="")
    Notification.objects.all().delete()
    schedule = reminders.schedule_due(AT)
    assert schedule.due == []
    assert schedule.skipped == {"done": 1, "waiting": 1, "paused": 1, "no_email": 1}


def test_again_later_makes_no_second_mail() -> None:
    ImporterFactory.create()
    for minutes in (0, 0, 5, 60 * 30):
        reminders.schedule_due(AT + timedelta(minutes=minutes))
    assert len(sent()) == 1


def test_the_database_refuses_a_second_mail_for_the_slot(campaign: Campaign) -> None:
    importer = ImporterFactory.create()
    NotificationFactory.create(importer=importer, campaign=campaign, slot="T-14", kind=MailKind.REMINDER)
    with pytest.raises(IntegrityError, match="one_reminder_a_slot"), transaction.atomic():
        NotificationFactory.create(importer=importer, campaign=campaign, slot="T-14", kind=MailKind.REMINDER)


def test_planning_writes_nothing_and_says_what_scheduling_does() -> None:
    ImporterFactory.create_batch(2)
    ImporterFactory.create(contact_email="")
    plan = reminders.plan(AT)
    assert not Notification.objects.exists()
    assert plan == reminders.schedule_due(AT)
    assert len(plan.due) == 2


def test_missed_slots_collapse_into_the_current_one(clock: time_machine.Traveller) -> None:
    importer = ImporterFactory.create()
    at(clock, datetime(2027, 4, 20, 9, tzinfo=UTC))
    assert [slot for slot, *_ in sent()] == ["T-1"]
    assert ledger(importer) == {"T-1": "pending", "T-3": "collapsed", "T-7": "collapsed", "T-14": "collapsed"}


def test_a_late_joiner_begins_with_the_current_slot(clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2027, 4, 15, 8, tzinfo=UTC))
    importer = ImporterFactory.create()
    assert at(clock, datetime(2027, 4, 15, 9, tzinfo=UTC)).skipped == {"recent": 1}  # joined this very day
    assert len(at(clock, datetime(2027, 4, 16, 8, 1, tzinfo=UTC)).due) == 1
    assert ledger(importer) == {"T-3": "pending"}


def test_after_the_deadline_reminders_go_on_weekly(clock: time_machine.Traveller) -> None:
    ImporterFactory.create()
    assert [line.slot for line in at(clock, datetime(2027, 5, 10, 8, tzinfo=UTC)).due] == ["T+14"]


def test_the_weeks_after_the_deadline_may_be_bounded(campaign: Campaign, clock: time_machine.Traveller) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(weeks_after=2)
    ImporterFactory.create()
    moment, found = datetime(2027, 4, 7, 8, tzinfo=UTC), []
    while moment < datetime(2027, 7, 1, tzinfo=UTC):
        found += [line.slot for line in at(clock, moment).due]
        delivered(moment)
        moment += timedelta(days=1)
    assert found == ["T-14", "T-7", "T-3", "T-1", "T-0", "T+7", "T+14"]


def test_other_days_before_the_deadline_are_kept_to(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(days=[15, 10])
    ImporterFactory.create()
    assert [line.slot for line in reminders.plan(AT).due] == ["T-15"]


def test_moving_the_deadline_never_repeats_a_slot_that_went_out(
    campaign: Campaign, clock: time_machine.Traveller
) -> None:
    ImporterFactory.create()
    at(clock, AT)
    delivered(AT)
    campaign.deadline += timedelta(days=7)
    save_campaign(campaign, by=StaffFactory.create())
    for day in range(15):
        at(clock, AT + timedelta(days=day))
        delivered(AT + timedelta(days=day))
    assert [slot for slot, *_ in sent()] == ["T-14", "T-7"], "T-28 would have opened a week before"


def test_moving_the_deadline_far_away_begins_anew(campaign: Campaign, clock: time_machine.Traveller) -> None:
    ImporterFactory.create()
    at(clock, AT)
    delivered(AT)
    campaign.deadline += timedelta(days=60)
    save_campaign(campaign, by=StaffFactory.create())
    for day in range(76):
        at(clock, AT + timedelta(days=day))
        delivered(AT + timedelta(days=day))
    assert [slot for slot, *_ in sent()] == ["T-14", "T-28", "T-7", "T-3", "T-0"], "the weekend's slots on Friday"


def test_another_list_of_days_brings_no_earlier_slot_after_a_later_one(
    campaign: Campaign, clock: time_machine.Traveller
) -> None:
    ImporterFactory.create()
    at(clock, AT)
    delivered(AT)
    campaign.days = [15, 7, 0]
    save_campaign(campaign, by=StaffFactory.create())
    assert at(clock, AT + timedelta(days=1)).skipped == {"sent": 1}


def test_a_deadline_that_is_moved_while_the_schedule_runs_is_followed_at_once(
    campaign: Campaign, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    ImporterFactory.create()
    clock.move_to(AT)
    read = reminders.candidates

    def moved_meanwhile(now: datetime) -> Iterator[list[candidates.Candidate]]:
        for batch in read(now):
            campaign.deadline += timedelta(days=60)
            save_campaign(campaign, by=StaffFactory.create())
            yield batch

    monkeypatch.setattr(reminders, "candidates", moved_meanwhile)
    assert reminders.schedule_due(AT).skipped == {"too_early": 1}
    assert sent() == []


def test_an_officer_who_may_come_in_needs_nobody_else_to_be_let_in(clock: time_machine.Traveller) -> None:
    importer = ImporterFactory.create(contact_email=StaffFactory.create().email)
    officer = OfficerFactory.create(importer=importer)
    AccessFactory.create(importer=importer, user__email=officer.email)
    Readiness.objects.filter(importer=importer).update(importer_step="inform-broker")
    schedule = at(clock, AT)
    assert [line.to for line in schedule.due] == [officer.email]
    assert sent() == [("T-14", "inform-broker", officer.email)]


def test_who_cannot_be_let_in_is_not_counted_as_reminded(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    ImporterFactory.create()
    monkeypatch.setattr(reminders, "let_in_all", lambda pks, *, by: set())
    assert at(clock, AT).due == []


def test_moving_the_deadline_recomputes_what_is_unsent(campaign: Campaign, clock: time_machine.Traveller) -> None:
    importer = ImporterFactory.create()
    at(clock, AT)
    campaign.deadline -= timedelta(days=7)
    save_campaign(campaign, by=StaffFactory.create())
    assert ledger(importer) == {"T-14": "dropped"}
    at(clock, AT + timedelta(minutes=5))
    assert sent() == [("T-7", "company", importer.contact_email)]
    campaign.deadline += timedelta(days=7)
    save_campaign(campaign, by=StaffFactory.create())
    at(clock, AT + timedelta(minutes=10))
    assert ledger(importer) == {"T-14": "pending", "T-7": "dropped"}


def test_another_name_for_the_campaign_takes_nothing_back(campaign: Campaign) -> None:
    importer = ImporterFactory.create()
    reminders.schedule_due(AT)
    campaign.name = "Refunds"
    save_campaign(campaign, by=StaffFactory.create())
    assert ledger(importer) == {"T-14": "pending"}


def test_a_campaign_that_is_replaced_sends_nothing(campaign: Campaign) -> None:
    CampaignFactory.create(deadline=campaign.deadline, superseded_by=None)
    Campaign.objects.filter(pk=campaign.pk).update(superseded_by=Campaign.objects.exclude(pk=campaign.pk).last())
    ImporterFactory.create()
    assert {line.campaign.pk for line in reminders.plan(AT).due}.isdisjoint({campaign.pk})


# --- one person, one mail -------------------------------------------------------------------------------------------


def mails() -> list[set[str]]:
    """The importers of each mail."""
    found: dict[object, set[str]] = {}
    rows = Notification.objects.filter(state=MailState.PENDING).order_by("pk")
    for mail, name in rows.values_list("mail", "importer__name"):
        found.setdefault(mail, set()).add(name)
    return list(found.values())


def test_several_importers_of_one_person_make_one_mail_in_one_language() -> None:
    ImporterFactory.create(name="A", contact_email="mette@nordlys.example", language="da")
    ImporterFactory.create(name="B", contact_email="Mette@Nordlys.example", language="en")
    ImporterFactory.create(name="C", contact_email="other@nordlys.example", language="en")
    schedule = reminders.schedule_due(AT)
    assert mails() == [{"A", "B"}, {"C"}]
    assert {line.name: line.language for line in schedule.due} == {"A": "da", "B": "da", "C": "en"}


def test_one_person_is_not_torn_apart_by_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "BATCH", 3)
    for name, email in (("A", "a"), ("B", "b"), ("C", "b"), ("D", "b"), ("E", "b"), ("F", "c"), ("G", ""), ("H", "")):
        ImporterFactory.create(name=name, contact_email=f"{email}@nordlys.example" if email else "")
    schedule = reminders.schedule_due(AT)
    assert mails() == [{"A"}, {"B", "C", "D", "E"}, {"F"}]
    assert schedule.skipped == {"no_email": 2}


def declaring(importer: ImporterOfRecord, officer: str) -> None:
    """Only the declaration is left, which is the officer's."""
    OfficerFactory.create(importer=importer, email=officer)
    AccessFactory.create(importer=importer)
    ImporterAccess.objects.create(
        importer=importer,
        user=User.objects.for_email(officer),
        granted_at=JOINED,
        granted_by=User.objects.system(),
    )
    ImporterOfRecord.objects.filter(pk=importer.pk).update(invited_at=JOINED, invited_by=User.objects.system())
    Readiness.objects.filter(importer=importer).update(importer_step="inform-broker")


def test_only_the_officer_is_reminded_to_declare() -> None:
    declaring(ImporterFactory.create(), "director@nordlys.example")
    reminders.schedule_due(AT)
    assert sent() == [("T-14", "inform-broker", "director@nordlys.example")]


def test_an_officer_of_several_importers_gets_one_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is the contact, and however the importers are spread over the batches."""
    monkeypatch.setattr(candidates, "BATCH", 2)
    for name, contact in (("A", "a@nordlys.example"), ("B", "m@nordlys.example"), ("C", "z@nordlys.example")):
        declaring(ImporterFactory.create(name=name, contact_email=contact), "director@nordlys.example")
    ImporterFactory.create(name="D", contact_email="director@nordlys.example")
    reminders.schedule_due(AT)
    assert mails() == [{"A", "B", "C", "D"}]


def test_two_campaigns_make_one_mail_a_day(campaign: Campaign, clock: time_machine.Traveller) -> None:
    other = CampaignFactory.create(deadline=campaign.deadline + timedelta(days=7))  # its T-28 was on 31 March
    ImporterFactory.create()
    days = []
    for hours in range(0, 48, 4):
        moment = AT + timedelta(hours=hours)
        days += [(moment.date(), line.campaign, line.slot) for line in at(clock, moment).due]
        delivered(moment)
    assert days == [(date(2027, 4, 7), campaign, "T-14"), (date(2027, 4, 8), other, "T-28")]


def test_of_two_campaigns_each_slot_that_is_skipped_has_its_reason(campaign: Campaign) -> None:
    other = CampaignFactory.create(deadline=campaign.deadline + timedelta(days=7))
    far = CampaignFactory.create(deadline=campaign.deadline + timedelta(days=90))
    importer = ImporterFactory.create(paused_until=date(2027, 4, 9))
    assert reminders.schedule_due(AT).skipped == {"paused": 1}
    rows = Notification.objects.filter(importer=importer, reason="paused")
    assert set(rows.values_list("campaign", "slot")) == {(campaign.pk, "T-14"), (other.pk, "T-28")}
    assert not Notification.objects.filter(campaign=far).exists()


@pytest.mark.parametrize(
    "kind", [MailKind.RETURNED, MailKind.READY, MailKind.RECEIPT, MailKind.SHARED, MailKind.INVITATION]
)
def test_any_mail_to_the_person_makes_the_reminder_wait_for_another_day(kind: MailKind) -> None:
    importer = ImporterFactory.create()
    mail = NotificationFactory.create(
        importer=ImporterFactory.create(contact_email=""), kind=kind, to_email="x@x.example"
    )
    Notification.objects.filter(pk=mail.pk).update(
        to_email=importer.contact_email.upper(), state=MailState.SENT, sent_at=AT - timedelta(hours=3)
    )
    assert reminders.plan(AT).skipped == {"recent": 1, "no_email": 1}
    assert len(reminders.plan(AT + timedelta(hours=23)).due) == 1


def test_a_mail_that_is_still_on_its_way_makes_the_reminder_wait(clock: time_machine.Traveller) -> None:
    NotificationFactory.create(importer=ImporterFactory.create())
    assert at(clock, AT).skipped == {"recent": 1}


# --- when -----------------------------------------------------------------------------------------------------------


def test_each_is_written_to_in_their_own_office_hours(clock: time_machine.Traveller) -> None:
    ImporterFactory.create(name="Odense")
    ImporterFactory.create(name="New York", country="US")
    ImporterFactory.create(name="Los Angeles", country="US", time_zone="America/Los_Angeles")
    found: dict[str, int] = {}
    for hours in range(5, 24):
        moment = datetime(2027, 4, 7, hours, 30, tzinfo=UTC)
        found |= {line.name: hours for line in at(clock, moment).due}
    assert found == {"Odense": 6, "New York": 12, "Los Angeles": 15}


def test_nobody_is_written_to_in_the_evening_or_on_a_day_off(clock: time_machine.Traveller) -> None:
    ImporterFactory.create()
    evening, saturday = datetime(2027, 4, 7, 17, tzinfo=UTC), datetime(2027, 4, 10, 9, tzinfo=UTC)
    assert at(clock, evening).skipped == at(clock, saturday).skipped == {"quiet": 1}


def test_a_pause_ends_after_its_last_day(clock: time_machine.Traveller) -> None:
    importer = ImporterFactory.create()
    details.pause([importer], by=StaffFactory.create(), until=date(2027, 4, 8), reason="On holiday")
    at(clock, AT)
    assert ledger(importer) == {"T-14": "paused"}
    at(clock, AT + timedelta(days=1))
    assert sent() == []
    at(clock, AT + timedelta(days=2))
    assert ledger(importer) == {"T-14": "pending"}
