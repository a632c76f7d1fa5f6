"""Which reminder is due: slots counted from the deadline, each on a working day where the person is."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count, takewhile

from importers.domain.facts import ReminderFacts, Timetable
from importers.domain.hours import Place, first_working_day, is_open, last_working_day
from importers.domain.stuck import holds_reminders

SETTLE = timedelta(hours=24)  # after joining, nobody is reminded for a day
WEEK = 7


@dataclass(frozen=True, slots=True)
class Reminder:
    """A slot `days` before the deadline (negative: after it)."""

    days: int

    @property
    def slot(self) -> str:
        return f"T-{self.days}" if self.days >= 0 else f"T+{-self.days}"

    def opens_at(self, deadline: date, place: Place) -> datetime:
        """The morning of its day. If nobody works then: before the deadline the last working day ahead of it, so that
        no warning comes too late; after the deadline the next one."""
        day = deadline - timedelta(days=self.days)
        if self.days >= 0:
            return place.opens(last_working_day(day, place.country))
        return place.opens(first_working_day(day, place.country))


@dataclass(frozen=True, slots=True)
class Due:
    reminder: Reminder
    step: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Why nothing is sent now: one of `SKIP_REASONS`."""

    reason: str


SKIP_REASONS = (
    "done", "waiting", "paused", "asked", "no_access", "no_email", "opted_out", "dead_mailbox", "too_early", "sent",
    "recent", "quiet", "collapsed", "not_computed", "no_campaign",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """A slot of this campaign that this importer was written to in ("" for any other mail), or when a mail went to this
    person, or both. What is still on its way counts as going now."""

    slot: str
    at: datetime | None = None


def opened(timetable: Timetable, place: Place, now: datetime) -> Iterator[Reminder]:
    """The slots that have opened, latest first."""
    weeks = (place.local(now).date() - timetable.deadline).days // WEEK
    after = range(weeks if timetable.weeks_after is None else min(weeks, timetable.weeks_after), 0, -1)
    latest_first = [*(Reminder(-week * WEEK) for week in after), *map(Reminder, sorted(timetable.days))]
    return (slot for slot in latest_first if slot.opens_at(timetable.deadline, place) <= now)


@lru_cache(maxsize=1024)
def current(timetable: Timetable, place: Place, now: datetime) -> Reminder | None:
    """The latest slot that has opened; earlier ones that were missed collapse into it. None before the first."""
    return next(opened(timetable, place, now), None)


def upcoming(timetable: Timetable, place: Place, now: datetime) -> tuple[Reminder, datetime] | None:
    """The next slot that will open, and when; of several that open together the last. None when none is left."""
    ahead = ((slot, slot.opens_at(timetable.deadline, place)) for slot in _from(timetable, place.local(now).date()))
    coming = (pair for pair in ahead if pair[1] > now)
    first = next(coming, None)
    if first is None:
        return None
    return [first, *takewhile(lambda pair: pair[1] == first[1], coming)][-1]


def _from(timetable: Timetable, today: date) -> Iterator[Reminder]:
    """In the order of time; of the weekly ones those that can still be ahead."""
    yield from map(Reminder, sorted(timetable.days, reverse=True))
    begun = max(1, (today - timetable.deadline).days // WEEK - 2)  # a closed fortnight is the longest there is
    weeks = count(begun) if timetable.weeks_after is None else range(begun, timetable.weeks_after + 1)
    yield from (Reminder(-week * WEEK) for week in weeks)


def due(facts: ReminderFacts, history: Collection[Sent], now: datetime) -> Due | Skip:
    """`history` is what this person was mailed, about whichever importer; `now` must be aware."""
    reminder = current(facts.timetable, facts.place, now)
    if reminder is None:
        return Skip("too_early")
    if reason := _barred(facts, now):
        return Skip(reason)
    if any(sent.slot == reminder.slot for sent in history) or _is_overtaken(reminder, facts, history):
        return Skip("sent")
    if _has_just_heard(facts, history, now):
        return Skip("recent")
    if not is_open(now, facts.place):
        return Skip("quiet")
    return Due(reminder, facts.open_step)


def _is_overtaken(reminder: Reminder, facts: ReminderFacts, history: Collection[Sent]) -> bool:
    """Since it opened this importer was written to in another slot: the dates were changed."""
    opens_at = reminder.opens_at(facts.timetable.deadline, facts.place)
    return any(sent.slot and sent.at and sent.at >= opens_at for sent in history)


def _has_just_heard(facts: ReminderFacts, history: Collection[Sent], now: datetime) -> bool:
    """One mail a day, by the day where the person is."""
    local = facts.place.local
    heard_today = any(sent.at and local(sent.at).date() == local(now).date() for sent in history)
    return heard_today or facts.joined_at <= now < facts.joined_at + SETTLE


def _barred(facts: ReminderFacts, now: datetime) -> str:
    if facts.done:
        return "done"
    if not facts.open_step:
        return "waiting"
    if not facts.email:
        return "no_email"
    if facts.is_dead:
        return "dead_mailbox"
    if facts.opted_out:
        return "opted_out"
    if not facts.may_come_in:
        return "no_access"
    if facts.paused_until is not None and facts.place.local(now).date() <= facts.paused_until:
        return "paused"
    if holds_reminders(facts.asked_at, now):
        return "asked"
    return ""
