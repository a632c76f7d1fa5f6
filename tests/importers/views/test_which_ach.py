"""ACH for paying duty is not ACH for refunds: asked outright wherever somebody says that it is set up."""

import pytest
from django.test import Client
from django.urls import reverse

from importers.domain.checklist import Status
from importers.domain.facts import ACHStatus, ExistingAccount, Route
from importers.models import ImporterOfRecord, User
from importers.services import steps
from importers.services.readiness import checklist_of
from tests import walkthrough

pytestmark = pytest.mark.django_db


def url(importer: ImporterOfRecord, key: str) -> str:
    return reverse("step", args=[importer.uuid, key])


@pytest.fixture
def with_account(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    steps.confirm_ace_account(importer, by=person, name="Mette Sørensen", email=importer.contact_email)
    return importer


@pytest.mark.parametrize(
    ("seen", "advice"),
    [
        ("", "Choose which of the two it is"),
        ("duty", "Choose “Yes, but refunds by ACH are not set up”, or “No”"),
        ("unsure", "Look first: sign in to ACE, open the tab ACH Refund Authorization"),
        ("made up", "Choose which of the two it is"),
    ],
)
def test_already_enrolled_counts_only_for_refunds(
    page: Client, importer: ImporterOfRecord, seen: str, advice: str
) -> None:
    response = page.post(url(importer, "existing-account"), {"answer": "enrolled", "seen": seen})
    html = response.content.decode()
    assert response.status_code == 200
    assert '<a href="#id_seen_0">' in html
    assert html.count(advice) == 2  # in the summary and at the question
    assert 'id="id_seen_error"' in html
    assert checklist_of(importer)["existing-account"].status is Status.NOT_STARTED
    page.post(url(importer, "existing-account"), {"answer": "enrolled", "seen": "refund_tab"})
    assert checklist_of(importer).facts.existing_account is ExistingAccount.ENROLLED


@pytest.mark.parametrize("answer", ["no", "account", "unsure"])
def test_other_answers_need_no_second_one(page: Client, importer: ImporterOfRecord, answer: str) -> None:
    for seen in ({}, {"seen": "duty"}):
        assert page.post(url(importer, "existing-account"), {"answer": answer} | seen).status_code == 302


@pytest.mark.parametrize(
    ("seen", "advice"),
    [
        ("", "Choose which of the two it is"),
        ("duty", "those bank details are for paying duty"),
        ("unsure", "Look once more: open the tab"),
    ],
)
def test_shown_counts_only_on_the_tab_for_refunds(
    page: Client, with_account: ImporterOfRecord, seen: str, advice: str
) -> None:
    html = page.post(url(with_account, "ach-refund"), {"status": "shown", "seen": seen}).content.decode()
    assert advice in html
    assert "Seven steps in ACE" in html
    assert checklist_of(with_account).facts.ach is ACHStatus.UNKNOWN
    assert checklist_of(with_account)["ach-refund"].status is Status.NOT_STARTED


def test_the_question_is_part_of_the_form_and_answered_anew_each_time(
    page: Client, with_account: ImporterOfRecord, person: User
) -> None:
    steps.record_ach(with_account, by=person, status=ACHStatus.SHOWN)
    html = page.get(url(with_account, "ach-refund")).content.decode()
    question = html.split("Is it ACH for refunds, or ACH for paying duty?")[1].split("</fieldset>")[0]
    assert question.count('type="radio"') == 3
    assert "checked" not in question


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (ACHStatus.NO_TAB, "No tab for ACH refunds"),
        (ACHStatus.ERROR, "ACE answers with an error"),
        (ACHStatus.NONE, "No bank details shown"),
    ],
)
def test_staff_can_tell_apart_what_was_seen(
    with_account: ImporterOfRecord, person: User, staff: User, seen: ACHStatus, words: str
) -> None:
    steps.record_ach(with_account, by=person, status=seen)
    office = Client()
    office.force_login(staff)
    assert (
        words in office.get(reverse("admin:importers_importerofrecord_change", args=[with_account.pk])).content.decode()
    )
