from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from importers.domain.bounces import Bounce, Outcome
from importers.models import Errand, ErrandKind, MailAttempt, Mailbox, MailState, Notification
from importers.services import bounces
from importers.services.bounces import Noted, lift, note
from importers.services.mailboxes import opt_in
from tests.factories import ImporterFactory, NotificationFactory, OfficerFactory, StaffFactory

pytestmark = pytest.mark.django_db

SAID = "550 5.1.1 no such user"
EMAIL = "mette@nordlys.example"


def sent(**fields: object) -> Notification:
    ago = timezone.now() - timedelta(hours=1)
    fields = {"to_email": EMAIL} | fields
    return NotificationFactory.create(state=MailState.SENT, sent_at=ago, **fields)


def bounce(outcome: Outcome = Outcome.GONE, *, mail: object = None, recipient: str = EMAIL) -> Bounce:
    return Bounce(recipient, outcome, SAID, mail)  # type: ignore[arg-type]


def errands() -> list[tuple[int, str]]:
    return sorted(Errand.objects.values_list("importer_id", "kind"))


def test_a_dead_mailbox_is_noted_and_told_to_staff_for_each_importer_it_is_of() -> None:
    row = sent()
    contact = ImporterFactory(contact_email="METTE@nordlys.example")
    officer = OfficerFactory(email=EMAIL).importer
    ImporterFactory()
    assert note(bounce(mail=row.mail), timezone.now()).noted == Noted.DEAD
    mailbox = Mailbox.objects.get()
    assert (mailbox.email, mailbox.dead_because) == (EMAIL, SAID)
    told = sorted([row.importer_id, contact.pk, officer.pk])
    assert errands() == [(pk, ErrandKind.DEAD_MAILBOX) for pk in told]
    assert Notification.objects.get(pk=row.pk).answer == SAID


def test_the_same_report_twice_changes_nothing_more() -> None:
    sent()
    note(bounce(), timezone.now())
    before = Mailbox.objects.get().dead_at
    note(bounce(), timezone.now())
    assert Mailbox.objects.get().dead_at == before
    assert Errand.objects.count() == 1


def test_the_mail_decides_whose_mailbox_it_is_when_it_was_forwarded() -> None:
    row = sent()
    report = note(bounce(mail=row.mail, recipient="elsewhere@forward.example"), timezone.now())
    assert (report.email, Mailbox.objects.get().email) == (EMAIL, EMAIL)


@pytest.mark.parametrize("recipient", ["stranger@nordlys.example", ""])
def test_who_was_never_written_to_is_a_stranger(recipient: str) -> None:
    sent()
    assert note(bounce(mail=uuid4(), recipient=recipient), timezone.now()).noted == Noted.STRANGER
    assert not Mailbox.objects.exists()


def test_without_the_mail_only_a_report_about_lately_counts() -> None:
    sent(to_email="old@nordlys.example")
    Notification.objects.update(sent_at=timezone.now() - bounces.LATELY - timedelta(hours=1))
    assert note(bounce(recipient="old@nordlys.example"), timezone.now()).noted == Noted.STRANGER


def test_a_mail_that_waits_cannot_have_come_back() -> None:
    row = NotificationFactory.create(to_email=EMAIL)
    assert note(bounce(mail=row.mail), timezone.now()).noted == Noted.STRANGER


def test_a_complaint_is_an_opting_out() -> None:
    row = sent(importer=ImporterFactory.create(contact_email=EMAIL))
    note(bounce(Outcome.COMPLAINT), timezone.now())
    assert Mailbox.objects.get().opted_out_at is not None
    assert errands() == [(row.importer_id, ErrandKind.OPTED_OUT)]


def test_one_mail_refused_is_a_task_and_no_dead_mailbox() -> None:
    row = sent()
    note(bounce(Outcome.REFUSED), timezone.now())
    assert not Mailbox.objects.exists()
    assert errands() == [(row.importer_id, ErrandKind.MAIL_REFUSED)]


