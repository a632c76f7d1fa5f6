"""A deadline as an entry for the reader's own calendar (RFC 5545, RFC 5546)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from icalendar import Calendar, Event, vCalAddress, vText

PRODUCT = "-//ACE onboarding portal//Deadlines//EN"
COUNTED_FROM = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Method(StrEnum):
    PUBLISH = "PUBLISH"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class DeadlineEntry:
    """`written_at` is when the mail was put in: later mails about the same deadline replace earlier ones."""

    person: str
    campaign: str
    host: str
    day: date
    written_at: datetime
    title: str
    text: str
    language: str
    firm: str
    firm_email: str

    @property
    def uid(self) -> str:
        """One for each person and campaign, whatever the day; nobody can read either from it."""
        return f"{uuid5(NAMESPACE_URL, f'{self.host}/{self.campaign}/{self.person.lower()}')}@{self.host}"

    @property
    def sequence(self) -> int:
        """Rises with every mail without being kept anywhere: seconds, which fill 31 bits in the year 2094."""
        return max(0, (self.written_at - COUNTED_FROM) // SECOND)


def calendar_file(method: Method, entries: Iterable[DeadlineEntry]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for entry in entries:
        calendar.add_component(_event(method, entry))
    content: bytes = calendar.to_ical()
    return content


def _event(method: Method, entry: DeadlineEntry) -> Event:
    """All day long and without an alarm: the reminders remind, and nobody's time is taken."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.written_at.astimezone(UTC))
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + timedelta(days=1))
    event.add("summary", entry.title, parameters={"LANGUAGE": entry.language})
    event.add("description", entry.text, parameters={"LANGUAGE": entry.language})
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    organizer = vCalAddress(f"mailto:{entry.firm_email}")
    organizer.params["CN"] = vText(entry.firm)
    event["organizer"] = organizer
    return event
