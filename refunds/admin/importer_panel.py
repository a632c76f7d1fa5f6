"""What staff see of refunds on the page of one importer: the chain, the entries by status, what was paid."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from importers.admin.theme import firm_of
from importers.models import ImporterOfRecord
from refunds.admin.words import shown_link
from refunds.domain.eligibility import Verdict
from refunds.models import Entry, Payment
from refunds.models.labels import VERDICTS
from refunds.services.path import paths_of

SHOWN = 5


@dataclass(frozen=True, slots=True)
class VerdictLine:
    words: str
    count: int
    amount: Decimal
    is_possible: bool
    link: str


def panel(request: HttpRequest, importer: ImporterOfRecord) -> dict[str, Any]:
    (path,) = paths_of([importer], firm=firm_of(request), today=timezone.localdate())
    return {
        "path": path,
        "stops": shown_link(path.first_broken) if path.first_broken else None,
        "links": [shown_link(link) for link in path.links],
        "verdicts": verdict_lines(importer),
        "entries_link": entries_link(importer),
        "payments": list(Payment.objects.filter(importer=importer)[:SHOWN]),
        "payments_link": reverse("admin:refunds_expected", args=[importer.pk]),
    }


def entries_link(importer: ImporterOfRecord, **more: str) -> str:
    return f"{reverse('admin:refunds_entry_changelist')}?{urlencode({'importer': str(importer.pk)} | more)}"


def verdict_lines(importer: ImporterOfRecord) -> list[VerdictLine]:
    """As the verdicts are listed; those without an entry are left out."""
    rows = Entry.objects.filter(importer=importer).order_by().values_list("verdict")
    sums = {key: (n, amount) for key, n, amount in rows.annotate(n=Count("pk"), amount=Sum("ieepa_duty"))}
    return [
        VerdictLine(str(words), *sums[verdict], verdict.is_possible, entries_link(importer, verdict=str(verdict)))
        for verdict, words in VERDICTS.items()
        if Verdict(verdict) in sums
    ]
