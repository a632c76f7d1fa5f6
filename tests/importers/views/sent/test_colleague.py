"""What a colleague can open and save: the one step, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.domain.checklist import DELEGABLE, STEPS
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.models import Delegation, ImporterAccess, ImporterOfRecord, PointOfContact, User
from importers.services import delegations, filings, invitations, steps
from importers.services.readiness import checklist_of
from tests import test_access, walkthrough
from tests.factories import AccessFactory, ImporterFactory, UserFactory
from tests.pages import html, signed_in, url

pytestmark = pytest.mark.django_db
QUERIES = 8
COMPANY = {
    "name": "Nordlys Cykler ApS",
    "country": "DK",
    "structure": "corporation",
    "street": "Nygade 7",
    "postal_code": "8000",
    "city": "Aarhus",
    "phone": "+45 70 10 10 11",
}


def last_day(importer: ImporterOfRecord) -> str:
    day = timezone.localdate() + timedelta(days=14)
    return f"{day.day} {day:%B}"


@pytest.mark.parametrize("name", test_access.EXPECTED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_colleague_is_a_stranger_everywhere_but_at_the_step(name: str, method: str, world: test_access.World) -> None:
    """Every named address: what somebody of another importer meets there, but for the one step, asking about it and
    the list of what was sent."""
    importer = ImporterOfRecord.objects.get(uuid=world.arguments["step"][0])
    address = reverse(name, args=world.arguments.get(name, []))
    colleague = sent_without_a_service(importer, world.people["importer"])
    roles = dict(zip(test_access.ROLES, test_access.EXPECTED[name][method == "post"].split(), strict=True))
    theirs = {"step": "200", "question": "200", "importers": "200" if method == "get" else "405"}
    expected = theirs.get(name, roles["other"])
    assert test_access.status(method, address, colleague) == expected


world = test_access.world  # the fixture


def sent_without_a_service(importer: ImporterOfRecord, sender: User | None) -> User:
    """As if the importer's person were the officer."""
    assert sender is not None
    officer = {"name": "Mette", "title": "Direktør", "email": sender.email, "phone": "+4570101011"}
    steps.name_officer(importer, by=sender, authorised=True, **officer)
    return walkthrough.sent(importer, sender, "company")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_of_the_importer_the_colleague_sees_and_writes_that_step_only(
    phone: Client, importer: ImporterOfRecord, step: Any
) -> None:
    is_theirs = step.key == "ach-refund"
    assert phone.get(url(importer, step.key)).status_code == (200 if is_theirs else 404)
    assert phone.post(url(importer, step.key), COMPANY).status_code == (200 if is_theirs else 404)
    assert phone.get(url(importer, step.key, "send_step")).status_code == 404
    assert phone.get(reverse("checklist", args=[importer.uuid])).status_code == 404
    importer.refresh_from_db()
    assert importer.city == "Odense"


def test_the_same_step_of_another_importer_is_not_there(phone: Client, importer: ImporterOfRecord, staff: User) -> None:
    other = ImporterFactory()
    walkthrough.before(other, walkthrough.invited(other, staff), Route.OWN_ACCOUNT)
    assert phone.get(url(other, "ach-refund")).status_code == 404


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name in ("href", "action") and value and value[:1] == "/"}


def stage(importer: ImporterOfRecord, officer: User, staff: User, name: str) -> None:
    """States in which a page for the officer leads elsewhere."""
    match name:
        case "unsure":
            steps.answer_existing_account(importer, by=officer, answer=ExistingAccount.UNSURE)
        case "account":
            steps.answer_existing_account(importer, by=officer, answer=ExistingAccount.ACCOUNT)
        case "wrong 5106":
            filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@else.example")


