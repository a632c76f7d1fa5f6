"""Whom a reminder may be for, as the rules look at them: read in batches, each in the same few queries."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from importers.domain.facts import ReminderFacts
from importers.domain.hours import Place, zone_of
from importers.domain.reminders import Sent
from importers.models import (
    Campaign,
    ImporterAccess,
    ImporterOfRecord,
    Mailbox,
    MailKind,
    MailState,
    Notification,
    Question,
    User,
)

BATCH = 2000
# After any of these nobody is reminded on the same day.
TO_THE_IMPORTER = (
    MailKind.INVITATION,
    MailKind.OFFICER_INVITATION,
    MailKind.NEW_LINK,
    MailKind.REMINDER,
    MailKind.RECEIPT,
    MailKind.RETURNED,
    MailKind.READY,
    MailKind.ANSWER,
)
UNDER_WAY = (MailState.PENDING, MailState.SENDING)
NOT_WRITTEN = (MailState.SKIPPED, MailState.DROPPED)
AROUND = timedelta(days=2)  # more than a day in any time zone


@dataclass(frozen=True, slots=True)
class Slot:
    """A row of the ledger."""

    pk: int
    state: str
    reason: str
    sent_at: datetime | None

    @property
    def is_written(self) -> bool:
        return self.state not in NOT_WRITTEN


@dataclass(slots=True)
class Candidate:
    """One importer. `step` is the next that waits for them; `to_email` whoever is to do it."""

    pk: int
    uuid: UUID
    name: str
    language: str
    country: str
    time_zone: str
    contact_name: str
    contact_email: str
    created_at: datetime
    paused_until: date | None
    invited_at: datetime | None
    done: int | None
    total: int
    step: str
    officer_name: str
    officer_email: str
    slots: dict[tuple[int, str], Slot] = field(default_factory=dict)
    accesses: list[tuple[str, bool]] = field(default_factory=list)
    asked_at: datetime | None = None
    heard: list[datetime] = field(default_factory=list)
    opted_out: bool = False
    is_dead: bool = False
    is_staff: bool = False

    @property
    def has_readiness(self) -> bool:
        return self.done is not None

    @property
    def to(self) -> tuple[str, str]:
        """Name and e-mail. Only the officer declares; every other step is for the person on the client list."""
        if self.step == "inform-broker" and self.officer_email:
            return self.officer_name, self.officer_email
        return self.contact_name, self.contact_email

    @property
    def mailbox(self) -> str:
        return self.to[1].lower()

    @property
    def may_come_in(self) -> bool:
        """Whoever staff shut out gets no mail about what is behind the door. Who was never invited is let in with the
        reminder, unless it is one of the broker's own people."""
        theirs = [is_open for email, is_open in self.accesses if email == self.mailbox]
        return any(theirs) if theirs else self.mailbox == self.contact_email.lower() and not self.is_staff

    def place(self, otherwise: str) -> Place:
        return Place(self.country, self.time_zone or zone_of(self.country, otherwise=otherwise))

    def facts(self, campaign: Campaign) -> ReminderFacts:
        return ReminderFacts(
            done=self.done == self.total,
            open_step=self.step,
            email=self.to[1],
            timetable=campaign.timetable,
            place=self.place(campaign.time_zone),
            joined_at=self.created_at,
            paused_until=self.paused_until,
            may_come_in=self.may_come_in,
            opted_out=self.opted_out,
            is_dead=self.is_dead,
            asked_at=self.asked_at,
        )

    def history(self, campaign: Campaign) -> list[Sent]:
        """What was dropped or never written counts for nothing."""
        slots = [slot for (pk, slot), row in self.slots.items() if pk == campaign.pk and row.is_written]
        return [*(Sent(slot) for slot in slots), *(Sent("", at) for at in self.heard)]


COLUMNS = (
    "pk", "uuid", "name", "language", "country", "time_zone", "contact_name", "contact_email", "created_at",
    "paused_until", "invited_at", "readiness__done", "readiness__total", "readiness__importer_step", "officer__name",
    "officer__email",
)  # fmt: skip


