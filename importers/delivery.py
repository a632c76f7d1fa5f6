"""Sends mails. The rows are the truth; the tasks are only doorbells and may ring twice or never.

Rows with the same `mail` go to one person in one message and are claimed together."""

import logging
import random
import smtplib
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pghistory
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from importers.domain.bounces import is_gone
from importers.domain.links import without_tokens
from importers.domain.text import one_line
from importers.letters import Letter, message, write
from importers.models import Errand, ErrandKind, MailAttempt, Mailbox, MailKind, MailState, Notification, Pace, User
from importers.models.pace import EVERYBODY
from importers.postbox import postbox

log = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(hours=1)
LONGEST_ANSWER = 500
FEW = 20  # up to so many mails are rung for one by one
DRAINS = 4  # at most so many workers at a time empty the outbox
DRAIN_SECONDS = 10  # whoever stops the worker waits for its end
HEARD_WITHIN = 60  # seconds; who rings again each minute needs no answer to an older ring
TROUBLE = 3  # so many mails in a row that the server did not answer for, and the drain leaves the rest for later
RETRY_SECONDS = 0.2
LOOK_FOR_CODES = 1.0  # seconds


def lease() -> timedelta:
    return timedelta(seconds=settings.MAIL_LEASE)


def ring(pks: Collection[int]) -> None:
    """Tells the workers that these rows wait. When the broker is away nothing is lost: the sweep finds them."""
    try:
        if len(pks) > FEW:
            for _ in range(DRAINS):
                _ring_for_a_drain()
            return
        for pk in pks:
            deliver.apply_async(args=[pk], retry=False, ignore_result=True, expires=HEARD_WITHIN)
    except (BrokerError, OSError) as error:
        _log_silence(error)


def ring_again() -> None:
    """For one drain more."""
    try:
        _ring_for_a_drain()
    except (BrokerError, OSError) as error:
        _log_silence(error)


def _ring_for_a_drain() -> None:
    drain.apply_async(retry=False, ignore_result=True, expires=HEARD_WITHIN)


