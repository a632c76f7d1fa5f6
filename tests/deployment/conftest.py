"""The portal as the image runs it: its files only, production settings, gunicorn, a proxy in front."""

import gzip
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

import pytest

from ace_onboarding.processes import WEB
from tests.deployment.test_settings import PRODUCTION
from tests.platform.conftest import wait_until
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
HOST = PRODUCTION["ALLOWED_HOSTS"]


@dataclass(frozen=True)
class Answer:
    """`weight` counts the bytes of the body as they came over the wire."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def weight(self) -> int:
        return len(self.body)

    @property
    def page(self) -> str:
        plain = gzip.decompress(self.body) if self.headers["Content-Encoding"] == "gzip" else self.body
        return plain.decode(errors="replace")


@dataclass(frozen=True)
class Site:
    port: int
    log: Path

    def get(self, path: str, host: str = HOST, proto: str = "https", **headers: str) -> Answer:
        """As a browser asks; `headers` with underscores for hyphens."""
        asked = {"Host": host, "X-Forwarded-Proto": proto} | {k.replace("_", "-"): v for k, v in headers.items()}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path, headers=asked)
            with connection.getresponse() as response:
                return Answer(response.status, response.headers, response.read())

    def answers(self) -> bool:
        try:
            return self.get("/health/").status == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that .dockerignore lets into the image."""
    folder = tmp_path_factory.mktemp("image")
    for name in re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        else:
            shutil.copy(source, folder)
    return folder


@pytest.fixture(scope="module")
def env(image: Path, process_env: dict[str, str]) -> dict[str, str]:
    ours = {"VAR_DIR": str(image.parent / "var"), "TRUSTED_PROXIES": "1", "WEB_WORKERS": "1", "LOG_LEVEL": "INFO"}
    database = {"DATABASE_URL": process_env["DATABASE_URL"]}
    kept = {name: value for name, value in process_env.items() if name != "EMBEDDED_DATABASE_URL"}
    return kept | PRODUCTION | database | ours


@pytest.fixture(scope="module")
def site(image: Path, env: dict[str, str]) -> Iterator[Site]:
    for command in (["compile_translations"], ["collectstatic", "--no-input", "--verbosity", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=image, env=env, check=True)
    site = Site(free_port(), image / "web.log")
    with site.log.open("wb") as log:
        command = [sys.executable, "-m", *WEB, "--bind", f"127.0.0.1:{site.port}"]
        web = subprocess.Popen(command, cwd=image, env=env, stdout=log, stderr=log)
    try:
        wait_until(lambda: site.answers() or web.poll() is not None, seconds=60)
        assert web.poll() is None, site.log.read_text()
        yield site
    finally:
        web.terminate()
        web.wait(30)
