import smtplib
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError
from django.utils import timezone

from importers import delivery
from importers.models import Campaign, ImporterAccess, ImporterOfRecord, MailKind, MailState, Notification
from importers.services import outbox
from importers.services.details import edit_details
from importers.services.invitations import revoke
from tests import walkthrough
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 4, 7, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def mails_are_sent(settings: Any) -> None:
    """Through the test backend, as if a mail server were set."""
    settings.MAILS_KEPT = False


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    heard: list[int] = []
    monkeypatch.setattr(outbox, "ring", heard.extend)
    return heard


def fresh(row: Notification) -> Notification:
    return Notification.objects.get(pk=row.pk)


def reminder(importer: ImporterOfRecord | None = None, **fields: Any) -> Notification:
    importer = importer or AccessFactory().importer
    return NotificationFactory(
        kind=MailKind.REMINDER, importer=importer, campaign=CampaignFactory(), slot="T-14", **fields
    )


def test_one_mail_goes_out_and_the_row_keeps_what_was_sent() -> None:
    row = NotificationFactory()
    assert delivery.deliver(row.pk) == "sent"
    (message,) = mail.outbox
    assert message.to == [row.to_email]
    assert message.extra_headers["Message-ID"] == row.message_id
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    done = fresh(row)
    assert (done.subject, done.attempts) == (message.subject, 1)
    assert done.sent_at is not None


def test_ringing_again_sends_nothing_more() -> None:
    row = NotificationFactory()
    assert [delivery.deliver(row.pk), delivery.deliver(row.pk)] == ["sent", "not mine"]
    assert len(mail.outbox) == 1


def test_the_stored_text_holds_no_link_that_works(settings: Any) -> None:
    row = NotificationFactory()
    delivery.deliver(row.pk)
    (message,) = mail.outbox
    assert "/start/" in message.body
    assert "/start/…" in fresh(row).text
    token = message.body.partition("/start/")[2].partition("/")[0]
    assert token not in fresh(row).text + fresh(row).html


def test_where_mails_are_kept_they_are_kept_whole(settings: Any) -> None:
    settings.MAILS_KEPT = True
    row = NotificationFactory()
    delivery.deliver(row.pk)
    assert "/start/…" not in fresh(row).text
    assert fresh(row).answer == "kept here, not sent"


def test_a_code_is_taken_out_once_it_is_sent() -> None:
    row = NotificationFactory(kind=MailKind.ACCOUNT, importer=None, subject="Code", text="ABC123")
    delivery.deliver(row.pk)
    assert mail.outbox[0].body.strip() == "ABC123"
    assert fresh(row).text == ""


def test_a_reminder_is_not_sent_when_all_was_done_meanwhile() -> None:
    importer = ImporterFactory()
    walkthrough.declared(importer, StaffFactory(), walkthrough.Route.OWN_ACCOUNT)
    row = reminder(importer)
    assert delivery.deliver(row.pk) == "not mine"
    assert mail.outbox == []


class Refusing(EmailMultiAlternatives):
    """A mail server that says no."""

    error: Exception

    def send(self, fail_silently: bool = False) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"no such user")}), "failed", "550 no such user"),
        (smtplib.SMTPRecipientsRefused({"a@b.example": (451, b"try later")}), "pending", "451 try later"),
        (smtplib.SMTPDataError(554, b"spam"), "failed", "554 spam"),
        (smtplib.SMTPDataError(452, b"full"), "pending", "452 full"),
        (smtplib.SMTPServerDisconnected("gone"), "pending", "gone"),
        (TimeoutError("timed out"), "pending", "timed out"),
        (ConnectionRefusedError(111, "refused"), "pending", "refused"),
        (smtplib.SMTPAuthenticationError(535, b"wrong password"), "pending", "535 wrong password"),
        (smtplib.SMTPSenderRefused(550, b"not you", "a@b.example"), "pending", "550 not you"),
        (OperationalError("the database is away"), "pending", "the database is away"),
        (SoftTimeLimitExceeded(), "pending", "SoftTimeLimitExceeded"),
        (ValueError("a mistake of ours"), "failed", "a mistake of ours"),
    ],
)
def test_what_the_server_answers_decides(
    monkeypatch: pytest.MonkeyPatch, error: Exception, state: str, words: str
) -> None:
    row = NotificationFactory()
    message = Refusing()
    message.error = error
    monkeypatch.setattr(delivery, "message", lambda row, letter: message)
    before = timezone.now()
    assert delivery.deliver(row.pk) == state
    after = fresh(row)
    assert words in after.answer
    assert (after.claim, after.sent_at) == (None, None)
    assert (after.not_before > before + timedelta(seconds=45)) == (state == "pending")


def test_trying_again_ends_and_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    row = NotificationFactory()
    message = Refusing()
    message.error = TimeoutError("timed out")
    monkeypatch.setattr(delivery, "message", lambda row, letter: message)
    pauses, states = [], []
    for _ in range(settings.MAIL_TRIES):
        Notification.objects.filter(pk=row.pk).update(not_before=timezone.now())
        states.append(delivery.deliver(row.pk))
        pauses.append((fresh(row).not_before - timezone.now()).total_seconds())
    assert states == ["pending"] * (settings.MAIL_TRIES - 1) + ["failed"]
    assert pauses[0] < 75
    assert pauses[3] > 300
    assert max(pauses) <= 3600 * 1.2


