"""Sends one Notification. The row is the truth; the task is only a doorbell and may ring twice or never."""

import logging
import random
import smtplib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from kombu.exceptions import OperationalError

from importers.domain.links import without_tokens
from importers.letters import Letter, message, write
from importers.models import MailKind, MailState, Notification

log = logging.getLogger(__name__)

TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


def ring(pks: Iterable[int]) -> None:
    """Tells the workers that these rows wait. When the broker is away nothing is lost: the sweep finds them."""
    try:
        for pk in pks:
            deliver.apply_async(args=[pk], retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("No doorbell for mails (%s); the sweep will find them.", type(error).__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """`permanent`: trying again cannot help."""

    answer: str
    permanent: bool


@shared_task(name="importers.delivery.deliver")
def deliver(pk: int) -> str:
    """Claims the row, writes the mail, hands it over, notes the outcome; returns the row's new state.

    Whatever goes wrong with one row ends in that row, so that it never stops the queue."""
    claim = Notification.objects.claim(pk, timezone.now())
    if claim is None:
        return "not mine"
    row = Notification.objects.select_related("importer", "campaign", "question").get(pk=pk)
    try:
        letter = write(row)
        message(row, letter).send()
    except Exception as error:
        failure = explain(error)
        log.log(logging.ERROR if failure.permanent else logging.WARNING, "Mail %s: %s", row.uuid, failure.answer)
        return _note_failure(row, claim, failure)
    return _note_sent(row, claim, letter)


def explain(error: Exception) -> Failure:
    """What went wrong, and whether another try can help. No: the server refuses this recipient or this text for good
    (5xx, RFC 5321), or the mistake is our own. Yes: all that concerns every mail alike, like a wrong password, a
    refused sender, a lost connection, a database that is away, or a time limit."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return Failure(_plain(code, text), permanent=code >= 500)
    if isinstance(error, smtplib.SMTPResponseException):
        about_this_mail = isinstance(error, smtplib.SMTPDataError)
        return Failure(_plain(error.smtp_code, error.smtp_error), about_this_mail and error.smtp_code >= 500)
    passing = isinstance(error, OSError | DatabaseError | SoftTimeLimitExceeded)  # smtplib's others are OSErrors
    return Failure(f"{type(error).__name__}: {error}"[:500], permanent=not passing)


def _plain(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {words}"[:500]


def _note_sent(row: Notification, claim: uuid.UUID, letter: Letter) -> str:
    kept = settings.MAILS_KEPT
    return _finish(
        row,
        claim,
        state=MailState.SENT,
        sent_at=timezone.now(),
        subject=letter.subject,
        text=letter.text if kept else without_secrets(row.kind, letter.text),
        html=letter.html if kept else without_secrets(row.kind, letter.html),
        answer="kept here, not sent" if kept else "accepted",
    )


def without_secrets(kind: str, text: str) -> str:
    """What may stay in the database: no sign-in code, no link that still works."""
    return "" if kind == MailKind.ACCOUNT else without_tokens(text)


def _note_failure(row: Notification, claim: uuid.UUID, failure: Failure) -> str:
    if failure.permanent or row.attempts >= TRIES:
        text = without_secrets(row.kind, row.text)
        return _finish(row, claim, state=MailState.FAILED, answer=failure.answer, text=text)
    pause = min(FIRST_PAUSE * 2 ** (row.attempts - 1), LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311
    return _finish(row, claim, state=MailState.PENDING, answer=failure.answer, not_before=timezone.now() + pause)


def _finish(row: Notification, claim: uuid.UUID, **outcome: object) -> str:
    """Only the holder of the claim writes the outcome: a worker whose lease ran out has lost its say."""
    mine = Notification.objects.filter(pk=row.pk, claim=claim)
    mine.update(claim=None, claimed_at=None, **outcome)
    return str(outcome["state"])
