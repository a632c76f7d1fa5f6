from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.domain.checklist import STEPS, Status
from importers.domain.facts import ACHStatus, Route
from importers.forms import STEP_FORMS
from importers.models import Attestation, ImporterOfRecord, User
from importers.services import filings, steps
from importers.services.readiness import checklist_of
from tests import walkthrough
from tests.factories import ImporterFactory

pytestmark = pytest.mark.django_db

COMPANY = {
    "name": "Nordlys Cykler ApS",
    "country": "DK",
    "structure": "corporation",
    "street": "Havnegade 1",
    "postal_code": "5000",
    "city": "Odense",
    "phone": "+45 70 10 10 11",
}


def url(importer: ImporterOfRecord, key: str) -> str:
    return reverse("step", args=[importer.uuid, key])


def officer(importer: ImporterOfRecord, **changes: str) -> dict[str, str]:
    given = {"name": "Mette Sørensen", "title": "Direktør", "email": importer.contact_email, "phone": "+4570101011"}
    return given | {"authorised": "on"} | changes


def status(importer: ImporterOfRecord, key: str) -> Status:
    return checklist_of(importer)[key].status


def read(page: Client, importer: ImporterOfRecord, key: str) -> str:
    response = page.get(url(importer, key))
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def underway(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    """The four first steps are done; refunds go to the importer's own account."""
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    return importer


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_every_step_has_a_page_at_every_stage(page: Client, importer: ImporterOfRecord, step: Any) -> None:
    assert step.title in read(page, importer, step.key)


def test_a_step_that_is_not_there_is_404(page: Client, importer: ImporterOfRecord) -> None:
    assert page.get(url(importer, "nothing")).status_code == 404


def test_the_company_is_saved_and_the_next_step_follows(page: Client, importer: ImporterOfRecord) -> None:
    response = page.post(url(importer, "company"), COMPANY)
    assert response["Location"] == url(importer, "officer") + "#content"
    assert status(importer, "company") is Status.DONE
    told = "Saved. The step “Confirm your company details” is done. Here is the next step."
    assert told in page.get(response["Location"]).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Enter the company name as it stands on Form 5106."),
        ("country", "", "Choose the country in which the company is registered."),
        ("structure", "", "Choose what kind of company it is."),
        ("phone", "12", "Write the phone number with its country code, like +45 12 34 56 78."),
        ("city", "DK50 0040 0440 1162 43", "This looks like bank details."),
    ],
)
def test_an_error_says_what_to_do_and_keeps_what_was_typed(
    page: Client, importer: ImporterOfRecord, field: str, value: str, error: str
) -> None:
    response = page.post(url(importer, "company"), COMPANY | {"street": "Nygade 7", field: value})
    html = response.content.decode()
    assert response.status_code == 200
    assert html.count(error) >= 1
    assert 'role="alert"' in html
    assert 'value="Nygade 7"' in html
    assert "<title>Error:" in html
    assert status(importer, "company") is Status.NOT_STARTED


def test_an_error_is_tied_to_its_field_and_linked_from_the_summary(page: Client, importer: ImporterOfRecord) -> None:
    html = page.post(url(importer, "company"), COMPANY | {"name": "", "structure": ""}).content.decode()
    assert '<a href="#id_name">' in html
    assert '<a href="#id_structure_0">' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert '<fieldset aria-describedby="id_structure_error">' in html


def test_the_officer_is_prefilled_from_the_client_list(page: Client, importer: ImporterOfRecord) -> None:
    html = read(page, importer, "officer")
    assert 'value="Mette Sørensen"' in html
    assert importer.contact_email in html


def test_the_officer_is_saved(page: Client, importer: ImporterOfRecord) -> None:
    page.post(url(importer, "officer"), officer(importer))
    assert status(importer, "officer") is Status.DONE


def test_somebody_who_may_not_sign_is_no_officer(page: Client, importer: ImporterOfRecord) -> None:
    html = page.post(url(importer, "officer"), officer(importer, authorised="")).content.decode()
    assert "or name somebody who may" in html
    assert status(importer, "officer") is Status.NOT_STARTED


