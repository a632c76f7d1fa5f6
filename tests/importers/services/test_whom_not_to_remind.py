"""Who is not reminded, and what stands in the ledger then; who is let in; what it costs.
Wednesday 7 April 2027, ten o'clock in Copenhagen, is T-14."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from importers.admin.reminders import WHY_NONE, WHY_NOT, WHY_SKIPPED
from importers.domain.reminders import SKIP_REASONS
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
from importers.services import candidates, reminders
from importers.services.invitations import revoke
from importers.services.readiness import refresh
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


def mails() -> list[set[str]]:
    """The importers of each mail."""
    found: dict[object, set[str]] = {}
    rows = Notification.objects.filter(state=MailState.PENDING).order_by("pk")
    for mail, name in rows.values_list("mail", "importer__name"):
        found.setdefault(mail, set()).add(name)
    return list(found.values())


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


# --- who may not be written to ------------------------------------------------------------------------------------


def test_who_was_shut_out_hears_nothing() -> None:
    access = AccessFactory.create()
    ImporterOfRecord.objects.update(invited_at=JOINED, invited_by=StaffFactory.create())
    assert len(reminders.plan(AT).due) == 1
    revoke(access, by=StaffFactory.create())
    assert reminders.plan(AT).skipped == {"no_access": 1}


def test_nobody_of_the_broker_is_reminded_as_an_importer() -> None:
    ImporterFactory.create(contact_email=StaffFactory.create().email)
    assert reminders.plan(AT).skipped == {"no_access": 1}


@pytest.mark.parametrize(
    ("reason", "known"),
    [
        ("opted_out", {"opted_out_at": JOINED}),
        ("dead_mailbox", {"dead_at": JOINED, "dead_because": "550 no such user"}),
    ],
)
def test_what_is_known_of_the_mailbox_stops_the_reminders_of_every_importer(
    reason: str, known: dict[str, object], clock: time_machine.Traveller
) -> None:
    one, two = ImporterFactory.create_batch(2, contact_email="Mette@nordlys.example")
    mailbox = Mailbox.objects.create(email="mette@nordlys.example", **known)
    assert at(clock, AT).skipped == {reason: 2}
    assert ledger(one) == ledger(two) == {"T-14": reason}
    mailbox.delete()
    at(clock, AT + timedelta(hours=1))
    assert ledger(one) == ledger(two) == {"T-14": "pending"}
    assert len(mails()) == 1


def test_a_dead_mailbox_of_the_contact_does_not_stop_the_officer() -> None:
    importer = ImporterFactory.create()
    declaring(importer, "director@nordlys.example")
    Mailbox.objects.create(email=importer.contact_email, dead_at=JOINED, dead_because="550")
    assert [line.to for line in reminders.plan(AT).due] == ["director@nordlys.example"]


def test_a_reminder_that_was_dropped_may_come_again_in_its_slot(campaign: Campaign) -> None:
    importer = ImporterFactory.create()
    row = NotificationFactory.create(
        importer=importer, campaign=campaign, slot="T-14", kind=MailKind.REMINDER, state=MailState.DROPPED, answer="x"
    )
    reminders.schedule_due(AT)
    again = Notification.objects.get(importer=importer, slot="T-14")
    assert (again.pk, again.state, again.step, again.answer) == (row.pk, "pending", "company", "")
    assert again.mail != row.mail


def test_a_reason_that_changes_is_written_over(clock: time_machine.Traveller) -> None:
    importer = ImporterFactory.create(contact_email="")
    at(clock, AT)
    assert ledger(importer) == {"T-14": "no_email"}
    ImporterOfRecord.objects.update(contact_email="mette@nordlys.example", paused_until=date(2027, 4, 30))
    at(clock, AT + timedelta(minutes=5))
    assert ledger(importer) == {"T-14": "paused"}


def test_nothing_is_written_about_whom_nothing_is_new(clock: time_machine.Traveller) -> None:
    ImporterFactory.create(contact_email="")
    at(clock, AT)
    [before] = Notification.objects.values_list("mail", flat=True)
    at(clock, AT + timedelta(minutes=5))
    assert list(Notification.objects.values_list("mail", flat=True)) == [before]


# --- letting in -----------------------------------------------------------------------------------------------------


def test_importers_nobody_invited_are_let_in_with_the_reminder() -> None:
    importers = ImporterFactory.create_batch(3)
    reminders.schedule_due(AT)
    for importer in importers:
        importer.refresh_from_db()
        assert importer.invited_at is not None
        assert ImporterAccess.objects.get(importer=importer).user.email == importer.contact_email


def test_who_may_not_sign_in_at_all_is_not_let_in_either() -> None:
    importer = ImporterFactory.create()
    user = User.objects.for_email(importer.contact_email)
    user.is_active = False
    user.save()
    assert reminders.schedule_due(AT).skipped == {"no_access": 1}
    assert ledger(importer) == {"T-14": "no_access"}
    assert not ImporterAccess.objects.exists()


def test_one_importer_without_a_projection_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    broken = ImporterFactory.create()
    ImporterFactory.create()
    broken.readiness.delete()
    schedule = reminders.schedule_due(AT)
    assert (len(schedule.due), schedule.skipped) == (1, {"not_computed": 1})
    assert str(broken.uuid) in caplog.text


# --- how much it costs ----------------------------------------------------------------------------------------------


def queries(importers: int) -> int:
    missing = importers - ImporterOfRecord.objects.count()
    refresh([importer.pk for importer in ImporterFactory.create_batch(missing)])
    with (
        CaptureQueriesContext(
            connection,
        ) as found,
        transaction.atomic(),
    ):
        assert len(reminders.schedule_due(AT).due) == importers
        transaction.set_rollback(True)
    return len(found)


def test_queries_grow_with_the_batches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "BATCH", 10)
    one, one_full, two, three = queries(3), queries(10), queries(20), queries(30)
    assert one_full == one
    assert three - two == two - one > 0


def test_every_reason_has_words_for_staff() -> None:
    assert set(WHY_NOT) == set(WHY_NONE) == set(SKIP_REASONS)
    assert set(WHY_SKIPPED) == {*reminders.ON_RECORD, "collapsed"}


@pytest.mark.parametrize("time_zone", ["Copenhagen", "Europe/Nowhere", "../etc"])
def test_a_time_zone_that_is_none_stops_nobody_s_reminder(
    clock: time_machine.Traveller, campaign: Campaign, time_zone: str
) -> None:
    ImporterFactory.create_batch(2)
    ImporterFactory.create(time_zone=time_zone)
    ImporterFactory.create(country="RU")  # where the country does not tell it, the campaign's counts
    Campaign.objects.filter(pk=campaign.pk).update(time_zone=time_zone)
    assert Campaign.objects.shown() == campaign
    assert len(at(clock, AT).due) == 4
