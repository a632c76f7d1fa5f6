"""Staff's pages with the keyboard."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from importers.models import User
from importers.services import questions
from tests import walkthrough
from tests.browser.conftest import follow
from tests.factories import ImporterFactory, StaffFactory

SignIn = Callable[[User], None]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_after_a_refused_form_the_focus_is_on_the_reason(portal: str, page: Page, sign_in: SignIn) -> None:
    staff = StaffFactory.create()
    importer = ImporterFactory.create()
    who = walkthrough.invited(importer, staff)
    question = questions.ask(importer, by=who, step="ace-account", topic="no-code", text="")
    sign_in(staff)
    page.goto(portal + reverse("admin:importers_importerofrecord_change", args=[importer.pk]))
    page.get_by_label("Your answer").fill("Use the code 482913 from CBP.")
    follow(page.get_by_role("button", name="Send the answer"))
    expect(page.locator(f"#d-answer-{question.pk}")).to_be_focused()
    expect(page.locator(":focus")).to_contain_text("This looks like a code from CBP.")
