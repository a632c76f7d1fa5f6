"""What would go into CAPE files now, what stays out and why, as staff look at it before anything is made."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.admin.base import LONGEST_KEY
from importers.domain.sheets.neutral import neutral
from importers.models import ImporterOfRecord
from importers.wording import plain_date, violation_text
from refunds.domain.eligibility import FOR_CAPE
from refunds.models import CapeFile
from refunds.services.cape import WAITING, CapePlan, Excluded, plan

SHOWN = 200


def attachment(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(data, content_type="text/csv; charset=utf-8", headers=headers)


@dataclass(slots=True)
class Group:
    """Entries that stay out for one reason; `file` is the one that keeps them out."""

    reason: str
    file: CapeFile | None = None
    entries: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shown(self) -> list[tuple[str, str]]:
        return self.entries[:SHOWN]

    @property
    def more(self) -> int:
        return max(0, len(self.entries) - SHOWN)


def groups(plans: Sequence[CapePlan]) -> list[Group]:
    """The largest first; those that an earlier file keeps out are told apart (`waiting`)."""
    found: dict[str, Group] = {}
    for made in plans:
        for one in made.excluded:
            if one.code != WAITING:
                reason = told(one)
                found.setdefault(reason, Group(reason)).entries.append((one.entry.canonical, made.importer.name))
    return sorted(found.values(), key=lambda group: -len(group.entries))


def waiting(plans: Sequence[CapePlan]) -> list[Group]:
    return [
        Group("", file, [(entry.canonical, made.importer.name) for entry in entries])
        for made in plans
        for file, entries in made.waiting.items()
    ]


def keys(texts: Sequence[str]) -> list[int]:
    """Of rows, as an address or a form gives them."""
    return [int(text) for text in texts if text.isdecimal() and len(text) < LONGEST_KEY]


def told(excluded: Excluded) -> str:
    return excluded.reason.told(gettext, plain_date)


def claimable(request: HttpRequest) -> QuerySet[ImporterOfRecord]:
    """Those that the address or the form names; everybody with something to claim when it names nobody."""
    named = (request.POST if request.method == "POST" else request.GET).get("importers", "")
    pks = keys(named.split(","))
    if pks or request.method == "POST":
        return ImporterOfRecord.objects.filter(pk__in=pks)
    return ImporterOfRecord.objects.filter(entries__verdict__in=FOR_CAPE).distinct()


def plan_context(importers: Sequence[ImporterOfRecord]) -> dict[str, Any]:
    plans = [plan(importer, today=timezone.localdate()) for importer in importers]
    warnings = [
        (made.importer.name, violation_text(warning)) for made in plans if made.entries for warning in made.warnings
    ]
    general = [text for text in dict.fromkeys(text for _name, text in warnings) if _of_all(text, warnings, plans)]
    return {
        "title": _("Make CAPE files"),
        "opts": None,  # the heading is the title, not the list's name
        "rows": [made for made in plans if made.entries],
        "nothing_for": [made.importer.name for made in plans if not made.entries],
        "chosen": ",".join(str(importer.pk) for importer in importers),
        "entries": sum(len(made.entries) for made in plans),
        "possible_refund": sum((made.possible_refund for made in plans), Decimal(0)),
        "groups": groups(plans),
        "waiting": waiting(plans),
        "excluded": sum(len(made.excluded) for made in plans),
        "general": general,
        "warnings": [(name, text) for name, text in warnings if text not in general],
    }


def _of_all(text: str, warnings: list[tuple[str, str]], plans: Sequence[CapePlan]) -> bool:
    """What holds for everybody is said once."""
    return sum(text == other for _name, other in warnings) == sum(bool(made.entries) for made in plans)


def excluded_file(plans: Sequence[CapePlan]) -> HttpResponse:
    sheet = StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(
        [gettext("Importer"), gettext("Entry number"), gettext("IEEPA duty"), gettext("Why it is left out")]
    )
    for made in plans:
        for one in made.excluded:
            writer.writerow([neutral(made.importer.name), one.entry.canonical, one.entry.duty, neutral(told(one))])
    return attachment(sheet.getvalue().encode("utf-8-sig"), "cape-left-out.csv")
