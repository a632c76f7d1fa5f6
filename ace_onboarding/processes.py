"""The processes that make up the portal on one machine, and the message broker they use."""

import os
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError

from ace_onboarding.embedded.cluster import LONGEST_SOCKET_PATH
from ace_onboarding.supervisor import Child

HOST = "127.0.0.1"
USUAL_PORT = 8000
HIGHEST_PORT = 65_535
REDIS_SOCKET = "redis.sock"
FIRST_ANSWER_SECONDS = 60
WEB = ("gunicorn", "--config", "python:ace_onboarding.gunicorn_config", "ace_onboarding.wsgi")
CELERY = ("celery", "--app", "ace_onboarding.celery:app", "--skip-checks")
CALM = ("--without-gossip", "--without-mingle", "--without-heartbeat")  # one worker has nobody to talk to
WORKER = (*CELERY, "worker", "--loglevel", "INFO", "--concurrency", "2", *CALM)
BEAT = (*CELERY, "beat", "--loglevel", "INFO", "--pidfile", "")


def port_number(text: str) -> int:
    """Read here and not by argparse, which answers with several lines and exit 2."""
    if not (re.fullmatch(r"[0-9]{1,5}", text) and 1 <= int(text) <= HIGHEST_PORT):
        raise CommandError(
            f"The port is {text!r}: write a whole number from 1 to {HIGHEST_PORT}, like --port {USUAL_PORT}."
        )
    return int(text)


def listen(port: int) -> socket.socket:
    """Takes the port before anything else is started; the web process gets this very socket."""
    try:
        return socket.create_server((HOST, port), backlog=128)
    except OSError as error:
        other = port + 1 if USUAL_PORT <= port < HIGHEST_PORT else USUAL_PORT + 1
        raise CommandError(
            f"Port {port} cannot be used ({os.strerror(error.errno or 0)}): "
            f"stop what uses it, or start with --port {other}."
        ) from error


def log_folder() -> Path:
    folder = settings.VAR_DIR / "logs"
    folder.mkdir(exist_ok=True)
    return Path(folder)


def redis_server(folder: Path) -> Child | None:
    """A Redis of our own, when the machine has the program; it keeps nothing, since nothing depends on it."""
    program = shutil.which("redis-server")
    if settings.REDIS_URL or program is None:
        return None
    options = {"port": "0", "unixsocket": str(folder / REDIS_SOCKET), "unixsocketperm": "700", "save": ""}
    command = [program, "--dir", str(folder)]
    for name, value in options.items():
        command += [f"--{name}", value]
    return Child("Redis server", command, log_folder() / "redis.log")


def forget_old_doorbells() -> None:
    """Messages in files that no worker took, from an earlier run; the sweep finds what they were about."""
    for message in settings.BROKER_FOLDER.glob("messages/*"):
        message.unlink(missing_ok=True)


@contextmanager
def socket_folder() -> Iterator[Path]:
    """For the socket of our Redis: ours alone, and with a path short enough for a socket."""
    folder = Path(settings.VAR_DIR, "redis")
    if len(os.fsencode(folder / REDIS_SOCKET)) <= LONGEST_SOCKET_PATH:
        folder.mkdir(mode=0o700, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="ace-redis-") as name:
            yield Path(name)


def redis_url(folder: Path) -> str:
    return f"unix://{folder / REDIS_SOCKET}"


def portal(env: Mapping[str, str], web_socket: socket.socket) -> list[Child]:
    number = web_socket.fileno()
    schedule = ("--schedule", str(settings.VAR_DIR / "celerybeat-schedule"))
    return [
        replace(_program("web server", "web", *WEB, "--bind", f"fd://{number}"), env=env, keep_open=(number,)),
        replace(_program("worker", "worker", *WORKER), env=env),
        replace(_program("scheduler", "beat", *BEAT, *schedule), env=env),
    ]


def _program(name: str, log: str, *command: str) -> Child:
    return Child(name, [sys.executable, "-m", *command], log_folder() / f"{log}.log", settings.BASE_DIR)


def wait_for_answer(port: int, web: Child, asked_to_stop: Callable[[], bool]) -> None:
    """Returns when the web server has answered its first request, or nobody wants to know any more."""
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS
    while not (asked_to_stop() or _answers(port)):
        if web.has_ended() or time.monotonic() > deadline:
            raise CommandError(f"The web server does not answer: {web.last_words()} (see {web.log})")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=10)
    host = urlsplit(settings.PUBLIC_URL).netloc  # one that ALLOWED_HOSTS names, which 127.0.0.1 need not be
    with suppress(OSError, HTTPException):
        connection.request("GET", "/health/", headers={"Host": host})
        return connection.getresponse().status == 200
    return False
