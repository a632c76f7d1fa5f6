"""allauth's sign-in forms, in our words and our layout. Whom an address belongs to, `User.email` alone says: allauth
would also look into its own table of addresses."""

from typing import Any

from allauth.account.adapter import get_adapter
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
        try:
            address = str(super().clean_email())
        except forms.ValidationError as refused:
            if refused.code == "too_many_login_attempts":  # the word for wrong passwords, which wait longer
                raise get_adapter().validation_error("rate_limited") from None
            raise
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
        help_text=_("Eight letters: XXXX-XXXX. Small letters are fine too."),
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
