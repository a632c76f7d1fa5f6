"""What people read for what the rules know by key."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from refunds.domain.eligibility import Verdict

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


def verdict_choices() -> list[tuple[str, Promise | str]]:
    return [(str(verdict), text) for verdict, text in VERDICTS.items()]
