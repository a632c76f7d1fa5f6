"""What is done to the portal while it works: chosen by a seed, noted down."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.chaos.account import Killed
from tests.chaos.mail_server import BadServer
from tests.chaos.processes import Portal, Process, kill_and_note, until

READY_SECONDS = 60.0


@dataclass
class Mischief:
    """`away`: for how many seconds Redis and PostgreSQL are gone when they are restarted, at most."""

    portal: Portal
    server: BadServer
    chance: random.Random
    away: float
    killed: list[Killed] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    database_away: list[float] = field(default_factory=list)

    def deeds(self) -> dict[str, Callable[[], None]]:
        return {
            "workers killed (SIGKILL)": self.kill_a_worker,
            "worker processes killed under a worker": self.kill_a_child,
            "workers told to stop (SIGTERM)": self.end_a_worker,
            "Redis wiped": self.portal.wipe_redis,
            "Redis restarted": self.restart_redis,
            "PostgreSQL restarted": lambda: self.restart_postgres(self.portal.stop_postgres),
            "PostgreSQL crashed": lambda: self.restart_postgres(self.portal.crash_postgres),
        }

    def deck(self, size: int) -> Iterator[str]:
        """Shuffled anew whenever all have been dealt."""
        for _ in count():
            names = sorted(self.deeds())
            self.chance.shuffle(names)
            for name in names:
                if size == 0:
                    return
                size -= 1
                yield name

    def do(self, name: str) -> None:
        self.deeds()[name]()
        self.done[name] += 1

    def kill_a_worker(self) -> None:
        """With all its processes, as the kernel or Docker does; somebody starts it again."""
        worker = self._worker()
        self.killed += kill_and_note(worker.children(), worker.kill)
        self._replace(worker)

    def kill_a_child(self) -> None:
        """One process of a worker, which puts another one in its place."""
        worker = self._worker()
        child = self.chance.choice(worker.children())
        self.killed += kill_and_note([child], child.kill)

    def end_a_worker(self) -> None:
        """It may finish what it has in hand; its successor is there meanwhile."""
        worker = self._worker()
        worker.tell(signal.SIGTERM)
        self.portal.leaving.append(worker)
        self._replace(worker)

    def restart_redis(self) -> None:
        assert self.portal.redis is not None
        self.portal.redis.kill()
        time.sleep(self.chance.uniform(0, self.away))
        self.portal.start_redis()

    def restart_postgres(self, end: Callable[[], None]) -> None:
        pause = self.chance.uniform(0, self.away)
        self.database_away.append(self.portal.restart_postgres(end, pause))

    def _worker(self) -> Process:
        """Any, once it is ready."""
        place = self.chance.randrange(len(self.portal.workers))
        until(lambda: self.portal.workers[place].is_ready(), READY_SECONDS, "a worker is ready", self.portal.look_after)
        return self.portal.workers[place]

    def _replace(self, worker: Process) -> None:
        self.portal.workers[self.portal.workers.index(worker)] = self.portal.start_worker()
