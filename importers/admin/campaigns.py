"""Deadlines, and where they come from."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from importers.admin.base import StaffAdmin, staff
from importers.admin.forms import day
from importers.models import Campaign
from importers.services.portal import goes_in_circles, save_campaign
from importers.services.reminders import DueReminder, brought_on

NAMES_SHOWN = 20
WRITTEN_HERE = ("%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y")


def time_left(campaign: Campaign) -> str:
    """How many days are left, or that it is past."""
    days = (campaign.deadline - timezone.now().astimezone(ZoneInfo(campaign.time_zone)).date()).days
    if days < 0:
        return _("past: late, not lost")
    if days == 0:
        return _("today")
    return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}


class CampaignForm(forms.ModelForm):
    deadline = day(gettext_lazy("Deadline"), input_formats=WRITTEN_HERE)

    class Meta:
        model = Campaign
        fields = ("name", "deadline", "time_zone", "source", "superseded_by")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.instance.superseded_by = cleaned.get("superseded_by")
        if goes_in_circles(self.instance):
            self.add_error("superseded_by", _("These campaigns would replace each other in a circle."))
        return cleaned


def _notes(due: list[DueReminder], *, is_past: bool) -> list[str]:
    notes = []
    if is_past:
        notes.append(_("This deadline is past: importers are told that they are late."))
    if due:
        notes.append(ngettext(
            "Saving this sends %(n)s reminder within five minutes.",
            "Saving this sends %(n)s reminders within five minutes.", len(due),
        ) % {"n": len(due)})  # fmt: skip
    return notes


@admin.register(Campaign)
class CampaignAdmin(StaffAdmin):
    form = CampaignForm
    list_display = ("name", "deadline", "left", "time_zone", "source", "superseded_by")
    list_select_related = ("superseded_by",)
    readonly_fields = ("left",)
    fieldsets = (
        (None, {
            "fields": ("name", "deadline", "left", "time_zone", "source", "superseded_by"),
            "description": gettext_lazy(
                "Reminders are counted from this date, each time anew: nothing is computed ahead, so the date can be "
                "moved at any time. A reminder slot that was sent is not sent again. A campaign that is replaced by "
                "another one sends no reminders."
            ),
        }),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    @display(description=gettext_lazy("time left"))
    def left(self, campaign: Campaign) -> str:
        """Nothing while the form holds a time zone that is none."""
        try:
            return time_left(campaign) if campaign.pk else "–"
        except ZoneInfoNotFoundError:
            return "–"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Asks before it saves what sends mail at once."""
        if request.method == "POST" and "confirmed" not in request.POST:
            question = self._question(request, object_id)
            if question:
                return self.page(request, "admin/importers/ask_campaign.html", question)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _question(self, request: HttpRequest, object_id: str | None) -> dict[str, Any]:
        campaign = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and campaign is None:
            return {}
        form = self.get_form(request, campaign, change=campaign is not None)(request.POST, instance=campaign)
        if not form.is_valid():
            return {}
        wanted, now = form.instance, timezone.now()
        due = brought_on(wanted, now)
        moved = wanted.superseded_by is None and "deadline" in form.changed_data
        notes = _notes(due, is_past=moved and wanted.is_past(now))
        if not notes:
            return {}
        return {
            "title": wanted.name,
            "notes": notes,
            "due": due[:NAMES_SHOWN],
            "more": max(0, len(due) - NAMES_SHOWN),
            "typed": [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"],
            "back": request.path,
        }

    def save_model(self, request: HttpRequest, obj: Campaign, form: forms.ModelForm, change: bool) -> None:
        save_campaign(obj, by=staff(request))
