"""The portal as the image runs it: its files only, production settings, gunicorn, a proxy in front."""

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

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("production")]
ROOT = Path(__file__).resolve().parents[2]
HOST = PRODUCTION["ALLOWED_HOSTS"]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    page: str


@dataclass(frozen=True)
class Site:
    port: int
    log: Path

    def get(self, path: str, host: str = HOST, proto: str = "https") -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": proto})
            with connection.getresponse() as response:
                return Answer(response.status, response.headers, response.read().decode(errors="replace"))

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


def test_pages_are_served_with_their_files(site: Site) -> None:
    answer = site.get("/guide/")
    assert answer.status == 200
    linked = re.findall(r"(?:href|src)=\"(/static/[^\"]+)\"", answer.page)
    assert linked
    for path in linked:
        assert re.search(r"\.[0-9a-f]{12}\.", path), "named after its content"
        file = site.get(path)
        assert file.status == 200
        assert "immutable" in str(file.headers["Cache-Control"])


def test_http_is_sent_on_to_https(site: Site) -> None:
    answer = site.get("/guide/", proto="http")
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{HOST}/guide/"


def test_health_is_asked_without_tls(site: Site) -> None:
    assert site.get("/health/", proto="http").status == 200


def test_cookies_and_headers_are_for_https_only(site: Site) -> None:
    answer = site.get("/account/login/")
    assert "Secure" in str(answer.headers["Set-Cookie"])
    assert "max-age=31536000" in str(answer.headers["Strict-Transport-Security"])


def test_other_hosts_are_refused_without_a_word(site: Site) -> None:
    answer = site.get("/guide/", host="evil.example")
    assert answer.status == 400
    assert "evil.example" not in answer.page


def test_a_page_that_is_not_there_tells_nothing(site: Site) -> None:
    answer = site.get("/nowhere/")
    assert answer.status == 404
    assert "Traceback" not in answer.page
    assert "urlpatterns" not in answer.page


def test_mailed_links_are_masked_in_the_log(site: Site) -> None:
    site.get("/start/very-secret-token:1a2b3c:XyZ/?code=123456")
    wait_until(lambda: 'path="/start/' in site.log.read_text())
    log = site.log.read_text()
    assert 'path="/start/•••/"' in log
    assert "very-secret-token" not in log
    assert "123456" not in log
