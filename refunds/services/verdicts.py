"""What the rules make of the entries, kept in the entries themselves.

There are thousands of combinations of facts where there are hundred thousands of entries. So the rules are asked once
for each combination, in Python; the answers lie in the temporary table `decisions`, by which statements join them.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Self

from django.db import connection, transaction
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.models import User
from importers.services.change import deed
from refunds.domain.eligibility import Decision, EntryFacts, Verdict, assess
from refunds.domain.rules import Rules, parse_rules
from refunds.models import Entry, RuleVersion
from refunds.services import stakes

CHANGED = _(
    "Somebody has changed the rules meanwhile: version %(version)d holds now. Nothing was saved. Look at that version "
    "first, then begin again."
)
LOCK = 4811_5106_2  # of PostgreSQL's advisory locks: shared by who judges, taken whole by who changes the rules
TABLE = Entry._meta.db_table
NEVER = "0001-01-01"  # stands for no date: in a join NULL equals nothing
# What an entry is told by, read from any relation that has these columns of `Entry`. The day of the entry counts only
# for whether it lies among the rules' days; the first of the same kind stands for all of them.
FACTS = {
    "entry_type": ("text", "{row}.entry_type"),
    "in_dates": ("boolean", "({row}.entry_date BETWEEN DATE '{first}' AND DATE '{last}')"),
    "liquidation_date": ("date", f"coalesce({{row}}.liquidation_date, DATE '{NEVER}')"),
    "liquidation_status": ("text", "{row}.liquidation_status"),
    "reconciliation": ("text", "{row}.reconciliation"),
    "control_status": ("text", "{row}.control_status"),
    "protest_status": ("text", "{row}.protest_status"),
    "has_duty": ("boolean", "({row}.ieepa_duty > 0)"),
    "claim_status": ("text", "{row}.claim_status"),
    "is_paid": ("boolean", "({row}.paid_on IS NOT NULL)"),
}
MOVED = "(e.verdict, e.verdict_rule, e.act_until) IS DISTINCT FROM (d.verdict, d.rule, d.act_until)"


@dataclass(frozen=True, slots=True)
class Move:
    """An entry that other rules, another day or other facts judge differently."""

    number: str
    importer_id: int | None
    before: Verdict
    after: Verdict
    duty: Decimal

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        number, importer_id, before, after, duty = row
        return cls(number, importer_id, Verdict(before), Verdict(after), duty)


@dataclass(frozen=True, slots=True)
class Shift:
    """How many entries move from one verdict to another, and their duty."""

    before: Verdict
    after: Verdict
    entries: int
    dollars: Decimal

    def as_dict(self) -> dict[str, str | int]:
        return {
            "before": self.before,
            "after": self.after,
            "entries": self.entries,
            "dollars": str(self.dollars),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        before, after = Verdict(kept["before"]), Verdict(kept["after"])
        return cls(before, after, kept["entries"], Decimal(kept["dollars"]))


@dataclass(frozen=True, slots=True)
class Preview:
    """`moves` are the first ones, the largest duty first; `shifts` count all, the largest sum first."""

    entries: int
    shifts: list[Shift]
    moves: list[Move]

    @property
    def moved(self) -> int:
        return sum(shift.entries for shift in self.shifts)


def held_rules() -> Rules:
    """The rules as they stand, which nobody changes until the caller's transaction ends. To be taken before any row is
    locked, as who changes them does, or two would wait for one another."""
    _lock("pg_advisory_xact_lock_shared")
    return RuleVersion.objects.rules()


def judge(facts: Iterable[EntryFacts], rules: Rules, today: date) -> Iterator[tuple[EntryFacts, Decision]]:
    return ((one, assess(one, rules, today)) for one in facts)


def decide(relation: str, rules: Rules, today: date, where: str = "true", params: Sequence[Any] = ()) -> None:
    """Makes `decisions` anew, for all combinations of facts among the rows of the relation, until the end of the
    transaction. `relation` has Entry's columns; its rows find theirs by `same_facts`."""
    columns = ", ".join(f"{name} {kind} NOT NULL" for name, (kind, _sql) in FACTS.items())
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.decisions")
        cursor.execute(
            f"CREATE TEMP TABLE decisions ({columns}, verdict text NOT NULL, rule text NOT NULL, act_until date) "
            "ON COMMIT DROP"
        )
        cursor.execute(
            f"SELECT {_facts('r', rules)}, min(r.entry_date) FROM {relation} r WHERE {where} "  # noqa: S608
            f"GROUP BY {', '.join(str(place) for place, _name in enumerate(FACTS, 1))}",
            params,
        )
        found = cursor.fetchall()
        with cursor.copy("COPY pg_temp.decisions FROM STDIN") as copy:
            for row, (_one, decision) in zip(found, judge(map(_as_facts, found), rules, today), strict=True):
                copy.write_row((*row[:-1], decision.verdict, decision.rule, decision.act_until))
        cursor.execute("ANALYZE pg_temp.decisions")


