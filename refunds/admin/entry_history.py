"""What changed on an entry, with what is kept by its key told in words."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.core.paginator import Page
from django.utils.dateparse import parse_date
from django.utils.translation import gettext

from importers.admin.history import Change, Touched, history_page
from importers.admin.history import Entry as Deed
from importers.models.accounts import SYSTEM_NAME
from importers.wording import money, plain_date
from refunds.domain.cape_messages import ClaimStatus
from refunds.models import Entry, Report
from refunds.models.labels import CLAIMS, rule_name

# What is told of the state that the first change left.
TOLD = ("verdict", "verdict_rule", "act_until", "liquidation_date", "liquidation_status", "ieepa_duty", "report")


def entry_history(entry: Entry, number: str) -> Page[Any]:
    page = history_page(entry, number)
    if not page.has_next() and (first := _first(entry)):
        page.object_list = [*page.object_list, first]
    names = {_label(name): name for name in (field.name for field in Entry._meta.concrete_fields)}
    reports = _reports(page.object_list)
    for touched in (one for deed in page.object_list for one in deed.touched):
        touched.changes[:] = [_told(change, names.get(change.label, ""), reports) for change in touched.changes]
    return page


def _first(entry: Entry) -> Deed | None:
    """An entry that comes leaves no event, so of its first change only the outcome is known."""
    event = entry.history.order_by("pgh_id").first()  # type: ignore[attr-defined]
    if event is None:
        return None
    context = event.pgh_context or {}
    who = context.get("who") or SYSTEM_NAME
    values = {name: getattr(event, Entry._meta.get_field(name).attname) for name in TOLD}  # type: ignore[union-attr]
    changes = [
        Change(_label(name), "", _kept(name, value)) for name, value in values.items() if value not in (None, "")
    ]
    touched = Touched(gettext("entry"), gettext("changed for the first time; from then on:"), changes)
    shown = gettext(SYSTEM_NAME) if who == SYSTEM_NAME else who
    return Deed(event.pgh_created_at, shown, context.get("action", ""), "", [touched])


def _kept(name: str, value: object) -> str:
    if name == "report":
        return f"#{value}"
    choices = Entry._meta.get_field(name).flatchoices  # type: ignore[union-attr]
    return str(dict(choices).get(value, value))


def _label(name: str) -> str:
    return gettext(str(Entry._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _reports(deeds: Iterable[Deed]) -> dict[str, str]:
    changes = (change for deed in deeds for one in deed.touched for change in one.changes)
    keys = {text[1:] for change in changes for text in (change.before, change.after) if text.startswith("#")}
    return {f"#{row.pk}": str(row) for row in Report.objects.filter(pk__in=[key for key in keys if key.isdecimal()])}


def _told(change: Change, name: str, reports: dict[str, str]) -> Change:
    label = {"verdict": gettext("status"), "verdict_rule": gettext("rule")}.get(name, change.label)
    before, after = (_words(name, text, reports) for text in (change.before, change.after))
    return replace(change, label=label, before=before, after=after)


def _words(name: str, text: str, reports: dict[str, str]) -> str:
    if not text:
        return text
    match name:
        case "verdict_rule":
            return rule_name(text)
        case "claim_status":
            return str(CLAIMS.get(ClaimStatus(text), text)) if text in set(ClaimStatus) else text
        case "report":
            return reports.get(text, text)
        case "ieepa_duty" | "liquidated_duty":
            return money(Decimal(text))
        case "as_of" | "act_until" | "paid_on" | "entry_date" | "summary_date" | "liquidation_date":
            day = parse_date(text)
            return plain_date(day) if day else text
    return text
