"""What is typed on the other pages with a form, a question and a step on its way to a colleague, is kept as on a step's
own page. And the form of somebody who was signed in before, and buttons that were pressed when signed out."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers import drafts
from importers.models import Delegation, ImporterOfRecord, Question, User
from tests import walkthrough
from tests.factories import AccessFactory
from tests.importers.views.test_drafts import NOT_SAVED, OWN, REQUEST, TYPED, sign_in, strict
from tests.pages import html, url
from tests.served_forms import served

pytestmark = pytest.mark.django_db
PAGES = {
    "question": {"topic": "else", "text": "May it be\na board member?"},
    "send_step": {"name": "Jens Holm", "email": "jens at nordlys", "language": "da"},
}


@pytest.fixture
def person(importer: ImporterOfRecord, staff: User) -> User:
    """The officer, who may send steps."""
    return walkthrough.able_to_send(importer, staff)


@pytest.fixture
def company(importer: ImporterOfRecord) -> str:
    return url(importer, "company")


@pytest.fixture
def colleague(importer: ImporterOfRecord) -> User:
    return AccessFactory(importer=importer, user=User.objects.for_email("colleague@nordlys.example")).user


def filled(client: Client, address: str, typed: dict[str, str]) -> dict[str, Any]:
    return served(client.get(address), holding="made_for") | typed  # type: ignore[arg-type]


def nothing_went_out() -> bool:
    return not Question.objects.exists() and not Delegation.objects.exists()


@pytest.mark.parametrize("name", PAGES)
def test_signed_out_in_mid_form(page: Client, importer: ImporterOfRecord, person: User, name: str) -> None:
    address, typed = url(importer, "ach-refund", name), PAGES[name]
    data = filled(page, address, typed)
    Session.objects.all().delete()
    page.post(address, data)
    assert "What you typed is kept for an hour" in html(page.get(REQUEST))
    assert sign_in(page, person, address)["Location"] == address
    shown = page.get(address)
    assert html(shown).count("You have signed in again.") == 1
    assert NOT_SAVED in html(shown)
    again = served(shown, holding="made_for")  # type: ignore[arg-type]
    assert {field: again[field].strip() for field in typed} == typed
    assert nothing_went_out()
    page.post(address, again | {"email": "jens@nordlys.example"})
    assert not nothing_went_out()
    assert NOT_SAVED not in html(page.get(address))


@pytest.mark.parametrize("name", PAGES)
def test_signed_in_again_in_another_tab(importer: ImporterOfRecord, person: User, name: str) -> None:
    client, address, typed = strict(person), url(importer, "ach-refund", name), PAGES[name]
    data = filled(client, address, typed) | {"csrfmiddlewaretoken": "of" * 32}
    assert client.post(address, data, headers=OWN)["Location"] == address
    again = served(client.get(address), holding="made_for")  # type: ignore[arg-type]
    assert {field: again[field].strip() for field in typed} == typed
    assert nothing_went_out()


def test_it_can_be_discarded_but_not_with_a_token_that_no_longer_holds(
    importer: ImporterOfRecord, person: User
) -> None:
    client, address = strict(person), url(importer, "ach-refund", "question")
    client.post(address, filled(client, address, PAGES["question"]), headers=OWN)
    assert client.post(address, {"put_aside": "yes"}, headers=OWN)["Location"] == address
    assert NOT_SAVED in html(client.get(address))
    client.handler.enforce_csrf_checks = False
    assert client.post(address, {"put_aside": "yes"})["Location"] == address
    assert NOT_SAVED not in html(client.get(address))


# --- a form of somebody else's -------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_stale", [True, False])
def test_a_form_that_somebody_else_opened_is_refused_with_a_word(
    importer: ImporterOfRecord, person: User, colleague: User, company: str, is_stale: bool
) -> None:
    client = strict(colleague) if is_stale else Client()
    client.force_login(colleague)
    response = client.post(company, TYPED | {"made_for": drafts.mark_of(person)}, headers=OWN)
    said = html(response, 409)
    assert "You are signed in as somebody else now" in said
    assert f"before {colleague.email} signed in. So nothing was saved." in said
    assert "What you typed is kept for an hour" in said
    assert "Nygade 7" not in said
    assert person.email not in said
    importer.refresh_from_db()
    assert importer.street == "Havnegade 1"
    assert NOT_SAVED not in html(client.get(company))


def test_keeping_it_takes_nothing_from_what_the_person_signed_in_had_typed(
    person: User, colleague: User, company: str
) -> None:
    client = strict(colleague)
    client.post(company, TYPED | {"street": "Østergade 9", "made_for": drafts.mark_of(colleague)}, headers=OWN)
    client.post(company, TYPED | {"made_for": drafts.mark_of(person)}, headers=OWN)
    said = html(client.get(company))
    assert "Østergade 9" in said
    assert "Nygade 7" not in said


def test_whose_answer_looked_like_bank_details_is_told_so_and_nobody_else(
    person: User, colleague: User, company: str
) -> None:
    client, told = strict(colleague), "One answer looks like bank details"
    iban = {"city": "DK50 0040 0440 1162 43", "made_for": drafts.mark_of(person)}
    client.post(company, TYPED | iban, headers=OWN)
    assert told not in html(client.get(company))
    kept = client.session[drafts.IN_SESSION]
    client.force_login(person)
    session = client.session
    session[drafts.IN_SESSION] = kept
    session.save()
    assert told in html(client.get(company))
    assert told not in html(client.get(company)), "once"


def test_it_waits_for_whom_it_was_made_for(page: Client, person: User, colleague: User, company: str) -> None:
    data = filled(page, company, TYPED)
    page.force_login(colleague)
    leave = served(page.post(company, data), to="/account/logout/", next=company)  # type: ignore[arg-type]
    assert page.post(reverse("account_logout"), leave)["Location"] == company
    assert page.session.get_expiry_age() == 3600
    assert page.get(company)["Location"].startswith(REQUEST)
    sign_in(page, person, company)
    assert "Nygade 7" in html(page.get(company))


def test_what_is_too_much_does_not_wait_and_the_page_says_so(person: User, colleague: User, company: str) -> None:
    client = Client()
    client.force_login(colleague)
    data = {"street": "x" * drafts.LONGEST, "city": "x", "made_for": drafts.mark_of(person)}
    said = html(client.post(company, data), 409)
    assert "and type it again." in said
    assert "kept" not in said.split("<main")[1].split("</main")[0]
    assert drafts.IN_SESSION not in client.session


# --- bounds --------------------------------------------------------------------------------------------------------


def test_a_form_older_than_any_session_is_not_kept(person: User, company: str) -> None:
    old = drafts.mark_of(person)
    for age, is_kept in ((settings.SESSION_COOKIE_AGE - 60, True), (settings.SESSION_COOKIE_AGE + 60, False)):
        client = Client()
        with time_machine.travel(timezone.now() + timedelta(seconds=age), tick=False):
            client.post(company, TYPED | {"made_for": old})
            assert (drafts.IN_SESSION in client.session) is is_kept


@pytest.mark.parametrize("by", ["address", "form"])
def test_nobody_fills_the_table_of_sessions(person: User, company: str, by: str) -> None:
    """Neither from one address nor with one person's old form."""
    people = [User.objects.for_email(f"{number}@nordlys.example") for number in range(25)]
    for number, other in enumerate(people):
        client = Client(REMOTE_ADDR="192.0.2.1" if by == "address" else f"192.0.2.{number}")
        client.post(company, TYPED | {"made_for": drafts.mark_of(other if by == "address" else person)})
    assert Session.objects.count() == 20
    assert "so nothing was saved. Sign in, and type it again." in html(client.get(REQUEST))


