"""What changed on an entry, with what is kept by its key told in words."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.core.paginator import Page
from django.utils.dateparse import parse_date
from django.utils.translation import gettext

from importers.admin.history import Change, history_page
from importers.admin.history import Entry as Deed
from importers.wording import money, plain_date
from refunds.domain.cape_messages import ClaimStatus
from refunds.models import Entry, Report
from refunds.models.labels import CLAIMS, rule_name

# A report that says the same moves them and leaves no event, so what the next event shows may be of a later report.
OF_THE_REPORT = ("report_id", "as_of")


def entry_history(entry: Entry, number: str) -> Page[Any]:
    page = history_page(entry, number, mend=_name_reports)
    names = {_label(name): name for name in (field.name for field in Entry._meta.concrete_fields)}
    reports = _reports(page.object_list)
    for touched in (one for deed in page.object_list for one in deed.touched):
        touched.changes[:] = [_told(change, names.get(change.label, ""), reports) for change in touched.changes]
    return page


def _name_reports(events: list[Any]) -> None:
    """Which report an update came from, its context says (see services/imports)."""
    by_event = {event.pgh_id: (event.pgh_context or {}).get("report") for event in events}
    reports = Report.objects.in_bulk({pk for pk in by_event.values() if pk})
    for event in events:
        diff = {name: pair for name, pair in (event.pgh_diff or {}).items() if name not in OF_THE_REPORT}
        report = reports.get(by_event[event.pgh_id])
        if report and report.pk != event.pgh_data["report_id"]:
            diff["report_id"] = event.pgh_data["report_id"], report.pk
            if event.pgh_data["as_of"] != report.as_of.isoformat():
                diff["as_of"] = event.pgh_data["as_of"], report.as_of
        event.pgh_diff = diff


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
