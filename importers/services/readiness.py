"""Keeps `Readiness` equal to the facts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from importers.domain.checklist import Checklist, evaluate
from importers.models import BrokerFirm, ImporterOfRecord, Readiness
from importers.models.readiness import COLUMNS

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Drift:
    """One column of one importer in which the projection differs from the facts."""

    importer: ImporterOfRecord
    column: str
    stored: object
    computed: object


def checklist_of(importer: ImporterOfRecord) -> Checklist:
    """This importer's checklist as of today, read afresh in a fixed number of queries."""
    loaded = ImporterOfRecord.objects.with_facts().get(pk=importer.pk)
    return evaluate(loaded.facts(BrokerFirm.current(), timezone.localdate()))


def refresh(importer_ids: Sequence[int]) -> None:
    """Writes the projection of these importers, set-wise. The caller holds the transaction."""
    firm, today, now = BrokerFirm.current(), timezone.localdate(), timezone.now()
    for start in range(0, len(importer_ids), BATCH):
        ids = importer_ids[start : start + BATCH]
        stored = Readiness.objects.in_bulk(ids)
        rows = []
        for importer in ImporterOfRecord.objects.with_facts(aside=True).filter(pk__in=ids):
            columns = Readiness.columns(evaluate(importer.facts(firm, today)))
            old = stored.get(importer.pk)
            if old is None or any(getattr(old, name) != value for name, value in columns.items()):
                moved = old is None or (old.stage, old.blocker) != (columns["stage"], columns["blocker"])
                changed_at = now if moved or old is None else old.changed_at
                rows.append(Readiness(importer=importer, changed_at=changed_at, **columns))
        Readiness.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["importer"],
            update_fields=[*COLUMNS, "changed_at"],
        )


def refresh_all() -> int:
    """Recomputes every importer who is there when it begins, batch by batch: each in a transaction of its own, or all
    in the caller's when there is one. Returns how many were looked at."""
    count = 0
    for ids in _id_batches():
        with transaction.atomic():
            list(ImporterOfRecord.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
            refresh(ids)
        count += len(ids)
    return count


def drift() -> Iterator[Drift]:
    """Where the projection differs from the facts; nothing when all is well, also while others write."""
    for ids in _id_batches():
        with _one_moment():
            found = list(_drift_of(ids))
        yield from found


def _drift_of(ids: list[int]) -> Iterator[Drift]:
    firm, today = BrokerFirm.current(), timezone.localdate()
    stored = Readiness.objects.in_bulk(ids)
    for importer in ImporterOfRecord.objects.with_facts(aside=True).filter(pk__in=ids):
        row = stored.get(importer.pk)
        for name, value in Readiness.columns(evaluate(importer.facts(firm, today))).items():
            if (was := getattr(row, name, None)) != value:
                yield Drift(importer, name, was, value)


@contextmanager
def _one_moment() -> Iterator[None]:
    """All that is read inside stood in the database at one moment. Inside somebody's transaction that is theirs."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _id_batches() -> Iterator[list[int]]:
    ids = list(ImporterOfRecord.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
