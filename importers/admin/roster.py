"""Loading a client list: choose a file, see what it would do, then save it.

What was read waits between the two in the cache (the database's), for this colleague alone and for an hour. Not the
file itself: that may hold whole Social Security numbers, and whatever else stands in columns that are not ours.
"""

import uuid
from itertools import islice
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminFileFieldWidget

from importers.admin.base import staff
from importers.domain.errors import LineError, RuleViolation
from importers.domain.roster import COLUMNS
from importers.domain.roster.writing import client_list, table
from importers.domain.sheets.table import MAX_BYTES, TOO_LARGE
from importers.models import ImporterOfRecord
from importers.services.roster import Listing, Outcome, preview, read, save
from importers.services.roster_export import export
from importers.services.roster_plan import Planned

KEPT_SECONDS = 3600
SHOWN = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Client list"),
        help_text=_(
            "Excel workbook (.xlsx) or CSV, at most 20 MB. First you see what it would do; nothing is saved yet."
        ),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.xlsm,.csv,.txt"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            violation = RuleViolation("too_large", TOO_LARGE, megabytes=MAX_BYTES // 1024**2)
            raise forms.ValidationError(violation.translated(gettext))
        return file


def roster_urls(site: AdminSite) -> list[URLPattern]:
    """What hangs below /admin/importers/importerofrecord/."""
    view = site.admin_view
    return [
        path("client-list/", view(Pages(site).upload), name="importers_roster"),
        path("client-list/<uuid:token>/", view(Pages(site).confirm), name="importers_roster_preview"),
        path("client-list/<uuid:token>/errors.xlsx", view(errors_file), name="importers_roster_errors"),
        path("client-list/empty-<slug:language>.xlsx", view(empty_file), name="importers_roster_empty"),
    ]


class Pages:
    """The two pages; `site` draws what is around them."""

    def __init__(self, site: AdminSite) -> None:
        self.site = site

    def upload(self, request: HttpRequest) -> HttpResponse:
        sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
        if sent and form.is_valid():
            file = form.cleaned_data["file"]
            token = keep(request, read(file.name, file.read()))
            return HttpResponseRedirect(reverse("admin:importers_roster_preview", args=[token]))
        context = {"title": _("Load a client list"), "form": form, "columns": COLUMNS, "subtitle": None}
        return self._page(request, "upload", context, 422 if sent else 200)

    def confirm(self, request: HttpRequest, token: uuid.UUID) -> HttpResponse:
        listing = kept(request, token)
        if listing is None:
            messages.warning(request, gettext("This list was saved already, or has waited too long. Load it again."))
            return HttpResponseRedirect(reverse("admin:importers_roster"))
        if request.method != "POST":
            return self._preview(request, token, preview(listing, by=staff(request)))
        outcome = save(listing, by=staff(request), skip_bad_rows=request.POST.get("skip_bad_rows") == "on")
        if not outcome.saved:
            messages.error(request, gettext("Nothing was saved."))
            return self._preview(request, token, outcome, status=422)
        cache.delete(_key(request, token))
        messages.success(request, _told(outcome))
        return HttpResponseRedirect(reverse("admin:importers_importerofrecord_changelist"))

    def _preview(self, request: HttpRequest, token: uuid.UUID, outcome: Outcome, status: int = 200) -> HttpResponse:
        context = {
            "title": outcome.listing.file_name,
            "subtitle": None,
            "token": token,
            "outcome": outcome,
            "listing": outcome.listing,
            "writes": bool(outcome.created or outcome.updated),
            "parts": [_part(outcome.created), _part(outcome.updated)],
            "errors": lines(outcome.errors[:SHOWN]),
            "more_errors": max(0, len(outcome.errors) - SHOWN),
            "warnings": lines(outcome.warnings[:SHOWN]),
            "more_warnings": max(0, len(outcome.warnings) - SHOWN),
        }
        return self._page(request, "preview", context, status)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any], status: int) -> HttpResponse:
        shared = self.site.each_context(request)
        return TemplateResponse(request, f"admin/roster/{name}.html", shared | context, status=status)


def keep(request: HttpRequest, listing: Listing) -> uuid.UUID:
    token = uuid.uuid4()
    cache.set(_key(request, token), listing, KEPT_SECONDS)
    return token


def kept(request: HttpRequest, token: uuid.UUID) -> Listing | None:
    listing = cache.get(_key(request, token))
    return listing if isinstance(listing, Listing) else None


def _key(request: HttpRequest, token: uuid.UUID) -> str:
    return f"client-list:{staff(request).pk}:{token}"


def _part(planned: list[Planned]) -> dict[str, Any]:
    rows = [
        {
            "row": one.wanted.row,
            "name": one.importer.name,
            "number": one.importer.masked_number,
            "changes": [_change(*change) for change in one.changes],
        }
        for one in islice(planned, SHOWN)
    ]
    return {"count": len(planned), "rows": rows, "more": max(0, len(planned) - SHOWN)}


def _change(name: str, before: object, after: object) -> dict[str, object]:
    label = ImporterOfRecord._meta.get_field(name.removesuffix("_id")).verbose_name  # type: ignore[union-attr]
    return {"label": label, "before": before or "–", "after": after}


def lines(errors: list[LineError]) -> list[dict[str, object]]:
    return [
        {
            "row": e.row or "",
            "name": e.name,
            "column": e.column,
            "value": e.value,
            "message": e.translated(gettext),
        }
        for e in errors
    ]


def _told(outcome: Outcome) -> str:
    text = gettext("Saved: %(new)s new, %(changed)s changed, %(unchanged)s unchanged.") % {
        "new": len(outcome.created),
        "changed": len(outcome.updated),
        "unchanged": outcome.unchanged,
    }
    if left_out := len({error.row for error in outcome.errors}):
        text += " " + ngettext("%(n)s bad row was left out.", "%(n)s bad rows were left out.", left_out) % {
            "n": left_out
        }
    return text


@require_safe
def errors_file(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    listing = kept(request, token)
    if listing is None:
        raise Http404
    headings = [gettext("Row"), gettext("Importer"), gettext("Column"), gettext("What stands there")]
    headings.append(gettext("What is wrong, and what to do"))
    rows = ([str(value) for value in line.values()] for line in lines(listing.errors))
    return _download(table(gettext("Errors"), headings, rows), "errors.xlsx")


@require_safe
def empty_file(request: HttpRequest, language: str) -> HttpResponse:
    if language not in ("en", "da"):
        raise Http404
    return _download(client_list([], language), "klientliste.xlsx" if language == "da" else "client-list.xlsx")


def export_file(only: QuerySet[ImporterOfRecord] | None) -> HttpResponse:
    return _download(export("da" if get_language() == "da" else "en", only), "importers.xlsx")


def _download(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(data, content_type=XLSX, headers=headers)
