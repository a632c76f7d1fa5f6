"""Shares entries in the background: fifty thousand of them take seconds, and nobody waits for a page so long.

The row says what is to be done, the message only rings. Whoever makes the pack holds the row's lock until it is there;
who dies lets go, nothing of the pack is saved, and the row is still open.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.models import ImporterOfRecord, User
from importers.services.change import deed
from refunds.models import Pack, Sharing
from refunds.services.packs import publish

LOST = timedelta(minutes=1)  # a message that has not come by then
MOST_TRIES = 3

GIVEN_UP = _("Making it broke off %(times)s times. Share it again, or tell whoever runs the portal.")


def ask(seen: Mapping[ImporterOfRecord, str], *, by: User) -> list[int]:
    """Each importer with the draft that was looked at. Returns what is to be made; with whom entries are just being
    shared already is left as it is. Always in one order, or two who ask at once would wait for one another."""
    now = timezone.now()
    rows = [
        Sharing(importer=importer, seen=seen[importer], asked_at=now, asked_by=by)
        for importer in sorted(seen, key=lambda importer: importer.pk)
    ]
    with deed("ask to share entries", by=by):
        Sharing.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Sharing.objects.open().filter(importer__in=seen).values_list("pk", flat=True))


def make(pk: int) -> Pack | None:
    """The pack and the mails of it, or why there is none. None also when somebody else is at it, or it is done."""
    if not _begin(pk):
        return None
    try:
        with transaction.atomic():
            row = _taken(pk)
            if row is None:
                return None
            pack = publish(row.importer, by=row.asked_by, seen=row.seen)
            _finish(row, pack=pack)
            return pack
    except RuleViolation as violation:
        _refuse(pk, violation)
        return None


def unfinished(now: datetime) -> list[int]:
    """Those whose message was lost, or whose worker did not come back. What takes its worker down each time is given
    up."""
    left = Sharing.objects.open().filter(asked_at__lt=now - LOST)
    for pk in left.filter(tries__gte=MOST_TRIES).values_list("pk", flat=True):
        _refuse(pk, RuleViolation("given_up", GIVEN_UP, times=MOST_TRIES))
    return list(left.filter(tries__lt=MOST_TRIES).order_by("asked_at", "pk").values_list("pk", flat=True))


def _begin(pk: int) -> bool:
    """Counted before anything is done, and for itself: what is done may come to nothing."""
    with transaction.atomic():
        row = _taken(pk)
        return row is not None and bool(Sharing.objects.filter(pk=row.pk).update(tries=row.tries + 1))


def _taken(pk: int) -> Sharing | None:
    """The row, locked until the transaction ends, unless it is somebody else's or finished."""
    rows = Sharing.objects.open().select_related("importer", "asked_by")
    return rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()


def _refuse(pk: int, violation: RuleViolation) -> None:
    with transaction.atomic():
        row = _taken(pk)
        if row is not None:
            params = {name: str(value) for name, value in violation.params.items()}
            _finish(row, refusal={"code": violation.code, "template": violation.template, "params": params})


def _finish(row: Sharing, *, pack: Pack | None = None, refusal: Mapping[str, object] | None = None) -> None:
    Sharing.objects.filter(pk=row.pk).update(finished_at=timezone.now(), pack=pack, refusal=refusal or {})
