"""The rules about refunds: what holds, where it stands, what would change, and who changed what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from importers.admin.base import StaffAdmin, row_of, staff
from importers.domain.errors import RuleViolation
from importers.models import ImporterOfRecord
from importers.wording import violation_text
from refunds.admin import says
from refunds.admin.rules_form import DATES, PREFIXES, TYPES, RulesForm
from refunds.domain.eligibility import Verdict
from refunds.domain.entry_number import hyphened
from refunds.domain.rules import SHIPPED_CONTENT, ClockKey, Rules, Stated, parse_rules
from refunds.models import RuleVersion
from refunds.models.labels import CLOCKS, CONFIDENCES, VERDICTS, cape_phase
from refunds.services.verdicts import Move, Shift, preview, set_rules

NAMED = 50


@dataclass(frozen=True, slots=True)
class ShownRule:
    title: str
    says: str
    source: str
    confidence: str


def shown_rules(rules: Rules) -> Iterator[ShownRule]:
    yield _rule(PREFIXES, says.listed(rules.prefixes), rules.prefixes_stated)
    yield _rule(DATES, says.between(rules.first_entry, rules.last_entry), rules.dates_stated)
    yield _rule(TYPES, says.listed(sorted(rules.excluded_types)), rules.types_stated)
    for key in ClockKey:
        yield _rule(CLOCKS[key], says.days_after(rules.days(key)), rules.clocks[key].stated)
    for phase in rules.phases:
        yield _rule(cape_phase(phase.key), says.phase(phase.opens, phase.takes, sorted(phase.types)), phase.stated)


def _rule(title: Any, says: str, stated: Stated) -> ShownRule:
    return ShownRule(str(title), says, stated.source, str(CONFIDENCES[stated.confidence]))


@dataclass(frozen=True, slots=True)
class ShownShift:
    before: str
    after: str
    entries: int
    dollars: Any


def shown_shifts(shifts: Sequence[Shift]) -> list[ShownShift]:
    return [ShownShift(_label(one.before), _label(one.after), one.entries, one.dollars) for one in shifts]


def shown_moves(moves: Sequence[Move]) -> list[dict[str, Any]]:
    names = ImporterOfRecord.objects.in_bulk({move.importer_id for move in moves if move.importer_id})
    return [
        {
            "number": hyphened(move.number),
            "importer": names.get(move.importer_id),
            "before": _label(move.before),
            "after": _label(move.after),
            "duty": move.duty,
        }
        for move in moves
    ]


def _label(verdict: Verdict) -> str:
    return str(VERDICTS[verdict])


@admin.register(RuleVersion)
class RuleVersionAdmin(StaffAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def get_urls(self) -> list[URLPattern]:
        moves = path(
            "<int:version>/moves.csv", self.admin_site.admin_view(self.moves_view), name="refunds_ruleversion_moves"
        )
        return [moves, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        rules = RuleVersion.objects.rules()
        versions = RuleVersion.objects.select_related("created_by").defer("moves")
        context = {"title": _("Rules about refunds"), "rules": rules, "shown": shown_rules(rules), "versions": versions}
        return self.page(request, "admin/refunds/rules.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Is read only: a version never changes."""
        version = self._version(object_id)
        shifts = [Shift.from_dict(kept) for kept in version.shifts]
        context = {
            "title": _("Rules, version %(number)s") % {"number": version.version},
            "original": version,
            "rules": version.rules,
            "shown": shown_rules(version.rules),
            "shifts": shown_shifts(shifts),
            "moved": sum(shift.entries for shift in shifts),
        }
        return self.page(request, "admin/refunds/rule_version.html", context)

    def moves_view(self, request: HttpRequest, version: int) -> HttpResponse:
        found = RuleVersion.objects.filter(version=version).first()
        if found is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="rules-{version}.csv"', "Cache-Control": "no-store"}
        return HttpResponse(found.moves_file(), content_type="text/csv; charset=utf-8", headers=headers)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The rules as they hold to begin with; then what would come of the new ones; only then they are saved."""
        newest = RuleVersion.objects.first()
        content, seen = (newest.content, newest.version) if newest else (SHIPPED_CONTENT, 0)
        form = RulesForm(request.POST or None, content=content, seen=seen)
        if not form.is_valid() or "back" in request.POST:
            return self._form(request, form)
        if "confirmed" not in request.POST:
            return self._preview(request, form)
        try:
            data = form.cleaned_data
            version = set_rules(form.content(), data["note"], by=staff(request), seen=data["seen"])
        except RuleViolation as violation:
            form.add_error(None, violation_text(violation))
            return self._form(request, form)
        messages.success(request, _("The rules are saved as version %(number)s.") % {"number": version.version})
        return redirect("admin:refunds_ruleversion_change", version.pk)

    def _form(self, request: HttpRequest, form: RulesForm) -> HttpResponse:
        context = {
            "title": _("Change the rules"),
            "form": form,
            "is_wrong": form.is_bound and not form.is_valid(),
            "back": self._list(),
        }
        return self.page(request, "admin/refunds/rules_form.html", context)

    def _preview(self, request: HttpRequest, form: RulesForm) -> HttpResponse:
        rules = parse_rules(form.content(), version=form.cleaned_data["seen"] + 1)
        found = preview(rules, timezone.localdate(), named=NAMED)
        context = {
            "title": _("What would change"),
            "note": form.cleaned_data["note"],
            "found": found,
            "shifts": shown_shifts(found.shifts),
            "moves": shown_moves(found.moves),
            "more": max(0, found.moved - len(found.moves)),
            "new_prefixes": rules.prefixes != RuleVersion.objects.rules().prefixes,
            "typed": [(name, value) for name, values in request.POST.lists() for value in values
                      if name not in ("csrfmiddlewaretoken", "back")],
            "back": self._list(),
        }  # fmt: skip
        return self.page(request, "admin/refunds/rules_preview.html", context)

    def _version(self, key: str) -> RuleVersion:
        return row_of(RuleVersion.objects.select_related("created_by"), key)

    def _list(self) -> str:
        return reverse("admin:refunds_ruleversion_changelist")
