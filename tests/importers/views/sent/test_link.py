"""The link in the colleague's mail: what it opens, and what it says when it opens nothing."""

import re
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse

from importers.letters import START_SALT
from importers.models import Delegation, ImporterOfRecord, MailKind, Notification, User
from importers.services import delegations, steps
from tests.factories import NotificationFactory
from tests.pages import html, url

pytestmark = pytest.mark.django_db


def link(mail: Notification) -> str:
    return reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)])


@pytest.fixture
def mailed(colleague: User) -> str:
    return link(Notification.objects.get(kind=MailKind.DELEGATION))


def test_the_link_says_who_asks_for_what_and_opening_it_does_nothing(client: Client, mailed: str) -> None:
    for _ in range(3):
        page = html(client.get(mailed))
    for text in ("Mette Sørensen asks you to do one step", "“Set up ACH refunds”", "j•••@nordlys.example", "/verify/"):
        assert text in page
    assert "jens@nordlys.example" not in page
    assert client.head(mailed).status_code == 200
    assert Delegation.objects.get().first_opened_at is None
    assert not Notification.objects.filter(kind=MailKind.ACCOUNT).exists()


def test_the_button_and_the_code_lead_to_that_step(client: Client, mailed: str, importer: ImporterOfRecord) -> None:
    page = client.post(mailed, follow=True)
    goal = url(importer, "ach-refund")
    assert goal in page.redirect_chain[-1][0].replace("%2F", "/")
    code = re.search(r"code: (\S+)", Notification.objects.get(kind=MailKind.ACCOUNT).text)
    assert code
    answer = client.post(reverse("account_confirm_login_code"), {"code": code[1], "next": goal})
    assert urlsplit(answer["Location"]).path == goal
    assert "sent you this one step" in html(client.get(goal))


def test_who_is_signed_in_goes_straight_on(phone: Client, mailed: str, importer: ImporterOfRecord) -> None:
    assert phone.get(mailed)["Location"] == url(importer, "ach-refund")


def closed(mailed: str) -> str:
    for method in (Client().get, Client().post):
        page = html(method(mailed), 410)
    assert "This step is no longer open to you" in page
    assert "Nordlys Cykler ApS · Set up ACH refunds" in page
    assert not Notification.objects.filter(kind=MailKind.ACCOUNT).exists()
    return page


def test_a_step_that_ran_out_says_when_and_whom_to_ask(mailed: str) -> None:
    with time_machine.travel(Delegation.objects.get().expires_at, tick=False):
        assert "that day is over. Is it not done yet? Ask Mette Sørensen to send it again." in closed(mailed)


def test_a_step_that_was_taken_back_says_so(mailed: str, importer: ImporterOfRecord, officer: User) -> None:
    delegations.revoke(importer, Delegation.objects.get().uuid, by=officer)
    assert "has been taken back. Should you still do it? Ask Mette Sørensen" in closed(mailed)


def test_a_step_that_staff_closed_says_to_call_them(mailed: str, importer: ImporterOfRecord, staff: User) -> None:
    delegations.revoke(importer, Delegation.objects.get().uuid, by=staff)
    page = closed(mailed)
    assert "We have closed it to you." in page
    assert "Mette" not in page


def test_a_step_of_a_former_officer_says_so(mailed: str, importer: ImporterOfRecord, officer: User) -> None:
    lars = {"name": "Lars Holm", "title": "CFO", "email": "lars@nordlys.example", "phone": "+4570101012"}
    steps.name_officer(importer, by=officer, authorised=True, **lars)
    page = closed(mailed)
    assert "is no longer the company's responsible officer here." in page
    assert "Lars" not in page


def test_a_mail_of_a_step_that_was_never_sent_opens_nothing(importer: ImporterOfRecord, colleague: User) -> None:
    stray = NotificationFactory(
        importer=importer, kind=MailKind.DELEGATION, step="company", to_email="jens@nordlys.example"
    )
    assert "This link does not work" in html(Client().get(link(stray)), 410)


def test_the_invitation_of_somebody_else_does_not_open_to_a_colleague(
    importer: ImporterOfRecord, colleague: User
) -> None:
    mail = NotificationFactory(importer=importer, to_email=colleague.email)
    assert "This link is no longer valid" in html(Client().get(link(mail)), 410)
