"""Who would be written to next: asked of the same rules that send."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importers.admin import words
from importers.domain.reminders import upcoming
from importers.models import Campaign
from importers.services.reminders import DueReminder, plan

SHOWN = 100
WHY_NOT = {
    "done": _("are done"),
    "waiting": _("wait for us or for CBP"),
    "paused": _("are paused"),
    "no_access": _("may not come in: access was taken away, or the address is one of our own"),
    "no_email": _("have no e-mail"),
    "too_early": _("are too early: the first reminder is four weeks ahead"),
    "sent": _("have had this reminder"),
    "recent": _("had a mail, or joined, within the last day"),
    "not_computed": _("have no stage yet: run recompute_readiness"),
    "no_campaign": _("belong to no campaign: add one with a deadline"),
}


def reminders_view(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    moments: list[tuple[Any, datetime]] = [(_("Now"), now)]
    coming = [upcoming(c.deadline, c.time_zone, now)[1] for c in Campaign.objects.active()]
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
                "skipped": [(WHY_NOT.get(why, why), n) for why, n in schedule.skipped.most_common()],
            }
        )
    context = admin.site.each_context(request) | {"title": _("Next reminders"), "plans": plans}
    return TemplateResponse(request, "admin/importers/reminders.html", context)


def _line(item: DueReminder) -> dict[str, Any]:
    return {
        "importer": item.importer,
        "campaign": item.campaign,
        "slot": item.slot,
        "step": words.step_title(item.step),
        "to": item.to,
    }
