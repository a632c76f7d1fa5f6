"""What people read for what the rules know by key."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from refunds.domain.eligibility import Verdict
from refunds.domain.rules import ClockKey, Confidence, Takes

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


def verdict_choices() -> list[tuple[str, Promise | str]]:
    return [(str(verdict), text) for verdict, text in VERDICTS.items()]
