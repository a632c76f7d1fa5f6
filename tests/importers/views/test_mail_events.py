"""What mail providers report, signed and not."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone

from importers.models import Errand, Mailbox, MailState, Notification
from tests.factories import NotificationFactory

pytestmark = pytest.mark.django_db

KEY = "key-of-the-provider"
EMAIL = "mette@nordlys.example"
PROVIDERS = sorted(configured.MAIL_WEBHOOKS)


@pytest.fixture
def row() -> Notification:
    ago = timezone.now() - timedelta(minutes=5)
    return NotificationFactory.create(to_email=EMAIL, state=MailState.SENT, sent_at=ago)


@pytest.fixture
def mailgun(settings: Any) -> None:
    settings.MAIL_WEBHOOKS = settings.MAIL_WEBHOOKS | {"mailgun": KEY}


def signed(event: dict[str, Any], key: str = KEY) -> dict[str, Any]:
    stamp, token = "1806220800", "t" * 50
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": event}


def failed(
    row: Notification, severity: str = "permanent", said: str = "no such user", code: int = 550
) -> dict[str, Any]:
    return {
        "event": "failed",
        "severity": severity,
        "reason": "bounce",
        "timestamp": 1806220800.0,
        "recipient": row.to_email,
        "delivery-status": {"code": code, "message": said},
        "message": {"headers": {"message-id": row.message_id.strip("<>")}},
    }


def post(provider: str, body: Any, **headers: str) -> int:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = f"/mail-events/{provider}/"
    return Client().post(address, data, content_type="application/json", headers=headers).status_code


def test_a_hard_bounce_kills_the_mailbox(row: Notification, mailgun: None) -> None:
    assert post("mailgun", signed(failed(row))) == 200
    assert Mailbox.objects.get().dead_at is not None
    assert Errand.objects.get().importer == row.importer


def test_a_refusal_for_another_cause_does_not(row: Notification, mailgun: None) -> None:
    assert post("mailgun", signed(failed(row, said="554 5.7.1 blocked as spam"))) == 200
    assert not Mailbox.objects.exists()
    assert Errand.objects.get().kind == "mail_refused"


def test_a_soft_bounce_is_only_noted(row: Notification, mailgun: None) -> None:
    assert post("mailgun", signed(failed(row, "temporary", "451 4.2.2 mailbox full", 451))) == 200
    assert not Mailbox.objects.exists()
    assert not Errand.objects.exists()
    assert "mailbox full" in Notification.objects.get().answer


def test_a_complaint_stops_the_reminders(row: Notification, mailgun: None) -> None:
    event = failed(row) | {"event": "complained"}
    assert post("mailgun", signed(event)) == 200
    assert Mailbox.objects.get().opted_out_at is not None


@pytest.mark.parametrize("event", ["delivered", "opened", "accepted"])
def test_what_is_no_trouble_changes_nothing(row: Notification, mailgun: None, event: str) -> None:
    assert post("mailgun", signed(failed(row) | {"event": event})) == 200
    assert not Mailbox.objects.exists()
    assert Notification.objects.get().answer == ""


def test_a_wrong_signature_is_refused(row: Notification, mailgun: None) -> None:
    assert post("mailgun", signed(failed(row), key="guessed")) == 403
    assert not Mailbox.objects.exists()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"event": "bounce"}', b'[{"event": "bounce"}]'])
def test_nothing_unsigned_is_taken_from_anybody(provider: str, body: bytes, settings: Any) -> None:
    settings.MAIL_WEBHOOKS = {provider: KEY}
    assert post(provider, body) == 403


@pytest.mark.parametrize("provider", [*PROVIDERS, "unknown"])
def test_without_a_key_the_address_is_closed(provider: str) -> None:
    assert post(provider, {}) == 404
    assert Client().head(f"/mail-events/{provider}/").status_code == 404


def test_a_provider_may_look_whether_somebody_is_there(mailgun: None) -> None:
    assert Client().head("/mail-events/mailgun/").status_code == 200
    assert Client().get("/mail-events/mailgun/").status_code == 405


@pytest.mark.parametrize(("kind", "dead"), [("HardBounce", True), ("SoftBounce", False)])
def test_a_provider_that_signs_nothing_sends_its_password(
    row: Notification, settings: Any, kind: str, dead: bool
) -> None:
    settings.MAIL_WEBHOOKS = {"postmark": KEY}
    event = {
        "RecordType": "Bounce", "Type": kind, "Email": EMAIL, "MessageID": "x", "BouncedAt": "2027-04-07T08:00:00Z",
        "Description": "The server was unable to deliver your message", "Details": "smtp;550 unknown user",
    }  # fmt: skip
    wrong, right = (b64encode(f"portal:{password}".encode()).decode() for password in ("guessed", KEY))
    assert post("postmark", event, authorization=f"Basic {wrong}") == 403
    assert post("postmark", event, authorization=f"Basic {right}") == 200
    assert Mailbox.objects.exists() == dead
