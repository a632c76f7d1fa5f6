"""Many rows of the reminders' ledger in one statement, without a model instance for each."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from importers.models import MailKind, MailState, Notification

TYPES = {int: "integer", str: "text", UUID: "uuid", date | None: "date", datetime | None: "timestamptz"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What differs from row to row. `day` is that of the reader for which it is put in, `expires_at` its end."""

    mail: UUID
    state: str
    reason: str
    importer_id: int
    campaign_id: int
    slot: str
    step: str
    to_name: str
    to_email: str
    language: str
    why: str
    day: date | None = None
    expires_at: datetime | None = None


VARYING = {field.name: TYPES[field.type] for field in fields(Entry)}  # type: ignore[index]
# What is written over when the slot has a row already, which was skipped or dropped.
REVIVED = (
    "mail", "kind", "state", "reason", "step", "to_name", "to_email", "language", "why", "day", "not_before",
    "expires_at", "attempts", "answer",
)  # fmt: skip


def write_ledger(entries: Sequence[Entry], *, not_before: datetime) -> list[int]:
    """Returns one key for each mail that is to go. Of the columns that `Entry` does not name each row holds what the
    model says."""
    if not entries:
        return []
    same = Notification(kind=MailKind.REMINDER, not_before=not_before, created_at=timezone.now())
    columns, values, constants = [], [], []
    for field in Notification._meta.concrete_fields:
        if field.primary_key:
            continue
        columns.append(connection.ops.quote_name(str(field.column)))
        if field.column in VARYING:
            values.append(f"entry.{field.column}")
        elif field.name == "uuid":
            values.append("gen_random_uuid()")
        else:
            values.append(f"%s::{field.db_type(connection)}")
            constants.append(field.get_db_prep_save(getattr(same, field.attname), connection))
    arrays = [list(column) for column in zip(*map(astuple, entries), strict=True)]
    taken = ", ".join(f"{column} = EXCLUDED.{column}" for column in REVIVED)
    unnested = ", ".join(f"%s::{kind}[]" for kind in VARYING.values())
    sql = (
        f"INSERT INTO {Notification._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)} "  # noqa: S608
        f"FROM unnest({unnested}) AS entry({', '.join(VARYING)}) "
        f"ON CONFLICT (importer_id, campaign_id, slot) DO UPDATE SET {taken} "
        f"WHERE {Notification._meta.db_table}.state IN ('{MailState.SKIPPED}', '{MailState.DROPPED}') "
        "RETURNING mail, state, id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*constants, *arrays])
        return list({mail: pk for mail, state, pk in cursor.fetchall() if state == MailState.PENDING}.values())
