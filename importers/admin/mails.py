"""Every mail of the portal, as it went out, will go out, or could not."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.decorators import display

from importers.admin import words
from importers.admin.base import StaffAdmin, row_of, staff
from importers.admin.listing import ago
from importers.admin.reminders import WHY_SKIPPED
from importers.models import MailAttempt, MailKind, MailState, Notification
from importers.services.outbox import put_back


def may_be_read(mail: Notification) -> bool:
    """A sign-in code lets in whoever reads it: shown only where mails are kept for trying things out."""
    return mail.kind != MailKind.ACCOUNT or settings.MAILS_KEPT


@admin.register(Notification)
class MailAdmin(StaffAdmin):
    list_display = ("what", "how_it_went", "to", "about", "moment")
    list_filter = (
        ("state", admin.ChoicesFieldListFilter),
        ("kind", admin.ChoicesFieldListFilter),
        ("language", admin.ChoicesFieldListFilter),
    )
    search_fields = ("to_email", "to_name", "subject", "importer__name")
    search_help_text = gettext_lazy("Address, name, subject or company")
    list_select_related = ("importer",)
    actions = ("try_again",)
    list_fullwidth = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        mails = super().get_queryset(request).defer("text", "html")
        number = request.GET.get("importer", "")
        return mails.filter(importer=number) if number.isdecimal() else mails

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        """A code that may not be read cannot be guessed by searching for it either."""
        found, twice = super().get_search_results(request, queryset, search_term)
        if not settings.MAILS_KEPT:
            addressed = Q(to_email__icontains=search_term) | Q(to_name__icontains=search_term)
            found = found.exclude(~addressed, kind=MailKind.ACCOUNT)
        return found, twice

    @display(description=gettext_lazy("mail"), ordering="kind")
    def what(self, mail: Notification) -> SafeString:
        title = f"{mail.get_kind_display()} {mail.slot}".strip()
        subject = mail.subject if may_be_read(mail) else ""
        return format_html(
            '<span class="pa-strong">{}</span><br><span class="pa-quiet pa-clamp">{}</span>', title, subject
        )

    @display(description=gettext_lazy("state, attempts, answer"), ordering="state")
    def how_it_went(self, mail: Notification) -> SafeString:
        tone = words.MAIL_TONE.get(MailState(mail.state), "")
        label = render_to_string("admin/importers/label.html", {"words": mail.get_state_display(), "tone": tone})
        answer = str(WHY_SKIPPED.get(mail.reason, mail.reason)) or (gettext(mail.answer) if mail.answer else "")
        told = " · ".join(part for part in (str(mail.attempts) if mail.attempts else "", answer) if part)
        return format_html('{}<br><span class="pa-quiet pa-clamp">{}</span>', label, told)

    @display(description=gettext_lazy("to"), ordering="to_email")
    def to(self, mail: Notification) -> SafeString:
        return format_html('{}<br><span class="pa-quiet">{}</span>', mail.to_name or "–", mail.to_email)

    @display(description=gettext_lazy("importer"), ordering="importer__name")
    def about(self, mail: Notification) -> str:
        return str(mail.importer or "–")

    @display(description=gettext_lazy("when"), ordering="created_at")
    def moment(self, mail: Notification) -> SafeString:
        return ago(mail.sent_at or mail.created_at)

    @admin.action(description=gettext_lazy("Try failed mails again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        chosen = list(queryset)
        count = put_back(chosen, by=staff(request))
        if left := len(chosen) - count:
            told = ngettext(
                "%(n)s mail stays as it is: it did not fail, or it holds a sign-in code that has run out.",
                "%(n)s mails stay as they are: they did not fail, or hold a sign-in code that has run out.",
                left,
            )
            messages.warning(request, told % {"n": left})
        told = ngettext("%(n)s mail is tried again.", "%(n)s mails are tried again.", count)
        messages.success(request, told % {"n": count})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        mails = Notification.objects.select_related("importer", "campaign", "requested_by", "link_used_by")
        mail = row_of(mails, object_id)
        readable = may_be_read(mail)
        context = {
            "title": mail.subject if readable and mail.subject else mail.get_kind_display(),
            "mail": mail,
            "original": mail,
            "readable": readable,
            "kept": settings.MAILS_KEPT,
            "tries": MailAttempt.objects.filter(mail=mail.mail),
            "tone": words.MAIL_TONE.get(MailState(mail.state), ""),
            "why_skipped": WHY_SKIPPED.get(mail.reason, mail.reason),
            "step": words.step_title(mail.step) if mail.step else "",
            "document": framed(mail.html) if readable and mail.html else "",
        }
        return self.page(request, "admin/importers/mail.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404


def framed(html: str) -> str:
    """The mail as a document of its own, whose links open in a new tab. Scripts, forms and same-origin access are
    taken from it by the frame's sandbox, remote content by the policy."""
    base = '<base target="_blank">'
    return html.replace("<head>", f"<head>{base}", 1) if "<head>" in html else base + html
