"""Asking and reading the answer: with the keyboard alone, and without JavaScript."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from importers.letters import write
from importers.models import MailKind, Notification, Question, User
from importers.services import questions
from tests import walkthrough
from tests.browser.conftest import follow
from tests.browser.test_keyboard import choose, press, tab_to, type_in
from tests.factories import ImporterFactory, StaffFactory
from tests.sessions import session_key

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[User], None]
HELP = "Look in the spam folder."


def test_with_the_keyboard_alone(quiet: Page, portal: str, sign_in: SignIn) -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    sign_in(who)
    quiet.goto(portal + reverse("checklist", args=[importer.uuid]))
    press(quiet, "Ask a question")
    press(quiet, "Create the ACE Portal account")
    assert not quiet.get_by_text(HELP).is_visible()
    choose(quiet, "No code arrives", "The code has run out")
    quiet.keyboard.press("ArrowUp")
    expect(quiet.get_by_text(HELP)).to_be_visible()
    type_in(quiet, "Write more, if you like", "the code is 482913")
    press(quiet, "Send the question")
    expect(quiet.locator(".errors")).to_be_focused()
    tab_to(quiet, "This looks like a code from CBP.")
    quiet.keyboard.press("Enter")
    expect(quiet.locator("#id_text")).to_be_focused()
    quiet.keyboard.press("Control+A")
    quiet.keyboard.type("For an hour now.")
    press(quiet, "Send the question")
    assert "Your question has been sent." in quiet.get_by_role("main").inner_text()

    questions.answer(Question.objects.get(), by=staff, text="Form 5106 had an old address. Try again.")
    quiet.goto(portal + reverse("checklist", args=[importer.uuid]))
    press(quiet, "See the answer")
    expect(quiet.locator("#questions .answer")).to_be_in_viewport()
    quiet.goto(portal + reverse("checklist", args=[importer.uuid]))
    assert not quiet.get_by_role("link", name="See the answer").is_visible()


def test_the_mail_leads_to_the_answer(quiet: Page, portal: str, sign_in: SignIn) -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    question = questions.ask(importer, by=who, step="officer", topic="who", text="")
    questions.answer(question, by=staff, text="The director.")
    link = re.search(r"http\S+/start/\S+", write(Notification.objects.get(kind=MailKind.ANSWER)).text)
    assert link
    sign_in(who)
    quiet.goto(link[0])
    expect(quiet.locator("#questions .answer")).to_be_in_viewport()


def test_without_javascript(browser: Browser, portal: str) -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": session_key(who), "url": portal}])
    page = context.new_page()
    page.goto(portal + reverse("question", args=[importer.uuid, "ace-account"]))
    page.get_by_text("What you can do yourself: No code arrives").click()
    expect(page.get_by_text(HELP)).to_be_visible()
    page.get_by_label("No code arrives", exact=True).check()
    follow(page.get_by_role("button", name="Send the question"))
    assert "Your question has been sent." in page.get_by_role("main").inner_text()
    context.close()
