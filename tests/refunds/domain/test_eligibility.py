"""What the rules make of an entry: cases by hand from what CBP published, and what must hold of all."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refunds.domain.clocks import clocks
from refunds.domain.eligibility import FOR_CAPE, POSSIBLE, EntryFacts, Verdict, assess
from refunds.domain.rules import SHIPPED, SHIPPED_CONTENT, Ground, Rules, parse_rules
from tests.refunds.domain.samples import DAYS, facts, plain, rules

ENTERED = date(2025, 6, 2)
LIQUIDATED = date(2026, 3, 1)  # 80 days: 20 May, 180 days: 28 August
EARLY, LATER = date(2026, 4, 20), date(2026, 11, 26)  # phase 1 opens; phases 1 and 2 are open

# Facts, today, and what is to come of them.
GOLDEN: list[tuple[str, dict[str, Any], date, tuple[str, str, date | None]]] = [
    ("not liquidated", {}, LATER, ("eligible", "phase-1", None)),
    ("the day before CAPE opens", {}, date(2026, 4, 19), ("not_yet", "phase-1", None)),
    ("the day on which CAPE opens", {}, EARLY, ("eligible", "phase-1", None)),
    ("first day of the duty", {"entry_date": date(2025, 2, 4)}, LATER, ("eligible", "phase-1", None)),
    ("the day before it", {"entry_date": date(2025, 2, 3)}, LATER, ("excluded", "entry-dates", None)),
    ("last day of the duty", {"entry_date": date(2026, 2, 24)}, LATER, ("eligible", "phase-1", None)),
    ("the day after it", {"entry_date": date(2026, 2, 25)}, LATER, ("excluded", "entry-dates", None)),
    ("no IEEPA duty", {"has_duty": False}, LATER, ("no_duty", "no-duty", None)),
    ("drawback", {"entry_type": "47"}, LATER, ("excluded", "entry-type", None)),
    ("reconciliation entry", {"entry_type": "09"}, LATER, ("excluded", "entry-type", None)),
    ("duty deferral", {"entry_type": "08"}, LATER, ("excluded", "entry-type", None)),
    ("informal entry", {"entry_type": "11"}, LATER, ("eligible", "phase-1", None)),
    # The clocks: the last day still counts.
    ("liquidated today", {"liquidation_date": EARLY}, EARLY, ("eligible", "phase-1", date(2026, 7, 9))),
    ("the 80th day", {"liquidation_date": LIQUIDATED}, date(2026, 5, 20), ("eligible", "phase-1", date(2026, 5, 20))),
    ("the 81st day", {"liquidation_date": LIQUIDATED}, date(2026, 5, 21), ("late", "cape", date(2026, 8, 28))),
    ("the 180th day", {"liquidation_date": LIQUIDATED}, date(2026, 8, 28), ("late", "cape", date(2026, 8, 28))),
    ("the 181st day", {"liquidation_date": LIQUIDATED}, date(2026, 8, 29), ("closed", "final", None)),
    # Liquidated in time for CAPE, had it been open; then only a protest was left.
    ("past before CAPE", {"liquidation_date": date(2026, 1, 15)}, EARLY, ("late", "cape", date(2026, 7, 14))),
    ("too early", {"liquidation_date": date(2026, 1, 15)}, date(2026, 4, 5), ("held", "no-phase", date(2026, 7, 14))),
    # Flagged for reconciliation: rejected in phase 1, in phase 2 types 01, 02 and 06.
    ("flagged, phase 1", {"reconciliation": "Y"}, date(2026, 5, 1), ("not_yet", "phase-2", None)),
    ("flagged, phase 2", {"reconciliation": "Y"}, date(2026, 6, 29), ("eligible", "phase-2", None)),
    ("flagged “no”", {"reconciliation": " n "}, EARLY, ("eligible", "phase-1", None)),
    ("flagged by an issue code", {"reconciliation": "001"}, EARLY, ("not_yet", "phase-2", None)),
    ("flagged, type 06", {"reconciliation": "Y", "entry_type": "06"}, LATER, ("eligible", "phase-2", None)),
    ("flagged, type 03", {"reconciliation": "Y", "entry_type": "03"}, LATER, ("held", "no-phase", None)),
    ("flagged, 80 days end before phase 2", {"reconciliation": "Y", "liquidation_date": LIQUIDATED}, date(2026, 5, 1),
     ("held", "no-phase", date(2026, 8, 28))),
    ("flagged, 80 days end after it opens", {"reconciliation": "Y", "liquidation_date": date(2026, 4, 15)},
     date(2026, 5, 1), ("not_yet", "phase-2", date(2026, 7, 4))),
    # How ACE writes it. Suspended, extended and under review are accepted, and paid on normal liquidation.
    ("suspended", {"liquidation_status": "Suspended"}, LATER, ("eligible", "phase-1", None)),
    ("extended", {"liquidation_status": "EXTENDED"}, LATER, ("eligible", "phase-1", None)),
    ("under review", {"liquidation_status": "Under Review"}, LATER, ("eligible", "phase-1", None)),
    ("says so", {"liquidation_status": "Not Liquidated"}, LATER, ("eligible", "phase-1", None)),
    ("says so too", {"liquidation_status": "Unliquidated"}, LATER, ("eligible", "phase-1", None)),
    ("liquidated, but when?", {"liquidation_status": "Liquidated"}, LATER, ("held", "liquidation-date", None)),
    ("reliquidated, but when?", {"liquidation_status": "Reliquidated"}, LATER, ("held", "liquidation-date", None)),
    ("accepted", {"control_status": "Accepted"}, LATER, ("eligible", "phase-1", None)),
    ("CBP control", {"control_status": "CBP"}, LATER, ("eligible", "phase-1", None)),
    ("trade control", {"control_status": "Trade"}, LATER, ("held", "trade-control", None)),
    ("cancelled", {"control_status": "CANCELLED"}, LATER, ("held", "summary-status", None)),
    ("cancelled in American", {"control_status": "Canceled"}, LATER, ("held", "summary-status", None)),
    ("rejected", {"control_status": "Rejected", "liquidation_date": LIQUIDATED}, date(2026, 5, 20),
     ("held", "summary-status", date(2026, 5, 20))),
    ("rejected and late", {"control_status": "Rejected", "liquidation_date": LIQUIDATED}, date(2026, 5, 21),
     ("held", "summary-status", date(2026, 8, 28))),
    ("rejected and final", {"control_status": "Rejected", "liquidation_date": LIQUIDATED}, LATER,
     ("closed", "final", None)),
    ("protest open", {"protest_status": "Open", "liquidation_date": LIQUIDATED}, date(2026, 5, 20),
     ("held", "protest", date(2026, 5, 20))),
    ("protest suspended, past 80 days", {"protest_status": "Suspended", "liquidation_date": LIQUIDATED},
     date(2026, 5, 21), ("held", "protest", None)),
    ("a protest keeps it from being final", {"protest_status": "Open", "liquidation_date": LIQUIDATED}, LATER,
     ("held", "protest", None)),
    ("protest denied", {"protest_status": "Denied", "liquidation_date": LIQUIDATED}, LATER, ("closed", "final", None)),
    ("protest withdrawn", {"protest_status": "Withdrawn", "liquidation_date": LIQUIDATED}, date(2026, 5, 20),
     ("eligible", "phase-1", date(2026, 5, 20))),
    ("no protest", {"protest_status": "N/A"}, LATER, ("eligible", "phase-1", None)),
    # CBP's own word outranks ours.
    ("claimed", {"claim_status": "accepted", "liquidation_date": LIQUIDATED}, LATER, ("claimed", "claim", None)),
    ("claimed, though we see no duty", {"claim_status": "accepted", "has_duty": False}, LATER,
     ("claimed", "claim", None)),
    ("rejected claim", {"claim_status": "rejected"}, LATER, ("rejected", "phase-1", None)),
    ("rejected claim, too late", {"claim_status": "rejected", "liquidation_date": LIQUIDATED}, date(2026, 5, 21),
     ("late", "cape", date(2026, 8, 28))),
    ("paid", {"is_paid": True, "claim_status": "accepted", "entry_type": "47"}, LATER, ("paid", "paid", None)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "today", "expected"), [case[1:] for case in GOLDEN], ids=[case[0] for case in GOLDEN]
)
def test_golden(facts: dict[str, Any], today: date, expected: tuple[str, str, date | None]) -> None:
    decision = assess(EntryFacts(**({"entry_type": "01", "entry_date": ENTERED} | facts)), SHIPPED, today)
    assert (decision.verdict, decision.rule, decision.act_until) == expected


def with_phase_3(opens: str) -> Rules:
    content = deepcopy(SHIPPED_CONTENT)
    content["phases"][2]["opens"] = opens
    return parse_rules(content, version=1)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 5, 20), ("eligible", "phase-1", date(2026, 5, 20))),
        (date(2026, 5, 21), ("not_yet", "phase-3", date(2026, 8, 28))),
        (date(2026, 8, 29), ("not_yet", "phase-3", None)),
        (date(2026, 12, 1), ("eligible", "phase-3", None)),
    ],
)
def test_once_phase_3_has_a_date_nothing_is_final(today: date, expected: tuple[str, str, date | None]) -> None:
    late = EntryFacts("01", ENTERED, LIQUIDATED)
    decision = assess(late, with_phase_3("2026-12-01"), today)
    assert (decision.verdict, decision.rule, decision.act_until) == expected


def test_a_phase_without_a_date_is_waited_for() -> None:
    content = deepcopy(SHIPPED_CONTENT)
    content["phases"] = [content["phases"][0] | {"opens": None}]
    decision = assess(EntryFacts("01", ENTERED, LATER), parse_rules(content, version=1), LATER)
    assert (decision.verdict, decision.rule) == (Verdict.NOT_YET, "phase-1")
    assert decision.act_until == LATER + timedelta(days=80)


@given(facts, rules(), DAYS)
def test_every_decision_names_what_it_rests_on(facts: EntryFacts, rules: Rules, today: date) -> None:
    decision = assess(facts, rules, today)
    assert decision.rule in {phase.key for phase in rules.phases} | set(Ground)
    assert decision.act_until is None or decision.act_until >= today
    if decision.act_until:
        assert decision.verdict in POSSIBLE
        assert facts.liquidation_date is not None


@given(facts, rules(), DAYS, st.integers(1, 800))
def test_what_is_over_stays_over(facts: EntryFacts, rules: Rules, today: date, days: int) -> None:
    over = {Verdict.CLOSED, Verdict.EXCLUDED, Verdict.NO_DUTY, Verdict.PAID, Verdict.CLAIMED}
    now, later = assess(facts, rules, today), assess(facts, rules, today + timedelta(days=days))
    if now.verdict in over:
        assert later == now


@given(plain, rules(), DAYS)
def test_when_the_last_day_is_past_something_else_holds(facts: EntryFacts, rules: Rules, today: date) -> None:
    decision = assess(facts, rules, today)
    if decision.act_until:
        assert assess(facts, rules, decision.act_until + timedelta(days=1)) != decision


@given(plain, rules(), DAYS)
def test_what_waits_for_a_date_can_be_claimed_from_it_on(facts: EntryFacts, rules: Rules, today: date) -> None:
    decision = assess(facts, rules, today)
    opens = next((phase.opens for phase in rules.phases if phase.key == decision.rule), None)
    if decision.verdict is Verdict.NOT_YET and opens:
        cape_until = clocks(facts.liquidation_date, rules).cape_until
        days = [day for day in (opens, cape_until and cape_until + timedelta(days=1)) if day and day > today]
        assert any(assess(facts, rules, day).verdict is Verdict.ELIGIBLE for day in days)


@given(facts, rules(), DAYS)
def test_only_what_could_be_refunded_goes_to_cape(facts: EntryFacts, rules: Rules, today: date) -> None:
    decision = assess(facts, rules, today)
    if decision.verdict in FOR_CAPE:
        assert facts.has_duty
        assert facts.claim_status != "accepted"
        assert facts.entry_type not in rules.excluded_types
        assert rules.first_entry <= facts.entry_date <= rules.last_entry
        assert not facts.is_protested
        assert not facts.is_paid
        phase = next(phase for phase in rules.phases if phase.key == decision.rule)
        assert phase.opens is not None
        assert phase.opens <= today


@given(facts, rules(), DAYS)
def test_capitals_and_spaces_make_no_difference(facts: EntryFacts, rules: Rules, today: date) -> None:
    names = ("liquidation_status", "reconciliation", "control_status", "protest_status")
    shouted = replace(facts, **{name: f" {getattr(facts, name).upper()} " for name in names})
    assert assess(shouted, rules, today) == assess(facts, rules, today)


@given(facts, rules(), DAYS)
def test_of_an_entrys_day_only_counts_whether_it_is_within(facts: EntryFacts, rules: Rules, today: date) -> None:
    """services/verdicts judges entries together that differ in nothing else."""
    within = rules.first_entry <= facts.entry_date <= rules.last_entry
    same = rules.first_entry if within else rules.last_entry + timedelta(days=1)
    assert assess(replace(facts, entry_date=same), rules, today) == assess(facts, rules, today)


def test_a_cape_clock_longer_than_a_protests_is_possible() -> None:
    content = deepcopy(SHIPPED_CONTENT)
    content["clocks"]["cape"]["days"] = 200
    longer = parse_rules(content, version=1)
    entry = EntryFacts("01", ENTERED, LIQUIDATED)
    assert assess(entry, longer, date(2026, 9, 17)).act_until == date(2026, 9, 17)
    assert assess(entry, longer, date(2026, 9, 18)).verdict is Verdict.CLOSED
