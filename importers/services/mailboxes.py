"""What becomes known of an address: its owner wants no reminders any more, or wants them again; and the tasks that
follow from it, wherever the address goes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext

from importers.domain.checklist import Stage
from importers.domain.errors import gettext_noop as _
from importers.models import Delegation, Errand, ErrandKind, ImporterAccess, ImporterOfRecord, Mailbox, User
from importers.services.change import deed

ASKED = "stopped the reminders with the link in a mail"
ASKED_BACK = "wants the reminders again"
LIFTED = _("They want the reminders again, %(who)s says.")
MOVED = _("Nothing is sent to that address any more.")
SINCE = {ErrandKind.OPTED_OUT: "opted_out_at", ErrandKind.DEAD_MAILBOX: "dead_at"}


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
        Errand.objects.open_for(reminded_at(email), ErrandKind.OPTED_OUT, ASKED, mailbox.opted_out_at)
    return True


def opt_in(email: str) -> bool:
    """The undoing of it: what staff have not done yet, nobody need do. False when reminders were not stopped."""
    return bool(_want_again(Mailbox.objects.of(email), by=_owner(email), outcome=ASKED_BACK))


def lift_opt_out(mailboxes: Iterable[Mailbox], *, by: User) -> int:
    """They have told us so."""
    chosen = Mailbox.objects.filter(pk__in=[row.pk for row in mailboxes])
    return _want_again(chosen, by=by, outcome=gettext(LIFTED) % {"who": by})


def _want_again(mailboxes: QuerySet[Mailbox], *, by: User, outcome: str) -> int:
    with deed("want reminders again", by=by):
        chosen = list(mailboxes.opted_out().select_for_update())  # type: ignore[attr-defined]
        Mailbox.objects.filter(pk__in=[row.pk for row in chosen]).update(opted_out_at=None)
        emails = [row.email.lower() for row in chosen]
        theirs = _with_addresses().filter(Q(contact__in=emails) | Q(officers__in=emails))
        over = Errand.objects.open().filter(kind=ErrandKind.OPTED_OUT, importer__in=theirs.values("pk"))
        over = over.exclude(importer__in=_silent(ErrandKind.OPTED_OUT).values("pk"))  # somebody else there stays so
        over.update(done_at=timezone.now(), done_by=by, outcome=outcome)
    return len(chosen)


def wants_reminders(email: str) -> bool:
    return not Mailbox.objects.of(email).opted_out().exists()


def reminded_at(email: str) -> set[int]:
    """Importers with something left whose reminders go to this address, now or once the officer's turn comes."""
    theirs = _with_addresses().filter(Q(contact=email.lower()) | Q(officers=email.lower()))
    return set(_unfinished(theirs).values_list("pk", flat=True))


def follow_addresses(now: datetime) -> None:
    """Addresses change hands. Who is reminded at one that is silent has a task, unless somebody did it since the
    address fell silent; nobody keeps a task about an address that is not theirs any more."""
    by = User.objects.system()
    for kind in SINCE:
        with deed("close a task", by=by):
            idle = Errand.objects.open().filter(kind=kind).exclude(importer__in=_reached_in_vain(kind).values("pk"))
            idle.update(done_at=now, done_by=by, outcome=MOVED)
        with deed("open a task", by=by):
            rows = _without_task(kind, by).values_list("pk", "email")
            Errand.objects.bulk_create(
                [Errand(importer_id=pk, kind=kind, why=email, opened_at=now) for pk, email in rows],
                ignore_conflicts=True,
            )


def _without_task(kind: ErrandKind, system: User) -> Any:
    """Each with the `email` that is silent. What the system closed, nobody did."""
    silent = _silent_mailboxes(kind).filter(Q(folded=OuterRef("contact")) | Q(folded=OuterRef("officers")))
    newest = silent.order_by(f"-{SINCE[kind]}")
    errands = Errand.objects.filter(importer=OuterRef("pk"), kind=kind)
    done = Q(done_at__gte=OuterRef("since")) & ~Q(done_by=system)
    rows = _unfinished(_silent(kind)).annotate(
        since=Subquery(newest.values(SINCE[kind])[:1]), email=Subquery(newest.values("email")[:1])
    )
    return rows.filter(~Exists(errands.filter(Q(done_at=None) | done))).order_by("pk")


def _with_addresses() -> QuerySet[ImporterOfRecord]:
    return ImporterOfRecord.objects.annotate(contact=Lower("contact_email"), officers=Lower("officer__email"))


def _unfinished(importers: QuerySet[ImporterOfRecord]) -> QuerySet[ImporterOfRecord]:
    return importers.exclude(readiness__stage=Stage.READY)


def _silent_mailboxes(kind: ErrandKind) -> Any:
    return Mailbox.objects.exclude(**{SINCE[kind]: None}).annotate(folded=Lower("email"))


def _silent(kind: ErrandKind) -> QuerySet[ImporterOfRecord]:
    """Whose reminders go to a silent address, now or once the officer's turn comes."""
    emails = _silent_mailboxes(kind).values("folded")
    return _with_addresses().filter(Q(contact__in=emails) | Q(officers__in=emails))


def _reached_in_vain(kind: ErrandKind) -> QuerySet[ImporterOfRecord]:
    """Any mail may have come back: also one to somebody else who may come in, or to a colleague with one step."""
    people = User.objects.annotate(folded=Lower("email")).filter(folded__in=_silent_mailboxes(kind).values("folded"))
    accesses = ImporterAccess.objects.filter(revoked_at=None, user__in=people).values("importer")
    steps = Delegation.objects.filter(revoked_at=None, colleague__in=people).values("importer")
    return ImporterOfRecord.objects.filter(Q(pk__in=_silent(kind).values("pk")) | Q(pk__in=accesses) | Q(pk__in=steps))


def _owner(email: str) -> User:
    """Whoever holds a mail that went to this address acts for it, signed in or not."""
    return User.objects.filter(email__iexact=email).first() or User.objects.system()
