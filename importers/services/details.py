"""What the office keeps about an importer: whom to write to, in which language, whose case it is, and when not to
write at all."""

from collections.abc import Collection
from datetime import date

from django.db.models import ProtectedError
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import refuse_bank_details
from importers.domain.hours import check_time_zone
from importers.models import ImporterOfRecord, MailState, User
from importers.services.change import change, deed
from importers.services.invitations import end_access, handover

EDITABLE = frozenset(
    {
        "name",
        "contact_name",
        "contact_title",
        "contact_email",
        "contact_phone",
        "language",
        "is_ddp",
        "assigned_to",
        "time_zone",
    }
)
KEPT = _("Entries were shared with this importer, or claims made or paid: the file is kept as proof.")
NAME_CONFIRMED = _(
    "The importer has confirmed the company name on the checklist, so it stays. Ask them to change it there."
)


def edit_details(importer: ImporterOfRecord, *, by: User, **fields: object) -> list[str]:
    """Returns the names of the fields that changed; when none did, nothing is written. A name that the importer has
    confirmed stays, as it does when a client list says another."""
    if unknown := fields.keys() - EDITABLE:
        raise TypeError(f"Not editable: {', '.join(sorted(unknown))}")
    for value in fields.values():
        if isinstance(value, str):
            refuse_bank_details(value)
    if time_zone := fields.get("time_zone"):
        check_time_zone(str(time_zone))
    with change(importer, "edit details", by=by) as row:
        former = row.contact_email
        changed = [name for name, value in fields.items() if getattr(row, name) != value]
        if "name" in changed and row.company_confirmed_at:
            raise RuleViolation("confirmed", NAME_CONFIRMED)
        for name in changed:
            setattr(row, name, fields[name])
        if changed:
            row.save(update_fields=changed)
        if row.contact_email.lower() != former.lower():
            _hand_over(row, former, by)
    return changed


def _hand_over(row: ImporterOfRecord, former: str, by: User) -> None:
    officer = getattr(row, "officer", None)
    accesses = row.accesses.select_related("user")
    moved = handover(accesses, former=former, contact=row.contact_email, officer=officer.email if officer else "")
    for access in moved.leaving:
        end_access(access, by=by)
    if not moved.newcomer_is_in:
        row.invited_at = row.invited_by = None
        row.save(update_fields=["invited_at", "invited_by"])


def assign(importers: Collection[ImporterOfRecord], *, by: User, to: User | None) -> int:
    """Whose case it is; None for nobody's. Returns how many changed hands."""
    if to is not None and not (to.is_staff and to.is_active):
        raise RuleViolation("not_staff", _("An importer can only be assigned to one of the broker's own people."))
    with deed("assign", by=by):
        rows = ImporterOfRecord.objects.filter(pk__in=[i.pk for i in importers])
        moved = rows.filter(assigned_to__isnull=False) if to is None else rows.exclude(assigned_to=to)
        return moved.update(assigned_to=to)


def pause(importers: Collection[ImporterOfRecord], *, by: User, until: date, reason: str) -> int:
    """No reminders up to and including that day. The office remembers why."""
    refuse_bank_details(reason)
    if not reason.strip():
        raise RuleViolation("reason", _("Write why no reminders go out, so that a colleague understands it later."))
    if until < timezone.localdate():
        raise RuleViolation("past", _("The day is over already. Enter the last day without reminders."))
    with deed("pause reminders", by=by):
        rows = ImporterOfRecord.objects.filter(pk__in=[i.pk for i in importers])
        return rows.update(paused_until=until, pause_reason=reason.strip())


def resume(importers: Collection[ImporterOfRecord], *, by: User) -> int:
    with deed("resume reminders", by=by):
        rows = ImporterOfRecord.objects.filter(pk__in=[i.pk for i in importers], paused_until__isnull=False)
        return rows.update(paused_until=None, pause_reason="")


def remove(importer: ImporterOfRecord, *, by: User) -> None:
    """Takes out a row that was loaded by mistake. Once somebody of the importer was here or was written to, the answers
    and the mails are the proof of what was done, and stay."""
    with deed("remove importer", by=by):
        row = ImporterOfRecord.objects.select_for_update().get(pk=importer.pk)
        if row.accesses.filter(first_visit_at__isnull=False).exists() or row.attestations.exists():
            raise RuleViolation("in_use", _("Somebody of the importer has been here: the file is kept as proof."))
        states = set(row.notifications.select_for_update().values_list("state", flat=True))  # no worker takes one now
        if states & {MailState.SENT, MailState.SENDING}:
            raise RuleViolation("mailed", _("A mail has gone out to this importer: the file is kept as proof."))
        try:
            row.delete()
        except ProtectedError:  # by another app, which is not known here
            raise RuleViolation("in_use", KEPT) from None
