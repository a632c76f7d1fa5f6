"""What CAPE rejected, by what it said: the list to fix and file again from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from importers.models import ImporterOfRecord
from refunds.domain.cape_messages import TAKEN_ALREADY, ClaimStatus, Explained, Message, explain
from refunds.models import ClaimResult, Entry


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected entry with all that CAPE said about it in the newest claim."""

    entry: Entry
    messages: list[Explained]


@dataclass(slots=True)
class Pile:
    """Entries with one message; `message` is None when it is an unknown one, `text` then CAPE's own words ("" when it
    gave none). An entry with two messages lies on two piles."""

    text: str
    message: Message | None
    entries: list[Entry] = field(default_factory=list)

    @property
    def duty(self) -> Decimal:
        return sum((entry.ieepa_duty for entry in self.entries), Decimal("0.00"))

    @property
    def act_until(self) -> date | None:
        return min((entry.act_until for entry in self.entries if entry.act_until), default=None)


def piles() -> list[Pile]:
    """The most dollars first; of unknown messages one pile for each text."""
    found: dict[str, Pile] = {}
    for rejection in rejections():
        for said in rejection.messages or [Explained("", None)]:
            pile = found.setdefault(said.name, Pile(said.name, said.message))
            if rejection.entry not in pile.entries[-1:]:
                pile.entries.append(rejection.entry)
    for pile in found.values():
        pile.entries.sort(key=lambda entry: (entry.act_until or date.max, -entry.ieepa_duty, entry.number))
    return sorted(found.values(), key=lambda pile: (-pile.duty, pile.text))


def rejections(importer: ImporterOfRecord | None = None) -> Iterator[Rejection]:
    """Only of entries that stand as rejected now: two queries, however many there are."""
    entries = Entry.objects.filter(claim_status=ClaimStatus.REJECTED)
    if importer:
        entries = entries.filter(importer=importer)
    by_key = entries.select_related("importer").in_bulk()
    answers = (
        ClaimResult.objects.filter(entry__in=entries, status=ClaimStatus.REJECTED)
        .order_by("entry_id", "-as_of", "-report_id", "-row")
        .values_list("entry_id", "report_id", "claim_number", "message")
    )
    for pk, together in groupby(answers.iterator(chunk_size=5000), key=lambda row: row[0]):
        told = list(together)
        counting = [row for row in told if TAKEN_ALREADY not in row[3]] or told
        newest = counting[0][1:3]
        text = "; ".join(row[3] for row in reversed(counting) if row[1:3] == newest and row[3])
        if pk in by_key:
            yield Rejection(by_key[pk], explain(text))
