"""What an importer is shown: one line an entry, what is possible in all, and why an entry stands where it does."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from importers.domain.errors import Msgid
from importers.domain.errors import gettext_noop as _
from refunds.domain.eligibility import Verdict
from refunds.domain.entry_number import hyphened
from refunds.domain.rules import Ground

# In the words of the importer, who can do nothing about most of them; staff read others (models/labels).
STATUS: dict[Verdict, Msgid] = {
    Verdict.ELIGIBLE: _("Can be claimed now"),
    Verdict.NOT_YET: _("Can be claimed later"),
    Verdict.CLAIMED: _("Claimed, waiting for CBP"),
    Verdict.REJECTED: _("Claim rejected, to be filed again"),
    Verdict.HELD: _("Held up"),
    Verdict.LATE: _("Too late for the simple claim"),
    Verdict.CLOSED: _("Liquidation is final"),
    Verdict.EXCLUDED: _("Not among CBP's refunds"),
    Verdict.NO_DUTY: _("No IEEPA duty"),
    Verdict.PAID: _("Paid by CBP"),
}
# By what the verdict rests on; by the verdict alone where that makes no difference to the importer. What staff do about
# it stands in `reasons`.
NOTES: dict[Verdict | Ground, Msgid] = {
    Verdict.NOT_YET: _("CBP is to take entries like this one, and does not take them yet."),
    Verdict.CLAIMED: _("CBP has accepted the claim and has not paid yet."),
    Verdict.REJECTED: _("We put right what CBP found, and file the claim again."),
    Ground.PROTEST: _("A protest is open; CBP decides on that first."),
    Ground.NOT_ACCEPTED: _("CBP has not accepted the entry summary; that comes first."),
    Ground.TRADE_CONTROL: _("CBP shows the entry summary as not paid yet; that comes first."),
    Ground.NO_LIQUIDATION_DATE: _("It is liquidated, and we do not know the date yet."),
    Ground.NO_PHASE: _("CBP has not said yet whether it takes entries like this one."),
    Verdict.LATE: _("CBP does not take it by the simple claim any more. Until the last day a protest is possible."),
    Verdict.CLOSED: _("The days for a protest are over. We tell you if a way opens."),
    Ground.ENTRY_DATES: _("Its entry date is not among those that CBP refunds."),
    Ground.ENTRY_TYPE: _("CBP leaves out entries of this type."),
    Verdict.NO_DUTY: _("There is no IEEPA duty on it, so nothing to refund."),
}


@dataclass(frozen=True, slots=True)
class PackLine:
    """One entry as it is shown: facts of ACE's reports, the last days of the clocks, and the rules' answer. `number` is
    compact."""

    number: str
    entry_date: date
    liquidation_status: str
    liquidation_date: date | None
    cape_until: date | None
    protest_until: date | None
    ieepa_duty: Decimal
    verdict: Verdict
    rule: str

    @property
    def canonical(self) -> str:
        return hyphened(self.number)

    @property
    def status(self) -> Msgid:
        return STATUS[self.verdict]

    @property
    def note(self) -> Msgid | None:
        return note_of(self.verdict, self.rule)


def note_of(verdict: Verdict, rule: str) -> Msgid | None:
    return (NOTES.get(Ground(rule)) if rule in set(Ground) else None) or NOTES.get(verdict)


@dataclass(frozen=True, slots=True)
class Sum:
    entries: int = 0
    duty: Decimal = Decimal(0)

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.entries + other.entries, self.duty + other.duty)

    def kept(self) -> list[str]:
        return [str(self.entries), str(self.duty)]

    @classmethod
    def read(cls, entries: str, duty: str) -> Self:
        return cls(int(entries), Decimal(duty))


class Group(NamedTuple):
    """Entries of one verdict whose entry dates are in one month; `day` is any of its days."""

    verdict: Verdict
    day: date
    counted: Sum


@dataclass(frozen=True, slots=True)
class Totals:
    """`by_month` (its first day, oldest first) and `possible` count what may be refunded; `by_status` counts all, in
    the order of the verdicts."""

    possible: Sum
    by_status: Mapping[Verdict, Sum] = field(default_factory=dict)
    by_month: Mapping[date, Sum] = field(default_factory=dict)

    def kept(self) -> dict[str, list[list[str]]]:
        """As it stands with a pack: counting tens of thousands of lines for every look at a page takes too long."""
        return {
            "by_status": [[str(verdict), *counted.kept()] for verdict, counted in self.by_status.items()],
            "by_month": [[day.isoformat(), *counted.kept()] for day, counted in self.by_month.items()],
        }

    @classmethod
    def read(cls, kept: Mapping[str, Iterable[Sequence[str]]]) -> Self:
        by_month = {date.fromisoformat(day): Sum.read(*counted) for day, *counted in kept.get("by_month", ())}
        by_status = {Verdict(verdict): Sum.read(*counted) for verdict, *counted in kept.get("by_status", ())}
        return cls(sum(by_month.values(), Sum()), by_status, by_month)


def totals(groups: Iterable[Group]) -> Totals:
    """Of lines that have been counted by verdict and month, or one by one."""
    status: defaultdict[Verdict, Sum] = defaultdict(Sum)
    month: defaultdict[date, Sum] = defaultdict(Sum)
    for verdict, day, counted in groups:
        status[verdict] += counted
        if verdict.is_possible:
            month[day.replace(day=1)] += counted
    possible = sum(month.values(), Sum())
    return Totals(possible, {v: status[v] for v in Verdict if v in status}, dict(sorted(month.items())))


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new pack would show otherwise than the one before it."""

    added: int
    gone: int
    changed: int

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)


def changes(before: Mapping[str, PackLine], after: Mapping[str, PackLine]) -> Changes:
    both = before.keys() & after.keys()
    return Changes(
        added=len(after.keys() - both),
        gone=len(before.keys() - both),
        changed=sum(before[number] != after[number] for number in both),
    )
