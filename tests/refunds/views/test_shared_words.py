"""What the importer's page explains: who does what until when, and what the words mean."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from importers.domain.checklist import Stage
from importers.models import BrokerFirm, ImporterOfRecord, Readiness, User
from refunds.domain.rules import SHIPPED_CONTENT
from refunds.models import Entry
from refunds.services.packs import publish
from refunds.services.verdicts import set_rules
from tests.factories import AccessFactory, StaffFactory
from tests.pages import signed_in
from tests.refunds.views.shown import entries, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return StaffFactory.create()


@pytest.fixture
def importer() -> ImporterOfRecord:
    return AccessFactory.create(importer__name="Nordlys Cykler ApS").importer


@pytest.fixture
def client(importer: ImporterOfRecord) -> Client:
    return signed_in(importer.accesses.get().user)


@pytest.fixture
def filer_code() -> None:
    BrokerFirm.objects.update_or_create(pk=1, defaults={"filer_code": "b76 "})


def button(text: str) -> str:
    (found,) = re.findall(r'<a class="btn" [^>]*>[^<]*</a>', text)
    return str(found)


def with_number(number: str, entry: Entry) -> None:
    Entry.objects.filter(pk=entry.pk).update(number=number)


def test_each_entry_says_who_files_what_until_when(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    (entry,) = entries(importer, ["1.00"], liquidation_date=timezone.localdate(), liquidation_status="Liquidated")
    pack = publish(importer, by=staff)
    until = pack.as_of + timedelta(80)
    text = page(client, importer)
    assert f"Until {until.day} {until:%B %Y}: claim (CAPE), filed by us" in text
    assert '<span lang="en">Liquidated</span>' in text
    assert entry.canonical in text


@pytest.mark.usefixtures("filer_code")
@pytest.mark.parametrize("number", ["31625093146", "ZZZ00000013"])
def test_what_another_broker_filed_is_said_to_be_so(
    client: Client, importer: ImporterOfRecord, staff: User, number: str
) -> None:
    others, ours = "Some entries were filed by another broker", "filed by us: no last day yet"
    first, _second = entries(importer, ["1.00", "2.00"])
    publish(importer, by=staff)
    text = page(client, importer)
    assert others not in text
    assert text.count(ours) == 2
    with_number(number, first)
    publish(importer, by=staff)
    text = page(client, importer)
    assert others in text
    assert text.count(ours) == 1
    assert text.count("filed by the broker of this entry or by you: no last day yet") == 1


@pytest.mark.usefixtures("filer_code")
def test_we_do_not_promise_to_put_right_what_another_broker_filed(
    client: Client, importer: ImporterOfRecord, staff: User
) -> None:
    (entry,) = entries(importer, ["1.00"], claim_status="rejected")
    publish(importer, by=staff)
    assert "We put right what CBP found" in page(client, importer)
    with_number("31625093146", entry)
    publish(importer, by=staff)
    text = page(client, importer)
    assert "Claim rejected" in text
    assert "We put right what CBP found" not in text


def test_the_words_are_explained_as_the_rules_of_the_pack_have_them(
    client: Client, importer: ImporterOfRecord, staff: User
) -> None:
    entries(importer, ["1.00"])
    publish(importer, by=staff)
    text = page(client, importer)
    for said in (
        "for 80 days after liquidation",
        "for 180 days after it",
        "as of 17 September 2026",
        "another way for",
    ):
        assert said in text
    late_way = {"key": "phase-3", "opens": "2026-10-01", "takes": ["late"], "source": "CBP", "confidence": "high"}
    content = SHIPPED_CONTENT | {
        "as_of": "2026-10-02",
        "clocks": SHIPPED_CONTENT["clocks"] | {"cape": {"days": 70, "source": "CBP", "confidence": "high"}},
        "phases": [*SHIPPED_CONTENT["phases"][:2], late_way],
    }
    set_rules(content, "shorter", by=staff)
    assert "for 80 days after liquidation" in page(client, importer)
    Entry.objects.update(ieepa_duty=2)
    publish(importer, by=staff)
    text = page(client, importer)
    assert "for 70 days after liquidation" in text
    assert "as of 2 October 2026" in text
    assert "prepare another way for" not in text


def test_the_words_say_what_is_left_to_do(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1.00"])
    publish(importer, by=staff)
    left, done = "Only your checklist", "your checklist is done."
    assert (left in (text := page(client, importer)), f"Nothing now: {done}" in text) == (True, False)
    Readiness.objects.filter(importer=importer).update(stage=Stage.READY)
    assert (left in (text := page(client, importer)), f"Nothing now: {done}" in text) == (False, True)


def test_where_only_a_protest_is_left_it_says_until_when(
    client: Client, importer: ImporterOfRecord, staff: User
) -> None:
    today = timezone.localdate()
    entries(importer, ["1.00", "2.00"], liquidation_date=today - timedelta(90), liquidation_status="Liquidated")
    entries(importer, ["4.00"], liquidation_date=today - timedelta(100), liquidation_status="Liquidated")
    entries(importer, ["8.00"])
    publish(importer, by=staff)
    Readiness.objects.filter(importer=importer).update(stage=Stage.READY)
    until, nothing = today + timedelta(80), ("You need not do anything now", "Nothing now")
    text = page(client, importer)
    assert f"For 3 entries only a protest is left, for the first until {until.day} {until:%B %Y}." in text
    assert "talk to us well before the last day" in text
    assert not [words for words in nothing if words in text]
    with time_machine.travel(timezone.now() + timedelta(91), tick=False):
        text = page(signed_in(importer.accesses.get().user), importer)
    assert "entries only a protest is left" not in text
    assert all(words in text for words in nothing)


def test_the_button_leads_to_what_is_to_be_done(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1.00"])
    publish(importer, by=staff)
    assert ">Go to the checklist</a>" in button(page(client, importer))
    Readiness.objects.filter(importer=importer).update(stage=Stage.READY)
    assert ">Download for Excel</a>" in button(page(client, importer))


def test_who_finds_nothing_learns_what_is_searched(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1.00"])
    publish(importer, by=staff)
    hint = "Only entry numbers are searched"
    assert hint in page(client, importer, q="Suspended")
    assert hint not in page(client, importer, status="paid")


def test_every_count_of_the_charts_is_there(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1.00", "2.00"])
    entries(importer, ["5.00"], paid_on=date(2026, 1, 1))
    publish(importer, by=staff)
    charts = re.findall(r'<table class="chart">.*?</table>', page(client, importer), re.DOTALL)
    assert [re.findall(r"\d+ entr(?:y|ies)", chart) for chart in charts] == [["2 entries", "1 entry"], ["2 entries"]]
