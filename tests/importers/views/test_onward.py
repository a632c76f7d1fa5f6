"""Where "Save and continue" leads."""

import pytest
from django.test import Client
from django.urls import reverse

from importers.domain.facts import Route
from importers.models import ImporterOfRecord, User
from importers.services import filings, steps
from importers.services.readiness import checklist_of
from tests import walkthrough

pytestmark = pytest.mark.django_db

OFFICER = {"name": "Mette Sørensen", "title": "Managing Director", "phone": "+4570101011", "authorised": "on"}


def next_step(importer: ImporterOfRecord, key: str) -> str:
    """At its beginning."""
    return url(importer, key) + "#content"


def url(importer: ImporterOfRecord, key: str) -> str:
    return reverse("step", args=[importer.uuid, key])


@pytest.fixture
def underway(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    return importer


def name_officer(page: Client, importer: ImporterOfRecord, email: str) -> str:
    return page.post(url(importer, "officer"), OFFICER | {"email": email})["Location"]


def test_a_step_done_out_of_order_leads_to_the_first_that_is_open(page: Client, importer: ImporterOfRecord) -> None:
    response = page.post(url(importer, "refund-route"), {"route": "own_account"})
    assert response["Location"] == next_step(importer, "company")


def test_the_last_answer_before_ace_leads_to_ace(page: Client, underway: ImporterOfRecord) -> None:
    assert name_officer(page, underway, underway.contact_email) == next_step(underway, "ace-account")


def test_what_only_the_officer_can_do_leads_to_the_checklist(
    page: Client, underway: ImporterOfRecord, person: User
) -> None:
    name_officer(page, underway, "lars@nordlys.example")
    steps.confirm_ace_account(underway, by=person, name="Mette Sørensen", email="lars@nordlys.example")
    response = page.post(url(underway, "ach-refund"), {"status": "shown", "seen": "refund_tab"})
    assert response["Location"] == reverse("checklist", args=[underway.uuid])
    banners = page.get(response["Location"]).content.decode().split("<h1>")[0]
    assert "Saved. The step “Set up ACH refunds” is done.</p>" in banners


def test_with_nothing_left_to_do_the_checklist_follows(page: Client, importer: ImporterOfRecord, staff: User) -> None:
    walkthrough.declared(importer, staff, Route.OWN_ACCOUNT)
    response = page.post(url(importer, "existing-account"), {"answer": "no"})
    assert response["Location"] == reverse("checklist", args=[importer.uuid])


def test_a_declaration_leads_to_the_checklist(page: Client, underway: ImporterOfRecord, person: User) -> None:
    walkthrough.in_ace(underway, person, Route.OWN_ACCOUNT)
    given = {"digest": checklist_of(underway).facts.digest, "agree": "on"}
    assert page.post(url(underway, "inform-broker"), given)["Location"] == reverse("checklist", args=[underway.uuid])


def test_a_change_on_the_way_to_declaring_leads_back(page: Client, underway: ImporterOfRecord) -> None:
    response = page.post(url(underway, "existing-account") + "?back=inform-broker", {"answer": "no"})
    assert response["Location"] == url(underway, "inform-broker")


def test_a_step_with_a_problem_is_shown_again_with_the_problem(
    page: Client, underway: ImporterOfRecord, staff: User
) -> None:
    filings.record_contact(
        underway, "form-5106", by=staff, name="Mette Sørensen", email=underway.contact_email, company_name="Nordlys A/S"
    )
    steps.choose_route(underway, by=staff, route=Route.OWN_ACCOUNT)
    response = page.post(url(underway, "refund-route"), {"route": "own_account"})
    assert response["Location"] == next_step(underway, "company")
    assert "Form 5106 says" in page.get(response["Location"]).content.decode()
