"""What a question is about: one of the known failures, each with what helps, or written."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.domain.stuck import LONGEST_QUESTION
from importers.forms.base import PortalForm
from importers.forms.fields import NoteField, choice
from importers.pages.failures import ShownFailure, topics_on
from importers.pages.importer import ImporterPage
from importers.services import questions


class ChoicesWithHelp(forms.RadioSelect):
    """Under a choice stands what is known to help (portal/field.html)."""

    def __init__(self, known: Mapping[str, ShownFailure]) -> None:
        super().__init__()
        self.known = known

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        return super().create_option(name, value, *args, **options) | {"known": self.known.get(str(value))}


class QuestionForm(PortalForm):
    submit_label = _("Send the question")
    topic = choice(_("What is it about?"), _("Choose what it is about."), ())
    text = NoteField(
        label=_("Write more, if you like"),
        help_text=_("For example what the page in ACE says. Never bank details, passwords or codes."),
        max_length=LONGEST_QUESTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, page: ImporterPage, step: str, topic: str = ""
    ) -> None:
        super().__init__(data, page=page)
        self.step = step
        self.initial["topic"] = topic
        topics = topics_on(page, step)
        choices = self.fields["topic"]
        assert isinstance(choices, forms.ChoiceField)  # noqa: S101 - for the type checker
        choices.widget = ChoicesWithHelp({t.key: known for t, known in topics.items() if known})
        choices.choices = [(t.key, gettext(t.text)) for t in topics]

    def save(self) -> None:
        questions.ask(self.importer, by=self.user, step=self.step, **self.cleaned_data)
