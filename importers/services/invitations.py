"""Who of the importer may come in, and the mail that tells them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from importers.models import ImporterAccess, ImporterOfRecord, MailKind, User
from importers.services.change import change, deed
from importers.services.outbox import post
from importers.services.readiness import refresh


@dataclass(frozen=True, slots=True)
class Invited:
    """`without_email` could not be invited; `staff` have a broker's address as the importer's contact."""

    sent: int
    without_email: tuple[ImporterOfRecord, ...]
    staff: tuple[ImporterOfRecord, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """What a new contact address does to who may come in: the former contact must not go on reading along, unless
    they are the officer (`officer_stays`); the new one counts as not yet invited, unless they are in already."""

    leaving: tuple[ImporterAccess, ...]
    officer_stays: bool
    newcomer_is_in: bool


def handover(accesses: Iterable[ImporterAccess], *, former: str, contact: str, officer: str) -> Handover:
    """All three are e-mails; `accesses` come with their users."""
    live = [access for access in accesses if not access.revoked_at]
    theirs = tuple(access for access in live if access.user.email.lower() == former.lower())
    is_officer = bool(theirs) and officer.lower() == former.lower()
    is_in = any(access.user.email.lower() == contact.lower() for access in live)
    return Handover(() if is_officer else theirs, is_officer, is_in)


def grant(importer: ImporterOfRecord, user: User, *, by: User) -> bool:
    """Lets the person in; False when they already were, or were shut out by staff and nobody of the staff lifts that.
    The caller holds the transaction."""
    access, made = ImporterAccess.objects.get_or_create(
        importer=importer, user=user, defaults={"granted_at": timezone.now(), "granted_by": by}
    )
    if access.is_shut_out and not by.is_staff:
        return False  # only staff lift what staff took away
    if access.revoked_at:
        access.revoked_at = access.revoked_by = None
        access.granted_at, access.granted_by = timezone.now(), by
        access.save()
        return True
    return made


def revoke(access: ImporterAccess, *, by: User) -> None:
    with change(access.importer, "revoke access", by=by):
        end_access(access, by=by)


def end_access(access: ImporterAccess, *, by: User) -> None:
    """The caller holds the transaction."""
    access.revoked_at, access.revoked_by = timezone.now(), by
    access.save(update_fields=["revoked_at", "revoked_by"])


def invite(importers: Iterable[ImporterOfRecord], *, by: User) -> Invited:
    """Each in a transaction of its own: one bad row keeps nobody else out. Inviting again sends a new mail."""
    sent, without_email, staff = 0, [], []
    for importer in importers:
        if not importer.contact_email:
            without_email.append(importer)
        elif _invite_one(importer, by):
            sent += 1
        else:
            staff.append(importer)
    return Invited(sent, tuple(without_email), tuple(staff))


def let_in(importer: ImporterOfRecord, *, by: User) -> User | None:
    """Access for the person on the client list; None for the broker's own people and where the sign-in is off."""
    with change(importer, "invite", by=by) as row:
        user = User.objects.for_email(row.contact_email, name=row.contact_name, language=row.language)
        if user.is_staff or not user.is_active:
            return None
        grant(row, user, by=by)
        row.invited_at, row.invited_by = timezone.now(), by
        row.save(update_fields=["invited_at", "invited_by"])
    return user


def let_in_all(pks: Sequence[int], *, by: User) -> set[int]:
    """As `let_in`, in the same few queries for however many; returns who of them may come in now."""
    if not pks:
        return set()
    with deed("invite", by=by):
        locked = ImporterOfRecord.objects.select_for_update().filter(pk__in=pks, invited_at=None)
        rows = list(locked.exclude(contact_email="").order_by("pk"))
        users = User.objects.for_emails({row.contact_email: (row.contact_name, row.language) for row in rows})
        may = [row for row in rows if (user := users[row.contact_email.lower()]).is_active and not user.is_staff]
        now = timezone.now()
        ImporterAccess.objects.bulk_create(
            [
                ImporterAccess(importer=row, user=users[row.contact_email.lower()], granted_at=now, granted_by=by)
                for row in may
            ],
            ignore_conflicts=True,
        )
        let_in = [row.pk for row in may]
        ImporterOfRecord.objects.filter(pk__in=let_in).update(invited_at=now, invited_by=by)
        refresh(let_in)
    return set(let_in)


def _invite_one(importer: ImporterOfRecord, by: User) -> bool:
    with transaction.atomic():
        user = let_in(importer, by=by)
        if user is None:
            return False
        post(
            MailKind.INVITATION,
            to_email=user.email,
            to_name=importer.contact_name,
            language=importer.language,
            importer=importer,
            by=by,
            why="invited by staff",
        )
    return True
