"""Deadlines, where they come from, and when importers are reminded of them."""

import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from importers.admin.base import StaffAdmin, staff
from importers.admin.forms import day
from importers.models import Campaign
from importers.models.campaign import FURTHEST
from importers.services.forecast import brought_on
from importers.services.portal import goes_in_circles, save_campaign

NAMES_SHOWN = 20
YEARS_AGO, YEARS_AHEAD = 2, 10
FIELDS = ("name", "deadline", "days", "weeks_after", "time_zone", "source", "superseded_by")
WRITTEN_HERE = ("%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y")


def time_left(campaign: Campaign) -> str:
    """How many days are left, or that it is past."""
    days = (campaign.deadline - timezone.now().astimezone(ZoneInfo(campaign.zone)).date()).days
    if days < 0:
        return _("past: late, not lost")
    if days == 0:
        return _("today")
    return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}


class DaysField(forms.CharField):
    """Numbers, however they are set apart; the largest first, each once."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int]:
        parts = re.split(r"[,;\s]+", super().clean(value).strip(" ,;"))
        if not any(parts):
            raise forms.ValidationError(_("Write at least one number, like 28, 14, 7, 3, 1, 0."))
        return sorted({_days(part) for part in parts}, reverse=True)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return sorted(initial or [], reverse=True) != self.clean(data)
        except forms.ValidationError:
            return True


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > FURTHEST:
        told = _("“%(text)s” is no number of days from 0 to %(most)s. Write them with commas, like 28, 14, 7, 3, 1, 0.")
        raise forms.ValidationError(told % {"text": text[:40], "most": FURTHEST})
    return int(text)


class CampaignForm(forms.ModelForm):
    deadline = day(gettext_lazy("Deadline"), input_formats=WRITTEN_HERE)
    days = DaysField(
        label=gettext_lazy("Reminders so many days before"),
        help_text=gettext_lazy("Numbers with commas, like 28, 14, 7, 3, 1, 0. 0 is the day itself."),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
    )
    weeks_after = forms.IntegerField(
        label=gettext_lazy("Weekly reminders after it"),
        required=False,
        min_value=0,
        max_value=FURTHEST,
        help_text=gettext_lazy("For how many weeks. Empty: for as long as something is left to do."),
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = Campaign
        fields = FIELDS

    def clean_deadline(self) -> date:
        chosen: date = self.cleaned_data["deadline"]
        years = chosen.year - timezone.localdate().year
        if "deadline" in self.changed_data and not -YEARS_AGO <= years <= YEARS_AHEAD:
            raise forms.ValidationError(_("The year is %(year)s? Look at the date once more.") % {"year": chosen.year})
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.instance.superseded_by = cleaned.get("superseded_by")
        if goes_in_circles(self.instance):
            self.add_error("superseded_by", _("These campaigns would replace each other in a circle."))
        return cleaned


def _notes(due: int, *, is_past: bool) -> list[str]:
    notes = []
    if is_past:
        notes.append(_("This deadline is past: importers are told that they are late."))
    if due:
        notes.append(ngettext(
            "Saving this sends %(n)s reminder, as soon as it is office hours where the reader is.",
            "Saving this sends %(n)s reminders, as soon as it is office hours where each reader is.", due,
        ) % {"n": due})  # fmt: skip
    return notes


@admin.register(Campaign)
class CampaignAdmin(StaffAdmin):
    form = CampaignForm
    list_display = ("name", "deadline", "left", "time_zone", "source", "superseded_by")
    list_select_related = ("superseded_by",)
    readonly_fields = ("left",)
    fieldsets = (
        (None, {
            "fields": ("name", "deadline", "left", "days", "weeks_after", "time_zone", "source", "superseded_by"),
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
        return time_left(campaign) if campaign.pk else "–"

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
        due = brought_on(wanted, now, named=NAMES_SHOWN)
        moved = wanted.superseded_by is None and "deadline" in form.changed_data
        notes = _notes(due.count, is_past=moved and wanted.is_past(now))
        if not notes:
            return {}
        return {
            "title": wanted.name,
            "notes": notes,
            "due": due.first,
            "more": max(0, due.count - NAMES_SHOWN),
            "typed": [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"],
            "back": request.path,
        }

    def save_model(self, request: HttpRequest, obj: Campaign, form: forms.ModelForm, change: bool) -> None:
        save_campaign(obj, by=staff(request))
