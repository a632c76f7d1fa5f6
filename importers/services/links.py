"""Mailed links: when one was used, and a new one to the checklist in the place of one that no longer works."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from importers.models import ImporterOfRecord, MailKind, Notification, User
from importers.services.outbox import is_on_its_way, post


def claim_use(mail: UUID, *, by: User, sign_in: UUID) -> bool:
    """Whether this sign-in may go through the link in this mail: the first to ask has it, and has it however often it
    asks."""
    rows = Notification.objects.filter(uuid=mail)
    first = rows.filter(link_used_at=None)
    if first.update(link_used_at=timezone.now(), link_used_by=by, link_used_in=sign_in):
        return True
    return rows.filter(link_used_in=sign_in).exists()


def mail_new_link(old: Notification, *, to: User) -> bool:
    """To the address that the old link went to, and no other. True when a new one is on its way; False when that
    person may no longer come in."""
    with transaction.atomic():
        about = ImporterOfRecord.objects.select_for_update(of=["self"])  # of two presses one waits
        importer = about.get(notifications=old.pk)
        if not importer.accesses.filter(user=to, revoked_at=None, user__is_active=True).exists():
            return False
        if not is_on_its_way(importer, MailKind.NEW_LINK, to=to):
            post(
                MailKind.NEW_LINK,
                to_email=to.email,
                to_name=old.to_name,
                language=to.language,
                importer=importer,
                by=to,
                why="asked for with an older link",
            )
    return True
