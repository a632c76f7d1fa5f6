"""Work on connections of its own, as another process would do it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from django.db import connection

WAITS = """
    SELECT wait_event FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
"""
Start = Callable[[Callable[[], Any]], "Future[Any]"]


@contextmanager
def elsewhere() -> Iterator[Start]:
    """Starts what is given on another connection, where nothing waits for ever."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '20s'")
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
