"""A form whose CSRF token no longer holds, because the person signed in again in another tab meanwhile. It is shown
once more with what was typed, a fresh token, and nothing saved; to somebody else, who has signed in meanwhile, it is
not shown.

No other site can use this to put words into somebody's form: only what the browser says was sent from our own pages is
kept, and that is Django's own first test too. All else gets the plain refusal.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.csrf import csrf_failure

from importers import drafts
from importers.views.kept import somebody_elses


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    if not (drafts.has_form(request) and _is_from_our_own_page(request)):
        return csrf_failure(request, reason)
    if drafts.PUT_ASIDE not in request.POST:  # else it is still there, and so is the button
        if not request.user.is_authenticated:
            drafts.keep_for_the_way_in(request)
        elif drafts.is_somebody_elses(request):
            return somebody_elses(request)
        elif not drafts.keep(request):
            return csrf_failure(request, reason)
    return redirect(request.get_full_path())


def _is_from_our_own_page(request: HttpRequest) -> bool:
    origin = request.headers.get("origin", "")
    return origin in (f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS)
