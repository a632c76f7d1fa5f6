"""What CAPE rejected, by what it said: the list to fix and file again from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from importers.models import ImporterOfRecord
from refunds.domain.cape_messages import TAKEN_ALREADY, ClaimStatus, Explained, Message, explain_kept
from refunds.domain.entry_number import hyphened
from refunds.models import ClaimResult, Entry
from refunds.services.sql import rows_of

SHOWN = 20
NO_WORDS = Explained("", None)
TABLE, RESULTS = Entry._meta.db_table, ClaimResult._meta.db_table
IMPORTERS = ImporterOfRecord._meta.db_table
# Of each entry that stands as rejected now all that CAPE said about it in the newest claim. That it is on an accepted
# claim already counts only when nothing else was said (see services/claims).
SAID = f"""
    told AS (
        SELECT r.entry_id, r.message, r.row, r.report_id, r.claim_number, r.message LIKE %(taken)s AS is_taken,
            first_value(r.report_id) OVER best AS report, first_value(r.claim_number) OVER best AS claim,
            first_value(r.message LIKE %(taken)s) OVER best AS is_all_taken
        FROM {RESULTS} r JOIN {TABLE} e ON e.id = r.entry_id
        WHERE r.status = %(rejected)s AND e.claim_status = %(rejected)s
            AND (%(importer)s::bigint IS NULL OR e.importer_id = %(importer)s)
        WINDOW best AS (
            PARTITION BY r.entry_id ORDER BY r.message LIKE %(taken)s, r.as_of DESC, r.report_id DESC, r.row DESC
        )
    ),
    said AS (
        SELECT entry_id, coalesce(string_agg(nullif(message, ''), '; ' ORDER BY row), '') AS message
        FROM told WHERE report_id = report AND claim_number = claim AND is_taken = is_all_taken
        GROUP BY entry_id
    )
"""  # noqa: S608
# Of each text how many entries it is about, and the most urgent of them.
COUNTED = f"""
    WITH {SAID}
    SELECT message, entries, duty, first_day,
        id, number, (SELECT name FROM {IMPORTERS} i WHERE i.id = importer_id), ieepa_duty, act_until
    FROM (
        SELECT said.message, e.id, e.number, e.importer_id, e.ieepa_duty, e.act_until,
            count(*) OVER same AS entries, sum(e.ieepa_duty) OVER same AS duty, min(e.act_until) OVER same AS first_day,
            row_number() OVER (PARTITION BY said.message ORDER BY e.act_until, e.ieepa_duty DESC, e.number) AS place
        FROM said JOIN {TABLE} e ON e.id = said.entry_id
        WINDOW same AS (PARTITION BY said.message)
    ) counted
    WHERE place <= %(shown)s
    ORDER BY message, place
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Rejected:
    pk: int
    number: str
    importer_name: str | None
    ieepa_duty: Decimal
    act_until: date | None

    @property
    def canonical(self) -> str:
        return hyphened(self.number)

    @property
    def urgency(self) -> tuple[date, Decimal, str]:
        return self.act_until or date.max, -self.ieepa_duty, self.number


@dataclass(slots=True)
class Pile:
    """Entries with one message; `message` is None when it is an unknown one, `text` then CAPE's own words ("" when it
    gave none). An entry with two messages lies on two piles. `shown` are the most urgent of them."""

    text: str
    message: Message | None
    entries: int = 0
    duty: Decimal = Decimal("0.00")
    act_until: date | None = None
    shown: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piles:
    """The most dollars first; of unknown messages one pile for each text. `entries` counts each entry once."""

    entries: int
    piles: list[Pile]


def piles() -> Piles:
    """One query, and no more entries than are shown, however many there are."""
    found: dict[str, Pile] = {}
    total = 0
    for (text, entries, duty, first_day), same in groupby(_rows(COUNTED, shown=SHOWN), key=itemgetter(0, 1, 2, 3)):
        total += entries
        urgent = [Rejected(*row[4:]) for row in same]
        for name, said in {one.name: one for one in explain_kept(text) or (NO_WORDS,)}.items():
            pile = found.setdefault(name, Pile(name, said.message))
            pile.entries += entries
            pile.duty += duty
            pile.act_until = min(filter(None, (pile.act_until, first_day)), default=None)
            pile.shown += urgent
    for pile in found.values():
        pile.shown = sorted(pile.shown, key=lambda one: one.urgency)[:SHOWN]
    return Piles(total, sorted(found.values(), key=lambda pile: (-pile.duty, pile.text)))


def rejections(importer: ImporterOfRecord) -> Iterator[tuple[int, tuple[Explained, ...]]]:
    """The keys of its entries that stand as rejected now, each with all that CAPE said about it in the newest claim."""
    for pk, text in _rows(f"WITH {SAID} SELECT entry_id, message FROM said ORDER BY entry_id", importer=importer.pk):  # noqa: S608
        yield pk, explain_kept(text)


def _rows(statement: str, **params: int) -> list[tuple[Any, ...]]:
    asked = {"taken": f"%{TAKEN_ALREADY}%", "rejected": ClaimStatus.REJECTED.value, "importer": None, **params}
    return rows_of(statement, asked)
