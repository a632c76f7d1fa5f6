"""What became of a mail after the mail server had taken it: it came back, or whoever got it complained."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from importers.domain.bounces import Bounce, Outcome
from importers.domain.errors import gettext_noop as _
from importers.models import Errand, ErrandKind, ImporterOfRecord, MailAttempt, Mailbox, Notification, User
from importers.services.change import deed
from importers.services.mailboxes import reminded_at

LONGEST_ANSWER = 500
LATELY = timedelta(days=14)  # servers give up after five
LIFTED = _("Mail arrives there again, %(who)s says.")


class Noted(StrEnum):
    """`STRANGER`: we never wrote there, so whoever says so cannot know it from a mail of ours. `OVER`: since that mail
    went, staff or the person have said that it is otherwise."""

    DEAD = "dead"
    OPTED_OUT = "opted_out"
    REFUSED = "refused"
    LATE = "late"
    OVER = "over"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Report:
    email: str
    noted: Noted


def note(bounce: Bounce, now: datetime) -> Report:
    """The same report twice changes nothing more."""
    rows = _mails(bounce, now)
    if not rows:
        return Report(bounce.recipient, Noted.STRANGER)
    with deed("note what became of a mail", by=User.objects.system()):
        if rows[0].mail == bounce.mail:
            _keep_answer(rows[0].mail, bounce)
        return Report(rows[0].to_email, _note(bounce, rows, now))


def _keep_answer(mail: UUID, bounce: Bounce) -> None:
    """With the mail, from whoever has it in hand; that it is late only with the attempt, so that what was answered
    first stands."""
    said = bounce.said[:LONGEST_ANSWER]
    if bounce.outcome == Outcome.LATE:
        last = MailAttempt.objects.filter(mail=mail).order_by("-begun_at", "-pk")[:1]
        MailAttempt.objects.filter(pk__in=last.values("pk")).update(answer=said)
    else:
        Notification.objects.filter(mail=mail, sent_at__isnull=False).update(answer=said)


def _note(bounce: Bounce, rows: list[Notification], now: datetime) -> Noted:
    email, sent_at = rows[0].to_email, rows[0].sent_at or now
    about = {row.importer_id for row in rows if row.importer_id}
    match bounce.outcome:
        case Outcome.GONE:
            if _lifted_since(sent_at, email, "dead_at"):
                return Noted.OVER
            Mailbox.objects.note_dead(email, bounce.said, now)
            kind, noted, about = ErrandKind.DEAD_MAILBOX, Noted.DEAD, about | reached_at(email)
        case Outcome.COMPLAINT:
            if _lifted_since(sent_at, email, "opted_out_at"):
                return Noted.OVER
            Mailbox.objects.note_opted_out(email, now)
            kind, noted, about = ErrandKind.OPTED_OUT, Noted.OPTED_OUT, reminded_at(email)
        case Outcome.REFUSED:
            kind, noted = ErrandKind.MAIL_REFUSED, Noted.REFUSED
        case Outcome.LATE:
            return Noted.LATE
    done = Errand.objects.filter(importer__in=about, kind=kind, done_at__gt=sent_at)
    still = about - set(done.values_list("importer_id", flat=True))
    Errand.objects.open_for(still, kind, f"{email}: {bounce.said}", now)
    return noted


def _lifted_since(sent_at: datetime, email: str, moment: str) -> bool:
    """This moment of the mailbox became empty again after a mail had gone; the history knows when."""
    mailbox = Mailbox.objects.of(email).filter(**{moment: None}).first()
    if mailbox is None:
        return False
    events: Any = mailbox.history  # type: ignore[attr-defined]
    stood = events.order_by("pgh_id").values_list("pgh_created_at", moment)
    return any(before and not after and at > sent_at for (_at, before), (at, after) in pairwise(stood))


def _mails(bounce: Bounce, now: datetime) -> list[Notification]:
    """The rows of that mail; if it is not known, the newest one that went to this address, if that is not long ago."""
    if bounce.mail is not None:
        rows = list(Notification.objects.filter(mail=bounce.mail, sent_at__isnull=False))
        if rows:
            return rows
    lately = Notification.objects.filter(to_email__iexact=bounce.recipient, sent_at__gt=now - LATELY)
    return list(lately.order_by("-sent_at")[:1])


def reached_at(email: str) -> set[int]:
    """The importers that we write to at this address."""
    rows = ImporterOfRecord.objects.filter(Q(contact_email__iexact=email) | Q(officer__email__iexact=email))
    return set(rows.values_list("pk", flat=True))


def lift(mailboxes: Iterable[Mailbox], *, by: User) -> int:
    """Mail arrives there again. The tasks that asked for the right address are done with it."""
    now, count = timezone.now(), 0
    with deed("mail arrives again", by=by):
        chosen = Mailbox.objects.filter(pk__in=[row.pk for row in mailboxes])
        for mailbox in chosen.exclude(dead_at=None).select_for_update():
            mailbox.dead_at, mailbox.dead_because = None, ""
            mailbox.save(update_fields=["dead_at", "dead_because"])
            errands = Errand.objects.open().filter(importer__in=reached_at(mailbox.email))
            outcome = gettext(LIFTED) % {"who": by}
            errands.filter(kind=ErrandKind.DEAD_MAILBOX).update(done_at=now, done_by=by, outcome=outcome)
            count += 1
    return count


def dead_among(emails: Iterable[str]) -> set[str]:
    """Of these addresses, in lower case, those from which mail comes back."""
    wanted = {email.lower() for email in emails if email}
    return {row.email.lower() for row in Mailbox.objects.in_lower_case(wanted).exclude(dead_at=None)}
