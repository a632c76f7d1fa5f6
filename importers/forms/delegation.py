"""To whom the officer sends a step."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from importers.forms.base import PortalForm
from importers.forms.fields import PersonField, PersonsAddressField, choice, email, text
from importers.models import Delegation
from importers.services.delegations import delegate

LANGUAGES = {"en": _("English"), "da": _("Danish")}


class SendStepForm(PortalForm):
    submit_label = _("Send the step")
    name = text(_("Your colleague's name"), _("Enter your colleague's name."), field=PersonField)
    email = email(
        _("Your colleague's own e-mail"),
        _("Enter your colleague's e-mail."),
        field=PersonsAddressField,
        help_text=_("The link and the code to open it go there."),
    )
    language = choice(
        _("In which language should the mail be?"),
        _("Choose a language."),
        tuple((code, LANGUAGES.get(code, name)) for code, name in settings.LANGUAGES),
    )

    def prefill(self) -> dict[str, Any]:
        return {"language": self.importer.language}

    def send(self, step: str) -> tuple[Delegation, bool]:
        return delegate(self.importer, step, by=self.user, **self.cleaned_data)
