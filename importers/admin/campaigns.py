"""Deadlines, and where they come from."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from importers.admin.base import StaffAdmin, staff
from importers.models import Campaign
from importers.services.portal import goes_in_circles, save_campaign


def time_left(campaign: Campaign) -> str:
    """How many days are left, or that it is past."""
    days = (campaign.deadline - timezone.now().astimezone(ZoneInfo(campaign.time_zone)).date()).days
    if days < 0:
        return _("past: late, not lost")
    if days == 0:
        return _("today")
    return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}


class CampaignForm(forms.ModelForm):
    class Meta:
        model = Campaign
        fields = ("name", "deadline", "time_zone", "source", "superseded_by")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.instance.superseded_by = cleaned.get("superseded_by")
        if goes_in_circles(self.instance):
            self.add_error("superseded_by", _("These campaigns would replace each other in a circle."))
        return cleaned


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

    def save_model(self, request: HttpRequest, obj: Campaign, form: forms.ModelForm, change: bool) -> None:
        save_campaign(obj, by=staff(request))
