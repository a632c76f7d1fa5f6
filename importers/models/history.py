"""History by database triggers, on every table that staff or importers change."""

from collections.abc import Callable
from typing import TypeVar

import pghistory
import pgtrigger
from django.db.models import Model

M = TypeVar("M", bound=type[Model])


def kept_whole() -> pgtrigger.Trigger:
    """`append_only` guards rows, and TRUNCATE touches none: it empties the table as one statement."""
    return pgtrigger.Trigger(
        name="kept_whole",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'The history in % cannot be emptied', TG_TABLE_NAME;",
    )


def tracked(*, exclude: tuple[str, ...] = (), inserts: bool = True) -> Callable[[M], M]:
    """Every insert, update and delete leaves a row that cannot be changed or deleted. Who and from where stands
    in the row itself (`pgh_context`), so nothing it points to can be taken away from under it. Without `inserts` for
    rows that come by the hundred thousand from a file which is kept, and which they name: then an update leaves what
    stood before it, or nobody would know what the first one changed; what stands now is the row itself."""
    events = (pghistory.UpdateEvent(row=pghistory.New if inserts else pghistory.Old), pghistory.DeleteEvent())
    return pghistory.track(
        *((pghistory.InsertEvent(), *events) if inserts else events),
        exclude=list(exclude) or None,
        append_only=True,
        meta={"triggers": [kept_whole()]},
        context_field=pghistory.ContextJSONField(),
        context_id_field=pghistory.ContextUUIDField(),
        obj_field=pghistory.ObjForeignKey(related_name="history"),
    )
