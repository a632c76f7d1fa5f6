"""A step on its way: the officer sends it, the colleague does it from the mail, the officer sees it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from importers.letters import write
from importers.models import ImporterOfRecord, MailKind, Notification, User
from importers.services.links import claim_use
from importers.services.readiness import checklist_of
from tests import walkthrough
from tests.browser import test_keyboard as by_key
from tests.browser.conftest import follow
from tests.browser.test_accessibility import WCAG, examine
from tests.factories import ImporterFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys Cykler ApS")


@pytest.fixture
def officer(importer: ImporterOfRecord) -> User:
    return walkthrough.able_to_send(importer, StaffFactory())


def last_mail(kind: MailKind) -> str:
    return write(Notification.objects.filter(kind=kind).latest("pk")).text


def link() -> str:
    found = re.search(r"http\S+/start/\S+", last_mail(MailKind.DELEGATION))
    assert found
    return found[0]


def press(page: Page, button: str) -> None:
    follow(page.get_by_role("main").get_by_role("button", name=button))


def read(page: Page) -> str:
    return page.get_by_role("main").inner_text()


def send(page: Page) -> None:
    follow(page.get_by_role("link", name="Set up ACH refunds"))
    follow(page.get_by_role("link", name="Send this step to a colleague"))
    press(page, "Send the step")
    assert "Enter your colleague's e-mail." in page.get_by_role("alert").inner_text()
    page.get_by_label("Your colleague's name").fill("Jens Holm")
    page.get_by_label("Your colleague's own e-mail").fill("jens@nordlys.example")
    press(page, "Send the step")
    assert "Jens Holm gets a mail with a link to this step" in read(page)


def come_in(page: Page) -> None:
    page.goto(link())
    assert page.get_by_role("heading", level=1).inner_text() == "Mette Sørensen asks you to do one step"
    press(page, "Mail me the code")
    code = re.search(r"code: (\S+)", last_mail(MailKind.ACCOUNT))
    assert code
    page.get_by_label("Code from the mail").fill(code[1])
    press(page, "Sign in")
    assert page.get_by_role("heading", level=1).inner_text() == "Set up ACH refunds"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_sending_to_the_saved_step(
    browser: Browser,
    quiet: Page,
    portal: str,
    importer: ImporterOfRecord,
    officer: User,
    sign_in: Callable[[User], None],
    scripts: bool,
) -> None:
    desk = quiet
    sign_in(officer)
    desk.goto(portal + reverse("checklist", args=[importer.uuid]))
    send(desk)
    phone = browser.new_context(java_script_enabled=scripts, locale="en-GB").new_page()
    come_in(phone)
    phone.get_by_label("The company's bank details are shown").check()
    phone.get_by_label("Refunds: ACE shows the bank details").check()
    press(phone, "Save and continue")
    assert phone.get_by_role("heading", level=1).inner_text() == "Set up ACH refunds"
    assert "The step “Set up ACH refunds” is done. Mette Sørensen can see it on the checklist." in read(phone)
    assert checklist_of(importer)["ach-refund"].status == "done"
    desk.goto(portal + reverse("checklist", args=[importer.uuid]))
    assert "Saved by Jens Holm on" in read(desk)
    follow(desk.get_by_role("link", name="Set up ACH refunds"))
    press(desk, "Take it back from Jens Holm")
    assert "Jens Holm can no longer open this step." in read(desk)
    assert phone.reload().status == 404  # type: ignore[union-attr]
    phone.goto(link())
    assert "has been taken back" in read(phone)


def test_sending_and_taking_back_with_the_keyboard_alone(
    quiet: Page, portal: str, importer: ImporterOfRecord, officer: User, sign_in: Callable[[User], None]
) -> None:
    sign_in(officer)
    quiet.goto(portal + reverse("step", args=[importer.uuid, "ach-refund"]))
    by_key.press(quiet, "Send this step to a colleague")
    by_key.press(quiet, "Send the step")
    expect(quiet.locator(".errors")).to_be_focused()
    by_key.type_in(quiet, "Your colleague's name", "Jens Holm")
    by_key.type_in(quiet, "Your colleague's own e-mail", "jens@nordlys.example")
    by_key.choose(quiet, "English", "Danish")
    by_key.press(quiet, "Send the step")
    assert "Jens Holm gets a mail with a link to this step" in read(quiet)
    assert Notification.objects.get(kind=MailKind.DELEGATION).language == "da"
    by_key.press(quiet, "Take it back from Jens Holm")
    assert "Jens Holm can no longer open this step." in read(quiet)


def test_asking_for_a_new_link_to_the_step_and_a_question_with_the_keyboard_alone(
    quiet: Page, portal: str, importer: ImporterOfRecord, officer: User
) -> None:
    colleague = walkthrough.sent(importer, officer, email="maria@nordlys.example")
    first, mail = link(), Notification.objects.get(kind=MailKind.DELEGATION)
    claim_use(mail.uuid, by=colleague, sign_in=mail.uuid)
    Notification.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    quiet.goto(first)
    assert quiet.get_by_role("heading", level=1).inner_text() == "This link has been used"
    by_key.press(quiet, "Mail me a new link")
    assert quiet.get_by_role("heading", level=1).inner_text() == "A new link is on its way"
    assert link() != first
    quiet.goto(link())
    by_key.press(quiet, "Mail me the code")
    by_key.type_in(quiet, "Code from the mail", by_key.mailed(MailKind.ACCOUNT, r"code: (\S+)"))
    by_key.press(quiet, "Sign in")
    assert quiet.get_by_role("heading", level=1).inner_text() == "Set up ACH refunds"
    by_key.press(quiet, "Ask a question here")
    by_key.choose(quiet, "The tab", "Something else")
    by_key.type_in(quiet, "Write more", "Which of the two banks?")
    by_key.press(quiet, "Send the question")
    assert "Which of the two banks?" in read(quiet)


def check(page: Page, address: str) -> None:
    page.goto(address)
    examine(page, address)


def test_its_pages_are_accessible(
    quiet: Page, portal: str, importer: ImporterOfRecord, officer: User, sign_in: Callable[[User], None]
) -> None:
    colleague = walkthrough.sent(importer, officer)
    step = portal + reverse("step", args=[importer.uuid, "ach-refund"])
    check(quiet, link())
    sign_in(officer)
    for address in (step, step + "send/", portal + reverse("checklist", args=[importer.uuid])):
        check(quiet, address)
    quiet.goto(step + "send/")
    press(quiet, "Send the step")
    expect(quiet.locator(".errors")).to_be_focused()
    assert Axe().run(quiet, options=WCAG).response["violations"] == []
    sign_in(colleague)
    for address in (step, step + "question/", portal + reverse("importers"), link()):
        check(quiet, address)
