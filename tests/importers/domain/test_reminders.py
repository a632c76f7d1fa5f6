from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.facts import ReminderFacts
from importers.domain.reminders import (
    SETTLE,
    SKIP_REASONS,
    Due,
    Sent,
    Skip,
    current,
    due,
    opens_at,
    upcoming,
)

CPH = "Europe/Copenhagen"
DEADLINE = date(2027, 4, 21)
FACTS = ReminderFacts(
    done=False,
    open_step="company",
    email="mette@nordlys.example",
    deadline=DEADLINE,
    time_zone=CPH,
    joined_at=datetime(2026, 11, 1, tzinfo=UTC),
)


def at(text: str, zone: str = CPH) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        ("2027-03-24T07:59", None),
        ("2027-03-24T08:00", "T-28"),
        ("2027-04-07T07:59", "T-28"),
        ("2027-04-07T08:00", "T-14"),
        ("2027-04-14T09:00", "T-7"),
        ("2027-04-18T09:00", "T-3"),
        ("2027-04-20T09:00", "T-1"),
        ("2027-04-21T07:00", "T-1"),
        ("2027-04-21T09:00", "T-0"),
        ("2027-04-22T09:00", "T-0"),
        ("2027-04-28T07:59", "T-0"),
        ("2027-04-28T08:00", "T+7"),
        ("2027-05-05T08:00", "T+14"),
        ("2028-04-19T08:00", "T+364"),
    ],
)
def test_the_current_slot_is_the_latest_that_has_opened(moment: str, slot: str | None) -> None:
    reminder = current(DEADLINE, CPH, at(moment))
    assert (reminder.slot if reminder else None) == slot


def test_the_campaigns_own_clock_counts() -> None:
    moment = datetime(2027, 4, 7, 7, 30, tzinfo=UTC)  # 09:30 in Copenhagen, 03:30 in New York
    assert current(DEADLINE, CPH, moment).slot == "T-14"  # type: ignore[union-attr]
    assert current(DEADLINE, "America/New_York", moment).slot == "T-28"  # type: ignore[union-attr]


NOW = at("2027-04-07T10:00")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"done": True, "open_step": ""}, "done"),
        ({"open_step": ""}, "waiting"),
        ({"email": ""}, "no_email"),
        ({"may_come_in": False}, "no_access"),
        ({"paused_until": date(2027, 4, 7)}, "paused"),
        ({"joined_at": NOW - timedelta(hours=23)}, "recent"),
        ({"deadline": date(2027, 6, 1)}, "too_early"),
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
        {"joined_at": NOW - timedelta(hours=24)},
        {"joined_at": NOW + timedelta(days=3)},  # looking at a day before the importer came
    ],
)
def test_who_is_reminded(change: dict[str, Any]) -> None:
    decision = due(replace(FACTS, **change), [], NOW)
    assert isinstance(decision, Due)
    assert (decision.reminder.slot, decision.step) == ("T-14", "company")


def test_a_slot_goes_out_once_and_missed_ones_never() -> None:
    late = at("2027-04-14T10:00")
    assert due(FACTS, [Sent("T-14", NOW)], NOW + timedelta(days=3)) == Skip("sent")
    decision = due(FACTS, [Sent("T-28", at("2027-03-24T08:01"))], late)
    assert isinstance(decision, Due)
    assert decision.reminder.slot == "T-7"


def test_nobody_hears_from_us_twice_in_a_day() -> None:
    assert due(FACTS, [Sent("", NOW - timedelta(hours=2))], NOW) == Skip("recent")
    assert isinstance(due(FACTS, [Sent("", NOW - SETTLE)], NOW), Due)


@given(
    st.datetimes(datetime(2026, 12, 1), datetime(2028, 3, 1)),  # noqa: DTZ001 - the zone is the second draw
    st.sampled_from([CPH, "America/New_York", "America/Los_Angeles", "Asia/Tokyo"]),
    st.dates(date(2026, 12, 1), date(2028, 3, 1)),
)
def test_the_slot_is_the_one_an_oracle_finds_by_counting_moments(naive: datetime, zone: str, deadline: date) -> None:
    now = naive.replace(tzinfo=UTC)
    weeks = [-7 * n for n in range(1, 80)]
    opened = [d for d in (28, 14, 7, 3, 1, 0, *weeks) if opens_at(deadline, d, zone) <= now]
    reminder = current(deadline, zone, now)
    assert (reminder.days if reminder else None) == min(opened, default=None)


@given(st.lists(st.integers(0, 24 * 7), min_size=1, max_size=120))
def test_walking_the_clock_never_doubles_and_never_crowds(steps: list[int]) -> None:
    now, sent = at("2027-03-01T00:00"), list[Sent]()
    for hours in steps:
        now += timedelta(hours=hours)
        decision = due(FACTS, sent, now)
        if isinstance(decision, Due):
            sent.append(Sent(decision.reminder.slot, now))
    slots = [s.slot for s in sent]
    assert len(set(slots)) == len(slots)
    assert all(b.at - a.at >= SETTLE for a, b in pairwise(sent))


@pytest.mark.parametrize(
    ("now", "slot", "at"),
    [
        ("2027-01-01T12:00+01:00", "T-28", "2027-03-24T08:00+01:00"),
        ("2027-03-24T07:59+01:00", "T-28", "2027-03-24T08:00+01:00"),
        ("2027-03-24T08:00+01:00", "T-14", "2027-04-07T08:00+02:00"),  # summer time began on 28 March
        ("2027-04-21T07:00+02:00", "T-0", "2027-04-21T08:00+02:00"),
        ("2027-04-21T08:00+02:00", "T+7", "2027-04-28T08:00+02:00"),
        ("2027-04-28T08:00+02:00", "T+14", "2027-05-05T08:00+02:00"),
        ("2028-04-21T09:00+02:00", "T+371", "2028-04-26T08:00+02:00"),
    ],
)
def test_the_next_slot_that_opens(now: str, slot: str, at: str) -> None:
    reminder, opens = upcoming(date(2027, 4, 21), "Europe/Copenhagen", datetime.fromisoformat(now))
    assert (reminder.slot, opens) == (slot, datetime.fromisoformat(at))
