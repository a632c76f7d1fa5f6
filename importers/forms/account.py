"""allauth's sign-in forms, in our words and our layout. Whom an address belongs to, `User.email` alone says: allauth
would also look into its own table of addresses."""

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm, ResetPasswordForm
from django import forms
from django.utils.translation import gettext_lazy as _

from importers.forms.fields import email
from importers.models import User

MISSING_EMAIL = _("Enter your e-mail address.")


class RequestCodeForm(RequestLoginCodeForm):
    email = email(_("Your e-mail address"), MISSING_EMAIL)

    def clean_email(self) -> str:
        self.cleaned_data["email"] = self.cleaned_data["email"].lower()
        address = str(super().clean_email())
        self._user = User.objects.with_email(address)
        return address


class ResetForm(ResetPasswordForm):
    email = email(_("Your e-mail address"), MISSING_EMAIL)

    def clean_email(self) -> str:
        address = str(super().clean_email()).lower()
        person = User.objects.with_email(address)
        self.users = [person] if person and person.is_staff else []  # importers have no password
        return address


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
