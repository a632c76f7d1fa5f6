"""Work on connections of its own, as another process would do it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from django.db import connection

WAITS = """
    SELECT wait_event FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
"""
LONGEST = 20  # seconds; whoever takes as long hangs
Start = Callable[[Callable[[], Any]], "Future[Any]"]


@contextmanager
def elsewhere() -> Iterator[Start]:
    """Starts what is given on another connection, where nothing waits for ever."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = '{LONGEST}s'")
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        yield lambda work: pool.submit(run, work)


def waits_for(work: "Future[Any]") -> str:
    """The kind of lock for which somebody else waits, as soon as it does; "" when the work is done before."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITS)
            if found := cursor.fetchone():
                return str(found[0])
        if wait([work], timeout=0.02).done:
            return ""
    raise AssertionError("neither done nor waiting")


@contextmanager
def stopped_before(place: object, name: str) -> Iterator[Event]:
    """Whoever calls it first does not go on before the end of this block; the event says that they are there."""
    there, go = Event(), Event()
    real = getattr(place, name)

    def stopping(*args: Any, **options: Any) -> Any:
        if not there.is_set():
            there.set()
            assert go.wait(LONGEST)
        return real(*args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, stopping)
        try:
            yield there
        finally:
            go.set()