def test_ach_for_duty_is_told_apart_from_ach_for_refunds(page: Client, importer: ImporterOfRecord) -> None:
    assert "ACH for paying duty is not ACH for refunds." in read(page, importer, "existing-account")


@pytest.mark.parametrize("answer", ["no", "account", "enrolled", "unsure"])
def test_each_answer_about_ace_is_saved(page: Client, importer: ImporterOfRecord, answer: str) -> None:
    page.post(url(importer, "existing-account"), {"answer": answer, "seen": "refund_tab"})
    assert status(importer, "existing-account") is Status.DONE


def test_a_made_up_answer_is_refused(page: Client, importer: ImporterOfRecord) -> None:
    html = page.post(url(importer, "existing-account"), {"answer": "maybe"}).content.decode()
    assert "Choose what fits best." in html


@pytest.mark.parametrize("route", list(Route))
def test_the_route_is_saved(page: Client, importer: ImporterOfRecord, route: Route) -> None:
    page.post(url(importer, "refund-route"), {"route": route})
    assert checklist_of(importer).facts.route is route


def test_an_importer_in_the_united_states_is_not_asked_for_a_route(page: Client, importer: ImporterOfRecord) -> None:
    ImporterOfRecord.objects.update(country="US")
    html = read(page, importer, "refund-route")
    assert "there is nothing to choose" in html
    assert 'name="route"' not in html


def test_a_step_that_cannot_start_says_what_comes_first(page: Client, importer: ImporterOfRecord) -> None:
    html = read(page, importer, "ach-refund")
    assert "This step cannot start yet" in html
    assert url(importer, "refund-route") in html
    assert 'name="status"' not in html


def test_posting_to_a_step_that_cannot_start_saves_nothing(page: Client, importer: ImporterOfRecord) -> None:
    response = page.post(url(importer, "ach-refund"), {"status": "shown"})
    assert response.status_code == 302
    assert checklist_of(importer).facts.ach is ACHStatus.UNKNOWN


def test_the_account_page_gives_the_values_in_aces_own_shape(page: Client, underway: ImporterOfRecord) -> None:
    html = read(page, underway, "ace-account")
    for value in ("261304-00123", underway.name, underway.contact_email, "+4570101011"):
        assert f"<code>{value}</code>" in html
    for part in ("Havnegade 1", "5000", "Odense"):
        assert f"<code>{part}</code>" in html
    assert "valid for 10 minutes" in html


def test_an_ein_is_typed_without_its_suffix(page: Client, underway: ImporterOfRecord) -> None:
    ImporterOfRecord.objects.update(number_kind="EIN", number="12-3456789AB", number_last4="89AB")
    assert "<code>12-3456789</code>" in read(page, underway, "ace-account")


def test_a_social_security_number_is_never_shown(person: User) -> None:
    importer = ImporterFactory(number_text="219-09-9123", contact_email=person.email)
    walkthrough.invited(importer, User.objects.create_user("boss@broker.example", is_staff=True))
    walkthrough.before(importer, person)
    client = Client()
    client.force_login(person)
    for step in STEPS:
        assert "219-09" not in read(client, importer, step.key)
    assert "We do not hold it." in read(client, importer, "ace-account")


def test_the_page_warns_before_the_code_goes_astray(page: Client, underway: ImporterOfRecord, staff: User) -> None:
    html = read(page, underway, "ace-account")
    assert html.index("We check Form 5106 first") < html.index("Set aside ten minutes")
    assert f"Wait until we have checked, unless you know that {underway.contact_email} stands there." in html
    walkthrough.on_5106(underway, staff)
    assert "Wait until we have checked" not in read(page, underway, "ace-account")


