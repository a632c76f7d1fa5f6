"""The clock is walked through a year, over both changes to and from summer time in Europe and America, the year's end
and 29 February. What goes out on each day is compared with a calendar that is made another way: from the days, not from
the slots, with the holidays written out."""

from datetime import UTC, date, datetime, timedelta

import pytest

from importers.domain.facts import ReminderFacts, Timetable
from importers.domain.hours import Place
from importers.domain.reminders import Due, Sent, due

BEGIN, END = date(2027, 7, 1), date(2028, 6, 30)
DAYS = [BEGIN + timedelta(days=n) for n in range((END - BEGIN).days + 1)]
OFF = {
    "DK": "2027-12-24 2027-12-31 2028-04-13 2028-04-14 2028-04-17 2028-05-01 2028-05-25 2028-06-05",
    "US": "2027-07-05 2027-09-06 2027-10-11 2027-11-11 2027-11-25 2027-12-24 2027-12-31 2028-01-17 2028-02-21 "
    "2028-05-29 2028-06-19",
}
PLACES = [Place("DK", "Europe/Copenhagen"), Place("US", "America/New_York"), Place("US", "America/Los_Angeles")]
DEADLINES = {
    "summer time ends in Europe": date(2027, 10, 31),
    "summer time ends in America": date(2027, 11, 7),
    "the year's last day": date(2027, 12, 31),
    "29 February": date(2028, 2, 29),
    "summer time begins in America": date(2028, 3, 12),
    "summer time begins in Europe": date(2028, 3, 26),
    "Easter Monday": date(2028, 4, 17),
}


def oracle(country: str, deadline: date) -> dict[date, str]:
    """Day by day: which slots have this working day as theirs; of several the one that is nearest to the deadline or
    furthest past it."""
    off = {date.fromisoformat(day) for day in OFF[country].split()}
    working = [day for day in DAYS if day.isoweekday() <= 5 and day not in off]
    found = {}
    for before, today, after in zip([date.min, *working], working, [*working[1:], date.max], strict=False):
        here = [n for n in (0, 1, 3, 7, 14, 28) if today <= deadline - timedelta(days=n) < after]
        weeks = [n for n in range(7, 371, 7) if before < deadline + timedelta(days=n) <= today]
        if weeks:
            found[today] = f"T+{max(weeks)}"
        elif here:
            found[today] = f"T-{min(here)}"
    return found


def walked(place: Place, deadline: date) -> dict[date, str]:
    """The clock is asked every six hours; each answer is that day's mail."""
    facts = ReminderFacts(
        done=False,
        open_step="company",
        email="mette@nordlys.example",
        timetable=Timetable(deadline),
        place=place,
        joined_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
    now, sent, found = datetime(2027, 7, 1, 12, tzinfo=UTC), list[Sent](), dict[date, str]()
    while (today := place.local(now).date()) <= END:
        decision = due(facts, sent, now)
        if isinstance(decision, Due):
            assert today not in found
            found[today] = decision.reminder.slot
            sent.append(Sent(decision.reminder.slot, now))
        now += timedelta(hours=6)
    return found


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.time_zone)
@pytest.mark.parametrize("deadline", DEADLINES.values(), ids=DEADLINES.keys())
def test_what_is_due_on_each_day_of_a_year(place: Place, deadline: date) -> None:
    expected = oracle(place.country, deadline)
    assert walked(place, deadline) == expected
    assert len(expected) > 10, "an empty calendar would prove nothing"
