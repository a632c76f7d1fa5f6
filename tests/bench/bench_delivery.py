"""How fast a worker hands mails over, beside a bare smtplib loop that sends the same bytes to the same server."""

import cProfile
import os
import pstats
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from importers import delivery
from importers.models import ImporterOfRecord, MailKind, MailState, Notification
from importers.postbox import postbox
from importers.services.readiness import refresh
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory
from tests.servers import free_port

MAILS = int(os.environ.get("BENCH_MAILS", "300"))
WANTED = 0.5
SERVER = """
import asyncio, sys
from pathlib import Path
from aiosmtpd.smtp import SMTP

class Keeper:
    def __init__(self, folder):
        self.folder, self.count = Path(folder), 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        if sys.argv[3] == "keep":
            line = f"{envelope.mail_from} {envelope.rcpt_tos[0]}\\r\\n".encode()
            (self.folder / f"{self.count:06}").write_bytes(line + envelope.content)
        return "250 OK"

async def main():
    loop = asyncio.get_running_loop()
    keeper = Keeper(sys.argv[2])
    server = await loop.create_server(lambda: SMTP(keeper, loop=loop), "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()

asyncio.run(main())
"""


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[tuple[int, Path]]:
    """A process of its own, as a mail server is."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port), str(tmp_path), "keep"])
    try:
        deadline = time.monotonic() + 20
        while not _answers(port):
            assert time.monotonic() < deadline
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.MAILS_KEPT = "127.0.0.1", port, False
        yield port, tmp_path
    finally:
        postbox.close()
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
            return smtp.noop()[0] == 250
    except OSError:
        time.sleep(0.05)
        return False


def outbox(count: int) -> None:
    """Reminders that wait, each to another importer."""
    campaign = CampaignFactory.create(deadline=timezone.localdate() + timedelta(days=14))
    now = timezone.now()
    for n in range(count):
        importer = ImporterFactory.create(contact_email=f"mette@company{n}.example", language="da" if n % 2 else "en")
        AccessFactory.create(importer=importer)
        Notification.objects.create(
            kind=MailKind.REMINDER, importer=importer, campaign=campaign, slot="T-14", step="company",
            to_name=importer.contact_name, to_email=importer.contact_email, language=importer.language, not_before=now,
        )  # fmt: skip
    refresh(list(ImporterOfRecord.objects.values_list("pk", flat=True)))


def empty_it() -> float:
    begin = time.perf_counter()
    while Notification.objects.filter(state=MailState.PENDING).exists():
        delivery.drain()
    return time.perf_counter() - begin


def bare_loop(port: int, folder: Path) -> float:
    """The very bytes that the server kept, one after the other over one connection."""
    texts = [path.read_bytes().split(b"\r\n", 1) for path in sorted(folder.iterdir())]
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for line, text in texts:
            sender, recipient = line.decode().split()
            smtp.sendmail(sender, [recipient], text)
    return time.perf_counter() - begin


@pytest.mark.django_db(transaction=True)
def test_mails_a_second(server: tuple[int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    port, folder = server
    monkeypatch.setattr(delivery, "ring_again", lambda: None)
    outbox(MAILS + 5)
    Notification.objects.filter(pk__in=list(Notification.objects.values_list("pk", flat=True)[5:])).update(
        not_before=timezone.now() + timedelta(days=1)
    )
    empty_it_of_the_first()
    for path in folder.iterdir():
        path.unlink()
    profile = cProfile.Profile() if os.environ.get("BENCH_PROFILE") else None
    Notification.objects.filter(state=MailState.PENDING).update(not_before=timezone.now())
    if profile:
        profile.enable()
    seconds = empty_it()
    if profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
    assert Notification.objects.filter(state=MailState.SENT).count() == MAILS + 5
    bare = bare_loop(port, folder)
    print(f"\nours {MAILS / seconds:.0f}/s, bare {MAILS / bare:.0f}/s, ratio {bare / seconds:.2f}")  # noqa: T201 - a measurement


def empty_it_of_the_first() -> None:
    delivery.drain()
