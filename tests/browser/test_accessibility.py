"""axe finds nothing on any page, light and dark, narrow and wide; and nothing sticks out sideways."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.signing import TimestampSigner
from django.urls import reverse
from playwright.sync_api import Page

from importers.domain.checklist import STEPS
from importers.domain.facts import Document
from importers.letters import START_SALT
from importers.models import ImporterOfRecord, User
from importers.services import filings, steps
from importers.services.links import note_use
from tests import walkthrough
from tests.factories import ImporterFactory, NotificationFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
WIDTHS = (320, 1280)
PUBLIC = ("home", "guide", "verify", "privacy", "accessibility", "account_login", "account_request_login_code")
STICKS_OUT = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def check(page: Page, address: str) -> None:
    page.goto(address)
    inspect(page, address)


def inspect(page: Page, address: str) -> None:
    """The page as it stands there now."""
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found: list[dict[str, Any]] = Axe().run(page, options=WCAG).response["violations"]
            assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == [], f"{address} {scheme} {width}"
            assert not page.evaluate(STICKS_OUT), f"{address} is wider than {width} px"


@pytest.mark.parametrize("name", PUBLIC)
def test_public_pages(quiet: Page, portal: str, name: str) -> None:
    check(quiet, portal + reverse(name))


def test_the_start_page_and_a_link_that_does_not_work(quiet: Page, portal: str) -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    walkthrough.invited(importer, staff)
    mail = NotificationFactory(importer=importer, to_email=importer.contact_email)
    token = TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)
    check(quiet, portal + reverse("start", args=[token]))
    check(quiet, portal + reverse("start", args=["nothing"]))
    check(quiet, portal + reverse("new_link_mailed"))
    check(quiet, portal + reverse("account_confirm_login_code") + "?from_link=yes")
    note_use(mail.uuid, by=staff)
    check(quiet, portal + reverse("start", args=[token]))
    for _ in range(4):
        quiet.goto(portal + reverse("start", args=[token]))
        quiet.get_by_role("button", name="Mail me a new link").click()
    assert "Several links were asked for" in quiet.get_by_role("alert").inner_text()
    inspect(quiet, "too many links")


def fresh(importer: ImporterOfRecord, staff: User) -> User:
    return walkthrough.invited(importer, staff)


def with_a_problem(importer: ImporterOfRecord, staff: User) -> User:
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@else.example")
    return who


def undeclared(importer: ImporterOfRecord, staff: User) -> User:
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    walkthrough.in_ace(importer, who)
    return who


@pytest.mark.parametrize("bring", [fresh, with_a_problem, undeclared, walkthrough.ready])
def test_the_checklist_and_its_steps(
    quiet: Page,
    portal: str,
    sign_in: Callable[[User], None],
    bring: Callable[[ImporterOfRecord, User], User],
) -> None:
    importer = ImporterFactory()
    sign_in(bring(importer, StaffFactory()))
    check(quiet, portal + reverse("checklist", args=[importer.uuid]))
    for step in STEPS:
        check(quiet, portal + reverse("step", args=[importer.uuid, step.key]))


def test_a_form_with_errors(quiet: Page, portal: str, sign_in: Callable[[User], None]) -> None:
    importer = ImporterFactory()
    sign_in(fresh(importer, StaffFactory()))
    quiet.goto(portal + reverse("step", args=[importer.uuid, "company"]))
    quiet.get_by_label("City").fill("")
    quiet.get_by_role("button", name="Save and continue").click()
    summary = quiet.get_by_role("alert")
    assert "Enter the city." in summary.inner_text()
    assert quiet.evaluate("document.activeElement.className") == "errors"
    found = Axe().run(quiet, options=WCAG).response["violations"]
    assert found == []
    summary.get_by_role("link", name="Enter the city.").click()
    assert quiet.evaluate("document.activeElement.id") == "id_city"


def test_a_form_that_was_kept_and_one_that_was_overtaken(
    quiet: Page, portal: str, sign_in: Callable[[User], None]
) -> None:
    importer = ImporterFactory()
    who = fresh(importer, StaffFactory())
    walkthrough.before(importer, who)
    sign_in(who)
    quiet.goto(portal + reverse("step", args=[importer.uuid, "company"]))
    quiet.evaluate("document.querySelector('main [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    quiet.get_by_label("City").fill("Aarhus")
    quiet.get_by_role("button", name="Save and continue").click()
    assert "It is not saved yet." in quiet.get_by_role("main").inner_text()
    inspect(quiet, "kept")
    steps.confirm_company(importer, by=who, city="Ribe")
    quiet.get_by_role("button", name="Save and continue").click()
    assert "Now: Ribe" in quiet.get_by_role("main").inner_text()
    inspect(quiet, "overtaken")
