"""Reports from ACE: load one, see how far it is read, what came of it, and read it again."""

import csv
from collections.abc import Iterable
from functools import partial
from io import StringIO
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminFileFieldWidget, UnfoldBooleanWidget

from importers.admin.base import StaffAdmin, row_of, staff
from importers.admin.filters import Choices
from importers.domain.sheets.neutral import neutral
from importers.wording import moment, plain_date
from refunds.admin.report_page import SHOWN, grouped, importers_of, shown_errors, unmatched_of
from refunds.models import Report, ReportState
from refunds.models.labels import REPORTS, by_whom
from refunds.services.reports import RefusedError, receive, replay
from refunds.tasks import import_report

UNFINISHED = (ReportState.WAITING, ReportState.READING)
READ_AGAIN = (ReportState.DONE, ReportState.REFUSED, ReportState.FAILED)


class ReportForm(forms.Form):
    file = forms.FileField(
        label=_("Report"),
        help_text=_("ES-003, the results of a CAPE claim, or REV-613, as Excel workbook (.xlsx) or CSV."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.csv,.txt"}),
    )
    as_of = forms.DateField(
        label=_("As of"),
        help_text=_("The day on which the report was made. It overwrites nothing that a newer one said."),
        widget=UnfoldAdminDateWidget,
    )
    skip_bad_rows = forms.BooleanField(
        label=_("Leave bad entries out"),
        help_text=_("Entries with an error are left out and listed; else nothing is saved while there is one."),
        required=False,
        widget=UnfoldBooleanWidget,
    )


class ReportFilter(admin.SimpleListFilter):
    title = _("report")
    parameter_name = "format"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(REPORTS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(format=self.value()) if self.value() else queryset


@admin.register(Report)
class ReportAdmin(StaffAdmin):
    list_display = ("file_name", "kind", "day", "state", "loaded", "by", "lines", "error_count")
    list_filter = ("state", ReportFilter)
    change_list_template = "admin/refunds/reports.html"
    list_select_related = ("uploaded_by",)
    ordering = ("-uploaded_at", "-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A report is kept as it came."""
        return False

    @display(description=_("report"), ordering="format")
    def kind(self, report: Report) -> str:
        return title_of(report)

    @display(description=_("as of"), ordering="as_of")
    def day(self, report: Report) -> str:
        return plain_date(report.as_of)

    @display(description=_("loaded"), ordering="uploaded_at")
    def loaded(self, report: Report) -> str:
        return moment(localtime(report.uploaded_at))

    @display(description=_("by"), ordering="uploaded_by__name")
    def by(self, report: Report) -> str:
        return by_whom(report.uploaded_by)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/errors.csv", view(errors_file), name="refunds_report_errors"),
            path("<int:pk>/again/", view(again), name="refunds_report_again"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        sent = request.method == "POST"
        form = ReportForm(request.POST, request.FILES) if sent else ReportForm(initial={"as_of": timezone.localdate()})
        errors: list[dict[str, object]] = []
        if sent and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                report = self._received(request, file.name, file.chunks(), form.cleaned_data)
            except RefusedError as refused:
                errors = [
                    {"row": e.row or "", "column": e.column, "message": e.translated(gettext)} for e in refused.errors
                ]
            else:
                return HttpResponseRedirect(reverse("admin:refunds_report_change", args=[report.pk]))
        context = {"title": _("Load a report"), "form": form, "errors": errors, "subtitle": None}
        return self.page(request, "admin/refunds/report_upload.html", context, 422 if sent else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        report = row_of(Report.objects.all(), object_id)
        is_unfinished = report.state in UNFINISHED
        errors = grouped(shown_errors(report))
        context = {
            "title": report.file_name,
            "subtitle": None,
            "original": report,
            "report": report,
            "kind": title_of(report),
            "is_unfinished": is_unfinished,
            "may_be_read_again": _may_be_read_again(report),
            "may_leave_out": report.state == ReportState.REFUSED
            and not report.skip_bad_rows
            and bool(report.result.get("lines")),
            "result": report.result,
            "is_nothing_saved": not report.result.get("saved", report.state == ReportState.DONE),
            "is_entries": report.format == "es003",
            "importers": importers_of(report),
            "unmatched": unmatched_of(report),
            "errors": errors[:SHOWN],
            "more_errors": max(0, report.error_count - sum(max(1, len(error.rows)) for error in errors[:SHOWN])),
        }
        answer = self.page(request, "admin/refunds/report.html", context)
        if is_unfinished:
            answer["Refresh"] = "3"
        return answer

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A report is never changed."""
        raise Http404

    def _received(self, request: HttpRequest, name: str, pieces: Iterable[bytes], chosen: dict[str, Any]) -> Report:
        with transaction.atomic():
            report = receive(
                name, pieces, by=staff(request), as_of=chosen["as_of"], skip_bad_rows=chosen["skip_bad_rows"]
            )
            transaction.on_commit(partial(import_report.delay, report.pk))
        return report


def title_of(report: Report) -> str:
    return str(REPORTS.get(report.format, report.format))


@require_safe
def errors_file(request: HttpRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(Report, pk=pk)
    out = StringIO()
    writer = csv.writer(out)
    headings = [gettext("Row"), gettext("Entry number"), gettext("Column"), gettext("Value in the report")]
    writer.writerow([*headings, gettext("What is wrong, and what to do")])
    for error in shown_errors(report):
        cells = (error.where, error.entry, error.column, error.value, error.message)
        writer.writerow([neutral(cell) for cell in cells])
    headers = {"Content-Disposition": 'attachment; filename="errors.csv"', "Cache-Control": "no-store"}
    return HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


def _may_be_read_again(report: Report) -> bool:
    """Of one that could not be read to its end nothing is kept."""
    return report.state in READ_AGAIN and (report.replay_of or report).chunks.exists()


def again(request: HttpRequest, pk: int) -> HttpResponse:
    """The kept file, under the rules as they are now. Who gets here without the button is led to it."""
    report = get_object_or_404(Report, pk=pk)
    if request.method != "POST" or not _may_be_read_again(report):
        return HttpResponseRedirect(reverse("admin:refunds_report_change", args=[pk]))
    with transaction.atomic():
        new = replay(report, by=staff(request), skip_bad_rows="skip_bad_rows" in request.POST)
        transaction.on_commit(partial(import_report.delay, new.pk))
    messages.success(request, gettext("The report is read again, under the rules as they are now."))
    return HttpResponseRedirect(reverse("admin:refunds_report_change", args=[new.pk]))
