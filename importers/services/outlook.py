"""What becomes of an importer in time, if nobody does anything but we send what is due."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from importers.domain.hours import when_open
from importers.domain.reminders import SETTLE, upcoming
from importers.domain.stuck import ANSWER_WITHIN
from importers.models import Campaign, ImporterOfRecord
from importers.services.candidates import Candidate, candidates
from importers.services.reminders import DueReminder, PassedOver, campaigns_now, decide

# Time alone does not change these.
FOR_GOOD = frozenset(
    {"done", "waiting", "no_access", "no_email", "opted_out", "dead_mailbox", "not_computed", "no_campaign"}
)
FURTHEST = timedelta(days=800)  # a pause may be long; of who is passed over for other reasons nothing is told


def outlook(importer: ImporterOfRecord, now: datetime) -> list[tuple[datetime, DueReminder | PassedOver]]:
    """Now and at the next moments that can change it, up to the first reminder."""
    this_one, campaigns = ImporterOfRecord.objects.filter(pk=importer.pk), campaigns_now()
    [[candidate]] = candidates(now, among=this_one)
    found = []
    for at, decided in walk(candidate, campaigns, now):
        found.append((at, decided))
        if isinstance(decided, DueReminder) or at > now + FURTHEST:
            break
    return found


def walk(
    importer: Candidate, campaigns: Sequence[Campaign], begin: datetime
) -> Iterator[tuple[datetime, DueReminder | PassedOver]]:
    """At each moment that can change it what would be decided; with a weekly reminder for ever it never ends. What is
    due counts as sent when the next one is asked for."""
    at: datetime | None = begin
    while at is not None:
        decided = decide(importer, campaigns, at)
        yield at, decided
        if isinstance(decided, DueReminder):
            importer.note_sent(decided.campaign, decided.slot, at)
        elif decided.reason in FOR_GOOD:
            return
        at = next(_moments(importer, campaigns, at), None)


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
        if importer.heard:
            found.add(place.opens(place.local(max(importer.heard)).date() + timedelta(days=1)))
    ahead = {at for at in found if at > now}
    places = {importer.place(campaign.time_zone) for campaign in campaigns}
    ahead |= {when_open(at, place) for at in (now, *ahead) for place in places}
    return iter(sorted(ahead - {now}))
