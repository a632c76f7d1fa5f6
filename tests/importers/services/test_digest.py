"""The morning's mail to colleagues: their own importers, once a working day, and only if there is news."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from importers import delivery
from importers.models import (
    BrokerFirm,
    Campaign,
    Errand,
    ErrandKind,
    ImporterOfRecord,
    Mailbox,
    MailKind,
    MailState,
    Notification,
    Question,
    Readiness,
    User,
)
from importers.services.digest import choose_digest, send_digests
from importers.services.news import SHOWN
from importers.tasks import send_digests as task
from tests.factories import CampaignFactory, ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db

MONDAY = datetime(2027, 3, 1, 7, 0, tzinfo=UTC)  # eight in Copenhagen
TUESDAY, FRIDAY, SATURDAY = MONDAY + timedelta(days=1), MONDAY - timedelta(days=3), MONDAY + timedelta(days=5)
LONG_AGO = MONDAY - timedelta(days=90)


@pytest.fixture(autouse=True)
def no_campaign(db: None) -> Iterator[None]:
    Campaign.objects.all().delete()
    BrokerFirm.current()
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def kirsten() -> User:
    person: User = StaffFactory.create(name="Kirsten Holm", email="kirsten@broker.example")
    return person


def case_of(person: User | None, *, moved: datetime = LONG_AGO, **fields: Any) -> ImporterOfRecord:
    """Not invited, and so neither stuck nor anybody's turn."""
    importer: ImporterOfRecord = ImporterFactory.create(assigned_to=person, **fields)
    ImporterOfRecord.objects.filter(pk=importer.pk).update(created_at=LONG_AGO)
    Readiness.objects.filter(importer=importer).update(changed_at=moved)
    return importer


def working(person: User | None, since: datetime, **fields: Any) -> ImporterOfRecord:
    importer = case_of(person, **fields)
    Readiness.objects.filter(importer=importer).update(
        stage="working", who="importer", blocker="officer", changed_at=since
    )
    return importer


def open_task(importer: ImporterOfRecord, kind: ErrandKind) -> None:
    Errand.objects.open_for([importer.pk], kind, "550", MONDAY)


def digests() -> list[Notification]:
    return list(Notification.objects.filter(kind=MailKind.DIGEST).order_by("pk"))


def the_digest(now: datetime = MONDAY) -> Notification:
    assert send_digests(now) == 1
    return digests()[-1]


def test_whoever_has_moved_is_told_of(kirsten: User) -> None:
    importer = working(kirsten, FRIDAY + timedelta(hours=3), name="Nordlys Cykler ApS")
    mail = the_digest()
    assert (mail.to_email, mail.to_name, mail.slot) == (kirsten.email, "Kirsten Holm", "2027-03-01")
    assert mail.subject == "Your importers on Monday 1 March 2027"
    link = f"{settings.PUBLIC_URL}/admin/importers/importerofrecord/{importer.pk}/change/"
    assert "MOVED ON (1)\n- Nordlys Cykler ApS: Importer at work · " in mail.text
    for part in (mail.text, mail.html):
        assert "since 26 February 2027, 08:00" in part
        assert link in part
    assert "Moved on (1)" in mail.html
    assert "style=" in mail.html


def test_it_is_sent_as_it_was_written(kirsten: User, mailoutbox: list[Any], settings: Any) -> None:
    settings.MAILS_KEPT = False
    working(kirsten, FRIDAY + timedelta(hours=3))
    row = the_digest()
    assert delivery.deliver(row.pk) == "sent"
    (message,) = mailoutbox
    assert (message.subject, message.body) == (row.subject, row.text)
    assert [content for content, _kind in message.alternatives] == [row.html]


def test_in_danish_it_is_danish(kirsten: User) -> None:
    User.objects.filter(pk=kirsten.pk).update(language="da")
    importer = working(kirsten, FRIDAY + timedelta(hours=3), name="Nordlys Cykler ApS")
    open_task(importer, ErrandKind.DEAD_MAILBOX)
    mail = the_digest()
    assert mail.subject == "Dine importører mandag den 1. marts 2027"
    assert "Godmorgen Kirsten Holm" in mail.text
    assert "- Nordlys Cykler ApS: Mail kommer retur: find den rigtige adresse · siden 1. marts 2027" in mail.text
    assert "Opgaver (1)" in mail.html


def test_without_news_there_is_no_mail(kirsten: User) -> None:
    case_of(kirsten, moved=FRIDAY + timedelta(hours=3))  # not even invited
    working(kirsten, LONG_AGO)  # stuck for long: known
    assert send_digests(MONDAY) == 0
    assert digests() == []


def test_it_comes_once_a_day(kirsten: User) -> None:
    working(kirsten, FRIDAY + timedelta(hours=3))
    assert send_digests(MONDAY) == 1
    assert send_digests(MONDAY + timedelta(minutes=10)) == 0
    Notification.objects.update(state=MailState.FAILED)
    assert send_digests(MONDAY + timedelta(minutes=20)) == 0


