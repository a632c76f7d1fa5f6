"""History by database triggers, on every table that staff or importers change."""

from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.db.models import Model

M = TypeVar("M", bound=type[Model])


def tracked(*, exclude: tuple[str, ...] = ()) -> Callable[[M], M]:
    """Every insert, update and delete leaves a row that cannot be changed or deleted. Who and from where stands
    in the row itself (`pgh_context`), so nothing it points to can be taken away from under it."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(exclude) or None,
        append_only=True,
        context_field=pghistory.ContextJSONField(),
        context_id_field=pghistory.ContextUUIDField(),
        obj_field=pghistory.ObjForeignKey(related_name="history"),
    )
