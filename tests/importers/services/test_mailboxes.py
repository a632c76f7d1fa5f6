"""Tasks about addresses that are silent: whoever needs one has one, wherever the address goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from importers.domain.bounces import Bounce, Outcome
from importers.models import Campaign, Errand, ErrandKind, ImporterOfRecord, Mailbox, MailState, Notification, User
from importers.services import errands
from importers.services.bounces import note
from importers.services.details import edit_details
from importers.services.mailboxes import follow_addresses, opt_in, opt_out
from importers.services.reminders import schedule_due
from tests import walkthrough
from tests.factories import ImporterFactory, NotificationFactory, OfficerFactory, StaffFactory

pytestmark = pytest.mark.django_db

AT = datetime(2027, 4, 7, 8, 0, tzinfo=UTC)
BEFORE = AT - timedelta(days=500)
METTE, IDA = "mette@nordlys.example", "ida@nordlys.example"
KINDS = [ErrandKind.OPTED_OUT, ErrandKind.DEAD_MAILBOX]


@pytest.fixture(autouse=True)
def no_campaign(db: None) -> None:
    Campaign.objects.all().delete()


def silent(kind: ErrandKind, email: str = METTE, since: datetime = BEFORE) -> None:
    known = {"opted_out_at": since} if kind == ErrandKind.OPTED_OUT else {"dead_at": since, "dead_because": "550"}
    Mailbox.objects.create(email=email, **known)


def to_do() -> list[tuple[ImporterOfRecord, str]]:
    return [(errand.importer, errand.kind) for errand in Errand.objects.open().order_by("importer")]


def both(**fields: Any) -> ImporterOfRecord:
    """Mette is the contact, Ida the officer."""
    importer: ImporterOfRecord = ImporterFactory.create(contact_email=METTE, **fields)
    OfficerFactory.create(importer=importer, email=IDA)
    return importer


def test_one_person_s_yes_leaves_the_task_about_another_open() -> None:
    importer = both()
    opt_out(METTE)
    opt_out(IDA)
    opt_in(METTE)
    assert to_do() == [(importer, ErrandKind.OPTED_OUT)]
    opt_in(IDA)
    assert to_do() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_address_that_is_given_to_another_importer_is_a_task(kind: ErrandKind) -> None:
    silent(kind)
    importer = ImporterFactory.create(contact_email="Mette@Nordlys.example")
    as_officer = ImporterFactory.create()
    OfficerFactory.create(importer=as_officer, email=METTE)
    ImporterFactory.create()
    walkthrough.ready(ImporterFactory.create(contact_email=METTE), StaffFactory.create())
    for _again in range(2):
        schedule_due(AT)
        assert to_do() == [(importer, kind), (as_officer, kind)]
    assert {errand.why for errand in Errand.objects.all()} == {METTE}


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_did_is_not_to_be_done_again(kind: ErrandKind) -> None:
    silent(kind)
    importer = ImporterFactory.create(contact_email=METTE)
    follow_addresses(AT)
    errands.close(Errand.objects.get(), by=StaffFactory.create(), outcome="Called them")
    follow_addresses(AT)
    assert to_do() == []
    Mailbox.objects.all().delete()
    silent(kind, since=AT)
    follow_addresses(AT)
    assert to_do() == [(importer, kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_about_an_address_that_was_put_right_is_over(kind: ErrandKind) -> None:
    staff = StaffFactory.create()
    silent(kind)
    importer = both()
    follow_addresses(AT)
    edit_details(importer, by=staff, contact_email="new@nordlys.example")
    follow_addresses(AT)
    assert to_do() == []
    errand = Errand.objects.get()
    assert (errand.done_by, errand.outcome) == (User.objects.system(), "Nothing is sent to that address any more.")
    edit_details(importer, by=staff, contact_email=METTE)
    follow_addresses(AT)
    assert to_do() == [(importer, kind)], "nobody did it"


@pytest.mark.parametrize("kind", KINDS)
def test_while_the_officer_s_is_silent_it_stays(kind: ErrandKind) -> None:
    silent(kind, IDA)
    importer = both()
    follow_addresses(AT)
    edit_details(importer, by=StaffFactory.create(), contact_email="new@nordlys.example")
    follow_addresses(AT)
    assert to_do() == [(importer, kind)]


def test_a_mail_to_somebody_else_who_may_come_in_came_back() -> None:
    importer = ImporterFactory.create()
    walkthrough.invited(importer, StaffFactory.create())
    User.objects.filter(email=importer.contact_email).update(email=METTE)
    silent(ErrandKind.DEAD_MAILBOX)
    Errand.objects.open_for([importer.pk], ErrandKind.DEAD_MAILBOX, METTE, BEFORE)
    follow_addresses(AT)
    assert to_do() == [(importer, ErrandKind.DEAD_MAILBOX)]


def test_a_complaint_is_a_task_where_something_is_left() -> None:
    importer, done = ImporterFactory.create(contact_email=METTE), ImporterFactory.create(contact_email=METTE)
    walkthrough.ready(done, StaffFactory.create())
    Notification.objects.all().delete()
    mail = NotificationFactory.create(importer=done)
    Notification.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=AT)
    note(Bounce(METTE, Outcome.COMPLAINT, "abuse", mail.mail), AT)
    assert to_do() == [(importer, ErrandKind.OPTED_OUT)]


def test_it_asks_as_much_for_many_as_for_one() -> None:
    User.objects.system()
    silent(ErrandKind.OPTED_OUT)
    silent(ErrandKind.DEAD_MAILBOX, IDA)
    asked = []
    for number in (1, 10):
        for _n in range(number):
            both()
        with CaptureQueriesContext(connection) as queries:
            follow_addresses(AT)
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert Errand.objects.open().count() == 22
