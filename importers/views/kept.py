"""Pages on which nothing that was typed is lost: a form that cannot be taken in, because the person must sign in again
or has done so in another tab, comes again as it was (importers/drafts.py), until it is sent or put aside."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from importers import drafts
from importers.forms import PortalForm

View = Callable[..., HttpResponse]
AForm = TypeVar("AForm", bound=PortalForm)


def keeps_drafts(form_at: Callable[..., type[PortalForm] | None]) -> Callable[[View], View]:
    """Marks a view whose form is kept. `form_at` gets the arguments of its address."""

    def fields(**where: Any) -> list[str]:
        form = form_at(**where)
        return form.kept_fields() if form else []

    def mark(view: View) -> View:
        @wraps(view)
        def keeping(request: HttpRequest, *args: Any, **where: Any) -> HttpResponse:
            if request.method == "POST" and drafts.PUT_ASIDE in request.POST:
                drafts.forget(request)
                return redirect(request.get_full_path())
            if request.method == "POST" and drafts.is_somebody_elses(request):
                return somebody_elses(request)
            return view(request, *args, **where)

        keeping.draft_fields = fields  # type: ignore[attr-defined]
        return keeping

    return mark


def filled_in(request: HttpRequest, make: Callable[[Mapping[str, Any] | None], AForm]) -> AForm:
    """The form with what came in, or with what was kept of it before; else as `make` makes it."""
    if request.method == "POST":
        drafts.forget(request)
        return make(request.POST)
    form = make(None)
    if typed := drafts.kept_for(request):
        form.put_back(typed)
        messages.info(request, gettext("You have signed in again. Below is what you had typed; it is not saved yet."))
    return form


def somebody_elses(request: HttpRequest) -> HttpResponse:
    """A form that is still open from before somebody else signed in. It waits for whom it was made for."""
    kept = drafts.keep(request)
    return render(request, "importers/somebody_elses.html", {"kept": kept}, status=409)
