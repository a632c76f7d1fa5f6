"""Making CAPE's upload files, and checking one that was made elsewhere. The broker carries them to ACE."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from importers.admin.base import StaffAdmin, staff
from importers.admin.listing import ago
from importers.domain.sheets.neutral import neutral
from importers.models import ImporterOfRecord
from importers.wording import money, plain_date, violation_text
from refunds.domain.cape_messages import ClaimStatus
from refunds.domain.eligibility import FOR_CAPE
from refunds.formats.cape_csv import SIZE_LIMIT, check
from refunds.models import CapeFile
from refunds.models.labels import by_whom
from refunds.services.cape import CapePlan, Excluded, make_all, plan

SHOWN = 200
FILES_SHOWN = 5


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CAPE upload file"),
        help_text=_("The CSV file as it would be uploaded. It is only looked at and not kept."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt"}),
        allow_empty_file=True,
    )


@dataclass(slots=True)
class Group:
    """Entries that stay out for one reason."""

    reason: str
    entries: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shown(self) -> list[tuple[str, str]]:
        return self.entries[:SHOWN]

    @property
    def more(self) -> int:
        return max(0, len(self.entries) - SHOWN)


def groups(plans: Sequence[CapePlan]) -> list[Group]:
    """The largest first."""
    found: dict[str, Group] = {}
    for made in plans:
        for one in made.excluded:
            reason = told(one)
            found.setdefault(reason, Group(reason)).entries.append((one.entry.canonical, made.importer.name))
    return sorted(found.values(), key=lambda group: -len(group.entries))


def told(excluded: Excluded) -> str:
    return excluded.reason.told(gettext, plain_date)


def claimable(request: HttpRequest) -> QuerySet[ImporterOfRecord]:
    """Those that the address or the form names; everybody with something to claim when it names nobody."""
    named = (request.POST if request.method == "POST" else request.GET).get("importers", "")
    pks = [int(pk) for pk in named.split(",") if pk.isdecimal()]
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
        "plans": plans,
        "chosen": ",".join(str(importer.pk) for importer in importers),
        "entries": sum(len(made.entries) for made in plans),
        "possible_refund": sum((made.possible_refund for made in plans), Decimal(0)),
        "groups": groups(plans),
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


def attachment(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(data, content_type="text/csv; charset=utf-8", headers=headers)


class _Pipe:
    """What a ZipFile has written since the last look."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        data, self.data = bytes(self.data), bytearray()
        return data


def zipped(files: QuerySet[CapeFile]) -> Iterator[bytes]:
    """One file at a time in memory."""
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # a stream need only be written
        for file in files.iterator(chunk_size=1):
            made = timezone.localtime(file.made_at)
            about = ZipInfo(file.name, (made.year, made.month, made.day, made.hour, made.minute, made.second))
            about.compress_type = ZIP_DEFLATED
            archive.writestr(about, bytes(file.data))
            yield pipe.taken()
    yield pipe.taken()


