"""allauth's sign-in forms, in our words and our layout."""

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm, ResetPasswordForm
from django import forms
from django.utils.translation import gettext_lazy as _

from importers.forms.fields import email

MISSING_EMAIL = _("Enter your e-mail address.")


class RequestCodeForm(RequestLoginCodeForm):
    email = email(_("Your e-mail address"), MISSING_EMAIL)

    def clean_email(self) -> str:
        self.cleaned_data["email"] = self.cleaned_data["email"].lower()
        return str(super().clean_email())


class ResetForm(ResetPasswordForm):
    email = email(_("Your e-mail address"), MISSING_EMAIL)


class ConfirmCodeForm(ConfirmLoginCodeForm):
    code = forms.CharField(
        label=_("Code from the mail"),
        max_length=20,
        error_messages={"required": _("Type the code from the mail.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "short code",
            }
        ),
    )


class PasswordForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = email(_("Your e-mail address"), MISSING_EMAIL)
        self.fields["password"].error_messages["required"] = _("Enter your password.")
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""
