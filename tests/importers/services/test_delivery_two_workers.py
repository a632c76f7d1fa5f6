"""Two workers at one outbox: real connections, real transactions, one mail server."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from importers import delivery
from importers.models import MailAttempt, MailState, Notification
from importers.postbox import Postbox, postbox
from tests.factories import CampaignFactory, NotificationFactory
from tests.importers.services.test_delivery import group, importer, mails, use
from tests.smtp import Server, serving

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 3


class OfEachThread(threading.local):
    """A worker is a process and has its own; here it is a thread."""

    def __init__(self) -> None:
        self.own = Postbox()


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    each = OfEachThread()
    for name in ("connect", "send", "close"):
        monkeypatch.setattr(postbox, name, _of_this_thread(each, name))
    monkeypatch.setattr(delivery, "ring_again", lambda: None)
    server = Server()
    with serving(server):
        use(server, settings)
        yield server


def _of_this_thread(each: OfEachThread, name: str) -> Callable[..., Any]:
    return lambda *args: getattr(each.own, name)(*args)


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Each on a thread with its own connection to the database."""
    ready, answers = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        try:
            ready.wait()
            answers.append(job())
        finally:
            postbox.close()
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(jobs)
    return answers


def sent_once(server: Server, expected: list[str]) -> None:
    assert sorted(server.recipients) == sorted(expected)
    ids = Counter(str(message["Message-ID"]) for message in server.messages)
    assert set(ids.values()) == {1}


def test_several_drains_send_each_mail_once(server: Server) -> None:
    rows = mails(20)
    counts = at_once(*[delivery.drain] * WORKERS)
    assert sum(counts) == len(rows)  # type: ignore[arg-type]
    sent_once(server, [row.to_email for row in rows])
    assert not Notification.objects.exclude(state=MailState.SENT).exists()


def test_a_group_goes_out_as_one_message_whoever_comes_for_which_row(server: Server) -> None:
    CampaignFactory.create()
    groups = [group(*(importer(email) for _ in range(3)), email=email) for email in ("a@x.example", "b@x.example")]
    rings = [lambda pk=row.pk: delivery.deliver(pk) for rows in groups for row in rows[:2]]
    at_once(*rings, delivery.drain)
    delivery.drain()
    sent_once(server, ["a@x.example", "b@x.example"])
    assert MailAttempt.objects.count() == 2
    assert not Notification.objects.exclude(state=MailState.SENT).exists()


def test_a_row_that_somebody_holds_is_passed_over_and_not_waited_for(server: Server) -> None:
    held, free = mails(2)
    second = NotificationFactory.create(mail=held.mail, to_email=held.to_email)
    with transaction.atomic():
        list(Notification.objects.filter(pk=second.pk).select_for_update())
        assert at_once(delivery.drain) == [1]
    sent_once(server, [free.to_email])
    assert delivery.drain() == 1


def test_a_limit_holds_for_all_workers_together(server: Server, settings: Any) -> None:
    settings.MAILS_A_MINUTE = 7
    mails(15)
    at_once(*[delivery.drain] * WORKERS)
    assert len(server.messages) in {7, 14}  # 14 if a minute of the clock ended meanwhile
