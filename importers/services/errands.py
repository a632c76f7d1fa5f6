"""Tasks for staff: opened where a mail cannot help, closed by whoever did them or by what made them needless."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import refuse_bank_details
from importers.domain.reminders import SETTLE
from importers.models import Campaign, Errand, ErrandKind, ImporterAccess, ImporterOfRecord, User
from importers.services.change import deed
from importers.services.mailboxes import follow_addresses

BATCH = 2000
CALL_AHEAD = timedelta(days=7)
DAY = timedelta(days=1)  # a pause may last longer where the importer is
CAME = _("The importer has been here.")


def close(errand: Errand, *, by: User, outcome: str) -> None:
    """Done by hand."""
    outcome = outcome.strip()
    refuse_bank_details(outcome)
    if not outcome:
        raise RuleViolation("outcome", _("Write what came of it, so that a colleague understands it later."))
    with deed("close a task", by=by):
        if not _end(Errand.objects.filter(pk=errand.pk), by=by, outcome=outcome):
            raise RuleViolation("done", _("This task is done already. Look at what came of it."))


def close_for(importer_ids: Collection[int], *kinds: ErrandKind, by: User, outcome: str) -> int:
    """Something else made them needless. The caller holds the transaction."""
    return _end(Errand.objects.filter(importer__in=importer_ids, kind__in=kinds), by=by, outcome=outcome)


def _end(errands: QuerySet[Errand], *, by: User, outcome: str) -> int:
    return errands.filter(done_at=None).update(done_at=timezone.now(), done_by=by, outcome=outcome)


def open_calls(now: datetime) -> int:
    """A week before a deadline, and from then on, whoever has never opened the checklist is to be called: for each
    deadline once, whatever came of it. Returns how many are to be called. Tasks about silent
    addresses are brought up to date with it."""
    follow_addresses(now)
    opened = 0
    for campaign in Campaign.objects.active():
        why = f"{campaign.name}, {campaign.deadline.isoformat()}"
        if now < _midnight(campaign, before=CALL_AHEAD):
            continue
        to_be_called, last = _never_here(campaign, now).order_by("pk").values_list("pk", flat=True), 0
        while pks := list(to_be_called.filter(pk__gt=last)[:BATCH]):
            opened += _open_calls(campaign, pks, now, why)
            last = pks[-1]
    return opened


def _open_calls(campaign: Campaign, pks: Collection[int], now: datetime, why: str) -> int:
    """Looks once more under the lock that the first visit takes, too: whoever comes at this moment is not called."""
    with deed("open a task", by=User.objects.system()):
        locked = ImporterOfRecord.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk")
        list(locked)
        still = list(_never_here(campaign, now).filter(pk__in=pks).values_list("pk", flat=True))
        Errand.objects.open_for(still, ErrandKind.NO_VISIT, why, now)
    return len(still)


def _never_here(campaign: Campaign, now: datetime) -> QuerySet[ImporterOfRecord]:
    """Of those who were there before the deadline, have something to do and are neither paused nor shut out. Who was
    added within the last day has hardly been written to."""
    accesses = ImporterAccess.objects.filter(importer=OuterRef("pk"))
    shut_out = accesses.filter(user__email__iexact=OuterRef("contact_email"), revoked_at__isnull=False)
    calls = Errand.objects.filter(importer=OuterRef("pk"), kind=ErrandKind.NO_VISIT)
    called = calls.filter(Q(done_at=None) | Q(opened_at__gte=_midnight(campaign, before=CALL_AHEAD)))
    too_late = _midnight(campaign, before=timedelta(days=-1))
    return (
        ImporterOfRecord.objects.filter(created_at__lte=now - SETTLE, created_at__lt=too_late)
        .filter(readiness__importer_step__gt="")
        .exclude(paused_until__gte=timezone.localdate(now) - DAY)
        .filter(~Exists(accesses.filter(first_visit_at__isnull=False)), ~Exists(shut_out), ~Exists(called))
    )


def _midnight(campaign: Campaign, *, before: timedelta) -> datetime:
    """With which the day begins that lies so long before the deadline."""
    return datetime.combine(campaign.deadline - before, time.min, ZoneInfo(campaign.zone))
