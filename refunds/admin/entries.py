"""The entries, as the newest reports have them: found by number in any spelling, read only."""

import re
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import display

from importers.admin.base import StaffAdmin, row_of
from importers.admin.filters import Choices
from importers.domain.text import unify
from importers.models import ImporterOfRecord
from importers.models.labels import label
from importers.wording import money, plain_date
from refunds.admin.entry_history import entry_history
from refunds.domain.clocks import clocks
from refunds.domain.eligibility import POSSIBLE, Verdict
from refunds.domain.reasons import reason, stated
from refunds.domain.rules import ClockKey, Rules
from refunds.models import ClaimResult, Entry, RuleVersion
from refunds.models.labels import CLOCKS, CONFIDENCES, VERDICTS, verdict_choices
from refunds.services.kept_aside import kept_aside

# Where somebody of us can act on the entry now.
TONES = {Verdict.REJECTED: "danger", Verdict.ELIGIBLE: "warning", Verdict.LATE: "warning", Verdict.HELD: "warning"}
NUMBER_PART = re.compile(r"[0-9A-Z]{3}[0-9]{1,8}")  # a filer code and what follows it
SHOWN_COLUMNS = (
    "entry_type", "port", "entry_date", "summary_date", "liquidation_date", "liquidation_status", "reconciliation",
    "control_status", "correction", "protest_number", "protest_status", "lines", "liquidated_duty",
)  # fmt: skip
CBP_WORDS = ("liquidation_status", "control_status", "correction", "protest_status")


class VerdictFilter(admin.SimpleListFilter):
    title = gettext_lazy("status")
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("possible", gettext_lazy("All that count as possible refund")), *verdict_choices()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None:
                return queryset
            case "possible":
                return queryset.filter(verdict__in=[str(verdict) for verdict in POSSIBLE])
            case verdict:
                return queryset.filter(verdict=verdict)


class RosterFilter(admin.SimpleListFilter):
    title = gettext_lazy("client list")
    parameter_name = "roster"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", gettext_lazy("Importer is on it")), ("no", gettext_lazy("Importer is not on it: kept aside"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.exclude(importer=None)
            case "no":
                return queryset.filter(importer=None)
            case _:
                return queryset


class SumPaginator(Paginator):
    """Counts and sums in one look. Only keys are sorted, and the rows of a page are read by them: sorting whole rows
    takes twice as long."""

    @cached_property
    def totals(self) -> dict[str, Any]:
        return self.object_list.order_by().aggregate(n=Count("*"), duty=Sum("ieepa_duty"))  # type: ignore[attr-defined]

    @cached_property
    def count(self) -> int:
        return int(self.totals["n"])

    def page(self, number: Any) -> Page:
        page = super().page(number)
        entries: Any = page.object_list
        keys = list(entries.values_list("pk", flat=True))
        page.object_list = self.object_list.filter(pk__in=keys)  # type: ignore[attr-defined]
        return page


