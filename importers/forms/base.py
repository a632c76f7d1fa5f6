"""One base builds every layout (HABITS 18): a form only lists its fields."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Hidden, Submit
from django import forms
from django.http import QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from importers.domain.errors import RuleViolation
from importers.drafts import MADE_FOR, mark_of
from importers.models import ImporterOfRecord
from importers.pages.importer import ImporterPage
from importers.services.change import write_over
from importers.wording import plain_date, violation_text

MADE_FROM = "made_from"  # what the form was filled from, so that nothing newer is overwritten unseen


class PortalForm(forms.Form):
    """On a page about one importer, made for the person who is signed in."""

    submit_label: ClassVar[str | Promise] = _("Save and continue")
    is_put_back = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, page: ImporterPage) -> None:
        self.page = page
        self.importer = page.importer
        self.user = page.user
        super().__init__(data, initial=self.prefill())

    @classmethod
    def kept_fields(cls) -> list[str]:
        """What is kept of it when it cannot be taken in."""
        return list(cls.base_fields)

    def prefill(self) -> dict[str, Any]:
        return {}

    def put_back(self, typed: QueryDict) -> None:
        """Shows what was typed into the form before, neither checked nor saved."""
        for name, field in self.fields.items():
            self.initial[name] = field.widget.value_from_datadict(typed, {}, name)
        self.is_put_back = True

    def save(self) -> None:
        """Calls the one service behind the form; may raise RuleViolation."""
        raise NotImplementedError

    def write(self) -> bool:
        self.save()
        return True

    @cached_property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.attrs = {"novalidate": True}  # our own messages say what to do; the browser's do not
        helper.add_input(Submit("", self.submit_label))
        helper.add_input(Hidden(MADE_FOR, mark_of(self.user)))
        return helper


def saved(form: "PortalForm") -> bool:
    """What the service refuses, or somebody has changed meanwhile, shows as an error of the form."""
    try:
        if form.write():
            return True
        form.add_error(None, gettext("Somebody has changed the answers while this page was open. Nothing was saved."))
    except RuleViolation as violation:
        form.add_error(None, violation_text(violation))
    return False


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that somebody changed while this form was open."""

    label: str
    saved: str
    typed: str


class StepForm(PortalForm):
    """Fills itself from the importer on the page; `save` calls the one service of the step."""

    differences: tuple[Difference, ...] = ()

    def __init__(self, data: Mapping[str, Any] | None = None, *, page: ImporterPage) -> None:
        super().__init__(data, page=page)
        self.made_from = (data or {}).get(MADE_FROM) or self._digest()
        for field in self.fields.values():
            if isinstance(field, PhoneNumberField):  # the country is known: its own numbers need no country code
                field.region = (data or {}).get("country") or str(self.importer.country)

    @cached_property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.add_input(Hidden(MADE_FROM, self.made_from))
        return helper

    @classmethod
    def kept_fields(cls) -> list[str]:
        return [*super().kept_fields(), MADE_FROM]

    def _digest(self) -> str:
        """Of the answers that `prefill` finds."""
        text = json.dumps(self.prefill(), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def put_back(self, typed: QueryDict) -> None:
        super().put_back(typed)
        self.made_from = typed.get(MADE_FROM) or self.made_from

    def write(self) -> bool:
        """Saves. False, and nothing is saved, when others have changed the answers since the form was made: then
        `differences` tells what stands there and what was typed, and the next press of the button decides."""
        seen = self.data.get(MADE_FROM, "")
        if write_over(self.importer, seen=seen, read=self._look_again, save=self.save):
            return True
        self.made_from = self._look_again(ImporterOfRecord.objects.with_facts().get(pk=self.importer.pk))
        self.differences = tuple(self._compare())
        return False

    def _look_again(self, importer: ImporterOfRecord) -> str:
        self.importer = importer
        return self._digest()

    def _compare(self) -> Iterator[Difference]:
        saved = self.prefill()
        for name, field in self.fields.items():
            here, there = _shown(field, self.cleaned_data[name]), _shown(field, saved.get(name))
            if here != there:
                yield Difference(str(field.label), there, here)

    @property
    def told(self) -> str:
        """What else happened when it was saved."""
        return ""

    @property
    def stays(self) -> bool:
        """What was just told needs the step's own page again, not the checklist."""
        return False


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return gettext("yes") if value else gettext("no")
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(str(value), value or ""))  # type: ignore[arg-type]
    return plain_date(value) if isinstance(value, date) else str(value or "")
