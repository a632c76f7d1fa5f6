"""What mail providers report, signed and not."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone

from importers.models import Errand, MailAttempt, Mailbox, MailState, Notification
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


def signed(event: dict[str, Any], key: str = KEY, *, age: int = 0) -> dict[str, Any]:
    stamp, token = str(int(timezone.now().timestamp()) - age), uuid4().hex
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
    Notification.objects.update(answer="accepted")
    MailAttempt.objects.create(mail=row.mail, claim=uuid4(), begun_at=row.sent_at, answer="accepted")
    assert post("mailgun", signed(failed(row, "temporary", "451 4.2.2 mailbox full", 451))) == 200
    assert not Mailbox.objects.exists()
    assert not Errand.objects.exists()
    assert Notification.objects.get().answer == "accepted"
    assert "mailbox full" in MailAttempt.objects.get().answer


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


def test_a_signature_is_good_once_and_for_a_quarter_of_an_hour(row: Notification, mailgun: None) -> None:
    for age in (16 * 60, -16 * 60):
        assert post("mailgun", signed(failed(row), age=age)) == 403
    assert not Mailbox.objects.exists()
    body = signed(failed(row), age=14 * 60)
    assert post("mailgun", body) == 200
    assert post("mailgun", body | {"event-data": failed(row) | {"event": "complained"}}) == 403
    assert Mailbox.objects.get().opted_out_at is None


DEEP = b"[" * 200_000
BIG = b'"' + b"x" * 3_000_000 + b'"'


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("body", [DEEP, BIG], ids=["deep", "big"])
def test_what_would_take_a_reader_down_is_refused_without_a_traceback(
    provider: str, body: bytes, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MAIL_WEBHOOKS = {provider: KEY}
    assert post(provider, body) == 403
    assert post(provider, body, authorization=PASSWORD) == 403
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    ("oddity", "status"),
    [
        ({"recipient": {"a": 1}}, 403),
        ({"recipient": ["a"]}, 403),
        ({"recipient": 1}, 403),
        ({"recipient": "\x00mette@nordlys.example"}, 200),
        ({"recipient": "\ud800mette@nordlys.example"}, 200),
        ({"recipient": "m" * 20_000}, 200),
        ({"timestamp": 1e18}, 403),
        ({"timestamp": 1e300}, 403),
        ({"timestamp": "now"}, 403),
        ({"delivery-status": {"message": "\ud800 \x00 \x1b[2J"}}, 200),
        ({"delivery-status": {"message": {"a": [1]}}}, 200),
        ({"event": {}}, 403),
    ],
)
def test_odd_content_is_no_error_of_ours(
    row: Notification, mailgun: None, oddity: dict[str, Any], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    event = failed(row) | oddity
    assert post("mailgun", signed(event | {"message": {}})) == status
    assert post("mailgun", signed(event)) == status
    assert not any(record.exc_info for record in caplog.records)
    assert all(mailbox.dead_because.isprintable() for mailbox in Mailbox.objects.all())


def test_what_looks_like_a_number_of_the_importers_is_masked(row: Notification, mailgun: None) -> None:
    assert post("mailgun", signed(failed(row, said="550 5.1.1 no 12-3456789 here"))) == 200
    assert Mailbox.objects.get().dead_because == "550 5.1.1 no ••• here"


PASSWORD = f"Basic {b64encode(f'portal:{KEY}'.encode()).decode()}"


def hexed(body: bytes) -> str:
    return hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("event", [{"RecordType": "Inbound"}, {"FromFull": {}}])
def test_an_inbound_report_is_refused(settings: Any, event: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    settings.MAIL_WEBHOOKS = {"postmark": KEY}
    assert post("postmark", event, authorization=PASSWORD) == 403
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("right", [True, False])
def test_mailersend(row: Notification, settings: Any, right: bool) -> None:
    settings.MAIL_WEBHOOKS = {"mailersend": KEY}
    data = {
        "id": "e", "type": "hard_bounced", "morph": {"reason": "550 5.1.1 unknown user"},
        "created_at": "2027-04-07T08:00:00Z", "email": {"message": {"id": "x"}, "recipient": {"email": EMAIL}},
    }  # fmt: skip
    body = json.dumps({"type": "activity.hard_bounced", "data": data}).encode()
    assert post("mailersend", body, signature=hexed(body if right else b"")) == (200 if right else 403)
    assert Mailbox.objects.exists() == right


@pytest.mark.parametrize("right", [True, False])
def test_mailtrap(row: Notification, settings: Any, right: bool) -> None:
    settings.MAIL_WEBHOOKS = {"mailtrap": KEY}
    event = {"event": "bounce", "message_id": "x", "email": EMAIL, "event_id": "e", "timestamp": 1806220800}
    body = json.dumps({"events": [event | {"response": "550 5.1.1 unknown user"}]}).encode()
    headers = {"mailtrap-signature": hexed(body if right else b"")}
    assert post("mailtrap", body, **headers) == (200 if right else 403)
    assert Mailbox.objects.exists() == right


@pytest.mark.parametrize("right", [True, False])
def test_mandrill(row: Notification, settings: Any, right: bool) -> None:
    settings.MAIL_WEBHOOKS = {"mandrill": KEY}
    msg = {"email": EMAIL, "diag": "smtp;550 5.1.1 unknown user", "metadata": {}, "tags": []}
    events = json.dumps([{"event": "hard_bounce", "_id": "x", "ts": 1806220800, "msg": msg}])
    text = f"{settings.PUBLIC_URL}/mail-events/mandrill/mandrill_events{events if right else ''}"
    signature = b64encode(hmac.new(KEY.encode(), text.encode(), hashlib.sha1).digest()).decode()
    answer = Client().post(
        "/mail-events/mandrill/",
        urlencode({"mandrill_events": events}),
        content_type="application/x-www-form-urlencoded",
        headers={"x-mandrill-signature": signature},
    )
    assert answer.status_code == (200 if right else 403)
    assert Mailbox.objects.exists() == right


@pytest.mark.parametrize("right", [True, False])
def test_brevo(row: Notification, settings: Any, right: bool) -> None:
    settings.MAIL_WEBHOOKS = {"brevo": KEY}
    event = {"event": "hard_bounce", "email": EMAIL, "ts_epoch": 1806220800000, "reason": "550 5.1.1 unknown user"}
    wrong = f"Basic {b64encode(b'portal:guessed').decode()}"
    assert post("brevo", event, authorization=PASSWORD if right else wrong) == (200 if right else 403)
    assert Mailbox.objects.exists() == right
