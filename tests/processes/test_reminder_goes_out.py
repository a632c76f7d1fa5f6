"""Beat rings, a worker claims, a mail server takes the reminder in: every part a real process."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.utils import timezone

from importers.models import Campaign, ImporterOfRecord, MailKind, MailState, Notification
from importers.services.reminders import schedule_due
from tests import walkthrough
from tests.factories import CampaignFactory, ImporterFactory, StaffFactory
from tests.office_hours import office_hours
from tests.servers import Mailbox

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

WORKER = ("ace_onboarding.celery:app", "worker", "--concurrency", "2", "--without-gossip", "--without-mingle")
BEAT = ("ace_onboarding.celery:app", "beat", "--pidfile", "")
QUICK = {"REMINDERS_EVERY": "1", "SWEEP_EVERY": "1"}


@contextmanager
def process(name: str, app: str, *arguments: str, env: dict[str, str], folder: Path) -> Iterator[None]:
    with (folder / f"{name}.log").open("w") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", app, *arguments], env=env, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            running.terminate()
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def until(holds: Callable[[], bool], folder: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        logs = "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
        assert time.monotonic() < deadline, logs
        time.sleep(0.1)


@pytest.fixture
def importer() -> ImporterOfRecord:
    """Open steps, and a deadline in two weeks, where it is office hours; somebody else is done already."""
    at, place = office_hours(timezone.now())
    campaign = CampaignFactory(deadline=place.local(at).date() + timedelta(days=14), days=[14])
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    importer = ImporterFactory(name="Nordlys Cykler ApS", contact_email="mette@nordlys.example")
    walkthrough.ready(ImporterFactory(), StaffFactory())
    Notification.objects.all().delete()
    ImporterOfRecord.objects.update(created_at=timezone.now() - timedelta(days=40), time_zone=place.time_zone)
    if at > timezone.now():  # a weekend or holiday everywhere: what is due next is put in now, and the sweep finds it
        schedule_due(at)
    return importer


@pytest.fixture
def running(
    process_env: dict[str, str], redis_url: str, smtp_server: Mailbox, tmp_path: Path
) -> Iterator[tuple[Mailbox, Path]]:
    env = process_env | {"REDIS_URL": redis_url, "EMAIL_URL": smtp_server.url, "LOG_LEVEL": "INFO"} | QUICK
    schedule = ("--schedule", str(tmp_path / "beat"))
    with ExitStack() as stack:
        stack.enter_context(process("worker", *WORKER, env=env, folder=tmp_path))
        stack.enter_context(process("beat", *BEAT, *schedule, env=env, folder=tmp_path))
        yield smtp_server, tmp_path


def test_a_reminder_reaches_who_is_not_done_and_nobody_else(
    importer: ImporterOfRecord, running: tuple[Mailbox, Path], redis_url: str
) -> None:
    mailbox, folder = running
    until(lambda: Notification.objects.filter(state=MailState.SENT).exists(), folder)
    (message,) = mailbox.messages
    row = Notification.objects.get(state=MailState.SENT)
    assert row.kind == MailKind.REMINDER
    assert mailbox.recipients == [["mette@nordlys.example"]]
    assert message["Message-ID"] == row.message_id
    assert "Nordlys Cykler ApS" in message["Subject"]
    assert "/start/" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    with redis.Redis.from_url(redis_url) as client:  # the doorbell is lost: the row is not
        client.flushall()
        waiting = Notification.objects.create(
            kind=MailKind.INVITATION, importer=importer, to_email="lars@nordlys.example", not_before=timezone.now()
        )
        client.flushall()
    until(lambda: Notification.objects.filter(pk=waiting.pk, state=MailState.SENT).exists(), folder)
    assert [to for (to,) in mailbox.recipients] == ["mette@nordlys.example", "lars@nordlys.example"]
