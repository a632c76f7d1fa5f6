"""Tasks for staff: the list of all, and those of one importer, on whose page they are done."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import display

from importers.admin.base import StaffAdmin, row_of
from importers.admin.filters import AssignedFilter, Choices
from importers.admin.listing import ago
from importers.admin.page import DeedForm, Deeds
from importers.models import Errand, ErrandKind, ImporterOfRecord

SHOWN_OF_A_KIND = 4
DONE_SHOWN = 5
AGES = {"1": gettext_lazy("More than a day"), "7": gettext_lazy("More than a week")}


def importer_page(importer_id: int) -> str:
    return reverse("admin:importers_importerofrecord_change", args=[importer_id]) + "#errands"


class StateFilter(admin.SimpleListFilter):
    """The open ones, unless others are asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("done", gettext_lazy("Done")), ("all", gettext_lazy("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, title in ((None, gettext_lazy("Open")), *self.lookup_choices):
            without = [self.parameter_name] if value is None else None
            query = changelist.get_query_string({} if value is None else {self.parameter_name: value}, without)
            yield {"selected": self.value() == value, "query_string": query, "display": title}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "done":
                return queryset.exclude(done_at=None)
            case "all":
                return queryset
            case _:
                return queryset.filter(done_at=None)


class CaseOfFilter(AssignedFilter):
    column = "importer__assigned_to"


class AgeFilter(admin.SimpleListFilter):
    title = gettext_lazy("open for")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return AGES.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in AGES:
            return queryset
        return queryset.filter(opened_at__lt=timezone.now() - timedelta(days=int(str(self.value()))))


@admin.register(Errand)
class ErrandAdmin(StaffAdmin):
    """Only a list: a task leads to its importer, where the telephone number stands, and is done there."""

    list_display = ("what", "importer_", "case_of", "since", "outcome_")
    list_filter = (StateFilter, ("kind", admin.ChoicesFieldListFilter), CaseOfFilter, AgeFilter)
    list_select_related = ("importer__assigned_to", "done_by")
    search_fields = ("importer__name", "why", "outcome")
    search_help_text = gettext_lazy("Company, reason or outcome")
    list_fullwidth = True

    @display(description=gettext_lazy("what to do"), ordering="kind")
    def what(self, errand: Errand) -> SafeString:
        return format_html(
            '<span class="pa-strong">{}</span><br><span class="pa-quiet pa-clamp pa-break">{}</span>',
            errand.get_kind_display(),
            gettext(errand.why) if errand.why else "",
        )

    @display(description=gettext_lazy("importer"), ordering="importer__name")
    def importer_(self, errand: Errand) -> str:
        return errand.importer.name

    @display(description=gettext_lazy("assigned to"), ordering="importer__assigned_to__name")
    def case_of(self, errand: Errand) -> str:
        return str(errand.importer.assigned_to or "–")

    @display(description=gettext_lazy("open for"), ordering="opened_at")
    def since(self, errand: Errand) -> SafeString:
        return ago(errand.opened_at)

    @display(description=gettext_lazy("what came of it"), ordering="done_at")
    def outcome_(self, errand: Errand) -> SafeString | str:
        if errand.done_at is None:
            return "–"
        return format_html('<div>{}<br><span class="pa-quiet">{}</span></div>', gettext(errand.outcome), errand.done_by)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        errand = row_of(Errand.objects.all(), object_id)
        return HttpResponseRedirect(importer_page(errand.importer_id))


@dataclass(frozen=True, slots=True)
class ShownErrand:
    errand: Errand
    deed: DeedForm | None


def errand_lines(importer: ImporterOfRecord, deeds: Deeds) -> list[ShownErrand]:
    """What is open, the longest waiting first, then what was done last."""
    errands = list(importer.errands.select_related("done_by"))
    done = sorted((e for e in errands if e.done_at), key=lambda e: e.done_at or e.opened_at, reverse=True)
    waiting = [ShownErrand(e, deeds.form("errand-done", errand=e.pk)) for e in errands if e.done_at is None]
    return [*waiting, *(ShownErrand(errand, None) for errand in done[:DONE_SHOWN])]


@dataclass(frozen=True, slots=True)
class KindOfErrand:
    """On the dashboard: the longest waiting of one kind, and how many there are."""

    title: str
    count: int
    link: str
    errands: list[tuple[Errand, str]]


def open_errands(mine: Q, *, only_mine: bool) -> list[KindOfErrand]:
    kind = F("kind")
    rows = Errand.objects.open().filter(mine).select_related("importer__assigned_to").annotate(
        rank=Window(RowNumber(), partition_by=kind, order_by=["opened_at", "pk"]),
        count=Window(Count("pk"), partition_by=kind),
    )  # fmt: skip
    first = rows.filter(rank__lte=SHOWN_OF_A_KIND).order_by("kind", "rank")
    return [_of_a_kind(name, list(errands), only_mine) for name, errands in groupby(first, lambda e: e.kind)]


def _of_a_kind(kind: str, errands: list[Any], only_mine: bool) -> KindOfErrand:
    query = {"kind__exact": kind} | ({"assigned": "me"} if only_mine else {})
    link = f"{reverse('admin:importers_errand_changelist')}?{urlencode(query)}"
    shown = [(errand, importer_page(errand.importer_id)) for errand in errands]
    return KindOfErrand(str(ErrandKind(kind).label), errands[0].count, link, shown)


def total(kinds: Iterable[KindOfErrand]) -> int:
    return sum(kind.count for kind in kinds)
