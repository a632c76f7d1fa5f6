"""Signed out in mid-form, or signed in again in another tab: what was typed is there again, for the same person, not
saved."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers import drafts
from importers.forms import STEP_FORMS
from importers.middleware import TOUCHED
from importers.models import ImporterAccess, ImporterOfRecord, MailKind, Notification, User
from importers.tasks import forget_sessions
from tests.factories import AccessFactory
from tests.served_forms import served

pytestmark = pytest.mark.django_db

REQUEST, CONFIRM = reverse("account_request_login_code"), reverse("account_confirm_login_code")
TYPED = {"name": "Nordlys Cykler ApS", "structure": "llc", "street": "Nygade 7, <b>2. sal</b>", "phone": "not yet"}
NOT_SAVED = "This is what you had typed. It is not saved yet."
OWN = {"origin": "http://testserver"}


@pytest.fixture
def address(importer: ImporterOfRecord) -> str:
    return reverse("step", args=[importer.uuid, "company"])


def filled_in(page: Client, address: str, **typed: str) -> dict[str, Any]:
    """The form as served, with something typed into it."""
    return served(page.get(address), holding="made_for") | TYPED | typed  # type: ignore[arg-type]


def sign_in(client: Client, user: User, goal: str) -> Any:
    client.post(REQUEST, {"email": user.email, "next": goal})
    text = Notification.objects.filter(kind=MailKind.ACCOUNT).latest("pk").text
    code = re.search(r"code: (\S+)", text)[1]  # type: ignore[index]
    return client.post(CONFIRM, {"code": code, "next": goal})


@pytest.fixture
def signed_out(page: Client, address: str) -> Client:
    """A browser whose session was gone when the button was pressed."""
    data = filled_in(page, address)
    Session.objects.all().delete()
    response = page.post(address, data)
    assert response["Location"] == f"{REQUEST}?next={quote(address)}"
    return page


def draft_at(client: Client, address: str) -> Any:
    (draft,) = (draft for key, draft in client.session[drafts.IN_SESSION].items() if key.split()[0] == address)
    return draft


def nothing_is_saved(importer: ImporterOfRecord) -> bool:
    importer.refresh_from_db()
    return importer.company_confirmed_at is None and importer.street == "Havnegade 1"


# --- signed out in mid-form ----------------------------------------------------------------------------------------


def test_signed_out_in_mid_form_the_person_lands_there_with_what_they_typed(
    signed_out: Client, importer: ImporterOfRecord, person: User, address: str
) -> None:
    assert "What you typed is kept for an hour" in signed_out.get(REQUEST).content.decode()
    response = sign_in(signed_out, person, address)
    assert response["Location"] == address
    html = signed_out.get(address).content.decode()
    assert NOT_SAVED in html
    assert "You have signed in again." in html
    assert 'value="Nygade 7, &lt;b&gt;2. sal&lt;/b&gt;"' in html
    assert 'value="not yet"' in html
    assert re.search(r'value="llc"[^>]* checked', html)
    assert "There is a problem" not in html
    assert nothing_is_saved(importer)
    assert NOT_SAVED in signed_out.get(address).content.decode(), "a page that is loaded again loses nothing"


def test_saving_it_is_the_end_of_it(signed_out: Client, importer: ImporterOfRecord, person: User, address: str) -> None:
    sign_in(signed_out, person, address)
    data = served(signed_out.get(address), holding="made_for")
    assert data["street"] == TYPED["street"]
    assert signed_out.post(address, data | {"phone": "+45 70 10 10 11"}).status_code == 302
    importer.refresh_from_db()
    assert importer.street == TYPED["street"]
    assert NOT_SAVED not in signed_out.get(address).content.decode()


def test_an_error_after_it_keeps_what_was_typed_as_any_error_does(
    signed_out: Client, person: User, address: str
) -> None:
    sign_in(signed_out, person, address)
    data = served(signed_out.get(address), holding="made_for")
    html = signed_out.post(address, data | {"street": "Nygade 8"}).content.decode()
    assert "Write the phone number with its country code" in html
    assert 'value="Nygade 8"' in html


def test_what_is_saved_is_one_press_away(
    signed_out: Client, importer: ImporterOfRecord, person: User, address: str
) -> None:
    sign_in(signed_out, person, address)
    address += "?back=inform-broker"
    assert 'name="put_aside"' in signed_out.get(address).content.decode()
    response = signed_out.post(address, {"put_aside": "yes"})
    assert response["Location"] == address
    for _ in range(2):  # nor does it come back
        html = signed_out.get(address).content.decode()
        assert 'value="Havnegade 1"' in html
        assert NOT_SAVED not in html
    assert nothing_is_saved(importer)


def test_where_the_person_came_from_is_kept(page: Client, person: User, address: str) -> None:
    data, address = filled_in(page, address), f"{address}?back=inform-broker"
    Session.objects.all().delete()
    page.post(address, data)
    assert sign_in(page, person, address)["Location"] == address
    assert NOT_SAVED in page.get(address).content.decode()


def test_a_box_that_was_not_ticked_stays_so(page: Client, importer: ImporterOfRecord, person: User) -> None:
    address = reverse("step", args=[importer.uuid, "officer"])
    page.post(
        address, {"name": "Mette", "title": "CEO", "email": person.email, "phone": "+4570101011", "authorised": "on"}
    )
    data = {"made_for": drafts.mark_of(person), "name": "Lars"}
    Session.objects.all().delete()
    page.post(address, data)
    sign_in(page, person, address)
    html = page.get(address).content.decode()
    assert 'value="Lars"' in html
    assert not re.search(r'name="authorised"[^>]* checked', html)


@pytest.mark.parametrize("key", [key for key in STEP_FORMS if key != "inform-broker"])
def test_each_form_names_what_may_be_kept(person: User, importer: ImporterOfRecord, key: str) -> None:
    client, address = Client(), reverse("step", args=[importer.uuid, key])
    sent = dict.fromkeys(STEP_FORMS[key].base_fields, "x") | {"made_for": drafts.mark_of(person), "else": "x"}
    client.post(address, sent)
    kept = draft_at(client, address)["typed"]
    assert kept == {name: ["x"] for name in STEP_FORMS[key].base_fields}


# --- nobody else ---------------------------------------------------------------------------------------------------


def test_nobody_else_is_shown_it_who_signs_in_in_the_same_browser(
    signed_out: Client, importer: ImporterOfRecord, person: User, address: str
) -> None:
    colleague = AccessFactory(importer=importer, user=User.objects.for_email("colleague@nordlys.example")).user
    sign_in(signed_out, colleague, address)
    assert signed_out.session[drafts.IN_SESSION] == {}
    html = signed_out.get(address).content.decode()
    assert "Nygade 7" not in html
    assert NOT_SAVED not in html
    signed_out.post(reverse("account_logout"))
    sign_in(signed_out, person, address)
    assert "Nygade 7" not in signed_out.get(address).content.decode()


def test_a_form_of_somebody_who_was_signed_in_here_before_shows_nothing(
    importer: ImporterOfRecord, person: User, address: str
) -> None:
    """A colleague has signed in in another tab; the form in this one was still the other's."""
    client = strict(AccessFactory(importer=importer, user=User.objects.for_email("colleague@nordlys.example")).user)
    client.post(address, TYPED | {"made_for": drafts.mark_of(person)}, headers=OWN)
    html = client.get(address).content.decode()
    assert "Nygade 7" not in html
    assert NOT_SAVED not in html


