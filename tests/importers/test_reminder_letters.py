"""The reminder as it goes out: by the next open step, for one importer or several, with calendar file and headers."""

import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation
from icalendar import Calendar

from importers.contact import contact_for
from importers.deadline_files import CalendarFile
from importers.domain.facts import Route
from importers.letters import Letter, message, write
from importers.models import (
    BrokerFirm,
    Campaign,
    ImporterOfRecord,
    MailKind,
    MailState,
    MailText,
    Notification,
    Occasion,
    User,
)
from importers.reminder_words import ANY, PLACES, STEPS_OF_IMPORTERS, place_values, shipped_words
from importers.services import filings, steps
from importers.services.invitations import grant
from importers.services.portal import edit_firm
from importers.stop_link import ONE_CLICK, read_stop_token
from tests import walkthrough
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "da")


def ahead(days: int = 14) -> Campaign:
    campaign: Campaign = CampaignFactory.create(deadline=timezone.localdate() + timedelta(days=days))
    return campaign


def reminder(importer: ImporterOfRecord, campaign: Campaign, language: str = "en", **fields: object) -> Notification:
    given = {"kind": MailKind.REMINDER, "slot": f"T-{importer.notifications.count()}", "step": "company"} | fields
    row: Notification = NotificationFactory.create(
        importer=importer, campaign=campaign, language=language, to_email=importer.contact_email, **given
    )
    return row


def sent(row: Notification) -> Notification:
    Notification.objects.filter(pk=row.pk).update(state=MailState.SENT, sent_at=timezone.now())
    return row


def read(file: CalendarFile) -> list[Any]:
    """As a mail program reads it."""
    calendar = Calendar.from_ical(file.content)
    assert calendar["METHOD"] == file.method
    return calendar.walk("VEVENT")


def events(letter: Letter) -> tuple[str, list[Any]]:
    [file] = letter.files
    return file.method, read(file)


@pytest.fixture
def importer() -> ImporterOfRecord:
    found: ImporterOfRecord = ImporterFactory.create(name="Nordlys & Søn ApS")
    return found


# Which words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", Occasion)
@pytest.mark.parametrize("step", [*(step.key for step in STEPS_OF_IMPORTERS), "", "a-new-step"])
def test_every_step_has_words_on_every_occasion(step: str, occasion: Occasion, language: str) -> None:
    with translation.override(language):
        firm = BrokerFirm.current()
        values = place_values(
            importer="X", step="Y", minutes=3, left=2, campaign=ahead(), firm=firm.name,
            contact=contact_for(None, firm), now=timezone.now(),
        )  # fmt: skip
        assert set(values) == {place for places in PLACES.values() for place in places}
        filled = shipped_words(occasion, step, language).filled(values)
    assert len(filled.subject) < 100
    assert not re.search(r"[{}]", filled.subject + filled.body)


def test_before_the_deadline_every_step_has_a_subject_of_its_own() -> None:
    keys = [step.key for step in STEPS_OF_IMPORTERS]
    for language in LANGUAGES:
        subjects = {shipped_words(Occasion.BEFORE, key, language).subject for key in [*keys, ANY]}
        assert len(subjects) == len(keys) + 1


def test_it_speaks_of_the_step_that_is_next_now_not_of_the_one_it_was_put_in_for(importer: ImporterOfRecord) -> None:
    row = reminder(importer, ahead())
    assert "confirm the company details" in write(row).subject
    who = walkthrough.invited(importer, StaffFactory.create())
    walkthrough.before(importer, who, Route.OWN_ACCOUNT)
    assert "create the ACE account" in write(row).subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_in_the_mail_are_the_shipped_ones_filled(importer: ImporterOfRecord, language: str) -> None:
    written = write(reminder(importer, ahead(), language))
    words = {"en": "It takes about|about 3 minutes", "da": "Det tager ca. 3 minutter"}[language]
    for part in (written.text, unescape(written.html)):
        assert re.search(words, part)
        assert not re.search(r"\{\w*\}", part)


# The broker's own


def own(**fields: str) -> MailText:
    given = {"occasion": Occasion.BEFORE, "language": "en", "subject": "Own {importer}", "body": "One\n\n<b>{step}</b>"}
    return MailText.objects.create(**given | fields)


