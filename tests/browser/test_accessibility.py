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
from pytest_django import Settings

from importers.domain.facts import ACHStatus
from importers.letters import START_SALT
from importers.models import Delegation, MailKind, MailState, Notification, User
from importers.services import steps
from importers.services.delegations import revoke
from importers.services.invitations import end_access
from importers.services.links import claim_use
from tests import walkthrough
from tests.browser.conftest import Camera, follow
from tests.browser.states import ALL_STEPS, STATES, State
from tests.factories import (
    AccessFactory,
    CampaignFactory,
    ImporterFactory,
    NotificationFactory,
    StaffFactory,
    UserFactory,
)

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
        claim_use(mail.uuid, by=who, sign_in=mail.uuid)
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


def says(page: Page, language: str, english: str, danish: str) -> None:
    assert page.locator("html").get_attribute("lang") == language
    assert (danish if language == "da" else english) in page.get_by_role("main").inner_text()


def spoil_the_token(page: Page, form: str) -> None:
    """As if the person had signed in again in another tab."""
    page.locator(f"{form} [name=csrfmiddlewaretoken]").evaluate("field => { field.value = 'x'.repeat(64) }")


def link_in(mail: Notification) -> str:
    return reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)])


def test_a_form_that_was_kept_and_one_that_was_overtaken(
    quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str
) -> None:
    importer = ImporterFactory(language=language)
    who = walkthrough.invited(importer, StaffFactory())
    walkthrough.before(importer, who)
    sign_in(who)
    quiet.goto(portal + reverse("step", args=[importer.uuid, "company"]))
    spoil_the_token(quiet, ".panel form")
    quiet.locator("#id_city").fill("Aarhus")
    button = quiet.locator("main button[type=submit]")
    follow(button)
    says(quiet, language, "It is not saved yet.", "Det er ikke gemt endnu.")
    says(quiet, language, "Discard what I typed", "Slet det, jeg skrev")
    look(quiet, camera, f"{language}-kept")
    steps.confirm_company(importer, by=who, city="Ribe")
    follow(button)
    says(quiet, language, "Now: Ribe", "Nu: Ribe")
    look(quiet, camera, f"{language}-overtaken")


def test_a_form_that_somebody_else_opened(
    quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str
) -> None:
    importer = ImporterFactory(language=language)
    sign_in(walkthrough.invited(importer, StaffFactory()))
    quiet.goto(portal + reverse("step", args=[importer.uuid, "company"]))
    spoil_the_token(quiet, ".panel form")
    sign_in(AccessFactory(importer=importer, user=UserFactory(email="karen@nordlys.example")).user)
    follow(quiet.locator("main button[type=submit]"))
    says(quiet, language, "You are signed in as somebody else now", "Du er nu logget ind som en anden")
    look(quiet, camera, f"{language}-somebody-elses")


def test_what_is_refused(quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str) -> None:
    """Without cookies, with a token that no longer holds, and without the right to it."""
    quiet.goto(portal + reverse("account_confirm_login_code") + "?from_link=yes")
    says(quiet, language, "Your browser keeps no cookies", "Din browser gemmer ingen cookies")
    look(quiet, camera, f"{language}-no-cookies")
    spoil_the_token(quiet, "header form")
    follow(quiet.locator("header button[name=language]"))
    says(quiet, language, "Please send it once more", "Send det en gang til")
    look(quiet, camera, f"{language}-403-csrf")
    access = AccessFactory()  # not the officer's
    sign_in(access.user)
    quiet.goto(portal + reverse("send_step", args=[access.importer.uuid, "company"]))
    says(quiet, language, "Not yours to change", "Det kan du ikke ændre")
    look(quiet, camera, f"{language}-403")


def test_too_many_times(quiet: Page, portal: str, settings: Settings, camera: Camera, language: str) -> None:
    """Nothing at all may be asked for: codes, new links, signing in with a password."""
    closed = dict.fromkeys(("request_login_code", "code_from_link", "new_link", "login"), "0/m/ip")
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | closed
    importer = ImporterFactory(language=language)
    who = walkthrough.invited(importer, StaffFactory())
    mail = NotificationFactory(importer=importer, to_email=importer.contact_email, language=language)
    button = quiet.get_by_role("main").get_by_role("button")
    quiet.goto(portal + link_in(mail))
    follow(button)
    says(quiet, language, "Several codes were asked for", "Der er bedt om flere koder")
    look(quiet, camera, f"{language}-start-too-many")
    claim_use(mail.uuid, by=who, sign_in=mail.uuid)
    quiet.goto(portal + link_in(mail))
    follow(button)
    says(quiet, language, "Several links were asked for", "Der er bedt om flere links")
    look(quiet, camera, f"{language}-link-too-many")
    quiet.goto(portal + reverse("account_login"))
    with quiet.expect_navigation():
        quiet.locator("#id_login").press("Enter")
    says(quiet, language, "Too many times", "For mange gange")
    look(quiet, camera, f"{language}-429")


def test_what_a_colleague_meets_in_the_end(
    quiet: Page, portal: str, sign_in: SignIn, camera: Camera, language: str
) -> None:
    """The link opened by somebody else, the step once the answers are declared, the link once it is taken back."""
    importer = ImporterFactory(language=language)
    officer = walkthrough.able_to_send(importer, StaffFactory())
    colleague = walkthrough.sent(importer, officer, language=language)
    link = link_in(Notification.objects.get(kind=MailKind.DELEGATION))
    sign_in(officer)
    quiet.goto(portal + link)
    says(quiet, language, "You are signed in as somebody else than", "Du er logget ind som en anden end den")
    look(quiet, camera, f"{language}-start-as-somebody-else")
    steps.record_ach(importer, by=officer, status=ACHStatus.SHOWN)
    steps.declare(importer, by=officer, digest=walkthrough.digest(importer))
    sign_in(colleague)
    quiet.goto(portal + reverse("step", args=[importer.uuid, "ach-refund"]))
    says(quiet, language, "The answers are declared now", "Svarene er erklæret nu")
    look(quiet, camera, f"{language}-sent-to-me-declared")
    revoke(importer, Delegation.objects.get().uuid, by=officer)
    quiet.goto(portal + link)
    says(quiet, language, "This step is no longer open to you", "Trinnet er ikke længere åbent for dig")
    look(quiet, camera, f"{language}-step-closed")
