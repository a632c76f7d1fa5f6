"""axe finds nothing on any page in any state: both languages, light and dark, narrow, wide and at 200 % zoom; and
nothing sticks out sideways. With --pictures FOLDER each page is also left there as a picture."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.core.signing import TimestampSigner
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from importers.letters import START_SALT
from importers.models import MailState, User
from importers.services import steps
from importers.services.invitations import end_access
from importers.services.links import note_use
from tests import walkthrough
from tests.browser.conftest import Camera, follow
from tests.browser.states import ALL_STEPS, STATES, State
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
ALREADY_THERE = Axe(axe_script="0")  # on a page into which axe was put before
# CSS pixels; 640 is what is left of 1280 at 200 % zoom.
# Every two of language, scheme and width meet on every page.
Views = tuple[tuple[str, int], ...]
VIEWS: dict[str, Views] = {
    "en": (("light", 320), ("dark", 1280), ("light", 640)),
    "da": (("dark", 320), ("light", 1280)),
}
PUBLIC = ("home", "guide", "verify", "privacy", "accessibility", "account_login", "account_request_login_code")
STICKS_OUT = "document.documentElement.scrollWidth > document.documentElement.clientWidth"

SignIn = Callable[[User], None]


@pytest.fixture(params=["en", "da"])
def language(request: pytest.FixtureRequest, speak: Callable[[str], None]) -> str:
    speak(request.param)
    return str(request.param)


def examine(page: Page, name: str, views: Views = VIEWS["en"] + VIEWS["da"], camera: Camera | None = None) -> None:
    """The page as it stands now."""
    axe = Axe()
    for scheme, width in views:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found: list[dict[str, Any]] = axe.run(page, options=WCAG).response["violations"]
        axe = ALREADY_THERE
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == [], f"{name} {scheme} {width}"
        assert not page.evaluate(STICKS_OUT), f"{name} is wider than {width} px"
        if camera:
            camera(page, f"{name}-{scheme}-{width}")


def look(page: Page, camera: Camera, name: str) -> None:
    """In the views of its language, which begins its name."""
    examine(page, name, VIEWS[name[:2]], camera)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_pages(quiet: Page, portal: str, camera: Camera, language: str, name: str) -> None:
    CampaignFactory()
    quiet.goto(portal + reverse(name))
    assert quiet.locator("html").get_attribute("lang") == language
    look(quiet, camera, f"{language}-{name}")


def test_the_way_in(quiet: Page, portal: str, camera: Camera, language: str) -> None:
    importer = ImporterFactory(language=language)
    walkthrough.invited(importer, StaffFactory())
    mail = NotificationFactory(importer=importer, to_email=importer.contact_email, language=language)
    quiet.goto(portal + reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)]))
    look(quiet, camera, f"{language}-start")
    follow(quiet.get_by_role("main").get_by_role("button"))
    look(quiet, camera, f"{language}-code")
    quiet.locator("input[name=code]").fill("WRONG")
    with quiet.expect_navigation():
        quiet.locator("input[name=code]").press("Enter")
    look(quiet, camera, f"{language}-code-wrong")


@pytest.mark.parametrize("state", ["used", "replaced", "expired", "revoked"])
def test_links_that_no_longer_work(quiet: Page, portal: str, camera: Camera, language: str, state: str) -> None:
    staff, importer, now = StaffFactory(), ImporterFactory(language=language), timezone.now()
    who = walkthrough.invited(importer, staff)
    mail = NotificationFactory(importer=importer, to_email=importer.contact_email, language=language)
    with time_machine.travel(now - timedelta(days=91 if state == "expired" else 0)):
        token = TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)
    if state == "used":
        note_use(mail.uuid, by=who)
    elif state == "replaced":
        NotificationFactory(importer=importer, to_email=mail.to_email, state=MailState.SENT, sent_at=now)
    elif state == "revoked":
        end_access(importer.accesses.get(), by=staff)
    quiet.goto(portal + reverse("start", args=[token]))
    look(quiet, camera, f"{language}-link-{state}")
    if state == "used":
        follow(quiet.get_by_role("main").get_by_role("button"))
        look(quiet, camera, f"{language}-link-new")


def test_a_step_that_is_sent_and_the_colleague_who_has_it(
    quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str
) -> None:
    importer = ImporterFactory(language=language)
    officer = walkthrough.able_to_send(importer, StaffFactory())
    sign_in(officer)
    quiet.goto(portal + reverse("send_step", args=[importer.uuid, "ach-refund"]))
    look(quiet, camera, f"{language}-send")
    colleague = walkthrough.sent(importer, officer)
    quiet.goto(portal + reverse("step", args=[importer.uuid, "ach-refund"]))
    look(quiet, camera, f"{language}-sent")
    quiet.goto(portal + reverse("checklist", args=[importer.uuid]))
    look(quiet, camera, f"{language}-sent-checklist")
    sign_in(colleague)
    quiet.goto(portal + reverse("importers"))
    look(quiet, camera, f"{language}-sent-to-me")
    quiet.goto(portal + reverse("step", args=[importer.uuid, "ach-refund"]))
    look(quiet, camera, f"{language}-sent-to-me-step")


@pytest.mark.parametrize("address", ["/start/nothing/", "/nothing/"])
def test_what_is_not_there(quiet: Page, portal: str, camera: Camera, language: str, address: str) -> None:
    quiet.goto(portal + address)
    look(quiet, camera, f"{language}-not-there{address.replace('/', '-')}")


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_the_checklist_and_its_steps(
    quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str, state: State
) -> None:
    CampaignFactory()
    importer = ImporterFactory(name="Nordlys Cykler ApS", language=language, **dict(state.fields))
    sign_in(state.bring(importer, StaffFactory()))
    quiet.goto(portal + reverse("checklist", args=[importer.uuid]))
    look(quiet, camera, f"{language}-{state.name}-checklist")
    for key in state.steps:
        quiet.goto(portal + reverse("step", args=[importer.uuid, key]))
        look(quiet, camera, f"{language}-{state.name}-{key}")


def test_the_list_of_one_persons_importers(
    quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str
) -> None:
    staff, email = StaffFactory(), "mette@nordlys.example"
    first, second = (ImporterFactory(contact_email=email, name=f"Nordlys {n} ApS") for n in ("Cykler", "Ski"))
    walkthrough.ready(first, staff)
    sign_in(walkthrough.invited(second, staff))
    quiet.goto(portal + reverse("importers"))
    look(quiet, camera, f"{language}-importers")


def test_the_page_of_a_question(quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str) -> None:
    importer = ImporterFactory(language=language)
    sign_in(walkthrough.invited(importer, StaffFactory()))
    quiet.goto(portal + reverse("ask", args=[importer.uuid]))
    look(quiet, camera, f"{language}-ask")
    quiet.goto(portal + reverse("question", args=[importer.uuid, "ace-account"]))
    quiet.locator("[name=topic][value=already-linked]").check()
    expect(quiet.locator(".known[open]")).to_have_count(1)
    look(quiet, camera, f"{language}-question")
    quiet.locator("[name=topic]:checked").evaluate("box => { box.checked = false }")
    follow(quiet.locator("main button[type=submit]"))
    expect(quiet.locator(".errors")).to_be_focused()
    look(quiet, camera, f"{language}-question-errors")


@pytest.mark.parametrize("key", ALL_STEPS)
def test_a_form_with_errors(quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str, key: str) -> None:
    """Everything that can be emptied is emptied, and the form is sent."""
    importer = ImporterFactory(language=language)
    state = next(s for s in STATES if s.name == ("nothing-shown" if key == "ach-refund" else "undeclared"))
    sign_in(state.bring(importer, StaffFactory()))
    quiet.goto(portal + reverse("step", args=[importer.uuid, key]))
    form = quiet.locator("main form:has(.field)")
    if not form.count():
        return  # the broker's own steps have none
    for box in form.locator("input:not([type=hidden]):not([type=radio]):not([type=checkbox])").all():
        box.fill("")
    for box in form.locator("input:checked").all():
        box.evaluate("box => { box.checked = false }")
    follow(form.locator("button[type=submit]"))
    expect(quiet.locator(".errors")).to_be_focused()
    look(quiet, camera, f"{language}-errors-{key}")


def test_an_error_leads_to_its_field(quiet: Page, portal: str, sign_in: SignIn) -> None:
    importer = ImporterFactory()
    sign_in(walkthrough.invited(importer, StaffFactory()))
    quiet.goto(portal + reverse("step", args=[importer.uuid, "company"]))
    quiet.get_by_label("City").fill("")
    follow(quiet.get_by_role("button", name="Save and continue"))
    summary = quiet.get_by_role("alert")
    assert "Enter the city." in summary.inner_text()
    summary.get_by_role("link", name="Enter the city.").click()
    expect(quiet.locator("#id_city")).to_be_focused()


def test_a_form_that_was_kept_and_one_that_was_overtaken(
    quiet: Page, portal: str, sign_in: Callable[[User], None]
) -> None:
    importer = ImporterFactory()
    who = walkthrough.invited(importer, StaffFactory())
    walkthrough.before(importer, who)
    sign_in(who)
    quiet.goto(portal + reverse("step", args=[importer.uuid, "company"]))
    quiet.evaluate("document.querySelector('main [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    quiet.get_by_label("City").fill("Aarhus")
    follow(quiet.get_by_role("button", name="Save and continue"))
    assert "It is not saved yet." in quiet.get_by_role("main").inner_text()
    examine(quiet, "kept")
    steps.confirm_company(importer, by=who, city="Ribe")
    follow(quiet.get_by_role("button", name="Save and continue"))
    assert "Now: Ribe" in quiet.get_by_role("main").inner_text()
    examine(quiet, "overtaken")
