"""What went wrong at a step: chosen from the known failures, or written."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.domain.stuck import LONGEST_QUESTION, topics_of
from importers.forms.base import PortalForm
from importers.forms.fields import NoteField, choice
from importers.pages.importer import ImporterPage
from importers.services import questions


class QuestionForm(PortalForm):
    submit_label = _("Send the question")
    topic = choice(_("What went wrong?"), _("Choose what went wrong."), ())
    text = NoteField(
        label=_("Write more, if you like"),
        help_text=_("For example what the page in ACE says. Never bank details, passwords or codes."),
        max_length=LONGEST_QUESTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, page: ImporterPage, step: str) -> None:
        super().__init__(data, page=page)
        self.step = step
        topic = self.fields["topic"]
        assert isinstance(topic, forms.ChoiceField)  # noqa: S101 - for the type checker
        topic.choices = [(t.key, gettext(t.text)) for t in topics_of(step)]

    def save(self) -> None:
        questions.ask(self.importer, by=self.user, step=self.step, **self.cleaned_data)
