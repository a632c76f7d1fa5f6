"""The pages of the rules in a real browser: fits a phone, and what is typed comes through the preview."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from importers.models import BrokerFirm, User
from refunds.models import RuleVersion
from tests.browser.conftest import Camera, follow
from tests.factories import EntryFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, camera: Camera, name: str) -> None:
    camera(page, name)
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_rules_are_changed_in_a_browser(
    width: int, quiet: Page, portal: str, sign_in: Callable[[User], None], camera: Camera
) -> None:
    BrokerFirm.current()
    sign_in(StaffFactory())
    EntryFactory(entry_type="06")
    quiet.set_viewport_size({"width": width, "height": 900})
    quiet.goto(f"{portal}/admin/refunds/ruleversion/")
    look(quiet, camera, f"en-admin-rules-{width}")
    follow(quiet.get_by_role("link", name="Change the rules"))
    look(quiet, camera, f"en-admin-rules-form-{width}")
    quiet.get_by_label("What changes, and why").fill("type 06 is out")
    quiet.locator("summary", has_text="Entry types that are left out").click()
    quiet.get_by_label("Entry types that are left out").fill("08\n09\n47\n06")
    follow(quiet.get_by_role("button", name="Show what would change"))
    look(quiet, camera, f"en-admin-rules-preview-{width}")
    expect(quiet.get_by_text("1 of 1 entries would change their status")).to_be_visible()
    follow(quiet.get_by_role("button", name="Save these rules"))
    look(quiet, camera, f"en-admin-rules-version-{width}")
    assert RuleVersion.objects.get().rules.excluded_types == {"06", "08", "09", "47"}
