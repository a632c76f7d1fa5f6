"""The mailed link. Opening it never acts: mail scanners open links, many times, and follow where they lead. A person
presses a button, a code is mailed, and the code signs in; only then is the link used up.

Its address holds the token, so no other page's does: the button leads to the page of the code, and whoever must come
back from there comes back to an address without it, for which the session knows what was shown (`again`). The first
page itself does not lead on to such an address at once. For that it would have to write a session for every scanner
that comes by, would be empty in a browser without cookies, and two links in two tabs would be one.

That page sends no referrer. Browsers then send "Origin: null" with its forms, which Django's CSRF check refuses; so
the view is exempt. Nothing is lost: only a holder of the signed token can post, and all it does is mail a code or a
new link to the person it was made for.
"""

from datetime import UTC, datetime
from uuid import UUID

from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from importers.domain.links import LinkState
from importers.pages.link import MailedLink
from importers.services.delegations import mail_again
from importers.services.links import mail_new_link
from importers.views.code import FROM_LINK, mail_code, may_mail_code

SHOWN = "shown_links"  # in the session: mails whose link was shown here, and when it was written
SHOWN_AT_MOST = 5


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, token: str) -> HttpResponse:
    response = _page(request, _read(token))
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The same page without the token, for a browser in which the link was opened and its button pressed."""
    written = request.session.get(SHOWN, {}).get(uuid.hex)
    if written is None:
        return redirect("account_request_login_code")
    return _page(request, MailedLink.in_mail(uuid, datetime.fromtimestamp(written, UTC)))


@login_not_required
@require_safe
def new_link_mailed(request: HttpRequest) -> HttpResponse:
    """Says the same to everybody: it does not know which link it was."""
    return render(request, "importers/new_link_mailed.html")


def _read(token: str) -> MailedLink:
    return MailedLink.of(token)


def _page(request: HttpRequest, link: MailedLink) -> HttpResponse:
    language = _language(request, link)
    with translation.override(language):
        response = _answer(request, link)
    if request.method == "POST":
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


def _answer(request: HttpRequest, link: MailedLink) -> HttpResponse:
    if link.user is not None and request.user == link.user:
        return redirect(link.goal)
    if link.state is LinkState.OPEN:
        return _mail_code(request, link) if request.method == "POST" else _open(request, link)
    if request.method == "POST" and request.POST.get("action") == "new-link" and link.state.is_renewable:
        return _mail_new_link(request, link)
    return _refused(request, link)


def _open(request: HttpRequest, link: MailedLink, *, too_many: bool = False) -> HttpResponse:
    context = {"link": link, "too_many": too_many}
    return render(request, "importers/start.html", context, status=429 if too_many else 200)


def _refused(request: HttpRequest, link: MailedLink, *, too_many: bool = False) -> HttpResponse:
    if link.closed_step is not None:
        return render(request, "importers/start_step_closed.html", {"closed": link.closed_step}, status=410)
    context = {"link": link, "too_many": too_many}
    return render(request, "importers/start_refused.html", context, status=429 if too_many else 410)


def _mail_code(request: HttpRequest, link: MailedLink) -> HttpResponse:
    """The same way in as on the sign-in page; only the address is known already."""
    assert link.user and link.mail and link.mailed_at  # noqa: S101, PT018 - of an open link all are there
    if request.user.is_authenticated:  # as somebody else
        return _open(request, link)
    if not may_mail_code(request, email=link.user.email, link=link.mail.uuid.hex):
        return _open(request, link, too_many=True)
    shown = request.session.get(SHOWN, {}) | {link.mail.uuid.hex: link.mailed_at.timestamp()}
    request.session[SHOWN] = dict(list(shown.items())[-SHOWN_AT_MOST:])
    mail_code(request, user=link.user, email=link.user.email, link=link.mail.uuid.hex)
    query = urlencode({"next": link.goal, FROM_LINK: "yes"})
    return redirect(f"{reverse('account_confirm_login_code')}?{query}")


def _mail_new_link(request: HttpRequest, link: MailedLink) -> HttpResponse:
    assert link.user and link.mail and link.mailed_at  # noqa: S101, PT018 - of a renewable one too
    if not ratelimit.consume(request, action="new_link", key=link.user.email.lower()):
        return _refused(request, link, too_many=True)
    if link.step:
        is_mailed = mail_again(link.step.importer, link.step.sent.uuid)
    else:
        is_mailed = mail_new_link(link.mail, to=link.user)
    if not is_mailed:  # closed meanwhile
        return _refused(request, MailedLink.in_mail(link.mail.uuid, link.mailed_at))
    return redirect("new_link_mailed")


def _language(request: HttpRequest, link: MailedLink) -> str:
    """The one asked for on this page, else the one chosen before, else the mail's."""
    asked = request.GET.get("language", "")
    if asked in dict(settings.LANGUAGES):
        return asked
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES or request.user.is_authenticated
    if chosen or link.mail is None:
        return translation.get_language() or "en"
    return link.mail.language