def test_a_worker_that_lost_its_lease_has_no_say_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    row = NotificationFactory()
    write = delivery.write

    def slow(claimed: list[Notification]) -> Any:
        Notification.objects.filter(pk=row.pk).update(state=MailState.PENDING, claim=None, claimed_at=None)
        return write(claimed)

    monkeypatch.setattr(delivery, "write", slow)
    delivery.deliver(row.pk)
    assert fresh(row).state == MailState.PENDING


@pytest.mark.parametrize(("passed", "is_noted"), [(0.6, True), (1.1, False)])
def test_while_the_lease_lasts_what_the_server_answered_is_noted_when_the_database_is_back(
    settings: Any, passed: float, is_noted: bool
) -> None:
    claim = delivery.Claim(uuid4(), time.monotonic() - settings.MAIL_LEASE * passed)
    away = [OperationalError("the database is away")]

    def note() -> str:
        if away:
            raise away.pop()
        return "sent"

    with nullcontext() if is_noted else pytest.raises(OperationalError):
        assert delivery._noted(claim, note) == "sent"


def test_a_silent_broker_loses_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def away(**kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(delivery.deliver, "apply_async", away)
    row = NotificationFactory()
    delivery.ring([row.pk])
    assert "the sweep will find them" in caplog.text
    assert fresh(row).state == MailState.PENDING


def test_the_sweep_rings_for_what_waits_and_frees_what_a_dead_worker_held(rung: list[int]) -> None:
    waiting = NotificationFactory(not_before=NOW - timedelta(minutes=1))
    later = NotificationFactory(not_before=NOW + timedelta(minutes=1))
    held = NotificationFactory(not_before=NOW - timedelta(hours=1))
    working = NotificationFactory(not_before=NOW - timedelta(hours=1))
    second = timedelta(seconds=1)
    for row, since in ((held, delivery.lease() + second), (working, delivery.lease() - second)):
        Notification.objects.claim(row.mail, NOW - since)
    swept = outbox.sweep(NOW)
    assert (swept.freed, swept.waiting) == (1, 2)
    assert set(rung) == {waiting.pk, held.pk}
    assert fresh(later).state == MailState.PENDING
    assert fresh(working).state == MailState.SENDING


def test_a_row_that_kills_its_worker_each_time_ends_as_failed(rung: list[int], settings: Any) -> None:
    row = NotificationFactory()
    since = timezone.now()
    for _ in range(settings.MAIL_TRIES):
        assert Notification.objects.claim(row.mail, since)
        since += delivery.lease() * 2
        outbox.sweep(since)
    assert fresh(row).state == MailState.FAILED


def test_a_company_with_a_very_long_name_gets_its_mail_once() -> None:
    row = NotificationFactory(importer=ImporterFactory(name="Nordlys " * 24), language="da")
    assert delivery.deliver(row.pk) == "sent"
    assert len(fresh(row).subject) <= 250


def _pause(row: Notification) -> None:
    ImporterOfRecord.objects.update(paused_until=timezone.localdate())


def _replace_campaign(row: Notification) -> None:
    Campaign.objects.filter(pk=row.campaign_id).update(superseded_by=CampaignFactory())


def _take_access_away(row: Notification) -> None:
    revoke(ImporterAccess.objects.get(importer=row.importer), by=StaffFactory())


def _change_the_contact(row: Notification) -> None:
    assert row.importer
    edit_details(row.importer, by=StaffFactory(), contact_email="new@nordlys.example")


@pytest.mark.parametrize("meanwhile", [_pause, _replace_campaign, _take_access_away, _change_the_contact])
def test_a_waiting_reminder_is_looked_at_again_before_it_goes_out(meanwhile: Callable[[Notification], None]) -> None:
    row = reminder()
    meanwhile(row)
    assert delivery.deliver(row.pk) == "not mine"
    assert fresh(row).state == MailState.DROPPED


def test_the_sweep_drops_codes_that_ran_out(rung: list[int]) -> None:
    code = NotificationFactory(
        kind=MailKind.ACCOUNT, importer=None, text="ABC123", not_before=NOW, expires_at=NOW - timedelta(seconds=1)
    )
    good = NotificationFactory(
        kind=MailKind.ACCOUNT, importer=None, text="DEF456", not_before=NOW, expires_at=NOW + timedelta(seconds=1)
    )
    assert outbox.sweep(NOW).dropped == 1
    assert (fresh(code).state, fresh(code).text) == (MailState.DROPPED, "")
    assert fresh(code).answer == "ran out before it could be sent"
    assert rung == [good.pk]


def test_a_mail_is_posted_with_its_deed_or_not_at_all(django_capture_on_commit_callbacks: Any, rung: list[int]) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = outbox.post(MailKind.ACCOUNT, to_email="a@b.example", language="en", subject="s", text="t")
        assert rung == []
    assert rung == [row.pk]