@admin.register(Entry)
class EntryAdmin(StaffAdmin):
    list_display = ("number_", "importer_", "entered", "liquidation", "status", "last_day", "duty")
    list_filter = (VerdictFilter, RosterFilter)
    search_fields = ("number",)
    search_help_text = gettext_lazy("Entry number in any spelling, a part of it, or the company")
    list_fullwidth = True
    paginator = SumPaginator
    ordering = ("-pk",)
    change_list_template = "admin/refunds/entries.html"

    def get_urls(self) -> list[URLPattern]:
        aside = self.admin_site.admin_view(self.kept_aside_view)
        return [path("kept-aside/", aside, name="refunds_kept_aside"), *super().get_urls()]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Of one importer as the index has them: by the key, the whole table would be looked through."""
        return ("-entry_date", "-pk") if "importer" in request.GET else self.ordering

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """The importers of a page are read after it: joined, they would be sorted along with all the rows."""
        return Entry.objects.prefetch_related("importer")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        term = search_term.strip()
        compact = re.sub(r"[\s-]", "", unify(term)).upper()
        if NUMBER_PART.fullmatch(compact):
            beginning = queryset.filter(number__startswith=compact)
            return (beginning if beginning.exists() else queryset.filter(number__contains=compact)), False
        named = list(ImporterOfRecord.objects.filter(name__icontains=term).values_list("pk", flat=True))
        aside = Q(importer=None, importer_name__icontains=term)
        return (queryset.filter(Q(importer__in=named) | aside) if term else queryset), False

    @display(description=gettext_lazy("entry number"), ordering="number")
    def number_(self, entry: Entry) -> SafeString:
        return format_html('<span class="pa-strong pa-number">{}</span>', entry.canonical)

    @display(description=gettext_lazy("importer"), ordering="importer__name")
    def importer_(self, entry: Entry) -> SafeString | str:
        if entry.importer:
            return entry.importer.name
        told = gettext("kept aside")
        return format_html('<div>{}<br><span class="pa-quiet">{}</span></div>', entry.importer_name or "–", told)

    @display(description=gettext_lazy("entry date"), ordering="entry_date")
    def entered(self, entry: Entry) -> str:
        return plain_date(entry.entry_date)

    @display(description=gettext_lazy("act until"), ordering="act_until")
    def last_day(self, entry: Entry) -> str:
        return plain_date(entry.act_until) if entry.act_until else "–"

    @display(description=gettext_lazy("liquidated"), ordering="liquidation_date")
    def liquidation(self, entry: Entry) -> str:
        return plain_date(entry.liquidation_date) if entry.liquidation_date else entry.liquidation_status or "–"

    @display(description=gettext_lazy("status"), ordering="verdict")
    def status(self, entry: Entry) -> SafeString:
        verdict = Verdict(entry.verdict)
        context = {"words": VERDICTS[verdict], "tone": TONES.get(verdict, "")}
        return render_to_string("admin/importers/label.html", context)

    @display(description=gettext_lazy("IEEPA duty"), ordering="ieepa_duty")
    def duty(self, entry: Entry) -> SafeString:
        return format_html('<span class="pa-number">{}</span>', money(entry.ieepa_duty))

    def kept_aside_view(self, request: HttpRequest) -> HttpResponse:
        context = {"title": gettext("Entries kept aside"), "rows": kept_aside()}
        return self.page(request, "admin/refunds/kept_aside.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        entry = row_of(Entry.objects.all(), object_id)
        page = entry_history(entry, request.GET.get("p", "1"))
        return self.page(
            request, "admin/importers/history.html", {"title": str(entry), "original": entry, "page": page}
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        entry = row_of(Entry.objects.select_related("importer", "report"), object_id)
        return self.page(request, "admin/refunds/entry.html", entry_context(entry))


def entry_context(entry: Entry) -> dict[str, Any]:
    rules = RuleVersion.objects.rules()
    why = reason(entry.verdict, entry.verdict_rule, rules)
    source = stated(entry.verdict_rule, rules)
    verdict = Verdict(entry.verdict)
    return {
        "title": entry.canonical,
        "original": entry,
        "entry": entry,
        "verdict": VERDICTS[verdict],
        "tone": TONES.get(verdict, ""),
        "is_rejected": verdict is Verdict.REJECTED,
        "why": why.told(gettext, plain_date),
        "who": label(why.who) if why.who else "",
        "source": source.source if source else "",
        "sure": CONFIDENCES[source.confidence] if source else "",
        "rules": rules,
        "facts": list(_facts(entry)),
        "clocks": _clocks(entry, rules),
        "results": list(ClaimResult.objects.filter(entry_number=entry.number).select_related("report")),
        "files": [row.file for row in entry.cape_files.select_related("file").defer("file__data")],
    }


def _facts(entry: Entry) -> list[tuple[str, Any, bool]]:
    """Name, value and whether that are CBP's own words."""
    found = []
    for name in SHOWN_COLUMNS:
        field: Any = Entry._meta.get_field(name)
        value = getattr(entry, name)
        if name == "liquidated_duty" and value is not None:
            value = money(value)
        if name.endswith("_date") and value:
            value = plain_date(value)
        if value not in (None, ""):
            found.append((field.verbose_name, value, name in CBP_WORDS))
    return found


def _clocks(entry: Entry, rules: Rules) -> list[tuple[Any, Any]]:
    runs = clocks(entry.liquidation_date, rules)
    pairs = (
        (ClockKey.CAPE, runs.cape_until),
        (ClockKey.RELIQUIDATION, runs.reliquidation_until),
        (ClockKey.PROTEST, runs.protest_until),
    )
    return [(CLOCKS[key], day) for key, day in pairs if day]
