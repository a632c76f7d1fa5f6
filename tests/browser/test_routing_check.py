"""The routing number is checked in the browser: by the same rule as in Python, and it goes nowhere."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Browser, Page, Request

from importers.domain.errors import RuleViolation
from importers.domain.facts import Route
from importers.domain.identifiers import check_routing_number
from importers.models import ImporterOfRecord, User
from importers.pages.routing import LOOKS_RIGHT
from importers.services import steps
from tests import walkthrough
from tests.browser.conftest import follow
from tests.factories import ImporterFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CASES = json.loads((Path(__file__).parents[1] / "cases" / "routing_numbers.json").read_text(encoding="utf-8"))
SHARED = [str(case["input"]) for case in CASES]
SPELLINGS = [
    "", " 021000021 ", "021 000 021", "\uff10\uff12\uff11000021", "021\u200b000021", "021-000-021", "021–000–021",
    "٠٢١٠٠٠٠٢١", "O21000021", "000000000", "ß21000021", "021000021\u0085", "1" * 100, "1" * 101, "😀" * 60,
]  # fmt: skip
KEPT = """async () => JSON.stringify([
    {...localStorage}, {...sessionStorage}, document.cookie, location.href, window.name, history.state,
    (await indexedDB.databases()).length, (await caches.keys()).length])"""


def of_every_prefix() -> Iterator[str]:
    for prefix in range(100):
        eight = f"{prefix:02}400001"
        weighted = sum(weight * int(digit) for weight, digit in zip((3, 7, 1, 3, 7, 1, 3, 7), eight, strict=True))
        yield eight + str(-weighted % 10)


def rule(typed: str) -> str:
    try:
        return check_routing_number(typed).warning or LOOKS_RIGHT
    except RuleViolation as violation:
        return violation.template


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys Cykler ApS")


@pytest.fixture
def address(portal: str, importer: ImporterOfRecord, sign_in: Callable[[User], None]) -> str:
    who = walkthrough.invited(importer, StaffFactory())
    walkthrough.before(importer, who, Route.OWN_ACCOUNT)
    steps.confirm_ace_account(importer, by=who, name=importer.contact_name, email=importer.contact_email)
    sign_in(who)
    return portal + reverse("step", args=[importer.uuid, "ach-refund"])


def verdict(page: Page, typed: str) -> str:
    page.get_by_label("Routing number", exact=True).fill(typed)
    page.get_by_role("button", name="Check", exact=True).click()
    return page.locator("#routing-verdict").inner_text()


def test_the_verdicts_are_those_of_the_rule(quiet: Page, address: str) -> None:
    quiet.goto(address)
    typed = [*SHARED, *SPELLINGS, *of_every_prefix()]
    assert {text: verdict(quiet, text) for text in typed} == {text: rule(text) for text in typed}


def test_the_verdict_is_in_the_readers_language(quiet: Page, portal: str, address: str) -> None:
    quiet.context.add_cookies([{"name": "django_language", "value": "da", "url": portal}])
    quiet.goto(address)
    quiet.get_by_label("Routing-nummer", exact=True).fill("021000022")
    quiet.get_by_label("Routing-nummer", exact=True).press("Enter")
    with translation.override("da"):
        expected = translation.gettext(rule("021000022"))
    assert expected.startswith("Et ciffer er forkert")
    assert quiet.get_by_role("status").filter(has_text=expected).is_visible()


def test_no_request_carries_what_was_typed_and_nothing_is_kept(quiet: Page, address: str) -> None:
    sent: list[str] = []

    def note(request: Request) -> None:
        sent.append(json.dumps([request.url, request.post_data or "", request.all_headers()]))

    quiet.on("request", note)
    quiet.goto(address)
    quiet.wait_for_load_state("networkidle")
    before = quiet.evaluate(KEPT)
    loaded = len(sent)
    for typed in SHARED:
        verdict(quiet, typed)
    assert len(sent) == loaded, "checking asked for something"
    assert quiet.evaluate(KEPT) == before
    quiet.get_by_label("The tab is there, but no bank details").check()
    follow(quiet.get_by_role("button", name="Save and continue"))  # the page's own form, with the field filled in
    quiet.get_by_role("heading", name="You told us").wait_for()
    follow(quiet.get_by_role("link", name="Back to the checklist"))
    quiet.wait_for_load_state("networkidle")
    assert len(sent) > loaded
    assert [(typed, text) for typed in SHARED for text in sent if typed in text] == []
    assert all(typed not in quiet.evaluate(KEPT) for typed in SHARED)


def test_going_back_finds_the_field_empty(quiet: Page, address: str) -> None:
    quiet.goto(address)
    verdict(quiet, SHARED[0])
    follow(quiet.get_by_role("link", name="Back to the checklist"))
    quiet.go_back()
    assert quiet.get_by_label("Routing number", exact=True).input_value() == ""
    assert quiet.locator("#routing-verdict").inner_text() == ""


def test_there_is_one_field_it_has_no_name_and_belongs_to_no_form(quiet: Page, address: str) -> None:
    quiet.goto(address)
    fields = quiet.locator(".routing input")
    assert fields.count() == 1
    assert fields.evaluate("f => [f.name, f.form, f.autocomplete]") == ["", None, "off"]


def test_without_scripts_a_sentence_stands_there_instead(browser: Browser, quiet: Page, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(quiet.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    assert not page.locator("#routing").is_visible()
    assert "Compare the nine digits with the bank's own paper" in page.locator(".routing").inner_text()
    context.close()
