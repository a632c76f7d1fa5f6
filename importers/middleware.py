"""Staff see every importer: with STAFF_MFA_REQUIRED they see nothing before they have a second factor."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from importers import sign_in
from importers.models import User

# Exact names, namespace included: nothing else opens because its name begins alike.
SETTING_IT_UP = {page.name for page in sign_in.urlpatterns} | {
    "health", "health-ready", "set_language", "brand", "verify",
}  # fmt: skip


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
