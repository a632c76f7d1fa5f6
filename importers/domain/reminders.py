"""Which reminder is due: slots counted from the deadline, in the campaign's own time zone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from importers.domain.facts import ReminderFacts
from importers.domain.stuck import holds_reminders

SEND_AT = time(8, 0)  # campaign's local time
SETTLE = timedelta(hours=24)  # after joining or any other mail, nobody hears from us again for a day


@dataclass(frozen=True, slots=True)
class Reminder:
    """A slot `days` before the deadline (negative: after it)."""

    days: int

    @property
    def slot(self) -> str:
        return f"T-{self.days}" if self.days >= 0 else f"T+{-self.days}"


REMINDERS: tuple[Reminder, ...] = tuple(map(Reminder, (28, 14, 7, 3, 1, 0)))
WEEKLY_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Due:
    reminder: Reminder
    step: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Why nothing is sent now: one of `SKIP_REASONS`."""

    reason: str


SKIP_REASONS = (
    "done", "waiting", "paused", "asked", "no_access", "no_email", "too_early", "sent", "recent", "not_computed",
    "no_campaign",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that went out or is on its way: its slot ("" for anything but a reminder) and when."""

    slot: str
    at: datetime


def opens_at(deadline: date, days: int, time_zone: str) -> datetime:
    return datetime.combine(deadline - timedelta(days=days), SEND_AT, ZoneInfo(time_zone))


def current(deadline: date, time_zone: str, now: datetime) -> Reminder | None:
    """The latest slot that has opened; earlier ones that were missed collapse into it. None before the first."""
    local = now.astimezone(ZoneInfo(time_zone))
    days_left = (deadline - local.date()).days - (0 if local.time() >= SEND_AT else -1)
    if days_left < 0 and (weeks := -days_left // WEEKLY_AFTER.days):
        return Reminder(-weeks * WEEKLY_AFTER.days)
    opened = [reminder for reminder in REMINDERS if reminder.days >= days_left]
    return min(opened, key=lambda reminder: reminder.days, default=None)


def upcoming(deadline: date, time_zone: str, now: datetime) -> tuple[Reminder, datetime]:
    """The next slot that will open, and when. After the deadline there is one every week."""
    for reminder in REMINDERS:
        if (at := opens_at(deadline, reminder.days, time_zone)) > now:
            return reminder, at
    week = WEEKLY_AFTER.days
    weeks = max(1, (now.astimezone(ZoneInfo(time_zone)).date() - deadline).days // week)
    while (at := opens_at(deadline, -weeks * week, time_zone)) <= now:
        weeks += 1
    return Reminder(-weeks * week), at


def due(facts: ReminderFacts, history: Collection[Sent], now: datetime) -> Due | Skip:
    """`history` is this importer's mail in this campaign; `now` must be aware."""
    reminder = current(facts.deadline, facts.time_zone, now)
    if reminder is None:
        return Skip("too_early")
    if reason := _barred(facts, now):
        return Skip(reason)
    if any(sent.slot == reminder.slot for sent in history):
        return Skip("sent")
    moments = [facts.joined_at, *(sent.at for sent in history)]
    if any(moment <= now < moment + SETTLE for moment in moments):
        return Skip("recent")
    return Due(reminder, facts.open_step)


def _barred(facts: ReminderFacts, now: datetime) -> str:
    today = now.astimezone(ZoneInfo(facts.time_zone)).date()
    if facts.done:
        return "done"
    if not facts.open_step:
        return "waiting"
    if not facts.email:
        return "no_email"
    if not facts.may_come_in:
        return "no_access"
    if facts.paused_until is not None and today <= facts.paused_until:
        return "paused"
    if holds_reminders(facts.asked_at, now):
        return "asked"
    return ""