def _log_silence(error: Exception) -> None:
    log.warning("No doorbell for mails (%s); the sweep will find them.", type(error).__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """`permanent`: trying again cannot help. `of_the_server`: it would have met any other mail too."""

    answer: str
    permanent: bool
    of_the_server: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """One mail that nobody else will send while it is held."""

    token: UUID
    begun: float  # of the monotonic clock

    @classmethod
    def of(cls, token: UUID) -> "Claim":
        return cls(token, time.monotonic())

    @property
    def is_safe(self) -> bool:
        """Enough of the lease is left to hand the mail over in."""
        return self._age < settings.MAIL_LEASE / 2

    @property
    def is_held(self) -> bool:
        """Nobody may take the mail yet, so its outcome is still this worker's to note."""
        return self._age < settings.MAIL_LEASE

    @property
    def _age(self) -> float:
        return time.monotonic() - self.begun


@shared_task(name="importers.delivery.deliver")
def deliver(pk: int) -> str:
    """Sends the mail that this row is of; returns what became of it."""
    row = Notification.objects.filter(pk=pk, state=MailState.PENDING).first()
    if row is None or not _reaches_the_server():
        return "not mine"
    now = timezone.now()
    with transaction.atomic():
        token = Notification.objects.claim(row.mail, now)
        if token is not None and not _within_limits(row.kind, row.to_email, now):
            transaction.set_rollback(True)
            return "waits"
    return _send(Claim.of(token))[0] if token else "not mine"


@shared_task(name="importers.delivery.drain")
def drain() -> int:
    """Sends what waits, one mail after the other, for some seconds; returns how many mails it dealt with. If there is
    more it rings for the next drain, so that other jobs have their turn."""
    run = Run()
    if not _reaches_the_server():
        return 0
    while (claim := run.next()) is not None:
        run.note(_send(claim)[1])
        if run.is_over:
            if run.in_trouble < TROUBLE:
                ring_again()
            break
    return run.mails


@dataclass(slots=True)
class Run:
    """`full`: domains that have had what they get in this minute. `busy`: mails that somebody else is at."""

    ends: float = field(default_factory=lambda: time.monotonic() + DRAIN_SECONDS)
    mails: int = 0
    in_trouble: int = 0
    full: set[str] = field(default_factory=set)
    busy: set[UUID] = field(default_factory=set)
    minute: datetime | None = None
    looked_for_codes: float = 0.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends or self.in_trouble >= TROUBLE

    def note(self, failure: Failure | None) -> None:
        self.mails += 1
        self.in_trouble = self.in_trouble + 1 if failure and failure.of_the_server else 0

    def next(self) -> Claim | None:
        """None when nothing is left that may go now."""
        while not self.is_over:
            now = timezone.now()
            minute = now.replace(second=0, microsecond=0)
            if minute != self.minute:
                self.minute, self.full = minute, set()
            try:
                token, more = self._claim(now)
            except DatabaseError as error:
                log.warning("The outbox cannot be read (%s); the sweep will ring again.", type(error).__name__)
                connection.close_if_unusable_or_obsolete()
                return None
            if token is not None:
                return Claim.of(token)
            if not more:
                return None
        return None

    def _claim(self, now: datetime) -> tuple[UUID | None, bool]:
        """The claim, and whether to look for another one when there is none."""
        found = None
        try:
            with transaction.atomic():
                found = self._first(now)
                if found is None:
                    return None, False
                mail, kind, to_email = found
                token = Notification.objects.claim(mail, now, wait=False)
                if token is None or _within_limits(kind, to_email, now):
                    return token, True
                transaction.set_rollback(True)
        except OperationalError:
            if found is None:
                raise
            self.busy.add(found[0])  # another worker holds a row of it
            return None, True
        self.full.add(_domain(to_email))
        return None, not _is_full(EVERYBODY, settings.MAILS_A_MINUTE, now)

    def _first(self, now: datetime) -> tuple[UUID, str, str] | None:
        """Codes first: somebody sits and waits for them. Once a second is often enough to look."""
        waiting = Notification.objects.waiting(now).exclude(mail__in=self.busy).select_for_update(skip_locked=True)
        columns = ("mail", "kind", "to_email")
        if time.monotonic() - self.looked_for_codes > LOOK_FOR_CODES:
            codes = waiting.filter(kind=MailKind.ACCOUNT).order_by("not_before")
            if (code := codes.values_list(*columns).first()) is not None:
                return code
            self.looked_for_codes = time.monotonic()
        for domain in self.full:
            waiting = waiting.exclude(to_email__iendswith=f"@{domain}")
        return waiting.order_by("not_before", "pk").values_list(*columns).first()


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


def _within_limits(kind: str, to_email: str, now: datetime) -> bool:
    """Counts this mail. A code counts too, and goes in any case."""
    limits = ((_domain(to_email), settings.MAILS_A_MINUTE_PER_DOMAIN), (EVERYBODY, settings.MAILS_A_MINUTE))
    room = [Pace.objects.take(key, limit, now) for key, limit in limits if limit]
    return all(room) or kind == MailKind.ACCOUNT


def _is_full(key: str, limit: int, now: datetime) -> bool:
    minute = now.replace(second=0, microsecond=0)
    return bool(limit) and Pace.objects.filter(key=key, minute=minute, mails__gte=limit).exists()


def _reaches_the_server() -> bool:
    """Asked before anything is claimed: while the mail server is away no mail uses up its tries."""
    try:
        postbox.connect()
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("The mail server cannot be used: %s", explain(error).answer)
        return False
    return True


def _send(claim: Claim) -> tuple[str, Failure | None]:
    """Writes the mail, hands it over, notes the outcome; returns the rows' new state, and the failure if it is one.

    Whatever goes wrong with one mail ends in its rows, so that it never stops the queue."""
    rows: list[Notification] = []
    try:
        rows = list(_claimed(claim).select_related("importer", "campaign", "question").order_by("pk"))
        letter = write(rows)
        sent = message(rows[0], letter)
        postbox.connect()
        if not claim.is_safe:
            raise TimeoutError("it took too long to write")
        postbox.send(sent)
    except Exception as error:
        failure = explain(error)
        log.log(logging.ERROR if failure.permanent else logging.WARNING, "Mail %s: %s", claim.token, failure.answer)
        return _noted(claim, lambda: _note_failure(claim, rows, failure)), failure
    return _noted(claim, lambda: _note_sent(claim, rows, letter)), None


def explain(error: Exception) -> Failure:
    """What went wrong, and whether another try can help. No: the server refuses this recipient or this text for good
    (5xx, RFC 5321), or the mistake is our own. Yes: all that concerns every mail alike, like a wrong password, a
    refused sender, a lost connection, a database that is away, or a time limit."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return Failure(_plain(code, text), permanent=code >= 500)
    if isinstance(error, smtplib.SMTPResponseException):
        about_this_mail = isinstance(error, smtplib.SMTPDataError)
        permanent = about_this_mail and error.smtp_code >= 500
        return Failure(_plain(error.smtp_code, error.smtp_error), permanent, of_the_server=not about_this_mail)
    passing = isinstance(error, OSError | DatabaseError | InterfaceError | SoftTimeLimitExceeded)
    return Failure(_line(f"{type(error).__name__}: {error}"), permanent=not passing, of_the_server=passing)


def _plain(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return _line(f"{code} {words}")


def _line(words: str) -> str:
    """Whatever a server answers can be kept: no NUL, no control characters."""
    return one_line(words[:LONGEST_ANSWER])[:LONGEST_ANSWER]


def without_secrets(kind: str, text: str) -> str:
    """What may stay in the database: no sign-in code, no link that still works."""
    return "" if kind == MailKind.ACCOUNT else without_tokens(text)


def _noted(claim: Claim, note: Callable[[], str]) -> str:
    """The server has answered already: a database that is away for a moment must not make the mail go out again."""
    while True:
        try:
            with transaction.atomic():
                return note()
        except (OperationalError, InterfaceError) as error:
            if not claim.is_held:
                raise
            log.warning("The outcome of a mail cannot be noted yet: %s", type(error).__name__)
            connection.close_if_unusable_or_obsolete()
            time.sleep(RETRY_SECONDS)


def _note_sent(claim: Claim, rows: list[Notification], letter: Letter) -> str:
    kept, kind = settings.MAILS_KEPT, rows[0].kind
    return _finish(
        claim,
        state=MailState.SENT,
        sent_at=timezone.now(),
        subject=letter.subject,
        text=letter.text if kept else without_secrets(kind, letter.text),
        html=letter.html if kept else without_secrets(kind, letter.html),
        answer="kept here, not sent" if kept else "accepted",
    )


def _note_failure(claim: Claim, rows: list[Notification], failure: Failure) -> str:
    tries = max((row.attempts for row in rows), default=1)
    now = timezone.now()
    if failure.permanent or tries >= settings.MAIL_TRIES:
        tell_of_failure(rows, failure.answer, now)
        return _finish(claim, state=MailState.FAILED, answer=failure.answer, **_emptied(rows))
    first = timedelta(seconds=settings.MAIL_FIRST_PAUSE)
    pause = min(first * 2 ** (tries - 1), LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311
    return _finish(claim, state=MailState.PENDING, answer=failure.answer, not_before=now + pause)


def _emptied(rows: list[Notification]) -> dict[str, str]:
    """Of a code nothing stays."""
    return {"text": "", "html": ""} if any(row.kind == MailKind.ACCOUNT for row in rows) else {}


def tell_of_failure(rows: Collection[Notification], answer: str, now: datetime) -> None:
    """Of mails that will never arrive; of a mailbox that is no more also that nothing else will."""
    importers = [row.importer_id for row in rows if row.importer_id]
    email = next((row.to_email for row in rows), "")
    gone = bool(email) and is_gone(answer)
    kind = ErrandKind.DEAD_MAILBOX if gone else ErrandKind.MAIL_REFUSED
    system = User.objects.system()
    with pghistory.context(by=system.pk, who=str(system), action="note what became of a mail"):
        if gone:
            Mailbox.objects.note_dead(email, answer, now)
        Errand.objects.open_for(importers, kind, f"{email}: {answer}", now)


def _claimed(claim: Claim) -> Any:
    return Notification.objects.filter(claim=claim.token)


def _finish(claim: Claim, **outcome: Any) -> str:
    """Only the holder of the claim writes the outcome: a worker whose lease ran out has lost its say. What the server
    answered stands with the attempt in any case."""
    MailAttempt.objects.filter(claim=claim.token).update(ended_at=timezone.now(), answer=outcome["answer"])
    _claimed(claim).update(claim=None, claimed_at=None, **outcome)
    return str(outcome["state"])
