"""The entries an importer sees, in the browser: read by everybody, on every screen, on paper and without a script."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from importers.models import ImporterOfRecord, User
from refunds.models import Entry, Payment, Sharing
from refunds.services.packs import publish
from refunds.services.sharing import make
from tests.browser.conftest import Camera, follow
from tests.browser.test_accessibility import look
from tests.factories import AccessFactory, EntryFactory, ReportFactory, StaffFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SignIn = Callable[[User], None]


@pytest.fixture
def importer(db: None) -> ImporterOfRecord:
    importer = AccessFactory.create(importer__name="Nordlys Cykler ApS").importer
    report, today = ReportFactory.create(), timezone.localdate()
    kinds: list[dict[str, Any]] = [
        {},
        {"liquidation_date": today - timedelta(30), "liquidation_status": "Liquidated"},
        {"liquidation_date": today - timedelta(120), "liquidation_status": "Liquidated"},
        {"liquidation_date": today - timedelta(300), "liquidation_status": "Liquidated"},
        {"protest_status": "Open"},
        {"claim_status": "accepted"},
        {"claim_status": "rejected"},
        {"entry_type": "08"},
        {"ieepa_duty": Decimal(0)},
        {"paid_on": date(2026, 7, 1)},
    ]
    for n in range(60):
        fields = {"ieepa_duty": Decimal(n * n * 317) / 10} | kinds[n % len(kinds)]
        EntryFactory.create(importer=importer, report=report, entry_date=date(2025, 3, 3) + timedelta(n * 5), **fields)
    return importer


@pytest.fixture
def staff() -> User:
    return StaffFactory.create()


@pytest.fixture(params=["en", "da"])
def language(request: pytest.FixtureRequest, speak: Callable[[str], None]) -> str:
    speak(request.param)
    return str(request.param)


def address(importer: ImporterOfRecord) -> str:
    return reverse("refunds", args=[importer.uuid])


def test_everybody_can_read_them(
    quiet: Page, portal: str, camera: Camera, language: str, importer: ImporterOfRecord, staff: User, sign_in: SignIn
) -> None:
    sign_in(importer.accesses.get().user)
    quiet.goto(portal + address(importer))
    look(quiet, camera, f"{language}-nothing-shared")
    publish(importer, by=staff)
    Entry.objects.filter(pk=importer.entries.first().pk).update(ieepa_duty=1)  # type: ignore[union-attr]
    publish(importer, by=staff)
    Payment.objects.create(
        importer=importer, paid_on=date(2026, 7, 1), amount=Decimal("1234.56"), recorded_at=timezone.now(),
        recorded_by=staff,
    )  # fmt: skip
    quiet.goto(portal + address(importer))
    look(quiet, camera, f"{language}-entries")
    for fold in quiet.locator("main summary").all():
        fold.click()
    look(quiet, camera, f"{language}-entries-unfolded")
    for fold in quiet.locator("main summary").all():
        fold.click()
    quiet.emulate_media(media="print")
    camera(quiet, f"{language}-entries-paper")
    assert not quiet.get_by_role("search").is_visible()
    for folded in ("details.words dd", "details table.chart"):
        expect(quiet.locator(folded).last).to_be_visible()


def test_an_entry_is_found(quiet: Page, portal: str, importer: ImporterOfRecord, staff: User, sign_in: SignIn) -> None:
    publish(importer, by=staff)
    sign_in(importer.accesses.get().user)
    quiet.goto(portal + address(importer))
    rows = quiet.locator("table.figures").get_by_role("rowheader")
    expect(rows).to_have_count(20)
    follow(quiet.get_by_role("link", name="Next"))
    follow(quiet.get_by_role("link", name="Next"))
    expect(rows).to_have_count(20)
    expect(quiet.get_by_role("link", name="Next")).to_have_count(0)
    wanted = importer.entries.order_by("pk").first()
    assert wanted is not None
    quiet.get_by_label("Entry number, or a part of it").fill(wanted.number.lower())
    follow(quiet.get_by_role("button", name="Show"))
    expect(rows).to_have_text(re.compile(wanted.canonical))
    follow(quiet.get_by_role("link", name="Show all"))
    expect(rows).to_have_count(20)


def test_a_narrow_screen_names_every_figure(
    quiet: Page, portal: str, importer: ImporterOfRecord, staff: User, sign_in: SignIn
) -> None:
    publish(importer, by=staff)
    sign_in(importer.accesses.get().user)
    quiet.set_viewport_size({"width": 360, "height": 740})
    quiet.goto(portal + address(importer))
    cell = quiet.locator("table.figures td").nth(2)
    assert json.loads(cell.evaluate("e => getComputedStyle(e, '::before').content")) == "IEEPA duty"
    expect(quiet.locator("table.chart").first.get_by_text("11 entries")).to_be_visible()
    expect(quiet.locator("table.figures").get_by_role("row").nth(1).get_by_role("cell")).to_have_count(4)


def test_the_words_are_a_touch_away(
    quiet: Page, portal: str, importer: ImporterOfRecord, staff: User, sign_in: SignIn
) -> None:
    publish(importer, by=staff)
    sign_in(importer.accesses.get().user)
    quiet.set_viewport_size({"width": 360, "height": 740})
    quiet.goto(portal + address(importer))
    meant = quiet.get_by_role("definition").filter(has_text="A list of entry numbers for CAPE")
    expect(meant).to_be_hidden()
    quiet.get_by_role("link", name="What the words mean").click()
    expect(meant).to_be_visible()
    expect(quiet.locator("#words summary")).to_be_in_viewport()
    quiet.get_by_role("link", name="Ask us", exact=True).click()
    expect(quiet.get_by_role("heading", name="Questions?")).to_be_in_viewport()


def test_staff_share_and_take_back(
    quiet: Page, portal: str, camera: Camera, importer: ImporterOfRecord, staff: User, sign_in: SignIn
) -> None:
    sign_in(staff)
    quiet.goto(portal + reverse("admin:importers_importerofrecord_change", args=[importer.pk]))
    camera(quiet, "admin-importer")
    follow(quiet.get_by_role("link", name="Share entries"))
    camera(quiet, "admin-share")
    follow(quiet.get_by_role("button", name="Share", exact=True))
    expect(quiet.get_by_role("heading", name="Being shared")).to_be_visible()
    camera(quiet, "admin-packs-being-made")
    make(Sharing.objects.get().pk)  # the worker's part
    expect(quiet.get_by_role("heading", name="Shared just now")).to_be_visible()  # the page looks for itself
    camera(quiet, "admin-packs")
    follow(quiet.get_by_role("status").get_by_role("link", name="Nordlys Cykler ApS"))
    camera(quiet, "admin-pack")
    follow(quiet.get_by_role("link", name="Take it back"))
    camera(quiet, "admin-withdraw")
    follow(quiet.get_by_role("button", name="Take it back"))
    expect(quiet.get_by_text("Taken back.", exact=False)).to_be_visible()
