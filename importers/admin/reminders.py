"""What staff are told of the reminders of one importer: what is next, what went out, and why not."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.admin import words
from importers.models import ImporterOfRecord, MailAttempt, MailKind, MailState, Notification
from importers.services.outlook import outlook
from importers.services.reminders import DueReminder, PassedOver
from importers.wording import moment, slot_words

WHY_NOT = {
    "done": _("are done"),
    "waiting": _("wait for us or for CBP"),
    "paused": _("are paused"),
    "no_access": _("may not come in: access was taken away, or the address is one of our own"),
    "no_email": _("have no e-mail"),
    "opted_out": _("want no reminders"),
    "dead_mailbox": _("have an address that mail comes back from"),
    "quiet": _("are not at work: evening, weekend or holiday there"),
    "collapsed": _("had a later reminder instead"),
    "too_early": _("are too early: the first date is still ahead"),
    "sent": _("have had this reminder"),
    "recent": _("had a mail, or joined, within the last day"),
    "asked": _("have asked us something and wait for the answer"),
    "not_computed": _("have no stage yet: run recompute_readiness"),
    "no_campaign": _("belong to no campaign: add one with a deadline"),
}

# The same of one importer.
WHY_NONE = {
    "done": _("None: everything is done."),
    "waiting": _("None now: it is our turn, or CBP's."),
    "paused": _("None now: the reminders are paused."),
    "no_access": _("None: access was taken away, or the address is one of our own."),
    "no_email": _("None: there is no e-mail to write to."),
    "opted_out": _("None: they want no reminders."),
    "dead_mailbox": _("None: mail to their address comes back."),
    "quiet": _("None now: it is no working day there, or the office is closed."),
    "collapsed": _("None: a later reminder took its place."),
    "too_early": _("None yet: the first date is still ahead."),
    "sent": _("None now: this date's reminder has been sent."),
    "recent": _("None now: there was a mail, or the importer joined, within the last day."),
    "asked": _("None now: there is a question of theirs to answer."),
    "not_computed": _("None: the importer has no stage yet. Run recompute_readiness."),
    "no_campaign": _("None: there is no campaign. Add one with a deadline."),
}

# What stands in the ledger at a slot that passed without a mail.
WHY_SKIPPED = {
    "waiting": _("it was our turn, or CBP's"),
    "paused": _("the reminders were paused"),
    "asked": _("a question of theirs waited for our answer"),
    "no_access": _("access was taken away, or the address is one of our own"),
    "no_email": _("there was no e-mail to write to"),
    "opted_out": _("they want no reminders"),
    "dead_mailbox": _("mail to their address comes back"),
    "collapsed": _("a later reminder took its place"),
}


def outlook_lines(importer: ImporterOfRecord) -> list[str]:
    """Why nothing goes out now, and what goes out next and to whom; as the rules that send see it."""
    now = timezone.now()
    found = outlook(importer, now)
    at, last = found[-1]
    reasons = [decided.reason for _at, decided in found if isinstance(decided, PassedOver)]
    told_now = reasons[:1] if isinstance(last, DueReminder) else list(dict.fromkeys(reasons))
    lines = [str(WHY_NONE.get(reason, reason)) for reason in told_now]
    if isinstance(last, DueReminder):
        soon, later = _("Within five minutes, to %(to)s: %(slot)s."), _("Next, to %(to)s: %(slot)s, %(at)s.")
        told = {"slot": slot_words(last.slot), "at": moment(timezone.localtime(at)), "to": last.to}
        lines.append(str(soon if at == now else later) % told)
    return lines


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One slot of one campaign: what became of it, and of every try."""

    row: Notification
    state: str
    tone: str
    why: str
    step: str
    attempts: Sequence[MailAttempt]


def ledger(importer: ImporterOfRecord) -> list[LedgerLine]:
    """The newest first."""
    rows = Notification.objects.filter(importer=importer, kind=MailKind.REMINDER).select_related("campaign")
    found = list(rows.defer("text", "html").order_by("-not_before", "-pk"))
    attempts: defaultdict[object, list[MailAttempt]] = defaultdict(list)
    for attempt in MailAttempt.objects.filter(mail__in=[row.mail for row in found]):
        attempts[attempt.mail].append(attempt)
    return [_ledger_line(row, attempts[row.mail]) for row in found]


def _ledger_line(row: Notification, attempts: Sequence[MailAttempt]) -> LedgerLine:
    is_skipped = row.state == MailState.SKIPPED
    return LedgerLine(
        row=row,
        state=gettext("Not sent") if is_skipped else row.get_state_display(),
        tone=words.MAIL_TONE.get(MailState(row.state), ""),
        why=str(WHY_SKIPPED.get(row.reason, row.reason)) if is_skipped else gettext(row.answer) if row.answer else "",
        step=words.step_title(row.step) if row.step else "",
        attempts=attempts,
    )
