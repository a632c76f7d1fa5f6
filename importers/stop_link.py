"""The link that stops the reminders. It holds no address, works for as long as the mail is kept, and acts on POST only:
from a page with a button, or from a mail program that knows RFC 8058."""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from importers.models import Notification

STOP_SALT = "importers.stop"
ONE_CLICK = "List-Unsubscribe=One-Click"


def stop_url(mail: Notification) -> str:
    return settings.PUBLIC_URL + reverse("stop_reminders", args=[stop_token(mail)])


def stop_token(mail: Notification) -> str:
    return Signer(salt=STOP_SALT).sign(mail.uuid.hex)


def read_stop_token(token: str) -> UUID | None:
    """Of the mail that it came in; None when it is not one of ours, or cut off."""
    try:
        return UUID(Signer(salt=STOP_SALT).unsign(token))
    except (BadSignature, ValueError):
        return None


def stop_headers(mail: Notification) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{stop_url(mail)}>", "List-Unsubscribe-Post": ONE_CLICK}
