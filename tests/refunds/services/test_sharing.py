"""Sharing in the background: done once, all of it or nothing, and never forgotten."""

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from importers.models import ImporterOfRecord, MailKind, Notification, Readiness, User
from refunds import tasks
from refunds.models import Entry, Pack, PackLine, Sharing
from refunds.services import packs, sharing
from refunds.services.packs import draft
from refunds.services.sharing import LOST, MOST_TRIES, ask, make, unfinished
from tests.factories import AccessFactory, EntryFactory, ImporterFactory, StaffFactory
from tests.refunds.services.elsewhere import LONGEST, elsewhere, stopped_before, waits_for

ROUNDS, ENTRIES = 6, 2_000


@pytest.fixture
def staff(db: None) -> User:
    return StaffFactory.create()


@pytest.fixture
def importer(db: None) -> ImporterOfRecord:
    importer = AccessFactory.create().importer
    EntryFactory.create(importer=importer)
    return importer


@pytest.fixture
def asked(importer: ImporterOfRecord, staff: User) -> int:
    [pk] = ask({importer: draft(importer).seen}, by=staff)
    return pk


def mails() -> int:
    return Notification.objects.filter(kind=MailKind.SHARED).count()


def test_what_was_asked_is_made_once(asked: int, importer: ImporterOfRecord, staff: User) -> None:
    assert not Pack.objects.exists()
    pack = make(asked)
    assert pack is not None
    assert (pack.importer, pack.published_by) == (importer, staff)
    assert make(asked) is None  # a message that came twice
    assert (Pack.objects.count(), mails()) == (1, 1)
    row = Sharing.objects.get()
    assert (row.pack, row.refusal, row.finished_at is None) == (pack, {}, False)


def test_the_history_says_who_wanted_it(asked: int, staff: User) -> None:
    pack = make(asked)
    assert pack is not None
    assert pack.history.get().pgh_context["by"] == staff.pk


def test_who_asks_twice_is_shared_with_once(asked: int, importer: ImporterOfRecord) -> None:
    assert ask({importer: draft(importer).seen}, by=StaffFactory.create()) == [asked]
    assert make(asked) is not None
    assert unfinished(timezone.now() + LOST * 2) == []


def test_what_changed_meanwhile_is_not_shared(asked: int) -> None:
    Entry.objects.update(ieepa_duty=7)
    assert make(asked) is None
    row = Sharing.objects.get()
    assert (row.pack, row.refusal["code"], row.tries) == (None, "changed", 1)
    assert row.finished_at is not None
    assert not Pack.objects.exists()
    assert mails() == 0


@pytest.mark.parametrize("place", [(packs, "draft"), (packs, "post"), (sharing, "_finish")], ids=lambda place: place[1])
def test_who_breaks_off_leaves_nothing_and_it_is_done_again(
    asked: int, importer: ImporterOfRecord, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: Any, **options: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(*place, breaks)
        with pytest.raises(MemoryError):
            make(asked)
    assert (Pack.objects.count(), PackLine.objects.count(), mails()) == (0, 0, 0)
    assert Readiness.objects.get(importer=importer).shared_refund is None
    row = Sharing.objects.get()
    assert (row.finished_at, row.tries) == (None, 1)
    assert unfinished(row.asked_at + LOST * 2) == [asked]
    assert make(asked) is not None
    assert (Pack.objects.count(), mails()) == (1, 1)


def test_a_message_gets_a_minute_before_it_counts_as_lost(asked: int) -> None:
    row = Sharing.objects.get()
    assert unfinished(row.asked_at + LOST - timedelta(seconds=1)) == []
    assert unfinished(row.asked_at + LOST + timedelta(seconds=1)) == [asked]


def test_what_takes_its_worker_down_each_time_is_given_up(asked: int) -> None:
    later = timezone.now() + LOST * 2
    Sharing.objects.update(tries=MOST_TRIES - 1)
    assert unfinished(later) == [asked]
    Sharing.objects.update(tries=MOST_TRIES)
    assert unfinished(later) == []
    row = Sharing.objects.get()
    assert (row.pack, row.refusal["code"], row.refusal["params"]) == (None, "given_up", {"times": "3"})
    assert make(asked) is None  # a message that is late
    assert not Pack.objects.exists()


def test_the_sweep_rings_for_what_was_forgotten(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(tasks.share, "apply_async", lambda args, **_options: rung.extend(args))
    assert tasks.sweep_sharings() == 0
    Sharing.objects.update(asked_at=timezone.now() - LOST * 2)
    assert tasks.sweep_sharings() == 1
    assert rung == [asked]
    assert tasks.share(asked)
    assert tasks.sweep_sharings() == 0


def test_without_a_broker_nothing_breaks(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.share, "apply_async", away)
    tasks.ring_to_share([asked])
    assert Sharing.objects.open().count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_one_worker_makes_it_another_leaves_it(importer: ImporterOfRecord, staff: User) -> None:
    [asked] = ask({importer: draft(importer).seen}, by=staff)
    with elsewhere() as start:
        with stopped_before(packs, "files") as there:
            first = start(lambda: make(asked))
            assert there.wait(LONGEST)
            assert make(asked) is None
            assert unfinished(timezone.now() + LOST * 2) == [asked]
            assert Sharing.objects.get().tries == 1
        assert first.result() is not None
    assert (Pack.objects.count(), mails()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_for_the_same_importers_do_not_wait_for_one_another(
    importer: ImporterOfRecord, staff: User
) -> None:
    one, other = importer, ImporterFactory.create()
    with elsewhere() as start:
        with transaction.atomic():
            ask({one: ""}, by=staff)
            second = start(lambda: ask({other: "", one: ""}, by=staff))
            assert waits_for(second)
            ask({other: ""}, by=staff)
        assert len(second.result(LONGEST)) == 2
    assert Sharing.objects.count() == 2


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_shares_all_or_nothing(staff: User, process_env: dict[str, str]) -> None:
    importer = AccessFactory.create().importer
    like = EntryFactory.create(importer=importer)
    same = {field.name: getattr(like, field.name) for field in Entry._meta.fields}
    copies = [Entry(**same | {"pk": None, "number": f"A{n:010d}"}) for n in range(ENTRIES)]
    Entry.objects.bulk_create(copies)
    moments = random.Random(4811)  # noqa: S311 - the same each time
    usual = 0.0
    for _ in range(ROUNDS):
        Entry.objects.filter(pk=like.pk).update(ieepa_duty=moments.randrange(1, 9_999_999))
        before = Pack.objects.count()
        [asked] = ask({importer: draft(importer).seen}, by=staff)
        process = _making(asked, process_env)
        begun = time.monotonic()
        try:
            process.wait(timeout=moments.uniform(0.5, 1.0) * usual or None)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        usual = usual or time.monotonic() - begun
        made = Pack.objects.count() - before
        assert made in (0, 1)
        assert Sharing.objects.open().count() == 1 - made
        assert make(asked) is None if made else make(asked) is not None
    assert Pack.objects.count() == mails() == ROUNDS
    assert PackLine.objects.count() == ROUNDS * (ENTRIES + 1)


def _making(pk: int, env: dict[str, str]) -> "subprocess.Popen[bytes]":
    work = f"from refunds.tasks import share; share({pk})"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", work]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
