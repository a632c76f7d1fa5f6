"""The dollars behind each importer: what `Readiness` shows of the entries, written set-wise."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from importers.models import ImporterOfRecord, Readiness, User
from importers.services.change import deed
from importers.services.readiness import Drift
from refunds.domain.eligibility import POSSIBLE
from refunds.models import Entry, RejectedRefund

PROJECTED = ("at_stake", "act_until")
# For each importer what the entries say. No entries at all is no answer, entries without a possible refund are zero.
REAL = f"""
    SELECT readiness.importer_id,
        CASE WHEN count(entry.id) > 0 THEN
            coalesce(sum(entry.ieepa_duty) FILTER (WHERE entry.verdict = ANY(%(possible)s)), 0)
        END AS at_stake,
        min(entry.act_until) FILTER (WHERE entry.verdict = ANY(%(possible)s) AND entry.act_until >= %(today)s)
            AS act_until
    FROM {Readiness._meta.db_table} readiness
    LEFT JOIN {Entry._meta.db_table} entry ON entry.importer_id = readiness.importer_id
    WHERE %(ids)s::bigint[] IS NULL OR readiness.importer_id = ANY(%(ids)s)
    GROUP BY readiness.importer_id
"""  # noqa: S608
DIFFERS = "(r.at_stake, r.act_until) IS DISTINCT FROM (real.at_stake, real.act_until)"


def refresh(importer_ids: Sequence[int] | None, *, today: date | None = None) -> int:
    """Writes the stakes of these importers, or of all, where they differ; returns of how many. The caller holds the
    transaction."""
    params = _params(importer_ids, today)
    table = Readiness._meta.db_table
    with connection.cursor() as cursor:
        # In a statement of its own: the next one then sees what whoever held the rows has committed.
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE %(ids)s::bigint[] IS NULL OR importer_id = ANY(%(ids)s) "  # noqa: S608
            "ORDER BY importer_id FOR NO KEY UPDATE",
            params,
        )
        cursor.execute(
            f"UPDATE {table} r SET at_stake = real.at_stake, act_until = real.act_until FROM ({REAL}) real "  # noqa: S608
            f"WHERE r.importer_id = real.importer_id AND {DIFFERS}",
            params,
        )
        return cursor.rowcount


def drift(*, today: date | None = None) -> Iterator[Drift]:
    """Where the stakes differ from the entries; nothing when all is well. One statement, so of one moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.importer_id, r.at_stake, real.at_stake, r.act_until, real.act_until "  # noqa: S608
            f"FROM {Readiness._meta.db_table} r JOIN ({REAL}) real USING (importer_id) "
            f"WHERE {DIFFERS} ORDER BY r.importer_id",
            _params(None, today),
        )
        found = cursor.fetchall()
    importers = ImporterOfRecord.objects.in_bulk([row[0] for row in found])
    for pk, *pairs in found:
        for column, stored, computed in zip(PROJECTED, pairs[::2], pairs[1::2], strict=True):
            if stored != computed and pk in importers:
                yield Drift(importers[pk], column, stored, computed)


def attach(*, today: date | None = None) -> int:
    """Gives entries and rejected refunds that were kept aside to importers that have joined the client list since;
    returns to how many importers. Their stakes follow."""
    # Within an import too, whose report says nothing of these entries.
    with deed("importer joined the client list", by=User.objects.system(), report=None):
        joined = sorted(_attached(Entry._meta.db_table) | _attached(RejectedRefund._meta.db_table))
        if joined:
            refresh(joined, today=today)
    return len(joined)


def _attached(table: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} row SET importer_id = i.id FROM {ImporterOfRecord._meta.db_table} i "  # noqa: S608
            "WHERE row.importer_id IS NULL AND row.fingerprint = i.fingerprint RETURNING i.id"
        )
        return {pk for (pk,) in cursor.fetchall()}


def _params(importer_ids: Sequence[int] | None, today: date | None) -> dict[str, Any]:
    return {
        "possible": sorted(map(str, POSSIBLE)),
        "today": today or timezone.localdate(),
        "ids": None if importer_ids is None else list(importer_ids),
    }
