"""What will go out on the days ahead, for however many importers: those about whom the rules know the same are decided
once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Lower
from django.utils import timezone

from importers.domain.hours import when_open
from importers.domain.reminders import SETTLE
from importers.models import (
    Campaign,
    ImporterAccess,
    ImporterOfRecord,
    Mailbox,
    MailKind,
    Notification,
    Question,
)
from importers.models.notification import TO_THE_IMPORTER
from importers.services.candidates import (
    AROUND,
    NOT_WRITTEN,
    UNDER_WAY,
    Candidate,
    Slot,
    addressed,
    candidates,
    kept_out_people,
)
from importers.services.outlook import walk
from importers.services.reminders import DueReminder, PassedOver, campaigns_now, decide

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NOON = time(12)
KEYS = (
    "home", "paused_until", "is_known", "is_done", "has_step", "has_email", "is_contact", "opted_out",
    "is_dead", "has_access", "comes_in", "is_kept_out", "joined_at", "asked_at", "is_under_way", "written", "mailed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alike:
    """Importers for whom the same holds in every rule; `example` stands for them all."""

    example: Candidate
    pks: list[int]


@dataclass(frozen=True, slots=True)
class DueThen:
    campaign: Campaign
    slot: str
    pks: list[int]


@dataclass(slots=True)
class Ahead:
    """How many importers are reminded on each of the days; of the day that was chosen who they are, and who is passed
    over for which reason."""

    calendar: Counter[date] = field(default_factory=Counter)
    due: list[DueThen] = field(default_factory=list)
    passed: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def count(self) -> int:
        return sum(len(found.pks) for found in self.due)


@dataclass(frozen=True, slots=True)
class Brought:
    """How many importers are reminded, and the first of them."""

    count: int
    first: list[DueReminder]


def look_ahead(now: datetime, *, chosen: date, until: date) -> Ahead:
    """Up to and including the last of both days, each day where the importer is. `chosen` is not before today."""
    ahead, campaigns = Ahead(), campaigns_now()
    for alike in _alike(now, campaigns):
        _note(ahead, alike, campaigns, now, chosen=chosen, last=max(chosen, until))
    ahead.due.sort(key=lambda found: (found.campaign.deadline, -len(found.pks), found.slot))
    return ahead


def brought_on(changed: Campaign, now: datetime, *, named: int) -> Brought:
    """What saving this campaign would send, beside what goes out anyway: now, or when offices open next."""
    anyway, then = campaigns_now(), campaigns_now(changed)
    pks: list[int] = []
    for alike in _alike(now, [*anyway, changed]):
        at = _when_open(alike.example, changed, now)
        wanted, due = decide(alike.example, then, at), decide(alike.example, anyway, at)
        if isinstance(wanted, DueReminder) and not isinstance(due, DueReminder):
            pks += alike.pks
    first = ImporterOfRecord.objects.filter(pk__in=sorted(pks)[:named])
    named_ones = [importer for batch in candidates(now, among=first) for importer in batch]
    decided = [decide(importer, then, _when_open(importer, changed, now)) for importer in named_ones]
    return Brought(len(pks), [item for item in decided if isinstance(item, DueReminder)])


def _when_open(importer: Candidate, campaign: Campaign, now: datetime) -> datetime:
    return when_open(now, importer.place(campaign.time_zone))


def due_on(pks: Collection[int], now: datetime, day: date) -> list[tuple[datetime, DueReminder]]:
    """Of these importers the reminder that goes out to each on that day, and when."""
    campaigns, found = campaigns_now(), []
    for batch in candidates(now, among=ImporterOfRecord.objects.filter(pk__in=pks)):
        for importer in batch:
            for at, decided in walk(importer, campaigns, now):
                if _day(importer, campaigns, at) > day:
                    break
                if isinstance(decided, DueReminder) and _day(importer, campaigns, at) == day:
                    found.append((at, decided))
    return found


def _note(
    ahead: Ahead, alike: Alike, campaigns: Sequence[Campaign], now: datetime, *, chosen: date, last: date
) -> None:
    why: DueReminder | PassedOver | None = None
    for at, decided in walk(alike.example, campaigns, now):
        day = _day(alike.example, campaigns, at)
        if day > chosen and why is None:
            why = _at_noon(alike.example, campaigns, now, chosen)
        if day > last:
            break
        if isinstance(decided, DueReminder):
            ahead.calendar[day] += len(alike.pks)
            if day == chosen:
                why = decided
    why = why or _at_noon(alike.example, campaigns, now, chosen)
    if isinstance(why, DueReminder):
        _due_then(ahead, why).extend(alike.pks)
    else:
        ahead.passed[why.reason].extend(alike.pks)


def _due_then(ahead: Ahead, item: DueReminder) -> list[int]:
    for found in ahead.due:
        if (found.campaign, found.slot) == (item.campaign, item.slot):
            return found.pks
    ahead.due.append(DueThen(item.campaign, item.slot, []))
    return ahead.due[-1].pks


def _at_noon(importer: Candidate, campaigns: Sequence[Campaign], now: datetime, day: date) -> DueReminder | PassedOver:
    return decide(importer, campaigns, max(now, datetime.combine(day, NOON, _zone(importer, campaigns))))


def _day(importer: Candidate, campaigns: Sequence[Campaign], at: datetime) -> date:
    return at.astimezone(_zone(importer, campaigns)).date()


def _zone(importer: Candidate, campaigns: Sequence[Campaign]) -> ZoneInfo:
    otherwise = campaigns[0].time_zone if campaigns else timezone.get_default_timezone_name()
    return ZoneInfo(importer.place(otherwise).time_zone)


def _alike(now: datetime, campaigns: Sequence[Campaign]) -> Iterator[Alike]:
    """One query; what it answers grows with the kinds of cases, not with the importers."""
    rows = _known(addressed(ImporterOfRecord.objects.all()), now, campaigns)
    groups = rows.order_by().values_list(*KEYS).annotate(pks=ArrayAgg("pk", order_by="pk"))
    for *values, pks in groups:
        yield Alike(_example(dict(zip(KEYS, values, strict=True)), now), pks)


def _known(
    rows: QuerySet[ImporterOfRecord], now: datetime, campaigns: Sequence[Campaign]
) -> QuerySet[ImporterOfRecord]:
    """What `candidates` reads of each, as far as it makes a difference."""
    accesses = ImporterAccess.objects.annotate(folded=Lower("user__email")).filter(
        importer=OuterRef("pk"), folded=OuterRef("mailbox")
    )
    mailboxes = Mailbox.objects.annotate(folded=Lower("email")).filter(folded=OuterRef("mailbox"))
    mails = Notification.objects.annotate(folded=Lower("to_email")).filter(
        folded=OuterRef("mailbox"), kind__in=TO_THE_IMPORTER
    )
    around = mails.filter(sent_at__range=(now - AROUND, now + AROUND))
    pks = [campaign.pk for campaign in campaigns if campaign.pk]
    slots = Notification.objects.filter(kind=MailKind.REMINDER, importer=OuterRef("pk"), campaign__in=pks)
    at = Cast(_quarter("sent_at"), TextField())
    parts = (Cast("campaign_id", TextField()), Value(" "), "slot", Value(" "), at)
    slot = Concat(*parts, output_field=TextField())
    asked = Question.objects.open().filter(importer=OuterRef("pk")).order_by("-asked_at")
    return rows.annotate(
        is_known=Q(readiness__isnull=False),
        is_done=Q(readiness__done=F("readiness__total")),
        has_step=~Q(step=""),
        has_email=~Q(to_email=""),
        is_contact=Q(mailbox=Lower("contact_email")),
        opted_out=Exists(mailboxes.opted_out()),
        is_dead=Exists(mailboxes.dead()),
        has_access=Exists(accesses),
        comes_in=Exists(accesses.filter(revoked_at=None, user__is_active=True)),
        is_kept_out=Exists(kept_out_people().filter(folded=OuterRef("mailbox"))),
        joined_at=Case(When(created_at__gt=now - SETTLE, then=_quarter("created_at"))),
        asked_at=_quarter(Subquery(asked.values("asked_at")[:1])),
        is_under_way=Exists(mails.filter(state__in=UNDER_WAY, sent_at=None)),
        written=ArraySubquery(
            slots.exclude(state__in=NOT_WRITTEN).annotate(what=slot).order_by("what").values_list("what")
        ),
        mailed=ArraySubquery(
            around.annotate(at=_quarter("sent_at")).order_by("at").values_list("at", flat=True).distinct()
        ),
    )


def _quarter(moment: str | Subquery) -> Func:
    """The quarter of an hour it falls in, so that importers whom one run mailed are alike."""
    start = Value(LONG_AGO, output_field=DateTimeField())
    return Func(Value("15 minutes"), moment, start, template="date_bin(%(expressions)s)", output_field=DateTimeField())


def _example(known: dict[str, Any], now: datetime) -> Candidate:
    mailbox = "x" if known["has_email"] else ""
    return Candidate(
        pk=0,
        uuid=UUID(int=0),
        name="",
        language="",
        home=known["home"],
        contact_email=mailbox if known["is_contact"] else "y",
        created_at=known["joined_at"] or LONG_AGO,
        paused_until=known["paused_until"],
        invited_at=None,
        done=int(bool(known["is_done"])) if known["is_known"] else None,
        total=1,
        step="x" if known["has_step"] else "",
        to_name="",
        to_email=mailbox,
        mailbox=mailbox,
        slots=dict(_slot(text) for text in known["written"]),
        accesses=[(mailbox, bool(known["comes_in"]))] if known["has_access"] else [],
        asked_at=known["asked_at"],
        heard=[*known["mailed"], *([now] if known["is_under_way"] else [])],
        opted_out=bool(known["opted_out"]),
        is_dead=bool(known["is_dead"]),
        is_kept_out=bool(known["is_kept_out"]),
    )


def _slot(written: str) -> tuple[tuple[int, str], Slot]:
    campaign, slot, at = written.split(" ", 2)
    return (int(campaign), slot), Slot("", sent_at=datetime.fromisoformat(at) if at else None)
