"""One step in two tabs, Back, and a button that is pressed twice: nothing is overwritten unseen, nothing is doubled."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pghistory.models import Events

from importers.domain.facts import ExistingAccount, Route
from importers.forms import STEP_FORMS
from importers.models import FiledContact, ImporterOfRecord, MailKind, Notification, User
from importers.services import steps
from importers.services.details import edit_details
from importers.services.readiness import checklist_of
from tests import walkthrough
from tests.served_forms import served

pytestmark = pytest.mark.django_db
CHANGED = "Somebody has changed the answers while this page was open. Nothing was saved."


def url(importer: ImporterOfRecord, key: str) -> str:
    return reverse("step", args=[importer.uuid, key])


def open_in_a_tab(page: Client, address: str) -> dict[str, Any]:
    """The step's form as it is served."""
    return served(page.get(address), holding="made_for")  # type: ignore[arg-type]


@pytest.fixture
def underway(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    return importer


@pytest.fixture
def company(underway: ImporterOfRecord) -> str:
    return url(underway, "company")


def test_an_older_tab_overwrites_nothing_unseen(page: Client, underway: ImporterOfRecord, company: str) -> None:
    first, second = open_in_a_tab(page, company), open_in_a_tab(page, company)
    assert page.post(company, first | {"city": "Aarhus"}).status_code == 302
    response = page.post(company, second | {"street": "Nygade 7"})
    html = response.content.decode()
    assert response.status_code == 409
    assert CHANGED in html
    assert "<title>Error:" in html
    assert "Now: Aarhus" in html
    assert "You typed: Odense" in html
    assert "You typed: Nygade 7" in html
    assert html.count("You typed:") == 2, "only what differs"
    underway.refresh_from_db()
    assert (underway.city, underway.street) == ("Aarhus", "Havnegade 1")


def test_the_person_decides_and_the_next_press_saves(page: Client, underway: ImporterOfRecord, company: str) -> None:
    second = open_in_a_tab(page, company)
    page.post(company, open_in_a_tab(page, company) | {"city": "Aarhus"})
    shown = page.post(company, second | {"street": "Nygade 7"})
    again = served(shown, holding="made_for")
    assert (again["street"], again["city"]) == ("Nygade 7", "Odense")
    assert page.post(company, again).status_code == 302
    underway.refresh_from_db()
    assert (underway.city, underway.street) == ("Odense", "Nygade 7")


def test_while_the_person_reads_that_it_may_change_once_more(
    page: Client, underway: ImporterOfRecord, company: str
) -> None:
    second = open_in_a_tab(page, company)
    page.post(company, open_in_a_tab(page, company) | {"city": "Aarhus"})
    again = served(page.post(company, second | {"city": "Vejle"}), holding="made_for")
    page.post(company, open_in_a_tab(page, company) | {"city": "Ribe"})
    response = page.post(company, again)
    assert response.status_code == 409
    assert "Now: Ribe" in response.content.decode()


def test_what_the_broker_changed_meanwhile_is_not_overwritten_either(
    page: Client, importer: ImporterOfRecord, staff: User
) -> None:
    form = open_in_a_tab(page, url(importer, "company"))
    edit_details(importer, by=staff, name="Nordlys Cykler A/S")
    html = page.post(url(importer, "company"), form | {"structure": "llc", "phone": "+4570101011"}).content.decode()
    assert "Now: Nordlys Cykler A/S" in html
    importer.refresh_from_db()
    assert (importer.name, importer.company_confirmed_at) == ("Nordlys Cykler A/S", None)


def test_a_change_elsewhere_is_none_of_this_step(page: Client, underway: ImporterOfRecord, person: User) -> None:
    form = open_in_a_tab(page, url(underway, "company"))
    steps.answer_existing_account(underway, by=person, answer=ExistingAccount.UNSURE)
    assert page.post(url(underway, "company"), form).status_code == 302


def test_an_error_in_the_older_tab_does_not_make_it_newer(
    page: Client, underway: ImporterOfRecord, company: str
) -> None:
    second = open_in_a_tab(page, company)
    page.post(company, open_in_a_tab(page, company) | {"city": "Aarhus"})
    wrong = page.post(company, second | {"phone": "12"})
    assert wrong.status_code == 200
    assert page.post(company, served(wrong, holding="made_for") | {"phone": second["phone"]}).status_code == 409


def answers(key: str, person: User) -> dict[str, str]:
    own = {"name": "Mette Sørensen", "email": person.email.upper()}
    return {
        "company": {"city": "Aarhus"},
        "officer": own | {"title": "CEO", "phone": "+45 70 10 10 12", "authorised": "on"},
        "existing-account": {"answer": "unsure"},
        "refund-route": {"route": "form_4811"},
        "ace-account": own | {"there": "on"},
        "ach-refund": {"status": "no_tab"},
        "form-4811": own | {"signed_on": "2026-03-01"},
    }[key]


def reached(importer: ImporterOfRecord, person: User, key: str) -> None:
    walkthrough.before(importer, person, Route.FORM_4811 if key == "form-4811" else Route.OWN_ACCOUNT)
    if key in ("ach-refund", "form-4811"):
        steps.confirm_ace_account(importer, by=person, name="Mette Sørensen", email=importer.contact_email)


@pytest.mark.parametrize("key", [key for key in STEP_FORMS if key != "inform-broker"])
def test_pressing_twice_saves_once_and_says_so_once(
    page: Client, importer: ImporterOfRecord, person: User, key: str
) -> None:
    reached(importer, person, key)
    address = url(importer, key)
    data = open_in_a_tab(page, address) | answers(key, person)
    first = page.post(address, data)
    assert first.status_code == 302, first.content.decode()
    facts, mails = checklist_of(importer).facts, Notification.objects.count()
    contacts = FiledContact.objects.count()
    trace = Events.objects.references(importer).count()
    second = page.post(address, data)
    assert (second.status_code, second["Location"]) == (302, first["Location"])
    assert checklist_of(importer).facts == facts
    assert (Notification.objects.count(), FiledContact.objects.count()) == (mails, contacts)
    assert Events.objects.references(importer).count() == trace
    assert page.get(second["Location"]).content.decode().count("Saved.") == 1


def test_naming_an_officer_twice_invites_once(page: Client, importer: ImporterOfRecord, person: User) -> None:
    address = url(importer, "officer")
    data = open_in_a_tab(page, address) | answers("officer", person) | {"name": "Lars", "email": "lars@nordlys.example"}
    for _ in range(2):
        assert page.post(address, data).status_code == 302
    assert Notification.objects.filter(kind=MailKind.OFFICER_INVITATION).count() == 1


def test_what_others_saved_alike_meanwhile_is_confirmed_all_the_same(
    page: Client, importer: ImporterOfRecord, staff: User
) -> None:
    form = open_in_a_tab(page, url(importer, "company"))
    edit_details(importer, by=staff, name="Nordlys Cykler A/S")
    data = form | {"structure": "llc", "phone": "+4570101011", "name": "Nordlys Cykler A/S"}
    assert page.post(url(importer, "company"), data).status_code == 409, "the structure is new"
    steps.confirm_company(importer, by=staff, structure="llc", phone="+4570101011")
    ImporterOfRecord.objects.update(company_confirmed_at=None, company_confirmed_by=None)
    assert page.post(url(importer, "company"), data).status_code == 302
    importer.refresh_from_db()
    assert importer.company_confirmed_at is not None


def test_after_back_the_page_shows_the_answers_as_they_are_now(page: Client, company: str) -> None:
    page.post(company, open_in_a_tab(page, company) | {"city": "Aarhus"})
    response = page.get(company)
    assert "no-store" in response["Cache-Control"]
    assert 'value="Aarhus"' in response.content.decode()


def test_a_form_without_the_mark_is_saved_as_before(page: Client, underway: ImporterOfRecord, company: str) -> None:
    data = {name: value for name, value in open_in_a_tab(page, company).items() if name != "made_from"}
    page.post(company, open_in_a_tab(page, company) | {"city": "Aarhus"})
    assert page.post(company, data).status_code == 302


def test_what_a_step_refuses_is_told_also_from_an_older_tab(
    page: Client, importer: ImporterOfRecord, staff: User
) -> None:
    address = url(importer, "officer")
    form = open_in_a_tab(page, address)
    edit_details(importer, by=staff, contact_name="Lars Holm")
    data = form | {"email": staff.email, "title": "CEO", "phone": "+4570101011", "authorised": "on"}
    assert "one of the broker&#x27;s own" in page.post(address, data).content.decode()
