"""The officer's side of sending a step to a colleague."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from importers.domain.checklist import DELEGABLE
from importers.domain.delegation import OPEN_DAYS
from importers.domain.errors import RuleViolation
from importers.forms.delegation import SendStepForm
from importers.models.delegation import last_day
from importers.pages.importer import ImporterPage, page_for
from importers.pages.step import StepPage
from importers.services import delegations
from importers.views.checklist import frame
from importers.views.kept import filled_in, keeps_drafts
from importers.wording import short_date, violation_text


@keeps_drafts(lambda **_where: SendStepForm)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, uuid: UUID, key: str) -> HttpResponse:
    page = _officers_page(request, uuid, key)
    if not page.may_send(key):
        messages.warning(request, gettext(delegations.NOT_NOW))
        return redirect("step", uuid, key)
    form = filled_in(request, partial(SendStepForm, page=page))
    if request.method == "POST" and form.is_valid() and (told := _sent(form, key)):
        messages.success(request, told)
        return redirect("step", uuid, key)
    context = frame(page) | {"step": StepPage.of(page, key), "form": form, "days": OPEN_DAYS}
    return render(request, "importers/send_step.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, uuid: UUID, key: str, sent: UUID) -> HttpResponse:
    """By GET comes who was signed out when the button was pressed, and has signed in: nothing is done yet."""
    page = _officers_page(request, uuid, key)
    found = next((s for s in page.sent if (s.uuid, s.step) == (sent, key)), None)
    if found is None:
        raise Http404
    if request.method == "POST":
        delegations.revoke(page.importer, sent, by=page.user)  # a second time there is nothing left to do
    elif found.is_open:
        told = gettext(
            "%(name)s still has this step: nothing has been done yet. Press “Take it back” once more, further down."
        )
        messages.warning(request, told % {"name": found.name})
        return redirect("step", uuid, key)
    messages.success(request, gettext("%(name)s can no longer open this step.") % {"name": found.name})
    return redirect("step", uuid, key)


def _officers_page(request: HttpRequest, uuid: UUID, key: str) -> ImporterPage:
    page = page_for(request, uuid)
    if key not in DELEGABLE:
        raise Http404
    if not page.is_officers:
        raise PermissionDenied
    return page


def _sent(form: SendStepForm, key: str) -> str:
    """What has happened, "" when it was refused."""
    try:
        delegation, is_new = form.send(key)
    except RuleViolation as violation:
        form.add_error(None, violation_text(violation))
        return ""
    words = {"name": delegation.name, "day": short_date(last_day(delegation.expires_at))}
    if is_new:
        return gettext("Sent. %(name)s gets a mail with a link to this step, which is open until %(day)s.") % words
    return gettext("%(name)s has this step already, until %(day)s. No second mail has gone out.") % words
