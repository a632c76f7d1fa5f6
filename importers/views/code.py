"""The page on which the mailed code is typed: allauth's, with a new code as often as the limits of asking for one
allow, and with the way back for whoever must begin again."""

from typing import Any
from uuid import UUID, uuid4

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.views import ConfirmLoginCodeView
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from importers.services.links import claim_use

# In the state of the sign-in: the mail from whose link the code was asked for, and which sign-in this is.
LINK, SIGN_IN = "mailed_link", "sign_in"
FROM_LINK = "from_link"  # in the address: so that a browser that keeps no cookies is told what is wrong


def mail_code(request: HttpRequest, *, user: Any, email: str, link: str = "") -> None:
    """For an unknown address (`user` is None) the same effort is made, and nothing goes out."""
    process = LoginCodeVerificationProcess.initiate(request=request, user=user, email=email)
    process.state[LINK], process.state[SIGN_IN] = link, uuid4().hex
    process.persist()


def may_mail_code(request: HttpRequest, *, email: str, link: str = "") -> bool:
    """Counts. A mailed link has an allowance of its own, which nobody uses up who only knows the address."""
    action, key = ("code_from_link", link) if link else ("request_login_code", email.lower())
    return bool(ratelimit.consume(request, action=action, key=key))


class ConfirmCode(ConfirmLoginCodeView):
    stage: Any = None
    _process: Any = None

    @login_not_required
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if FROM_LINK in request.GET and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return render(request, "account/no_cookies.html", status=400)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if self._process is None and not request.user.is_authenticated:  # allauth forgets where the person wanted to go
            messages.error(request, gettext("That code has run out. Ask for a new one."))
            return self._begin_again()
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"from_link": bool(self.stage.state.get(LINK))}

    def _verify_form_valid(self, form: BaseForm) -> HttpResponse:
        """Only now is the link used: whoever closes the page before has lost nothing. It is claimed before the
        sign-in, for of two codes that were asked for through one link the first has used it up."""
        state = self._process.state
        with transaction.atomic():  # no sign-in, no claim
            link = state.get(LINK)
            sign_in = UUID(state.get(SIGN_IN) or uuid4().hex)  # none in what an older version of the portal wrote
            if link and not claim_use(UUID(link), by=self._process.user, sign_in=sign_in):
                self._process.abort()
                return self._begin_again()
            response: HttpResponse = super()._verify_form_valid(form)
        return response

    def _resend_form_valid(self, form: BaseForm) -> HttpResponse:
        """As if it were asked for anew: a fresh code with its own ten minutes and tries, and the same limits."""
        email, link = self._process.state["email"], self._process.state.get(LINK, "")
        if may_mail_code(self.request, email=email, link=link):
            mail_code(self.request, user=self._process.user, email=email, link=link)
            messages.success(self.request, gettext("A new code is on its way. The old one no longer works."))
        else:
            messages.error(self.request, get_adapter().error_messages["rate_limited"])
        return HttpResponseRedirect(self.passthrough_next_url(reverse("account_confirm_login_code")))

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        if self._process.record_invalid_attempt():
            return self.render_to_response(self.get_context_data(form=form))
        messages.error(
            self.request,
            gettext(
                "Those were three wrong codes, so the code no longer works. Ask for a new one. "
                "If that is refused, wait one minute."
            ),
        )
        return self._begin_again()

    def _begin_again(self) -> HttpResponse:
        """A code that was asked for from a link is asked for there again, without its token in the address."""
        link = self.stage.state.get(LINK) if self.stage else ""
        page = reverse("start_again", args=[UUID(link)]) if link else reverse("account_request_login_code")
        return HttpResponseRedirect(page if link else self.passthrough_next_url(page))
