"""What came back: CAPE's answers, what to fix and file again, and refunds that did not arrive."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from importers.admin.base import StaffAdmin
from importers.domain.errors import RuleViolation
from importers.wording import money, plain_date
from refunds.domain.cape_messages import (
    MESSAGES,
    UNKNOWN_MEANING,
    UNKNOWN_REMEDY,
    Actor,
    ClaimStatus,
    Refile,
    explain,
)
from refunds.domain.entry_number import hyphened, parse_entry_number
from refunds.models import ClaimResult, RejectedRefund
from refunds.models.labels import CLAIMS
from refunds.services.refiling import Pile, piles

ACTORS = {
    Actor.BROKER: _("Us"),
    Actor.FILER: _("The broker that filed the entry"),
    Actor.IMPORTER: _("The importer"),
    Actor.CBP: _("CBP"),
    Actor.COUNSEL: _("A customs lawyer"),
}
REFILES = {
    Refile.NOW: _("File again now"),
    Refile.AFTER_FIX: _("File again when it is put right"),
    Refile.WAIT: _("Wait, then file again"),
    Refile.NEVER: _("Do not file again"),
}
NO_WORDS = _("Rejected without a reason")
NO_WORDS_MEANING = _("CAPE gave no reason, or the file with the results did not hold it.")
NO_WORDS_REMEDY = _("Look the claim up in ACE, and load its results again with the reasons.")
UNKNOWN = "unknown"


def whole(text: str) -> SafeString:
    return format_html('<span class="pa-nowrap">{}</span>', text)


def as_kept(term: str) -> str:
    """An entry number in any spelling as the table has it; anything else as it is."""
    try:
        return parse_entry_number(term).compact
    except RuleViolation:
        return term


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(status.value, text) for status, text in CLAIMS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class MessageFilter(admin.SimpleListFilter):
    title = _("message")
    parameter_name = "message"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(UNKNOWN, _("Unknown messages")), *((message.name, message.name) for message in MESSAGES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By CAPE's texts as `explain` reads them, not by a search that might read them otherwise."""
        if not self.value():
            return queryset
        texts = queryset.exclude(message="").order_by().values_list("message", flat=True).distinct()
        return queryset.filter(message__in=[text for text in texts if self._is_meant(text)])

    def _is_meant(self, text: str) -> bool:
        found = explain(text)
        if self.value() == UNKNOWN:
            return any(one.message is None for one in found)
        return any(one.name == self.value() for one in found)


