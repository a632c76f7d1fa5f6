"""Reads a kept report and saves what it says: all of it in one transaction, or nothing.

Whoever dies on the way leaves the report READING; it is begun again (see `begin` and `unfinished`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.services.change import deed
from refunds.formats import FORMATS
from refunds.formats.cape_result import Results
from refunds.formats.es003.reading import NO_LINES
from refunds.formats.recognition import open_report
from refunds.formats.rev613 import Rejected
from refunds.models import Report, ReportState, RuleVersion
from refunds.services import merging, verdicts
from refunds.services.claims import Stored, store_rejected, store_results
from refunds.services.gathering import gather
from refunds.services.judging import FACTS, judge
from refunds.services.keeping import scrub
from refunds.services.sql import drop, rows_of, run

ONE_AT_A_TIME = 4811_5106_3  # of PostgreSQL's advisory locks
LEASE = timedelta(minutes=15)
MOST_TRIES = 3
ERRORS_KEPT = 1000

STOPPED = _("Reading this report was stopped. Load it again.")
GIVEN_UP = _("Reading this report broke off %(times)s times. Load it again, or tell whoever runs the portal.")


@dataclass(slots=True)
class Outcome:
    """What was done when `saved`, else what would be. `older` are the entries that were passed over, because a newer
    report has said what they are."""

    format: str = ""
    lines: int = 0
    entries: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    older: int = 0
    importers: dict[str, dict[str, object]] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    saved: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The contract's answer of `import_entries`."""
        answer = self.counted() | {"errors": [error.as_dict() for error in self.errors]}
        del answer["older"]
        return answer

    def counted(self) -> dict[str, Any]:
        """Without the errors, of which there may be millions."""
        return asdict(replace(self, errors=[]))


def import_report(report: Report, *, dry_run: bool = False) -> Outcome:
    """The caller has `begun` it. Raises nothing for what is in the file: that stands in the outcome, and, unless it is
    a dry run, in the report."""
    started = monotonic()
    with alone():
        try:
            outcome = _READ.get(report.format, _read_entries)(report, dry_run)
        except RuleViolation as violation:
            outcome = Outcome(report.format, errors=[LineError.of(0, "", violation)])
            outcome.seconds = round(monotonic() - started, 2)
            if not dry_run:
                _finish_unread(report, ReportState.REFUSED, outcome, timezone.now())
        finally:
            if connection.is_usable():
                drop(FACTS)
    outcome.seconds = round(monotonic() - started, 2)
    return outcome


def begin(report: Report, now: datetime) -> bool:
    """False when it is in somebody's hands or finished."""
    stale = Q(state=ReportState.READING, begun_at__lt=now - LEASE)
    mine = Report.objects.filter(Q(state=ReportState.WAITING) | stale, pk=report.pk)
    tries = int(report.result.get("tries", 0)) + 1
    return bool(mine.update(state=ReportState.READING, begun_at=now, lines_read=0, result={"tries": tries}))


def unfinished(now: datetime) -> list[int]:
    """Reports whose message was lost or whose worker did not come back. One that takes its worker down each time is
    given up."""
    lost = Q(state=ReportState.WAITING, uploaded_at__lt=now - timedelta(minutes=1))
    left = Report.objects.filter(lost | Q(state=ReportState.READING, begun_at__lt=now - LEASE))
    hopeless = [report for report in left if report.result.get("tries", 0) >= MOST_TRIES]
    for report in hopeless:
        _fail(report, RuleViolation("given_up", GIVEN_UP, times=MOST_TRIES), now)
    return [report.pk for report in left if report not in hopeless]


def stopped(report: Report) -> None:
    """By the person who waited for it: it is not to be begun again."""
    if not connection.is_usable():
        connection.close()  # the next statement opens another
    report.refresh_from_db()
    if report.state == ReportState.READING:
        _fail(report, RuleViolation("stopped", STOPPED), timezone.now())