@admin.register(CapeFile)
class CapeFileAdmin(StaffAdmin):
    """The files made so far. Each is downloaded as it was made; none is changed."""

    list_display = ("file", "importer_name", "entries", "refund", "answers", "made")
    change_list_template = "admin/refunds/cape_files.html"
    list_display_links = None
    search_fields = ("name", "importer__name")
    search_help_text = _("File or company")
    ordering = ("-made_at", "-pk")
    actions = None
    list_fullwidth = True

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("check/", view(self.check_view), name="refunds_cape_check"),
            path("make/", view(self.make_view), name="refunds_cape_make"),
            path("download/<int:first>-<int:last>/", view(self.download_view), name="refunds_cape_download"),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CapeFile]:
        since = Q(contents__entry__claim_results__as_of__gte=TruncDate("made_at"))
        answered = {
            status.value: Count(
                "contents", filter=since & Q(contents__entry__claim_results__status=status), distinct=True
            )
            for status in (ClaimStatus.ACCEPTED, ClaimStatus.REJECTED)
        }
        return CapeFile.objects.defer("data").select_related("importer", "made_by").annotate(**answered)

    @display(description=_("file"), ordering="name")
    def file(self, file: CapeFile) -> SafeString:
        return format_html('<a class="pa-link pa-break" href="{}">{}</a>', download_url([file]), file.name)

    @display(description=_("importer"), ordering="importer__name")
    def importer_name(self, file: CapeFile) -> str:
        return file.importer.name

    @display(description=_("possible refund"), ordering="possible_refund")
    def refund(self, file: CapeFile) -> str:
        return money(file.possible_refund)

    @display(description=_("answers so far"))
    def answers(self, file: Any) -> str:
        if not file.accepted and not file.rejected:
            return gettext("none yet")
        counts = {"accepted": file.accepted, "rejected": file.rejected}
        return gettext("%(accepted)s accepted, %(rejected)s rejected") % counts

    @display(description=_("made"), ordering="made_at")
    def made(self, file: CapeFile) -> SafeString:
        return format_html('{}<br><span class="pa-quiet">{}</span>', ago(file.made_at), by_whom(file.made_by))

    def check_view(self, request: HttpRequest) -> HttpResponse:
        sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
        context: dict[str, Any] = {"title": _("Check a CAPE file"), "opts": None, "form": form}
        status = 422 if sent else 200
        if sent and form.is_valid():
            report = check(form.cleaned_data["file"].read(SIZE_LIMIT))
            status = 200 if report.accept else 422
            context |= {
                "report": report,
                "errors": [{"row": e.row or "", "message": e.translated(gettext)} for e in report.errors[:SHOWN]],
                "more": max(0, len(report.errors) - SHOWN),
            }
        return self.page(request, "admin/refunds/cape_check.html", context, status)

    def make_view(self, request: HttpRequest) -> HttpResponse:
        importers = list(claimable(request).order_by("name", "pk"))
        if request.method == "POST" and "excluded" in request.POST:
            return excluded_file([plan(importer, today=timezone.localdate()) for importer in importers])
        if request.method != "POST" or not importers:
            return self.page(request, "admin/refunds/cape_make.html", plan_context(importers))
        files = make_all(importers, by=staff(request), today=timezone.localdate())
        if not files:
            messages.warning(request, gettext("There is nothing to claim now, so no file was made."))
            return HttpResponseRedirect(reverse("admin:refunds_capefile_changelist"))
        done = ngettext("%(n)s file was made.", "%(n)s files were made.", len(files)) % {"n": len(files)}
        link = format_html('{} <a class="pa-link" href="{}">{}</a>', done, download_url(files), gettext("Download"))
        messages.success(request, link)
        return HttpResponseRedirect(reverse("admin:refunds_capefile_changelist"))

    def download_view(self, request: HttpRequest, first: int, last: int) -> HttpResponseBase:
        """One file as it is; those that were made together as one zip."""
        at = CapeFile.objects.filter(pk=first).values_list("made_at", flat=True).first()
        if at is None or request.method not in ("GET", "HEAD"):
            raise Http404
        files = CapeFile.objects.filter(pk__range=(first, last), made_at=at).order_by("pk")
        if first == last:
            return attachment(bytes(files[0].data), files[0].name)
        name = f"cape-files-{timezone.localdate(at).isoformat()}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(zipped(files), content_type="application/zip", headers=headers)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404


def download_url(files: Sequence[CapeFile]) -> str:
    return reverse("admin:refunds_cape_download", args=[files[0].pk, files[-1].pk])


@admin.action(description=_("Make CAPE files"))
def make_cape_files(page: Any, request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> HttpResponse:
    context = plan_context(list(queryset.order_by("name", "pk")))
    answer: HttpResponse = page.page(request, "admin/refunds/cape_make.html", context)
    return answer


def panel(request: HttpRequest, importer: ImporterOfRecord) -> dict[str, Any]:
    files = list(CapeFile.objects.filter(importer=importer).defer("data").select_related("made_by")[:FILES_SHOWN])
    return {"files": [(file, download_url([file])) for file in files], "importer": importer}
