"""Which reminders are due, and the rows that make them go out."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from importers.delivery import ring
from importers.domain.hours import is_open
from importers.domain.reminders import SETTLE, Due, Skip, current, due, opened, upcoming
from importers.domain.stuck import ANSWER_WITHIN
from importers.models import Campaign, ImporterOfRecord, MailKind, MailState, Notification, User
from importers.services.candidates import BATCH, Candidate, candidates
from importers.services.errands import open_calls
from importers.services.invitations import let_in_all
from importers.services.locks import alone

log = logging.getLogger(__name__)

NAMED = 50
COLLAPSED = 6
# Reasons that are about the person, and stay with the slot in the ledger. The others pass by themselves.
ON_RECORD = ("waiting", "paused", "asked", "no_access", "no_email", "opted_out", "dead_mailbox")
LEDGER = (
    "mail", "kind", "state", "reason", "step", "to_name", "to_email", "language", "why", "not_before",
    "attempts", "answer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DueReminder:
    importer: Candidate
    campaign: Campaign
    slot: str

    @property
    def step(self) -> str:
        return self.importer.step

    @property
    def to_name(self) -> str:
        return self.importer.to[0]

    @property
    def to(self) -> str:
        return self.importer.to[1]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Nothing is sent now; `campaign` and `slot` are those it would have been for, if there is one."""

    importer: Candidate
    reason: str
    campaign: Campaign | None = None
    slot: str = ""


@dataclass(slots=True)
class Schedule:
    """What is due at a moment, and how many importers were passed over for which reason; the first `NAMED` of each
    by name."""

    due: list[DueReminder] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    named: defaultdict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))

    def note(self, decisions: Iterable[DueReminder | PassedOver]) -> None:
        for decided in decisions:
            match decided:
                case DueReminder():
                    self.due.append(decided)
                case PassedOver(importer, reason):
                    self.skipped[reason] += 1
                    if len(self.named[reason]) < NAMED:
                        self.named[reason].append(importer)


def plan(now: datetime, *, changed: Campaign | None = None) -> Schedule:
    """Looks, writes nothing. With `changed`, as if that campaign were saved as it is here."""
    schedule = Schedule()
    for decided in _decided(now, _campaigns(changed)):
        schedule.note(decided)
    return schedule


def brought_on(changed: Campaign, now: datetime) -> list[DueReminder]:
    """The reminders that saving this campaign would send, beside those that are due anyway."""
    due_anyway = {(item.importer.pk, item.campaign.pk, item.slot) for item in plan(now).due}
    found = plan(now, changed=changed).due
    return [item for item in found if (item.importer.pk, item.campaign.pk, item.slot) not in due_anyway]


def outlook(importer: ImporterOfRecord, now: datetime) -> list[tuple[datetime, DueReminder | PassedOver]]:
    """What becomes of one importer now and at the next moments that can change it, up to the first reminder."""
    campaigns, this_one = _campaigns(), ImporterOfRecord.objects.filter(pk=importer.pk)
    [[candidate]] = candidates(now, among=this_one)
    found: list[tuple[datetime, DueReminder | PassedOver]] = []
    for at in [now, *_moments(candidate, campaigns, now)]:
        decided = _decide(candidate, campaigns, at)
        found.append((at, decided))
        if isinstance(decided, DueReminder):
            break
    return found


def _moments(importer: Candidate, campaigns: Sequence[Campaign], now: datetime) -> Iterator[datetime]:
    """When a slot opens, a day has passed since the last mail, a pause or the wait for our answer is over, or an
    office opens."""
    found = {importer.created_at + SETTLE}
    if importer.asked_at:
        found.add(importer.asked_at + ANSWER_WITHIN)
    for campaign in campaigns:
        place = importer.place(campaign.time_zone)
        if following := upcoming(campaign.timetable, place, now):
            found.add(following[1])
        if importer.paused_until:
            found.add(place.opens(importer.paused_until + timedelta(days=1)))
        found |= {place.opens(place.local(at).date() + timedelta(days=1)) for at in importer.heard}
        found |= {_when_open(at, importer, campaign) for at in (now, *found)}
    return iter(sorted(at for at in found if at > now))


def _when_open(at: datetime, importer: Candidate, campaign: Campaign) -> datetime:
    place = importer.place(campaign.time_zone)
    while not is_open(at, place):
        morning = place.opens(place.local(at).date())
        at = morning if morning > at else place.opens(place.local(at).date() + timedelta(days=1))
    return at


def schedule_due(now: datetime) -> Schedule:
    """Puts every due reminder into the outbox, each slot once, and rings; where mail has not helped, opens a call. Of
    two that run at once the second does nothing: the first sees all there is."""
    schedule = Schedule()
    with alone("reminders") as i_am:
        if i_am:
            system = User.objects.system()
            for decided in _decided(now, _campaigns()):
                ring(_write(decided, system, now))
                schedule.note(decided)
            open_calls(now)
    return schedule