@contextmanager
def alone() -> Iterator[None]:
    """One import at a time; the next one waits. Whoever dies lets go: the lock ends with the connection."""
    run("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
    try:
        yield
    finally:
        if connection.is_usable():
            run("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


@contextmanager
def alone_if_free() -> Iterator[bool]:
    """As `alone`, without waiting: False when somebody else imports. Within it the lock can be taken once more."""
    [(is_mine,)] = rows_of("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
    try:
        yield is_mine
    finally:
        if is_mine and connection.is_usable():
            run("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def _read_entries(report: Report, dry_run: bool) -> Outcome:
    today, tell = timezone.localdate(), partial(_tell_progress, report)
    judged = judge(report.pieces, RuleVersion.objects.rules().prefixes, today, tell)
    with deed(f"entries {report.file_name}", by=report.uploaded_by, report=report.pk):
        run("SET LOCAL work_mem = '128MB'")
        run("SET LOCAL jit = off")
        run("SET LOCAL default_statistics_target = 5")  # of the temporary tables; their size is what matters
        rules = verdicts.held_rules()
        if rules.prefixes != judged.prefixes:  # changed meanwhile
            judged = judge(report.pieces, rules.prefixes, today, tell)
        if not judged.lines and not judged.errors:
            judged.errors.append(LineError.of(0, "", RuleViolation("no_rows", NO_LINES)))
        entries = gather(judged)
        may_be_saved = bool(judged.lines) and (report.skip_bad_rows or not judged.errors)
        writes = may_be_saved and not dry_run
        counts = merging.compare(judged, report, holding=writes)
        outcome = Outcome("es003", judged.lines, entries, errors=judged.errors, saved=writes, **counts.as_dict())
        if writes:
            merging.write(report, rules, today, counts.touched)
            _finish(report, ReportState.DONE, outcome, timezone.now(), rules.version)
        if judged.is_private and not dry_run:
            scrub(report)
    if not writes and not dry_run:
        _refuse(report, outcome)
    return outcome


def _read_results(report: Report, dry_run: bool) -> Outcome:
    today = timezone.localdate()

    def store(found: Results) -> Stored:
        return store_results(report, found.rows, today=today)

    return _read_whole(report, dry_run, store, {})


def _read_rejected(report: Report, dry_run: bool) -> Outcome:
    def store(found: Rejected) -> Stored:
        return store_rejected(report, found.rows)

    return _read_whole(report, dry_run, store, {"today": timezone.localdate()})


def _read_whole(report: Report, dry_run: bool, store: Callable[[Any], Stored], options: dict[str, date]) -> Outcome:
    """A report that is short enough to be read at once."""
    read = FORMATS[report.format].read
    with open_report(report.pieces()) as recognised:
        found: Any = read(recognised.rows, **options) if read else None
    outcome = Outcome(report.format, found.lines, errors=list(found.errors))
    if not found.lines and not found.errors:
        outcome.errors.append(LineError.of(0, "", RuleViolation("no_rows", NO_LINES)))
    may_be_saved = bool(found.lines) and (report.skip_bad_rows or not found.errors)
    with deed(f"report {report.file_name}", by=report.uploaded_by):
        stored = store(found)
        outcome.entries, outcome.updated = stored.entries, stored.changed
        outcome.unchanged = stored.entries - stored.changed
        outcome.unmatched = list(stored.unknown)
        outcome.saved = may_be_saved and not dry_run
        if outcome.saved:
            _finish(report, ReportState.DONE, outcome, timezone.now())
        else:
            transaction.set_rollback(True)
    if not outcome.saved and not dry_run:
        _refuse(report, outcome)
    return outcome


_READ: dict[str, Callable[[Report, bool], Outcome]] = {"cape_result": _read_results, "rev613": _read_rejected}


def _tell_progress(report: Report, lines: int) -> None:
    Report.objects.filter(pk=report.pk).update(lines_read=lines, begun_at=timezone.now())


def _refuse(report: Report, outcome: Outcome) -> None:
    _finish(report, ReportState.REFUSED, outcome, timezone.now())


def _fail(report: Report, violation: RuleViolation, now: datetime) -> None:
    outcome = Outcome(report.format, errors=[LineError.of(0, "", violation)])
    _finish_unread(report, ReportState.FAILED, outcome, now)


def _finish_unread(report: Report, state: ReportState, outcome: Outcome, now: datetime) -> None:
    """What was not read to its end was not searched for numbers that may not be kept."""
    with transaction.atomic():
        report.chunks.all().delete()
        _finish(report, state, outcome, now)


def _finish(report: Report, state: ReportState, outcome: Outcome, now: datetime, rules_version: int = 0) -> None:
    answer = outcome.counted()
    del answer["errors"], answer["seconds"]
    report.state, report.result, report.finished_at = state, answer, now
    report.errors = [_kept(error) for error in outcome.errors[:ERRORS_KEPT]]
    report.error_count = len(outcome.errors)
    report.lines = report.lines_read = outcome.lines
    report.rules_version = rules_version
    report.save(update_fields=[
        "state", "result", "finished_at", "errors", "error_count", "lines", "lines_read", "rules_version",
    ])  # fmt: skip


def _kept(error: LineError) -> dict[str, object]:
    """As it is shown later, in the language of whoever looks."""
    params = {name: str(value) if not isinstance(value, int) else value for name, value in error.params.items()}
    return error.as_dict() | {"entry": error.name, "value": error.value, "template": error.template, "params": params}
