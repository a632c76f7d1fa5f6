"""What manage.py does around Django's own command line."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from ace_onboarding.embedded import MARKER, Cluster, EmbeddedError, running
from ace_onboarding.schema import bring_up_to_date

WITHOUT_DATABASE = {
    "",
    "check",
    "check_cape",
    "check_translations",
    "collect_translations",
    "collectstatic",
    "compile_translations",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "startapp",
    "version",
}
WITH_ANY_SCHEMA = {
    "create_max_migration_files",
    "createcachetable",
    "dbshell",
    "makemigrations",
    "migrate",
    "optimizemigration",
    "rebase_migration",
    "restore",
    "runserver",
    "showmigrations",
    "sqlmigrate",
    "squashmigrations",
    "test",
    "up",
}


def main(arguments: list[str]) -> int:
    """Runs the command; what the person at the terminal can put right is said in one line."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's "&" would have switched it off
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, _leave)
    try:
        _run(arguments)
    except (ImproperlyConfigured, EmbeddedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _run(arguments: list[str]) -> None:
    command = arguments[1] if len(arguments) > 1 else ""
    asks_for_help = bool({"--help", "-h", "--version"} & set(arguments[1:]))
    if command in WITHOUT_DATABASE or asks_for_help:
        settings.DEBUG  # noqa: B018 - a bad setting is said in one line here too
        execute_from_command_line(arguments)
        return
    with database():
        if settings.EMBEDDED and command not in WITH_ANY_SCHEMA:
            django.setup()
            bring_up_to_date()
        execute_from_command_line(arguments)


@contextmanager
def database() -> Iterator[None]:
    """The database can be reached inside the block; child processes are told where it is."""
    if not settings.EMBEDDED or MARKER in os.environ:
        yield
        return
    cluster = Cluster(settings.VAR_DIR)
    with running(cluster):
        os.environ["DATABASE_URL"] = os.environ[MARKER] = cluster.url()
        yield
