"""Delivery against a real mail server: what it says, and that each mail ends in its rows."""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from importers import delivery
from importers.models import (
    Errand,
    ErrandKind,
    ImporterOfRecord,
    MailAttempt,
    Mailbox,
    MailKind,
    MailState,
    Notification,
    Pace,
    User,
)
from importers.models.notification import taking
from importers.postbox import postbox
from importers.services import outbox
from tests.factories import AccessFactory, CampaignFactory, NotificationFactory
from tests.smtp import DROP, HANG, Counting, Server, serving

pytestmark = pytest.mark.django_db

GONE = "550 5.1.1 no such user here"
LATER = "451 4.3.2 come back later"


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    server = Server()
    with serving(server):
        use(server, settings)
        yield server
        postbox.close()


@pytest.fixture(autouse=True)
def nobody_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "ring_again", lambda: None)
    monkeypatch.setattr(outbox, "ring", lambda pks: None)


def use(server: Server, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 2
    settings.MAILS_KEPT = False


def mails(count: int, **fields: Any) -> list[Notification]:
    return [NotificationFactory.create(to_email=f"person{n}@nordlys.example", **fields) for n in range(count)]


def to(*rows: Notification) -> list[str]:
    return [row.to_email for row in rows]


def fresh(row: Notification) -> Notification:
    return Notification.objects.get(pk=row.pk)


def states(*rows: Notification) -> list[str]:
    return [fresh(row).state for row in rows]


def try_again_now() -> None:
    Notification.objects.filter(state=MailState.PENDING).update(not_before=timezone.now())


def group(*emails_of: ImporterOfRecord, email: str = "mette@nordlys.example") -> list[Notification]:
    """One mail about these importers, to one person."""
    campaign, rows = CampaignFactory.create(), []
    for importer in emails_of:
        row = NotificationFactory.create(
            kind=MailKind.REMINDER, importer=importer, campaign=campaign, slot="T-14", to_email=email
        )
        rows.append(row)
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mail=rows[0].mail)
    return rows


def importer(email: str = "mette@nordlys.example") -> ImporterOfRecord:
    return AccessFactory.create(importer__contact_email=email).importer


def test_a_drain_sends_all_that_waits_in_the_order_of_their_time_over_one_connection(server: Server) -> None:
    rows = mails(5)
    Notification.objects.filter(pk=rows[4].pk).update(not_before=timezone.now() - timedelta(hours=1))
    later = NotificationFactory.create(not_before=timezone.now() + timedelta(minutes=5))
    assert delivery.drain() == 5
    assert server.recipients == to(rows[4], *rows[:4])
    assert server.connections == 1
    assert states(*rows, later) == ["sent"] * 5 + ["pending"]


def test_codes_go_first(server: Server) -> None:
    waiting, code = mails(1)[0], NotificationFactory.create(kind=MailKind.ACCOUNT, importer=None, text="ABC")
    delivery.drain()
    assert server.recipients == to(code, waiting)


def test_each_try_is_on_record_with_what_the_server_said(server: Server) -> None:
    (row,) = mails(1)
    server.data[row.to_email] = [LATER]
    delivery.drain()
    try_again_now()
    delivery.drain()
    first, second = MailAttempt.objects.filter(mail=row.mail)
    assert (first.answer, second.answer) == (LATER, "accepted")
    assert None not in (first.ended_at, second.ended_at)
    assert states(row) == ["sent"]
    assert [message["Message-ID"] for message in server.messages] == [row.message_id]


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_passing_refusal_makes_the_mail_wait_and_no_other(server: Server, where: str) -> None:
    refused, good = mails(2)
    getattr(server, where)[refused.to_email] = [LATER]
    delivery.drain()
    assert states(refused, good) == ["pending", "sent"]
    assert fresh(refused).not_before > timezone.now() + timedelta(seconds=40)
    assert server.connections == 1
    assert not Errand.objects.exists()


def test_a_mailbox_that_is_not_there_is_marked_dead_and_staff_are_told(server: Server) -> None:
    refused, good = mails(2)
    server.rcpt[refused.to_email] = [GONE]
    delivery.drain()
    assert states(refused, good) == ["failed", "sent"]
    mailbox = Mailbox.objects.get()
    assert (mailbox.email, mailbox.dead_because) == (refused.to_email, GONE)
    errand = Errand.objects.get()
    assert (errand.importer, errand.kind) == (refused.importer, ErrandKind.DEAD_MAILBOX)
    assert GONE in errand.why


def test_what_a_server_answers_is_kept_without_control_characters(server: Server) -> None:
    waits, failed, good = mails(3)
    server.rcpt[waits.to_email] = ["451 go \x00 away \x1b[2J"]
    server.rcpt[failed.to_email] = ["550 5.1.1 no \x00 such user"]
    assert delivery.drain() == 3
    assert states(waits, failed, good) == ["pending", "failed", "sent"]
    assert fresh(waits).answer == "451 go away [2J"
    assert Mailbox.objects.get().dead_because == "550 5.1.1 no such user"


