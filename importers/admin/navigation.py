"""The menu: what staff do all day first, what is set up once last."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


def _item(title: str, icon: str, link: str, under: str = "") -> dict[str, Any]:
    """`under` is how the addresses begin that belong to it, where that is not its own."""
    return {"title": title, "icon": icon, "link": link, "under": under or link}


def _mark(items: list[dict[str, Any]], path: str) -> None:
    """One entry is where we are: the one whose address is the longest beginning of ours."""
    here = max((i["under"] for i in items if path.startswith(i["under"])), key=len, default="")
    for item in items:
        item["active"] = item["under"] == here


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    daily = [
        _item(_("Dashboard"), "space_dashboard", reverse("admin:index")),
        _item(_("Importers"), "groups", reverse("admin:importers_importerofrecord_changelist")),
        _item(_("Questions"), "help", reverse("admin:importers_question_changelist")),
        _item(_("Load a client list"), "upload_file", reverse("admin:importers_roster")),
        _item(_("Tasks"), "task_alt", reverse("admin:importers_errand_changelist")),
        _item(_("Mails"), "mail", reverse("admin:importers_notification_changelist")),
        _item(_("Mailboxes"), "mark_email_unread", reverse("admin:importers_mailbox_changelist")),
        _item(_("Next reminders"), "schedule", reverse("admin:importers_reminders")),
    ]
    results = reverse("admin:refunds_claimresult_changelist")
    refunds = [
        _item(_("Reports"), "inbox", reverse("admin:refunds_report_changelist")),
        _item(_("Entries"), "receipt_long", reverse("admin:refunds_entry_changelist")),
        _item(_("Shared entries"), "ios_share", reverse("admin:refunds_pack_changelist")),
        _item(_("CAPE files"), "description", reverse("admin:refunds_capefile_changelist")),
        _item(_("Fix and refile"), "build", reverse("admin:refunds_fix_and_refile"), results),
        _item(_("Rejected refunds"), "money_off", reverse("admin:refunds_rejectedrefund_changelist")),
        _item(_("Payments"), "payments", reverse("admin:refunds_payment_changelist")),
    ]
    seldom = [
        _item(_("Campaigns"), "event", reverse("admin:importers_campaign_changelist")),
        _item(_("Texts of reminders"), "edit_note", reverse("admin:importers_mailtext_changelist")),
        _item(_("Rules about refunds"), "gavel", reverse("admin:refunds_ruleversion_changelist")),
        _item(_("Broker firm"), "business", reverse("admin:importers_brokerfirm_changelist")),
        _item(_("People"), "person", reverse("admin:importers_user_changelist")),
    ]
    _mark([*daily, *refunds, *seldom], request.path)
    return [{"items": daily}, {"title": _("Refunds"), "items": refunds}, {"title": _("Set-up"), "items": seldom}]


def account(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"title": _("Second factor"), "link": reverse("mfa_index")},
        {"title": _("Daily digest"), "link": reverse("admin:importers_my_digest")},
        {"title": _("The public guide"), "link": reverse("guide")},
    ]