def test_a_form_that_is_none_of_ours_uses_nothing_up(person: User, company: str) -> None:
    for _ in range(25):
        Client().post(company, TYPED | {"made_for": "x:y"})
    client = Client()
    client.post(company, TYPED | {"made_for": drafts.mark_of(person)})
    assert drafts.IN_SESSION in client.session


# --- buttons without a form ----------------------------------------------------------------------------------------


def test_take_it_back_when_signed_out_leads_to_the_button_and_says_that_nothing_is_done(
    page: Client, importer: ImporterOfRecord, person: User
) -> None:
    walkthrough.sent(importer, person)
    step = url(importer, "ach-refund")
    address = reverse("take_back_step", args=[importer.uuid, "ach-refund", Delegation.objects.get().uuid])
    Session.objects.all().delete()
    page.post(address)
    assert "so nothing was done. Sign in, and press the button again." in html(page.get(REQUEST))
    assert sign_in(page, person, address)["Location"] == address
    assert page.head(address)["Location"] == step
    assert page.get(address)["Location"] == step
    assert "Jens Holm still has this step: nothing has been done yet." in html(page.get(step))
    assert Delegation.objects.get().revoked_at is None
    page.post(address)
    assert Delegation.objects.get().revoked_at is not None
    page.get(step)
    assert page.get(address)["Location"] == step
    assert "Jens Holm can no longer open this step." in html(page.get(step))
