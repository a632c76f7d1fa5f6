"""What the web server answers when the image's files run under production settings."""

import re

import pytest

from tests.deployment.conftest import HOST, Site
from tests.platform.conftest import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("production")]


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
    assert 'path="/start/…/"' in log
    assert "very-secret-token" not in log
    assert "123456" not in log
