"""How allauth signs people in here: nobody signs up, every mail goes through the outbox, and an address that is not
known costs the same effort and shows the same page as one that is."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import css_inline
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from importers import drafts
from importers.letters import LONGEST_SUBJECT, frame, without_gaps
from importers.models import BrokerFirm, MailKind, User
from importers.services.outbox import post

VALID = timedelta(minutes=10)
LOGIN_CODE = "account/email/login_code"
UNKNOWN = "account/email/unknown_account"
PASSWORD_RESET = "account/email/password_reset_key"  # noqa: S105 - the name of a template


class StaffPassword(ModelBackend):
    """A password lets in staff only, found by `User.email` and nothing else (allauth's backend would also take any
    address in its own table)."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **credentials: Any
    ) -> User | None:
        user = super().authenticate(request, username, password, **credentials)
        return user if isinstance(user, User) and user.is_staff else None


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": _("This is not the code we mailed. Type it again, or ask for a new one."),
        "too_many_login_attempts": _("That was too many tries. Wait five minutes, then try again."),
        "rate_limited": _("That was too many times. Wait one minute, then try again; after ten times, one hour."),
        "email_password_mismatch": _("The e-mail or the password is not right. Check both and try again."),
        "account_inactive": _("This sign-in is switched off. Call us if you think it should not be."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Into the outbox, in the recipient's language. For an unknown address the same mail is written, put in and
        taken out again, so that nothing is sent and no clock tells the two apart."""
        user = User.objects.with_email(email)
        unknown = template_prefix == UNKNOWN or user is None
        if template_prefix == PASSWORD_RESET:
            unknown = user is None or not user.is_staff  # importers have no password
        language = user.language if user else settings.LANGUAGE_CODE
        with translation.override(language), transaction.atomic():
            prefix = _template(template_prefix, user, unknown)
            subject, text, html = _write(prefix, {"code": "000000", "email": email} | context)
            post(
                MailKind.ACCOUNT,
                to_email=user.email if user else email,
                to_name=user.name if user else "",
                language=language,
                why="asked for by somebody on the sign-in page",
                expires_at=timezone.now() + VALID,
                subject=subject,
                text=text,
                html=html,
            )
            if unknown:
                transaction.set_rollback(True)  # also nobody is rung for

    def set_password(self, user: User, password: str) -> None:
        """Whichever page asks: only staff have a password."""
        if not user.is_staff:
            raise Http404
        super().set_password(user, password)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """On the portal's own address, whatever host the browser named."""
        marks = {"uidb36": "UID", "key": "KEY"}
        page = reverse("account_reset_password_from_key", kwargs=marks).replace("UID-KEY", quote(key))
        return settings.PUBLIC_URL + page

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        messages.error(request, self.error_messages["account_inactive"])
        return redirect("account_login")

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """The person's own language from here on, unless another was chosen in this browser."""
        drafts.hand_over(request, user)
        response: HttpResponse = super().post_login(request, user, **options)
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                user.language,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                samesite="Lax",
            )
        return response

    def logout(self, request: HttpRequest) -> None:
        """What one had typed goes with the session; what waits in this browser for somebody else stays."""
        others = drafts.of_others(request)
        super().logout(request)
        drafts.wait(request, others)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        staff = isinstance(request.user, User) and request.user.is_staff
        return reverse("admin:index" if staff else "importers")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")


def _template(prefix: str, user: User | None, unknown: bool) -> str:
    """Staff have a password and a second factor: a code alone does not let them in, and the mail says so."""
    if user is not None and user.is_staff and prefix == LOGIN_CODE:
        return "account/email/staff_sign_in"
    return LOGIN_CODE if unknown else prefix


def _write(prefix: str, context: dict[str, Any]) -> tuple[str, str, str]:
    """Subject, text, HTML."""
    values = context | {
        **frame(BrokerFirm.current()),
        "login_url": settings.PUBLIC_URL + reverse("account_login"),
        "host": urlsplit(settings.PUBLIC_URL).netloc,
        "minutes": int(VALID.total_seconds() // 60),
        "request": allauth_context.request,
    }
    subject = " ".join(render_to_string(f"{prefix}_subject.txt", values).split())[:LONGEST_SUBJECT]
    text = without_gaps(render_to_string(f"{prefix}_message.txt", values))
    pages = [f"{prefix}_message.html", "account/email/plain_message.html"]
    html = render_to_string(pages, values | {"text": text})
    return subject, text, css_inline.inline(html)
