"""Facts and rules for property tests, small enough that all that matters happens."""

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from refunds.domain.eligibility import EntryFacts
from refunds.domain.rules import SHIPPED_CONTENT, Rules, parse_rules

DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
TEXTS = st.sampled_from(["", "N", "Y", "yes", "001"])

facts = st.builds(
    EntryFacts,
    entry_type=st.sampled_from(["", "01", "02", "03", "06", "08", "09", "11", "47"]),
    entry_date=DAYS,
    liquidation_date=st.none() | DAYS,
    liquidation_status=st.sampled_from(["", "Not Liquidated", "Liquidated", "Suspended", "Extended", "Under Review"]),
    reconciliation=TEXTS,
    control_status=st.sampled_from(["", "CBP", "Trade", "Accepted", "Cancelled", "REJECTED BY CBP"]),
    protest_status=st.sampled_from(["", "N/A", "Open", "Suspended", "Denied", "Approved in part", "Something new"]),
    has_duty=st.booleans(),
    claim_status=st.sampled_from(["", "accepted", "rejected"]),
    is_paid=st.booleans(),
)
# Nothing but the clocks decides about these.
plain = st.builds(
    EntryFacts,
    entry_type=st.sampled_from(["01", "03"]),
    entry_date=st.just(date(2025, 6, 2)),
    liquidation_date=st.none() | DAYS,
    reconciliation=TEXTS,
)


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    """The shipped ones with other days, phases and clocks."""
    content: dict[str, Any] = deepcopy(SHIPPED_CONTENT)
    for clock in content["clocks"].values():
        clock["days"] = draw(st.integers(1, 300))
    for phase in content["phases"]:
        phase["opens"] = draw(st.none() | DAYS.map(date.isoformat))
    content["phases"] = content["phases"][: draw(st.integers(1, 3))]
    return parse_rules(content, version=draw(st.integers(0, 9)))


def after(day: date, days: int) -> date:
    return day + timedelta(days=days)
