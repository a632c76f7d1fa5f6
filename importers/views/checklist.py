"""My importers, one importer's checklist, and its steps."""

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from importers.access import may_open, may_write, signed_in
from importers.domain.checklist import STEP_BY_KEY, Status
from importers.forms import STEP_FORMS, StepForm, saved
from importers.models import BrokerFirm, Campaign
from importers.pages.answers import unread_answers
from importers.pages.checklist import next_thing, sections
from importers.pages.importer import ImporterPage, page_for, step_page_for
from importers.pages.importers import by_turn, importers_of
from importers.pages.onward import onward
from importers.pages.sent_to_me import sent_to_me
from importers.pages.step import StepPage
from importers.pages.waiting import turns
from importers.services.delegations import note_opened
from importers.services.questions import note_answers_read
from importers.services.readiness import checklist_of
from importers.services.steps import note_visit
from importers.views.kept import filled_in, keeps_drafts
from importers.wording import step_title


@never_cache
@require_safe
def importers(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if user.is_staff:
        return redirect("admin:index")
    firm = BrokerFirm.current()
    rows = importers_of(user, firm)
    sent = sent_to_me(user, firm)
    if len(rows) == 1 and not sent:
        return redirect(rows[0].url)
    context = {"turns": list(by_turn(rows)), "sent": sent, "firm": firm}
    deadline = _deadline(is_done=all(row.is_done for row in rows))
    return render(request, "importers/importers.html", context | deadline)


@never_cache
@require_safe
def checklist(request: HttpRequest, uuid: UUID) -> HttpResponse:
    page = page_for(request, uuid)
    if request.method == "GET" and may_write(page.user) and page.importer.not_yet_visited:  # type: ignore[attr-defined]
        note_visit(page.importer, by=page.user)
    return render(
        request,
        "importers/checklist.html",
        frame(page)
        | _deadline(is_done=page.checklist.first_blocker is None)
        | {
            "unread": list(unread_answers(page)),
            "sections": list(sections(page)),
            "next": next_thing(page),
            "turns": list(turns(page.checklist)),
            "today": page.checklist.facts.as_of,
            "address": settings.PUBLIC_URL.partition("://")[2],
        },
    )


@keeps_drafts(lambda uuid, key: STEP_FORMS.get(key))
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, uuid: UUID, key: str) -> HttpResponse:
    if key not in STEP_BY_KEY:
        raise Http404
    page = step_page_for(request, uuid, key)
    context = StepPage.of(page, key)
    form = filled_in(request, partial(STEP_FORMS[key], page=page)) if context.takes_answers else None
    if request.method != "POST":
        if request.method == "GET" and page.mine and page.mine.opened_at is None:
            note_opened(page.importer, page.mine, by=page.user)
        read_answers(request, page, key)
    elif form is None:  # settled elsewhere meanwhile, or an old tab
        if page.mine or not context.is_done:
            messages.warning(request, gettext("This step is not open any more. Nothing was saved."))
        return redirect("step", uuid, key)
    elif form.is_valid() and saved(form):
        return _after(request, form, uuid, key)
    return _render(request, page, key, form)


def _after(request: HttpRequest, form: StepForm, uuid: UUID, key: str) -> HttpResponse:
    goal = _goal(request, form, uuid, key)
    told = list(_told(form, key, goal))
    elsewhere = (reverse("checklist", args=[uuid]), reverse("importers"), request.path)
    if goal not in elsewhere and "back" not in request.GET:
        told.append(gettext("Here is the next step."))
        goal += "#content"  # or a browser goes to the field of the mistake that was corrected, if there is one like it
    messages.success(request, " ".join(told))
    return redirect(goal)


def _goal(request: HttpRequest, form: StepForm, uuid: UUID, key: str) -> str:
    if form.stays or form.page.mine:
        return reverse("step", args=[uuid, key])
    if not may_open(form.page.user, uuid):  # an officer who has handed over
        return reverse("importers")
    if request.GET.get("back") == "inform-broker":
        return reverse("step", args=[uuid, "inform-broker"])
    return onward(form.page)


def _told(form: StepForm, key: str, goal: str) -> Iterator[str]:
    """What is saved, whether that finishes the step, and what follows from it."""
    now = checklist_of(form.importer)
    if key == "inform-broker":
        yield gettext("Thank you. Your declaration has been sent, and a receipt is on its way by mail.")
        return
    if now[key].status is Status.DONE and not form.stays:
        title = step_title(STEP_BY_KEY[key], now.facts)
        yield gettext("Saved. The step “%(step)s” is done.") % {"step": title}
    else:
        yield gettext("Saved.")
    if form.told:
        yield form.told
    if goal == reverse("importers"):
        yield gettext("This checklist is now closed to you.")
    if form.page.mine:
        yield gettext("%(name)s can see it on the checklist.") % {"name": form.page.mine.sender}
    if form.page.checklist.facts.is_declared and not now.facts.is_declared:
        yield gettext("An answer has changed: the officer declares the answers again, and then we check them again.")


def _render(request: HttpRequest, page: ImporterPage, key: str, form: StepForm | None) -> HttpResponse:
    context = frame(page) | {
        "step": StepPage.of(page, key),
        "unread": list(unread_answers(page, here=key)),
        "form": form,
    }
    status = 409 if form and form.differences else 200
    return render(request, f"importers/steps/{key}.html", context, status=status)


def _deadline(*, is_done: bool) -> dict[str, object]:
    campaign = Campaign.objects.shown()
    is_past = campaign is not None and campaign.is_past(timezone.now())
    return {"campaign": campaign, "is_past": is_past, "is_done": is_done}


def read_answers(request: HttpRequest, page: ImporterPage, key: str) -> None:
    """A person has the page before them; what only looks whether it is there (HEAD) reads nothing."""
    if request.method == "GET" and key in page.unread_answers:
        note_answers_read(page.importer, key, by=page.user)


def frame(page: ImporterPage) -> dict[str, object]:
    return {
        "page": page,
        "importer": page.importer,
        "firm": page.firm,
        "contact": page.contact,
        "checklist": page.checklist,
    }