@pytest.mark.parametrize(
    "now",
    [
        MONDAY - timedelta(minutes=1),
        MONDAY + timedelta(hours=4),
        SATURDAY,
        datetime(2027, 3, 26, 7, 0, tzinfo=UTC),  # Good Friday
        datetime(2026, 12, 24, 7, 0, tzinfo=UTC),
    ],
)
def test_only_in_the_morning_of_a_working_day(kirsten: User, now: datetime) -> None:
    open_task(case_of(kirsten), ErrandKind.OPTED_OUT)
    assert send_digests(now) == 0


def test_what_happens_from_morning_to_morning_is_told_once(kirsten: User) -> None:
    working(kirsten, FRIDAY - timedelta(minutes=1), name="Told on Friday")
    working(kirsten, FRIDAY, name="Over the weekend")
    working(kirsten, MONDAY - timedelta(minutes=1), name="Just before")
    working(kirsten, MONDAY, name="Told on Tuesday")
    first, second = the_digest(MONDAY), the_digest(TUESDAY)
    assert [name for name in NAMES if name in moved(first)] == ["Over the weekend", "Just before"]
    assert [name for name in NAMES if name in moved(second)] == ["Told on Tuesday"]


NAMES = ("Told on Friday", "Over the weekend", "Just before", "Told on Tuesday")


def moved(mail: Notification) -> str:
    return mail.text.partition("MOVED ON")[2].partition("NOTHING HAS")[0]


def test_a_mail_that_never_arrived_is_made_up_for(kirsten: User) -> None:
    working(kirsten, FRIDAY + timedelta(hours=3), name="Over the weekend")
    the_digest(MONDAY)
    assert send_digests(TUESDAY) == 0
    Notification.objects.update(state=MailState.FAILED)
    assert "Over the weekend" in the_digest(TUESDAY).text


def test_what_one_of_them_has_read_is_still_news_to_another(kirsten: User) -> None:
    maria: User = StaffFactory.create(name="Maria")
    for person in (kirsten, maria):
        working(person, FRIDAY + timedelta(hours=3), name=f"Case of {person.name}")
    assert send_digests(MONDAY) == 2
    Notification.objects.filter(to_email=kirsten.email).update(state=MailState.FAILED)
    for person in (kirsten, maria):
        working(person, MONDAY + timedelta(hours=3), name=f"Tuesday of {person.name}")
    assert send_digests(TUESDAY) == 2
    hers, marias = digests()[-2:]
    assert ("Case of Kirsten" in moved(hers), "Tuesday of Kirsten" in moved(hers)) == (True, True)
    assert ("Case of Maria" in moved(marias), "Tuesday of Maria" in moved(marias)) == (False, True)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"wants_digest": False}])
def test_one_that_waits_does_not_go_to_whoever_has_left(kirsten: User, change: dict[str, bool]) -> None:
    maria: User = StaffFactory.create(name="Maria")
    for person in (kirsten, maria):
        working(person, FRIDAY + timedelta(hours=3))
    assert send_digests(MONDAY) == 2
    User.objects.filter(pk=maria.pk).update(**change)
    send_digests(MONDAY + timedelta(hours=5))
    assert [mail.state for mail in digests()] == [MailState.PENDING, MailState.DROPPED]


def test_switching_it_off_takes_back_one_that_waits(kirsten: User) -> None:
    working(kirsten, FRIDAY + timedelta(hours=3))
    the_digest()
    choose_digest(kirsten, wanted=False)
    assert digests()[0].state == MailState.DROPPED


def test_a_new_address_gets_no_second_one_on_the_same_day(kirsten: User) -> None:
    working(kirsten, FRIDAY + timedelta(hours=3))
    the_digest()
    User.objects.filter(pk=kirsten.pk).update(email="kirsten.holm@broker.example")
    assert send_digests(MONDAY + timedelta(minutes=10)) == 0


def test_each_gets_their_own_and_who_wants_none_gets_none(kirsten: User) -> None:
    maria, jens = StaffFactory.create(name="Maria"), StaffFactory.create(name="Jens")
    for person in (kirsten, maria, jens):
        working(person, FRIDAY + timedelta(hours=3), name=f"Case of {person.name}")
    choose_digest(jens, wanted=False)
    User.objects.filter(pk=maria.pk).update(is_active=False)
    assert send_digests(MONDAY) == 1
    (mail,) = digests()
    assert mail.to_email == kirsten.email
    assert "Case of Kirsten Holm" in mail.text
    assert "Case of Maria" not in mail.text
    choose_digest(jens, wanted=True)
    assert send_digests(MONDAY) == 1
    assert digests()[-1].to_email == jens.email