def test_the_brokers_own_words_take_the_place_of_subject_and_text_and_nothing_else(importer: ImporterOfRecord) -> None:
    own()
    written = write(reminder(importer, ahead()))
    assert written.subject == "Own Nordlys & Søn ApS"
    assert "\n\n<b>Confirm your company details</b>\n\n" in written.text
    assert "&lt;b&gt;Confirm" in written.html
    for ours in (f"{settings.PUBLIC_URL}/start/", f"{settings.PUBLIC_URL}/verify/", "Our date is", "+45 9928 7817"):
        assert ours in written.text
        assert ours in written.html
    assert "confirm the company details: name" not in written.text


def test_words_for_this_step_go_before_words_for_every_step(importer: ImporterOfRecord) -> None:
    own()
    own(step="company", subject="For this step")
    own(step="officer", subject="For another step")
    assert write(reminder(importer, ahead())).subject == "For this step"


@pytest.mark.parametrize("other", [{"language": "da"}, {"occasion": Occasion.LATE}, {"step": "officer"}])
def test_words_for_something_else_stay_out_of_it(importer: ImporterOfRecord, other: dict[str, str]) -> None:
    own(**other)
    assert "Own" not in write(reminder(importer, ahead())).subject


def test_a_name_that_looks_like_a_place_stays_a_name() -> None:
    own()
    odd = ImporterFactory.create(name="{step} ApS")
    assert write(reminder(odd, ahead())).subject == "Own {step} ApS"


# Late


@pytest.mark.parametrize(("language", "said"), [("en", "Our date was"), ("da", "Vores frist var")])
def test_after_the_deadline_it_has_words_of_its_own_and_no_calendar(
    importer: ImporterOfRecord, language: str, said: str
) -> None:
    written = write(reminder(importer, ahead(-7), language))
    assert said in written.text
    assert said in written.html
    assert "Confirm your company details" in written.text or "Bekræft virksomhedens oplysninger" in written.text
    assert written.files == ()
    assert "calendar" not in written.text
    assert "kalender" not in written.text


# Several importers of one person


def several(campaigns: Sequence[Campaign], language: str = "en") -> tuple[list[ImporterOfRecord], Letter]:
    names = ("Anders And ApS", "Bjørn A/S", "Cykler & Co")
    importers = [ImporterFactory.create(name=name, contact_email="mette@nordlys.example") for name in names]
    rows = [reminder(one, campaign, language) for one, campaign in zip(importers, campaigns, strict=True)]
    return importers, write(rows)


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Three companies: what is left to do by"),
        ("da", "Tre virksomheder: det, der skal være klaret senest den"),
    ],
)
def test_a_person_with_several_importers_gets_one_mail_that_lists_each_with_its_link(
    language: str, subject: str
) -> None:
    importers, written = several([ahead()] * 3, language)
    assert written.subject.startswith(subject)
    links = re.findall(r"\S+/start/\S+", written.text)
    assert len(set(links)) == len(importers)
    for part in (written.text, unescape(written.html)):
        for importer in importers:
            assert importer.name in part
            assert importer.masked_number in part
        assert not re.search(r"\{\{|\{%|None", part)
    assert len(set(re.findall(r'href="([^"]+/start/[^"]+)"', written.html))) == len(importers)
    assert "\n\n\n" not in written.text


def test_of_several_each_has_its_own_date() -> None:
    soon, past = ahead(3), ahead(-7)
    _importers, written = several([soon, past, soon])
    assert "Late is not lost" in written.text
    assert f"by {soon.deadline.day} {soon.deadline:%B}" in written.subject
    method, [event] = events(written)
    assert method == "PUBLISH"
    assert event.decoded("dtstart") == soon.deadline
    assert "Anders And ApS, Cykler & Co" in event["SUMMARY"]


def test_of_several_that_are_all_late_the_subject_says_so() -> None:
    assert "late, not lost" in several([ahead(-7)] * 3)[1].subject


