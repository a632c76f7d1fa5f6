"""The deadline in a calendar, read again by the library as a mail program would."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from importers.domain.calendar_file import DeadlineEntry, Method, calendar_file

ENTRY = DeadlineEntry(
    person="Mette@nordlys.example",
    campaign="7",
    host="portal.example",
    day=date(2027, 4, 21),
    written_at=datetime(2027, 4, 7, 6, tzinfo=UTC),
    title="Frist for refusion af told; æøå, " + "Nordlys " * 20,
    text="Første linje\nAnden linje",
    language="da",
    firm="ALPI Customs Brokers Inc.",
    firm_email="jar@alpi.dk",
)


def event(entry: DeadlineEntry, method: Method = Method.PUBLISH) -> Any:
    calendar = Calendar.from_ical(calendar_file(method, [entry]))
    assert calendar["METHOD"] == method
    [found] = calendar.walk("VEVENT")
    assert not found.errors
    return found


def test_it_is_a_day_that_takes_nobodys_time() -> None:
    found = event(ENTRY)
    assert found.decoded("dtstart") == date(2027, 4, 21)
    assert found.decoded("dtend") == date(2027, 4, 22)
    assert found["TRANSP"] == "TRANSPARENT"
    assert not found.walk("VALARM")
    assert found["SUMMARY"] == ENTRY.title
    assert found["DESCRIPTION"] == ENTRY.text
    assert found["ORGANIZER"] == "mailto:jar@alpi.dk"


def test_no_line_is_longer_than_calendars_read() -> None:
    lines = calendar_file(Method.PUBLISH, [ENTRY]).split(b"\r\n")
    assert max(map(len, lines)) <= 75


def test_a_moved_deadline_moves_the_same_entry() -> None:
    later = replace(ENTRY, day=date(2027, 5, 3), written_at=ENTRY.written_at + timedelta(days=1))
    assert event(later)["UID"] == event(ENTRY)["UID"]
    assert int(event(later)["SEQUENCE"]) > int(event(ENTRY)["SEQUENCE"])


def test_the_same_mail_sent_twice_says_the_same() -> None:
    assert calendar_file(Method.PUBLISH, [ENTRY]) == calendar_file(Method.PUBLISH, [ENTRY])


def test_cancelling_names_the_same_entry() -> None:
    found = event(replace(ENTRY, written_at=ENTRY.written_at + timedelta(seconds=1)), Method.CANCEL)
    assert found["UID"] == event(ENTRY)["UID"]
    assert found["STATUS"] == "CANCELLED"
    assert int(found["SEQUENCE"]) > int(event(ENTRY)["SEQUENCE"])


@pytest.mark.parametrize("other", [replace(ENTRY, person="lars@nordlys.example"), replace(ENTRY, campaign="8")])
def test_each_person_has_an_entry_of_their_own_for_each_campaign(other: DeadlineEntry) -> None:
    assert event(other)["UID"] != event(ENTRY)["UID"]


def test_the_spelling_of_an_address_makes_no_second_entry() -> None:
    assert event(replace(ENTRY, person="mette@NORDLYS.example"))["UID"] == event(ENTRY)["UID"]


def test_the_number_fits_what_calendars_keep() -> None:
    assert replace(ENTRY, written_at=datetime(2090, 1, 1, tzinfo=UTC)).sequence < 2**31
