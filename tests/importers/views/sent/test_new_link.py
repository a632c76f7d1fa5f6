"""A link to one step that was used, or replaced by a newer mail: what it says, and the new one in its place."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.delivery import deliver
from importers.letters import START_SALT
from importers.models import Delegation, ImporterAccess, ImporterOfRecord, MailKind, MailState, Notification, User
from importers.models.delegation import last_day
from importers.services import delegations
from importers.wording import long_date
from tests import walkthrough
from tests.factories import AccessFactory
from tests.pages import html, signed_in, url

pytestmark = pytest.mark.django_db
NEW_LINK = {"action": "new-link"}
CONFIRM = reverse("account_confirm_login_code")


def link(mail: Notification) -> str:
    return reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)])


def deliver_all() -> list[Notification]:
    """The mails with the step, the oldest first."""
    sent = Notification.objects.filter(kind=MailKind.DELEGATION).order_by("pk")
    for mail in sent.filter(state=MailState.PENDING):
        deliver(mail.pk)
    return list(sent)


@pytest.fixture
def first(colleague: User) -> str:
    """The link in the first mail, which is there."""
    [mail] = deliver_all()
    return link(mail)


def come_in(client: Client, address: str) -> None:
    client.post(address)
    code = re.search(r"[ck]ode: (\S+)", Notification.objects.filter(kind=MailKind.ACCOUNT).latest("pk").text)
    assert code
    client.post(CONFIRM, {"code": code[1]})


def test_of_a_step_that_ran_out_and_was_sent_anew_the_first_link_brings_a_mail_with_the_new_last_day(
    first: str, importer: ImporterOfRecord, officer: User
) -> None:
    with time_machine.travel(Delegation.objects.get().expires_at, tick=False) as clock:
        walkthrough.sent(importer, officer)
        deliver_all()
        clock.shift(120)
        page = html(Client().get(first), 410)
        assert "There is a newer link" in page
        assert "Mail me a new link" in page
        answer = Client().post(first, NEW_LINK, follow=True)
        assert "A new link is on its way" in html(answer)
        *_, newest = deliver_all()
        assert (newest.state, newest.requested_by, newest.to_name) == (MailState.SENT, officer, "Jens Holm")
        assert long_date(last_day(Delegation.objects.get().expires_at)) in newest.text
        assert "asks you to do one step" in html(Client().get(link(newest)))


def test_the_new_mail_is_in_the_language_of_the_first(importer: ImporterOfRecord, officer: User) -> None:
    walkthrough.sent(importer, officer, language="da")
    [mail] = deliver_all()
    come_in(Client(), link(mail))
    with time_machine.travel(mail.created_at + timedelta(minutes=2), tick=False):
        Client().post(link(mail), NEW_LINK)
        assert [(mail.language, mail.state) for mail in deliver_all()] == [("da", MailState.SENT)] * 2


def test_a_newer_mail_replaces_the_link_once_it_is_there(first: str, importer: ImporterOfRecord, officer: User) -> None:
    delegations.revoke(importer, Delegation.objects.get().uuid, by=officer)
    walkthrough.sent(importer, officer)
    assert "Mette Sørensen asks you to do one step" in html(Client().get(first)), "the newer mail has not gone out"
    newer = deliver_all()[-1]
    assert "There is a newer link" in html(Client().get(first), 410)
    assert "Mette Sørensen asks you to do one step" in html(Client().get(link(newer)))


def test_a_mail_about_another_step_replaces_nothing(first: str, importer: ImporterOfRecord, officer: User) -> None:
    walkthrough.sent(importer, officer, "company")
    deliver_all()
    assert "“Set up ACH refunds”" in html(Client().get(first))


def test_a_used_link_says_so_and_pressing_twice_mails_once(first: str) -> None:
    come_in(Client(), first)
    page = html(Client().get(first), 410)
    assert "This link has been used" in page
    assert "Nothing is lost: the step is as you left it." in page
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        for _ in range(2):
            assert Client().post(first, NEW_LINK)["Location"] == reverse("new_link_mailed")
        assert [mail.state for mail in deliver_all()] == [MailState.SENT] * 2


def test_what_closes_while_the_button_is_pressed_brings_no_mail(first: str, colleague: User, officer: User) -> None:
    sent = Delegation.objects.get()
    delegations.revoke(sent.importer, sent.uuid, by=officer)
    assert not delegations.mail_again(sent.importer, sent.uuid)
    assert len(deliver_all()) == 1


@pytest.mark.parametrize("who", ["not signed in", "signed in"])
def test_whoever_was_let_in_as_a_whole_is_led_from_a_closed_step_to_the_checklist(
    first: str, importer: ImporterOfRecord, officer: User, colleague: User, who: str
) -> None:
    delegations.revoke(importer, Delegation.objects.get().uuid, by=officer)
    assert "This step is no longer open to you" in html(Client().get(first), 410)
    AccessFactory(importer=importer, user=colleague)
    checklist = reverse("checklist", args=[importer.uuid])
    client = signed_in(colleague) if who == "signed in" else Client()
    if who == "not signed in":
        assert "It opens the checklist." in html(client.get(first))
        come_in(client, first)
        assert html(client.get(checklist))
        client = Client()
        assert "This link has been used" in html(client.get(first), 410)
        assert client.post(first, NEW_LINK)["Location"] == reverse("new_link_mailed")
        assert Notification.objects.filter(kind=MailKind.NEW_LINK, to_email=colleague.email).exists()
    else:
        assert client.get(first)["Location"] == checklist


def test_whoever_was_let_in_as_a_whole_and_shut_out_again_is_not(
    first: str, importer: ImporterOfRecord, colleague: User, staff: User
) -> None:
    access = AccessFactory(importer=importer, user=colleague)
    ImporterAccess.objects.filter(pk=access.pk).update(revoked_at=access.granted_at, revoked_by=staff)
    page = html(Client().get(first), 410)
    assert "We have closed it to you." in page


def test_an_open_step_stays_the_goal_of_its_link(first: str, importer: ImporterOfRecord, colleague: User) -> None:
    AccessFactory(importer=importer, user=colleague)
    assert signed_in(colleague).get(first)["Location"] == url(importer, "ach-refund")
