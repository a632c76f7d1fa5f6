"""Whoever says that ACH is set up is asked outright: for refunds, or for paying duty?"""

from collections.abc import Mapping
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from importers.domain.ach import AchSeen, refuse_duty_ach
from importers.domain.errors import Msgid, RuleViolation
from importers.forms.base import StepForm
from importers.forms.fields import choice
from importers.wording import violation_text

WHICH_ACH = _("Choose which of the two it is: ACH for refunds or ACH for paying duty.")


class AchClaimForm(StepForm):
    """`claim` is the field and the answer that claims it; until that is chosen, the question need not be seen."""

    claim: ClassVar[tuple[str, str]]
    advice: ClassVar[Mapping[AchSeen, Msgid]]

    seen = choice(
        _("Is it ACH for refunds, or ACH for paying duty?"),
        WHICH_ACH,
        (
            (AchSeen.REFUND_TAB, _("Refunds: ACE shows the bank details on the tab ACH Refund Authorization")),
            (AchSeen.DUTY, _("Duty: CBP draws duty from the account, or we pay duty by ACH")),
            (AchSeen.UNSURE, _("We are not sure")),
        ),
        help_text=_("They are two enrolments with CBP. Only the one for refunds counts here."),
        required=False,
        follows=True,
    )

    def clean(self) -> None:
        super().clean()
        field, answer = self.claim
        if self.cleaned_data.get(field) != answer or "seen" in self.errors:
            return
        try:
            self._must_be_for_refunds(self.cleaned_data.get("seen", ""))
        except forms.ValidationError as refused:
            self.add_error("seen", refused)

    def _must_be_for_refunds(self, seen: str) -> None:
        if not seen:
            raise forms.ValidationError(WHICH_ACH, code="required")
        try:
            refuse_duty_ach(AchSeen(seen), self.advice)
        except RuleViolation as refused:
            raise forms.ValidationError(violation_text(refused), code=refused.code) from None
