"""The link that stops the reminders: looking does nothing, one POST does, and so does the way back."""

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse

from importers.domain.links import without_tokens
from importers.letters import START_SALT
from importers.models import Errand, ErrandKind, ImporterOfRecord, Mailbox, MailKind, MailState, Notification
from importers.services.mailboxes import opt_in, opt_out
from importers.stop_link import ONE_CLICK, stop_token
from tests import walkthrough
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory, OfficerFactory, StaffFactory

pytestmark = pytest.mark.django_db

METTE = "mette@nordlys.example"
ONE_CLICK_BODY = dict([ONE_CLICK.split("=")])


@pytest.fixture
def importer() -> ImporterOfRecord:
    found: ImporterOfRecord = ImporterFactory.create(contact_email=METTE)
    return found


@pytest.fixture
def mail(importer: ImporterOfRecord) -> Notification:
    row: Notification = NotificationFactory.create(
        importer=importer, kind=MailKind.REMINDER, campaign=CampaignFactory.create(), slot="T-14"
    )
    return row


@pytest.fixture
def address(mail: Notification) -> str:
    return reverse("stop_reminders", args=[stop_token(mail)])


def is_stopped() -> bool:
    return Mailbox.objects.of(METTE).opted_out().exists()


def test_opening_the_link_any_number_of_times_does_nothing(client: Client, address: str) -> None:
    for _time in range(2):
        page = client.get(address)
        assert page.status_code == 200
        assert "Stop the reminders" in page.content.decode()
        assert client.head(address).status_code == 200
    assert not is_stopped()


def test_a_mail_program_stops_them_with_one_post_and_no_cookie(address: str, importer: ImporterOfRecord) -> None:
    """RFC 8058: without a session, from nowhere, and answered without a redirect."""
    stranger = Client(enforce_csrf_checks=True)
    page = stranger.post(address, ONE_CLICK_BODY, headers={"Origin": "null"})
    assert page.status_code == 200
    assert not stranger.cookies
    assert is_stopped()
    assert Errand.objects.get(importer=importer).kind == ErrandKind.OPTED_OUT


def test_the_button_stops_them_and_the_page_says_what_it_means_and_how_to_undo_it(client: Client, address: str) -> None:
    page = client.post(address, {"action": "stop"}).content.decode()
    assert is_stopped()
    assert "You get no more reminders" in page
    assert "Refunds still wait until all steps are done." in page
    assert "Codes for signing in" in page
    assert "Jens Anton Rahbek has been told" in page
    assert METTE not in page
    assert "m•••@nordlys.example" in page
    assert 'name="action" value="start"' in page


def test_a_second_button_undoes_it(client: Client, address: str, importer: ImporterOfRecord) -> None:
    client.post(address, {"action": "stop"})
    page = client.post(address, {"action": "start"}).content.decode()
    assert "You get the reminders again" in page
    assert not is_stopped()
    errand = Errand.objects.get(importer=importer)
    assert errand.done_at
    assert errand.outcome


@pytest.mark.parametrize("body", [{}, {"action": "else"}, {"List-Unsubscribe": "No"}])
def test_a_post_that_asks_for_nothing_does_nothing(client: Client, address: str, body: dict[str, str]) -> None:
    assert client.post(address, body).status_code == 200
    assert not is_stopped()


def test_it_is_said_in_the_language_of_the_mail_until_another_is_chosen(
    client: Client, mail: Notification, address: str
) -> None:
    Notification.objects.filter(pk=mail.pk).update(language="da")
    assert "Stop påmindelserne?" in client.get(address).content.decode()
    assert "Stop the reminders?" in client.get(address, {"language": "en"}).content.decode()
    assert "Du får ikke flere påmindelser" in client.post(address, {"action": "stop"}).content.decode()


def test_a_token_that_is_not_ours_or_made_for_something_else_finds_nothing(client: Client, mail: Notification) -> None:
    forged = (mail.uuid.hex, f"{mail.uuid.hex}:AAAA", Signer(salt=START_SALT).sign(mail.uuid.hex), "x")
    for token in forged:
        assert client.post(reverse("stop_reminders", args=[token]), {"action": "stop"}).status_code == 404
    other = NotificationFactory.create(to_email=METTE)
    assert client.get(reverse("stop_reminders", args=[stop_token(other)])).status_code == 404
    assert not is_stopped()


def test_the_page_is_kept_by_nobody_and_tells_nobody_where_it_was(client: Client, address: str) -> None:
    page = client.get(address)
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex"


# What it does


def test_it_holds_for_every_importer_of_theirs_that_has_something_left() -> None:
    staff = StaffFactory.create()
    mine = ImporterFactory.create(contact_email="Mette@Nordlys.example")
    as_officer = ImporterFactory.create()
    OfficerFactory.create(importer=as_officer, email=METTE)
    done = ImporterFactory.create(contact_email=METTE)
    walkthrough.ready(done, staff)
    others = ImporterFactory.create()
    assert opt_out(METTE)
    errands = set(Errand.objects.values_list("importer", flat=True))
    assert errands == {mine.pk, as_officer.pk}
    assert others.pk not in errands


def test_doing_it_twice_makes_no_second_task(importer: ImporterOfRecord) -> None:
    assert opt_out(METTE)
    assert not opt_out(METTE.upper())
    assert Errand.objects.count() == 1
    assert Mailbox.objects.count() == 1
    assert opt_in(METTE)
    assert not opt_in(METTE)
    assert opt_out(METTE)
    assert Errand.objects.open().count() == 1


def test_the_history_says_who_and_what(importer: ImporterOfRecord) -> None:
    walkthrough.invited(importer, StaffFactory.create())
    opt_out(METTE)
    event = Mailbox.objects.get().history.latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context["action"] == "stop reminders"
    assert event.pgh_context["who"] == "Mette Sørensen"


def test_what_was_known_of_the_address_stays_known(importer: ImporterOfRecord, mail: Notification) -> None:
    Mailbox.objects.create(email=METTE, dead_at=mail.not_before, dead_because="550 gone")
    opt_out(METTE)
    opt_in(METTE)
    assert Mailbox.objects.get().dead_because == "550 gone"
    assert Notification.objects.get(pk=mail.pk).state == MailState.PENDING


def test_what_is_kept_of_a_mail_holds_no_link_that_still_stops_anything(address: str) -> None:
    assert without_tokens(f"Stop them here: http://portal.example{address}") == (
        "Stop them here: http://portal.example/reminders/stop/…/"
    )