def test_a_wrong_mailbox_on_form_5106_stops_the_application(
    page: Client, underway: ImporterOfRecord, staff: User
) -> None:
    filings.record_contact(underway, "form-5106", by=staff, name="Mette Sørensen", email="old@nordlys.example")
    html = read(page, underway, "ace-account")
    assert "This step cannot start yet" in html
    assert url(underway, "form-5106") in html
    assert "The code would go astray." in html


def test_the_account_is_confirmed(page: Client, underway: ImporterOfRecord) -> None:
    data = {"name": "Mette Sørensen", "email": underway.contact_email, "there": "on"}
    page.post(url(underway, "ace-account"), data)
    assert status(underway, "ace-account") is Status.DONE


def test_another_e_mail_in_ace_shows_as_a_problem_with_its_remedy(page: Client, underway: ImporterOfRecord) -> None:
    page.post(url(underway, "ace-account"), {"name": "Mette Sørensen", "email": "x@else.example", "there": "on"})
    html = read(page, underway, "ace-account")
    assert "x@else.example stands in the ACE account" in html
    assert "If you mistyped it, correct it below." in html
    assert "You can put this right." in html


@pytest.fixture
def with_account(underway: ImporterOfRecord, person: User) -> ImporterOfRecord:
    steps.confirm_ace_account(underway, by=person, name="Mette Sørensen", email=underway.contact_email)
    return underway


def test_bank_details_shown_finish_the_ach_step(page: Client, with_account: ImporterOfRecord) -> None:
    response = page.post(url(with_account, "ach-refund"), {"status": "shown", "seen": "refund_tab"})
    assert response["Location"] == url(with_account, "inform-broker") + "#content"
    assert status(with_account, "ach-refund") is Status.DONE


@pytest.mark.parametrize(
    ("seen", "next_thing"),
    [
        ("none", "Press Get Info/Refresh once more"),
        ("no_tab", "Usually you lack the right to it."),
        ("error", "Write the message down word for word."),
    ],
)
def test_anything_else_stays_on_the_page_and_is_kept_apart(
    page: Client, with_account: ImporterOfRecord, seen: str, next_thing: str
) -> None:
    response = page.post(url(with_account, "ach-refund"), {"status": seen})
    assert response["Location"] == url(with_account, "ach-refund")
    html = page.get(response["Location"]).content.decode()
    assert next_thing in html.split("You told us:")[1].split("Seven steps in ACE")[0]
    assert status(with_account, "ach-refund") is Status.IN_PROGRESS
    assert checklist_of(with_account).facts.ach == seen


def test_no_form_has_a_field_for_bank_details() -> None:
    names = {name for form in STEP_FORMS.values() for name in form.base_fields}
    assert not {name for name in names if "bank" in name or "routing" in name or "account" in name}


@pytest.fixture
def nominating(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.FORM_4811)
    steps.confirm_ace_account(importer, by=person, name="Mette Sørensen", email=importer.contact_email)
    return importer


def test_form_4811_is_told_with_what_it_does_not_do(page: Client, nominating: ImporterOfRecord) -> None:
    html = read(page, nominating, "form-4811")
    assert "box 28" in html
    assert "does not redirect refunds of older entries" in html
    assert "If one is missing, the refund goes to the company." in html
    assert "CBP can pay us only when we have set up ACH refunds of our own." in html


def test_form_4811_is_saved(page: Client, nominating: ImporterOfRecord) -> None:
    day = timezone.localdate().isoformat()
    data = {"name": "Mette Sørensen", "email": nominating.contact_email, "signed_on": day}
    page.post(url(nominating, "form-4811"), data)
    assert status(nominating, "form-4811") is Status.DONE


def test_a_signature_in_the_future_is_refused_with_what_to_do(page: Client, nominating: ImporterOfRecord) -> None:
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    data = {"name": "Mette Sørensen", "email": nominating.contact_email, "signed_on": tomorrow}
    html = page.post(url(nominating, "form-4811"), data).content.decode()
    assert "Enter the day on which the form was signed." in html