def test_nobodys_cases_are_the_firms_contact_s_or_else_the_superusers(kirsten: User) -> None:
    boss = StaffFactory.create(is_superuser=True)
    open_task(case_of(None), ErrandKind.DEAD_MAILBOX)
    assert the_digest().to_email == boss.email
    BrokerFirm.objects.update(email=kirsten.email)
    Notification.objects.all().delete()
    assert the_digest().to_email == kirsten.email


def test_who_bounced_and_who_opted_out(kirsten: User) -> None:
    case_of(kirsten, name="Havblik", contact_email="Laerke@havblik.example")
    case_of(kirsten, name="Fjordglas", contact_email="anders@fjordglas.example")
    case_of(kirsten, name="Long known", contact_email="ole@long.example")
    Mailbox.objects.create(email="laerke@havblik.example", dead_at=MONDAY - timedelta(hours=9), dead_because="550")
    Mailbox.objects.create(email="anders@fjordglas.example", opted_out_at=FRIDAY)
    Mailbox.objects.create(email="ole@long.example", opted_out_at=LONG_AGO)
    text = the_digest().text
    assert "NO MORE REMINDERS REACH THEM (2)" in text
    assert "- Havblik: mail to laerke@havblik.example comes back\n" in text
    assert "- Fjordglas: anders@fjordglas.example wants no reminders\n" in text
    assert "Long known" not in text


def test_tasks_and_questions_stand_there_until_they_are_done(kirsten: User) -> None:
    importer = case_of(kirsten, name="Havblik")
    open_task(importer, ErrandKind.NO_VISIT)
    Question.objects.create(
        importer=importer, step="officer", status="not_started", topic="who", asked_at=LONG_AGO, asked_by=kirsten
    )
    for day in (MONDAY, TUESDAY):
        text = the_digest(day).text
        assert "TASKS (1)\n- Havblik: Has never been here: call · since 1 March 2027" in text
        assert "QUESTIONS TO ANSWER (1)\n- Havblik: We do not know whom to name · " in text


def test_who_is_stuck_is_a_reason_to_write_on_the_first_day(kirsten: User) -> None:
    working(kirsten, MONDAY - timedelta(days=14, minutes=1), name="Havblik")
    working(kirsten, LONG_AGO, name="Long known")
    working(kirsten, LONG_AGO, name="Paused", paused_until=MONDAY.date() + timedelta(days=30), pause_reason="Holiday")
    text = the_digest().text
    assert "NOTHING HAS HAPPENED FOR TWO WEEKS (2)\n- Long known: " in text
    assert "The importer · since 15 February 2027" in text
    assert "Paused" not in text
    assert send_digests(TUESDAY) == 0


def test_a_pause_that_ends_is_told_with_its_reason(kirsten: User) -> None:
    case_of(kirsten, name="Havblik", paused_until=date(2027, 3, 5), pause_reason="New owner from March")
    text = the_digest().text
    assert "PAUSES THAT END THIS WEEK (1)\n- Havblik: until 5 March · New owner from March" in text


def test_the_week_ahead(kirsten: User) -> None:
    case_of(kirsten)
    case_of(kirsten)
    CampaignFactory.create(name="Refunds 2027", deadline=date(2027, 3, 8))
    text = the_digest().text
    told = "- Refunds 2027: the deadline is Monday 8 March 2027. Reminders: T-7 on 1 March, T-1 on 5 March."
    assert told in text
    assert "2 of your importers still have something to do." in text


def test_a_reminder_later_in_the_week_is_no_reason_to_write(kirsten: User) -> None:
    case_of(kirsten)
    CampaignFactory.create(deadline=date(2027, 3, 19))  # T-14 on Friday
    assert send_digests(MONDAY) == 0
    assert send_digests(datetime(2027, 3, 5, 7, tzinfo=UTC)) == 1


def test_it_names_a_few_and_counts_the_rest(kirsten: User) -> None:
    for n in range(SHOWN + 3):
        open_task(case_of(kirsten, name=f"Importer {n}"), ErrandKind.DEAD_MAILBOX)
    text = the_digest().text
    assert f"TASKS ({SHOWN + 3})" in text
    assert text.count("Mail comes back") == SHOWN
    assert "- and 3 more" in text


def test_what_people_typed_stays_text(kirsten: User) -> None:
    open_task(case_of(kirsten, name="Sø & <b>Søn"), ErrandKind.DEAD_MAILBOX)
    mail = the_digest()
    assert "- Sø & <b>Søn: " in mail.text
    assert "Sø &amp; &lt;b&gt;Søn" in mail.html


def test_the_queries_grow_with_nothing() -> None:
    asked = []
    for number in (2, 12):
        for _n in range(number):
            person = StaffFactory.create()
            for moment in (FRIDAY, LONG_AGO):
                open_task(working(person, moment), ErrandKind.DEAD_MAILBOX)
        with CaptureQueriesContext(connection) as queries:
            assert send_digests(MONDAY) == number
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_beat_starts_it(kirsten: User) -> None:
    open_task(case_of(kirsten), ErrandKind.OPTED_OUT)
    assert task() == 1
