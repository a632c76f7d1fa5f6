"""A mailed link in a real browser: where its token goes, and what it says once it is used."""

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Request

from importers.letters import write
from importers.models import MailKind, MailState, Notification
from importers.services.invitations import invite
from tests.browser.conftest import follow
from tests.factories import ImporterFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def last_mail(kind: MailKind) -> Notification:
    return Notification.objects.filter(kind=kind).latest("pk")


def link_in(mail: Notification) -> str:
    found = re.search(r"http\S+/start/\S+", write(mail).text)
    assert found
    return found[0]


def code() -> str:
    found = re.search(r"code: (\S+)", write(last_mail(MailKind.ACCOUNT)).text)
    assert found
    return found[1]


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=request.param, locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def link(portal: str) -> str:
    invite([ImporterFactory(name="Nordlys Cykler ApS")], by=StaffFactory())
    mail = last_mail(MailKind.INVITATION)
    Notification.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=timezone.now())
    return link_in(mail)


def press(page: Page, name: str) -> None:
    follow(page.get_by_role("main").get_by_role("button", name=name))


def test_the_token_is_in_no_address_after_the_first_page_and_in_no_referrer(context: BrowserContext, link: str) -> None:
    token = link.rstrip("/").rpartition("/")[2]
    page, asked = context.new_page(), list[Request]()
    page.on("request", lambda request: asked.append(request))
    page.goto(link)
    press(page, "Mail me the code")
    assert token not in page.url
    for _ in range(3):
        page.get_by_label("Code from the mail").fill("WRONG")
        press(page, "Sign in")
        assert token not in page.url
    press(page, "Mail me the code")
    page.get_by_label("Code from the mail").fill(code())
    press(page, "Sign in")
    assert re.search(r"/importers/[^/]+/$", page.url)
    assert [request.url for request in asked if token in request.headers.get("referer", "")] == []
    assert len({request.url for request in asked if token in request.url}) == 1


@pytest.mark.parametrize("name", ["How to check a mail of ours", "Privacy", "Dansk"])
def test_no_link_on_the_first_page_takes_the_token_along(context: BrowserContext, link: str, name: str) -> None:
    page, asked = context.new_page(), list[Request]()
    page.goto(link)
    page.on("request", lambda request: asked.append(request))
    follow(page.get_by_role("link", name=name))
    page.wait_for_load_state()
    assert asked
    assert [request.url for request in asked if "/start/" in request.headers.get("referer", "")] == []
    assert "/start/" not in page.content()


def test_used_then_a_new_one_by_mail(browser: Browser, context: BrowserContext, link: str) -> None:
    page = context.new_page()
    page.goto(link)
    press(page, "Mail me the code")
    page.get_by_label("Code from the mail").fill(code())
    press(page, "Sign in")
    page.goto(link)
    assert re.search(r"/importers/[^/]+/$", page.url), "who is in already is led on"
    later = browser.new_context(locale="en-GB").new_page()
    later.goto(link)
    assert later.get_by_role("heading", level=1).inner_text() == "This link has been used"
    press(later, "Mail me a new link")
    assert later.get_by_role("heading", level=1).inner_text() == "A new link is on its way"
    later.goto(link_in(last_mail(MailKind.NEW_LINK)))
    press(later, "Mail me the code")
    later.get_by_label("Code from the mail").fill(code())
    press(later, "Sign in")
    assert re.search(r"/importers/[^/]+/$", later.url)
    later.context.close()


def test_a_browser_without_cookies_is_told(browser: Browser, link: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.route("**/*", lambda route: route.continue_(headers=_without_cookie(route.request)))
    page.goto(link)
    press(page, "Mail me the code")
    context.clear_cookies()
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() == "Your browser keeps no cookies"
    context.close()


def _without_cookie(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name != "cookie"}
