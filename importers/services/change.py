"""Every write goes through here: one transaction, and the history's who and why. Of one importer also: one lock, and
the projection brought up to date before the commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pghistory
from django.db import transaction
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.models import ImporterOfRecord, User
from importers.models.delegation import open_to
from importers.services.readiness import checklist_of, refresh

CLOSED = _("This step has just been closed to you, so nothing was saved. Ask whoever sent it to you.")
DECLARED = _("The answers have just been declared, so nothing was saved. Tell whoever sent you the step what is wrong.")


@contextmanager
def deed(action: str, *, by: User, **about: object) -> Iterator[None]:
    """For what no rule looks at, and for many rows in one statement. All or nothing, the history included. What it is
    `about` stands in the history too."""
    with transaction.atomic(), pghistory.context(by=by.pk, who=str(by), action=action, **about):
        yield


@contextmanager
def change(importer: ImporterOfRecord, action: str, *, by: User) -> Iterator[ImporterOfRecord]:
    """Yields the importer as it stands now, locked until the commit, so that two people cannot write past each
    other. All or nothing: an error anywhere, history and projection included, leaves nothing behind."""
    with deed(action, by=by):
        locked = ImporterOfRecord.objects.select_for_update().get(pk=importer.pk)
        yield locked
        refresh([locked.pk])


@contextmanager
def change_step(importer: ImporterOfRecord, step: str, action: str, *, by: User) -> Iterator[ImporterOfRecord]:
    """As `change`. A colleague who has this one step is asked for once more under the lock: it may have been taken
    back, or the answers declared, while the page was on its way."""
    with change(importer, action, by=by) as row:
        _refuse_late(row, step, by)
        yield row


def _refuse_late(importer: ImporterOfRecord, step: str, by: User) -> None:
    is_colleague = importer.delegations.filter(colleague=by).exists()
    if not is_colleague or ImporterOfRecord.objects.visible_to(by).filter(pk=importer.pk).exists():
        return
    if not open_to(importer, by, step, timezone.now()):
        raise RuleViolation("closed", CLOSED)
    if checklist_of(importer).facts.is_declared:
        raise RuleViolation("declared", DECLARED)


def write_over(
    importer: ImporterOfRecord, *, seen: str, read: Callable[[ImporterOfRecord], str], save: Callable[[], None]
) -> bool:
    """Calls `save` if what `read` makes of the importer is still what was `seen` ("" for: never mind). If not, nobody's
    answers are overwritten unseen: nothing is written, and False. Only what would change nothing is let through, like
    a button that was pressed twice; it leaves no second trace."""
    with transaction.atomic():
        ImporterOfRecord.objects.select_for_update().get(pk=importer.pk)
        stands = read(_loaded(importer))
        if seen in ("", stands):
            save()
            return True
        before = checklist_of(importer).facts
        with transaction.atomic():
            save()
            changes_nothing = read(_loaded(importer)) == stands
            if not changes_nothing or checklist_of(importer).facts == before:
                transaction.set_rollback(True)
    return changes_nothing


def _loaded(importer: ImporterOfRecord) -> ImporterOfRecord:
    return ImporterOfRecord.objects.with_facts().get(pk=importer.pk)
