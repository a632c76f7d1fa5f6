"""The one broker firm: changed here, never added or deleted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from importers.admin.base import StaffAdmin, staff
from importers.admin.forms import what_was_shown
from importers.domain.errors import RuleViolation
from importers.domain.firm import parse_filer_code, parse_firm_number
from importers.models import BrokerFirm
from importers.services.portal import edit_firm
from importers.wording import violation_text

FIELDS = ("name", "contact_name", "phone", "email", "colour", "importer_number", "filer_code")


class FirmForm(forms.ModelForm):
    colour = forms.CharField(
        label=_("Accent colour"),
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Six hexadecimal digits after #, like #0b4f6c."))],
        widget=widgets.UnfoldAdminColorInputWidget(attrs={"type": "color"}),
        help_text=_("Used on the importers' pages, in mails and here. It is darkened where text could not be read."),
    )
    ach_enrolled = forms.BooleanField(
        label=_("We have seen our own ACH refund enrolment in ACE"),
        required=False,
        widget=widgets.UnfoldBooleanSwitchWidget,
        help_text=_("Without it no refund by Form 4811 can be paid to us. Who ticked it, and when, is kept."),
    )

    class Meta:
        model = BrokerFirm
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ach_enrolled"].initial = self.instance.ach_enrolled_at is not None
        what_was_shown(self)

    def clean_importer_number(self) -> str:
        try:
            return parse_firm_number(self.cleaned_data["importer_number"])
        except RuleViolation as error:
            raise forms.ValidationError(violation_text(error)) from error

    def clean_filer_code(self) -> str:
        try:
            return parse_filer_code(self.cleaned_data["filer_code"])
        except RuleViolation as error:
            raise forms.ValidationError(violation_text(error)) from error


@admin.register(BrokerFirm)
class FirmAdmin(StaffAdmin):
    form = FirmForm
    fields = (*FIELDS, "ach_enrolled")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:importers_brokerfirm_change", args=[BrokerFirm.current().pk]))

    def save_model(self, request: HttpRequest, obj: BrokerFirm, form: forms.ModelForm, change: bool) -> None:
        edit_firm(by=staff(request), **{name: form.cleaned_data[name] for name in form.changed_data})
