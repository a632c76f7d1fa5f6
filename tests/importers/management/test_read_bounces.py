import io
import json
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from importers.models import Errand, Mailbox, MailState, Notification
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
    assert answer["unreadable"] == 0
    assert Mailbox.objects.count() == 1


def nested(kind: str, depth: int) -> bytes:
    if kind == "message/rfc822":
        return b"Content-Type: message/rfc822\n\n" * depth
    parts = (f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n" for number in range(depth))
    return "".join(parts).encode()


ODD = b"Subject: gr\xf8n\nContent-Type: multipart/mixed\n\nhej \xf8\n\n"


@pytest.mark.parametrize(
    ("strange", "unreadable"),
    [(ODD, 0), (nested("message/rfc822", 1000), 1), (nested("multipart", 1000), 1), (b"\x00" * 100, 0)],
    ids=["bytes", "messages", "parts", "nothing"],
)
def test_a_strange_mail_does_not_keep_the_others_from_being_read(
    row: Notification, tmp_path: Path, strange: bytes, unreadable: int, capsys: pytest.CaptureFixture[str]
) -> None:
    box = tmp_path / "bounces"
    box.write_bytes(b"\n".join(b"From a Tue Nov 24 17:00:00 2026\n" + mail for mail in (strange, report(row.mail))))
    out, err = io.StringIO(), io.StringIO()
    told = pytest.raises(CommandError, match="1 of them could not be read") if unreadable else nullcontext()
    with told:
        call_command("read_bounces", str(box), "--json", stdout=out, stderr=err)
    answer = json.loads(out.getvalue())
    assert (answer["mails"], answer["unreadable"], len(answer["reports"])) == (2, unreadable, 1)
    assert ("Mail 1 cannot be read (RecursionError)" in err.getvalue()) == bool(unreadable)
    assert Mailbox.objects.get().dead_at is not None


def test_what_a_server_says_is_kept_and_shown_without_control_characters_and_numbers(
    row: Notification, tmp_path: Path
) -> None:
    strange = POSTFIX.replace("mette@", "mette\x00@").replace("User unknown", "no 12-3456789, \x1b[2J\x00 078-05-1120")
    original = f"Content-Type: message/rfc822\n\nMessage-ID: <{row.mail}@{settings.PUBLIC_HOST}>\n\nText\n"
    mail = tmp_path / "bounce"
    mail.write_bytes(REPORT.format(group=strange, original=original).encode())
    err = io.StringIO()
    call_command("read_bounces", str(mail), stdout=io.StringIO(), stderr=err)
    assert err.getvalue().replace("\n", "").isprintable()
    for said in (err.getvalue(), Mailbox.objects.get().dead_because, Errand.objects.get().why):
        assert "no •••, [2J •••" in said


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(CommandError, match="cannot be opened"):
        run("/nowhere/bounces")
