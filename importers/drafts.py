"""What somebody typed into a form that could not be taken in because they had to sign in again.

It is kept in the session of this browser, on the server, for an hour at most, and is only ever shown in the form again:
nothing is saved before the person presses the button. A form says for whom it was made (`mark_of`), and nobody else is
shown what was typed into it, nor does it outlive that person's signing out. What looks like bank details is not kept
even here. Which pages have such a form, and what they do with it, importers/views/kept.py says.
"""

import time
from datetime import timedelta
from typing import Any, TypeAlias

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, QueryDict
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from importers.domain.errors import RuleViolation
from importers.domain.free_text import refuse_bank_details
from importers.models import User

KEPT = timedelta(hours=1)
PAGES = 5
LONGEST = 20_000  # characters, all answers of a form together
MADE_FOR = "made_for"  # the field of a form that holds the mark of the person it was made for
PUT_ASIDE = "put_aside"  # the button that lets go of it
IN_SESSION = "drafts"
SIGNER = TimestampSigner(salt="importers.drafts")

LEFT_OUT = "left_out"  # what looked like bank details, and the person does not know it yet

Drafts: TypeAlias = dict[str, dict[str, Any]]  # by the address of the page and whom it is for


def mark_of(user: User) -> str:
    """Signed, so that only forms of ours are kept, and none that is older than any session."""
    return SIGNER.sign(_pseudonym(user))


def has_form(request: HttpRequest) -> bool:
    return bool(_known_fields(request))


def keep(request: HttpRequest) -> bool:
    """False when this is no form of ours on a page that has one, or what was typed is too much."""
    typed = {name: request.POST.getlist(name) for name in _known_fields(request) if name in request.POST}
    length = sum(len(value) for values in typed.values() for value in values)
    whose = _made_for(request)
    if not typed or length > LONGEST or not whose:
        return False
    kept = {name: [_without_bank_details(value) for value in values] for name, values in typed.items()}
    draft = {"at": time.time(), "for": whose, "typed": kept}
    if kept != typed and is_somebody_elses(request):
        draft[LEFT_OUT] = True
    elif kept != typed:
        _tell_left_out(request)
    others = _fresh(request)
    others.pop(_key(request, whose), None)
    _write(request, dict([*others.items(), (_key(request, whose), draft)][-PAGES:]))
    return True


def keep_for_the_way_in(request: HttpRequest) -> None:
    """For whoever pressed a button and is sent to the sign-in page: keeps what was typed, and says there what has
    become of it."""
    if _may_keep_more(request) and keep(request):
        messages.info(
            request,
            gettext(
                "You had been signed out. What you typed is kept for an hour: sign in, and it is in the form again."
            ),
        )
    elif has_form(request) and PUT_ASIDE not in request.POST:
        messages.warning(request, gettext("You had been signed out, so nothing was saved. Sign in, and type it again."))
    else:
        told = gettext("You had been signed out, so nothing was done. Sign in, and press the button again.")
        messages.warning(request, told)


def is_somebody_elses(request: HttpRequest) -> bool:
    """The form was made for another person, who was signed in in this browser before."""
    whose = _made_for(request)
    return bool(whose) and isinstance(request.user, User) and whose != _pseudonym(request.user)


def kept_for(request: HttpRequest) -> QueryDict | None:
    """What this person typed on this page, to be shown to them and nobody else."""
    draft = _fresh(request).get(_key(request))
    if draft is None or not _is_of(draft, request.user):
        return None
    if draft.pop(LEFT_OUT, False):
        _tell_left_out(request)
        request.session.modified = True
    typed = QueryDict(mutable=True)
    for name, values in draft["typed"].items():
        typed.setlist(name, values)
    return typed


def forget(request: HttpRequest) -> None:
    """The form has come in: from here on it is shown as any other."""
    drafts = request.session.get(IN_SESSION, {})
    if drafts.pop(_key(request), None):
        request.session[IN_SESSION] = drafts


def hand_over(request: HttpRequest, user: User) -> None:
    """Somebody has signed in: what others typed in this browser goes, and the session lasts as any other."""
    if IN_SESSION in request.session:
        drafts = {path: draft for path, draft in _fresh(request).items() if _is_of(draft, user)}
        request.session[IN_SESSION] = drafts
        request.session.set_expiry(None)


def of_others(request: HttpRequest) -> Drafts:
    """What waits in this browser for somebody else than who is signed in."""
    return {path: draft for path, draft in _fresh(request).items() if not _is_of(draft, request.user)}


def wait(request: HttpRequest, drafts: Drafts) -> None:
    """Goes on keeping them in a new session."""
    if drafts:
        _write(request, drafts)


def forget_old(request: HttpRequest) -> None:
    if len(fresh := _fresh(request)) < len(request.session.get(IN_SESSION, {})):
        request.session[IN_SESSION] = fresh


def _key(request: HttpRequest, whose: str = "") -> str:
    """Of a draft on this page, for whom it was made or else who is signed in."""
    if not whose and isinstance(request.user, User):
        whose = _pseudonym(request.user)
    return f"{request.path} {whose}"


def _tell_left_out(request: HttpRequest) -> None:
    told = gettext("One answer looks like bank details, so it was not kept: those are typed into ACE and nowhere else.")
    messages.warning(request, told)


def _known_fields(request: HttpRequest) -> list[str]:
    match = request.resolver_match
    fields = getattr(match.func, "draft_fields", None) if match else None
    return list(fields(**match.kwargs)) if match and fields else []


def _fresh(request: HttpRequest) -> Drafts:
    since = time.time() - KEPT.total_seconds()
    return {path: draft for path, draft in request.session.get(IN_SESSION, {}).items() if draft["at"] >= since}


def _write(request: HttpRequest, drafts: Drafts) -> None:
    request.session[IN_SESSION] = drafts
    if not request.user.is_authenticated:
        request.session.set_expiry(int(KEPT.total_seconds()))


def _may_keep_more(request: HttpRequest) -> bool:
    """Each form that is kept for somebody who is not signed in may be a new session: with an old page at hand, anybody
    could fill the table with them."""
    whose = _made_for(request)
    return bool(whose) and ratelimit.consume(request, action="keep_draft", key=whose)


def _pseudonym(user: User) -> str:
    """The number itself is nobody's business."""
    return salted_hmac("importers.drafts", str(user.pk)).hexdigest()


def _made_for(request: HttpRequest) -> str:
    """The pseudonym in the form's mark; "" when it bears none of ours or too old a one."""
    try:
        return SIGNER.unsign(request.POST.get(MADE_FOR, ""), max_age=settings.SESSION_COOKIE_AGE)
    except BadSignature:
        return ""


def _is_of(draft: dict[str, Any], user: object) -> bool:
    return isinstance(user, User) and constant_time_compare(draft["for"], _pseudonym(user))


def _without_bank_details(text: str) -> str:
    try:
        refuse_bank_details(text)
    except RuleViolation:
        return ""
    return text
