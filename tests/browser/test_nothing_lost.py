"""Signed out in mid-form, two tabs, Back, a double click, and one whole step by keyboard: nothing lost, nothing
doubled, and the person lands where they were. With and without JavaScript."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from pghistory.models import Events
from playwright.sync_api import Browser, BrowserContext, Page, expect

from importers.letters import write
from importers.models import Delegation, ImporterOfRecord, MailKind, Notification, Question, User
from importers.services import steps
from tests import walkthrough
from tests.browser.conftest import follow
from tests.factories import AccessFactory, ImporterFactory, StaffFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOT_SAVED = "This is what you had typed. It is not saved yet."
CHANGED = "Somebody has changed the answers while this page was open. Nothing was saved."


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=request.param, locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys Cykler ApS")


@pytest.fixture
def person(importer: ImporterOfRecord, sign_in: Callable[[User], None]) -> User:
    """Signed in, with the four first steps done."""
    who = walkthrough.invited(importer, StaffFactory())
    walkthrough.before(importer, who)
    sign_in(who)
    return who


@pytest.fixture
def address(portal: str, importer: ImporterOfRecord) -> str:
    return portal + reverse("step", args=[importer.uuid, "company"])


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def save(page: Page) -> None:
    follow(page.get_by_role("button", name="Save and continue"))


def type_the_code(page: Page) -> None:
    code = re.search(r"code: (\S+)", write(Notification.objects.filter(kind=MailKind.ACCOUNT).latest("pk")).text)
    assert code
    page.get_by_label("Code from the mail").fill(code[1])
    follow(page.get_by_role("main").get_by_role("button", name="Sign in"))


def sign_in_again(page: Page, person: User) -> None:
    page.get_by_label("Your e-mail address").fill(person.email)
    follow(page.get_by_role("button", name="Mail me a code"))
    type_the_code(page)


def main(page: Page) -> str:
    return page.get_by_role("main").inner_text()


def test_signed_out_in_mid_form(
    context: BrowserContext, person: User, importer: ImporterOfRecord, address: str
) -> None:
    page = opened(context, address + "?back=inform-broker")
    page.get_by_label("Street and number").fill("Nygade 7")
    page.get_by_label("LLC").check()
    Session.objects.all().delete()
    save(page)
    assert "What you typed is kept for an hour" in main(page)
    sign_in_again(page, person)
    assert page.url == address + "?back=inform-broker"
    assert NOT_SAVED in main(page)
    assert page.get_by_label("Street and number").input_value() == "Nygade 7"
    assert page.get_by_label("LLC").is_checked()
    importer.refresh_from_db()
    assert importer.street == "Havnegade 1"
    save(page)
    assert page.url.endswith("/inform-broker/")
    importer.refresh_from_db()
    assert (importer.street, importer.structure) == ("Nygade 7", "llc")


def test_signed_in_again_in_another_tab(
    context: BrowserContext, person: User, importer: ImporterOfRecord, address: str
) -> None:
    page = opened(context, address)
    page.get_by_label("Street and number").fill("Nygade 7")
    other = opened(context, address)
    Session.objects.all().delete()
    other.reload()
    sign_in_again(other, person)
    save(page)
    assert page.url == address
    assert NOT_SAVED in main(page)
    assert page.get_by_label("Street and number").input_value() == "Nygade 7"
    save(page)
    importer.refresh_from_db()
    assert importer.street == "Nygade 7"


@pytest.fixture
def officer(importer: ImporterOfRecord, sign_in: Callable[[User], None]) -> User:
    who = walkthrough.able_to_send(importer, StaffFactory())
    sign_in(who)
    return who


@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["signed out", "signed in again in another tab"])
def test_a_question_is_not_lost(
    context: BrowserContext, portal: str, officer: User, importer: ImporterOfRecord, is_elsewhere: bool
) -> None:
    address = portal + reverse("question", args=[importer.uuid, "ach-refund"])
    page = opened(context, address)
    page.get_by_label("Something else").check()
    page.get_by_label("Write more, if you like").fill("May it be a board member?")
    Session.objects.all().delete()
    if is_elsewhere:
        sign_in_again(opened(context, address), officer)
    follow(page.get_by_role("button", name="Send the question"))
    if not is_elsewhere:
        sign_in_again(page, officer)
    assert page.url == address
    assert NOT_SAVED in main(page)
    assert page.get_by_label("Something else").is_checked()
    assert page.get_by_label("Write more, if you like").input_value() == "May it be a board member?"
    assert not Question.objects.exists()
    follow(page.get_by_role("button", name="Send the question"))
    assert "Your question has been sent." in main(page)
    assert Question.objects.get().text == "May it be a board member?"


@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["signed out", "signed in again in another tab"])
def test_a_step_on_its_way_to_a_colleague_is_not_lost(
    context: BrowserContext, portal: str, officer: User, importer: ImporterOfRecord, is_elsewhere: bool
) -> None:
    address = portal + reverse("send_step", args=[importer.uuid, "ach-refund"])
    page = opened(context, address)
    page.get_by_label("Your colleague's name").fill("Jens Holm")
    page.get_by_label("Your colleague's own e-mail").fill("jens@nordlys.example")
    page.get_by_label("Danish").check()
    Session.objects.all().delete()
    if is_elsewhere:
        sign_in_again(opened(context, address), officer)
    follow(page.get_by_role("button", name="Send the step"))
    if not is_elsewhere:
        sign_in_again(page, officer)
    assert page.url == address
    assert NOT_SAVED in main(page)
    assert page.get_by_label("Your colleague's name").input_value() == "Jens Holm"
    assert page.get_by_label("Danish").is_checked()
    assert not Delegation.objects.exists()
    follow(page.get_by_role("button", name="Send the step"))
    assert "Jens Holm gets a mail with a link to this step" in main(page)
    assert Delegation.objects.get().colleague.language == "da"


def test_taking_it_back_when_signed_out(
    context: BrowserContext, portal: str, officer: User, importer: ImporterOfRecord
) -> None:
    walkthrough.sent(importer, officer)
    page = opened(context, portal + reverse("step", args=[importer.uuid, "ach-refund"]))
    take_back = page.get_by_role("button", name="Take it back from Jens Holm")
    Session.objects.all().delete()
    follow(take_back)
    assert "so nothing was done." in main(page)
    sign_in_again(page, officer)
    assert "Jens Holm still has this step: nothing has been done yet." in main(page)
    follow(take_back)
    assert "Jens Holm can no longer open this step." in main(page)


def test_what_was_kept_can_be_discarded(
    context: BrowserContext, person: User, importer: ImporterOfRecord, address: str
) -> None:
    page = opened(context, address + "?back=inform-broker")
    page.get_by_label("Street and number").fill("Nygade 7")
    Session.objects.all().delete()
    save(page)
    sign_in_again(page, person)
    follow(page.get_by_role("button", name="Discard what I typed"))
    assert page.url == address + "?back=inform-broker"
    for _ in range(2):  # nor does it come back
        assert NOT_SAVED not in main(page)
        assert page.get_by_label("Street and number").input_value() == "Havnegade 1"
        page.reload()


def test_the_form_of_somebody_who_was_signed_in_before(
    context: BrowserContext, person: User, importer: ImporterOfRecord, address: str
) -> None:
    colleague = AccessFactory(importer=importer, user=UserFactory(email="karen@nordlys.example")).user
    page = opened(context, address)
    page.get_by_label("Street and number").fill("Nygade 7")
    Session.objects.all().delete()
    sign_in_again(opened(context, address), colleague)
    save(page)
    assert "This form was opened by somebody else, before karen@nordlys.example signed in." in main(page)
    follow(page.get_by_role("main").get_by_role("button", name="Sign out"))
    sign_in_again(page, person)
    assert page.url == address
    assert page.get_by_label("Street and number").input_value() == "Nygade 7"
    importer.refresh_from_db()
    assert importer.street == "Havnegade 1"


def test_one_step_in_two_tabs(context: BrowserContext, person: User, importer: ImporterOfRecord, address: str) -> None:
    one, other = opened(context, address), opened(context, address)
    one.get_by_label("City").fill("Aarhus")
    save(one)
    other.get_by_label("Street and number").fill("Nygade 7")
    save(other)
    assert CHANGED in other.get_by_role("alert").inner_text()
    expect(other.locator(".errors")).to_be_focused()
    assert "Now: Aarhus" in main(other)
    assert "You typed: Odense" in main(other)
    importer.refresh_from_db()
    assert importer.city == "Aarhus"
    follow(other.get_by_role("link", name="Keep what is there now"))
    assert other.get_by_label("City").input_value() == "Aarhus"
    other.get_by_label("Street and number").fill("Nygade 7")
    save(other)
    importer.refresh_from_db()
    assert (importer.city, importer.street) == ("Aarhus", "Nygade 7")


def test_two_people_at_two_desks(
    browser: Browser, context: BrowserContext, person: User, importer: ImporterOfRecord, address: str
) -> None:
    page = opened(context, address)
    steps.confirm_company(importer, by=person, city="Aarhus")
    page.get_by_label("City").fill("Ribe")
    save(page)
    assert "Now: Aarhus" in main(page)
    save(page)
    importer.refresh_from_db()
    assert importer.city == "Ribe"


def test_back_shows_what_was_saved_and_a_second_press_is_harmless(
    context: BrowserContext, person: User, importer: ImporterOfRecord, address: str
) -> None:
    page = opened(context, address)
    page.get_by_label("City").fill("Aarhus")
    save(page)
    page.wait_for_url("**/ace-account/#content")
    page.go_back()
    page.wait_for_url(address)
    assert page.get_by_label("City").input_value() == "Aarhus"
    page.get_by_label("Street and number").fill("Nygade 7")
    save(page)
    page.wait_for_url("**/ace-account/#content")
    importer.refresh_from_db()
    assert (importer.city, importer.street) == ("Aarhus", "Nygade 7")


def test_a_double_click_saves_once_and_says_so_once(
    context: BrowserContext, person: User, importer: ImporterOfRecord, address: str
) -> None:
    page = opened(context, address)
    page.get_by_label("City").fill("Aarhus")
    before = Events.objects.tracks(importer).count()
    page.get_by_role("button", name="Save and continue").dblclick()
    page.wait_for_url("**/ace-account/#content")
    assert main(page).count("Saved.") == 1
    assert Events.objects.tracks(importer).count() == before + 1


def test_a_double_click_invites_the_officer_once(
    context: BrowserContext, person: User, importer: ImporterOfRecord, address: str
) -> None:
    page = opened(context, address.replace("/company/", "/officer/"))
    page.get_by_label("Full name").fill("Lars Holm")
    page.get_by_label("The officer's own e-mail").fill("lars@nordlys.example")
    page.get_by_role("button", name="Save and continue").dblclick()
    page.wait_for_url("**/ace-account/#content")
    assert Notification.objects.filter(kind=MailKind.OFFICER_INVITATION).count() == 1


def tab_to(page: Page, label: str) -> None:
    field, button = page.get_by_label(label, exact=True), page.get_by_role("button", name=label)
    wanted = field.or_(button)
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("field => field === document.activeElement"):
            return
    pytest.fail(f"Tab does not lead to {label}")


def test_one_step_by_keyboard_alone(
    context: BrowserContext, portal: str, importer: ImporterOfRecord, sign_in: Callable[[User], None]
) -> None:
    """From the checklist to the step, a mistake, its correction, and on."""
    sign_in(walkthrough.invited(importer, StaffFactory()))
    page = opened(context, portal + reverse("checklist", args=[importer.uuid]))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    start = page.get_by_role("link", name="Start", exact=True)
    for _ in range(20):
        page.keyboard.press("Tab")
        if start.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/company/")
    tab_to(page, "Company limited by shares (ApS, A/S, Inc.)")
    page.keyboard.press("Space")
    tab_to(page, "City")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    expect(page.locator(".errors")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Enter the city."
    page.keyboard.press("Enter")
    page.keyboard.type("Odense")
    tab_to(page, "Company phone")
    page.keyboard.type("+45 70 10 10 11")
    tab_to(page, "Save and continue")
    page.keyboard.press("Space")
    page.wait_for_url("**/officer/#content")
    importer.refresh_from_db()
    assert (importer.city, importer.phone) == ("Odense", "+4570101011")
    assert importer.company_confirmed_at is not None