def test_a_mail_that_is_late_is_only_noted() -> None:
    row = sent(answer="accepted")
    began = timezone.now() - timedelta(hours=1)
    MailAttempt.objects.create(mail=row.mail, claim=uuid4(), begun_at=began - timedelta(hours=1), answer="try later")
    MailAttempt.objects.create(mail=row.mail, claim=uuid4(), begun_at=began, answer="accepted")
    note(bounce(Outcome.LATE, mail=row.mail), timezone.now())
    assert not Mailbox.objects.exists()
    assert errands() == []
    assert list(MailAttempt.objects.values_list("answer", flat=True)) == ["try later", SAID]
    assert Notification.objects.get().answer == "accepted"


@pytest.mark.parametrize("outcome", Outcome)
def test_who_does_not_have_the_mail_in_hand_changes_nothing_of_it(outcome: Outcome) -> None:
    row = sent(answer="accepted")
    MailAttempt.objects.create(mail=row.mail, claim=uuid4(), begun_at=timezone.now(), answer="accepted")
    note(bounce(outcome), timezone.now())
    note(bounce(outcome, mail=uuid4()), timezone.now())
    assert (Notification.objects.get().answer, MailAttempt.objects.get().answer) == ("accepted", "accepted")


def test_a_report_about_a_mail_from_before_it_was_lifted_undoes_nothing() -> None:
    row = sent(importer=ImporterFactory(contact_email=EMAIL))
    note(bounce(mail=row.mail), timezone.now())
    lift(Mailbox.objects.all(), by=StaffFactory())
    assert note(bounce(mail=row.mail), timezone.now()).noted == Noted.OVER
    assert Mailbox.objects.get().dead_at is None
    assert not Errand.objects.open().exists()
    later = NotificationFactory.create(to_email=EMAIL, state=MailState.SENT, sent_at=timezone.now())
    assert note(bounce(mail=later.mail), timezone.now()).noted == Noted.DEAD
    assert Mailbox.objects.get().dead_at is not None


def test_a_complaint_about_a_mail_from_before_the_reminders_were_wanted_again_undoes_nothing() -> None:
    row = sent(importer=ImporterFactory(contact_email=EMAIL))
    note(bounce(Outcome.COMPLAINT, mail=row.mail), timezone.now())
    assert opt_in(EMAIL)
    assert note(bounce(Outcome.COMPLAINT, mail=row.mail), timezone.now()).noted == Noted.OVER
    assert Mailbox.objects.get().opted_out_at is None
    assert not Errand.objects.open().exists()
    later = NotificationFactory.create(to_email=EMAIL, state=MailState.SENT, sent_at=timezone.now())
    assert note(bounce(Outcome.COMPLAINT, mail=later.mail), timezone.now()).noted == Noted.OPTED_OUT


@pytest.mark.parametrize("outcome", [Outcome.GONE, Outcome.COMPLAINT, Outcome.REFUSED])
def test_a_task_that_is_done_is_not_opened_again_by_the_same_report(outcome: Outcome) -> None:
    sent()
    note(bounce(outcome), timezone.now())
    Errand.objects.update(done_at=timezone.now(), done_by=StaffFactory())
    note(bounce(outcome), timezone.now())
    assert not Errand.objects.open().exists()


def test_staff_lift_it_and_the_tasks_are_done_with_it() -> None:
    by = StaffFactory()
    sent(importer=ImporterFactory(contact_email=EMAIL))
    note(bounce(), timezone.now())
    assert lift(Mailbox.objects.all(), by=by) == 1
    mailbox, errand = Mailbox.objects.get(), Errand.objects.get()
    assert (mailbox.dead_at, mailbox.dead_because) == (None, "")
    assert (errand.done_by, str(by) in errand.outcome) == (by, True)
    assert lift(Mailbox.objects.all(), by=by) == 0
    assert bounces.dead_among([EMAIL.upper()]) == set()


def test_the_dead_among_many() -> None:
    sent()
    note(bounce(), timezone.now())
    assert bounces.dead_among([EMAIL.upper(), "other@nordlys.example", ""]) == {EMAIL}