@pytest.mark.parametrize("error", [ValueError("go \x00 away\ud800"), OSError("go \x00 away\x1b" + "x" * 50_000)])
def test_what_an_error_says_is_kept_without_control_characters(error: Exception) -> None:
    answer = delivery.explain(error).answer
    assert answer.isprintable()
    assert len(answer) <= delivery.LONGEST_ANSWER


def test_the_history_says_who_noted_that_a_mail_failed(server: Server) -> None:
    (refused,) = mails(1)
    server.rcpt[refused.to_email] = [GONE]
    delivery.drain()
    for row in (Mailbox.objects.get(), Errand.objects.get()):
        for event in row.history.all():  # type: ignore[attr-defined]
            said = event.pgh_context
            assert (said["who"], said["action"]) == (str(User.objects.system()), "note what became of a mail")


def test_a_text_that_is_refused_for_good_is_for_staff_to_look_at(server: Server) -> None:
    refused, good = mails(2)
    server.data[refused.to_email] = ["554 5.7.1 looks like spam"]
    delivery.drain()
    assert states(refused, good) == ["failed", "sent"]
    assert Errand.objects.get().kind == ErrandKind.MAIL_REFUSED
    assert not Mailbox.objects.exists()


def test_a_mail_that_fails_too_often_is_for_staff_to_look_at(server: Server, settings: Any) -> None:
    settings.MAIL_TRIES = 2
    (row,) = mails(1)
    server.data[row.to_email] = [LATER] * 2
    for _ in range(2):
        try_again_now()
        delivery.drain()
    assert states(row) == ["failed"]
    assert Errand.objects.get().kind == ErrandKind.MAIL_REFUSED
    assert MailAttempt.objects.count() == 2


