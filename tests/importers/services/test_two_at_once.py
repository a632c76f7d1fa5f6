"""Two connections at the same moment, as two people or two workers are."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pghistory.models import Events

from importers.models import (
    Campaign,
    Delegation,
    Errand,
    ErrandKind,
    ImporterAccess,
    ImporterOfRecord,
    MailKind,
    MailState,
    Notification,
)
from importers.services import reminders, steps
from importers.services.change import change, write_over
from importers.services.digest import send_digests
from importers.services.errands import open_calls
from tests import walkthrough
from tests.factories import (
    AccessFactory,
    CampaignFactory,
    ImporterFactory,
    NotificationFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


def together(*deeds: Callable[[], object]) -> list[object]:
    """Runs each in a thread with a connection of its own, all let go at once; their answers."""
    gate, answers = threading.Barrier(len(deeds)), list[object]()

    def run(deed: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            answers.append(deed())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_of_two_workers_one_gets_the_mail() -> None:
    rows = [NotificationFactory() for _ in range(8)]
    for row in rows:
        now = timezone.now()
        claims = together(*[lambda: Notification.objects.claim(row.mail, now)] * 4)  # noqa: B023 - run before the next
        assert sum(claim is not None for claim in claims) == 1


def test_of_several_schedulers_at_once_one_puts_each_reminder_in() -> None:
    at = datetime(2027, 4, 7, 8, tzinfo=UTC)
    campaign = CampaignFactory(deadline=date(2027, 4, 21))
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    ImporterFactory.create_batch(2, contact_email="mette@nordlys.example")
    ImporterFactory()
    together(*[lambda: reminders.schedule_due(at)] * 4)
    rows = Notification.objects.filter(campaign=campaign, state=MailState.PENDING)
    assert rows.count() == 3
    assert rows.values("mail").distinct().count() == 2
    assert ImporterAccess.objects.count() == 3


def test_a_second_change_waits_for_the_first_and_sees_it() -> None:
    importer, who = ImporterFactory(city="Odense"), UserFactory()
    inside, seen = threading.Event(), list[str]()

    def first() -> None:
        with change(importer, "first", by=who) as row:
            inside.set()
            threading.Event().wait(0.5)  # the second one is at the door now
            row.city = "Aarhus"
            row.save()

    def second() -> None:
        assert inside.wait(10)
        with change(importer, "second", by=who) as row:
            seen.append(row.city)

    together(first, second)
    assert seen == ["Aarhus"]


def test_two_tabs_leave_one_row_of_each_kind() -> None:
    importer, who = ImporterFactory(), UserFactory()

    def name() -> None:
        steps.name_officer(
            importer, by=who, name="Mette", title="Direktør", email="m@x.example", phone="+4570101011", authorised=True
        )

    together(name, name)
    assert importer.accesses.count() == 1
    assert Notification.objects.count() == 1


def test_a_step_sent_twice_at_the_same_moment_is_sent_once() -> None:
    importer = ImporterFactory()
    officer = walkthrough.able_to_send(importer, StaffFactory())
    together(*[lambda: walkthrough.sent(importer, officer)] * 3)
    assert Delegation.objects.count() == 1
    assert Notification.objects.filter(kind=MailKind.DELEGATION).count() == 1


def test_of_two_tabs_that_save_at_once_one_is_asked() -> None:
    importer, who = ImporterFactory(city="Odense"), UserFactory()

    def save(city: str) -> bool:
        def confirm() -> None:
            steps.confirm_company(importer, by=who, city=city)

        return write_over(importer, seen="Odense", read=lambda row: row.city, save=confirm)

    answers = together(lambda: save("Aarhus"), lambda: save("Ribe"))
    assert sorted(answers, key=str) == [False, True]


def test_a_button_pressed_twice_at_once_leaves_one_trace() -> None:
    importer, who = ImporterFactory(city="Odense"), UserFactory()

    def save() -> bool:
        def confirm() -> None:
            steps.confirm_company(importer, by=who, city="Aarhus")

        return write_over(importer, seen="Odense", read=lambda row: row.city, save=confirm)

    assert together(save, save) == [True, True]
    assert Events.objects.tracks(importer).filter(pgh_label="update").count() == 1


def wait_until_somebody_waits() -> None:
    """For a lock that this connection holds."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_who_comes_for_the_first_time_at_that_very_moment_is_not_to_be_called() -> None:
    """The schedule has found them, and waits for the visit to be written down."""
    campaign = CampaignFactory(deadline=timezone.localdate() + timedelta(days=3))
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    access, other = AccessFactory(), AccessFactory()
    ImporterOfRecord.objects.update(created_at=timezone.now() - timedelta(days=9))
    calls = threading.Thread(target=together, args=[lambda: open_calls(timezone.now())])
    with transaction.atomic():
        ImporterOfRecord.objects.select_for_update().get(pk=access.importer.pk)
        calls.start()
        wait_until_somebody_waits()
        steps.note_visit(access.importer, by=access.user)
    calls.join(30)
    assert [errand.importer for errand in Errand.objects.open()] == [other.importer]


def test_of_two_that_write_the_digest_one_does() -> None:
    morning = datetime(2027, 3, 1, 7, 0, tzinfo=UTC)
    for _ in range(3):
        importer = ImporterFactory(assigned_to=StaffFactory())
        Errand.objects.open_for([importer.pk], ErrandKind.OPTED_OUT, "", morning)
    together(*[lambda: send_digests(morning)] * 3)
    assert Notification.objects.filter(kind=MailKind.DIGEST).count() == 3
