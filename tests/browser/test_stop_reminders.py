"""Stopping the reminders and starting them again by the buttons of the pages; and the mail itself in a browser."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from importers.letters import write
from importers.models import Mailbox, MailKind, Notification, User
from importers.stop_link import stop_url
from tests.browser.conftest import Camera, follow
from tests.browser.test_accessibility import STICKS_OUT, examine, look
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": ("Stop the reminders", "Send me the reminders again", "You get the reminders again"),
    "da": ("Stop påmindelserne", "Send mig påmindelserne igen", "Du får påmindelserne igen"),
}


def reminder(language: str) -> Notification:
    campaign = CampaignFactory.create(deadline=timezone.localdate() + timedelta(days=14))
    row: Notification = NotificationFactory.create(
        importer=ImporterFactory.create(language=language), kind=MailKind.REMINDER, campaign=campaign, slot="T-14",
        step="company", language=language,
    )  # fmt: skip
    return row


@pytest.mark.parametrize("language", ["en", "da"])
def test_there_and_back(quiet: Page, portal: str, camera: Camera, language: str) -> None:
    stop, start, started = WORDS[language]
    row = reminder(language)
    quiet.goto(stop_url(row))
    look(quiet, camera, f"{language}-stop-reminders")
    follow(quiet.get_by_role("button", name=stop))
    look(quiet, camera, f"{language}-reminders-stopped")
    assert Mailbox.objects.of(row.to_email).opted_out().exists()
    follow(quiet.get_by_role("button", name=start))
    expect(quiet.get_by_role("heading", level=1)).to_have_text(started)
    look(quiet, camera, f"{language}-reminders-again")
    assert not Mailbox.objects.of(row.to_email).opted_out().exists()


@pytest.mark.parametrize("language", ["en", "da"])
def test_the_mail_can_be_read_on_any_screen(quiet: Page, portal: str, camera: Camera, language: str) -> None:
    """In the light only: axe takes the background that nobody sets for white in the dark, too."""
    first, second = reminder(language), reminder(language)
    for name, rows in (("one", [first]), ("several", [first, second])):
        quiet.set_content(write(rows).html)
        examine(quiet, f"{language}-reminder-{name}", (("light", 320), ("light", 1280)), camera)


def test_staff_see_the_mail_before_they_save_its_words(
    quiet: Page, portal: str, sign_in: Callable[[User], None], camera: Camera
) -> None:
    row = reminder("en")
    sign_in(StaffFactory.create())
    quiet.goto(f"{portal}/admin/importers/mailtext/add/")
    quiet.locator("[name=step]").select_option("company")
    follow(quiet.get_by_role("button", name="Go on"))
    quiet.locator("[name=body]").fill("Please look at {step}.")
    follow(quiet.locator("[name=_save]"))
    frame = quiet.frame_locator("iframe")
    expect(frame.get_by_text("Please look at Confirm your company details.")).to_be_visible()
    expect(frame.get_by_text(row.to_name)).to_be_visible()
    for width in (360, 1280):
        quiet.set_viewport_size({"width": width, "height": 900})
        assert not quiet.evaluate(STICKS_OUT)
        camera(quiet, f"en-admin-mail-text-{width}")
    with quiet.expect_navigation():
        quiet.locator("[name=find]").press("Enter")
    expect(quiet.get_by_role("button", name="Save this text")).to_be_visible()
    follow(quiet.get_by_role("button", name="Save this text"))
    expect(quiet.get_by_text("1 text of a reminder")).to_be_visible()
