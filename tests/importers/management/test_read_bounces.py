import io
import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from importers.models import Mailbox, MailState, Notification
from tests.factories import NotificationFactory
from tests.importers.domain.test_bounces import POSTFIX, REPORT

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Notification:
    ago = timezone.now() - timedelta(minutes=5)
    return NotificationFactory.create(to_email="mette@nordlys.example", state=MailState.SENT, sent_at=ago)


def report(mail: UUID) -> bytes:
    original = f"Content-Type: message/rfc822\n\nMessage-ID: <{mail}@{settings.PUBLIC_HOST}>\n\nText\n"
    return REPORT.format(group=POSTFIX, original=original).encode()


def run(file: str) -> dict[str, object]:
    out = io.StringIO()
    call_command("read_bounces", file, "--json", stdout=out, stderr=io.StringIO())
    answer: dict[str, object] = json.loads(out.getvalue())
    return answer


def test_one_mail_from_standard_input(row: Notification, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(report(row.mail))))
    (found,) = run("-")["reports"]  # type: ignore[misc]
    assert (found["to"], found["noted"], found["mail"]) == ("mette@nordlys.example", "dead", str(row.mail))
    assert Mailbox.objects.get().dead_at is not None


def test_a_mailbox_file_of_many(row: Notification, tmp_path: Path) -> None:
    box = tmp_path / "bounces"
    other = b"Subject: I am away\n\nUntil Monday.\n"
    mails = [report(row.mail), other, report(row.mail)]
    box.write_bytes(b"\n".join(b"From MAILER-DAEMON Tue Apr  6 09:00:00 2027\n" + mail for mail in mails))
    answer = run(str(box))
    assert answer["mails"] == 3
    assert len(answer["reports"]) == 2  # type: ignore[arg-type]
    assert Mailbox.objects.count() == 1


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(CommandError, match="cannot be opened"):
        run("/nowhere/bounces")
