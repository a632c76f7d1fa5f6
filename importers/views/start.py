"""The mailed link. Opening it never acts: mail scanners open links. A person presses a button, a code is mailed,
and the code signs in.

The page sends no referrer, because its address holds the token. Browsers then send "Origin: null" with its forms,
which Django's CSRF check refuses; so the view is exempt. Nothing is lost: only a holder of the signed token can post,
and all it does is mail a code to the person it was made for.
"""

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.forms import RequestLoginCodeForm
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from importers.letters import START_SALT
from importers.models import ImporterAccess, ImporterOfRecord, MailKind, Notification, User
from importers.pages.sent_to_me import SentToMe, behind_link
from importers.views.code import mail_code

VALID = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom the link is for. Everything a stranger who holds the link may see is masked by the template."""

    importer: ImporterOfRecord
    user: User
    language: str
    is_officer: bool
    step: SentToMe | None = None  # the one step that the link opens; without it the checklist

    @property
    def goal(self) -> str:
        return self.step.url if self.step else reverse("checklist", args=[self.importer.uuid])


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, token: str) -> HttpResponse:
    invitation = _read(token)
    language = _language(request, invitation)
    with translation.override(language):
        response = _answer(request, invitation)
    if request.method == "POST":
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, secure=settings.LANGUAGE_COOKIE_SECURE, samesite="Lax"
        )
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, invitation: Invitation | SentToMe | str) -> HttpResponse:
    if isinstance(invitation, SentToMe):
        return render(request, "importers/start_step_closed.html", {"closed": invitation}, status=410)
    if isinstance(invitation, str):
        return render(request, "importers/start_refused.html", {"why": invitation}, status=410)
    if request.user == invitation.user:
        return render(request, "importers/start.html", {"invitation": invitation, "signed_in": True})
    if request.method != "POST":
        return render(request, "importers/start.html", {"invitation": invitation})
    return _mail_code(request, invitation)


def _mail_code(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The same way in as on the sign-in page, limits included; only the address is known already."""
    form = RequestLoginCodeForm({"email": invitation.user.email})
    if request.user.is_authenticated or not form.is_valid():
        context = {"invitation": invitation, "too_many": not request.user.is_authenticated}
        return render(request, "importers/start.html", context, status=429 if context["too_many"] else 200)
    mail_code(request, user=invitation.user, email=invitation.user.email, link=request.path)
    return redirect(f"{reverse('account_confirm_login_code')}?{urlencode({'next': invitation.goal})}")


def _read(token: str) -> Invitation | SentToMe | str:
    """What the link stands for, or why it no longer works: "unknown", "expired", "revoked"."""
    try:
        uuid = TimestampSigner(salt=START_SALT).unsign(token, max_age=VALID)
    except SignatureExpired:
        return "expired"
    except BadSignature:
        return "unknown"
    mail = Notification.objects.filter(uuid=uuid).select_related("importer__officer").first()
    if mail is None or mail.importer is None:
        return "unknown"
    if mail.kind == MailKind.DELEGATION:
        return _read_sent_step(mail, mail.importer)
    access = ImporterAccess.objects.filter(
        importer=mail.importer, user__email__iexact=mail.to_email, user__is_active=True, revoked_at=None
    ).select_related("user")
    found = access.first()
    if found is None or found.user.is_staff:
        return "revoked"
    return Invitation(mail.importer, found.user, mail.language, mail.kind == MailKind.OFFICER_INVITATION)


def _read_sent_step(mail: Notification, importer: ImporterOfRecord) -> Invitation | SentToMe | str:
    """The step itself when it is no longer open."""
    step = behind_link(mail, importer)
    if step is None:
        return "unknown"
    if not step.sent.is_open:
        return step
    return Invitation(importer, step.page.user, mail.language, is_officer=False, step=step)


def _language(request: HttpRequest, invitation: Invitation | SentToMe | str) -> str:
    """The one asked for on this page, else the one chosen before, else the mail's."""
    asked = request.GET.get("language", "")
    if asked in dict(settings.LANGUAGES):
        return asked
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES or request.user.is_authenticated
    if chosen or isinstance(invitation, str):
        return translation.get_language() or "en"
    return invitation.page.user.language if isinstance(invitation, SentToMe) else invitation.language