def same_facts(row: str, rules: Rules, decisions: str = "d") -> str:
    """The join of a relation, by its alias, with the decisions that were made for it."""
    pairs = zip(FACTS, _expressions(row, rules), strict=True)
    return " AND ".join(f"{decisions}.{name} = {expression}" for name, expression in pairs)


def reassess(*, today: date, entries: Sequence[int] | None = None) -> list[Move]:
    """Judges all entries, or those with these keys, by the rules that hold, and tells whose verdict moved. The caller
    holds the transaction and its context, and refreshes the stakes."""
    return _reassess(held_rules(), today, entries)


def reassess_daily(today: date) -> list[Move]:
    """A new day: clocks run out, phases open."""
    with deed(f"verdicts of {today.isoformat()}", by=User.objects.system()):
        _lock("pg_advisory_xact_lock")
        moves = reassess(today=today)
        stakes.refresh(None, today=today)
    return moves


def set_rules(
    content: Mapping[str, Any], note: str, *, by: User, today: date | None = None, seen: int | None = None
) -> RuleVersion:
    """The next version, and what it makes of all entries: all or nothing. Raises what `parse_rules` raises, and
    `rules_changed` when the version that was `seen` is not the one that holds."""
    today = today or timezone.localdate()
    with transaction.atomic():
        _lock("pg_advisory_xact_lock")
        newest = RuleVersion.objects.order_by("-version").first()
        number = newest.version + 1 if newest else 1
        if seen is not None and seen != number - 1:
            raise RuleViolation("rules_changed", CHANGED, version=number - 1)
        rules = parse_rules(content, version=number)
        with deed(f"rules version {number}", by=by):
            moves = _reassess(rules, today, None)
            stakes.refresh(None, today=today)
            return RuleVersion.objects.create(
                version=number,
                content=dict(content),
                note=note,
                shifts=[shift.as_dict() for shift in _shifts(moves)],
                moves=_packed(moves),
                created_at=timezone.now(),
                created_by=by,
            )


def preview(rules: Rules, today: date, *, named: int = 100) -> Preview:
    """What these rules would make of the entries as they were read. Writes nothing."""
    joined = f"{TABLE} e JOIN decisions d ON {same_facts('e', rules)} WHERE e.verdict <> d.verdict"
    with transaction.atomic(), connection.cursor() as cursor:
        decide(TABLE, rules, today)
        cursor.execute(f"SELECT count(*) FROM {TABLE}")  # noqa: S608
        [entries] = cursor.fetchone() or [0]
        cursor.execute(
            f"SELECT e.verdict, d.verdict, count(*), sum(e.ieepa_duty) FROM {joined} "  # noqa: S608
            "GROUP BY 1, 2 ORDER BY 4 DESC, 3 DESC, 1, 2"
        )
        shifts = [Shift(Verdict(row[0]), Verdict(row[1]), row[2], row[3]) for row in cursor.fetchall()]
        cursor.execute(
            f"SELECT e.number, e.importer_id, e.verdict, d.verdict, e.ieepa_duty FROM {joined} "  # noqa: S608
            "ORDER BY e.ieepa_duty DESC, e.number LIMIT %s",
            [named],
        )
        moves = [Move.of(row) for row in cursor.fetchall()]
        cursor.execute("DROP TABLE pg_temp.decisions")
    return Preview(entries, shifts, moves)


