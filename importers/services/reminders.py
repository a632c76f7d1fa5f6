"""Which reminders are due, and the rows that make them go out."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from importers.delivery import ring
from importers.domain.facts import ReminderFacts
from importers.domain.reminders import SETTLE, Due, Sent, Skip, due, opens_at, upcoming
from importers.domain.stuck import ANSWER_WITHIN
from importers.models import (
    Campaign,
    ImporterAccess,
    ImporterOfRecord,
    MailKind,
    MailState,
    Notification,
    Question,
    User,
)
from importers.services.invitations import let_in

log = logging.getLogger(__name__)

BATCH = 2000
NAMED = 50
# After any of these nobody is reminded for a day.
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


@dataclass(frozen=True, slots=True)
class DueReminder:
    importer: ImporterOfRecord
    campaign: Campaign
    slot: str
    step: str

    @property
    def to(self) -> str:
        return recipient(self.importer, self.step)[1]

    @property
    def to_name(self) -> str:
        return recipient(self.importer, self.step)[0]


def recipient(importer: ImporterOfRecord, step: str) -> tuple[str, str]:
    """Name and e-mail. Only the officer declares; every other step is for the person on the client list."""
    officer = getattr(importer, "officer", None)
    if step == "inform-broker" and officer is not None:
        return officer.name, officer.email
    return importer.contact_name, importer.contact_email


@dataclass(slots=True)
class Schedule:
    """What is due at a moment, and how many importers were passed over for which reason; the first `NAMED` of each
    by name."""

    due: list[DueReminder] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    named: defaultdict[str, list[ImporterOfRecord]] = field(default_factory=lambda: defaultdict(list))

    def skip(self, reason: str, importer: ImporterOfRecord) -> None:
        self.skipped[reason] += 1
        if len(self.named[reason]) < NAMED:
            self.named[reason].append(importer)


def plan(now: datetime, *, changed: Campaign | None = None) -> Schedule:
    """Looks, writes nothing. With `changed`, as if that campaign were saved as it is here."""
    schedule = Schedule()
    for batch in _decided(now, schedule, _campaigns(changed)):
        schedule.due += batch
    return schedule


def brought_on(changed: Campaign, now: datetime) -> list[DueReminder]:
    """The reminders that saving this campaign would send, beside those that are due anyway."""
    due_anyway = {(item.importer.pk, item.campaign.pk, item.slot) for item in plan(now).due}
    found = plan(now, changed=changed).due
    return [item for item in found if (item.importer.pk, item.campaign.pk, item.slot) not in due_anyway]


def outlook(importer: ImporterOfRecord, now: datetime) -> list[tuple[datetime, DueReminder | Skip]]:
    """What becomes of one importer now and at the next moments that can change it, up to the first reminder."""
    campaigns, staff = _campaigns(), _staff()
    row = _rows().get(pk=importer.pk)
    found: list[tuple[datetime, DueReminder | Skip]] = []
    for at in [now, *_moments(row, campaigns, now)]:
        decided = _first(row, campaigns, staff, at)
        found.append((at, decided))
        if isinstance(decided, DueReminder):
            break
    return found


def _moments(importer: ImporterOfRecord, campaigns: Sequence[Campaign], now: datetime) -> list[datetime]:
    """When a slot opens, a day has passed since the last mail, or a pause or the wait for our answer is over."""
    mails = [mail.created_at for mail in importer.mails]  # type: ignore[attr-defined]
    found = {max([importer.created_at, *mails]) + SETTLE}
    if asked_at := _asked_at(importer):
        found.add(asked_at + ANSWER_WITHIN)
    for campaign in campaigns:
        found.add(upcoming(campaign.deadline, campaign.time_zone, now)[1])
        if importer.paused_until:
            found.add(opens_at(importer.paused_until, -1, campaign.time_zone))
    return sorted(at for at in found if at > now)


def schedule_due(now: datetime) -> Schedule:
    """Puts every due reminder into the outbox, each slot once (the unique key decides, not this code), and rings.
    One importer that cannot be handled is logged and left out; it never stops the others."""
    schedule = Schedule()
    system = User.objects.system()
    for batch in _decided(now, schedule, _campaigns()):
        ring(_write(batch, system, min(now, timezone.now())))
        schedule.due += batch
    return schedule


def _campaigns(changed: Campaign | None = None) -> list[Campaign]:
    found = [c for c in Campaign.objects.active() if changed is None or c.pk != changed.pk]
    if changed is not None and changed.superseded_by is None:
        found.append(changed)
    return sorted(found, key=lambda campaign: campaign.deadline)


def _staff() -> frozenset[str]:
    return frozenset(User.objects.filter(is_staff=True).values_list("email", flat=True))


def _decided(now: datetime, schedule: Schedule, campaigns: Sequence[Campaign]) -> Iterator[list[DueReminder]]:
    """What is due, batch by batch; who is passed over is noted in `schedule`."""
    staff = _staff()
    for batch in _batches():
        found = []
        for importer in batch:
            match _first(importer, campaigns, staff, now):
                case Skip(reason):
                    schedule.skip(reason, importer)
                case item:
                    found.append(item)
        yield found


def _first(
    importer: ImporterOfRecord, campaigns: Sequence[Campaign], staff: frozenset[str], now: datetime
) -> DueReminder | Skip:
    """Of two campaigns the one whose date comes first has its turn; the other one's mail waits for another day."""
    passed = Skip("no_campaign")
    for campaign in campaigns:
        match _decide(importer, campaign, staff, now):
            case Due(reminder, step):
                return DueReminder(importer, campaign, reminder.slot, step)
            case Skip() as passed:
                continue
    return passed


