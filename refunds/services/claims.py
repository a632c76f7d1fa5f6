"""What came back from CAPE and from the Treasury, kept set-wise. What it means for an entry stands in the entry itself
(`claim_status`), so that verdicts are computed from the row alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from importers.domain.identifiers import ImporterNumber, NumberKind
from importers.models import ImporterOfRecord
from importers.models.importer import number_columns
from refunds.domain.cape_messages import TAKEN_ALREADY
from refunds.formats.cape_result import ResultRow
from refunds.formats.kept_number import KeptNumber
from refunds.formats.rev613 import RejectedRow
from refunds.models import ClaimResult, Entry, RejectedRefund, Report
from refunds.services import stakes
from refunds.services.verdicts import held_rules, reassess

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Stored:
    """`entries` counts all that the file names, `changed` those whose claim has another status now. `unknown` are the
    numbers (of entries, or of importers as they may be shown) that are not known here; they are kept all the same."""

    rows: int
    entries: int
    changed: int
    unknown: tuple[str, ...] = ()


def store_results(report: Report, rows: Sequence[ResultRow], *, today: date) -> Stored:
    """Keeps CAPE's answers. What was kept of the same file before is put in its place, so twice is as once."""
    with transaction.atomic():
        held_rules()  # before any row, as whoever changes the rules takes them
        before = ClaimResult.objects.filter(report__sha256=report.sha256, report__format=report.format)
        touched = set(before.exclude(entry=None).values_list("entry_id", flat=True))
        before.delete()
        ids = _entry_ids({row.entry_number for row in rows})
        ClaimResult.objects.bulk_create((_result(report, row, ids) for row in rows), batch_size=BATCH)
        changed = settle(touched | set(ids.values()))
        _rejudge(changed, today)
    numbers = {row.entry_number for row in rows}
    return Stored(len(rows), len(numbers), len(changed), tuple(sorted(numbers - ids.keys())))


def attach_results() -> list[int]:
    """Of entries that have come in since: gives them the answers that were kept for their numbers. To be called in the
    import's transaction, before verdicts are computed. Returns the entries whose claim has another status now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE refunds_claimresult r SET entry_id = e.id
            FROM refunds_entry e WHERE r.entry_id IS NULL AND e.number = r.entry_number
            RETURNING e.id
            """
        )
        found = {pk for (pk,) in cursor.fetchall()}
    return settle(found)


def settle(entry_ids: Iterable[int]) -> list[int]:
    """Writes `claim_status`: what the newest answer says, of one day the last one (a file that is read
    again, as when it first was). That an entry is on an accepted
    claim already CAPE says by refusing it, and so that counts only when it has said nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE refunds_entry e SET claim_status = n.status
            FROM (
                SELECT DISTINCT ON (wanted.id) wanted.id, coalesce(r.status, '') AS status
                FROM (
                    SELECT id FROM refunds_entry WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
                ) AS wanted
                LEFT JOIN refunds_claimresult r ON r.entry_id = wanted.id
                ORDER BY wanted.id, r.status = 'rejected' AND r.message LIKE %s, r.as_of DESC, coalesce((
                    SELECT min(first.id) FROM refunds_report first JOIN refunds_report own ON own.id = r.report_id
                    WHERE first.sha256 = own.sha256 AND first.as_of = r.as_of AND first.state = 'done'
                ), r.report_id) DESC, r.row DESC
            ) n
            WHERE e.id = n.id AND e.claim_status <> n.status
            RETURNING e.id
            """,
            [list(entry_ids), f"%{TAKEN_ALREADY}%"],
        )
        return [pk for (pk,) in cursor.fetchall()]


def store_rejected(report: Report, rows: Sequence[RejectedRow]) -> Stored:
    """Keeps the refunds that did not arrive. What was kept of the same file before is put in its place."""
    columns = [_number_columns(row.number) for row in rows]
    known = dict(
        ImporterOfRecord.objects.filter(fingerprint__in={one["fingerprint"] for one in columns}).values_list(
            "fingerprint", "pk"
        )
    )
    with transaction.atomic():
        RejectedRefund.objects.filter(report__sha256=report.sha256, report__format=report.format).delete()
        RejectedRefund.objects.bulk_create(
            (
                _rejected(report, row, one, known.get(one["fingerprint"]))
                for row, one in zip(rows, columns, strict=True)
            ),
            batch_size=BATCH,
        )
    unknown = {shown_number(one) for one in columns if one["fingerprint"] not in known}
    entries = {row.entry_number for row in rows if row.entry_number}
    return Stored(len(rows), len(entries), 0, tuple(sorted(unknown)))


def shown_number(columns: dict[str, str]) -> str:
    """An importer number as programs are told it: an SSN as its mask and eight characters of its fingerprint."""
    return columns["number"] or KeptNumber(columns["number_last4"], columns["fingerprint"]).told


def _number_columns(number: ImporterNumber | KeptNumber) -> dict[str, str]:
    if isinstance(number, ImporterNumber):
        return number_columns(number)
    return {
        "number_kind": NumberKind.SSN,
        "number": "",
        "number_last4": number.last4,
        "fingerprint": number.fingerprint,
    }


def _rejudge(entries: Sequence[int], today: date) -> None:
    if entries:
        reassess(today=today, entries=entries)
        importers = Entry.objects.filter(pk__in=entries).exclude(importer=None).values_list("importer_id", flat=True)
        stakes.refresh(sorted(set(importers)), today=today)


def _entry_ids(numbers: set[str]) -> dict[str, int]:
    return dict(Entry.objects.filter(number__in=numbers).values_list("number", "pk"))


def _result(report: Report, row: ResultRow, ids: dict[str, int]) -> ClaimResult:
    return ClaimResult(
        report=report,
        row=row.row,
        entry_number=row.entry_number,
        entry_id=ids.get(row.entry_number),
        claim_number=row.claim_number,
        status=row.status,
        status_text=row.status_text,
        message=row.message,
        as_of=report.as_of,
    )


def _rejected(report: Report, row: RejectedRow, columns: dict[str, str], importer: int | None) -> RejectedRefund:
    return RejectedRefund(
        report=report,
        row=row.row,
        importer_id=importer,
        number_kind=columns["number_kind"],
        importer_number=columns["number"],
        number_last4=columns["number_last4"],
        fingerprint=columns["fingerprint"],
        entry_number=row.entry_number,
        amount=row.amount,
        rejected_on=row.rejected_on,
        reason=row.reason,
        as_of=report.as_of,
    )