def test_a_server_that_hangs_costs_one_mail_its_turn(server: Server, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 1
    hanging, good = mails(2)
    server.data[hanging.to_email] = [HANG]
    begin = time.monotonic()
    delivery.drain()
    assert time.monotonic() - begin < 5
    assert states(hanging, good) == ["pending", "sent"]
    assert "timed out" in fresh(hanging).answer.lower()
    assert server.connections == 2


def test_a_connection_dropped_after_the_text_is_a_try_on_record_and_the_next_one_is_another(server: Server) -> None:
    dropped, good = mails(2)
    server.data[dropped.to_email] = [DROP]
    delivery.drain()
    assert states(dropped, good) == ["pending", "sent"]
    assert MailAttempt.objects.filter(mail=dropped.mail).count() == 1
    assert server.asked[dropped.to_email] == 1
    try_again_now()
    delivery.drain()
    assert states(dropped) == ["sent"]
    assert MailAttempt.objects.filter(mail=dropped.mail).count() == 2


def test_a_connection_lost_between_mails_is_opened_again_and_costs_no_try(settings: Any) -> None:
    server = Server()
    with serving(server) as controller:
        use(server, settings)
        first, second = mails(2)
        delivery.deliver(first.pk)
        hang_up(server, controller)
        delivery.deliver(second.pk)
        postbox.close()
    assert states(first, second) == ["sent", "sent"]
    assert fresh(second).attempts == 1
    assert server.connections == 2


def hang_up(server: Server, controller: Counting) -> None:
    server.hang_up_on_everybody(controller)
    time.sleep(0.1)


def test_a_connection_is_closed_after_so_many_mails(server: Server, settings: Any) -> None:
    settings.MAILS_A_CONNECTION = 2
    mails(5)
    delivery.drain()
    assert server.connections == 3


def test_an_idle_connection_is_closed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.postbox.IDLE_SECONDS", 0.2)
    (row,) = mails(1)
    delivery.deliver(row.pk)
    deadline = time.monotonic() + 5
    while any(session.transport is not None for session in server.sessions):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_while_the_server_is_away_no_mail_uses_up_its_tries(
    server: Server, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_PORT = 1
    (row,) = mails(1)
    with caplog.at_level(logging.WARNING):
        assert delivery.drain() == 0
    assert delivery.deliver(row.pk) == "not mine"
    assert "cannot be used" in caplog.text
    assert (fresh(row).state, fresh(row).attempts) == ("pending", 0)


def test_a_server_in_trouble_is_left_alone_for_a_while(server: Server) -> None:
    rows = mails(5)
    for row in rows:
        server.data[row.to_email] = [DROP]
    assert delivery.drain() == delivery.TROUBLE
    assert states(*rows) == ["pending"] * 5
    assert [fresh(row).attempts for row in rows] == [1, 1, 1, 0, 0]


def test_a_row_that_cannot_be_written_does_not_stop_the_queue(server: Server) -> None:
    rows = mails(3)
    Notification.objects.filter(pk=rows[0].pk).update(language="en\n", kind=MailKind.NEW_LINK)
    delivery.drain()
    assert states(*rows) == ["failed", "sent", "sent"]
    assert Errand.objects.get().importer == rows[0].importer


def test_a_mail_over_the_limit_waits(server: Server, settings: Any) -> None:
    settings.MAILS_A_MINUTE = 3
    rows = mails(5)
    assert delivery.drain() == 3
    assert states(*rows) == ["sent"] * 3 + ["pending"] * 2
    assert [fresh(row).attempts for row in rows] == [1, 1, 1, 0, 0]
    assert delivery.deliver(rows[4].pk) == "waits"
    Pace.objects.update(minute=timezone.now() - timedelta(minutes=1))
    delivery.drain()
    assert states(*rows) == ["sent"] * 5


def test_a_domain_over_its_limit_waits_and_others_do_not(server: Server, settings: Any) -> None:
    settings.MAILS_A_MINUTE_PER_DOMAIN = 2
    many, other = mails(4), NotificationFactory.create(to_email="lars@Other.example")
    delivery.drain()
    assert states(*many, other) == ["sent", "sent", "pending", "pending", "sent"]
    assert set(Pace.objects.values_list("key", "mails")) == {("nordlys.example", 2), ("other.example", 1)}


def test_a_code_does_not_wait_for_the_limit(server: Server, settings: Any) -> None:
    settings.MAILS_A_MINUTE = 1
    row, code = mails(1)[0], NotificationFactory.create(kind=MailKind.ACCOUNT, importer=None, text="ABC")
    delivery.deliver(row.pk)
    assert delivery.deliver(code.pk) == "sent"


def test_several_importers_of_one_person_are_one_mail(server: Server) -> None:
    rows = group(importer(), importer())
    assert delivery.drain() == 1
    assert server.recipients == ["mette@nordlys.example"]
    assert states(*rows) == ["sent", "sent"]
    assert MailAttempt.objects.count() == 1


def test_of_a_group_what_is_no_longer_wanted_is_dropped_and_the_rest_goes(server: Server) -> None:
    kept, paused = importer(), importer()
    ImporterOfRecord.objects.filter(pk=paused.pk).update(paused_until=timezone.localdate())
    rows = group(kept, paused)
    delivery.drain()
    assert states(*rows) == ["sent", "dropped"]
    assert len(server.messages) == 1


def test_the_whole_group_fails_together(server: Server) -> None:
    rows = group(importer(), importer())
    server.rcpt["mette@nordlys.example"] = [GONE]
    delivery.drain()
    assert states(*rows) == ["failed", "failed"]
    assert Errand.objects.filter(kind=ErrandKind.DEAD_MAILBOX).count() == 2


@pytest.mark.parametrize("known", [{"dead_at": timezone.now(), "dead_because": GONE}, {"opted_out_at": timezone.now()}])
def test_no_reminder_goes_to_a_mailbox_that_is_dead_or_asked_for_none(server: Server, known: dict[str, Any]) -> None:
    rows = group(importer())
    Mailbox.objects.create(email="Mette@Nordlys.example", **known)
    asked_for = NotificationFactory.create(to_email="mette@nordlys.example")
    delivery.drain()
    assert states(*rows, asked_for) == ["dropped", "sent"]


def test_a_dead_workers_mail_is_taken_up_again_once_its_lease_has_run_out(server: Server) -> None:
    rows = group(importer(), importer())
    now = timezone.now()
    assert Notification.objects.claim(rows[0].mail, now)
    delivery.drain()
    assert server.messages == []
    assert outbox.sweep(now + delivery.lease() + timedelta(seconds=1)).freed == 2
    (attempt,) = MailAttempt.objects.all()
    assert (attempt.answer, attempt.ended_at is not None) == ("the worker did not come back", True)
    delivery.drain()
    assert states(*rows) == ["sent", "sent"]
    assert len(server.messages) == 1


@pytest.mark.parametrize(
    "kind", [MailKind.REMINDER, MailKind.RECEIPT, MailKind.ANSWER, MailKind.SHARED, MailKind.ACCOUNT]
)
@pytest.mark.parametrize("moment", ["2027-03-28T00:30", "2027-10-31T22:59", "2028-02-29T00:00", "2027-12-31T23:30"])
def test_the_statement_that_is_made_once_is_the_one_django_would_make(moment: str, kind: MailKind) -> None:
    mail, claim, now = uuid4(), uuid4(), datetime.fromisoformat(f"{moment}+00:00")
    with CaptureQueriesContext(connection) as queries:
        Notification.objects.filter(mail=mail).deliverable(kind, now).update(
            state=MailState.SENDING, claim=claim, claimed_at=now, attempts=F("attempts") + 1
        )
        with connection.cursor() as cursor:
            cursor.execute(*taking(kind, mail, claim, now))
    by_django, ours = (query["sql"] for query in queries)
    assert ours == by_django
