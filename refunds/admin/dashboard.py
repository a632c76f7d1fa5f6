"""Money that waits: the importers of whom most is lost first, and who must act."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from importers.admin.theme import firm_of
from importers.domain.consistency import Who
from importers.models import ImporterOfRecord, Readiness
from importers.models.labels import label
from refunds.admin.words import ShownLink, shown_link
from refunds.domain.refund_path import Path
from refunds.services.path import by_urgency, paths_of

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    importer: ImporterOfRecord
    path: Path
    stops: ShownLink | None
    link: str


@dataclass(frozen=True, slots=True)
class Total:
    words: str
    amount: Decimal
    count: int
    link: str


def money_that_waits(request: HttpRequest, only_mine: bool) -> dict[str, Any] | None:
    """Totals are read from the projection; only the importers that are shown are reckoned through."""
    scope = Q(importer__assigned_to=request.user.pk) if only_mine else Q()
    totals = _totals(scope, only_mine)
    if not totals:
        return None
    return {
        "lines": _lines(request, scope),
        "totals": totals,
        "total": sum(total.amount for total in totals),
        "count": sum(total.count for total in totals),
        "link": listing(only_mine, entries="money", o="-7"),
        "shown": SHOWN,
    }


def listing(only_mine: bool, **filters: str) -> str:
    mine = {"assigned": "me"} if only_mine else {}
    return f"{reverse('admin:importers_importerofrecord_changelist')}?{urlencode(mine | filters)}"


def _totals(scope: Q, only_mine: bool) -> list[Total]:
    """By who must act on the checklist; once that is done, claims and payment are left."""
    rows = Readiness.objects.filter(scope, at_stake__gt=0).order_by().values_list("who")
    sums = {who: (amount, n) for who, amount, n in rows.annotate(amount=Sum("at_stake"), n=Count("pk"))}
    found = [
        Total(str(label(who)), *sums[who], listing(only_mine, entries="money", who=who)) for who in Who if who in sums
    ]
    if "" in sums:
        ready = listing(only_mine, entries="money", stage="ready")
        found.append(Total(_("Set-up done: claims and payment"), *sums[""], ready))
    return found


def _lines(request: HttpRequest, scope: Q) -> list[Waiting]:
    today = timezone.localdate()
    pks = list(by_urgency(Readiness.objects.filter(scope), today).values_list("pk", flat=True)[:SHOWN])
    rows = ImporterOfRecord.objects.with_facts().select_related("readiness").in_bulk(pks)
    importers = [rows[pk] for pk in pks]
    paths = paths_of(importers, firm=firm_of(request), today=today)
    return [_line(importer, path) for importer, path in zip(importers, paths, strict=True)]


def _line(importer: ImporterOfRecord, path: Path) -> Waiting:
    link = reverse("admin:importers_importerofrecord_change", args=[importer.pk])
    stops = shown_link(path.first_broken) if path.first_broken else None
    return Waiting(importer, path, stops, f"{link}#refunds")
