"""What somebody typed into a form that could not be taken in because they had to sign in again.

It is kept in the session of this browser, on the server, for an hour at most, and is only ever shown in the form again:
nothing is saved before the person presses the button. A form says for whom it was made (`mark_of`), and nobody else is
shown what was typed into it, nor does it outlive signing out. What looks like bank details is not kept even here.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, QueryDict
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac
from django.utils.translation import gettext

from importers.domain.errors import RuleViolation
from importers.domain.free_text import refuse_bank_details
from importers.models import User

KEPT = timedelta(hours=1)
PAGES = 5
LONGEST = 20_000  # characters, all answers of a form together
MADE_FOR = "made_for"  # the field of a form that holds the mark of the person it was made for
WITHOUT = "without"  # ?without=<name of the draft> shows what is saved instead
IN_SESSION = "drafts"
SIGNER = Signer(salt="importers.drafts")

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Draft:
    name: str
    typed: QueryDict


def keeps_drafts(fields: Callable[..., Iterable[str]]) -> Callable[[View], View]:
    """Marks a view whose form is kept. `fields` gets the arguments of its address and names what may be kept."""

    def mark(view: View) -> View:
        view.draft_fields = fields  # type: ignore[attr-defined]
        return view

    return mark


def mark_of(user: User) -> str:
    """Signed, so that only forms of ours are kept; not the number itself, which is nobody's business."""
    return SIGNER.sign(salted_hmac("importers.drafts", str(user.pk)).hexdigest())


def has_form(request: HttpRequest) -> bool:
    return bool(_known_fields(request))


def keep(request: HttpRequest) -> bool:
    """False when this is no form of ours on a page that is marked, or what was typed is too much."""
    fields = _known_fields(request)
    typed = {name: request.POST.getlist(name) for name in fields if name in request.POST}
    length = sum(len(value) for values in typed.values() for value in values)
    if not typed or length > LONGEST or not _is_ours(request.POST.get(MADE_FOR, "")):
        return False
    others = _fresh(request)
    others.pop(request.path, None)
    draft = {
        "name": get_random_string(8),
        "at": time.time(),
        "for": request.POST[MADE_FOR],
        "typed": {name: [_without_bank_details(value) for value in values] for name, values in typed.items()},
    }
    request.session[IN_SESSION] = dict([*others.items(), (request.path, draft)][-PAGES:])
    if not request.user.is_authenticated:
        request.session.set_expiry(int(KEPT.total_seconds()))
    return True


def keep_for_the_way_in(request: HttpRequest) -> None:
    """For whoever is sent to the sign-in page from a form: keeps what was typed, and says so there."""
    if keep(request):
        messages.info(
            request,
            gettext(
                "You had been signed out. What you typed is kept for an hour: sign in, and it is in the form again."
            ),
        )
    elif has_form(request):
        messages.warning(request, gettext("You had been signed out, so nothing was saved. Sign in, and type it again."))


def kept_for(request: HttpRequest) -> Draft | None:
    """What this person typed on this page, to be shown to them and nobody else."""
    draft = _fresh(request).get(request.path)
    if draft is None or not _is_of(draft, request.user) or request.GET.get(WITHOUT) == draft["name"]:
        return None
    typed = QueryDict(mutable=True)
    for name, values in draft["typed"].items():
        typed.setlist(name, values)
    return Draft(draft["name"], typed)


def forget(request: HttpRequest) -> None:
    """The form has come in: from here on it is shown as any other."""
    drafts = request.session.get(IN_SESSION, {})
    if drafts.pop(request.path, None):
        request.session[IN_SESSION] = drafts


def hand_over(request: HttpRequest, user: User) -> None:
    """Somebody has signed in: what others typed in this browser goes, and the session lasts as any other."""
    if IN_SESSION in request.session:
        drafts = {path: draft for path, draft in _fresh(request).items() if _is_of(draft, user)}
        request.session[IN_SESSION] = drafts
        request.session.set_expiry(None)


def forget_old(request: HttpRequest) -> None:
    if len(fresh := _fresh(request)) < len(request.session.get(IN_SESSION, {})):
        request.session[IN_SESSION] = fresh


def _known_fields(request: HttpRequest) -> list[str]:
    match = request.resolver_match
    fields = getattr(match.func, "draft_fields", None) if match else None
    return list(fields(**match.kwargs)) if match and fields else []


def _fresh(request: HttpRequest) -> dict[str, dict[str, Any]]:
    since = time.time() - KEPT.total_seconds()
    return {path: draft for path, draft in request.session.get(IN_SESSION, {}).items() if draft["at"] >= since}


def _is_ours(mark: str) -> bool:
    try:
        SIGNER.unsign(mark)
    except BadSignature:
        return False
    return True


def _is_of(draft: dict[str, Any], user: object) -> bool:
    return isinstance(user, User) and constant_time_compare(draft["for"], mark_of(user))


def _without_bank_details(text: str) -> str:
    try:
        refuse_bank_details(text)
    except RuleViolation:
        return ""
    return text
