"""Who would be written to next: asked of the same rules that send."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importers.admin import words
from importers.domain.reminders import upcoming
from importers.models import Campaign, ImporterOfRecord
from importers.services.candidates import Candidate
from importers.services.reminders import DueReminder, PassedOver, Schedule, outlook, plan
from importers.wording import moment

SHOWN = 100
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
    "too_early": _("are too early: the first reminder is four weeks ahead"),
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
    "too_early": _("None yet: the first goes out four weeks ahead."),
    "sent": _("None now: this date's reminder has been sent."),
    "recent": _("None now: there was a mail, or the importer joined, within the last day."),
    "asked": _("None now: there is a question of theirs to answer."),
    "not_computed": _("None: the importer has no stage yet. Run recompute_readiness."),
    "no_campaign": _("None: there is no campaign. Add one with a deadline."),
}


@dataclass(frozen=True, slots=True)
class Passed:
    """Who is not written to for one reason: how many, and the first of them."""

    why: Any
    count: int
    importers: list[Candidate]

    @property
    def more(self) -> int:
        return self.count - len(self.importers)


def outlook_lines(importer: ImporterOfRecord) -> list[str]:
    """Why nothing goes out now, and what goes out next and to whom; as the rules that send see it."""
    now = timezone.now()
    found = outlook(importer, now)
    at, last = found[-1]
    reasons = [decided.reason for _at, decided in found if isinstance(decided, PassedOver)]
    told_now = reasons[:1] if isinstance(last, DueReminder) else list(dict.fromkeys(reasons))
    lines = [str(WHY_NONE.get(reason, reason)) for reason in told_now]
    if isinstance(last, DueReminder):
        soon, later = _("Within five minutes: %(slot)s, to %(to)s."), _("Next: %(slot)s on %(at)s, to %(to)s.")
        told = {"slot": last.slot, "at": moment(timezone.localtime(at)), "to": last.to}
        lines.append(str(soon if at == now else later) % told)
    return lines


def reminders_view(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    moments: list[tuple[Any, datetime]] = [(_("Now"), now)]
    coming = [at for c in Campaign.objects.active() if (at := _next_slot(c, now))]
    if coming:
        moments.append((_("At the next date"), min(coming) + timedelta(minutes=1)))
    plans = []
    for title, at in moments:
        schedule = plan(at)
        plans.append(
            {
                "title": title,
                "at": at,
                "count": len(schedule.due),
                "due": [_line(item) for item in schedule.due[:SHOWN]],
                "more": max(0, len(schedule.due) - SHOWN),
                "passed": _passed(schedule),
            }
        )
    context = admin.site.each_context(request) | {"title": _("Next reminders"), "plans": plans}
    return TemplateResponse(request, "admin/importers/reminders.html", context)


def _next_slot(campaign: Campaign, now: datetime) -> datetime | None:
    following = upcoming(campaign.timetable, campaign.place, now)
    return following[1] if following else None


def _passed(schedule: Schedule) -> list[Passed]:
    return [Passed(WHY_NOT.get(why, why), n, schedule.named[why]) for why, n in schedule.skipped.most_common()]


def _line(item: DueReminder) -> dict[str, Any]:
    return {
        "importer": item.importer,
        "campaign": item.campaign,
        "slot": item.slot,
        "step": words.step_title(item.step),
        "to": item.to,
    }
