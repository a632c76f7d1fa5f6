"""Which reminders are due, and the rows that make them go out."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from importers.delivery import ring
from importers.domain.reminders import Due, Skip, current, due, opened
from importers.models import Campaign, MailKind, MailState, Notification, User
from importers.services.candidates import Candidate, candidates
from importers.services.errands import open_calls
from importers.services.invitations import let_in_all
from importers.services.ledger import Entry, write_ledger
from importers.services.locks import alone

log = logging.getLogger(__name__)

COLLAPSED = 60  # weekly for more than a year
RUNG = 25  # a batch: enough to wake the workers; the sweep rings for the rest
# Reasons that are about the person, and stay with the slot in the ledger. The others pass by themselves.
ON_RECORD = ("waiting", "paused", "asked", "no_access", "no_email", "opted_out", "dead_mailbox")


@dataclass(frozen=True, slots=True)
class DueReminder:
    """`language` is that of the mail, in which other importers of the same person may stand too."""

    importer: Candidate
    campaign: Campaign
    slot: str
    language: str

    @property
    def step(self) -> str:
        return self.importer.step

    @property
    def to_name(self) -> str:
        return self.importer.to_name

    @property
    def to(self) -> str:
        return self.importer.to_email


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Nothing is sent now; `campaign` and `slot` are those it would have been for, if there is one. `others` are the
    same of further campaigns."""

    importer: Candidate
    reason: str
    campaign: Campaign | None = None
    slot: str = ""
    others: tuple["PassedOver", ...] = ()

    def each(self) -> Iterator["PassedOver"]:
        yield self
        yield from self.others


@dataclass(frozen=True, slots=True)
class Line:
    """Of a reminder that is due what people and programs are told."""

    importer: UUID
    name: str
    campaign: Campaign
    slot: str
    step: str
    to: str
    language: str


@dataclass(slots=True)
class Schedule:
    """What is due at a moment, and how many importers were passed over for which reason."""

    due: list[Line] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def note(self, decisions: Iterable[DueReminder | PassedOver]) -> None:
        for decided in decisions:
            match decided:
                case DueReminder(importer, campaign, slot, language):
                    line = Line(
                        importer.uuid, importer.name, campaign, slot, importer.step, importer.to_email, language
                    )
                    self.due.append(line)
                case PassedOver(reason=reason):
                    self.skipped[reason] += 1


def plan(now: datetime) -> Schedule:
    """Looks, writes nothing."""
    schedule, campaigns = Schedule(), campaigns_now()
    for batch in _batches(now):
        schedule.note(_decided(batch, campaigns, now))
    return schedule


def would_be(now: datetime) -> Iterator[list[Notification]]:
    """The rows of each mail that is due, one mail after the other; not saved."""
    campaigns = campaigns_now()
    for batch in _batches(now):
        due_now = [item for item in _decided(batch, campaigns, now) if isinstance(item, DueReminder)]
        by_mail = groupby(due_now, key=lambda item: item.importer.mailbox)
        for _mailbox, items in by_mail:
            yield rows_of(items, now)


def rows_of(items: Iterable[DueReminder], now: datetime) -> list[Notification]:
    """What would go out to one person in one mail; not saved."""
    mail = uuid4()
    return [
        Notification(kind=MailKind.REMINDER, campaign=item.campaign, not_before=now, **_columns(item, mail, now))
        for item in items
    ]


def _columns(item: DueReminder, mail: UUID, now: datetime) -> dict[str, object]:
    return {name: value for name, value in asdict(_entry(item, mail, now)).items() if name != "campaign_id"}


def schedule_due(now: datetime) -> Schedule:
    """Puts every due reminder into the outbox, each slot once, and rings; where mail has not helped, opens a call. Of
    two that run at once the second does nothing: the first sees all there is."""
    schedule = Schedule()
    with alone("reminders") as i_am:
        if i_am:
            system = User.objects.system()
            for batch in _batches(now):
                decided, waiting = _put_in(batch, system, now)
                ring(waiting[:RUNG])
                schedule.note(decided)
            open_calls(now)
    return schedule


def _put_in(
    batch: Sequence[Candidate], system: User, now: datetime
) -> tuple[list[DueReminder | PassedOver], list[int]]:
    """One batch, all or nothing: what was decided, and one key for each mail that is to go. Meanwhile nobody moves a
    deadline."""
    with transaction.atomic():
        Campaign.objects.hold()
        decided = _with_a_way_in(_decided(batch, campaigns_now(), now), system)
        return decided, write_ledger(_entries(decided, now), not_before=min(now, timezone.now()))


def campaigns_now(changed: Campaign | None = None) -> list[Campaign]:
    """In the order of their dates."""
    found = [c for c in Campaign.objects.active() if changed is None or c.pk != changed.pk]
    if changed is not None and changed.superseded_by is None:
        found.append(changed)
    return sorted(found, key=lambda campaign: campaign.deadline)


def _batches(now: datetime) -> Iterator[list[Candidate]]:
    for batch in candidates(now):
        for importer in batch:
            if not importer.has_readiness:
                log.error("Importer %s has no readiness; recompute_readiness puts it right.", importer.uuid)
        yield batch


def _decided(
    batch: Sequence[Candidate], campaigns: Sequence[Campaign], now: datetime
) -> list[DueReminder | PassedOver]:
    spoken: dict[str, str] = {}
    return [_in_one_language(decide(importer, campaigns, now), spoken) for importer in batch]


