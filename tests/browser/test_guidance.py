"""The ten minutes of CBP's code, the copy buttons, help that is opened, and paper."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from importers.domain.facts import ACHStatus, Route
from importers.models import ImporterOfRecord, User
from importers.services import steps
from tests import walkthrough
from tests.browser.conftest import follow
from tests.browser.test_accessibility import examine
from tests.factories import AccessFactory, ImporterFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

START = "I go on in ACE now: start the clock"
LISTEN = """() => {
    window.heard = [];
    const said = document.querySelector("[data-said]");
    const hear = () => { if (said.textContent) heard.push(said.textContent); };
    new MutationObserver(hear).observe(said, {childList: true});
}"""
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys Cykler ApS", number_text="261304-00123")


@pytest.fixture
def who(importer: ImporterOfRecord, sign_in: Callable[[User], None]) -> User:
    person = walkthrough.invited(importer, StaffFactory())
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    sign_in(person)
    return person


@pytest.fixture
def applying(portal: str, importer: ImporterOfRecord, who: User) -> str:
    return portal + reverse("step", args=[importer.uuid, "ace-account"])


@pytest.fixture
def timer(quiet: Page, applying: str) -> Page:
    quiet.clock.install(time="2026-11-24T10:00:00")
    quiet.goto(applying)
    quiet.evaluate(LISTEN)
    return quiet


def test_the_ten_minutes_are_shown_all_the_time_and_told_three_times(timer: Page) -> None:
    shown = timer.locator("[data-shown]")
    assert not shown.is_visible()
    timer.get_by_role("button", name=START).click()
    expect(shown).to_have_text("At most 10 minutes left, until 10:10.")
    timer.clock.fast_forward("04:30")
    expect(shown).to_have_text("At most 6 minutes left, until 10:10.")
    assert timer.evaluate("heard") == ["Ten minutes have started."]
    timer.clock.fast_forward("03:31")
    expect(shown).to_have_text("At most 2 minutes left, until 10:10.")
    timer.clock.fast_forward("01:10")
    expect(shown).to_have_text("At most one minute left, until 10:10.")
    timer.clock.fast_forward("02:00")
    over = "The ten minutes are over. If CBP does not take the code, start again from step 1."
    expect(shown).to_have_text(over)
    assert timer.evaluate("heard") == ["Ten minutes have started.", "Two minutes left.", over]


def test_the_ten_minutes_outlive_a_reload_and_are_not_told_again(timer: Page) -> None:
    timer.get_by_role("button", name=START).click()
    timer.clock.fast_forward("03:30")
    timer.reload()
    timer.evaluate(LISTEN)
    expect(timer.locator("[data-shown]")).to_have_text("At most 7 minutes left, until 10:10.")
    timer.clock.fast_forward("05:00")
    expect(timer.locator("[data-shown]")).to_have_text("At most 2 minutes left, until 10:10.")
    assert timer.evaluate("heard") == ["Two minutes left."]


def test_a_new_code_starts_again_and_the_clock_can_be_stopped(timer: Page) -> None:
    timer.get_by_role("button", name=START).click()
    timer.clock.fast_forward("05:00")
    timer.get_by_role("button", name="Start the clock again").click()
    expect(timer.locator("[data-shown]")).to_have_text("At most 10 minutes left, until 10:15.")
    timer.get_by_role("button", name="Stop the clock").click()
    assert not timer.locator("[data-shown]").is_visible()
    assert timer.evaluate("document.activeElement.textContent") == START
    timer.reload()
    assert timer.get_by_role("button", name=START).is_visible()


def test_the_clock_neither_blinks_nor_warns_in_red(timer: Page) -> None:
    timer.get_by_role("button", name=START).click()
    plain = timer.evaluate("getComputedStyle(document.body).color")
    timer.clock.fast_forward("09:30")
    style = timer.locator("[data-shown]").evaluate(
        "e => { const s = getComputedStyle(e); return [s.color, s.animationName] }"
    )
    assert style == [plain, "none"]


def test_without_scripts_the_time_is_told_as_text(browser: Browser, quiet: Page, applying: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(quiet.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(applying)
    assert "valid for ten minutes from then" in page.locator(".timer").inner_text()
    assert not page.locator("[data-start]").is_visible()
    context.close()


def test_a_copied_value_is_told_and_is_on_the_clipboard(quiet: Page, portal: str, applying: str) -> None:
    quiet.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=portal)
    quiet.goto(applying)
    quiet.get_by_role("button", name="Copy: Importer number").click()
    expect(quiet.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert quiet.evaluate("navigator.clipboard.readText()") == "261304-00123"
    quiet.get_by_text("The number is already linked").click()
    quiet.locator("#already-linked").get_by_role("button", name="Copy: Text of the mail").click()
    expect(quiet.locator("#already-linked").get_by_role("status").filter(has_text="Copied")).to_be_visible()
    text = quiet.evaluate("navigator.clipboard.readText()")
    assert text.startswith("Dear ACE Support,\n\nWe applied for an ACE Portal account for Nordlys Cykler ApS.")


def test_a_value_that_cannot_be_copied_is_marked_instead(quiet: Page, applying: str) -> None:
    quiet.add_init_script("Clipboard.prototype.writeText = () => Promise.reject(new Error('not allowed'))")
    quiet.goto(applying)
    quiet.get_by_role("button", name="Copy: Importer number").click()
    expect(quiet.get_by_role("status").filter(has_text="Marked: copy it with the keyboard")).to_be_visible()
    assert quiet.evaluate("String(getSelection())") == "261304-00123"


def test_the_second_question_shows_with_the_answer_that_raises_it(
    quiet: Page, portal: str, importer: ImporterOfRecord, who: User
) -> None:
    quiet.goto(portal + reverse("step", args=[importer.uuid, "existing-account"]))
    question = quiet.get_by_role("group", name="Is it ACH for refunds, or ACH for paying duty?")
    assert not question.is_visible()
    quiet.get_by_label("Yes, and refunds by ACH are set up").check()
    assert question.is_visible()
    quiet.get_by_label("Duty: CBP draws duty").check()
    follow(quiet.get_by_role("button", name="Save and continue"))
    assert "ACH for paying duty does not pay refunds" in quiet.get_by_role("alert").inner_text()
    quiet.get_by_label("Yes, but refunds by ACH are not set up").check()
    follow(quiet.get_by_role("button", name="Save and continue"))
    assert "Tell us who stands in the ACE account" in quiet.get_by_role("main").inner_text()


def test_a_shared_mailbox_is_asked_about_while_it_is_typed(
    quiet: Page, portal: str, importer: ImporterOfRecord, who: User
) -> None:
    quiet.goto(portal + reverse("step", args=[importer.uuid, "officer"]))
    question = quiet.get_by_label("It is the officer's own mailbox all the same.")
    assert not question.is_visible()
    quiet.get_by_label("The officer's own e-mail").fill("Info@nordlys.example")
    assert question.is_visible()
    examine(quiet, "officer, shared mailbox")
    quiet.get_by_label("The officer's own e-mail").fill("info.madsen@nordlys.example")
    assert not question.is_visible()


@pytest.mark.parametrize("seen", [ACHStatus.NONE, ACHStatus.NO_TAB, ACHStatus.ERROR])
def test_help_that_is_opened_is_accessible(
    quiet: Page, portal: str, importer: ImporterOfRecord, who: User, seen: ACHStatus
) -> None:
    pages = ["existing-account", "ace-account"]
    if seen is not ACHStatus.NONE:
        steps.confirm_ace_account(importer, by=who, name=importer.contact_name, email=importer.contact_email)
        steps.record_ach(importer, by=who, status=seen)
        pages = ["ach-refund"]
    for key in pages:
        quiet.goto(portal + reverse("step", args=[importer.uuid, key]))
        quiet.evaluate(OPEN_ALL)
        for button in quiet.locator("[data-start], .asked button").all():
            button.click()
        examine(quiet, f"{key} {seen}")


def test_a_row_is_called_like_its_step_and_told_with_its_hint_and_state(
    quiet: Page, portal: str, importer: ImporterOfRecord, who: User
) -> None:
    quiet.goto(portal + reverse("checklist", args=[importer.uuid]))
    row = quiet.get_by_role("link", name="Set up ACH refunds", exact=True)
    expect(row).to_have_accessible_description(
        "About 10 minutes. First: Create the ACE Portal account. Cannot start yet"
    )


def test_a_list_of_several_importers_is_accessible(quiet: Page, portal: str, who: User) -> None:
    staff = StaffFactory()
    for bring in (walkthrough.declared, walkthrough.ready):
        other = ImporterFactory(contact_email=who.email)
        AccessFactory(importer=other, user=who)
        bring(other, staff)
    quiet.goto(portal + reverse("importers"))
    examine(quiet, "importers")


def test_paper_has_boxes_to_tick_and_nothing_to_press(
    quiet: Page, portal: str, importer: ImporterOfRecord, who: User
) -> None:
    quiet.goto(portal + reverse("checklist", args=[importer.uuid]))
    quiet.emulate_media(media="print")
    box = "(row) => getComputedStyle(row, '::before').content"
    assert quiet.locator(".done .row").first.evaluate(box) == '"✓"'
    assert quiet.locator(".unneeded .row").first.evaluate(box) == '"–"'
    assert quiet.locator(".tasks li:not(.done, .unneeded) .row").first.evaluate(box) == '""'
    assert "To go on, sign in at" in quiet.locator(".on-paper").inner_text()
    assert quiet.get_by_role("button").count() == 0
    assert not quiet.get_by_role("link", name="Continue").is_visible()


def test_on_paper_the_help_stands_open_without_its_mails(quiet: Page, applying: str) -> None:
    quiet.goto(applying)
    quiet.emulate_media(media="print")
    assert quiet.get_by_text("Look in the spam folder. CBP mails the code").is_visible()
    assert not quiet.locator("#no-code .mail").is_visible()
    assert not quiet.locator("main form").is_visible()
