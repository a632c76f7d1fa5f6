from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.facts import ReminderFacts, Timetable
from importers.domain.hours import Place
from importers.domain.reminders import SKIP_REASONS, Due, Reminder, Sent, Skip, current, due, upcoming

DK = Place("DK", "Europe/Copenhagen")
US = Place("US", "America/New_York")
TABLE = Timetable(date(2027, 4, 21))
FACTS = ReminderFacts(
    done=False,
    open_step="company",
    email="mette@nordlys.example",
    timetable=TABLE,
    place=DK,
    joined_at=datetime(2026, 11, 1, tzinfo=UTC),
)


def at(text: str, zone: str = DK.time_zone) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        ("2027-03-24T07:59", None),
        ("2027-03-24T08:00", "T-28"),
        ("2027-04-07T07:59", "T-28"),
        ("2027-04-07T08:00", "T-14"),
        ("2027-04-14T09:00", "T-7"),
        ("2027-04-15T09:00", "T-7"),
        ("2027-04-16T07:59", "T-7"),
        ("2027-04-16T08:00", "T-3"),  # three days before is a Sunday: the Friday ahead of it
        ("2027-04-20T09:00", "T-1"),
        ("2027-04-21T07:00", "T-1"),
        ("2027-04-21T09:00", "T-0"),
        ("2027-04-28T07:59", "T-0"),
        ("2027-04-28T08:00", "T+7"),
        ("2027-05-05T08:00", "T+14"),
        ("2027-05-26T08:00", "T+35"),
        ("2028-04-19T08:00", "T+364"),
    ],
)
def test_the_current_slot_is_the_latest_that_has_opened(moment: str, slot: str | None) -> None:
    reminder = current(TABLE, DK, at(moment))
    assert (reminder.slot if reminder else None) == slot


def test_the_clock_of_the_person_counts() -> None:
    moment = datetime(2027, 4, 7, 7, 30, tzinfo=UTC)  # 09:30 in Copenhagen, 03:30 in New York
    assert current(TABLE, DK, moment) == Reminder(14)
    assert current(TABLE, US, moment) == Reminder(28)


def test_slots_that_fall_on_one_working_day_are_one_mail() -> None:
    easter = Timetable(date(2027, 3, 29))  # Easter Monday in Denmark; the days from Thursday on are off
    friday = at("2027-03-24T08:00")
    assert current(easter, DK, friday - timedelta(minutes=1)) == Reminder(7)
    assert current(easter, DK, friday) == Reminder(0)
    assert upcoming(easter, DK, friday - timedelta(minutes=1)) == (Reminder(0), friday)


def test_after_the_deadline_the_next_working_day() -> None:
    table = Timetable(date(2027, 5, 10))
    pentecost_monday = at("2027-05-17T09:00")
    assert current(table, DK, pentecost_monday) == Reminder(0)
    assert upcoming(table, DK, pentecost_monday) == (Reminder(-7), at("2027-05-18T08:00"))
    assert current(table, DK, at("2027-05-18T08:00")) == Reminder(-7)


def test_weekly_reminders_can_have_an_end() -> None:
    table = replace(TABLE, weeks_after=2)
    assert current(table, DK, at("2028-01-03T09:00")) == Reminder(-14)
    assert upcoming(table, DK, at("2027-05-05T07:00")) == (Reminder(-14), at("2027-05-05T08:00"))
    assert upcoming(table, DK, at("2027-05-05T08:00")) is None
    assert current(replace(TABLE, weeks_after=0), DK, at("2028-01-03T09:00")) == Reminder(0)


def test_a_campaign_has_slots_of_its_own() -> None:
    table = replace(TABLE, days=(2, 30))
    assert upcoming(table, DK, at("2027-01-01T12:00")) == (Reminder(30), at("2027-03-22T08:00"))
    assert current(table, DK, at("2027-04-19T08:00")) == Reminder(2)