def _campaigns(changed: Campaign | None = None) -> list[Campaign]:
    found = [c for c in Campaign.objects.active() if changed is None or c.pk != changed.pk]
    if changed is not None and changed.superseded_by is None:
        found.append(changed)
    return sorted(found, key=lambda campaign: campaign.deadline)


def _decided(now: datetime, campaigns: Sequence[Campaign]) -> Iterator[list[DueReminder | PassedOver]]:
    for batch in candidates(now):
        yield [_decide(importer, campaigns, now) for importer in batch]


def _decide(importer: Candidate, campaigns: Sequence[Campaign], now: datetime) -> DueReminder | PassedOver:
    """Of two campaigns the one whose date comes first has its turn; the other one's mail waits for another day."""
    if not importer.has_readiness:
        log.error("Importer %s has no readiness; recompute_readiness puts it right.", importer.uuid)
        return PassedOver(importer, "not_computed")
    passed = PassedOver(importer, "no_campaign")
    for campaign in campaigns:
        match due(importer.facts(campaign), importer.history(campaign), now):
            case Due(reminder, _step):
                return DueReminder(importer, campaign, reminder.slot)
            case Skip(reason):
                slot = current(campaign.timetable, importer.place(campaign.time_zone), now)
                passed = PassedOver(importer, reason, campaign, slot.slot if slot else "")
    return passed


def _write(decided: Sequence[DueReminder | PassedOver], system: User, now: datetime) -> list[int]:
    """One batch into the ledger, all or nothing; returns one key for each mail that is to go."""
    sent_from = min(now, timezone.now())
    with transaction.atomic():
        due_now = _with_a_way_in([item for item in decided if isinstance(item, DueReminder)], system)
        mails: defaultdict[tuple[str, str], UUID] = defaultdict(uuid4)
        rows = [_reminder(item, mails[item.importer.mailbox, item.importer.language], sent_from) for item in due_now]
        passed = [item for item in decided if isinstance(item, PassedOver) and _is_news(item)]
        written: list[DueReminder | PassedOver] = [*due_now, *passed]
        missed = [slot for item in written for slot in _missed(item, now)]
        rows += [_skipped(item, sent_from) for item in [*passed, *missed]]
        Notification.objects.bulk_create(
            rows,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["importer", "campaign", "slot"],
            update_fields=LEDGER,
        )
        waiting = Notification.objects.filter(mail__in=mails.values()).order_by("mail", "pk").distinct("mail")
        return list(waiting.values_list("pk", flat=True))


def _with_a_way_in(due_now: list[DueReminder], system: User) -> list[DueReminder]:
    """Whom nobody has invited yet is let in, so that the link opens; who cannot be is left out."""
    uninvited = [item.importer.pk for item in due_now if item.importer.invited_at is None]
    left_out = set(uninvited) - let_in_all(uninvited, by=system)
    for pk in left_out:
        log.error("Importer %s cannot be let in and is not reminded.", pk)
    return [item for item in due_now if item.importer.pk not in left_out]


def _is_news(passed: PassedOver) -> bool:
    """The slot has no row yet, or one that says something else."""
    if passed.campaign is None or passed.reason not in ON_RECORD:
        return False
    row = passed.importer.slots.get((passed.campaign.pk, passed.slot))
    return row is None or (not row.is_written and row.reason != passed.reason)


def _missed(item: DueReminder | PassedOver, now: datetime) -> Iterator[PassedOver]:
    """Slots since the importer joined that came and went without a row: the portal was off, or two fell on one day.
    No further back than the last slot on record, nor than `COLLAPSED` slots."""
    importer, campaign = item.importer, item.campaign
    if campaign is None or (campaign.pk, item.slot) in importer.slots:
        return
    place = importer.place(campaign.time_zone)
    for reminder in islice(opened(campaign.timetable, place, now), 1, 1 + COLLAPSED):
        known = (campaign.pk, reminder.slot) in importer.slots
        if known or reminder.opens_at(campaign.deadline, place) < importer.created_at:
            return
        yield PassedOver(importer, "collapsed", campaign, reminder.slot)


def _reminder(item: DueReminder, mail: UUID, now: datetime) -> Notification:
    return Notification(
        kind=MailKind.REMINDER,
        mail=mail,
        importer_id=item.importer.pk,
        campaign=item.campaign,
        slot=item.slot,
        step=item.step,
        to_name=item.to_name,
        to_email=item.to,
        language=item.importer.language,
        why=f"{item.slot} of {item.campaign}, open step: {item.step}"[:200],
        not_before=now,
    )


def _skipped(passed: PassedOver, now: datetime) -> Notification:
    importer = passed.importer
    return Notification(
        kind=MailKind.REMINDER,
        state=MailState.SKIPPED,
        reason=passed.reason,
        importer_id=importer.pk,
        campaign=passed.campaign,
        slot=passed.slot,
        step=importer.step,
        to_name=importer.to[0],
        to_email=importer.to[1],
        language=importer.language,
        why=f"{passed.slot} of {passed.campaign}"[:200],
        not_before=now,
    )
