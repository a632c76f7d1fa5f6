"""Who must sign in first, how long that lasts, and that staff, who see every importer, see nothing before they have a
second factor (with STAFF_MFA_REQUIRED)."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from importers import drafts, sign_in
from importers.models import User

# Exact names, namespace included: nothing else opens because its name begins alike.
SETTING_IT_UP = {page.name for page in sign_in.urlpatterns} | {
    "health", "health-ready", "set_language", "brand", "verify",
}  # fmt: skip

TOUCHED = "touched"
_HOUR = timedelta(hours=1).total_seconds()


class SignInFirst(LoginRequiredMiddleware):
    """Whoever was signed out while filling a form in finds in it what they typed, after signing in."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        if request.method == "POST":
            drafts.keep_for_the_way_in(request)
        return super().handle_no_permission(request, view_func)


class SlidingSession:
    """A session ends two weeks after the last page, not after the sign-in: no working day is cut short by it. Once an
    hour is often enough to write that down, and only where the page has looked into the session anyway."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = request.session
        if session.accessed and SESSION_KEY in session and session.get(TOUCHED, 0) < time.time() - _HOUR:
            session[TOUCHED] = int(time.time())
            drafts.forget_old(request)
        return response


class StaffSecondFactor:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not (settings.STAFF_MFA_REQUIRED and isinstance(user, User) and user.is_staff):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in SETTING_IT_UP or is_mfa_enabled(user):
            return None
        messages.info(request, _("Set up a second way to prove that it is you. Staff need it to see importers."))
        return redirect("mfa_index")