NOW = at("2027-04-07T10:00")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"done": True, "open_step": ""}, "done"),
        ({"open_step": ""}, "waiting"),
        ({"email": ""}, "no_email"),
        ({"may_come_in": False}, "no_access"),
        ({"opted_out": True}, "opted_out"),
        ({"is_dead": True}, "dead_mailbox"),
        ({"paused_until": date(2027, 4, 7)}, "paused"),
        ({"asked_at": NOW - timedelta(days=6)}, "asked"),
        ({"joined_at": NOW - timedelta(hours=23)}, "recent"),
        ({"timetable": Timetable(date(2027, 6, 1))}, "too_early"),
        ({"place": Place("US", "America/New_York"), "timetable": Timetable(date(2027, 4, 20))}, "quiet"),
    ],
)
def test_why_nobody_is_reminded(change: dict[str, Any], reason: str) -> None:
    assert due(replace(FACTS, **change), [], NOW) == Skip(reason)
    assert reason in SKIP_REASONS


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"paused_until": date(2027, 4, 6)},
        {"asked_at": NOW - timedelta(days=7)},
        {"joined_at": NOW - timedelta(hours=24)},
        {"joined_at": NOW + timedelta(days=3)},  # looking at a day before the importer came
    ],
)
def test_who_is_reminded(change: dict[str, Any]) -> None:
    assert due(replace(FACTS, **change), [], NOW) == Due(Reminder(14), "company")


def test_a_slot_goes_out_once_and_missed_ones_never() -> None:
    assert due(FACTS, [Sent("T-14", NOW)], at("2027-04-09T10:00")) == Skip("sent")
    decision = due(FACTS, [Sent("T-28", at("2027-03-24T08:01"))], at("2027-04-14T10:00"))
    assert decision == Due(Reminder(7), "company")


def test_what_was_missed_on_its_day_goes_out_on_the_next_working_day() -> None:
    """The machine was off on Friday; the slot of that day is still the current one on Monday."""
    assert due(FACTS, [], at("2027-04-17T10:00")) == Skip("quiet")
    assert due(FACTS, [], at("2027-04-19T08:00")) == Due(Reminder(3), "company")


def test_a_deadline_that_moves_repeats_no_slot() -> None:
    moved = replace(FACTS, timetable=Timetable(date(2027, 4, 28)))
    history = [Sent("T-28", at("2027-03-24T08:00")), Sent("T-14", at("2027-04-07T08:00"))]
    assert due(moved, history, at("2027-04-14T09:00")) == Skip("sent")
    assert due(moved, history, at("2027-04-21T09:00")) == Due(Reminder(7), "company")


def test_nobody_hears_from_us_twice_in_a_day() -> None:
    assert due(FACTS, [Sent("", at("2027-04-07T00:30"))], NOW) == Skip("recent")
    assert due(FACTS, [Sent("", at("2027-04-06T23:59"))], NOW) == Due(Reminder(14), "company")


ZONES = [DK, US, Place("US", "America/Los_Angeles"), Place("JP", "Asia/Tokyo"), Place("ZZ", "Pacific/Kiritimati")]
places = st.sampled_from(ZONES)
deadlines = st.dates(date(2026, 12, 1), date(2028, 12, 1))


moments = st.integers(0, 450 * 24 * 60).map(
    lambda minutes: datetime(2026, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(moments, places, deadlines)
def test_the_next_slot_follows_the_current_one(now: datetime, place: Place, deadline: date) -> None:
    table = Timetable(deadline)
    before, following = current(table, place, now), upcoming(table, place, now)
    assert following is not None
    reminder, opens = following
    assert opens > now
    assert before is None or before.days > reminder.days
    assert current(table, place, opens - timedelta(seconds=1)) == before
    assert current(table, place, opens) == reminder


def walk(facts: ReminderFacts, moments: Sequence[datetime]) -> list[Sent]:
    sent: list[Sent] = []
    for now in moments:
        decision = due(facts, sent, now)
        if isinstance(decision, Due):
            sent.append(Sent(decision.reminder.slot, now))
    return sent


@given(st.lists(st.integers(0, 24 * 7), min_size=1, max_size=60), places, deadlines)
def test_however_often_the_clock_is_asked(hours: list[int], place: Place, deadline: date) -> None:
    """Never a slot twice, never two mails a day, never in quiet hours, never while paused, never once done."""
    moments = [datetime(2027, 3, 1, tzinfo=UTC) + timedelta(hours=total) for total in accumulate(hours)]
    facts = replace(FACTS, place=place, timetable=Timetable(deadline), paused_until=date(2027, 4, 1))
    sent = walk(facts, moments)
    local = [place.local(mail.at) for mail in sent]
    assert len({mail.slot for mail in sent}) == len(sent)
    assert all(later.date() > earlier.date() for earlier, later in pairwise(local))
    assert all(8 <= moment.hour < 18 and moment.weekday() < 5 for moment in local)
    assert all(moment.date() > date(2027, 4, 1) for moment in local)
    assert walk(replace(facts, done=True), moments) == []
    assert walk(replace(facts, opted_out=True), moments) == []
