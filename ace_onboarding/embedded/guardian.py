"""Who uses the embedded server, and its end: the last user stops it, or the guardian does.

Every user holds a shared lock on a file. The kernel drops that lock even when the process is killed, so
nobody has to be asked whether they are still alive. Only the standard library is used: the guardian process
runs this file by its path, in a bare interpreter, and waits until no user is left.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

STOP_SECONDS = 60
LOOK_EVERY_SECONDS = 1.0


def lock_file(var_dir: Path, name: str) -> IO[str]:
    return (var_dir / f"postgres.{name}.lock").open("a")


@contextmanager
def turn(var_dir: Path) -> Iterator[None]:
    """One process at a time starts, joins, leaves or stops the server."""
    with lock_file(var_dir, "turn") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def taken(lock: IO[str]) -> bool:
    """Takes the lock for this process alone; False when somebody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def nobody_left(var_dir: Path) -> bool:
    with lock_file(var_dir, "users") as lock:
        return taken(lock)


def server_pid(data: Path, sockets: Path) -> int | None:
    """The server's process id, while it answers."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    with socket.socket(socket.AF_UNIX) as probe:
        answers = probe.connect_ex(str(sockets / ".s.PGSQL.5432")) == 0
    return int(lines[0]) if answers else None


def stop_server(data: Path, sockets: Path) -> None:
    pid = server_pid(data, sockets)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)  # "fast": sessions are ended, everything is written to disk
    if not _gone(pid):
        os.kill(pid, signal.SIGQUIT)  # "immediate": the next start replays the log
        _gone(pid)
    if sockets != data:
        with suppress(OSError):
            sockets.rmdir()


def is_alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # one that we started ourselves must be laid to rest first
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # one that another process started, and has not yet laid to rest, is a "zombie"
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def summon(var_dir: Path, data: Path, sockets: Path) -> None:
    """Starts a guardian unless there is one; to be called in one's turn."""
    with lock_file(var_dir, "guardian") as lock:
        if not taken(lock):
            return
        process = subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, "-I", "-S", __file__, str(var_dir), str(data), str(sockets)],
            stdin=lock,  # the guardian inherits the lock and keeps it for life
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        lock.truncate(0)
        lock.write(str(process.pid))
        process.returncode = 0  # it may outlive this process: nobody waits for it here


def dismiss(var_dir: Path) -> None:
    """Ends the guardian, if there is one; to be called in one's turn."""
    with lock_file(var_dir, "guardian") as lock:
        if taken(lock):
            return
        pid = int(Path(lock.name).read_text())
        os.kill(pid, signal.SIGTERM)
        _gone(pid)


def guard(var_dir: Path, data: Path, sockets: Path) -> None:
    """Looks again and again until nobody uses the server, then stops it."""
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        with turn(var_dir):
            if nobody_left(var_dir):
                stop_server(data, sockets)
                return


if __name__ == "__main__":
    guard(*(Path(argument) for argument in sys.argv[1:4]))
