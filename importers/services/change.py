"""Every write goes through here: one transaction, and the history's who and why. Of one importer also: one lock, and
the projection brought up to date before the commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pghistory
from django.db import transaction

from importers.models import ImporterOfRecord, User
from importers.services.readiness import checklist_of, refresh


@contextmanager
def deed(action: str, *, by: User) -> Iterator[None]:
    """For what no rule looks at, and for many rows in one statement. All or nothing, the history included."""
    with transaction.atomic(), pghistory.context(by=by.pk, who=str(by), action=action):
        yield


@contextmanager
def change(importer: ImporterOfRecord, action: str, *, by: User) -> Iterator[ImporterOfRecord]:
    """Yields the importer as it stands now, locked until the commit, so that two people cannot write past each
    other. All or nothing: an error anywhere, history and projection included, leaves nothing behind."""
    with deed(action, by=by):
        locked = ImporterOfRecord.objects.select_for_update().get(pk=importer.pk)
        yield locked
        refresh([locked.pk])


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
