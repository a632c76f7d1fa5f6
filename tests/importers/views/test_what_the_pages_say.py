"""What a first-time importer reads: who was told, what is next, and what a change would undo."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from importers.domain.checklist import Status
from importers.domain.facts import ACHStatus, ExistingAccount, Route
from importers.models import ImporterOfRecord, User
from importers.services import filings, steps
from importers.services.readiness import checklist_of
from tests import walkthrough

pytestmark = pytest.mark.django_db

OFFICER = {"title": "Direktør", "phone": "70 10 10 11", "authorised": "on"}
COMPANY = {
    "name": "Nordlys Cykler ApS", "country": "DK", "structure": "corporation", "street": "Havnegade 1",
    "postal_code": "5000", "city": "Odense", "phone": "+45 70 10 10 11",
}  # fmt: skip


def url(importer: ImporterOfRecord, key: str = "") -> str:
    return reverse("step", args=[importer.uuid, key]) if key else reverse("checklist", args=[importer.uuid])


def read(page: Client, importer: ImporterOfRecord, key: str = "") -> str:
    return page.get(url(importer, key)).content.decode()


def save(page: Client, importer: ImporterOfRecord, key: str, data: dict[str, str]) -> str:
    return page.post(url(importer, key), data, follow=True).content.decode()


@pytest.fixture
def underway(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    return importer


@pytest.fixture
def declared(underway: ImporterOfRecord, person: User, staff: User) -> ImporterOfRecord:
    walkthrough.on_5106(underway, staff)
    walkthrough.in_ace(underway, person, Route.OWN_ACCOUNT)
    steps.declare(underway, by=person, digest=walkthrough.digest(underway))
    return underway


def test_naming_an_officer_says_to_whom_an_invitation_went(page: Client, importer: ImporterOfRecord) -> None:
    other = OFFICER | {"name": "Lars Holm", "email": "lars@nordlys.example"}
    assert "We have mailed an invitation to lars@nordlys.example." in save(page, importer, "officer", other)
    assert "an invitation to" not in save(page, importer, "officer", other)


def test_naming_oneself_mails_nobody(page: Client, importer: ImporterOfRecord) -> None:
    html = save(page, importer, "officer", OFFICER | {"name": "Mette Sørensen", "email": importer.contact_email})
    assert "an invitation to" not in html


def test_the_officer_step_lists_who_can_open_the_checklist(page: Client, importer: ImporterOfRecord) -> None:
    save(page, importer, "officer", OFFICER | {"name": "Lars Holm", "email": "lars@nordlys.example"})
    listed = read(page, importer, "officer").split("Who can open this checklist")[1].split("</ul>")[0]
    assert "lars@nordlys.example" in listed
    assert importer.contact_email in listed


def test_no_mail_is_promised_that_nobody_sends(page: Client, declared: ImporterOfRecord) -> None:
    html = read(page, declared)
    assert "as soon as there is something for you to do" not in html
    assert "We mail you when all is checked." in html


@pytest.mark.parametrize("key", ["company", "officer", "existing-account", "ach-refund"])
def test_a_page_says_that_a_change_undoes_the_declaration(page: Client, declared: ImporterOfRecord, key: str) -> None:
    assert "The answers are declared. If you change one" in read(page, declared, key)


def test_a_change_after_the_declaration_says_what_follows(page: Client, declared: ImporterOfRecord) -> None:
    follows = "the officer declares the answers again"
    as_it_was = COMPANY | {"street": declared.street, "postal_code": declared.postal_code, "city": declared.city}
    assert follows not in save(page, declared, "company", as_it_was)
    assert follows in save(page, declared, "company", as_it_was | {"city": "Skagen"})
    assert "The answers are declared." not in read(page, declared, "company")


def test_what_was_sent_back_is_what_is_next(page: Client, declared: ImporterOfRecord, staff: User) -> None:
    filings.send_back(declared, by=staff, digest=walkthrough.digest(declared), note="The tab in ACE is empty.")
    following = read(page, declared).split('<div class="next">')[1].split("</div>")[0]
    assert "We sent it back: The tab in ACE is empty." in following
    assert "Then Mette Sørensen declares the answers again." in following


def test_declaring_is_thanked_for(page: Client, declared: ImporterOfRecord) -> None:
    save(page, declared, "company", COMPANY | {"city": "Skagen"})
    answer = {"digest": walkthrough.digest(declared), "agree": "on"}
    html = save(page, declared, "inform-broker", answer)
    assert "Thank you. Your declaration has been sent, and a receipt is on its way by mail." in html


def test_who_has_an_account_is_not_told_to_create_one(page: Client, underway: ImporterOfRecord, person: User) -> None:
    steps.answer_existing_account(underway, by=person, answer=ExistingAccount.ACCOUNT)
    for html in (read(page, underway), read(page, underway, "ace-account")):
        assert "Tell us who stands in the ACE account" in html
        assert "Create the ACE Portal account" not in html
        assert "We check Form 5106 first" not in html


def test_once_reported_the_form_comes_before_the_guide(page: Client, underway: ImporterOfRecord, person: User) -> None:
    steps.confirm_ace_account(underway, by=person, name="Mette Sørensen", email=underway.contact_email)
    html = read(page, underway, "ace-account")
    assert html.index("<form method") < html.index("How the account is created") < html.index("Six steps in ACE")
    assert "In order" not in html
    assert "You told us that the company has no account." not in html


def test_not_knowing_leads_to_ace_support_first(page: Client, underway: ImporterOfRecord) -> None:
    html = save(page, underway, "existing-account", {"answer": "unsure"})
    assert "ask ACE Support (+1 866-530-4172), before applying" in html
    assert "<details open>" in html
    assert "is done." not in html
    html = read(page, underway)
    assert "Not known: ask ACE Support before you apply" in html
    assert '<span class="tag todo">Find out</span>' in html
    assert "Find out whether the company has an ACE account: ask ACE Support, +1 866-530-4172" in html
    assert f'class="btn" href="{url(underway, "existing-account")}"' in html
    assert "Ask first whether there is an account." in read(page, underway, "ace-account")


def test_a_number_of_the_importers_own_country_needs_no_country_code(page: Client, importer: ImporterOfRecord) -> None:
    save(page, importer, "company", COMPANY | {"phone": "70 10 10 11"})
    assert checklist_of(importer).facts.phone == "+4570101011"
    save(page, importer, "company", COMPANY | {"country": "DE", "phone": "040 5555 0100"})
    assert checklist_of(importer).facts.phone.startswith("+4940")


@pytest.mark.parametrize(("key", "field"), [("company", "city"), ("officer", "name")])
def test_bank_details_are_refused_at_their_own_field(
    page: Client, importer: ImporterOfRecord, key: str, field: str
) -> None:
    data = COMPANY if key == "company" else OFFICER | {"name": "M", "email": importer.contact_email}
    html = save(page, importer, key, data | {field: "DK50 0040 0440 1162 43"})
    assert f'id="id_{field}_error"' in html
    assert re.search(rf'<a href="#id_{field}">This looks like bank details', html)
    assert checklist_of(importer)[key].status is Status.NOT_STARTED


def test_what_the_broker_puts_right_is_no_task_of_the_importers(
    page: Client, underway: ImporterOfRecord, staff: User
) -> None:
    filings.record_contact(underway, "form-5106", by=staff, name="Lars Holm", email="lars@else.example")
    html = read(page, underway, "form-5106")
    assert "We put this right. You need not do anything." in html
    assert "correct the document" not in html.lower()


def test_when_all_is_in_place_no_page_speaks_of_what_is_to_come(importer: ImporterOfRecord, staff: User) -> None:
    client = Client()
    client.force_login(walkthrough.ready(importer, staff))
    html = read(client, importer)
    assert "You can finish later too" not in html
    assert "Late is not lost" not in html
    assert f"Checked by {staff.name}" in read(client, importer, "broker-review")
    html = read(client, importer, "inform-broker")
    assert "and on" in html
    assert "Now we check them" not in html
    for answer in ("Person in the ACE account", "Form 4811 signed by", "No account before"):
        assert answer in html


def test_the_steps_in_ace_are_easiest_on_a_computer(page: Client, underway: ImporterOfRecord, person: User) -> None:
    assert "easiest on a computer" in read(page, underway, "ace-account")
    steps.confirm_ace_account(underway, by=person, name="Mette Sørensen", email=underway.contact_email)
    assert "easiest on a computer" in read(page, underway, "ach-refund")
    steps.record_ach(underway, by=person, status=ACHStatus.SHOWN)


def test_the_kinds_of_company_are_told_apart(page: Client, importer: ImporterOfRecord) -> None:
    assert "Company limited by shares (ApS, A/S, Inc.)" in read(page, importer, "company")
    page.cookies["django_language"] = "da"
    with translation.override(None):
        html = read(page, importer, "company")
    assert "Aktie- eller anpartsselskab (A/S, ApS, Inc.)" in html
    assert "LLC (amerikansk selskabsform)" in html
