"""What the rules make of one entry. Each answer names the rule it comes from."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from refunds.domain.clocks import Clocks, clocks
from refunds.domain.rules import Ground, Phase, Rules, Takes


class Verdict(StrEnum):
    ELIGIBLE = "eligible"
    NOT_YET = "not_yet"
    CLAIMED = "claimed"
    REJECTED = "rejected"
    HELD = "held"
    LATE = "late"
    CLOSED = "closed"
    EXCLUDED = "excluded"
    NO_DUTY = "no_duty"
    PAID = "paid"

    @property
    def is_possible(self) -> bool:
        """Its duty counts among the possible refund."""
        return self in POSSIBLE


POSSIBLE = frozenset({Verdict.ELIGIBLE, Verdict.NOT_YET, Verdict.CLAIMED, Verdict.REJECTED, Verdict.HELD, Verdict.LATE})
# What may go into a file for CAPE today.
FOR_CAPE = frozenset({Verdict.ELIGIBLE, Verdict.REJECTED})

ACCEPTED, REFUSED = "accepted", "rejected"  # claim_status
# ACE's texts as far as they were seen; a part of the text tells. What was never seen counts as the safer of the two:
# a protest as open, an entry as flagged for reconciliation.
NOT_ACCEPTED = ("cancel", "reject")
TRADE_CONTROL = "trade"
NOTHING = frozenset({"", "n", "no", "none", "n/a", "na", "-", "0", "false"})
PROTEST_OVER = ("approved", "denied", "withdrawn", "rejected", "closed", "cancel", "void")
LIQUIDATED = ("liquidated", "reliquidated", "final")  # how it begins; "Not liquidated" and "Unliquidated" do not


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """As an entry stands in the newest report; texts as ACE writes them, in any case. `claim_status` is "accepted",
    "rejected" or "" (no answer of CAPE yet)."""

    entry_type: str
    entry_date: date
    liquidation_date: date | None = None
    liquidation_status: str = ""
    reconciliation: str = ""
    control_status: str = ""
    protest_status: str = ""
    has_duty: bool = True
    claim_status: str = ""
    is_paid: bool = False

    @property
    def is_for_reconciliation(self) -> bool:
        return _plain(self.reconciliation) not in NOTHING

    @property
    def is_protested(self) -> bool:
        status = _plain(self.protest_status)
        return status not in NOTHING and not any(sign in status for sign in PROTEST_OVER)

    @property
    def is_not_accepted(self) -> bool:
        return any(sign in _plain(self.control_status) for sign in NOT_ACCEPTED)

    @property
    def is_in_trade_control(self) -> bool:
        return TRADE_CONTROL in _plain(self.control_status)

    @property
    def lacks_liquidation_date(self) -> bool:
        return self.liquidation_date is None and _plain(self.liquidation_status).startswith(LIQUIDATED)


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` is what decided: a phase's key or a `Ground`. `act_until` is the last day for the way that is still open,
    today or later; None when none runs out."""

    verdict: Verdict
    rule: str
    act_until: date | None = None


def assess(facts: EntryFacts, rules: Rules, today: date) -> Decision:
    """The first of these that holds: what CBP has decided, what can never be refunded, what holds it up, when."""
    decided = _settled(facts) or _outside(facts, rules)
    if decided:
        return decided
    way = _by_clock(facts, rules, today)
    return _held(facts, way, clocks(facts.liquidation_date, rules), today) or way


def _settled(facts: EntryFacts) -> Decision | None:
    if facts.is_paid:
        return Decision(Verdict.PAID, Ground.PAID)
    return Decision(Verdict.CLAIMED, Ground.CLAIM) if facts.claim_status == ACCEPTED else None


def _outside(facts: EntryFacts, rules: Rules) -> Decision | None:
    if not facts.has_duty:
        return Decision(Verdict.NO_DUTY, Ground.NO_DUTY)
    if not rules.first_entry <= facts.entry_date <= rules.last_entry:
        return Decision(Verdict.EXCLUDED, Ground.ENTRY_DATES)
    return Decision(Verdict.EXCLUDED, Ground.ENTRY_TYPE) if facts.entry_type in rules.excluded_types else None


def _held(facts: EntryFacts, way: Decision, runs: Clocks, today: date) -> Decision | None:
    """While a protest is open, liquidation is not final. Everything else holds up only what is not over."""
    if facts.is_protested:
        return Decision(Verdict.HELD, Ground.PROTEST, _unless_past(runs.cape_until, today))
    if way.verdict is Verdict.CLOSED:
        return None
    if facts.is_not_accepted:
        return Decision(Verdict.HELD, Ground.NOT_ACCEPTED, way.act_until)
    if facts.is_in_trade_control:
        return Decision(Verdict.HELD, Ground.TRADE_CONTROL, way.act_until)
    return Decision(Verdict.HELD, Ground.NO_LIQUIDATION_DATE) if facts.lacks_liquidation_date else None


def _by_clock(facts: EntryFacts, rules: Rules, today: date) -> Decision:
    """What is possible when, if nothing holds it up."""
    runs = clocks(facts.liquidation_date, rules)
    phases = [phase for phase in rules.phases if _is_for(phase, facts)]
    days = [(day, phase) for phase in phases if (day := _takes_on(phase, runs, today))]
    day, first = min(days, key=lambda pair: pair[0], default=(None, None))
    if day is None or first is None:
        return _without_a_day(phases, runs, today)
    by_cape = runs.cape_until is None or day <= runs.cape_until
    until = runs.cape_until if by_cape else runs.protest_until
    if day > today:
        return Decision(Verdict.NOT_YET, first.key, _unless_past(until, today))
    verdict = Verdict.REJECTED if facts.claim_status == REFUSED else Verdict.ELIGIBLE
    return Decision(verdict, first.key, runs.cape_until if by_cape else None)


def _is_for(phase: Phase, facts: EntryFacts) -> bool:
    takes_kind = Takes.RECONCILIATION in phase.takes or not facts.is_for_reconciliation
    return takes_kind and (not phase.types or facts.entry_type in phase.types)


def _takes_on(phase: Phase, runs: Clocks, today: date) -> date | None:
    """The first day from today on which the phase takes an entry with these clocks, None when it never does."""
    if phase.opens is None:
        return None
    day = max(phase.opens, today)
    if runs.cape_until is None:
        return day if Takes.UNLIQUIDATED in phase.takes else None
    if Takes.RECENT in phase.takes and day <= runs.cape_until:
        return day
    return max(day, runs.cape_until + timedelta(days=1)) if Takes.LATE in phase.takes else None


def _without_a_day(phases: list[Phase], runs: Clocks, today: date) -> Decision:
    """No phase takes it on any day that is known."""
    if runs.cape_until and runs.protest_until and today > runs.cape_until:
        is_final = today > runs.protest_until
        late = Decision(Verdict.LATE, Ground.CAPE, runs.protest_until)
        return Decision(Verdict.CLOSED, Ground.FINAL) if is_final else late
    stage = Takes.RECENT if runs.cape_until else Takes.UNLIQUIDATED
    announced = next((phase for phase in phases if phase.opens is None and stage in phase.takes), None)
    if announced:
        return Decision(Verdict.NOT_YET, announced.key, runs.cape_until)
    return Decision(Verdict.HELD, Ground.NO_PHASE, _unless_past(runs.protest_until, today))


def _unless_past(day: date | None, today: date) -> date | None:
    return day if day and day >= today else None


def _plain(text: str) -> str:
    return text.strip().lower()
