"""Writes gathered entries: new ones, and of those that are there what the report says otherwise."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
from django.db import connection

from importers.models import ImporterOfRecord
from refunds.domain.rules import Rules
from refunds.formats.es003 import Field
from refunds.models import Entry, Report
from refunds.services import stakes, verdicts
from refunds.services.claims import attach_results
from refunds.services.judging import FACTS, Judged
from refunds.services.sql import drop, rows_of, run

INCOMING = "import_entries"
OWNERS = "import_owners"
TABLE = Entry._meta.db_table
IMPORTERS = ImporterOfRecord._meta.db_table
OWN = ("importer_id", "number_kind", "importer_number", "number_last4", "fingerprint")
COUNTED = ("lines", "ieepa_duty")
TEXTS = (
    "importer_name", "entry_type", "port", "liquidation_status", "reconciliation", "control_status", "correction",
    "protest_number", "protest_status",
)  # fmt: skip
OPTIONAL = ("summary_date", "liquidation_date", "liquidated_duty")
WRITTEN = (*OWN, *COUNTED, *TEXTS, *OPTIONAL, "entry_date")
# What statements look for; the rest can wait for the database's own housekeeping.
SOUGHT = ("importer_id", "number", "entry_date", "verdict", "report_id")
FOUND = ("verdict", "verdict_rule", "act_until", "assessed_on", "rules_version")
# The newest report is another, and says the same: nothing has changed that the history could tell.
NO_HISTORY = "refunds.Entry:update_update"


@dataclass(slots=True)
class Counts:
    """`created`, `updated` and `unchanged` count what belongs to importers on the client list. `older` are those of all
    that were passed over, because a newer report has said what they are. `touched` are the importers who lose or get
    an entry, or of whom one changes."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    older: int = 0
    importers: dict[str, dict[str, object]] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)

    def as_dict(self) -> dict[str, Any]:
        """Without the keys of our own rows."""
        answer = asdict(self)
        del answer["touched"]
        return answer


def compare(judged: Judged, report: Report, *, holding: bool) -> Counts:
    """Leaves the entries side by side with those that are there, and what is to be done with each. With `holding`
    nobody else writes entries until the commit."""
    _make_owners(judged)
    if holding:
        _hold()
    _make_incoming(judged, report)
    counts = Counts()
    shown = {owner.fingerprint: owner.shown for owner in judged.owners}
    sums: dict[str, tuple[int, Decimal]] = {}
    for mark, importer, before_it, kind, entries, dollars in rows_of(
        "SELECT fingerprint, importer_id, importer_before, kind, count(*), sum(ieepa_duty) "  # noqa: S608
        f"FROM {INCOMING} GROUP BY 1, 2, 3, 4"
    ):
        _count(counts, kind, entries, is_known=importer is not None)
        if kind in ("new", "changed"):
            counts.touched |= {importer, before_it} - {None}
        before, so_far = sums.get(shown[mark], (0, Decimal(0)))
        sums[shown[mark]] = before + entries, so_far + dollars
        if importer is None and shown[mark] not in counts.unmatched:
            counts.unmatched.append(shown[mark])
    counts.importers = {
        number: {"entries": entries, "possible_refund": f"{dollars:.2f}"} for number, (entries, dollars) in sums.items()
    }
    counts.importers = dict(sorted(counts.importers.items()))
    counts.unmatched.sort()
    return counts


def _count(counts: Counts, kind: str, entries: int, *, is_known: bool) -> None:
    counts.older += entries if kind == "older" else 0
    if not is_known:
        return
    if kind == "new":
        counts.created += entries
    elif kind == "changed":
        counts.updated += entries
    else:
        counts.unchanged += entries


