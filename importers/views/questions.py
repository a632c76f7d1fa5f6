"""The page on which an importer asks about a step, and the one that leads there from the checklist."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from importers import drafts
from importers.domain.checklist import STEP_BY_KEY
from importers.forms import saved
from importers.forms.question import QuestionForm
from importers.pages.answers import unread_answers
from importers.pages.asking import places_to_ask
from importers.pages.importer import ImporterPage, page_for, step_page_for
from importers.pages.step import StepPage
from importers.views.checklist import frame, read_answers
from importers.views.kept import filled_in, keeps_drafts


@never_cache
@require_safe
def ask(request: HttpRequest, uuid: UUID) -> HttpResponse:
    page = page_for(request, uuid)
    return render(request, "importers/ask.html", frame(page) | {"places": list(places_to_ask(page))})


@keeps_drafts(lambda **_where: QuestionForm)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, uuid: UUID, key: str) -> HttpResponse:
    page = step_page_for(request, uuid, key)
    if key not in STEP_BY_KEY:
        raise Http404
    if page.may_write and not StepPage.of(page, key).may_ask:  # the answers are declared
        return _not_sent(request, page, key) if request.method == "POST" else redirect("step", uuid, key)
    form = filled_in(request, partial(QuestionForm, page=page, step=key, topic=request.GET.get("topic", "")))
    if request.method == "POST" and form.is_valid() and saved(form):
        told = gettext("Your question has been sent. The answer comes by mail, and stands on this page.")
        messages.success(request, told)
        return redirect(reverse("step", args=[uuid, key]) + "#questions")
    read_answers(request, page, key)
    context = frame(page) | {
        "step": StepPage.of(page, key),
        "unread": list(unread_answers(page, here=key)),
        "form": form if page.may_write else None,
    }
    return render(request, "importers/question.html", context)


def _not_sent(request: HttpRequest, page: ImporterPage, key: str) -> HttpResponse:
    """The answers were declared while the question was written: it is shown, to be copied."""
    drafts.forget(request)
    told = gettext("The answers have been declared meanwhile, so your question was not sent. Call us or write a mail.")
    messages.warning(request, told)
    context = frame(page) | {"step": StepPage.of(page, key), "unsent": request.POST.get("text", "")}
    return render(request, "importers/question.html", context, status=409)
