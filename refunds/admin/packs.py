"""What was shared with whom, and when; and taking it back."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from importers.admin.base import StaffAdmin, row_of, staff
from importers.admin.listing import ago
from importers.domain.errors import RuleViolation
from importers.models import ImporterOfRecord
from importers.wording import money, plain_date, violation_text
from refunds.admin.share import outcome_of, share_address, share_view, under_way
from refunds.models import Pack
from refunds.models.labels import by_whom
from refunds.services.packs import draft, files, newest, withdraw
from refunds.views import file_response, pack_file

SECONDS = "3"


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("shared", _("Shared")), ("withdrawn", _("Taken back"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Pack]) -> QuerySet[Pack]:
        match self.value():
            case "shared":
                return queryset.filter(withdrawn_at=None)
            case "withdrawn":
                return queryset.exclude(withdrawn_at=None)
        return queryset


@admin.register(Pack)
class PackAdmin(StaffAdmin):
    list_display = ("whose", "of_day", "holds", "who_shared", "state")
    list_filter = (StateFilter,)
    search_fields = ("importer__name",)
    search_help_text = gettext_lazy("Company")
    list_select_related = ("importer", "published_by")
    list_fullwidth = True

    change_list_template = "admin/refunds/packs.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Above the list stands what is being made of it; the page looks again until it is there."""
        found = under_way(timezone.now())
        answer: HttpResponse = super().changelist_view(request, (extra_context or {}) | {"under_way": found})
        if found.is_new:
            answer["Refresh"] = SECONDS
        return answer

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("share/", view(self.share_view), name="refunds_pack_share"),
            path("share/<int:pk>/preview.xlsx", view(self.preview_view), name="refunds_pack_preview"),
            path("<int:pk>/file.<str:ending>", view(self.file_view), name="refunds_pack_file"),
            path("<int:pk>/withdraw/", view(self.withdraw_view), name="refunds_pack_withdraw"),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pack]:
        packs: QuerySet[Pack] = super().get_queryset(request)
        number = request.GET.get("importer", "")
        return (packs.filter(importer=int(number)) if number.isdecimal() else packs).defer("xlsx", "csv")

    @display(description=gettext_lazy("importer"), ordering="importer__name")
    def whose(self, pack: Pack) -> SafeString:
        return format_html('<span class="pa-strong">{}</span>', pack.importer)

    @display(description=gettext_lazy("as of"), ordering="as_of")
    def of_day(self, pack: Pack) -> str:
        return plain_date(pack.as_of)

    @display(description=gettext_lazy("possible refund"), ordering="possible_refund")
    def holds(self, pack: Pack) -> SafeString:
        entries = ngettext("%(n)s entry", "%(n)s entries", pack.entries) % {"n": pack.entries}
        return _two_lines(money(pack.possible_refund), entries)

    @display(description=gettext_lazy("shared"), ordering="published_at")
    def who_shared(self, pack: Pack) -> SafeString:
        return _two_lines(ago(pack.published_at), by_whom(pack.published_by))

    @display(description=gettext_lazy("state"), ordering="withdrawn_at")
    def state(self, pack: Pack) -> str:
        return _("Taken back") if pack.withdrawn_at else _("Shared")

    def has_history_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        pack = self._row(object_id)
        seen = newest(pack.importer)
        context = {"title": str(pack), "original": pack, "pack": pack, "is_seen": seen == pack}
        return self.page(request, "admin/refunds/pack.html", context)

    def share_view(self, request: HttpRequest) -> HttpResponse:
        return share_view(self, request)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The workbook as the importer would get it now; nothing is shared."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        importer = ImporterOfRecord.objects.filter(pk=pk).first()
        shown = draft(importer) if importer else None
        if shown is None or not shown.lines:
            raise Http404
        return file_response(files(shown).xlsx, "xlsx", f"preview-{shown.as_of.isoformat()}.xlsx")

    def file_view(self, request: HttpRequest, pk: int, ending: str) -> HttpResponse:
        """Of any pack: staff must be able to see what the importer had, also after it was taken back."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return pack_file(Pack.objects.filter(pk=pk), ending)

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        pack = self._row(pk)
        if request.method == "POST":
            try:
                withdraw(pack, by=staff(request))
            except RuleViolation as error:
                messages.error(request, violation_text(error))
            else:
                messages.success(request, _("Taken back. %(name)s sees it no more.") % {"name": pack.importer})
            return HttpResponseRedirect(reverse("admin:refunds_pack_change", args=[pack.pk]))
        packs = Pack.objects.filter(importer=pack.importer).shared().without_files()
        is_seen = newest(pack.importer) == pack
        before = packs.exclude(pk=pack.pk).first() if is_seen else None
        context = {"title": _("Take this back?"), "pack": pack, "original": pack, "before": before, "is_seen": is_seen}
        return self.page(request, "admin/refunds/withdraw.html", context)

    def _row(self, pk: str | int | None) -> Pack:
        packs = Pack.objects.without_files().select_related("importer", "published_by", "withdrawn_by")
        return row_of(packs, pk)


def _two_lines(first: object, second: object) -> SafeString:
    return format_html('<span>{}<br><span class="pa-quiet">{}</span></span>', first, second)


def panel(request: HttpRequest, importer: ImporterOfRecord) -> dict[str, Any]:
    """On the importer's page: what it sees, and the way to share what there is now."""
    last = importer.sharings.select_related("importer").first()
    return {
        "pack": newest(importer),
        "has_entries": importer.entries.exists(),
        "share": share_address([importer]),
        "is_waiting": last is not None and last.finished_at is None,
        "refused": outcome_of(last) if last and last.refusal else None,
    }
