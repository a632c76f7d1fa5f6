"""Making CAPE's upload files, and checking one that was made elsewhere. The broker carries them to ACE."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminFileFieldWidget

from importers.admin.base import StaffAdmin, row_of, staff
from importers.admin.listing import ago
from importers.models import ImporterOfRecord
from importers.wording import money
from refunds.admin.cape_plan import SHOWN, attachment, claimable, excluded_file, keys, plan_context
from refunds.domain.cape_messages import ClaimStatus
from refunds.formats.cape_csv import SIZE_LIMIT, check
from refunds.models import CapeFile
from refunds.models.labels import CLAIMS, by_whom
from refunds.services.cape import make_all, plan
from refunds.services.waiting import answers_to, hold, release, with_answers

FILES_SHOWN = 5
ANSWERS: dict[str, Any] = {"": _("No result yet")} | {str(status): words for status, words in CLAIMS.items()}
COUNTED: dict[str, Any] = {
    ClaimStatus.ACCEPTED: pgettext_lazy("claim", "accepted"),
    ClaimStatus.REJECTED: _("rejected"),
    ClaimStatus.PENDING: _("not decided"),
    "": _("without a result"),
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CAPE upload file"),
        help_text=_("The CSV file as it would be uploaded. It is only looked at and not kept."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt"}),
        allow_empty_file=True,
    )


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

    list_display = ("file", "importer_name", "entries", "refund", "answers", "made", "download")
    change_list_template = "admin/refunds/cape_files.html"
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
        return CapeFile.objects.defer("data").select_related("importer", "made_by")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FileList

    @display(description=_("file"), ordering="name")
    def file(self, file: CapeFile) -> SafeString:
        return format_html('<span class="pa-break">{}</span>', file.name)

    @display(description=_("download"))
    def download(self, file: CapeFile) -> SafeString:
        return format_html('<a class="pa-link" href="{}">{}</a>', download_url([file]), gettext("Download"))

    @display(description=_("importer"), ordering="importer__name")
    def importer_name(self, file: CapeFile) -> str:
        return file.importer.name

    @display(description=_("possible refund"), ordering="possible_refund")
    def refund(self, file: CapeFile) -> str:
        return money(file.possible_refund)

    @display(description=_("CAPE's results"))
    def answers(self, file: Any) -> str:
        return told_answers(file, file.answers)

    @display(description=_("made"), ordering="made_at")
    def made(self, file: CapeFile) -> SafeString:
        return format_html(
            '<div>{}<br><span class="pa-quiet">{}</span></div>', ago(file.made_at), by_whom(file.made_by)
        )

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
        if request.method == "POST" and "again" in request.POST:
            put_in_again(request, keys(request.POST.getlist("file")))
        elif request.method == "POST" and importers:
            return made(request, make_all(importers, by=staff(request), today=timezone.localdate()))
        return self.page(request, "admin/refunds/cape_make.html", plan_context(importers))

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

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        file = row_of(self.get_queryset(request).select_related("released_by"), object_id)
        if request.method == "POST":
            if "again" in request.POST:
                put_in_again(request, [file.pk])
            elif "hold" in request.POST:
                hold(file, by=staff(request))
                messages.success(request, gettext("The entries stay out of further files until results come in."))
            return HttpResponseRedirect(request.path)
        return self.page(request, "admin/refunds/cape_file.html", file_context(file))


class FileList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        answers = answers_to(self.result_list)
        for file in self.result_list:
            file.answers = answers.get(file.pk, Counter())


def file_context(file: CapeFile) -> dict[str, Any]:
    answers = answers_to([file]).get(file.pk, Counter())
    contents = with_answers().filter(file=file).select_related("entry").order_by("answer", "entry__number")
    return {
        "title": file.name,
        "opts": None,  # the heading is the title, not the list's name
        "file": file,
        "answers": told_answers(file, answers),
        "download": download_url([file]),
        "waiting": answers[""],
        "rejected": answers[ClaimStatus.REJECTED],
        "contents": [(one.entry, ANSWERS[one.answer]) for one in contents[:SHOWN]],
        "more": max(0, file.entries - SHOWN),
    }


def told_answers(file: CapeFile, answers: Counter[str]) -> str:
    if answers.keys() <= {""}:
        return gettext("never uploaded") if file.released_at else gettext("none yet")
    return ", ".join(f"{answers[status]} {words}" for status, words in COUNTED.items() if answers[status])


def put_in_again(request: HttpRequest, files: Sequence[int]) -> None:
    if not files:
        messages.warning(request, gettext("Tick the files that were never uploaded."))
        return
    release(files, by=staff(request))
    messages.success(request, gettext("Their entries go into the next file. Do not upload the old file any more."))


def made(request: HttpRequest, files: Sequence[CapeFile]) -> HttpResponse:
    if files:
        done = ngettext("%(n)s file was made.", "%(n)s files were made.", len(files)) % {"n": len(files)}
        link = format_html('{} <a class="pa-link" href="{}">{}</a>', done, download_url(files), gettext("Download"))
        messages.success(request, link)
    else:
        messages.warning(request, gettext("There is nothing to claim now, so no file was made."))
    return HttpResponseRedirect(reverse("admin:refunds_capefile_changelist"))


def download_url(files: Sequence[CapeFile]) -> str:
    return reverse("admin:refunds_cape_download", args=[files[0].pk, files[-1].pk])


@admin.action(description=_("Make CAPE files"))
def make_cape_files(page: Any, request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> HttpResponse:
    context = plan_context(list(queryset.order_by("name", "pk")))
    answer: HttpResponse = page.page(request, "admin/refunds/cape_make.html", context)
    return answer


def panel(request: HttpRequest, importer: ImporterOfRecord) -> dict[str, Any]:
    files = list(CapeFile.objects.filter(importer=importer).defer("data").select_related("made_by")[:FILES_SHOWN])
    answers = answers_to(files)
    return {
        "files": [(file, told_answers(file, answers.get(file.pk, Counter()))) for file in files],
        "importer": importer,
    }
