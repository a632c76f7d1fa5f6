"""What people read for what the rules know by key."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.models import User
from importers.models.accounts import SYSTEM_EMAIL
from refunds.domain.cape_messages import ClaimStatus
from refunds.domain.eligibility import Verdict
from refunds.domain.reasons import phase_name
from refunds.domain.rules import ClockKey, Confidence, Ground, Takes

VERDICTS: dict[Verdict, Promise | str] = {
    Verdict.ELIGIBLE: _("Can be claimed now"),
    Verdict.NOT_YET: _("Cannot be claimed yet"),
    Verdict.CLAIMED: _("Claimed, waiting for CBP"),
    Verdict.REJECTED: _("Claim rejected: fix and file again"),
    Verdict.HELD: _("Held up"),
    Verdict.LATE: _("Too late for CAPE"),
    Verdict.CLOSED: _("Liquidation is final"),
    Verdict.EXCLUDED: _("Not covered by CAPE"),
    Verdict.NO_DUTY: _("No IEEPA duty"),
    Verdict.PAID: _("Paid"),
}


CLOCKS: dict[ClockKey, Promise | str] = {
    ClockKey.CAPE: _("CAPE takes it until"),
    ClockKey.RELIQUIDATION: _("CBP can reliquidate until"),
    ClockKey.PROTEST: _("A protest is possible until"),
}
TAKES: dict[Takes, Promise | str] = {
    Takes.UNLIQUIDATED: _("not liquidated"),
    Takes.RECENT: _("liquidated, within the days for CAPE"),
    Takes.LATE: _("liquidated, past the days for CAPE"),
    Takes.RECONCILIATION: _("also if flagged for reconciliation"),
}
CONFIDENCES: dict[Confidence, Promise | str] = {
    Confidence.HIGH: _("sure"),
    Confidence.MEDIUM: _("fairly sure"),
    Confidence.LOW: _("not sure"),
}
CLAIMS: dict[ClaimStatus, Promise | str] = {
    ClaimStatus.ACCEPTED: _("Accepted"),
    ClaimStatus.REJECTED: _("Rejected"),
    ClaimStatus.PENDING: _("Not decided yet"),
}
# What a verdict rests on, besides a phase of CAPE.
GROUNDS: dict[Ground, Promise | str] = {
    Ground.PAID: _("CBP has paid"),
    Ground.CLAIM: _("CAPE's answer to the claim"),
    Ground.NO_DUTY: _("HTS headings whose duty is refunded"),
    Ground.ENTRY_DATES: _("The entry date"),
    Ground.ENTRY_TYPE: _("The entry type"),
    Ground.PROTEST: _("An open protest"),
    Ground.NOT_ACCEPTED: _("The entry summary is not accepted"),
    Ground.TRADE_CONTROL: _("The entry summary is under trade control"),
    Ground.NO_LIQUIDATION_DATE: _("The liquidation date is missing"),
    Ground.NO_PHASE: _("No phase of CAPE takes it"),
    Ground.CAPE: _("The days for CAPE are over"),
    Ground.FINAL: _("The days for a protest are over"),
}

# By the key of the format; ACE's own names are long.
REPORTS: dict[str, Promise | str] = {
    "es003": _("Entry summaries (ES-003)"),
    "cape_result": _("Results of a CAPE claim"),
    "rev613": _("Rejected refunds (REV-613)"),
}


def verdict_choices() -> list[tuple[str, Promise | str]]:
    return [(str(verdict), text) for verdict, text in VERDICTS.items()]


def cape_phase(key: str) -> str:
    return gettext("CAPE, %(phase)s") % {"phase": phase_name(key, gettext)}


def rule_name(key: str) -> str:
    """The rule behind a verdict, as it is kept with the entry."""
    return str(GROUNDS[Ground(key)]) if key in set(Ground) else cape_phase(key)


def rules_name(version: int) -> str:
    """Version 0 are the shipped rules, which nobody here has written."""
    return (
        gettext("version %(number)s of the rules") % {"number": version} if version else gettext("the rules as shipped")
    )


def by_whom(user: User) -> str:
    """Of what no person did: a command, a schedule."""
    return gettext("automatically") if user.email == SYSTEM_EMAIL else str(user)
