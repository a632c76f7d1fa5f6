"""What became of a mail after the mail server had taken it: it came back, or whoever got it complained."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from importers.domain.bounces import Bounce, Outcome
from importers.domain.errors import gettext_noop as _
from importers.models import Errand, ErrandKind, ImporterOfRecord, Mailbox, Notification, User
from importers.services.change import deed
from importers.services.mailboxes import reminded_at

LONGEST_ANSWER = 500
LATELY = timedelta(days=14)  # servers give up after five
LIFTED = _("Mail arrives there again, %(who)s says.")


class Noted(StrEnum):
    """`STRANGER`: we never wrote there, so whoever says so cannot know it from a mail of ours."""

    DEAD = "dead"
    OPTED_OUT = "opted_out"
    REFUSED = "refused"
    LATE = "late"
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
    email = rows[0].to_email
    with deed("note what became of a mail", by=User.objects.system()):
        mails = Notification.objects.filter(pk__in=[row.pk for row in rows])
        mails.update(answer=bounce.said[:LONGEST_ANSWER])
        about = {row.importer_id for row in rows if row.importer_id}
        why = f"{email}: {bounce.said}"
        match bounce.outcome:
            case Outcome.GONE:
                Mailbox.objects.note_dead(email, bounce.said, now)
                Errand.objects.open_for(about | reached_at(email), ErrandKind.DEAD_MAILBOX, why, now)
                return Report(email, Noted.DEAD)
            case Outcome.COMPLAINT:
                Mailbox.objects.note_opted_out(email, now)
                Errand.objects.open_for(reminded_at(email), ErrandKind.OPTED_OUT, why, now)
                return Report(email, Noted.OPTED_OUT)
            case Outcome.REFUSED:
                Errand.objects.open_for(about, ErrandKind.MAIL_REFUSED, why, now)
                return Report(email, Noted.REFUSED)
    return Report(email, Noted.LATE)


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
