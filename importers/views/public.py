"""Pages for everybody, signed in or not."""

from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import override
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

from importers.brand import style_sheet
from importers.domain.failures import Place
from importers.models import BrokerFirm, Campaign, User
from importers.pages.failures import public_failures

A_DAY = 24 * 60 * 60


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        return redirect("admin:index" if request.user.is_staff else "importers")
    return render(request, "importers/home.html", {"campaign": Campaign.objects.shown()})


@login_not_required
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    places = (Place.APPLYING, Place.ACH_TAB, Place.FORM_4811)
    failures = {place.name.lower(): public_failures(place) for place in places}
    return render(request, "importers/guide.html", {"campaign": Campaign.objects.shown(), "failures": failures})


@login_not_required
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    host = urlsplit(settings.PUBLIC_URL).netloc
    return render(request, "importers/verify.html", {"host": host, "sender": parseaddr(settings.DEFAULT_FROM_EMAIL)[1]})


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "importers/privacy.html", {"host": urlsplit(settings.PUBLIC_URL).netloc})


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "importers/accessibility.html")


@login_not_required
@require_safe
def brand(request: HttpRequest) -> HttpResponse:
    """The accent colour. Its address changes with the colour, so browsers may keep it."""
    response = HttpResponse(style_sheet(BrokerFirm.current().colour), content_type="text/css")
    response["Cache-Control"] = f"public, max-age={A_DAY}"
    return response


@login_not_required
def language(request: HttpRequest) -> HttpResponse:
    """The switch in the header; the choice is kept, so that mails come in the same language."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return redirect("home")  # Django would keep a translation in memory for every name that it is given
    user = request.user
    if isinstance(user, User):
        user.language = chosen
        user.save(update_fields=["language"])
    with override(chosen):
        return set_language(request)
