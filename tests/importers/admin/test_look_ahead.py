"""What staff see of the days ahead, and of what became of the days behind."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from importers.models import Campaign, ImporterOfRecord, MailAttempt, MailKind, MailState, Notification, User
from importers.services import reminders
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory

AT = datetime(2027, 4, 7, 8, tzinfo=UTC)  # a Wednesday, T-14
JOINED = datetime(2027, 4, 1, 8, tzinfo=UTC)
AHEAD = "admin:importers_reminders"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(JOINED, tick=False) as clock:
        yield clock


@pytest.fixture
def campaign(db: None) -> Campaign:
    campaign: Campaign = CampaignFactory.create(name="Refunds in spring")
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    return campaign


@pytest.fixture
def importer(campaign: Campaign, clock: time_machine.Traveller) -> ImporterOfRecord:
    importer: ImporterOfRecord = ImporterFactory.create(
        name="Nordlys Cykler ApS", contact_email="mette@nordlys.example"
    )
    clock.move_to(AT)
    return importer


def page(client: Client, **asked: object) -> str:
    answer = client.get(reverse(AHEAD), {name: str(value) for name, value in asked.items()})
    assert answer.status_code == 200
    return answer.content.decode()


def test_today_is_shown_first_with_who_is_reminded_of_what(as_staff: Client, importer: ImporterOfRecord) -> None:
    shown = page(as_staff)
    assert "1 importer would be reminded." in shown
    assert "mette@nordlys.example" in shown
    assert "14 days before · Refunds in spring" in shown
    assert 'aria-current="date"' in shown


def test_any_day_can_be_chosen(as_staff: Client, importer: ImporterOfRecord) -> None:
    assert "7 days before · Refunds in spring" in page(as_staff, day=date(2027, 4, 14))
    assert "0 importers would be reminded." in page(as_staff, day=date(2027, 4, 10))
    assert "36 weeks after · Refunds in spring" in page(as_staff, day=date(2027, 12, 29))


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2027-04-06", "This day is past."),
        ("2029-01-01", "This is more than a year ahead."),
        ("tomorrow", "Enter a valid date."),
    ],
)
def test_a_day_that_cannot_be_shown_is_explained(
    day: str, told: str, as_staff: Client, importer: ImporterOfRecord
) -> None:
    assert told in page(as_staff, day=day)


def test_the_calendar_has_thirty_days_with_their_counts_and_days_off(
    as_staff: Client, importer: ImporterOfRecord
) -> None:
    shown = page(as_staff)
    assert shown.count('class="pa-day"') == 30
    counts = [text.split("</span>")[0].strip() for text in shown.split('class="pa-count')[1:]]
    assert sum(count.endswith(">1") for count in counts) == 7  # T-14, T-7, T-3, T-1, T-0, T+7, T+14
    assert shown.count("Holiday in Denmark") == 1  # Ascension Day


def test_the_calendar_goes_along_to_a_day_beyond_it(as_staff: Client, importer: ImporterOfRecord) -> None:
    shown = page(as_staff, day=date(2027, 6, 1))
    assert "30 days from Tuesday 1 June 2027" in shown
    assert shown.count("pa-chosen") == 1
    assert 'href="?day=2027-05-02"' in shown, "earlier"
    assert 'href="?day=2027-07-01"' in shown, "later"
    assert ">Earlier<" not in page(as_staff)


def test_the_mail_can_be_read_as_it_will_be_and_nothing_is_saved(as_staff: Client, importer: ImporterOfRecord) -> None:
    shown = page(as_staff, day=date(2027, 4, 14), importer=importer.pk)
    assert "Nordlys Cykler ApS" in shown
    assert "21 April 2027" in shown
    assert "pa-frame" in shown
    assert not Notification.objects.exists()


def test_on_a_day_without_a_reminder_there_is_no_text(as_staff: Client, importer: ImporterOfRecord) -> None:
    shown = page(as_staff, day=date(2027, 4, 10), importer=importer.pk)
    assert "gets no reminder on" in shown
    assert "this date&#x27;s reminder has been sent" in shown


@pytest.mark.parametrize("importer_pk", ["0", "x", "99999999"])
def test_of_an_importer_who_is_not_there_there_is_nothing_to_read(
    importer_pk: str, as_staff: Client, campaign: Campaign
) -> None:
    assert as_staff.get(reverse(AHEAD), {"importer": importer_pk}).status_code == 404


def test_who_is_passed_over_is_named_with_the_reason(as_staff: Client, importer: ImporterOfRecord) -> None:
    ImporterFactory.create(name="Uden Mail ApS", contact_email="")
    shown = page(as_staff, day=date(2027, 4, 14))
    assert "1 have no e-mail" in shown
    assert "Uden Mail ApS" in shown


def test_the_page_costs_the_same_queries_for_one_as_for_many(
    as_staff: Client, importer: ImporterOfRecord, django_assert_max_num_queries: object
) -> None:
    ImporterFactory.create_batch(8)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        page(as_staff, day=date(2027, 4, 14))


# --- the ledger -----------------------------------------------------------------------------------------------------


def importer_page(client: Client, importer: ImporterOfRecord) -> str:
    return client.get(reverse("admin:importers_importerofrecord_change", args=[importer.pk])).content.decode()


def test_the_ledger_tells_each_slot_with_its_reason_and_each_try_with_its_answer(
    as_staff: Client, importer: ImporterOfRecord, campaign: Campaign, clock: time_machine.Traveller
) -> None:
    ImporterOfRecord.objects.update(paused_until=date(2027, 4, 10), created_at=JOINED - timedelta(days=30))
    reminders.schedule_due(AT)
    sent = NotificationFactory.create(
        importer=importer, campaign=campaign, slot="T-7", step="company", kind=MailKind.REMINDER,
        state=MailState.SENT, sent_at=AT, attempts=2, answer="accepted",
    )  # fmt: skip
    for answer in ("451 try again later", "250 queued as 4711"):
        MailAttempt.objects.create(mail=sent.mail, claim=NotificationFactory.create().uuid, begun_at=AT, answer=answer)
    shown = importer_page(as_staff, importer)
    assert "What became of 3 dates so far" in shown
    assert "the reminders were paused" in shown
    assert "a later reminder took its place" in shown
    assert "451 try again later" in shown
    assert "250 queued as 4711" in shown


def test_what_was_not_written_does_not_stand_among_the_mails(as_staff: Client, importer: ImporterOfRecord) -> None:
    ImporterOfRecord.objects.update(paused_until=date(2027, 4, 10))
    reminders.schedule_due(AT)
    mails = importer_page(as_staff, importer).split('id="mails"')[1]
    assert "T-14" not in mails


# --- campaigns and time zones ---------------------------------------------------------------------------------------

FORM = {
    "name": "Refunds in spring", "deadline": "2027-04-21", "days": "28, 14, 7, 3, 1, 0", "weeks_after": "",
    "time_zone": "Europe/Copenhagen", "source": "a test", "superseded_by": "",
}  # fmt: skip


def save(client: Client, campaign: Campaign, **changes: str) -> str:
    url = reverse("admin:importers_campaign_change", args=[campaign.pk])
    answer = client.post(url, FORM | changes, follow=True)
    campaign.refresh_from_db()
    return answer.content.decode()


def test_days_and_weeks_are_edited(as_staff: Client, campaign: Campaign) -> None:
    save(as_staff, campaign, days="3; 30 10,10", weeks_after="6")
    assert (campaign.days, campaign.weeks_after) == ([30, 10, 3], 6)


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("days", "28, x", "“x” is no number of days from 0 to 366."),
        ("days", "-3", "“-3” is no number of days from 0 to 366."),
        ("days", "400", "“400” is no number of days from 0 to 366."),
        ("days", " , ", "Write at least one number, like 28, 14, 7, 3, 1, 0."),
        ("weeks_after", "-1", "greater than or equal to 0"),
        ("time_zone", "Copenhagen", "is no time zone"),
        ("time_zone", "localtime", "is no time zone"),
        ("deadline", "0202-04-21", "The year is 202? Look at the date once more."),
        ("deadline", "0001-01-01", "The year is 1? Look at the date once more."),
        ("deadline", "2072-04-21", "The year is 2072? Look at the date once more."),
    ],
)
def test_what_is_typed_wrongly_is_told_plainly(
    field: str, typed: str, told: str, as_staff: Client, campaign: Campaign
) -> None:
    assert told in save(as_staff, campaign, **{field: typed})
    assert campaign.days == [28, 14, 7, 3, 1, 0]


def test_saving_what_sends_mail_at_once_is_asked_about(
    as_staff: Client, campaign: Campaign, importer: ImporterOfRecord
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(days=[3])
    asked = save(as_staff, campaign)
    assert "Saving this sends 1 reminder, as soon as it is office hours where the reader is." in asked
    assert "Nordlys Cykler ApS" in asked
    assert campaign.days == [3]
    save(as_staff, campaign, confirmed="yes")
    assert campaign.days == [28, 14, 7, 3, 1, 0]


def edit(client: Client, importer: ImporterOfRecord, time_zone: str) -> str:
    fields = {
        "name": importer.name, "contact_name": importer.contact_name, "contact_title": importer.contact_title,
        "contact_email": importer.contact_email, "contact_phone": importer.contact_phone, "language": "en",
        "assigned_to": "", "time_zone": importer.time_zone,
    }  # fmt: skip
    shown = {f"initial-{name}": value for name, value in fields.items()}
    url = reverse("admin:importers_deed", args=[importer.pk, "details"])
    return client.post(url, fields | shown | {"time_zone": time_zone}, follow=True).content.decode()


def test_an_importer_may_be_in_another_time_zone_than_its_country(
    as_staff: Client, staff: User, importer: ImporterOfRecord
) -> None:
    edit(as_staff, importer, "America/Los_Angeles")
    importer.refresh_from_db()
    assert importer.time_zone == "America/Los_Angeles"
    assert "America/Los_Angeles" in importer_page(as_staff, importer)
    assert "is no time zone" in edit(as_staff, importer, "Los Angeles")


def test_a_campaign_of_long_ago_can_still_be_edited(as_staff: Client, campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(deadline="2019-04-21")
    save(as_staff, campaign, deadline="2019-04-21", source="read again", confirmed="yes")
    assert campaign.source == "read again"


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 19, "x", ""])
def test_an_importer_that_cannot_be_is_not_found(as_staff: Client, number: str) -> None:
    assert as_staff.get(reverse("admin:importers_reminders"), {"importer": number}).status_code == 404
