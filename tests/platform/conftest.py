import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.servers import running_on

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "EMBEDDED_DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE")


@dataclass
class Home:
    """A VAR_DIR of its own and the commands that run on it, as somebody at a terminal would start them."""

    folder: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        return kept | {"VAR_DIR": str(self.folder)}

    def start(self, *arguments: str, **env: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=self.env | env,
        )
        self.processes.append(process)
        return process

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments, **env)
        stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def running(self) -> list[str]:
        """The command lines of processes that this folder's portal has started, and that still run."""
        return running_on(self.folder)


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="session", autouse=True)
def as_at_a_terminal() -> None:
    """Under nohup, or behind a script's "&", commands would be born deaf to these."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL if number is signal.SIGHUP else signal.default_int_handler)


@pytest.fixture
def home() -> Iterator[Home]:
    """An empty one."""
    yield from _home()


@pytest.fixture
def prepared(template: Path) -> Iterator[Home]:
    """One with an up-to-date schema and a little demo data; a copy, since making it takes seconds."""
    for home in _home():
        subprocess.run(["cp", "-a", f"{template}/.", str(home.folder)], check=True)
        yield home


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    done = Home(folder).run("seed_demo", "--importers", "2")
    assert done.returncode == 0, done.stderr
    return folder


def _home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="ace-home-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        home = Home(Path(name).resolve())
        yield home
        for process in home.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        wait_until(lambda: not home.running())
