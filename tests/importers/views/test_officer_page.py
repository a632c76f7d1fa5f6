"""A mailbox that several people read, and a title that CBP can read."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from importers.models import ImporterOfRecord, MailKind, Notification, User
from importers.services.readiness import checklist_of

pytestmark = pytest.mark.django_db

SHARED = {
    "name": "Lars Holm",
    "title": "Managing Director",
    "email": "Kontakt@nordlys.example",
    "phone": "+4570101011",
    "authorised": "on",
}


def url(importer: ImporterOfRecord) -> str:
    return reverse("step", args=[importer.uuid, "officer"])


def question(html: str) -> str:
    found = re.search(r'<div class="field[^>]*>(?:(?!<div class="field).)*name="reads_it".*?</div>', html, re.S)
    assert found
    return found[0]


def test_a_shared_mailbox_is_asked_about_before_anybody_is_invited(page: Client, importer: ImporterOfRecord) -> None:
    html = page.post(url(importer), SHARED).content.decode()
    assert "tick that this mailbox is the officer" in html
    assert '<a href="#id_reads_it">' in html
    assert "hidden" not in question(html).split(">")[0]
    assert not checklist_of(importer).facts.officer
    assert not Notification.objects.filter(kind=MailKind.OFFICER_INVITATION).exists()


def test_who_says_that_it_is_the_officers_own_goes_on(page: Client, importer: ImporterOfRecord) -> None:
    page.post(url(importer), SHARED | {"reads_it": "on"})
    officer = checklist_of(importer).facts.officer
    assert officer
    assert officer.email == "kontakt@nordlys.example"
    html = page.get(url(importer)).content.decode()
    assert "checked" in question(html)
    assert "looks like a shared mailbox" in html


def test_of_a_mailbox_of_ones_own_nothing_is_asked(page: Client, importer: ImporterOfRecord) -> None:
    assert "hidden" in question(page.get(url(importer)).content.decode()).split(">")[0]
    page.post(url(importer), SHARED | {"email": importer.contact_email})
    assert checklist_of(importer).facts.officer


def test_the_client_lists_shared_mailbox_is_asked_about_at_once(page: Client, importer: ImporterOfRecord) -> None:
    ImporterOfRecord.objects.update(contact_email="office@nordlys.example")
    assert "hidden" not in question(page.get(url(importer)).content.decode()).split(">")[0]


def test_the_title_is_asked_for_in_english_with_examples(page: Client, importer: ImporterOfRecord) -> None:
    html = page.get(url(importer)).content.decode()
    assert "Title in English" in html
    page.cookies["django_language"] = "da"
    assert "økonomichef er CFO" in page.get(url(importer)).content.decode()


def test_an_officer_who_hands_over_is_told_before_that_the_checklist_is_closed_to_them(
    page: Client, importer: ImporterOfRecord
) -> None:
    lars = SHARED | {"email": "lars@nordlys.example"}
    page.post(url(importer), lars)
    desk = Client()
    desk.force_login(User.objects.get(email="lars@nordlys.example"))
    assert "this checklist is closed to you" in desk.get(url(importer)).content.decode()
    anna = lars | {"email": "anna@nordlys.example"}
    refused = desk.post(url(importer), anna).content.decode()
    assert "You will no longer be able to open this checklist." in refused
    assert '<a href="#id_leaves">' in refused
    assert desk.get(url(importer)).status_code == 200
    assert desk.post(url(importer), lars).status_code == 302, "whoever stays the officer is asked nothing"
    saved = desk.post(url(importer), anna | {"leaves": "on"}, follow=True)
    assert saved.redirect_chain[-1][0] == reverse("importers")
    assert "This checklist is now closed to you." in saved.content.decode()
    assert desk.get(url(importer)).status_code == 404
    assert page.get(url(importer)).status_code == 200