def _in_one_language(decided: DueReminder | PassedOver, spoken: dict[str, str]) -> DueReminder | PassedOver:
    """One person's importers stand in one mail, which has the language of the first of them."""
    if isinstance(decided, PassedOver):
        return decided
    return replace(decided, language=spoken.setdefault(decided.importer.mailbox, decided.language))


def decide(importer: Candidate, campaigns: Sequence[Campaign], now: datetime) -> DueReminder | PassedOver:
    """Of two campaigns the one whose date comes first has its turn; the other one's mail waits for another day."""
    if not importer.has_readiness:
        return PassedOver(importer, "not_computed")
    passed = []
    for campaign in campaigns:
        match due(importer.facts(campaign), importer.history(campaign), now):
            case Due(reminder, _step):
                return DueReminder(importer, campaign, reminder.slot, importer.language)
            case Skip(reason):
                slot = current(campaign.timetable, importer.place(campaign.time_zone), now)
                passed.append(PassedOver(importer, reason, campaign, slot.slot if slot else ""))
    if not passed:
        return PassedOver(importer, "no_campaign")
    first = next((one for one in passed if one.slot), passed[0])
    return replace(first, others=tuple(one for one in passed if one is not first))


def _entries(decided: Sequence[DueReminder | PassedOver], now: datetime) -> list[Entry]:
    due_now = [item for item in decided if isinstance(item, DueReminder)]
    mails = _mails(due_now, gone={row.mail for item in decided for row in item.importer.slots.values() if row.sent_at})
    passed = [one for item in decided if isinstance(item, PassedOver) for one in item.each() if _is_news(one)]
    missed = [*_missed(due_now, now), *_missed(passed, now)]
    entries = [_entry(item, mails[item.importer.mailbox], now) for item in due_now]
    return entries + [_skipped(item) for item in [*passed, *missed]]


def _mails(due_now: Sequence[DueReminder], *, gone: Collection[UUID | None]) -> dict[str, UUID]:
    """One for each person: one that was tried before, so that it keeps its Message-ID, or a new one. Under the
    Message-ID of a mail that has gone, about others of the person's importers, a second one might not be shown."""
    mails: dict[str, UUID] = {}
    for item in due_now:
        row = item.importer.slots.get((item.campaign.pk, item.slot))
        if row and row.tried and row.tried not in gone:
            mails.setdefault(item.importer.mailbox, row.tried)
    return {mailbox: mails.get(mailbox) or uuid4() for mailbox in {item.importer.mailbox for item in due_now}}


def _with_a_way_in(decided: list[DueReminder | PassedOver], system: User) -> list[DueReminder | PassedOver]:
    """Whom nobody has invited yet is let in, so that the link opens; who cannot be is left out."""
    due_now = [item for item in decided if isinstance(item, DueReminder)]
    uninvited = [item.importer.pk for item in due_now if item.importer.must_be_let_in]
    left_out = set(uninvited) - let_in_all(uninvited, by=system)
    for pk in left_out:
        log.error("Importer %s cannot be let in and is not reminded.", pk)
    return [item for item in decided if isinstance(item, PassedOver) or item.importer.pk not in left_out]


def _is_news(passed: PassedOver) -> bool:
    """The slot has no row yet, or one that says something else."""
    if passed.campaign is None or passed.reason not in ON_RECORD:
        return False
    row = passed.importer.slots.get((passed.campaign.pk, passed.slot))
    return row is None or (not row.is_written and row.reason != passed.reason)


def _missed(items: Sequence[DueReminder] | Sequence[PassedOver], now: datetime) -> Iterator[PassedOver]:
    """Slots since the importer joined that came and went without a row: the portal was off, or two fell on one day.
    No further back than the last slot on record, nor than `COLLAPSED` slots."""
    for item in items:
        importer, campaign = item.importer, item.campaign
        if campaign is None or (campaign.pk, item.slot) in importer.slots:
            continue
        place = importer.place(campaign.time_zone)
        for reminder in islice(opened(campaign.timetable, place, now), 1, 1 + COLLAPSED):
            known = (campaign.pk, reminder.slot) in importer.slots
            if known or reminder.opens_at(campaign.deadline, place) < importer.created_at:
                break
            yield PassedOver(importer, "collapsed", campaign, reminder.slot)


def _entry(item: DueReminder, mail: UUID, now: datetime) -> Entry:
    """To be sent while offices are open: what is not is put in again on another day. Of a day that is over, which only
    somebody at a terminal asks for, it goes out whenever it does."""
    importer, place = item.importer, item.importer.place(item.campaign.zone)
    day = place.local(now).date()
    closes_at = place.closes(day)
    return Entry(
        mail=mail,
        state=MailState.PENDING,
        reason="",
        importer_id=importer.pk,
        campaign_id=item.campaign.pk,
        slot=item.slot,
        step=importer.step,
        to_name=importer.to_name,
        to_email=importer.to_email,
        language=item.language,
        why=f"{item.slot} of {item.campaign}, open step: {importer.step}"[:200],
        day=day,
        expires_at=closes_at if closes_at > timezone.now() else None,
    )


def _skipped(passed: PassedOver) -> Entry:
    importer = passed.importer
    return Entry(
        mail=uuid4(),
        state=MailState.SKIPPED,
        reason=passed.reason,
        importer_id=importer.pk,
        campaign_id=passed.campaign.pk if passed.campaign else 0,
        slot=passed.slot,
        step=importer.step,
        to_name=importer.to_name,
        to_email=importer.to_email,
        language=importer.language,
        why=f"{passed.slot} of {passed.campaign}"[:200],
    )