@pytest.mark.parametrize("key", DELEGABLE)
@pytest.mark.parametrize("state", ["plain", "unsure", "account", "wrong 5106"])
def test_no_link_leads_where_the_colleague_may_not_go_and_nobody_else_is_named(
    importer: ImporterOfRecord, staff: User, key: str, state: str
) -> None:
    officer = walkthrough.invited(importer, staff)
    walkthrough.before(importer, officer, Route.OWN_ACCOUNT)
    if key == "ach-refund":
        walkthrough.in_ace(importer, officer, Route.OWN_ACCOUNT)
    reader = AccessFactory(importer=importer, user=UserFactory(email="reader@nordlys.example", name="Rie Reader"))
    walkthrough.sent(importer, officer, key, email="other@nordlys.example", name="Other Colleague")
    client = signed_in(walkthrough.sent(importer, officer, key))
    stage(importer, officer, staff, state)
    page = html(client.get(url(importer, key)))
    inside = {path for path in Links(page).found if not path.startswith(("/static/", "/language/", "/account/"))}
    assert {path for path in inside if client.get(path).status_code not in (200, 302)} == set()
    for text in (reader.user.name, reader.user.email, "Other Colleague", "other@nordlys.example", "Direktør"):
        assert text not in page
    assert ("lars@else.example" in page) is False
    assert "Mette Sørensen sent you this one step. It is open to you until" in page


def test_what_the_colleague_saves_keeps_them_on_the_page_with_a_word(
    phone: Client, importer: ImporterOfRecord, colleague: User
) -> None:
    answer = phone.post(url(importer, "ach-refund") + "?back=inform-broker", {"status": "shown", "seen": "refund_tab"})
    assert answer["Location"] == url(importer, "ach-refund")
    page = html(phone.get(answer["Location"]))
    assert "Saved. The step “Set up ACH refunds” is done. Mette Sørensen can see it on the checklist." in page
    assert checklist_of(importer)["ach-refund"].status == "done"
    importer.refresh_from_db()
    assert importer.ach_enrollment.checked_by == colleague  # type: ignore[attr-defined]


def test_an_answer_a_colleague_changes_is_still_there_for_the_officer_to_declare(
    importer: ImporterOfRecord, officer: User
) -> None:
    client = signed_in(walkthrough.sent(importer, officer, "company"))
    steps.record_ach(importer, by=officer, status=ACHStatus.SHOWN)
    seen = walkthrough.digest(importer)
    client.post(url(importer, "company"), COMPANY)
    assert walkthrough.digest(importer) != seen
    steps.declare(importer, by=officer, digest=walkthrough.digest(importer))
    page = html(client.get(url(importer, "company")))
    assert "The answers are declared now, so nothing can be changed here." in page
    assert 'name="city"' not in page
    told = html(client.post(url(importer, "company"), COMPANY | {"city": "Skive"}, follow=True))
    assert "Nothing was saved." in told
    assert checklist_of(importer).facts.is_declared


def test_a_colleague_never_declares(phone: Client, importer: ImporterOfRecord, officer: User) -> None:
    steps.record_ach(importer, by=officer, status=ACHStatus.SHOWN)
    data = {"digest": walkthrough.digest(importer), "agree": "on"}
    assert phone.post(url(importer, "inform-broker"), data).status_code == 404
    assert not checklist_of(importer).facts.is_declared


def test_the_first_look_is_written_down_once_and_is_no_visit_of_the_checklist(
    phone: Client, desk: Client, importer: ImporterOfRecord, colleague: User
) -> None:
    assert phone.head(url(importer, "ach-refund")).status_code == 200
    assert Delegation.objects.get().first_opened_at is None, "a look whether it is there is no look at it"
    phone.get(url(importer, "ach-refund"))
    first = Delegation.objects.get().first_opened_at
    assert first is not None
    phone.get(url(importer, "ach-refund"))
    assert Delegation.objects.get().first_opened_at == first
    assert "First opened on" in html(desk.get(url(importer, "ach-refund")))
    assert not ImporterAccess.objects.filter(user=colleague).exists()


def test_it_closes_by_itself(phone: Client, importer: ImporterOfRecord, colleague: User) -> None:
    end = Delegation.objects.get().expires_at
    with time_machine.travel(end - timedelta(minutes=1), tick=False) as clock:
        phone.force_login(colleague)  # the first sign-in has run out
        assert phone.get(url(importer, "ach-refund")).status_code == 200
        clock.move_to(end)
        assert phone.get(url(importer, "ach-refund")).status_code == 404
        assert phone.post(url(importer, "ach-refund"), {"status": "shown", "seen": "refund_tab"}).status_code == 404
    assert checklist_of(importer).facts.ach is ACHStatus.UNKNOWN


def shut_out(importer: ImporterOfRecord, colleague: User, staff: User) -> None:
    invitations.revoke(AccessFactory(importer=importer, user=colleague), by=staff)