def test_changing_an_answer_from_the_last_page_returns_there(page: Client, importer: ImporterOfRecord) -> None:
    response = page.post(url(importer, "company") + "?back=inform-broker", COMPANY)
    assert response["Location"] == url(importer, "inform-broker")


def test_sending_a_form_twice_does_no_harm(page: Client, importer: ImporterOfRecord) -> None:
    for _ in range(2):
        assert page.post(url(importer, "company"), COMPANY).status_code == 302
    assert status(importer, "company") is Status.DONE


@pytest.mark.parametrize("key", [*STEP_FORMS, "form-5106", "broker-review"])
def test_staff_read_every_step_and_write_none(importer: ImporterOfRecord, staff: User, key: str) -> None:
    client = Client()
    client.force_login(staff)
    html = read(client, importer, key)
    assert "Only the importer can fill it in." in html
    assert 'class="btn" type="submit"' not in html
    assert client.post(url(importer, key), COMPANY).status_code == 403
    assert status(importer, "company") is Status.NOT_STARTED


@pytest.mark.parametrize("key", list(STEP_FORMS))
def test_nobody_writes_to_another_importer(page: Client, key: str) -> None:
    other = ImporterFactory()
    assert page.post(url(other, key), COMPANY).status_code == 404


@pytest.fixture
def undeclared(with_account: ImporterOfRecord, person: User) -> ImporterOfRecord:
    steps.record_ach(with_account, by=person, status=ACHStatus.SHOWN)
    return with_account


def declaration(importer: ImporterOfRecord) -> dict[str, str]:
    return {"digest": checklist_of(importer).facts.digest, "agree": "on"}


def test_the_officer_reads_every_answer_with_a_way_to_change_it(page: Client, undeclared: ImporterOfRecord) -> None:
    html = read(page, undeclared, "inform-broker")
    for value in ("Nordlys Cykler ApS", "••••••-•0123", "Denmark", "Havnegade 1"):
        assert value in html
    assert html.count("?back=inform-broker") >= 10
    assert f"Mette Sørensen, {undeclared.contact_email}" in html


def test_the_officer_declares_once_however_often_the_button_is_pressed(
    page: Client, undeclared: ImporterOfRecord
) -> None:
    data = declaration(undeclared)
    for _ in range(2):
        assert page.post(url(undeclared, "inform-broker"), data).status_code == 302
    assert Attestation.objects.count() == 1
    assert "declared these answers on" in read(page, undeclared, "inform-broker")


def test_answers_that_changed_meanwhile_are_not_declared(page: Client, undeclared: ImporterOfRecord) -> None:
    data = declaration(undeclared)
    page.post(url(undeclared, "company"), COMPANY | {"city": "Aarhus"})
    html = page.post(url(undeclared, "inform-broker"), data).content.decode()
    assert "Read the answers again, then declare." in html
    assert not Attestation.objects.exists()


def test_only_the_officer_finds_the_button(page: Client, undeclared: ImporterOfRecord) -> None:
    page.post(url(undeclared, "officer"), officer(undeclared, name="Lars Holm", email="lars@nordlys.example"))
    page.post(url(undeclared, "ace-account"), {"name": "Lars Holm", "email": "lars@nordlys.example", "there": "on"})
    html = read(page, undeclared, "inform-broker")
    assert "Only the responsible officer can declare: Lars Holm" in html
    assert "Declare and send" not in html
    page.post(url(undeclared, "inform-broker"), declaration(undeclared))
    assert not Attestation.objects.exists()


def test_what_was_sent_back_shows_with_the_note(page: Client, undeclared: ImporterOfRecord, staff: User) -> None:
    page.post(url(undeclared, "inform-broker"), declaration(undeclared))
    digest = checklist_of(undeclared).facts.digest
    filings.send_back(undeclared, by=staff, digest=digest, note="The tab in ACE is empty.")
    assert "The tab in ACE is empty." in read(page, undeclared, "inform-broker")
    assert "The tab in ACE is empty." in page.get(reverse("checklist", args=[undeclared.uuid])).content.decode()
