"""Keeps a handful of child processes running together, and ends them together.

Each child leads a session of its own: Ctrl-C at the terminal reaches only the supervisor, and what a child
started itself ends with it. Should the supervisor be killed, the kernel tells the children (on Linux).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

LOOK_EVERY_SECONDS = 0.2
MOST_RESTARTS = 3
RESTARTS_WITHIN_SECONDS = 60
STOP_SECONDS = 15
FORCE_SECONDS = 5
PR_SET_PDEATHSIG = 1
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildDied(Exception):
    """A child ended again and again; the text is one line for the person at the terminal."""


@dataclass
class Child:
    name: str
    command: Sequence[str]
    log: Path
    folder: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    keep_open: tuple[int, ...] = ()
    restarts: list[float] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own programs
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | dict(self.env),
                pass_fds=self.keep_open,
                start_new_session=True,
                preexec_fn=_end_with_the_supervisor,
            )

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, deadline: float) -> None:
        """Waits for the child until the deadline; then ends it and all that it started by force."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(FORCE_SECONDS)

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "nothing in its log"


def _end_with_the_supervisor() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def requests_to_stop() -> Iterator[Callable[[], bool]]:
    """Inside the block Ctrl-C and the like are only noted; what it yields says whether one came.

    An exception out of a signal handler may strike in the middle of anything: a child that is being born would be
    left behind, and one that is being asked whether it still runs could never be waited for again. Who was told once
    is deaf from then on, so that a second Ctrl-C does not disturb the clearing up either.
    """
    told: list[int] = []
    before = {number: signal.getsignal(number) for number in ENDING}
    heard = [number for number in ENDING if before[number] is not signal.SIG_IGN]  # nohup stays in force
    for number in heard:
        signal.signal(number, lambda number, frame: told.append(number))
    try:
        yield lambda: bool(told)
    finally:
        for number in heard:
            signal.signal(number, signal.SIG_IGN if told else before[number])


def stop(groups: Sequence[Sequence[Child]]) -> None:
    """Ends one group after the other, those of a group together."""
    for group in groups:
        for child in group:
            child.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        for child in group:
            child.end(deadline)


def watch(
    children: Sequence[Child], say: Callable[[str], None], also: Callable[[], None], until: Callable[[], bool]
) -> None:
    """Restarts a child that ended; gives up when it does so too often."""
    while not until():
        time.sleep(LOOK_EVERY_SECONDS)
        also()
        for child in children:
            if child.has_ended():
                _restart(child, say)


def _restart(child: Child, say: Callable[[str], None]) -> None:
    now = time.monotonic()
    child.restarts = [moment for moment in child.restarts if moment > now - RESTARTS_WITHIN_SECONDS]
    child.end(now)
    if len(child.restarts) >= MOST_RESTARTS:
        raise ChildDied(f"The {child.name} ended {MOST_RESTARTS + 1} times within a minute: {child.last_words()}")
    say(f"The {child.name} ended ({child.last_words()}). It is started again; its log is {child.log}.")
    child.restarts.append(now)
    child.start()
