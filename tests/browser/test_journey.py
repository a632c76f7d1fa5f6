"""From the invitation mail to "ready", as a person does it: with and without JavaScript."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from importers.domain.facts import Document
from importers.letters import write
from importers.models import ImporterOfRecord, MailKind, Notification
from importers.services import filings
from importers.services.invitations import invite
from importers.services.portal import edit_firm
from tests import walkthrough
from tests.browser.conftest import follow
from tests.factories import ImporterFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def last_mail(kind: MailKind) -> str:
    return write(Notification.objects.filter(kind=kind).latest("pk")).text


def save(page: Page, button: str = "Save and continue") -> None:
    follow(page.get_by_role("button", name=button))


def come_in(page: Page) -> None:
    """The mailed link, the button, the mailed code."""
    link = re.search(r"http\S+/start/\S+", last_mail(MailKind.INVITATION))
    assert link
    page.goto(link[0])
    save(page, "Mail me the code")
    code = re.search(r"code: (\S+)", last_mail(MailKind.ACCOUNT))
    assert code
    page.get_by_label("Code from the mail").fill(code[1])
    follow(page.get_by_role("main").get_by_role("button", name="Sign in"))


def step(page: Page, title: str) -> None:
    """Saving a step leads here by itself."""
    assert page.get_by_role("heading", level=1).inner_text() == title


def before_you_start(page: Page) -> None:
    follow(page.get_by_role("link", name="Start", exact=True))
    page.get_by_label("Company limited by shares").check()
    page.get_by_label("Company phone").fill("+45 70 10 10 11")
    save(page)
    step(page, "Name the responsible officer")
    page.get_by_label("This person is an officer").check()
    save(page)
    step(page, "Tell us if you already use ACE")
    page.get_by_label("No, nobody in the company").check()
    save(page)
    step(page, "Choose how to receive refunds")
    page.get_by_label("To us, the broker").check()
    save(page)


def in_ace(page: Page) -> None:
    step(page, "Create the ACE Portal account")
    page.get_by_label("CBP has confirmed the account").check()
    save(page)
    step(page, "Nominate us on Form 4811")
    page.get_by_label("When was it signed?").fill(timezone.localdate().isoformat())
    save(page)


def declare(page: Page) -> None:
    step(page, "Tell us you are registered")
    page.get_by_label("I am the responsible officer").check()
    save(page, "Declare and send")
    assert "It is our turn: we check in ACE that all is in place." in page.get_by_role("main").inner_text()


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys Cykler ApS")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_invitation_mail_to_ready(
    browser: Browser, portal: str, importer: ImporterOfRecord, scripts: bool
) -> None:
    page = browser.new_context(java_script_enabled=scripts, locale="en-GB").new_page()
    staff = StaffFactory()
    invite([importer], by=staff)
    come_in(page)
    assert page.get_by_role("heading", level=1).inner_text() == "Set up your electronic refunds"
    before_you_start(page)
    filings.record_contact(
        importer, Document.FORM_5106, by=staff, name=importer.contact_name, email=importer.contact_email
    )
    page.reload()
    in_ace(page)
    declare(page)
    edit_firm(by=staff, ach_enrolled=True, importer_number="36-7654321")
    filings.record_4811_checks(importer, by=staff, on_profile=True, box_28=True)
    filings.verify(importer, by=staff, digest=walkthrough.digest(importer))
    page.reload()
    assert "All is in place. You need not do anything more." in page.get_by_role("main").inner_text()
    assert "All is in place" in last_mail(MailKind.READY)


def test_a_mailed_link_that_a_scanner_opened_still_works(page: Page, portal: str, importer: ImporterOfRecord) -> None:
    invite([importer], by=StaffFactory())
    link = re.search(r"http\S+/start/\S+", last_mail(MailKind.INVITATION))
    assert link
    for _ in range(3):
        assert page.request.get(link[0]).ok
    come_in(page)
    assert "/importers/" in page.url


def test_a_first_visit_stays_small(page: Page, portal: str, importer: ImporterOfRecord) -> None:
    """Everything a browser fetches until the checklist stands there, before compression: within the budget of 60 kB
    that holds after it."""
    invite([importer], by=StaffFactory())
    come_in(page)
    address, cookies = page.url, page.context.cookies()
    assert page.context.browser
    cold = page.context.browser.new_context()
    cold.add_cookies(cookies)  # type: ignore[arg-type]
    fresh = cold.new_page()
    sizes: list[int] = []
    fresh.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    fresh.goto(address)
    fresh.wait_for_load_state("networkidle")
    assert len(sizes) >= 4
    assert sum(sizes) <= 60_000
