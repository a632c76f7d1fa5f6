"""The page on which the officer checks the answers: each leads to where it is changed and back, or to us."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from importers.domain.facts import ExistingAccount, Route
from importers.models import ImporterOfRecord, User
from importers.services import steps
from tests import walkthrough

pytestmark = pytest.mark.django_db

COMPANY = [(label, "company") for label in ("Company name", "Country", "Kind of company", "Address", "Phone")]
OFFICER = [(label, "officer") for label in ("Responsible officer", "Officer's e-mail", "Officer's phone")]
BEFORE = [*COMPANY, *OFFICER, ("ACE before", "existing-account")]


def read(page: Client, importer: ImporterOfRecord) -> str:
    return page.get(reverse("step", args=[importer.uuid, "inform-broker"])).content.decode()


def links(html: str, called: str) -> list[tuple[str, str]]:
    """What each is about, and where it leads."""
    found = re.findall(rf'<a href="([^"]+)" aria-label="{called}: ([^"]+)">{called}</a>', html)
    return [(unescape(label), unescape(url)) for url, label in found]


def changes(html: str, importer: ImporterOfRecord) -> list[tuple[str, str]]:
    back = re.escape("?back=inform-broker")
    steps_url = re.escape(reverse("checklist", args=[importer.uuid]))
    return [(label, re.sub(rf"^{steps_url}([a-z0-9-]+)/{back}$", r"\1", url)) for label, url in links(html, "Change")]


def asked(html: str) -> list[str]:
    return [label for label, _url in links(html, "Write to us")]


def labels(html: str) -> list[str]:
    return [unescape(label) for label in re.findall(r"<div><dt>([^<]+)</dt>", html)]


def test_on_the_way_of_form_4811(page: Client, importer: ImporterOfRecord, person: User) -> None:
    walkthrough.before(importer, person)
    walkthrough.in_ace(importer, person)
    html = read(page, importer)
    assert changes(html, importer) == [
        *BEFORE,
        ("Person in the ACE account", "ace-account"),
        ("Refunds go to", "refund-route"),
        ("Form 4811 signed on", "form-4811"),
        ("Form 4811 signed by", "form-4811"),
    ]
    assert asked(html) == ["Importer number"]


def test_with_an_account_of_their_own(page: Client, importer: ImporterOfRecord, person: User) -> None:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    walkthrough.in_ace(importer, person, Route.OWN_ACCOUNT)
    assert changes(read(page, importer), importer) == [
        *BEFORE,
        ("Person in the ACE account", "ace-account"),
        ("Refunds go to", "refund-route"),
        ("ACH refunds", "ach-refund"),
    ]


def test_a_company_in_the_united_states_has_a_fixed_way(page: Client, importer: ImporterOfRecord, person: User) -> None:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    walkthrough.in_ace(importer, person, Route.OWN_ACCOUNT)
    ImporterOfRecord.objects.update(country="US")
    html = read(page, importer)
    assert changes(html, importer)[-1:] == [("ACH refunds", "ach-refund")]
    assert asked(html) == ["Importer number", "Refunds go to"]


def test_who_is_enrolled_already_changes_the_way_where_that_was_answered(
    page: Client, importer: ImporterOfRecord, person: User
) -> None:
    walkthrough.before(importer, person)
    steps.answer_existing_account(importer, by=person, answer=ExistingAccount.ENROLLED)
    assert changes(read(page, importer), importer) == [*BEFORE, ("Refunds go to", "existing-account")]


def test_every_answer_has_a_way_to_change_it_or_to_us(page: Client, importer: ImporterOfRecord, person: User) -> None:
    walkthrough.before(importer, person)
    walkthrough.in_ace(importer, person)
    html = read(page, importer)
    assert sorted(labels(html)) == sorted([*(label for label, _step in changes(html, importer)), *asked(html)])


def test_what_only_we_can_change_leads_to_the_question_about_it(
    page: Client, importer: ImporterOfRecord, person: User
) -> None:
    walkthrough.before(importer, person)
    walkthrough.in_ace(importer, person)
    html = read(page, importer)
    assert "Only we can change this." in html
    ((_label, url),) = links(html, "Write to us")
    question = page.get(url)
    assert question.status_code == 200
    assert re.search(r'value="answer"[^>]* checked', question.content.decode())


def test_each_change_returns_to_the_answers(page: Client, importer: ImporterOfRecord, person: User) -> None:
    walkthrough.before(importer, person)
    walkthrough.in_ace(importer, person)
    (url,) = {url for label, url in links(read(page, importer), "Change") if label == "ACE before"}
    saved = page.post(url, {"answer": "no"})
    assert saved["Location"] == reverse("step", args=[importer.uuid, "inform-broker"])


def test_staff_who_look_change_and_ask_nothing(importer: ImporterOfRecord, person: User, staff: User) -> None:
    walkthrough.before(importer, person)
    walkthrough.in_ace(importer, person)
    client = Client()
    client.force_login(staff)
    html = read(client, importer)
    assert "Importer number" in labels(html)
    assert (links(html, "Change"), asked(html)) == ([], [])
