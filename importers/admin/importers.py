"""The importers: the list, the page of one, and the deeds."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from importers.admin.actions import BulkActions
from importers.admin.ahead import reminders_view
from importers.admin.base import StaffAdmin, row_of, staff
from importers.admin.deeds import DEEDS, Deed
from importers.admin.errands import errand_lines
from importers.admin.extensions import panels
from importers.admin.listing import ImporterList, rows
from importers.admin.page import Deeds, page_context
from importers.admin.roster import export_file, roster_urls
from importers.admin.sent import sent_lines
from importers.domain.errors import RuleViolation
from importers.models import ImporterOfRecord
from importers.services.details import remove
from importers.services.readiness import checklist_of
from importers.wording import violation_text


@admin.register(ImporterOfRecord)
class ImporterAdmin(ImporterList, BulkActions, StaffAdmin):
    """No field is edited in place: whatever staff do goes through a deed, with its rules and its history."""

    list_fullwidth = True

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("client-list/importers.xlsx", view(self.export_view), name="importers_roster_export"),
            path("reminders/", view(reminders_view), name="importers_reminders"),
            path("<int:pk>/do/<slug:key>/", view(self.deed_view), name="importers_deed"),
            path("<int:pk>/remove/", view(self.remove_view), name="importers_remove"),
        ]
        return [*roster_urls(self.admin_site), *own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Importers")} | (extra_context or {}))

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The importers that the list shows for the same address; all without one."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not request.GET:
            return export_file(None)
        try:
            shown = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:importers_importerofrecord_changelist"))
        return export_file(shown)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        importer = self._row(object_id)
        return self.draw(request, importer, Deeds(importer))

    def draw(self, request: HttpRequest, importer: ImporterOfRecord, deeds: Deeds) -> HttpResponse:
        context = page_context(request, importer, deeds)
        context["sent"] = sent_lines(importer, deeds)
        context["errands"] = errand_lines(importer, deeds)
        context["panels"] = panels(request, importer)
        context["may_remove"] = bool(getattr(request.user, "is_superuser", False))
        if deeds.why and not deeds.is_told:
            messages.error(request, deeds.why)
        told = list(messages.get_messages(request))
        context["told"] = [message for message in told if message.extra_tags]
        context["messages"] = [message for message in told if not message.extra_tags]
        return self.page(request, "admin/importers/importer.html", context)

    def deed_view(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        importer = self._row(pk)
        deed = DEEDS.get(key)
        if deed is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(page_url(importer))
        form = deed.form(request.POST)
        why = _("Look at “%(deed)s”.") % {"deed": deed.title}
        if form.is_valid():
            place = _place(deed, importer, form.cleaned_data)
            try:
                messages.success(request, deed.act(importer, staff(request), form.cleaned_data), extra_tags=place)
            except RuleViolation as error:
                why = violation_text(error)
            else:
                return HttpResponseRedirect(f"{page_url(importer)}#{place}")
        return self.draw(request, importer, Deeds(importer, key, form, _("Nothing was saved. %(why)s") % {"why": why}))

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not getattr(request.user, "is_superuser", False):
            raise Http404
        importer = self._row(pk)
        if request.method == "POST":
            try:
                remove(importer, by=staff(request))
            except RuleViolation as error:
                messages.error(request, violation_text(error))
                return HttpResponseRedirect(page_url(importer))
            messages.success(request, _("%(name)s was removed.") % {"name": importer.name})
            return HttpResponseRedirect(reverse("admin:importers_importerofrecord_changelist"))
        context = {"title": _("Remove this importer?"), "importer": importer, "original": importer}
        return self.page(request, "admin/importers/remove.html", context)

    def _row(self, pk: str | int | None) -> ImporterOfRecord:
        return row_of(rows().prefetch_related("acceptances__accepted_by"), pk)


def _place(deed: Deed, importer: ImporterOfRecord, data: dict[str, Any]) -> str:
    """Where on the page the answer is read: at the step whose warning it was about, else where the deed stands."""
    fingerprint = data.get("fingerprint")
    found = checklist_of(importer).findings if fingerprint else []
    return next((finding.step for finding in found if finding.fingerprint == fingerprint), deed.anchor)


def page_url(importer: ImporterOfRecord) -> str:
    return reverse("admin:importers_importerofrecord_change", args=[importer.pk])
