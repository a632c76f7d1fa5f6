"""For what only one process may do at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

NAMES = {"reminders": 4811_5106_1}  # numbers of PostgreSQL's advisory locks; each of its own


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """False when somebody else is at it. Whoever dies lets go: the lock ends with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [NAMES[name]])
        [got] = cursor.fetchone() or [False]
        try:
            yield got
        finally:
            if got:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [NAMES[name]])
