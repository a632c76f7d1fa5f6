"""Mailed links: when one was used, and a new one in the place of one that no longer works."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from importers.models import ImporterOfRecord, MailKind, MailState, Notification, User
from importers.services.outbox import post

AGAIN = timedelta(minutes=1)


def note_use(mail: UUID, *, by: User) -> None:
    """Somebody has signed in through the link in this mail; the first time counts."""
    Notification.objects.filter(uuid=mail, link_used_at=None).update(link_used_at=timezone.now(), link_used_by=by)


def mail_new_link(old: Notification, *, to: User) -> bool:
    """To the address that the old link went to, and no other. A second press of the button within a minute mails
    nothing: False."""
    with transaction.atomic():
        about = ImporterOfRecord.objects.select_for_update(of=["self"])  # of two presses one waits
        importer = about.get(notifications=old.pk)
        is_one_step = old.kind == MailKind.DELEGATION
        kind = MailKind.DELEGATION if is_one_step else MailKind.NEW_LINK
        just_now = importer.notifications.filter(
            kind=kind,
            step=old.step if is_one_step else "",
            to_email__iexact=to.email,
            created_at__gt=timezone.now() - AGAIN,
        )
        if just_now.exclude(state__in=[MailState.FAILED, MailState.DROPPED]).exists():
            return False
        post(
            kind,
            to_email=to.email,
            to_name=old.to_name,
            language=to.language,
            importer=importer,
            by=old.requested_by,
            step=old.step if is_one_step else "",
            expires_at=old.expires_at,
            why="asked for with an older link",
        )
    return True
