"""Every write goes through here: one transaction, and the history's who and why. Of one importer also: one lock, and
the projection brought up to date before the commit."""

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from django.db import transaction

from importers.models import ImporterOfRecord, User
from importers.services.readiness import refresh


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
