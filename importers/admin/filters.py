"""By what the list of importers can be narrowed down."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importers.admin import words
from importers.admin.declared import declarations, waiting_declarations
from importers.admin.theme import firm_of
from importers.domain.checklist import STEPS, Stage
from importers.domain.consistency import Who
from importers.domain.countries import country_name
from importers.domain.facts import Route
from importers.models import ImporterOfRecord, Question, User
from importers.models.filings import ImporterAccess
from importers.models.labels import choices
from importers.wording import language

Choices = Iterable[tuple[str, Any]]
NOT_US = "others"


class StageFilter(admin.SimpleListFilter):
    title = _("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return choices(Stage)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(readiness__stage=self.value()) if self.value() else queryset


class WhoFilter(admin.SimpleListFilter):
    title = _("who must act")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*choices(Who), (NOT_US, _("Somebody else than us"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == NOT_US:
            return queryset.exclude(readiness__who=Who.BROKER)
        return queryset.filter(readiness__who=self.value()) if self.value() else queryset


class StepFilter(admin.SimpleListFilter):
    title = _("step that holds up")
    parameter_name = "step"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(step.key, words.step_title(step.key)) for step in STEPS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(readiness__blocker=self.value()) if self.value() else queryset


class AssignedFilter(admin.SimpleListFilter):
    """A colleague's number, or "me" and "nobody"."""

    title = _("assigned to")
    parameter_name = "assigned"
    column = "assigned_to"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        staff = User.objects.filter(is_staff=True, is_active=True).exclude(pk=request.user.pk or 0).order_by("name")
        return [
            ("me", _("Me")),
            ("nobody", _("Nobody")),
            *((str(person.pk), str(person)) for person in staff),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None:
                return queryset
            case "me":
                return queryset.filter(**{self.column: request.user.pk})
            case "nobody":
                return queryset.filter(**{self.column: None})
            case number:
                return queryset.filter(**{self.column: number}) if str(number).isdigit() else queryset.none()


class RouteFilter(admin.SimpleListFilter):
    title = _("refund route")
    parameter_name = "route"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*choices(Route), ("none", _("Not chosen"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(route="" if self.value() == "none" else self.value())


class CountryFilter(admin.SimpleListFilter):
    title = _("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        codes = ImporterOfRecord.objects.order_by("country").values_list("country", flat=True).distinct()
        return [(str(code), country_name(str(code), language())) for code in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(country=self.value()) if self.value() else queryset


class VisitFilter(admin.SimpleListFilter):
    title = _("visits and questions")
    parameter_name = "visit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("never", _("Invited, never visited")),
            ("yes", _("Has visited")),
            ("paused", _("Reminders paused")),
            ("asked", _("Waits for our answer")),
            ("declared", _("Declared, not checked yet")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        visited = Q(pk__in=ImporterAccess.objects.filter(first_visit_at__isnull=False).values("importer"))
        match self.value():
            case "never":
                return queryset.filter(~visited, invited_at__isnull=False)
            case "yes":
                return queryset.filter(visited)
            case "paused":
                return queryset.filter(paused_until__gte=timezone.localdate())
            case "asked":
                return queryset.filter(pk__in=Question.objects.open().values("importer"))
            case "declared":
                waiting = waiting_declarations(Q()).order_by().values("importer")
                rows = ImporterOfRecord.objects.with_facts().filter(pk__in=waiting)
                return queryset.filter(pk__in=[one.importer.pk for one in declarations(rows, firm_of(request))])
            case _:
                return queryset


class EntriesFilter(admin.SimpleListFilter):
    title = _("entries")
    parameter_name = "entries"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("money", _("With a possible refund")), ("none", _("No entries known"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "money":
                return queryset.filter(readiness__at_stake__gt=0)
            case "none":
                return queryset.filter(readiness__at_stake=None)
            case _:
                return queryset


FILTERS = (
    StageFilter, WhoFilter, StepFilter, AssignedFilter, RouteFilter, ("language", admin.ChoicesFieldListFilter),
    CountryFilter, VisitFilter, EntriesFilter,
)  # fmt: skip