def test_no_other_browser_is_shown_it(signed_out: Client, person: User, address: str) -> None:
    other = Client()
    other.force_login(person)
    assert "Nygade 7" not in other.get(address).content.decode()


def test_it_does_not_survive_signing_out(signed_out: Client, person: User, address: str) -> None:
    sign_in(signed_out, person, address)
    signed_out.post(reverse("account_logout"))
    sign_in(signed_out, person, address)
    assert NOT_SAVED not in signed_out.get(address).content.decode()


def test_whoever_may_no_longer_come_in_is_shown_nothing(signed_out: Client, person: User, address: str) -> None:
    ImporterAccess.objects.update(revoked_at=timezone.now(), revoked_by=User.objects.system())
    sign_in(signed_out, person, address)
    assert signed_out.get(address).status_code == 404


def test_a_step_that_is_not_open_any_more_shows_nothing(
    signed_out: Client, importer: ImporterOfRecord, person: User
) -> None:
    address = reverse("step", args=[importer.uuid, "ach-refund"])
    signed_out.post(address, {"status": "shown", "made_for": drafts.mark_of(person)})
    sign_in(signed_out, person, address)
    html = signed_out.get(address).content.decode()
    assert "This step cannot start yet" in html
    assert NOT_SAVED not in html


def test_only_a_form_of_ours_is_kept(importer: ImporterOfRecord, person: User, address: str) -> None:
    for mark in ("", "x:y", drafts.mark_of(person)[:-1]):
        client = Client()
        client.post(address, TYPED | {"made_for": mark})
        assert drafts.IN_SESSION not in client.session
        assert "so nothing was saved. Sign in, and type it again." in client.get(REQUEST).content.decode()


def test_what_looks_like_bank_details_is_not_kept_even_here(person: User, address: str) -> None:
    client = Client()
    iban = "DK50 0040 0440 1162 43"
    client.post(address, TYPED | {"city": iban, "made_for": drafts.mark_of(person)})
    kept = draft_at(client, address)["typed"]
    assert kept["city"] == [""]
    assert kept["street"] == [TYPED["street"]]
    assert iban not in str(Session.objects.get().get_decoded())
    told = client.get(REQUEST).content.decode()
    assert "One answer looks like bank details, so it was not kept" in told
    assert "is kept for an hour" in told


