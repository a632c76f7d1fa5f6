"""What CAPE rejected, by what it said: the list to fix and file again from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from heapq import nsmallest
from typing import Any

from django.db import connection

from importers.models import ImporterOfRecord
from refunds.domain.cape_messages import TAKEN_ALREADY, ClaimStatus, Explained, Message, explain
from refunds.models import ClaimResult, Entry

SHOWN = 50
TABLE, RESULTS = Entry._meta.db_table, ClaimResult._meta.db_table
# Of each entry that stands as rejected now all that CAPE said about it in the newest claim. That it is on an accepted
# claim already counts only when nothing else was said (see services/claims).
SAID = f"""
    newest AS (
        SELECT DISTINCT ON (r.entry_id) r.entry_id, r.report_id, r.claim_number, r.message LIKE %(taken)s AS is_taken
        FROM {RESULTS} r JOIN {TABLE} e ON e.id = r.entry_id
        WHERE r.status = %(rejected)s AND e.claim_status = %(rejected)s
            AND (%(importer)s::bigint IS NULL OR e.importer_id = %(importer)s)
        ORDER BY r.entry_id, r.message LIKE %(taken)s, r.as_of DESC, r.report_id DESC, r.row DESC
    ),
    said AS (
        SELECT r.entry_id, coalesce(string_agg(nullif(r.message, ''), '; ' ORDER BY r.row), '') AS message
        FROM newest n JOIN {RESULTS} r USING (entry_id, report_id, claim_number)
        WHERE r.status = %(rejected)s AND (r.message LIKE %(taken)s) = n.is_taken
        GROUP BY r.entry_id
    )
"""  # noqa: S608
# Of each text how many entries it is about, and the most urgent of them.
COUNTED = f"""
    WITH {SAID}
    SELECT * FROM (
        SELECT s.message, e.id, e.act_until, e.ieepa_duty, e.number,
            count(*) OVER same AS entries, sum(e.ieepa_duty) OVER same AS duty, min(e.act_until) OVER same AS first_day,
            row_number() OVER (PARTITION BY s.message ORDER BY e.act_until, e.ieepa_duty DESC, e.number) AS place
        FROM said s JOIN {TABLE} e ON e.id = s.entry_id
        WINDOW same AS (PARTITION BY s.message)
    ) counted
    WHERE place <= %(shown)s
    ORDER BY message, place
"""  # noqa: S608


@dataclass(slots=True)
class Pile:
    """Entries with one message; `message` is None when it is an unknown one, `text` then CAPE's own words ("" when it
    gave none). An entry with two messages lies on two piles. `shown` are the most urgent of them."""

    text: str
    message: Message | None
    entries: int = 0
    duty: Decimal = Decimal("0.00")
    act_until: date | None = None
    shown: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piles:
    """The most dollars first; of unknown messages one pile for each text. `entries` counts each entry once."""

    entries: int
    piles: list[Pile]


@dataclass(frozen=True, slots=True)
class _Urgent:
    act_until: date | None
    ieepa_duty: Decimal
    number: str
    pk: int

    @property
    def order(self) -> tuple[Any, ...]:
        return self.act_until or date.max, -self.ieepa_duty, self.number


def piles() -> Piles:
    """Two queries, and no more entries than are shown, however many there are."""
    found: dict[str, Pile] = {}
    urgent: dict[str, list[_Urgent]] = {}
    total = 0
    for text, pk, until, own, number, entries, duty, first_day, place in _rows(COUNTED, shown=SHOWN):
        piles_of_it = {said.name: said for said in explain(text) or [Explained("", None)]}
        total += entries if place == 1 else 0
        for name, said in piles_of_it.items():
            urgent.setdefault(name, []).append(_Urgent(until, own, number, pk))
            pile = found.setdefault(name, Pile(name, said.message))
            if place == 1:
                pile.entries += entries
                pile.duty += duty
                pile.act_until = min(filter(None, (pile.act_until, first_day)), default=None)
    _show(found, urgent)
    return Piles(total, sorted(found.values(), key=lambda pile: (-pile.duty, pile.text)))


def _show(found: dict[str, Pile], urgent: dict[str, list[_Urgent]]) -> None:
    chosen = {
        name: [one.pk for one in nsmallest(SHOWN, all_, key=lambda one: one.order)] for name, all_ in urgent.items()
    }
    wanted = {pk for keys in chosen.values() for pk in keys}
    shown = Entry.objects.select_related("importer").only("number", "ieepa_duty", "act_until", "importer__name")
    entries = shown.in_bulk(wanted)
    for name, keys in chosen.items():
        found[name].shown = [entries[pk] for pk in keys if pk in entries]


def rejections(importer: ImporterOfRecord) -> Iterator[tuple[int, list[Explained]]]:
    """The keys of its entries that stand as rejected now, each with all that CAPE said about it in the newest claim."""
    for pk, text in _rows(f"WITH {SAID} SELECT entry_id, message FROM said ORDER BY entry_id", importer=importer.pk):  # noqa: S608
        yield pk, explain(text)


def _rows(statement: str, **params: object) -> list[tuple[Any, ...]]:
    asked = {"taken": f"%{TAKEN_ALREADY}%", "rejected": ClaimStatus.REJECTED.value, "importer": None}
    with connection.cursor() as cursor:
        cursor.execute(statement, asked | params)
        return cursor.fetchall()