@admin.register(ClaimResult)
class ClaimResultAdmin(StaffAdmin):
    list_display = ("number", "importer_name", "claim_number", "outcome", "said", "day")
    change_list_template = "admin/refunds/cape_results.html"
    list_display_links = None
    list_filter = (StatusFilter, MessageFilter)
    search_fields = ("entry_number", "claim_number", "entry__importer__name")
    search_help_text = _("Entry number, claim number or company")
    ordering = ("-as_of", "-pk")
    actions = None
    list_fullwidth = True

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [path("fix/", view(self.fix_view), name="refunds_fix_and_refile"), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ClaimResult], search_term: str
    ) -> tuple[QuerySet[ClaimResult], bool]:
        return super().get_search_results(request, queryset, as_kept(search_term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClaimResult]:
        return ClaimResult.objects.select_related("entry__importer")

    @display(description=_("entry"), ordering="entry_number")
    def number(self, result: ClaimResult) -> SafeString:
        number = hyphened(result.entry_number)
        if result.entry_id is None:
            return format_html('<span class="pa-nowrap">{}</span>', number)
        page = reverse("admin:refunds_entry_change", args=[result.entry_id])
        return format_html('<a class="pa-link pa-nowrap" href="{}">{}</a>', page, number)

    @display(description=_("importer"))
    def importer_name(self, result: ClaimResult) -> str:
        if result.entry is None:
            return gettext("entry not known here")
        return result.entry.importer.name if result.entry.importer else gettext("not on the client list")

    @display(description=_("status"), ordering="status")
    def outcome(self, result: ClaimResult) -> SafeString:
        text = str(CLAIMS[ClaimStatus(result.status)])
        if result.status_text.casefold() == ClaimStatus(result.status):
            return format_html("{}", text)
        return format_html('<div>{}<br><span class="pa-quiet" lang="en">{}</span></div>', text, result.status_text)

    @display(description=_("what CAPE said"))
    def said(self, result: ClaimResult) -> SafeString:
        rows = (
            (one.text, gettext(one.message.remedy if one.message else UNKNOWN_REMEDY))
            for one in explain(result.message)
        )
        texts = format_html_join("", '<p><span lang="en">{}</span><br><span class="pa-quiet">{}</span></p>', rows)
        return format_html('<div class="pa-break">{}</div>', texts) if texts else texts

    @display(description=_("as of"), ordering="as_of")
    def day(self, result: ClaimResult) -> SafeString:
        return whole(plain_date(result.as_of))

    def fix_view(self, request: HttpRequest) -> HttpResponse:
        found = piles()
        context = {
            "title": _("Fix and refile"),
            "opts": None,  # the heading is the title, not the list's name
            "piles": [shown(pile) for pile in found.piles],
            "entries": found.entries,
        }
        return self.page(request, "admin/refunds/fix_and_refile.html", context)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404


@dataclass(frozen=True, slots=True)
class ShownPile:
    """`left` is how long there is for the most urgent of them."""

    pile: Pile
    title: str
    is_known: bool
    meaning: str
    remedy: str
    who: str
    refile: str
    source: str
    left: str
    link: str

    @property
    def more(self) -> int:
        return self.pile.entries - len(self.pile.shown)


def shown(pile: Pile) -> ShownPile:
    message = pile.message
    query = urlencode(
        {"status": ClaimStatus.REJECTED.value}
        | ({"message": message.name if message else UNKNOWN} if pile.text else {})
    )
    return ShownPile(
        pile,
        pile.text or str(NO_WORDS),
        message is not None or not pile.text,
        *_told(pile),
        str(ACTORS[message.actor if message else Actor.BROKER]),
        str(REFILES[message.refile]) if message else "",
        message.source if message else "",
        time_left(pile),
        f"{reverse('admin:refunds_claimresult_changelist')}?{query}",
    )


def _told(pile: Pile) -> tuple[str, str]:
    if not pile.text:
        return str(NO_WORDS_MEANING), str(NO_WORDS_REMEDY)
    if pile.message is None:
        return gettext(UNKNOWN_MEANING), gettext(UNKNOWN_REMEDY)
    return gettext(pile.message.meaning), gettext(pile.message.remedy)


def time_left(pile: Pile) -> str:
    if pile.act_until is None:
        return gettext("no deadline yet")
    days = (pile.act_until - timezone.localdate()).days
    if days < 0:
        return gettext("the first deadline passed on %(day)s") % {"day": plain_date(pile.act_until)}
    told = ngettext("%(n)s day left, until %(day)s", "%(n)s days left, until %(day)s", days)
    return told % {"n": days, "day": plain_date(pile.act_until)}


class KnownFilter(admin.SimpleListFilter):
    title = _("importer")
    parameter_name = "known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("On the client list")), ("no", _("Not on the client list"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Q(importer__isnull=self.value() == "no")) if self.value() else queryset


@admin.register(RejectedRefund)
class RejectedRefundAdmin(StaffAdmin):
    list_display = ("importer_name", "dollars", "entry", "day", "why", "todo")
    list_display_links = None
    list_filter = (KnownFilter,)
    search_fields = ("importer__name", "entry_number", "number_last4")
    search_help_text = _("Company, entry number, or last four of the importer number")
    ordering = ("-as_of", "-pk")
    actions = None
    list_fullwidth = True

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[RejectedRefund], search_term: str
    ) -> tuple[QuerySet[RejectedRefund], bool]:
        return super().get_search_results(request, queryset, as_kept(search_term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[RejectedRefund]:
        return RejectedRefund.objects.select_related("importer")

    @display(description=_("importer"))
    def importer_name(self, refund: RejectedRefund) -> SafeString:
        if refund.importer is None:
            told = _("Importer number ending %(last4)s, not on the client list") % {"last4": refund.number_last4}
            return format_html("{}", told)
        page = reverse("admin:importers_importerofrecord_change", args=[refund.importer_id])
        return format_html('<a class="pa-link" href="{}">{}</a>', page, refund.importer.name)

    @display(description=_("amount"), ordering="amount")
    def dollars(self, refund: RejectedRefund) -> str:
        return money(refund.amount)

    @display(description=_("entry"), ordering="entry_number")
    def entry(self, refund: RejectedRefund) -> SafeString:
        return whole(hyphened(refund.entry_number) or "–")

    @display(description=_("rejected"), ordering="rejected_on")
    def day(self, refund: RejectedRefund) -> SafeString:
        return whole(plain_date(refund.rejected_on) if refund.rejected_on else "–")

    @display(description=_("reason"))
    def why(self, refund: RejectedRefund) -> SafeString:
        if not refund.reason:
            return format_html("{}", gettext("none given"))
        return format_html('<span lang="en">{}</span>', refund.reason)

    @display(description=_("what to do"))
    def todo(self, refund: RejectedRefund) -> str:
        return gettext(
            "CBP could not pay by ACH: the bank details in ACE are missing or wrong. The importer opens the tab ACH "
            "Refund Authorization in ACE, corrects them and presses Get Info/Refresh; with Form 4811 we do. Then ask "
            "CBP to pay again."
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404