# --- bounds --------------------------------------------------------------------------------------------------------


def test_too_much_is_not_kept(person: User, address: str) -> None:
    client = Client()
    client.post(address, TYPED | {"city": "x" * drafts.LONGEST, "made_for": drafts.mark_of(person)})
    assert drafts.IN_SESSION not in client.session


def test_of_many_pages_the_latest_are_kept(person: User) -> None:
    client = Client()
    for _ in range(drafts.PAGES + 2):
        address = reverse("step", args=[AccessFactory(user=person).importer.uuid, "company"])
        client.post(address, TYPED | {"made_for": drafts.mark_of(person)})
    assert len(client.session[drafts.IN_SESSION]) == drafts.PAGES
    assert draft_at(client, address)


def test_after_an_hour_it_is_gone(signed_out: Client, person: User, address: str) -> None:
    sign_in(signed_out, person, address)
    with time_machine.travel(timezone.now() + timedelta(minutes=59), tick=False):
        assert NOT_SAVED in signed_out.get(address).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert NOT_SAVED not in signed_out.get(address).content.decode()
    assert signed_out.session[drafts.IN_SESSION] == {}


def test_the_session_of_whoever_does_not_sign_in_is_gone_after_an_hour(signed_out: Client) -> None:
    assert Session.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        forget_sessions()
    assert Session.objects.count() == 0


# --- signed in again in another tab --------------------------------------------------------------------------------


def strict(person: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def test_signed_in_again_in_another_tab_the_form_comes_again_as_it_was(
    importer: ImporterOfRecord, person: User, address: str
) -> None:
    client = strict(person)
    data = filled_in(client, address) | {"csrfmiddlewaretoken": "of" * 32}
    response = client.post(address, data, headers=OWN)
    assert response["Location"] == address
    page = client.get(address)
    html = page.content.decode()
    assert NOT_SAVED in html
    assert 'value="Nygade 7, &lt;b&gt;2. sal&lt;/b&gt;"' in html
    assert nothing_is_saved(importer)
    token = re.search(r'<main.*csrfmiddlewaretoken" value="(\w+)"', html, re.DOTALL)
    assert token
    again = served(page, holding="made_for") | {"csrfmiddlewaretoken": token[1], "phone": "+4570101011"}
    assert client.post(address, again, headers=OWN).status_code == 302
    assert not nothing_is_saved(importer)


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "null"}, {"origin": "https://evil.example"}, {"origin": "http://evil.testserver"}],
    ids=str,
)
def test_another_site_puts_no_words_into_a_form(person: User, address: str, headers: dict[str, str]) -> None:
    for client in (strict(person), Client(enforce_csrf_checks=True)):
        response = client.post(address, TYPED | {"made_for": drafts.mark_of(person)}, headers=headers)
        assert response.status_code == 403
        assert "Please send it once more" in response.content.decode()
        assert drafts.IN_SESSION not in client.session


def test_without_a_session_and_a_token_the_way_leads_through_the_sign_in(person: User, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(address, TYPED | {"made_for": drafts.mark_of(person)}, headers=OWN)
    assert client.get(response["Location"])["Location"].startswith(REQUEST)
    assert draft_at(client, address)


def test_other_pages_refuse_a_stale_token_as_before(person: User, importer: ImporterOfRecord) -> None:
    client = strict(person)
    for page in (reverse("set_language"), reverse("account_logout"), reverse("checklist", args=[importer.uuid])):
        assert client.post(page, headers=OWN).status_code == 403


# --- how long a session lasts --------------------------------------------------------------------------------------


def test_a_session_ends_two_weeks_after_the_last_page(page: Client, address: str) -> None:
    start = timezone.now()
    for days in (0, 13, 26):
        with time_machine.travel(start + timedelta(days=days), tick=False):
            assert page.get(address).status_code == 200
    with time_machine.travel(start + timedelta(days=41), tick=False):
        assert page.get(address).status_code == 302


def test_looking_again_within_the_hour_writes_nothing(page: Client, address: str) -> None:
    page.get(address)
    first = page.session[TOUCHED]
    assert "sessionid" not in page.get(address).cookies
    assert page.session[TOUCHED] == first


def test_signing_in_with_something_kept_makes_the_session_no_shorter(
    signed_out: Client, person: User, address: str
) -> None:
    assert signed_out.session.get_expiry_age() == 3600
    sign_in(signed_out, person, address)
    assert signed_out.session.get_expiry_age() == 14 * 24 * 3600
