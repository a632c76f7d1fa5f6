"""What of allauth is open, and to whom. Named one by one: an address that is not here answers 404.

Nobody signs up and nobody manages addresses: whose an importer is hangs on `User.email`, which only the broker writes.
Passwords and second factors are the staff's; importers sign in with a mailed code.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, re_path

from importers.views.code import ConfirmCode

View = Callable[..., HttpResponseBase]


def staff_only(view: View) -> View:
    """For importers the page is not there. Who is not signed in meets allauth's own rules."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not getattr(request.user, "is_staff", False):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _staff(route: str, view: View, name: str) -> URLPattern:
    return path(route, staff_only(view), name=name)


@login_not_required
def closed(request: HttpRequest) -> HttpResponseBase:
    """allauth needs the name of the page in which people sign up, to write its address where nobody reads it."""
    raise Http404


RESET_KEY = r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("login/code/", account.request_login_code, name="account_request_login_code"),
    path("login/code/confirm/", ConfirmCode.as_view(), name="account_confirm_login_code"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", closed, name="account_signup"),
    _staff("reauthenticate/", account.reauthenticate, "account_reauthenticate"),
    _staff("password/change/", account.password_change, "account_change_password"),
    _staff("password/set/", account.password_set, "account_set_password"),
    _staff("password/reset/", account.password_reset, "account_reset_password"),
    _staff("password/reset/done/", account.password_reset_done, "account_reset_password_done"),
    _staff("password/reset/key/done/", account.password_reset_from_key_done, "account_reset_password_from_key_done"),
    re_path(RESET_KEY, staff_only(account.password_reset_from_key), name="account_reset_password_from_key"),
    _staff("2fa/", factor.index, "mfa_index"),
    _staff("2fa/authenticate/", factor.authenticate, "mfa_authenticate"),
    _staff("2fa/reauthenticate/", factor.reauthenticate, "mfa_reauthenticate"),
    _staff("2fa/totp/activate/", totp.activate_totp, "mfa_activate_totp"),
    _staff("2fa/totp/deactivate/", totp.deactivate_totp, "mfa_deactivate_totp"),
    _staff("2fa/recovery-codes/", recovery.view_recovery_codes, "mfa_view_recovery_codes"),
    _staff("2fa/recovery-codes/generate/", recovery.generate_recovery_codes, "mfa_generate_recovery_codes"),
    _staff("2fa/recovery-codes/download/", recovery.download_recovery_codes, "mfa_download_recovery_codes"),
    _staff("2fa/webauthn/", webauthn.list_webauthn, "mfa_list_webauthn"),
    _staff("2fa/webauthn/add/", webauthn.add_webauthn, "mfa_add_webauthn"),
    _staff("2fa/webauthn/reauthenticate/", webauthn.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    _staff("2fa/webauthn/keys/<int:pk>/remove/", webauthn.remove_webauthn, "mfa_remove_webauthn"),
    _staff("2fa/webauthn/keys/<int:pk>/edit/", webauthn.edit_webauthn, "mfa_edit_webauthn"),
    _staff("2fa/webauthn/login/", webauthn.login_webauthn, "mfa_login_webauthn"),
]