@dataclass(frozen=True, slots=True)
class Stale:
    """An entry whose verdict is not what the rules say today."""

    number: str
    stored: str
    computed: str


def drift(today: date, *, most: int = 100) -> list[Stale]:
    """The first entries whose verdict, rule or date differs from what the rules say; none when all is well."""
    with transaction.atomic(), connection.cursor() as cursor:
        rules = held_rules()
        decide(TABLE, rules, today)
        cursor.execute(
            "SELECT e.number, concat_ws(' ', e.verdict, e.verdict_rule, e.act_until), "  # noqa: S608
            f"concat_ws(' ', d.verdict, d.rule, d.act_until) FROM {TABLE} e "
            f"JOIN decisions d ON {same_facts('e', rules)} WHERE {MOVED} ORDER BY e.number",
        )
        stale = [Stale(*row) for row in islice(cursor.fetchall(), most)]
        cursor.execute("DROP TABLE pg_temp.decisions")
    return stale


def _reassess(rules: Rules, today: date, entries: Sequence[int] | None) -> list[Move]:
    only, params = ("true", []) if entries is None else ("{row}.id = ANY(%s)", [list(entries)])
    decide(TABLE, rules, today, only.format(row="r"), params)
    with connection.cursor() as cursor:
        # The version of the rules is written to all, so that each entry names the rules that it was last judged by.
        cursor.execute(
            f"""
            UPDATE {TABLE} entry
            SET verdict = m.verdict, verdict_rule = m.rule, act_until = m.act_until,
                assessed_on = %s, rules_version = %s
            FROM (
                SELECT e.id, e.verdict AS before, d.verdict, d.rule, d.act_until
                FROM {TABLE} e JOIN decisions d ON {same_facts("e", rules)}
                WHERE {only.format(row="e")} AND ({MOVED} OR e.rules_version <> %s)
                ORDER BY e.id FOR NO KEY UPDATE OF e
            ) m
            WHERE entry.id = m.id
            RETURNING entry.number, entry.importer_id, m.before, entry.verdict, entry.ieepa_duty
            """,  # noqa: S608
            [today, rules.version, *params, rules.version],
        )
        moves = [Move.of(row) for row in cursor.fetchall() if row[2] != row[3]]
        cursor.execute("DROP TABLE pg_temp.decisions")
    return moves


def _shifts(moves: Iterable[Move]) -> list[Shift]:
    """As `Preview.shifts`."""
    counts: Counter[tuple[Verdict, Verdict]] = Counter()
    sums: defaultdict[tuple[Verdict, Verdict], Decimal] = defaultdict(Decimal)
    for move in moves:
        pair = (move.before, move.after)
        counts[pair] += 1
        sums[pair] += move.duty
    shifts = [Shift(*pair, count, sums[pair]) for pair, count in counts.items()]
    return sorted(shifts, key=lambda shift: (-shift.dollars, -shift.entries, shift.before, shift.after))


def _packed(moves: list[Move]) -> bytes:
    rows = sorted(f"{move.number},{move.before},{move.after},{move.duty}\r\n" for move in moves)
    return zlib.compress("".join(["entry,before,after,ieepa_duty\r\n", *rows]).encode("ascii"))


def _facts(row: str, rules: Rules) -> str:
    return ", ".join(_expressions(row, rules))


def _expressions(row: str, rules: Rules) -> list[str]:
    first, last = rules.first_entry.isoformat(), rules.last_entry.isoformat()
    return [sql.format(row=row, first=first, last=last) for _kind, sql in FACTS.values()]


def _as_facts(row: Sequence[Any]) -> EntryFacts:
    values = dict(zip(FACTS, row, strict=False))
    del values["in_dates"]
    liquidated = values.pop("liquidation_date")
    liquidated = None if liquidated.isoformat() == NEVER else liquidated
    return EntryFacts(entry_date=row[-1], liquidation_date=liquidated, **values)


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
