"""Why an entry has its verdict, in words, from which source, and who must act."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from importers.domain.consistency import Who
from importers.domain.errors import Translate, fill
from importers.domain.errors import gettext_noop as _
from refunds.domain.eligibility import Verdict
from refunds.domain.rules import ClockKey, Confidence, Ground, Rules, Stated, Takes

NUMBERED_PHASE = re.compile(r"phase-(\d+)")
NUMBERED = _("phase %(number)s")
NOW = _("CAPE takes this entry now (%(phase)s).")
NOW_RECONCILED = _(
    "CAPE takes this entry now (%(phase)s); one that is flagged for reconciliation as long as no reconciliation entry "
    "(type 09) was filed."
)
AGAIN = _("CAPE rejected the claim. Put right what its message says, then file the entry again.")
FROM = _("CAPE takes this entry from %(opens)s (%(phase)s).")
SOME_DAY = _("CAPE is to take this entry, but the day is not known yet (%(phase)s).")
# What a verdict says by itself, for a rule that is none of today's.
BY_VERDICT = {
    Verdict.ELIGIBLE: (NOW, Who.BROKER),
    Verdict.REJECTED: (AGAIN, Who.BROKER),
    Verdict.NOT_YET: (SOME_DAY, Who.CBP),
}
BY_GROUND = {
    Ground.PAID: (_("CBP has paid the refund."), None),
    Ground.CLAIM: (_("CAPE accepted the claim. CBP pays after it has liquidated the entry."), Who.CBP),
    Ground.NO_DUTY: (_("None of its lines bears a duty under the HTS headings %(prefixes)s."), None),
    Ground.ENTRY_DATES: (_("Its date is not between %(first)s and %(last)s, when these duties were collected."), None),
    Ground.ENTRY_TYPE: (_("CAPE takes no entries of the types %(types)s."), None),
    Ground.PROTEST: (
        _("A protest is open, and CAPE takes the entry only without one. Ask counsel before withdrawing it."),
        Who.BROKER,
    ),
    Ground.NOT_ACCEPTED: (
        _("The entry summary is cancelled or rejected. CAPE takes it once it is repaired and accepted."),
        Who.BROKER,
    ),
    Ground.TRADE_CONTROL: (
        _("The entry summary is still under the trade's control: it was not paid by statement. See to the payment."),
        Who.BROKER,
    ),
    Ground.NO_LIQUIDATION_DATE: (
        _("The report says that it is liquidated, but not when. Load one with the column “Liquidation Date”."),
        Who.BROKER,
    ),
    Ground.NO_PHASE: (
        _(
            "No phase of CAPE takes an entry of this kind. Once it is liquidated, a protest is possible for "
            "%(protest)s days."
        ),
        Who.BROKER,
    ),
    Ground.CAPE: (
        _(
            "It was liquidated more than %(cape)s days ago, so CAPE does not take it. A protest is possible until "
            "%(protest)s days after liquidation."
        ),
        Who.BROKER,
    ),
    Ground.FINAL: (_("It was liquidated more than %(protest)s days ago, so that is final."), None),
}
# Grounds that are not among the rules which staff can change.
FIXED = {
    Ground.PROTEST: Stated("CSMS 68340863: entries with an open or suspended protest", Confidence.HIGH),
    Ground.NOT_ACCEPTED: Stated("CAPE's answer “ENTRY SUMMARY IS CANCELLED/REJECTED”", Confidence.MEDIUM),
    Ground.TRADE_CONTROL: Stated(
        "CBP, Entry Summary Acceptance and Reject Process; CAPE's answer “STATEMENT PROCESSING NOT COMPLETE”",
        Confidence.LOW,
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`who` must act, None when there is nothing to do. Days among the `params` are dates."""

    template: str
    who: Who | None
    params: Mapping[str, object] = field(default_factory=dict)

    def told(self, translate: Translate = str, day: Callable[[date], str] = str) -> str:
        shown = {name: day(value) if isinstance(value, date) else value for name, value in self.params.items()}
        if "phase" in shown:
            shown["phase"] = phase_name(str(shown["phase"]), translate)
        return fill(self.template, shown, translate)


def phase_name(key: str, translate: Translate = str) -> str:
    """ "phase-2" is phase 2; a name of another shape is read without its hyphens."""
    numbered = NUMBERED_PHASE.fullmatch(key)
    return fill(NUMBERED, {"number": numbered[1]}, translate) if numbered else key.replace("-", " ")


def reason(verdict: Verdict | str, rule: str, rules: Rules) -> Reason:
    """Of a decision as it is kept. A phase that these rules do not know any more is named by its key."""
    if rule in set(Ground):
        template, who = BY_GROUND[Ground(rule)]
        return Reason(template, who, _params(rules))
    verdict = Verdict(verdict)
    template, who = BY_VERDICT[verdict]
    phase = next((phase for phase in rules.phases if phase.key == rule), None)
    params: dict[str, object] = {"phase": rule}
    if phase and verdict is Verdict.ELIGIBLE and Takes.RECONCILIATION in phase.takes:
        template = NOW_RECONCILED
    if phase and phase.opens and verdict is Verdict.NOT_YET:
        template, params = FROM, params | {"opens": phase.opens}
    return Reason(template, who, params)


def stated(rule: str, rules: Rules) -> Stated | None:
    """Where the rule behind a decision stands; None for what CBP itself has decided, or what no rule is about."""
    of_the_rules = {
        Ground.NO_DUTY: rules.prefixes_stated,
        Ground.ENTRY_DATES: rules.dates_stated,
        Ground.ENTRY_TYPE: rules.types_stated,
        Ground.CAPE: rules.clocks[ClockKey.CAPE].stated,
        Ground.FINAL: rules.clocks[ClockKey.PROTEST].stated,
    }
    phases = {phase.key: phase.stated for phase in rules.phases}
    return phases.get(rule) or (of_the_rules | FIXED).get(Ground(rule)) if rule in {*phases, *Ground} else None


def _params(rules: Rules) -> dict[str, object]:
    return {
        "prefixes": ", ".join(rules.prefixes),
        "first": rules.first_entry,
        "last": rules.last_entry,
        "types": ", ".join(sorted(rules.excluded_types)),
        "cape": rules.days(ClockKey.CAPE),
        "protest": rules.days(ClockKey.PROTEST),
    }
