import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from ace_onboarding import processes
from ace_onboarding.embedded import Cluster, revive
from ace_onboarding.schema import bring_up_to_date
from ace_onboarding.supervisor import Child, ChildDied, requests_to_stop, stop, watch
from ace_onboarding.translations import compile_stale
from importers import demo
from importers.models import ImporterOfRecord, User


class Command(BaseCommand):
    help = "Runs the whole portal on this machine: database, broker, web, worker and scheduler. Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", default=str(processes.USUAL_PORT), help="(default %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        port = processes.port_number(options["port"])
        with processes.listen(port) as web_socket, only_one(), processes.socket_folder() as folder:
            self._prepare(port)
            people = self._people()
            connection.close()
            self._run(port, web_socket, folder, people)

    def _prepare(self, port: int) -> None:
        if "PUBLIC_URL" not in os.environ:
            settings.PUBLIC_URL = os.environ["PUBLIC_URL"] = f"http://{processes.HOST}:{port}"
        compile_stale()
        processes.forget_old_doorbells()
        bring_up_to_date()
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)  # without them no page can be shown
        elif not ImporterOfRecord.objects.exists():
            call_command("seed_demo", stdout=self.stdout, stderr=self.stderr)

    def _people(self) -> list[str]:
        """Who can sign in, as far as that can be said here."""
        if known := demo.sign_ins():
            return ["Demo sign-ins (e-mail, password):", *(f"  {email}  {password}" for email, password in known)]
        if not User.objects.filter(is_staff=True, is_active=True).exists():
            return ["Nobody can sign in yet: make the first staff member with manage.py createsuperuser."]
        return []

    def _run(self, port: int, web_socket: socket.socket, folder: Path, people: list[str]) -> None:
        redis = processes.redis_server(folder)
        env = {"REDIS_URL": processes.redis_url(folder)} if redis else {}
        portal = processes.portal(env, web_socket)
        brokers = [redis] if redis else []
        with requests_to_stop() as asked:
            try:
                web, *others = portal
                for child in (*brokers, web):
                    child.start()
                processes.wait_for_answer(port, web, asked)  # the others start afterwards: people wait for this one
                for child in others:
                    child.start()
                self._announce(port, redis, people)
                watch([*brokers, *portal], self.stderr.write, self._keep_database, asked)
                self.stderr.write("Stopping.")
            except ChildDied as error:
                raise CommandError(str(error)) from error
            finally:
                stop([portal, brokers])

    def _keep_database(self) -> None:
        if settings.EMBEDDED and revive(Cluster(settings.VAR_DIR)):
            self.stderr.write("The database ended. It is started again.")

    def _announce(self, port: int, redis: Child | None, people: list[str]) -> None:
        base = f"http://{processes.HOST}:{port}"
        mails = f"kept, not sent; staff read them at {base}/admin/importers/notification/"
        lines = [
            f"The portal:  {base}/",
            f"The guide:   {base}/guide/",
            f"For staff:   {base}/admin/",
            f"Database:    {f'embedded, in {settings.VAR_DIR}' if settings.EMBEDDED else 'DATABASE_URL'}",
            f"Jobs:        {broker_name(redis)}",
            f"Mails:       {mails if settings.MAILS_KEPT else 'sent by EMAIL_URL'}",
            f"Logs:        {processes.log_folder()}",
            *people,
            "Ctrl-C stops everything.",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def broker_name(redis: Child | None) -> str:
    if redis is not None:
        return "a redis-server started for this run"
    if settings.REDIS_URL:
        return "Redis at REDIS_URL"
    return f"files in {settings.BROKER_FOLDER} (there is no redis-server on the PATH)"


@contextmanager
def only_one() -> Iterator[None]:
    with (settings.VAR_DIR / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"The portal already runs from {settings.VAR_DIR}: stop it, or set VAR_DIR to another folder."
            ) from error
        yield
