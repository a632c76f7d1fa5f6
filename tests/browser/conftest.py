"""A real server on the test's database, and a browser that talks to nobody else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Locator, Page

from tests.sessions import session_key

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from importers.models import User

Camera = Callable[[Page, str], None]


def follow(what: Locator) -> None:
    """Presses a link or button that leads to another page, and waits until that page is there."""
    with what.page.expect_navigation():
        what.click()


@pytest.fixture(scope="session")
def base_url() -> None:
    """The plug-in's own fixture of this name warns under this pytest; addresses are whole here anyway."""


@pytest.fixture(scope="session", autouse=True)
def no_lasting_connections() -> None:
    """The server's threads give their connections back, so that the test's database can be emptied and dropped. For
    good, because a browser's last request may end after its test."""
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0


@pytest.fixture
def portal(no_lasting_connections: None, live_server: "LiveServer", monkeypatch: pytest.MonkeyPatch) -> str:
    """The portal's address; mails lead to it too."""
    monkeypatch.setattr(settings, "PUBLIC_URL", live_server.url)
    return str(live_server.url)


@pytest.fixture
def sign_in(portal: str, context: BrowserContext) -> Callable[["User"], None]:
    """Signs a person in without the code, for pages whose tests are about something else."""

    def go(user: "User") -> None:
        context.add_cookies([{"name": "sessionid", "value": session_key(user), "url": portal}])

    return go


@pytest.fixture
def quiet(page: Page, portal: str) -> Iterator[Page]:
    """A page that fails the test when it asks another host, breaks the policy, or throws."""
    wrong: list[str] = []
    page.on("request", lambda request: None if request.url.startswith((portal, "data:")) else wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    yield page
    assert wrong == []


@pytest.fixture
def speak(portal: str, context: BrowserContext) -> Callable[[str], None]:
    """Sets the language as the switch in the header does."""

    def go(language: str) -> None:
        context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": portal}])

    return go


@pytest.fixture
def camera(request: pytest.FixtureRequest) -> Camera:
    """Takes a picture of the whole page where --pictures says where to put it."""
    folder = request.config.getoption("--pictures")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return take