def _decide(importer: ImporterOfRecord, campaign: Campaign, staff: frozenset[str], now: datetime) -> Due | Skip:
    if not hasattr(importer, "readiness"):
        log.error("Importer %s has no readiness; recompute_readiness puts it right.", importer.uuid)
        return Skip("not_computed")
    return due(_facts(importer, campaign, staff), _history(importer, campaign), now)


def _batches() -> Iterator[Sequence[ImporterOfRecord]]:
    """All importers, in steps of `BATCH`."""
    rows, last = _rows(), 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _rows() -> QuerySet[ImporterOfRecord]:
    """Importers with their readiness, who may come in, and the mail they had."""
    mails = Notification.objects.filter(kind__in=TO_THE_IMPORTER).exclude(state=MailState.DROPPED)
    return ImporterOfRecord.objects.select_related("readiness", "officer").prefetch_related(
        Prefetch("notifications", mails.only("importer", "campaign", "slot", "created_at"), to_attr="mails"),
        Prefetch("accesses", ImporterAccess.objects.select_related("user"), to_attr="people"),
        Prefetch("questions", Question.objects.open().only("importer", "asked_at"), to_attr="asked"),
    )


def _facts(importer: ImporterOfRecord, campaign: Campaign, staff: frozenset[str]) -> ReminderFacts:
    readiness = importer.readiness
    email = recipient(importer, readiness.importer_step)[1]
    return ReminderFacts(
        done=readiness.done == readiness.total,
        open_step=readiness.importer_step,
        email=email,
        deadline=campaign.deadline,
        time_zone=campaign.time_zone,
        joined_at=importer.created_at,
        paused_until=importer.paused_until,
        may_come_in=_may_come_in(importer, email.lower(), staff),
        asked_at=_asked_at(importer),
    )


def _asked_at(importer: ImporterOfRecord) -> datetime | None:
    return max((question.asked_at for question in importer.asked), default=None)  # type: ignore[attr-defined]


def _may_come_in(importer: ImporterOfRecord, email: str, staff: frozenset[str]) -> bool:
    """Whoever staff shut out gets no mail about what is behind the door. Who was never invited is let in with the
    reminder, unless it is one of the broker's own people."""
    people: list[ImporterAccess] = importer.people  # type: ignore[attr-defined]
    theirs = [access for access in people if access.user.email.lower() == email]
    if theirs:
        return any(access.revoked_at is None and access.user.is_active for access in theirs)
    return email == importer.contact_email.lower() and email not in staff


def _history(importer: ImporterOfRecord, campaign: Campaign) -> list[Sent]:
    """Mail of another campaign counts against "one a day", not against this campaign's slots. What was dropped before
    it went out counts for nothing."""
    return [
        Sent(mail.slot if mail.campaign_id == campaign.pk else "", mail.created_at)
        for mail in importer.mails  # type: ignore[attr-defined]
    ]


def _write(found: list[DueReminder], system: User, now: datetime) -> list[int]:
    """Inserts what is not there yet; returns the new rows' keys. Another scheduler at work at the same moment
    loses or wins each slot as a whole."""
    rows = [
        Notification(
            kind=MailKind.REMINDER,
            importer=item.importer,
            campaign=item.campaign,
            slot=item.slot,
            step=item.step,
            to_name=item.to_name,
            to_email=item.to,
            language=item.importer.language,
            why=f"{item.slot} of {item.campaign}, open step: {item.step}"[:200],
            not_before=now,
        )
        for item in found
        if _has_a_way_in(item, system)
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    new = Notification.objects.filter(uuid__in=[row.uuid for row in rows])
    return list(new.values_list("pk", flat=True))


def _has_a_way_in(item: DueReminder, system: User) -> bool:
    if item.importer.invited_at is not None:
        return True
    try:
        with transaction.atomic():
            return let_in(item.importer, by=system) is not None
    except (DatabaseError, ObjectDoesNotExist) as error:
        log.error("Importer %s cannot be let in: %s", item.importer.uuid, type(error).__name__)
        return False
