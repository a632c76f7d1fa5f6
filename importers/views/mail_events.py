"""Where mail providers report what became of a mail. The readers are Anymail's, without its signals."""

import logging
from collections.abc import Callable
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks import brevo, mailersend, mailgun, mailtrap, mandrill, postmark
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ace_onboarding.logs import mask
from importers.domain.bounces import LONGEST_FIELD, Bounce, Outcome, in_words, is_gone, names_another_cause, our_id
from importers.domain.text import one_line
from importers.services import bounces

log = logging.getLogger(__name__)

UNWANTED = (RejectReason.SPAM, RejectReason.UNSUBSCRIBED)
NO_SUCH_MAILBOX = (RejectReason.INVALID, RejectReason.BOUNCED)
USER = "portal"  # of the providers that send a password
FRESH = 15 * 60  # seconds
# What Anymail's readers raise on odd content, and Django on a body that is too large.
ODD = (
    AnymailError,
    AnymailConfigurationError,
    SuspiciousOperation,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    OSError,
)


def _by_password(password: str) -> dict[str, str]:
    return {"webhook_secret": f"{USER}:{password}"}


def _mandrill(key: str) -> dict[str, str]:
    """Signs the address too, which a proxy may have changed under way."""
    return {"webhook_key": key, "webhook_url": settings.PUBLIC_URL + reverse("mail_events", args=["mandrill"])}


class Mailgun(mailgun.MailgunTrackingWebhookView):
    """Its signature is of a moment and a token and not of the report, so it is good for a quarter of an hour, once."""

    def parse_events(self, request: HttpRequest) -> list[Any]:
        if request.content_type != "application/json":
            raise AnymailWebhookValidationFailure("Mailgun's reports are JSON")
        (event,) = super().parse_events(request)
        signed = event.esp_event["signature"]
        if abs(timezone.now().timestamp() - int(signed["timestamp"])) > FRESH:
            raise AnymailWebhookValidationFailure("Mailgun's signature is of another time")
        if not cache.add(f"mailgun-{signed['signature']}", True, 2 * FRESH):
            raise AnymailWebhookValidationFailure("Mailgun's signature was used before")
        return [event]


READERS: dict[str, tuple[type, Callable[[str], dict[str, str]]]] = {
    "brevo": (brevo.BrevoTrackingWebhookView, _by_password),
    "mailersend": (mailersend.MailerSendTrackingWebhookView, lambda key: {"signing_secret": key}),
    "mailgun": (Mailgun, lambda key: {"webhook_signing_key": key}),
    "mailtrap": (mailtrap.MailtrapTrackingWebhookView, lambda key: {"tracking_secret": key}),
    "mandrill": (mandrill.MandrillCombinedWebhookView, _mandrill),
    "postmark": (postmark.PostmarkTrackingWebhookView, _by_password),
}


@csrf_exempt
@login_not_required
@require_http_methods(["HEAD", "POST"])
def reported(request: HttpRequest, provider: str) -> HttpResponse:
    """Some providers look with HEAD first whether somebody is there."""
    key = settings.MAIL_WEBHOOKS.get(provider, "")
    if not key:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    with transaction.atomic():  # a report that cannot be noted has not used up its signature
        try:
            found = _read(request, provider, key)
        except ODD as error:
            log.warning("A report of %s is refused: %s", provider, in_words(error))
            return HttpResponse("refused\n", status=403, content_type="text/plain; charset=utf-8")
        for bounce in found:
            report = bounces.note(bounce, timezone.now())
            log.info("%s reports %s: %s", provider, bounce.outcome.value, report.noted)
    return HttpResponse("noted\n", content_type="text/plain; charset=utf-8")


def _read(request: HttpRequest, provider: str, key: str) -> list[Bounce]:
    make, options = READERS[provider]
    reader = make(**options(key))
    len(request.body)  # raises when it is too large, of whatever type it is
    reader.run_validators(request)
    return [bounce for event in reader.parse_events(request) if (bounce := bounce_of(event)) is not None]


def bounce_of(event: Any) -> Bounce | None:
    """None for what is no trouble: delivered, opened and the like."""
    if not isinstance(event, AnymailTrackingEvent) or not event.recipient:
        return None
    said = in_words(event.mta_response or event.description or event.event_type)
    outcome = _outcome(event, said)
    mail = our_id(f"<{str(event.message_id or '').strip('<>')}>", settings.PUBLIC_HOST)
    return Bounce(one_line(event.recipient[:LONGEST_FIELD]), outcome, mask(said), mail) if outcome else None


def _outcome(event: AnymailTrackingEvent, said: str) -> Outcome | None:
    match event.event_type:
        case EventType.COMPLAINED | EventType.UNSUBSCRIBED:
            return Outcome.COMPLAINT
        case EventType.DEFERRED:
            return Outcome.LATE
        case EventType.BOUNCED if _is_soft(event):
            return Outcome.LATE
        case EventType.BOUNCED:
            return Outcome.REFUSED if names_another_cause(said) else Outcome.GONE
        case EventType.REJECTED if event.reject_reason in UNWANTED:
            return Outcome.COMPLAINT
        case EventType.REJECTED if event.reject_reason in NO_SUCH_MAILBOX or is_gone(said):
            return Outcome.GONE
        case EventType.REJECTED | EventType.FAILED:
            return Outcome.REFUSED
    return None


def _is_soft(event: AnymailTrackingEvent) -> bool:
    """Anymail calls both kinds of bounces the same; the provider's own word for it does not."""
    raw = event.esp_event if hasattr(event.esp_event, "get") else {}
    return any("soft" in str(raw.get(name, "")).lower() for name in ("event", "type", "Type"))