def shut_out_the_sender(importer: ImporterOfRecord, colleague: User, staff: User) -> None:
    invitations.revoke(ImporterAccess.objects.get(importer=importer), by=staff)


def name_another(importer: ImporterOfRecord, colleague: User, staff: User) -> None:
    PointOfContact.objects.update(email="lars@nordlys.example")


@pytest.mark.parametrize("close", [shut_out, shut_out_the_sender, name_another])
def test_it_closes_at_once_when_its_ground_is_gone(
    phone: Client, importer: ImporterOfRecord, colleague: User, staff: User, close: Callable[..., None]
) -> None:
    assert phone.get(url(importer, "ach-refund")).status_code == 200
    close(importer, colleague, staff)
    assert phone.get(url(importer, "ach-refund")).status_code == 404
    assert phone.post(url(importer, "ach-refund"), {"status": "shown", "seen": "refund_tab"}).status_code == 404
    assert "Set up ACH refunds" not in html(phone.get(reverse("importers")))


def test_an_open_step_does_not_open_the_one_of_a_former_officer(
    phone: Client, importer: ImporterOfRecord, officer: User
) -> None:
    lars = {"name": "Lars Holm", "title": "CFO", "email": "lars@nordlys.example", "phone": "+4570101012"}
    steps.name_officer(importer, by=officer, authorised=True, **lars)
    walkthrough.sent(importer, User.objects.get(email="lars@nordlys.example"), "company")
    assert phone.get(url(importer, "company")).status_code == 200
    assert phone.get(url(importer, "ach-refund")).status_code == 404


def test_the_list_shows_what_was_sent_and_nothing_else(phone: Client, importer: ImporterOfRecord) -> None:
    page = html(phone.get(reverse("importers")))
    assert "Steps sent to you" in page
    assert "Set up ACH refunds" in page
    assert f"Nordlys Cykler ApS; sent by Mette Sørensen, open until {last_day(importer)}" in page
    assert url(importer, "ach-refund") in page
    assert reverse("checklist", args=[importer.uuid]) + '"' not in page
    delegations.revoke(importer, Delegation.objects.get().uuid, by=User.objects.get(email=importer.contact_email))
    assert "There is no checklist for this e-mail address." in html(phone.get(reverse("importers")))


def test_a_colleague_here_may_be_an_officer_elsewhere(phone: Client, importer: ImporterOfRecord, staff: User) -> None:
    own = ImporterFactory(name="Havblik Keramik ApS", contact_email="jens@nordlys.example")
    walkthrough.invited(own, staff)
    page = html(phone.get(reverse("importers")))
    assert reverse("checklist", args=[own.uuid]) in page
    assert url(importer, "ach-refund") in page
    assert phone.get(reverse("checklist", args=[own.uuid])).status_code == 200
    assert phone.get(reverse("checklist", args=[importer.uuid])).status_code == 404


def test_who_is_let_in_as_a_whole_afterwards_has_the_checklist(
    phone: Client, importer: ImporterOfRecord, colleague: User
) -> None:
    AccessFactory(importer=importer, user=colleague)
    assert phone.get(reverse("importers"))["Location"] == reverse("checklist", args=[importer.uuid])
    page = html(phone.get(url(importer, "ach-refund")))
    assert "Back to the checklist" in page
    assert "sent you this one step" not in page


@pytest.mark.parametrize("name", ["step", "importers"])
def test_a_colleagues_page_costs_at_most_eight_queries(
    phone: Client, importer: ImporterOfRecord, name: str, django_assert_max_num_queries: Any
) -> None:
    address = url(importer, "ach-refund") if name == "step" else reverse(name)
    phone.get(address)  # the first look is written down
    with django_assert_max_num_queries(QUERIES):
        html(phone.get(address))


@pytest.mark.parametrize("name", ["checklist", "step", "send_step"])
def test_an_officers_page_costs_at_most_eight_queries_however_much_was_sent(
    desk: Client, importer: ImporterOfRecord, officer: User, name: str, django_assert_max_num_queries: Any
) -> None:
    for n in range(4):
        walkthrough.sent(importer, officer, "company", email=f"c{n}@nordlys.example")
    address = reverse(name, args=[importer.uuid] + (["company"] if name != "checklist" else []))
    desk.get(address)
    with django_assert_max_num_queries(QUERIES):
        html(desk.get(address))
