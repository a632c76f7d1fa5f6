"""One base builds every layout (HABITS 18): a form only lists its fields."""

from collections.abc import Mapping
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from importers.domain.errors import RuleViolation
from importers.pages.importer import ImporterPage
from importers.wording import violation_text


class PortalForm(forms.Form):
    submit_label: ClassVar[str | Promise] = _("Save and continue")

    def save(self) -> None:
        """Calls the one service behind the form; may raise RuleViolation."""
        raise NotImplementedError

    @cached_property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.attrs = {"novalidate": True}  # our own messages say what to do; the browser's do not
        helper.add_input(Submit("", self.submit_label))
        return helper


def saved(form: PortalForm) -> bool:
    """What the service refuses shows as an error of the form."""
    try:
        form.save()
    except RuleViolation as violation:
        form.add_error(None, violation_text(violation))
        return False
    return True


class StepForm(PortalForm):
    """Fills itself from the importer on the page; `save` calls the one service of the step."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, page: ImporterPage) -> None:
        self.page = page
        self.importer = page.importer
        self.user = page.user
        super().__init__(data, initial=self.prefill())
        for field in self.fields.values():
            if isinstance(field, PhoneNumberField):  # the country is known: its own numbers need no country code
                field.region = (data or {}).get("country") or str(self.importer.country)

    def prefill(self) -> dict[str, Any]:
        return {}

    @property
    def told(self) -> str:
        """What else happened when it was saved."""
        return ""

    @property
    def stays(self) -> bool:
        """What was just told needs the step's own page again, not the checklist."""
        return False
