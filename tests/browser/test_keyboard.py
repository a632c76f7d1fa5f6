"""The whole journey with the keyboard alone: Tab, Space, Enter and the arrows; focus is always to be seen."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from importers.letters import write
from importers.models import MailKind, Notification, User
from importers.services.invitations import invite
from importers.services.links import claim_use
from tests import walkthrough
from tests.factories import ImporterFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOCUSED = """() => {
  const it = document.activeElement;
  const label = it.labels && it.labels.length ? it.labels[0].innerText : "";
  return (it.getAttribute("aria-label") || label || it.innerText || it.value || "").trim();
}"""
OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"
SAVE = "Save and continue"


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until what has the focus is called so; every stop on the way shows that it has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue
        assert page.evaluate(OUTLINE) != "none", page.evaluate(FOCUSED)
        if page.evaluate(FOCUSED).startswith(name):
            return
    pytest.fail(f"Tab never comes to “{name}” on {page.url}")


def press(page: Page, name: str) -> None:
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_in(page: Page, label: str, text: str) -> None:
    tab_to(page, label)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def tick(page: Page, label: str) -> None:
    tab_to(page, label)
    page.keyboard.press("Space")


def choose(page: Page, first: str, wanted: str) -> None:
    """Of a group of choices Tab stops at the chosen one, else at the first; the arrows go on from there."""
    tab_to(page, first)
    page.keyboard.press("Space")
    for _ in range(10):
        if page.evaluate(FOCUSED).startswith(wanted):
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"There is no choice “{wanted}”.")


def mailed(kind: MailKind, pattern: str) -> str:
    found = re.search(pattern, write(Notification.objects.filter(kind=kind).latest("pk")).text)
    assert found
    return found[1]


def test_from_the_mail_to_the_declaration(quiet: Page, portal: str) -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    invite([importer], by=staff)
    quiet.goto(mailed(MailKind.INVITATION, r"(http\S+/start/\S+)"))
    press(quiet, "Mail me the code")
    type_in(quiet, "Code from the mail", mailed(MailKind.ACCOUNT, r"code: (\S+)"))
    press(quiet, "Sign in")

    press(quiet, "Start")
    choose(quiet, "Company limited by shares", "Company limited by shares")
    type_in(quiet, "Company phone", "+45 70 10 10 11")
    press(quiet, SAVE)
    tick(quiet, "This person is an officer")
    press(quiet, SAVE)
    choose(quiet, "No, nobody in the company", "No, nobody in the company")
    press(quiet, SAVE)
    choose(quiet, "To the company's own bank account", "To us, the broker")
    press(quiet, SAVE)
    walkthrough.on_5106(importer, staff)

    tick(quiet, "CBP has confirmed the account")
    press(quiet, SAVE)
    tab_to(quiet, "When was it signed?")
    quiet.keyboard.type(f"{timezone.localdate():%m%d%Y}")
    press(quiet, SAVE)
    tick(quiet, "I am the responsible officer")
    press(quiet, "Declare and send")
    assert "Your declaration has been sent" in quiet.get_by_role("main").inner_text()


def test_after_an_error_the_keyboard_is_at_the_summary_and_goes_on_to_the_field(quiet: Page, portal: str) -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    invite([importer], by=staff)
    quiet.goto(mailed(MailKind.INVITATION, r"(http\S+/start/\S+)"))
    press(quiet, "Mail me the code")
    type_in(quiet, "Code from the mail", "")
    press(quiet, "Sign in")
    expect(quiet.locator(".errors")).to_be_focused()
    tab_to(quiet, "Type the code from the mail.")
    quiet.keyboard.press("Enter")
    expect(quiet.locator("[name=code]")).to_be_focused()


def test_the_first_stop_leads_past_the_header(quiet: Page, portal: str) -> None:
    quiet.goto(f"{portal}/guide/")
    quiet.keyboard.press("Tab")
    assert quiet.evaluate(FOCUSED) == "Skip to the content"
    quiet.keyboard.press("Enter")
    expect(quiet.locator("#content")).to_be_focused()


def test_a_new_link_in_the_place_of_a_used_one(quiet: Page, portal: str) -> None:
    importer = ImporterFactory()
    invite([importer], by=StaffFactory())
    mail = Notification.objects.get(kind=MailKind.INVITATION)
    claim_use(mail.uuid, by=User.objects.get(email=importer.contact_email), sign_in=mail.uuid)
    quiet.goto(mailed(MailKind.INVITATION, r"(http\S+/start/\S+)"))
    press(quiet, "Mail me a new link")
    assert quiet.get_by_role("heading", level=1).inner_text() == "A new link is on its way"
    quiet.goto(mailed(MailKind.NEW_LINK, r"(http\S+/start/\S+)"))
    press(quiet, "Mail me the code")
    type_in(quiet, "Code from the mail", mailed(MailKind.ACCOUNT, r"code: (\S+)"))
    press(quiet, "Sign in")
    assert re.search(r"/importers/[^/]+/$", quiet.url)
