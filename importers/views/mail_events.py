"""Where mail providers report what became of a mail. The readers are Anymail's, without its signals."""

import logging
from collections.abc import Callable
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks import brevo, mailersend, mailgun, mailtrap, mandrill, postmark
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from importers.domain.bounces import Bounce, Outcome, is_gone, names_another_cause, our_id
from importers.services import bounces

log = logging.getLogger(__name__)

UNWANTED = (RejectReason.SPAM, RejectReason.UNSUBSCRIBED)
NO_SUCH_MAILBOX = (RejectReason.INVALID, RejectReason.BOUNCED)
USER = "portal"  # of the providers that send a password


def _by_password(password: str) -> dict[str, str]:
    return {"webhook_secret": f"{USER}:{password}"}


def _mandrill(key: str) -> dict[str, str]:
    """Signs the address too, which a proxy may have changed under way."""
    return {"webhook_key": key, "webhook_url": settings.PUBLIC_URL + reverse("mail_events", args=["mandrill"])}


READERS: dict[str, tuple[type, Callable[[str], dict[str, str]]]] = {
    "brevo": (brevo.BrevoTrackingWebhookView, _by_password),
    "mailersend": (mailersend.MailerSendTrackingWebhookView, lambda key: {"signing_secret": key}),
    "mailgun": (mailgun.MailgunTrackingWebhookView, lambda key: {"webhook_signing_key": key}),
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
    make, options = READERS[provider]
    try:
        reader = make(**options(key))
        reader.run_validators(request)
        events = reader.parse_events(request)
    except (AnymailWebhookValidationFailure, ValueError, LookupError, TypeError, AttributeError) as error:
        log.warning("A report of %s is refused: %s", provider, error)
        return HttpResponse("refused\n", status=403, content_type="text/plain; charset=utf-8")
    for event in events:
        if (bounce := bounce_of(event)) is not None:
            report = bounces.note(bounce, timezone.now())
            log.info("%s reports %s: %s", provider, bounce.outcome.value, report.noted)
    return HttpResponse("noted\n", content_type="text/plain; charset=utf-8")


def bounce_of(event: Any) -> Bounce | None:
    """None for what is no trouble: delivered, opened and the like."""
    if not isinstance(event, AnymailTrackingEvent) or not event.recipient:
        return None
    said = " ".join(str(event.mta_response or event.description or event.event_type).split())
    outcome = _outcome(event, said)
    mail = our_id(f"<{str(event.message_id or '').strip('<>')}>", settings.PUBLIC_HOST)
    return Bounce(event.recipient, outcome, said, mail) if outcome else None


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
