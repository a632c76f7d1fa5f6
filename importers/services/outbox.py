"""The outbox: mails are put in with the deed they tell of, and swept when a doorbell was lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from importers.delivery import lease, ring, tell_of_failure
from importers.models import (
    BrokerFirm,
    ImporterOfRecord,
    MailAttempt,
    MailKind,
    MailState,
    Notification,
    Question,
    User,
)

MANY = 1000
LOST = "the worker did not come back"
AGAIN = timedelta(minutes=1)


def post(
    kind: MailKind,
    *,
    to_email: str,
    to_name: str = "",
    language: str,
    importer: ImporterOfRecord | None = None,
    by: User | None = None,
    step: str = "",
    question: Question | None = None,
    why: str = "",
    expires_at: datetime | None = None,
    subject: str = "",
    text: str = "",
    html: str = "",
) -> Notification:
    """Must be called in the transaction of the deed it tells of: no deed, no mail; no mail, no deed."""
    row = Notification.objects.create(
        kind=kind,
        importer=importer,
        to_name=to_name,
        to_email=to_email,
        language=language,
        requested_by=by,
        step=step,
        question=question,
        why=why,
        subject=subject,
        text=text,
        html=html,
        not_before=timezone.now(),
        expires_at=expires_at,
    )
    transaction.on_commit(lambda: ring([row.pk]))
    return row


def is_on_its_way(importer: ImporterOfRecord, kind: MailKind, *, to: User, step: str = "") -> bool:
    """Such a mail was put in within the last minute, so a second press of a button mails nothing more."""
    alike = importer.notifications.filter(kind=kind, step=step, to_email__iexact=to.email)
    just_now = alike.filter(created_at__gt=timezone.now() - AGAIN)
    return just_now.exclude(state__in=[MailState.FAILED, MailState.DROPPED]).exists()


def tell_staff(
    kind: MailKind, importer: ImporterOfRecord, *, by: User, question: Question | None = None
) -> Notification:
    """To whose case it is; until there is one, to the firm's own contact. As `post`."""
    firm, staff = BrokerFirm.current(), importer.assigned_to
    return post(
        kind,
        to_email=staff.email if staff else firm.email,
        to_name=str(staff) if staff else firm.contact_name,
        language=staff.language if staff else "en",
        importer=importer,
        by=by,
        step=question.step if question else "",
        question=question,
    )


@dataclass(frozen=True, slots=True)
class Swept:
    """How many claims of dead workers were freed, mails dropped that ran out, and mails found waiting (at most `MANY`
    are counted)."""

    freed: int
    dropped: int
    waiting: int


def sweep(now: datetime) -> Swept:
    """Makes up for whatever was lost between the database and the workers; safe to run at any time, twice too. What is
    no longer wanted is dropped when its turn comes (see `claim`)."""
    freed = _free(now)
    dropped = _drop_late(now)
    waiting = Notification.objects.waiting(now).order_by("not_before", "pk").values_list("pk", flat=True)
    found = list(waiting[:MANY])
    ring(found)
    return Swept(freed, dropped, len(found))


def _free(now: datetime) -> int:
    """Claims whose worker died. A row that takes its worker down each time ends like any other that fails too often."""
    lost = {"claim": None, "claimed_at": None, "answer": LOST}
    with transaction.atomic():
        stale = Notification.objects.filter(state=MailState.SENDING, claimed_at__lt=now - lease())
        rows = list(stale.select_for_update(skip_locked=True, of=("self",)).order_by("pk"))
        MailAttempt.objects.filter(claim__in={row.claim for row in rows}).update(ended_at=now, answer=LOST)
        hopeless = [row for row in rows if row.attempts >= settings.MAIL_TRIES]
        for row in hopeless:
            tell_of_failure([row], LOST, now)
        Notification.objects.filter(pk__in=[row.pk for row in hopeless]).update(state=MailState.FAILED, **lost)
        again = [row.pk for row in rows if row not in hopeless]
        Notification.objects.filter(pk__in=again).update(state=MailState.PENDING, **lost)
    return len(rows)


def _drop_late(now: datetime) -> int:
    """Codes must not lie about until a mail server is there again, nor reminders go out at night."""
    with transaction.atomic():
        late = Notification.objects.filter(state=MailState.PENDING, expires_at__lte=now)
        pks = list(late.select_for_update(skip_locked=True).values_list("pk", flat=True))
        return Notification.objects.filter(pk__in=pks).drop(now)


def put_back(failed: Iterable[Notification], *, by: User) -> int:
    """Failed mails are tried again from the start. Sign-in codes have run out meanwhile and stay as they are; of the
    reminders the next schedule puts in again which slot is due now."""
    again = Notification.objects.filter(pk__in=[row.pk for row in failed], state=MailState.FAILED).exclude(
        kind=MailKind.ACCOUNT
    )
    with transaction.atomic():
        pks = list(again.select_for_update().values_list("pk", flat=True))
        rows, answer = Notification.objects.filter(pk__in=pks), f"put back by {by}"[:500]
        rows.filter(kind=MailKind.REMINDER).update(state=MailState.DROPPED, answer=answer)
        waiting = rows.filter(state=MailState.FAILED)
        waiting.update(state=MailState.PENDING, attempts=0, not_before=timezone.now(), answer=answer)
        transaction.on_commit(lambda: ring(pks))
    return len(pks)
