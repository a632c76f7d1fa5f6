"""Codes may be asked for through one link in several browsers; the first sign-in uses it up for the others."""

import re
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from importers.letters import start_url
from importers.models import MailKind, Notification
from importers.views.code import SIGN_IN
from tests.factories import AccessFactory, NotificationFactory
from tests.importers.services.test_two_at_once import together

CONFIRM = reverse("account_confirm_login_code")


def opened() -> tuple[Notification, str]:
    """A mail with a link, and the link."""
    access = AccessFactory()
    mail = NotificationFactory(importer=access.importer, to_email=access.user.email)
    return mail, start_url(mail).removeprefix("http://127.0.0.1:8000")


def newest_code() -> str:
    text = Notification.objects.filter(kind=MailKind.ACCOUNT).latest("pk").text
    found = re.search(r"code: (\S+)", text)
    assert found
    return found[1]


def asks(link: str) -> tuple[Client, str]:
    """A browser in which the link was opened, and the code that was mailed to it."""
    client = Client()
    client.post(link)
    return client, newest_code()


def types(client: Client, code: str) -> str:
    """Where that leads."""
    return str(client.post(CONFIRM, {"code": code})["Location"])


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.django_db
def test_the_second_browser_reads_that_the_link_is_used_and_how_to_go_on() -> None:
    mail, link = opened()
    (first, one), (second, two) = asks(link), asks(link)
    assert is_in(first) is is_in(second) is False
    types(first, one)
    mail.refresh_from_db()
    used = (mail.link_used_at, mail.link_used_by)
    answer = second.post(CONFIRM, {"code": two}, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 410
    assert "This link has been used" in page
    assert 'value="new-link"' in page
    assert (is_in(first), is_in(second)) == (True, False)
    mail.refresh_from_db()
    assert (mail.link_used_at, mail.link_used_by) == used
    assert first.get(reverse("checklist", args=[mail.importer.uuid])).status_code == 200  # type: ignore[union-attr]
    assert second.post(answer.redirect_chain[-1][0], {"action": "new-link"})["Location"] == reverse("new_link_mailed")
    assert Notification.objects.filter(kind=MailKind.NEW_LINK, to_email=mail.to_email).count() == 1


@pytest.mark.django_db
def test_the_refused_code_is_gone_and_another_way_in_is_open() -> None:
    mail, link = opened()
    (first, one), (second, two) = asks(link), asks(link)
    types(first, one)
    types(second, two)
    assert types(second, two) == reverse("account_request_login_code")
    second.post(reverse("account_request_login_code"), {"email": mail.to_email})
    types(second, newest_code())
    assert is_in(second)


@pytest.mark.django_db
def test_a_wrong_code_and_a_new_one_in_the_same_browser_lead_in() -> None:
    _mail, link = opened()
    client, _code = asks(link)
    client.post(CONFIRM, {"code": "WRONG"})
    client.post(CONFIRM, {"action": "resend"})
    types(client, newest_code())
    assert is_in(client)


def same_browser(client: Client) -> Client:
    """With the cookies as they are now, like a second press before the first has an answer."""
    other = Client()
    other.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    return other


@pytest.mark.django_db(transaction=True)
def test_the_button_pressed_twice_at_once_lets_the_person_in() -> None:
    _mail, link = opened()
    client, code = asks(link)
    twins = [client, same_browser(client)]
    assert len(together(*[partial(types, twin, code) for twin in twins])) == 2
    assert any(is_in(twin) for twin in twins)


@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_at_once_one_gets_in() -> None:
    for _ in range(3):
        mail, link = opened()
        browsers = [asks(link) for _ in range(2)]
        goals = together(*[partial(types, *browser) for browser in browsers])
        assert sorted(is_in(client) for client, _code in browsers) == [False, True]
        assert goals.count(reverse("start_again", args=[mail.uuid])) == 1


@pytest.mark.django_db
def test_a_code_that_was_asked_for_before_the_portal_was_renewed_signs_in() -> None:
    mail, link = opened()
    client, code = asks(link)
    session = client.session
    assert session["account_login"]["state"]["stages"]["login_by_code"]["data"].pop(SIGN_IN)
    session.save()
    types(client, code)
    assert is_in(client)
    mail.refresh_from_db()
    assert mail.link_used_at is not None
