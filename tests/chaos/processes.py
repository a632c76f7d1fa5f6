"""The portal as it runs in production, every part a process of its own, each of which can be ended at any time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis

from ace_onboarding.embedded import Cluster, program, running
from ace_onboarding.embedded.guardian import is_alive, server_pid, stop_server, turn
from ace_onboarding.processes import BEAT, WORKER
from tests.chaos.account import Killed
from tests.servers import free_port, installed, running_on, wait_for_redis

ROOT = Path(__file__).resolve().parents[2]
WORKERS = BEATS = 2
POOL = 2  # processes of each worker, by the portal's own command
READY = " ready."
LAST_MAIL_SECONDS = 60.0  # a worker that is told to stop first ends the run it is in
# A commit that was answered for must outlive a crash of the server; one of the machine is not played.
DATABASE_OPTIONS = ("fsync=off", "full_page_writes=off")


def until(holds: Callable[[], object], seconds: float, what: str, meanwhile: Callable[[], object] = bool) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        meanwhile()
        assert time.monotonic() < deadline, f"in {seconds:.0f} seconds it did not happen: {what}"
        time.sleep(0.05)


@dataclass
class Process:
    """Leads a group of its own, in which its children are too."""

    name: str
    command: Sequence[str]
    env: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> "Process":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, cwd=ROOT,
                start_new_session=True,
            )  # fmt: skip
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        return f"{READY}\n" in self.log.read_text() and len(self.children()) == POOL

    def children(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children(recursive=True)
        return []

    def tell(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self, seconds: float) -> None:
        """By force if it takes longer, which is then told."""
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"{self.name} did not stop within {seconds:.0f} seconds; see {self.log}") from error

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait()


def kill_and_note(processes: Sequence[psutil.Process], kill: Callable[[], None]) -> list[Killed]:
    """They are held still first, so that what is noted of them stays true."""
    held = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
            ports = {end.laddr.port for end in process.net_connections(kind="tcp") if end.laddr}
            held.append((process, frozenset(ports)))
    kill()
    at = time.monotonic()
    until(lambda: not any(is_alive(process.pid) for process, _ports in held), 10, "they are dead")
    return [Killed(process.pid, at, ports) for process, ports in held]


@dataclass
class Portal:
    """`folder`: its VAR_DIR; `logs` stay after it. The database is asked with SQL, never through the code on trial."""

    folder: Path
    logs: Path
    settings: dict[str, str]
    redis_port: int = field(default_factory=free_port)
    workers: list[Process] = field(default_factory=list)
    beats: list[Process] = field(default_factory=list)
    leaving: list[Process] = field(default_factory=list)
    redis: Process | None = None
    count: int = 0
    given_up: list[str] = field(default_factory=list)

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.folder, options=DATABASE_OPTIONS)

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def env(self) -> dict[str, str]:
        ours = {"VAR_DIR": str(self.folder), "DATABASE_URL": self.cluster.url(), "REDIS_URL": self.redis_url}
        return os.environ | self.settings | ours

    def manage(self, *arguments: str, **env: str) -> "subprocess.Popen[str]":
        with (self.logs / "commands.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                env=self.env | env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip

    def run(self, *arguments: str, **env: str) -> str:
        """What the command says."""
        told, _nothing = (command := self.manage(*arguments, **env)).communicate()
        assert command.returncode == 0, f"{arguments} failed, see {self.logs}/commands.log: {told}"
        return told

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.cluster.url(), autocommit=True) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def copy_tables(self, source: str) -> None:
        """From an empty database of the same schema: to make them anew takes longer than all the rest."""
        dump = subprocess.run([program("pg_dump"), "--no-owner", source], check=True, stdout=subprocess.PIPE)
        load = [program("psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", self.cluster.url()]
        subprocess.run(load, input=dump.stdout, check=True, stdout=subprocess.DEVNULL)

    def start_redis(self) -> None:
        command = [installed("redis-server"), "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", ""]
        self.redis = Process("redis", [*command, "--dir", str(self.logs)], self.env, self.logs / "redis.log").start()
        wait_for_redis(self.redis_url)

    def wipe_redis(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def stop_postgres(self) -> None:
        """As an operator restarts it: sessions are ended."""
        stop_server(self.cluster.data, self.cluster.sockets)

    def crash_postgres(self) -> None:
        """Nothing is written any more; the next start replays the log."""
        pid = server_pid(self.cluster.data, self.cluster.sockets)
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        until(lambda: not is_alive(pid), 30, "PostgreSQL ends")

    def restart_postgres(self, end: Callable[[], None], pause: float) -> float:
        begin = time.monotonic()
        with turn(self.folder):
            end()
            time.sleep(pause)
            self.cluster.start()
        return time.monotonic() - begin

    def start_worker(self) -> Process:
        return self._start("worker", WORKER, "--hostname", f"worker{self.count}@%h")

    def look_after(self) -> None:
        """As Docker and `manage.py up` do: whoever has ended is started again. Celery itself gives a worker up when
        Redis goes away at a bad moment, or when one of its processes dies while it starts."""
        for number, worker in enumerate(self.workers):
            if not worker.runs():
                self.given_up.append(worker.log.stem)
                self.workers[number] = self.start_worker()

    def start_beat(self) -> Process:
        return self._start("beat", BEAT, "--schedule", str(self.folder / f"beat{self.count}"))

    def _start(self, name: str, command: Sequence[str], *options: str) -> Process:
        self.count += 1
        log = self.logs / f"{name}{self.count}.log"
        return Process(name, [sys.executable, "-m", *command, *options], self.env, log).start()

    def left_over(self) -> list[str]:
        """The command lines of processes that still run on this folder."""
        return running_on(self.folder)

    def stop(self) -> None:
        """Politely, as an operator would."""
        assert all(beat.runs() for beat in self.beats), "a beat has ended by itself"
        everybody = [*self.beats, *self.workers]
        for one in everybody:
            one.tell(signal.SIGTERM)
        for one in [*everybody, *self.leaving]:
            one.wait(LAST_MAIL_SECONDS)


@contextmanager
def portal(folder: Path, logs: Path, settings: dict[str, str]) -> Iterator[Portal]:
    """With PostgreSQL and Redis; afterwards nothing is left, however it ended."""
    made = Portal(folder, logs, settings)
    with running(made.cluster):
        try:
            made.start_redis()
            yield made
        finally:
            for one in [*made.beats, *made.workers, *made.leaving, made.redis]:
                if one is not None:
                    one.kill()