def candidates(now: datetime, *, among: QuerySet[ImporterOfRecord] | None = None) -> Iterator[list[Candidate]]:
    """In the order of their contact's address, so that one person's importers stand together."""
    rows = ImporterOfRecord.objects.all() if among is None else among
    rows, following = rows.annotate(mailbox=Lower("contact_email")).order_by("mailbox", "pk"), Q()
    staff = frozenset(User.objects.filter(is_staff=True).values_list(Lower("email"), flat=True))
    while batch := list(rows.filter(following).values_list("mailbox", *COLUMNS)[:BATCH]):
        mailbox, pk = batch[-1][:2]
        following = Q(mailbox__gt=mailbox) | Q(mailbox=mailbox, pk__gt=pk)
        found = {values[1]: _candidate(values) for values in batch}
        _add_slots(found)
        _add_accesses(found)
        _add_questions(found)
        _add_mailboxes(found.values(), now, staff)
        yield list(found.values())


def _candidate(values: Sequence[Any]) -> Candidate:
    """Left out by the join, what is not there comes as None."""
    known = [*values[1:-3], *(text or "" for text in values[-3:])]
    return Candidate(*known)


def _add_slots(found: dict[int, Candidate]) -> None:
    rows = Notification.objects.filter(kind=MailKind.REMINDER, importer__in=found)
    columns = ("importer_id", "campaign_id", "slot", "pk", "state", "reason", "sent_at")
    for importer, campaign, slot, *row in rows.values_list(*columns):
        found[importer].slots[campaign, slot] = Slot(*row)


def _add_accesses(found: dict[int, Candidate]) -> None:
    rows = ImporterAccess.objects.filter(importer__in=found).annotate(mailbox=Lower("user__email"))
    for importer, mailbox, revoked_at, is_active in rows.values_list(
        "importer_id", "mailbox", "revoked_at", "user__is_active"
    ):
        found[importer].accesses.append((mailbox, revoked_at is None and is_active))


def _add_questions(found: dict[int, Candidate]) -> None:
    rows = Question.objects.open().filter(importer__in=found).order_by().values("importer_id")
    for importer, asked_at in rows.annotate(newest=Max("asked_at")).values_list("importer_id", "newest"):
        found[importer].asked_at = asked_at


def _add_mailboxes(found: Collection[Candidate], now: datetime, staff: frozenset[str]) -> None:
    """What is known of the address, about whichever importer it was."""
    by_mailbox: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in found:
        candidate.is_staff = candidate.mailbox in staff
        by_mailbox[candidate.mailbox].append(candidate)
    for mailbox, at in _heard(by_mailbox, now):
        for candidate in by_mailbox[mailbox]:
            candidate.heard.append(at)
    known = Mailbox.objects.annotate(mailbox=Lower("email")).filter(mailbox__in=by_mailbox)
    for mailbox, opted_out_at, dead_at in known.values_list("mailbox", "opted_out_at", "dead_at"):
        for candidate in by_mailbox[mailbox]:
            candidate.opted_out, candidate.is_dead = opted_out_at is not None, dead_at is not None


def _heard(mailboxes: Collection[str], now: datetime) -> Iterator[tuple[str, datetime]]:
    """When each address was mailed around this day. What is still under way may arrive at this very moment."""
    rows = Notification.objects.annotate(mailbox=Lower("to_email")).filter(
        mailbox__in=mailboxes, kind__in=TO_THE_IMPORTER
    )
    for mailbox, sent_at in rows.filter(sent_at__range=(now - AROUND, now + AROUND)).values_list("mailbox", "sent_at"):
        if sent_at is not None:
            yield mailbox, sent_at
    for mailbox in rows.filter(state__in=UNDER_WAY).values_list("mailbox", flat=True).distinct():
        yield mailbox, timezone.now()
