"""Whom a reminder may be for, as the rules look at them: read in batches, each in the same few queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, Max, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Concat, Lower
from django.utils import timezone

from importers.domain.facts import ReminderFacts
from importers.domain.hours import Place, known_zone, zone_of
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
from importers.models.notification import TO_THE_IMPORTER

BATCH = 2000
UNDER_WAY = (MailState.PENDING, MailState.SENDING)
NOT_WRITTEN = (MailState.SKIPPED, MailState.DROPPED)
AROUND = timedelta(days=2)  # more than a day in any time zone


@dataclass(frozen=True, slots=True)
class Slot:
    """A row of the ledger."""

    state: str
    reason: str = ""
    sent_at: datetime | None = None
    attempts: int = 0
    mail: UUID | None = None

    @property
    def tried(self) -> UUID | None:
        """The mail that it is of, if that has been handed over before and may have arrived, whatever became of it."""
        return self.mail if self.attempts else None

    @property
    def is_written(self) -> bool:
        return self.state not in NOT_WRITTEN


@dataclass(slots=True)
class Candidate:
    """One importer. `step` is the next that waits for them; `to_email` whoever is to do it, `mailbox` the same in lower
    case, `home` where that person is: country and, if it is not the usual one, time zone."""

    pk: int
    uuid: UUID
    name: str
    language: str
    home: str
    contact_email: str
    created_at: datetime
    paused_until: date | None
    invited_at: datetime | None
    done: int | None
    total: int | None
    step: str
    to_name: str
    to_email: str
    mailbox: str
    slots: dict[tuple[int, str], Slot] = field(default_factory=dict)
    accesses: list[tuple[str, bool]] = field(default_factory=list)
    asked_at: datetime | None = None
    heard: list[datetime] = field(default_factory=list)
    opted_out: bool = False
    is_dead: bool = False
    is_kept_out: bool = False

    @property
    def has_readiness(self) -> bool:
        return self.done is not None

    @property
    def may_come_in(self) -> bool:
        """Whoever staff shut out gets no mail about what is behind the door. Who was never invited is let in with the
        reminder, unless it is one of the broker's own people or may not sign in at all."""
        return any(self._theirs) if self._theirs else self.is_contact and not self.is_kept_out

    @property
    def must_be_let_in(self) -> bool:
        """With the reminder, so that its link opens."""
        return not self._theirs

    @property
    def _theirs(self) -> list[bool]:
        """Of each access that this person was ever given, whether it is open."""
        return [is_open for mailbox, is_open in self.accesses if mailbox == self.mailbox]

    @property
    def is_contact(self) -> bool:
        """The mail is for the person on the client list."""
        return self.to_email.lower() == self.contact_email.lower()

    def place(self, otherwise: str) -> Place:
        country, _bar, time_zone = self.home.partition("|")
        usual = zone_of(country, otherwise=known_zone(otherwise, otherwise=settings.TIME_ZONE))
        return Place(country, known_zone(time_zone, otherwise=usual) if time_zone else usual)

    def facts(self, campaign: Campaign) -> ReminderFacts:
        return ReminderFacts(
            done=self.done == self.total,
            open_step=self.step,
            email=self.to_email,
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
        rows = [(slot, row) for (pk, slot), row in self.slots.items() if pk == campaign.pk and row.is_written]
        return [*(Sent(slot, row.sent_at) for slot, row in rows), *(Sent("", at) for at in self.heard)]

    def note_sent(self, campaign: Campaign, slot: str, at: datetime) -> None:
        """As if this reminder had gone out."""
        self.slots[campaign.pk, slot] = Slot(MailState.SENT, sent_at=at)
        self.heard.append(at)


HOME = Concat(Cast("country", TextField()), Value("|"), "time_zone", output_field=TextField())
COLUMNS = (
    "pk", "uuid", "name", "language", "home", "contact_email", "created_at", "paused_until", "invited_at",
    "readiness__done", "readiness__total", "step", "to_name", "to_email", "mailbox",
)  # fmt: skip


def addressed(rows: QuerySet[ImporterOfRecord]) -> Any:
    """The rows with the open step and whom it is for, person by person. Only the officer declares; every other step is
    for the person on the client list. A person with several importers is where the first of them is."""
    is_for_officer = When(readiness__importer_step="inform-broker", officer__email__gt="", then=F("officer__email"))
    named = When(readiness__importer_step="inform-broker", officer__email__gt="", then=F("officer__name"))
    contacts = ImporterOfRecord.objects.annotate(at_home=HOME, folded=Lower("contact_email"))
    first = contacts.filter(folded=OuterRef("mailbox")).order_by("pk")
    return rows.annotate(
        step=Coalesce("readiness__importer_step", Value("")),
        to_name=Case(named, default=F("contact_name")),
        to_email=Case(is_for_officer, default=F("contact_email")),
        mailbox=Lower("to_email"),
        home=Case(When(mailbox="", then=HOME), default=Coalesce(Subquery(first.values("at_home")[:1]), HOME)),
    ).order_by("mailbox", "pk")


def for_one_person(importer: int) -> list[int]:
    """This importer and those whose reminders go to the same person."""
    rows = dict(addressed(ImporterOfRecord.objects.filter(pk=importer)).values_list("pk", "mailbox"))
    found = ImporterOfRecord.objects.annotate(mailbox=Lower("contact_email"), officers=Lower("officer__email"))
    theirs = found.filter(Q(mailbox=rows.get(importer, "")) | Q(officers=rows.get(importer, "")))
    addresses = addressed(theirs).values_list("pk", "mailbox")
    return [importer, *(pk for pk, mailbox in addresses if mailbox and pk != importer and mailbox == rows[importer])]


def candidates(now: datetime, *, among: QuerySet[ImporterOfRecord] | None = None) -> Iterator[list[Candidate]]:
    """Person by person: all the importers that one and the same person is to be reminded of stand in one batch."""
    rows = addressed(ImporterOfRecord.objects.all() if among is None else among)
    kept_out = frozenset(kept_out_people().values_list("folded", flat=True))
    for pks in _batches(rows):
        found = {
            values[0]: Candidate(*values) for values in rows.filter(pk__in=among_numbers(pks)).values_list(*COLUMNS)
        }
        _add_slots(found)
        _add_accesses(found)
        _add_questions(found)
        _add_mailboxes(found.values(), now, kept_out)
        yield list(found.values())


def kept_out_people() -> Any:
    """Who is never let in with a reminder."""
    people = User.objects.annotate(folded=Lower("email"))
    return people.filter(Q(is_staff=True) | Q(is_active=False))


def among_numbers(pks: Iterable[int]) -> RawSQL:
    """For `__in`: one parameter, where thousands would take longer to write down than to look up."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(pks)])


def _batches(rows: Any) -> Iterator[list[int]]:
    batch: list[int] = []
    for mailbox, group in groupby(rows.values_list("mailbox", "pk"), key=itemgetter(0)):
        theirs = [pk for _mailbox, pk in group]
        if batch and len(batch) + len(theirs) > BATCH:
            yield batch
            batch = []
        while not mailbox and len(theirs) > BATCH:  # nobody's: there is no person to keep together
            yield theirs[:BATCH]
            theirs = theirs[BATCH:]
        batch += theirs
    if batch:
        yield batch


def _add_slots(found: dict[int, Candidate]) -> None:
    rows = Notification.objects.order_by().filter(kind=MailKind.REMINDER, importer__in=among_numbers(found))
    columns = ("importer_id", "campaign_id", "slot", "state", "reason", "sent_at", "attempts", "mail")
    for importer, campaign, slot, *row in rows.values_list(*columns):
        found[importer].slots[campaign, slot] = Slot(*row)


def _add_accesses(found: dict[int, Candidate]) -> None:
    rows = ImporterAccess.objects.filter(importer__in=among_numbers(found)).annotate(mailbox=Lower("user__email"))
    for importer, mailbox, revoked_at, is_active in rows.values_list(
        "importer_id", "mailbox", "revoked_at", "user__is_active"
    ):
        found[importer].accesses.append((mailbox, revoked_at is None and is_active))


def _add_questions(found: dict[int, Candidate]) -> None:
    rows = Question.objects.open().filter(importer__in=among_numbers(found)).order_by().values("importer_id")
    for importer, asked_at in rows.annotate(newest=Max("asked_at")).values_list("importer_id", "newest"):
        found[importer].asked_at = asked_at


def _add_mailboxes(found: Collection[Candidate], now: datetime, kept_out: frozenset[str]) -> None:
    """What is known of the address, about whichever importer it was."""
    by_mailbox: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in found:
        candidate.is_kept_out = candidate.mailbox in kept_out
        by_mailbox[candidate.mailbox].append(candidate)
    for mailbox, at in _heard(by_mailbox, now):
        for candidate in by_mailbox[mailbox]:
            candidate.heard.append(at)
    known = Mailbox.objects.annotate(mailbox=Lower("email")).filter(mailbox__in=list(by_mailbox))
    for mailbox, opted_out_at, dead_at in known.values_list("mailbox", "opted_out_at", "dead_at"):
        for candidate in by_mailbox[mailbox]:
            candidate.opted_out, candidate.is_dead = opted_out_at is not None, dead_at is not None


def _heard(mailboxes: Collection[str], now: datetime) -> Iterator[tuple[str, datetime]]:
    """When each address was mailed around this day. What is still under way may arrive at this very moment."""
    rows = (
        Notification.objects.order_by()
        .annotate(mailbox=Lower("to_email"))
        .filter(mailbox__in=list(mailboxes), kind__in=TO_THE_IMPORTER)
    )
    for mailbox, sent_at in rows.filter(sent_at__range=(now - AROUND, now + AROUND)).values_list("mailbox", "sent_at"):
        if sent_at is not None:
            yield mailbox, sent_at
    under_way = rows.filter(state__in=UNDER_WAY, sent_at=None)  # `sent_at` stands in the index
    for mailbox in set(under_way.order_by().values_list("mailbox", flat=True)):
        yield mailbox, timezone.now()
