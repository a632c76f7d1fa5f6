"""How long it takes, who waits for whom, and one person's several importers."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from importers.domain.facts import ACHStatus, ExistingAccount, Route
from importers.models import ImporterOfRecord, User
from importers.services import filings, questions, steps
from tests import walkthrough
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory

pytestmark = pytest.mark.django_db


def read(page: Client, importer: ImporterOfRecord) -> str:
    return page.get(reverse("checklist", args=[importer.uuid])).content.decode()


def row(html: str, title: str) -> str:
    (found,) = [item for item in re.findall(r"<li.*?</li>", html, re.S) if f">{title}</b>" in item]
    return found


def turn(html: str, who: str) -> str:
    found = re.search(rf"<p><b>{who}:</b> (.*?)</p>", html)
    return found[1] if found else ""


def test_every_open_step_says_how_long_it_takes(page: Client, importer: ImporterOfRecord, person: User) -> None:
    html = read(page, importer)
    assert "About 3 minutes." in row(html, "Confirm your company details")
    assert "About 10 minutes." in row(html, "Create the ACE Portal account")
    assert "minutes." not in row(html, "Contact on Form 5106 checked")
    walkthrough.before(importer, person)
    html = read(page, importer)
    assert "minutes" not in row(html, "Confirm your company details")
    assert "minutes" not in row(html, "Set up ACH refunds")  # not needed on this route
    steps.answer_existing_account(importer, by=person, answer=ExistingAccount.ACCOUNT)
    assert "About 5 minutes." in row(read(page, importer), "Tell us who stands in the ACE account")


def test_a_step_that_cannot_start_says_what_it_waits_for(
    page: Client, importer: ImporterOfRecord, person: User, staff: User
) -> None:
    html = read(page, importer)
    assert "We wait for you: Name the responsible officer." in row(html, "Contact on Form 5106 checked")
    assert "First come the steps above." in row(html, "Create the ACE Portal account")
    assert "We wait for you: Tell us you are registered." in row(html, "Checked by the broker")
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    assert "First: Create the ACE Portal account." in row(read(page, importer), "Set up ACH refunds")
    filings.record_contact(importer, "form-5106", by=staff, name="Lars Holm", email="lars@else.example")
    assert "Waits for us: Contact on Form 5106 checked." in row(read(page, importer), "Create the ACE Portal account")
    filings.mark_correction_sent(importer, by=staff)
    html = read(page, importer)
    assert "Waits for CBP: Contact on Form 5106 checked." in row(html, "Create the ACE Portal account")
    assert "We have sent CBP a correction" in row(html, "Contact on Form 5106 checked")


def test_what_is_left_is_told_by_whose_turn_it_is(
    page: Client, importer: ImporterOfRecord, person: User, staff: User
) -> None:
    html = read(page, importer)
    assert turn(html, "You") == "7 steps left, about 34 minutes in all."
    assert turn(html, "We") == ""
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    html = read(page, importer)
    assert turn(html, "You") == "3 steps left, about 23 minutes in all."
    assert turn(html, "We") == "look up the contact on Form 5106."
    filings.record_contact(importer, "form-5106", by=staff, name="Lars Holm", email="lars@else.example")
    assert turn(read(page, importer), "We") == "correct the contact on Form 5106 with CBP."
    filings.mark_correction_sent(importer, by=staff)
    html = read(page, importer)
    assert turn(html, "We") == ""
    assert turn(html, "CBP") == "changes Form 5106 after our correction."


def test_when_all_is_done_it_is_nobodys_turn(importer: ImporterOfRecord, staff: User) -> None:
    client = Client()
    client.force_login(walkthrough.declared(importer, staff, Route.OWN_ACCOUNT))
    html = read(client, importer)
    assert turn(html, "You") == ""
    assert turn(html, "We") == "check in ACE that all is in place."
    filings.verify(importer, by=staff, digest=walkthrough.digest(importer))
    assert "Whose turn is it?" not in read(client, importer)


def test_what_was_seen_on_the_tab_is_told_on_the_list(page: Client, importer: ImporterOfRecord, person: User) -> None:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    steps.confirm_ace_account(importer, by=person, name="Mette Sørensen", email=importer.contact_email)
    steps.record_ach(importer, by=person, status=ACHStatus.NO_TAB)
    html = read(page, importer)
    assert "You told us: There is no tab ACH Refund Authorization in ACE." in row(html, "Set up ACH refunds")
    assert "The page says what to do next." in html.split('<div class="next">')[1].split("</div>")[0]


def test_paper_says_of_which_day_it_is_and_where_to_go_on(page: Client, importer: ImporterOfRecord) -> None:
    paper = re.search(r'<div class="on-paper">(.*?)</div>', read(page, importer), re.S)
    assert paper
    assert f"sign in at 127.0.0.1:8000 with {importer.contact_email}." in paper[1]
    assert str(importer.uuid) not in paper[1]


def test_paper_names_the_officer_and_whom_to_call(page: Client, importer: ImporterOfRecord, person: User) -> None:
    walkthrough.before(importer, person)
    paper = read(page, importer).split('class="on-paper"')[1].split("</div>")[0]
    assert "Responsible officer: Mette Sørensen, Direktør, +45 70 10 10 11" in paper
    assert "Help: Jens Anton Rahbek" in paper


@pytest.fixture
def several(importer: ImporterOfRecord, person: User, staff: User) -> list[ImporterOfRecord]:
    """One to go on with, one with the broker, one with everything in place."""
    CampaignFactory()
    made = [importer]
    for name, bring in (("At the broker ApS", walkthrough.declared), ("All done ApS", walkthrough.ready)):
        other = ImporterFactory(name=name, contact_email=person.email)
        AccessFactory(importer=other, user=person)
        bring(other, staff, Route.OWN_ACCOUNT)
        made.append(other)
    return made


def test_several_importers_are_listed_by_whose_turn_it_is_with_what_is_next(
    page: Client, several: list[ImporterOfRecord]
) -> None:
    html = page.get(reverse("importers")).content.decode()
    parts = re.split(r"<h2>(Your turn|Our turn, or CBP&#x27;s|All in place)</h2>", html)
    assert parts[1::2] == ["Your turn", "Our turn, or CBP&#x27;s", "All in place"]
    mine, ours, done = parts[2::2]
    assert "Nordlys Cykler ApS" in mine
    assert "Confirm your company details: about 3 minutes" in mine
    assert "0 of your 7 steps done" in mine
    assert "At the broker ApS" in ours
    assert "It is our turn: we check in ACE that all is in place." in ours
    assert "All done ApS" in done
    assert "7 of your 7 steps done" in done


def test_the_list_costs_the_same_however_many_there_are(
    page: Client, several: list[ImporterOfRecord], person: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        AccessFactory(importer=ImporterFactory(), user=person)
    page.get(reverse("importers"))  # once an hour it is written down that the session is in use
    with django_assert_max_num_queries(8):
        page.get(reverse("importers"))


def test_the_list_has_the_date_and_what_it_means(page: Client, several: list[ImporterOfRecord]) -> None:
    assert "refunds wait until you" in page.get(reverse("importers")).content.decode()


def what_is_next(html: str) -> str:
    found = re.search(r'<div class="next">(.*?)</div>', html, re.S)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_before_form_5106_was_read_who_knows_what_stands_there_may_begin(
    page: Client, importer: ImporterOfRecord, person: User, staff: User
) -> None:
    walkthrough.before(importer, person)
    said = what_is_next(read(page, importer))
    sure = f"Next Create the ACE Portal account, if you know that {importer.contact_email} stands on Form 5106."
    assert said.startswith(sure)
    assert said.endswith("wait until we have checked the form, usually within one working day. Start")
    walkthrough.on_5106(importer, staff)
    said = what_is_next(read(page, importer))
    assert said.startswith("Next Create the ACE Portal account: about 10 minutes")
    assert said.endswith("Continue")


def test_who_has_an_account_waits_for_no_code(page: Client, importer: ImporterOfRecord, person: User) -> None:
    walkthrough.before(importer, person)
    steps.answer_existing_account(importer, by=person, answer=ExistingAccount.ACCOUNT)
    assert what_is_next(read(page, importer)).startswith("Next Tell us who stands in the ACE account: about 5 minutes")


def test_an_account_that_was_reported_meanwhile_waits_for_nothing(
    page: Client, importer: ImporterOfRecord, person: User
) -> None:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    steps.confirm_ace_account(importer, by=person, name="Lars Holm", email="lars@else.example")
    assert "Wait until" not in what_is_next(read(page, importer))


def test_our_answer_is_read_before_the_step_it_is_about(
    page: Client, importer: ImporterOfRecord, person: User, staff: User
) -> None:
    question = questions.ask(importer, by=person, step="company", topic="name", text="")
    questions.answer(question, by=staff, text="As on the paper.")
    assert "Read our answer to your question about this step first." in what_is_next(read(page, importer))
    page.get(reverse("step", args=[importer.uuid, "company"]))
    assert "Read our answer" not in what_is_next(read(page, importer))