def test_several_cost_as_many_queries_as_one(django_assert_max_num_queries: Any) -> None:
    importers = [ImporterFactory.create(contact_email="mette@nordlys.example") for _n in range(12)]
    campaign = ahead()
    rows = [reminder(one, campaign) for one in importers]
    rows = list(
        Notification.objects.select_related("importer__assigned_to", "campaign").filter(mail__in=[r.mail for r in rows])
    )
    with django_assert_max_num_queries(8):
        write(rows)


# The deadline in the calendar


@pytest.mark.parametrize(("language", "word"), [("en", "Date for refunds"), ("da", "Frist for refusion")])
def test_the_deadline_goes_along_for_the_calendar(importer: ImporterOfRecord, language: str, word: str) -> None:
    campaign = ahead()
    method, [event] = events(write(reminder(importer, campaign, language)))
    assert method == "PUBLISH"
    assert event.decoded("dtstart") == campaign.deadline
    assert str(event["SUMMARY"]).startswith(word)
    assert "Nordlys & Søn ApS" in event["SUMMARY"]
    assert "/start/" not in event["DESCRIPTION"]
    assert re.findall(r"https?://\S+", event["DESCRIPTION"]) == [f"{settings.PUBLIC_URL}/"]


def test_a_moved_deadline_moves_the_entry(importer: ImporterOfRecord) -> None:
    campaign = ahead()
    _method, [first] = events(write(sent(reminder(importer, campaign))))
    campaign.deadline += timedelta(days=30)
    campaign.save()
    later = reminder(importer, campaign, not_before=timezone.now() + timedelta(days=2))
    _method, [second] = events(write(later))
    assert second["UID"] == first["UID"]
    assert int(second["SEQUENCE"]) > int(first["SEQUENCE"])
    assert second.decoded("dtstart") == campaign.deadline


