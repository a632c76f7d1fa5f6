"""What the rules make of one entry. Each answer names the rule it comes from."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from refunds.domain.clocks import clocks
from refunds.domain.rules import ClockKey, Rules, Stated, Takes


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
# As far as ACE's reports were seen: a part of the text tells.
NOT_ACCEPTED = ("cancel", "reject")
OPEN_PROTEST = ("open", "suspended", "pending", "filed")
FLAGGED = ("y", "yes", "true", "1")


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
        return self.reconciliation.strip().lower() in FLAGGED


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` is the key of what decided: a phase's, or one of this module's. `act_until` is the last day for the way
    that is still open, None when none runs out."""

    verdict: Verdict
    rule: str
    act_until: date | None = None


def assess(facts: EntryFacts, rules: Rules, today: date) -> Decision:
    """The first of these that holds, from what can never be refunded to what can be claimed now."""
    return (
        _settled(facts)
        or _outside(facts, rules)
        or _under_claim(facts)
        or _held(facts, rules)
        or _by_clock(facts, rules, today)
    )


def stated(rule: str, rules: Rules) -> Stated | None:
    """Where the rule behind a decision stands, for those that are data."""
    phases = {phase.key: phase.stated for phase in rules.phases}
    fixed = {
        "no-duty": rules.prefixes_stated,
        "entry-dates": rules.dates_stated,
        "entry-type": rules.types_stated,
        "cape": rules.clocks[ClockKey.CAPE].stated,
        "final": rules.clocks[ClockKey.PROTEST].stated,
    }
    return phases.get(rule) or fixed.get(rule)


def _settled(facts: EntryFacts) -> Decision | None:
    if facts.is_paid:
        return Decision(Verdict.PAID, "paid")
    return None if facts.has_duty else Decision(Verdict.NO_DUTY, "no-duty")


def _outside(facts: EntryFacts, rules: Rules) -> Decision | None:
    if not rules.first_entry <= facts.entry_date <= rules.last_entry:
        return Decision(Verdict.EXCLUDED, "entry-dates")
    return Decision(Verdict.EXCLUDED, "entry-type") if facts.entry_type in rules.excluded_types else None


def _under_claim(facts: EntryFacts) -> Decision | None:
    return Decision(Verdict.CLAIMED, "claim") if facts.claim_status == ACCEPTED else None


def _held(facts: EntryFacts, rules: Rules) -> Decision | None:
    until = clocks(facts.liquidation_date, rules).cape_until
    if any(sign in facts.control_status.lower() for sign in NOT_ACCEPTED):
        return Decision(Verdict.HELD, "summary-status", until)
    if any(sign in facts.protest_status.lower() for sign in OPEN_PROTEST):
        return Decision(Verdict.HELD, "protest", until)
    return None


def _by_clock(facts: EntryFacts, rules: Rules, today: date) -> Decision:
    runs = clocks(facts.liquidation_date, rules)
    stage, until = Takes.UNLIQUIDATED, None
    if runs.cape_until and runs.protest_until:
        is_recent = today <= runs.cape_until
        stage, until = (Takes.RECENT, runs.cape_until) if is_recent else (Takes.LATE, runs.protest_until)
    wanted = {stage} | ({Takes.RECONCILIATION} if facts.is_for_reconciliation else set())
    phases = [phase for phase in rules.phases if wanted <= phase.takes]
    if open_now := next((phase for phase in phases if phase.opens and phase.opens <= today), None):
        verdict = Verdict.REJECTED if facts.claim_status == REFUSED else Verdict.ELIGIBLE
        return Decision(verdict, open_now.key, None if stage is Takes.LATE else until)
    if dated := min((phase for phase in phases if phase.opens), key=lambda phase: str(phase.opens), default=None):
        return Decision(Verdict.NOT_YET, dated.key, until)
    if stage is Takes.LATE and until:
        return Decision(Verdict.LATE, "cape", until) if today <= until else Decision(Verdict.CLOSED, "final")
    return Decision(Verdict.HELD, phases[0].key if phases else "cape", until)
