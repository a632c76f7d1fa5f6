"""How fast a worker hands mails over, beside a bare smtplib loop that sends the same bytes to the same server."""

import os
import smtplib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from importers import delivery
from importers.models import ImporterOfRecord, MailKind, MailState, Notification
from importers.postbox import postbox
from importers.services.readiness import refresh
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory
from tests.servers import free_port

MAILS = int(os.environ.get("BENCH_MAILS", "300"))
WARM_UP = 5
WANTED = 0.5  # of the bare loop
SERVER = """
import asyncio, sys
from pathlib import Path
from aiosmtpd.smtp import SMTP

class Keeper:
    def __init__(self, folder):
        self.folder, self.count = Path(folder), 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
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
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port), str(tmp_path)])
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
    while delivery.drain():
        pass
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


@dataclass
class Stages:
    """Seconds on the clock and of this process, by what is being done; and how often the database is asked."""

    wall: Counter[str] = field(default_factory=Counter)
    cpu: Counter[str] = field(default_factory=Counter)
    queries: int = 0

    def watch(self, owner: object, name: str, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
        inner = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return inner(*args, **kwargs)
            finally:
                self.wall[stage] += time.perf_counter() - wall
                self.cpu[stage] += time.process_time() - cpu

        monkeypatch.setattr(owner, name, watched)

    def count(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.queries += 1
        return execute(*args)


def watch(monkeypatch: pytest.MonkeyPatch) -> Stages:
    stages = Stages()
    stages.watch(delivery.Run, "next", "claim", monkeypatch)
    stages.watch(delivery, "write", "read the facts and write", monkeypatch)
    stages.watch(delivery, "message", "make the message", monkeypatch)
    stages.watch(postbox, "send", "hand over", monkeypatch)
    stages.watch(delivery, "_noted", "note the outcome", monkeypatch)
    return stages


def tell(stages: Stages, seconds: float, bare: float) -> None:
    ratio = bare / seconds
    verdict = "reached" if ratio >= WANTED else f"missed by {WANTED - ratio:.2f}"
    lines = [
        f"delivery: {MAILS} mails, {MAILS / seconds:.1f} a second for each worker; bare loop: {MAILS / bare:.1f}",
        f"ratio {ratio:.2f}, wanted {WANTED}: {verdict}; {stages.queries / MAILS:.1f} queries a mail",
    ]
    for stage, wall in stages.wall.most_common():
        each, cpu = wall / MAILS * 1000, stages.cpu[stage] / MAILS * 1000
        lines.append(f"  {stage:25} {each:6.1f} ms a mail, of them {cpu:6.1f} ms of our own processor time")
    print("\n" + "\n".join(lines))  # noqa: T201 - a measurement


@pytest.mark.django_db(transaction=True)
def test_mails_a_second(server: tuple[int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    port, folder = server
    monkeypatch.setattr(delivery, "ring_again", lambda: None)
    outbox(MAILS + WARM_UP)
    later = list(Notification.objects.values_list("pk", flat=True)[WARM_UP:])
    Notification.objects.filter(pk__in=later).update(not_before=timezone.now() + timedelta(days=1))
    empty_it()
    for path in folder.iterdir():
        path.unlink()
    Notification.objects.filter(pk__in=later).update(not_before=timezone.now())
    stages = watch(monkeypatch)
    with connection.execute_wrapper(stages.count):
        seconds = empty_it()
    assert Notification.objects.filter(state=MailState.SENT).count() == MAILS + WARM_UP
    tell(stages, seconds, bare_loop(port, folder))
