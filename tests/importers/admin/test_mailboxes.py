"""Dead mailboxes: staff see them, why, and whose they are; and lift it when mail arrives again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.models import Errand, ErrandKind, ImporterOfRecord, MailAttempt, Mailbox, MailState
from importers.services.mailboxes import opt_out
from tests.factories import ImporterFactory, NotificationFactory

LIST = "/admin/importers/mailbox/"
SAID = "550 5.1.1 no such user"
EMAIL = "mette@nordlys.example"


@pytest.fixture
def importer(db: None) -> ImporterOfRecord:
    return ImporterFactory.create(name="Nordlys Cykler ApS", contact_email=EMAIL)


@pytest.fixture
def dead(importer: ImporterOfRecord) -> Mailbox:
    now = timezone.now()
    Errand.objects.open_for([importer.pk], ErrandKind.DEAD_MAILBOX, SAID, now)
    return Mailbox.objects.create(email=EMAIL, dead_at=now, dead_because=SAID)


@pytest.mark.parametrize("address", [LIST, f"{LIST}?known=dead", "{page}"])
def test_staff_see_why_and_whose_it_is(as_staff: Client, dead: Mailbox, address: str) -> None:
    address = address.replace("{page}", reverse("admin:importers_mailbox_change", args=[dead.pk]))
    page = as_staff.get(address).content.decode()
    assert EMAIL in page
    assert SAID in page
    assert "Nordlys Cykler ApS" in page


def test_the_list_can_be_narrowed_down(as_staff: Client, dead: Mailbox) -> None:
    assert EMAIL not in as_staff.get(f"{LIST}?known=opted_out").content.decode()


def test_staff_lift_it_and_the_history_says_who(as_staff: Client, dead: Mailbox) -> None:
    chosen = {"action": "mail_arrives_again", "_selected_action": [dead.pk]}
    page = as_staff.post(LIST, chosen, follow=True).content.decode()
    assert "1 mailbox is written to again." in page
    assert Mailbox.objects.get().dead_at is None
    assert not Errand.objects.open().exists()
    history = as_staff.get(reverse("admin:importers_mailbox_history", args=[dead.pk])).content.decode()
    assert "Kirsten Holm" in history
    assert SAID in history
    assert "From none of these" in as_staff.post(LIST, chosen, follow=True).content.decode()


def test_staff_lift_a_stop_and_the_history_says_who(as_staff: Client, importer: ImporterOfRecord) -> None:
    opt_out(EMAIL)
    mailbox = Mailbox.objects.get()
    chosen = {"action": "want_reminders_again", "_selected_action": [mailbox.pk]}
    assert "1 mailbox gets reminders again." in as_staff.post(LIST, chosen, follow=True).content.decode()
    assert Mailbox.objects.get().opted_out_at is None
    errand = Errand.objects.get()
    assert (str(errand.done_by), errand.outcome) == (
        "Kirsten Holm",
        "They want the reminders again, Kirsten Holm says.",
    )
    history = as_staff.get(reverse("admin:importers_mailbox_history", args=[mailbox.pk])).content.decode()
    assert "Kirsten Holm" in history
    assert "None of these" in as_staff.post(LIST, chosen, follow=True).content.decode()


def test_nothing_is_typed_there(as_staff: Client, dead: Mailbox) -> None:
    address = reverse("admin:importers_mailbox_change", args=[dead.pk])
    assert as_staff.post(address, {"dead_because": "x"}).status_code == 403


def test_an_invitation_to_a_dead_mailbox_goes_with_a_warning(
    as_staff: Client, importer: ImporterOfRecord, dead: Mailbox
) -> None:
    address = reverse("admin:importers_deed", args=[importer.pk, "invite"])
    page = as_staff.post(address, follow=True).content.decode()
    assert "Earlier mail to this address came back" in page
    assert importer.notifications.filter(kind="invitation").exists()


def test_a_mail_shows_each_try_and_what_the_server_said(as_staff: Client, importer: ImporterOfRecord) -> None:
    mail = NotificationFactory.create(importer=importer, state=MailState.FAILED)
    begun = timezone.now() - timedelta(minutes=5)
    MailAttempt.objects.create(mail=mail.mail, claim=mail.uuid, begun_at=begun, ended_at=begun, answer=SAID)
    MailAttempt.objects.create(mail=mail.mail, claim=mail.mail, begun_at=timezone.now())
    page = as_staff.get(reverse("admin:importers_notification_change", args=[mail.pk])).content.decode()
    assert SAID in page
    assert "under way" in page
