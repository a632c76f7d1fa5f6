"""ACH for paying duty is another enrolment with CBP and pays no refunds (DOMAIN 5). Who says that ACH is set up is
asked which of the two it is."""

from collections.abc import Mapping
from enum import StrEnum

from importers.domain.errors import Msgid, RuleViolation
from importers.domain.errors import gettext_noop as _


class AchSeen(StrEnum):
    """Where the importer saw that ACH is set up."""

    REFUND_TAB = "refund_tab"
    DUTY = "duty"
    UNSURE = "unsure"


# What to do instead, by where the question was asked.
BEFORE_APPLYING: Mapping[AchSeen, Msgid] = {
    AchSeen.DUTY: _(
        "Then refunds by ACH are not set up yet: ACH for paying duty does not pay refunds. Choose “Yes, but refunds by "
        "ACH are not set up”, or “No” if nobody in the company signs in to ACE. A later step sets it up."
    ),
    AchSeen.UNSURE: _(
        "Look first: sign in to ACE, open the tab ACH Refund Authorization and press Get Info/Refresh. If you cannot "
        "look now, choose “Yes, but refunds by ACH are not set up”. A later step takes you to that tab."
    ),
}
ON_THE_TAB: Mapping[AchSeen, Msgid] = {
    AchSeen.DUTY: _(
        "Then refunds by ACH are not set up yet: those bank details are for paying duty. Open the tab ACH Refund "
        "Authorization, go on from step 4, and tell us what that tab shows."
    ),
    AchSeen.UNSURE: _(
        "Look once more: open the tab ACH Refund Authorization, press Get Info/Refresh, and tell us what that tab "
        "shows."
    ),
}


def refuse_duty_ach(seen: AchSeen, advice: Mapping[AchSeen, Msgid]) -> None:
    """Raises RuleViolation `ach_duty` or `ach_unsure` with what to do instead."""
    if seen is not AchSeen.REFUND_TAB:
        raise RuleViolation(f"ach_{seen}", advice[seen])