def _hold() -> None:
    """Importers first, as whoever changes one does, or two would wait for
    one another."""
    run(
        f"SELECT FROM {IMPORTERS} WHERE fingerprint IN (SELECT fingerprint FROM {OWNERS}) ORDER BY id FOR KEY SHARE"  # noqa: S608
    )
    run(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")


def write(report: Report, rules: Rules, today: date, touched: Collection[int]) -> None:
    """After `compare`, in its transaction, with the importers whose entries it touches."""
    verdicts.decide(INCOMING, rules, today, "r.kind IN ('new', 'changed')")
    _insert(report, rules, today)
    _update(report, rules, today)
    with pgtrigger.ignore(NO_HISTORY):
        run(
            f"UPDATE {TABLE} e SET as_of = %s, report_id = %s FROM {INCOMING} r "  # noqa: S608
            "WHERE e.id = r.entry_id AND r.kind = 'same' AND e.as_of < %s",
            [report.as_of, report.pk, report.as_of],
        )
    run("SET LOCAL default_statistics_target = DEFAULT")
    run(f"ANALYZE {TABLE} ({', '.join(SOUGHT)})")
    if answered := attach_results():
        verdicts.reassess(today=today, entries=answered)
    stakes.refresh(sorted(touched), today=today)
    stakes.attach(today=today)


def _make_owners(judged: Judged) -> None:
    drop(OWNERS)
    owners = list(judged.owners)
    run(
        f"CREATE TEMP TABLE {OWNERS} ON COMMIT DROP AS SELECT o.*, i.id AS importer_id FROM "  # noqa: S608
        "unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[]) "
        "AS o (importer, number_kind, importer_number, number_last4, fingerprint) "
        f"LEFT JOIN {IMPORTERS} i ON i.fingerprint = o.fingerprint",
        [
            list(judged.owners.values()),
            [owner.kind for owner in owners],
            [owner.number for owner in owners],
            [owner.last4 for owner in owners],
            [owner.fingerprint for owner in owners],
        ],
    )


def _make_incoming(judged: Judged, report: Report) -> None:
    """Columns that the file does not have stay as they are. Of two reports of one day the later loaded counts;
    what is read again was loaded when it first was."""
    drop(INCOMING)
    said = {name: f"f.{connection.ops.quote_name(name)}" for name in judged.columns if name != Field.IMPORTER}
    said |= {name: f"o.{name}" for name in OWN} | {name: f"f.{name}" for name in COUNTED}
    absent = {name: f"coalesce(e.{name}, '')" for name in TEXTS} | {name: f"e.{name}" for name in OPTIONAL}
    values = absent | said
    mine = ", ".join(said[name] for name in WRITTEN if name in said)
    theirs = ", ".join(f"e.{name}" for name in WRITTEN if name in said)
    columns = ", ".join(f"{values[name]}{_cast(name)} AS {name}" for name in WRITTEN)
    run(
        f"CREATE TEMP TABLE {INCOMING} ON COMMIT DROP AS "  # noqa: S608
        f"SELECT f.number, {columns}, coalesce(e.claim_status, '') AS claim_status, e.paid_on, e.id AS entry_id, "
        f"e.importer_id AS importer_before, CASE WHEN e.id IS NULL THEN 'new' "
        "WHEN e.as_of > %s OR e.report_id = ANY(%s) THEN 'older' "
        f"WHEN ({mine}) IS DISTINCT FROM ({theirs}) THEN 'changed' ELSE 'same' END AS kind "
        f"FROM {FACTS} f JOIN {OWNERS} o ON o.importer = f.importer LEFT JOIN {TABLE} e ON e.number = f.number",
        [report.as_of, report.later_of_that_day()],
    )
    run(f"ANALYZE {INCOMING}")


def _cast(name: str) -> str:
    return "::numeric(14, 2)" if name in ("ieepa_duty", "liquidated_duty") else ""


def _insert(report: Report, rules: Rules, today: date) -> None:
    columns = ", ".join(WRITTEN)
    run(
        f"INSERT INTO {TABLE} (number, {columns}, claim_status, report_id, as_of, {', '.join(FOUND)}) "  # noqa: S608
        f"SELECT r.number, {', '.join(f'r.{name}' for name in WRITTEN)}, '', %s, %s, d.verdict, d.rule, d.act_until, "
        f"%s, %s FROM {INCOMING} r JOIN decisions d ON {verdicts.same_facts('r', rules)} WHERE r.kind = 'new' "
        "ORDER BY r.number",  # an index that is filled in its order grows twice as fast
        [report.pk, report.as_of, today, rules.version],
    )


def _update(report: Report, rules: Rules, today: date) -> None:
    changes = ", ".join(f"{name} = r.{name}" for name in WRITTEN)
    run(
        f"UPDATE {TABLE} e SET {changes}, report_id = %s, as_of = %s, verdict = d.verdict, verdict_rule = d.rule, "  # noqa: S608
        f"act_until = d.act_until, assessed_on = %s, rules_version = %s FROM {INCOMING} r "
        f"JOIN decisions d ON {verdicts.same_facts('r', rules)} WHERE e.id = r.entry_id AND r.kind = 'changed'",
        [report.pk, report.as_of, today, rules.version],
    )
