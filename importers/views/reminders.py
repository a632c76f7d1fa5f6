"""The link in a reminder that stops the reminders. Opening it shows a page with a button; a mail program that knows
RFC 8058 posts without showing one, with no cookie and from nowhere, so the view is exempt from the CSRF check: only a
holder of the signed token can post, and all it does is stop or start the reminders to the address it went to. It
answers with a page, not with a redirect: a redirected POST would come back as GET, and the RFC forbids it."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from importers.contact import contact_for
from importers.models import BrokerFirm, Campaign, MailKind, Notification
from importers.services.mailboxes import opt_in, opt_out, wants_reminders
from importers.stop_link import ONE_CLICK, read_stop_token


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    mail = _mail(token)
    if request.method == "POST":
        _act(request, mail)
    with translation.override(_language(request, mail)):
        response = render(request, "importers/stop_reminders.html", _context(request, mail))
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _mail(token: str) -> Notification:
    uuid = read_stop_token(token)
    reminders = Notification.objects.filter(kind=MailKind.REMINDER).select_related("importer__assigned_to")
    mail = reminders.filter(uuid=uuid).first() if uuid else None
    if mail is None:
        raise Http404
    return mail


def _act(request: HttpRequest, mail: Notification) -> None:
    name, _sep, value = ONE_CLICK.partition("=")
    if request.POST.get("action") == "start":
        opt_in(mail.to_email)
    elif request.POST.get("action") == "stop" or request.POST.get(name) == value:
        opt_out(mail.to_email)


def _context(request: HttpRequest, mail: Notification) -> dict[str, object]:
    return {
        "mail": mail,
        "stopped": not wants_reminders(mail.to_email),
        "started": request.POST.get("action") == "start",
        "contact": contact_for(mail.importer, BrokerFirm.current()),
        "campaign": Campaign.objects.shown(),
    }


def _language(request: HttpRequest, mail: Notification) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else mail.language
