"""Which reminders are due, and the rows that make them go out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from importers.delivery import ring
from importers.domain.facts import ReminderFacts
from importers.domain.reminders import Due, Sent, Skip, current, due
from importers.models import Campaign, ImporterOfRecord, MailKind, Notification, User
from importers.services.invitations import let_in

BATCH = 2000
TO_THE_IMPORTER = (MailKind.INVITATION, MailKind.OFFICER_INVITATION, MailKind.REMINDER)


@dataclass(frozen=True, slots=True)
class DueReminder:
    importer: ImporterOfRecord
    campaign: Campaign
    slot: str
    step: str

    @property
    def officer_must_act(self) -> bool:
        """Only the officer declares; every other step is done by whoever the client list names."""
        return self.step == "inform-broker" and hasattr(self.importer, "officer")

    @property
    def to(self) -> str:
        return self.importer.officer.email if self.officer_must_act else self.importer.contact_email

    @property
    def to_name(self) -> str:
        return self.importer.officer.name if self.officer_must_act else self.importer.contact_name


@dataclass(slots=True)
class Schedule:
    """What is due at a moment, and how many importers were passed over for which reason."""

    due: list[DueReminder] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def plan(now: datetime) -> Schedule:
    """Looks, writes nothing."""
    schedule = Schedule()
    for campaign in Campaign.objects.active():
        for batch in _batches():
            for importer in batch:
                _decide(schedule, importer, campaign, now)
    return schedule


def schedule_due(now: datetime) -> Schedule:
    """Puts every due reminder into the outbox, each slot once (the unique key decides, not this code), and rings."""
    schedule = Schedule()
    system = User.objects.system()
    for campaign in Campaign.objects.active():
        if current(campaign.deadline, campaign.time_zone, now) is None:
            schedule.skipped["too_early"] += ImporterOfRecord.objects.count()
            continue
        for batch in _batches():
            found = Schedule(skipped=schedule.skipped)
            for importer in batch:
                _decide(found, importer, campaign, now)
            ring(_write(found.due, system, min(now, timezone.now())))
            schedule.due += found.due
    return schedule


def _decide(schedule: Schedule, importer: ImporterOfRecord, campaign: Campaign, now: datetime) -> None:
    answer = due(_facts(importer, campaign), _history(importer, campaign), now)
    match answer:
        case Due(reminder, step):
            schedule.due.append(DueReminder(importer, campaign, reminder.slot, step))
        case Skip(reason):
            schedule.skipped[reason] += 1


def _batches() -> Iterator[Sequence[ImporterOfRecord]]:
    """All importers, in steps of `BATCH`, with their readiness and the mail they had."""
    mails = Notification.objects.filter(kind__in=TO_THE_IMPORTER).only("importer", "campaign", "slot", "created_at")
    rows = ImporterOfRecord.objects.select_related("readiness", "officer").prefetch_related(
        Prefetch("notifications", mails, to_attr="mails")
    )
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _facts(importer: ImporterOfRecord, campaign: Campaign) -> ReminderFacts:
    readiness = importer.readiness
    return ReminderFacts(
        done=readiness.done == readiness.total,
        open_step=readiness.importer_step,
        email=importer.contact_email,
        deadline=campaign.deadline,
        time_zone=campaign.time_zone,
        joined_at=importer.created_at,
        paused_until=importer.paused_until,
    )


def _history(importer: ImporterOfRecord, campaign: Campaign) -> list[Sent]:
    """Mail of another campaign counts against "one a day", not against this campaign's slots."""
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
            why=f"{item.slot} of {item.campaign}, open step: {item.step}",
            not_before=now,
        )
        for item in found
    ]
    with transaction.atomic():
        for item in found:
            if item.importer.invited_at is None:
                let_in(item.importer, by=system)
        Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
        new = Notification.objects.filter(uuid__in=[row.uuid for row in rows])
        return list(new.values_list("pk", flat=True))