def test_it_reaches_mail_programs_as_a_calendar(importer: ImporterOfRecord) -> None:
    row = reminder(importer, ahead())
    parts = list(message(row, write(row)).message().walk())
    [part] = [part for part in parts if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "PUBLISH"
    assert part.get_filename() == "deadline.ics"
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert Calendar.from_ical(content).walk("VEVENT")
    assert {"text/plain", "text/html"} <= {part.get_content_type() for part in parts}


def declared(importer: ImporterOfRecord, campaign: Campaign) -> User:
    """Reminded once, and then done but for us."""
    sent(reminder(importer, campaign))
    return walkthrough.declared(importer, StaffFactory.create())


def test_the_receipt_takes_the_entry_away(importer: ImporterOfRecord) -> None:
    campaign = ahead()
    _method, [published] = events(write(reminder(importer, campaign)))
    declared(importer, campaign)
    method, [event] = events(write(Notification.objects.get(kind=MailKind.RECEIPT)))
    assert method == "CANCEL"
    assert event["UID"] == published["UID"]
    assert event["STATUS"] == "CANCELLED"
    assert int(event["SEQUENCE"]) >= int(published["SEQUENCE"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_contact_who_was_reminded_is_told_too_when_the_officer_is_somebody_else(
    importer: ImporterOfRecord, language: str
) -> None:
    staff = StaffFactory.create()
    officer = walkthrough.invited(importer, staff)
    walkthrough.before(importer, officer)
    walkthrough.on_5106(importer, staff)
    walkthrough.in_ace(importer, officer)
    contact = UserFactory.create(email="lise@nordlys.example", language=language)
    ImporterOfRecord.objects.filter(pk=importer.pk).update(contact_email=contact.email, contact_name="Lise Holm")
    importer.refresh_from_db()
    grant(importer, contact, by=staff)
    sent(reminder(importer, ahead()))
    steps.declare(importer, by=officer, digest=walkthrough.digest(importer))
    edit_firm(by=staff, ach_enrolled=True, importer_number="36-7654321")
    filings.record_4811_checks(importer, by=staff, on_profile=True, box_28=True)
    filings.verify(importer, by=staff, digest=walkthrough.digest(importer))
    for kind in (MailKind.RECEIPT, MailKind.READY):
        rows = Notification.objects.filter(kind=kind)
        assert {row.to_email for row in rows} == {officer.email, contact.email}
        row = rows.get(to_email=contact.email)
        assert (row.to_name, row.language) == ("Lise Holm", language)
        letter = write(row)
        assert events(letter)[0] == "CANCEL"
        assert not re.search("you declared|your declaration|erklærede du|din erklæring", letter.subject + letter.text)


def test_a_contact_who_was_not_reminded_or_may_not_come_in_is_not_told(importer: ImporterOfRecord) -> None:
    staff = StaffFactory.create()
    walkthrough.invited(importer, staff)
    filings.tell_reminded_contact(importer, MailKind.READY, told="officer@nordlys.example", by=staff)
    sent(reminder(importer, ahead()))
    filings.tell_reminded_contact(importer, MailKind.READY, told=importer.contact_email.upper(), by=staff)
    importer.accesses.update(revoked_at=timezone.now(), revoked_by=staff)
    filings.tell_reminded_contact(importer, MailKind.READY, told="officer@nordlys.example", by=staff)
    assert not Notification.objects.filter(kind=MailKind.READY).exists()


def test_as_long_as_another_importer_of_theirs_is_open_it_stays(importer: ImporterOfRecord) -> None:
    campaign = ahead()
    other = ImporterFactory.create(contact_email=importer.contact_email)
    sent(reminder(other, campaign))
    declared(importer, campaign)
    receipt = Notification.objects.get(kind=MailKind.RECEIPT)
    assert write(receipt).files == ()
    walkthrough.declared(other, StaffFactory.create())
    method, _events = events(write(receipt))
    assert method == "CANCEL"


def test_the_first_reminder_of_a_campaign_that_replaces_another_takes_the_old_date_away(
    importer: ImporterOfRecord,
) -> None:
    old = ahead(5)
    _method, [published] = events(write(sent(reminder(importer, old))))
    new = ahead(30)
    old.superseded_by = new
    old.save()
    first = reminder(importer, new, not_before=timezone.now() + timedelta(days=1))
    cancel, publish = write(first).files
    [event] = read(cancel)
    assert (cancel.method, publish.method) == ("CANCEL", "PUBLISH")
    assert event["UID"] == published["UID"]
    assert int(event["SEQUENCE"]) > int(published["SEQUENCE"])
    sent(first)
    assert len(write(reminder(importer, new)).files) == 1, "and says so once"


def test_who_was_never_reminded_has_nothing_to_take_away(importer: ImporterOfRecord) -> None:
    ahead()
    walkthrough.declared(importer, StaffFactory.create())
    assert write(Notification.objects.get(kind=MailKind.RECEIPT)).files == ()


# Headers


def test_it_can_be_stopped_with_one_click_and_says_that_no_person_wrote_it(
    importer: ImporterOfRecord,
) -> None:
    row = reminder(importer, ahead())
    headers = message(row, write(row)).message()
    address = str(headers["List-Unsubscribe"])
    assert address.startswith(f"<{settings.PUBLIC_URL}/reminders/stop/")
    assert read_stop_token(address.rstrip("/>").rpartition("/")[2]) == row.uuid
    assert headers["List-Unsubscribe-Post"] == ONE_CLICK
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"] == f"<{row.mail}@{settings.PUBLIC_HOST}>"


def test_the_link_stands_in_the_mail_too(importer: ImporterOfRecord) -> None:
    written = write(reminder(importer, ahead()))
    assert f"{settings.PUBLIC_URL}/reminders/stop/" in written.text
    assert f"{settings.PUBLIC_URL}/reminders/stop/" in written.html


@pytest.mark.parametrize("kind", [MailKind.INVITATION, MailKind.NEW_LINK, MailKind.READY])
def test_what_somebody_needs_cannot_be_stopped(importer: ImporterOfRecord, kind: MailKind) -> None:
    row = NotificationFactory.create(importer=importer, kind=kind)
    assert "List-Unsubscribe" not in message(row, write(row)).message()


def test_several_of_one_person_have_one_message_id(importer: ImporterOfRecord) -> None:
    campaign = ahead()
    first = reminder(importer, campaign)
    second = reminder(ImporterFactory.create(), campaign, mail=first.mail)
    assert message(first, write([first, second])).extra_headers["Message-ID"] == second.message_id
