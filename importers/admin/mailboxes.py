"""Addresses about which something is known: mail comes back from there, or their owner wants no reminders."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from importers.admin.base import StaffAdmin, staff
from importers.models import ImporterOfRecord, Mailbox
from importers.services.bounces import lift, reached_at
from importers.services.mailboxes import lift_opt_out

NAMES_SHOWN = 5


class WhatFilter(admin.SimpleListFilter):
    title = gettext_lazy("what is known")
    parameter_name = "known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("dead", gettext_lazy("Mail comes back")), ("opted_out", gettext_lazy("Wants no reminders"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mailbox]) -> QuerySet[Mailbox]:
        chosen = {"dead": {"dead_at": None}, "opted_out": {"opted_out_at": None}}.get(self.value() or "")
        return queryset.exclude(**chosen) if chosen else queryset


@admin.register(Mailbox)
class MailboxAdmin(StaffAdmin):
    list_display = ("email", "dead_at", "dead_because", "opted_out_at", "importers")
    list_filter = (WhatFilter,)
    search_fields = ("email",)
    search_help_text = gettext_lazy("Address")
    ordering = ("email",)
    actions = ("mail_arrives_again", "want_reminders_again")
    fields = ("email", "dead_at", "dead_because", "opted_out_at", "importers")
    readonly_fields = ("importers",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is typed here: mail servers and the people themselves say what is known."""
        return False

    @display(description=gettext_lazy("importers that are written to there"))
    def importers(self, mailbox: Mailbox) -> SafeString | str:
        reached = ImporterOfRecord.objects.filter(pk__in=reached_at(mailbox.email)).order_by("name")
        rows = list(reached[: NAMES_SHOWN + 1])
        page = "admin:importers_importerofrecord_change"
        named = ((reverse(page, args=[row.pk]), row.name) for row in rows[:NAMES_SHOWN])
        links = format_html_join(", ", '<a class="pa-link" href="{}">{}</a>', named)
        return format_html("{} …", links) if len(rows) > NAMES_SHOWN else links or "–"

    @admin.action(description=gettext_lazy("Mail arrives there again: write to it as before"))
    def mail_arrives_again(self, request: HttpRequest, queryset: QuerySet[Mailbox]) -> None:
        count = lift(queryset, by=staff(request))
        if not count:
            messages.warning(request, _("From none of these mail comes back."))
            return
        told = ngettext("%(n)s mailbox is written to again.", "%(n)s mailboxes are written to again.", count)
        messages.success(request, told % {"n": count})

    @admin.action(description=gettext_lazy("They want the reminders again: send them as before"))
    def want_reminders_again(self, request: HttpRequest, queryset: QuerySet[Mailbox]) -> None:
        count = lift_opt_out(queryset, by=staff(request))
        if not count:
            messages.warning(request, _("None of these had stopped the reminders."))
            return
        told = ngettext("%(n)s mailbox gets reminders again.", "%(n)s mailboxes get reminders again.", count)
        messages.success(request, told % {"n": count})
