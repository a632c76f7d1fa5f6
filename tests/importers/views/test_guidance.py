"""What the step pages say before and while somebody works in ACE."""

import gzip
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from importers.domain.facts import Route
from importers.models import ImporterOfRecord, User
from importers.services import steps
from tests import walkthrough

pytestmark = pytest.mark.django_db


def url(importer: ImporterOfRecord, key: str) -> str:
    return reverse("step", args=[importer.uuid, key])


def read(page: Client, importer: ImporterOfRecord, key: str) -> str:
    response = page.get(url(importer, key))
    assert response.status_code == 200
    return response.content.decode()


def name_lars(page: Client, importer: ImporterOfRecord) -> None:
    """Somebody else than the person signed in is the officer."""
    lars = {"name": "Lars Holm", "title": "Direktør", "email": "lars@nordlys.example", "phone": "+4570101011"}
    page.post(url(importer, "officer"), lars | {"authorised": "on"})


@pytest.fixture
def underway(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    return importer


@pytest.fixture
def with_account(underway: ImporterOfRecord, person: User) -> ImporterOfRecord:
    steps.confirm_ace_account(underway, by=person, name="Mette Sørensen", email=underway.contact_email)
    return underway


@pytest.fixture
def nominating(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.FORM_4811)
    steps.confirm_ace_account(importer, by=person, name="Mette Sørensen", email=importer.contact_email)
    return importer


def test_aces_own_words_stay_english_for_a_danish_reader(page: Client, underway: ImporterOfRecord) -> None:
    page.cookies["django_language"] = "da"
    html = read(page, underway, "ace-account")
    assert '<code lang="en">Denmark</code>' in html
    assert '<span lang="en">Company name</span>' in html
    assert 'fane, der hedder <span lang="en">ACH Refund Authorization</span>' in html


def test_the_page_says_which_mailbox_gets_the_code_and_who_must_be_at_hand(
    page: Client, underway: ImporterOfRecord, staff: User
) -> None:
    html = read(page, underway, "ace-account")
    assert f"It should be <b>{underway.contact_email}</b>." in html
    assert "The code is for Mette Sørensen, who types it within ten minutes." in html
    walkthrough.on_5106(underway, staff)
    assert f"to the e-mail on Form 5106: <b>{underway.contact_email}</b>." in read(page, underway, "ace-account")


def test_who_is_not_the_officer_stays_on_the_phone_with_them(page: Client, underway: ImporterOfRecord) -> None:
    name_lars(page, underway)
    html = read(page, underway, "ace-account")
    assert "The code comes to Lars Holm, not to you." in html
    assert '<a href="tel:+4570101011">' in html


def test_the_ten_minutes_are_told_without_scripts_too(page: Client, underway: ImporterOfRecord) -> None:
    html = read(page, underway, "ace-account")
    assert "The code is valid until ten minutes after it was sent." in html
    assert re.search(r'<p class="buttons" data-buttons hidden>', html)
    assert re.search(r'<script src="[^"]*timer[^"]*\.js" defer>', html)


def test_the_routing_number_has_no_way_to_the_server(page: Client, with_account: ImporterOfRecord) -> None:
    html = read(page, with_account, "ach-refund")
    field = re.search(r'<input id="routing"[^>]*>', html)
    assert field
    assert "name=" not in field[0]
    assert 'autocomplete="off"' in field[0]
    assert not [form for form in re.findall(r"<form.*?</form>", html, re.S) if 'id="routing"' in form]
    assert "With JavaScript this page checks them for you." in html


@pytest.mark.parametrize("key", ["", "existing-account", "ace-account", "form-4811"])
def test_scripts_of_one_page_are_loaded_on_that_page_only(page: Client, underway: ImporterOfRecord, key: str) -> None:
    html = page.get(url(underway, key) if key else reverse("checklist", args=[underway.uuid])).content.decode()
    assert "routing" not in " ".join(re.findall(r"<script[^>]*>", html))
    assert ("timer" in " ".join(re.findall(r"<script[^>]*>", html))) is (key == "ace-account")


@pytest.mark.parametrize("key", ["existing-account", "ace-account", "ach-refund"])
@pytest.mark.parametrize("language", ["en", "da"])
def test_a_page_with_all_its_help_weighs_little(
    page: Client, with_account: ImporterOfRecord, key: str, language: str
) -> None:
    page.cookies["django_language"] = language
    assert len(gzip.compress(read(page, with_account, key).encode())) <= 15_000


@pytest.mark.parametrize("key", ["existing-account", "ace-account", "ach-refund", "form-4811"])
def test_a_step_page_costs_at_most_eight_queries(
    page: Client, with_account: ImporterOfRecord, key: str, django_assert_max_num_queries: Any
) -> None:
    read(page, with_account, key)  # once an hour it is written down that the session is in use
    with django_assert_max_num_queries(8):
        read(page, with_account, key)


def test_form_4811_has_what_to_type_who_signs_and_no_path_that_may_be_wrong(
    page: Client, nominating: ImporterOfRecord
) -> None:
    html = read(page, nominating, "form-4811")
    for value in ("ALPI Customs Brokers Inc.", "Nordlys Cykler ApS", "261304-00123", "Mette Sørensen", "Direktør"):
        assert f"<code>{value}</code>" in html
    assert f"The officer signs: Mette Sørensen, {nominating.contact_email}." in html
    assert "That is not you" not in html
    assert not re.search(r"Accounts\s*(>|&gt;|,|→)|Tools", html.split("How to do it")[1].split("</ol>")[0])


def test_who_is_not_the_officer_is_told_so(page: Client, nominating: ImporterOfRecord) -> None:
    name_lars(page, nominating)
    page.post(url(nominating, "ace-account"), {"name": "Lars Holm", "email": "lars@nordlys.example", "there": "on"})
    assert "That is not you: ask the officer to sign." in read(page, nominating, "form-4811")
