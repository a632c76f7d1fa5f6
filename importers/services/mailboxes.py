"""What becomes known of an address: its owner wants no reminders any more, or wants them again."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from importers.models import Errand, ErrandKind, ImporterOfRecord, Mailbox, User
from importers.services.change import deed

ASKED = "stopped the reminders with the link in a mail"
ASKED_BACK = "wants the reminders again"


def opt_out(email: str) -> bool:
    """Reminders to this address stop, about whichever importer; all other mails still come. Staff find a task with
    each importer that has something left, since money is at stake. False when that was so already."""
    by = _owner(email)
    with deed("stop reminders", by=by):
        mailbox, _made = Mailbox.objects.select_for_update().get_or_create(
            email__iexact=email, defaults={"email": email}
        )
        if mailbox.opted_out_at:
            return False
        mailbox.opted_out_at = timezone.now()
        mailbox.save(update_fields=["opted_out_at"])
        Errand.objects.bulk_create(
            [
                Errand(importer=importer, kind=ErrandKind.OPTED_OUT, why=ASKED, opened_at=mailbox.opted_out_at)
                for importer in _reminded_at(email)
            ],
            ignore_conflicts=True,  # one is open already
        )
    return True


def opt_in(email: str) -> bool:
    """The undoing of it: what staff have not done yet, nobody need do. False when reminders were not stopped."""
    by = _owner(email)
    with deed("want reminders again", by=by):
        mailbox = Mailbox.objects.select_for_update().of(email).opted_out().first()
        if mailbox is None:
            return False
        mailbox.opted_out_at = None
        mailbox.save(update_fields=["opted_out_at"])
        errands = Errand.objects.open().filter(kind=ErrandKind.OPTED_OUT, importer__in=_reminded_at(email))
        errands.update(done_at=timezone.now(), done_by=by, outcome=ASKED_BACK)
    return True


def wants_reminders(email: str) -> bool:
    return not Mailbox.objects.of(email).opted_out().exists()


def _reminded_at(email: str) -> QuerySet[ImporterOfRecord]:
    """Importers with something left whose reminders go to this address, now or once the officer's turn comes."""
    theirs = ImporterOfRecord.objects.annotate(mailbox=Lower("contact_email"), officers=Lower("officer__email"))
    theirs = theirs.filter(Q(mailbox=email.lower()) | Q(officers=email.lower()))
    return theirs.exclude(readiness__stage="ready")


def _owner(email: str) -> User:
    """Whoever holds a mail that went to this address acts for it, signed in or not."""
    return User.objects.filter(email__iexact=email).first() or User.objects.system()
