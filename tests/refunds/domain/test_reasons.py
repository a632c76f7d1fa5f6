"""Every decision is explained, in a sentence and with a source."""

from datetime import date

import pytest
from hypothesis import given

from importers.domain.consistency import Who
from refunds.domain.eligibility import EntryFacts, Verdict, assess
from refunds.domain.reasons import reason, stated
from refunds.domain.rules import SHIPPED, Ground, Rules
from tests.refunds.domain.samples import DAYS, facts, rules

BY_CBP_OR_NOBODY = {Ground.PAID, Ground.CLAIM, Ground.NO_LIQUIDATION_DATE, Ground.NO_PHASE}


@given(facts, rules(), DAYS)
def test_every_decision_is_explained(facts: EntryFacts, rules: Rules, today: date) -> None:
    decision = assess(facts, rules, today)
    told = reason(decision.verdict, decision.rule, rules).told()
    assert told.endswith(".")
    assert "%(" not in told
    assert (stated(decision.rule, rules) is None) == (decision.rule in BY_CBP_OR_NOBODY)


@pytest.mark.parametrize("ground", Ground)
def test_every_ground_has_a_sentence_of_its_own(ground: Ground) -> None:
    told = reason(Verdict.HELD, ground, SHIPPED).told()
    assert told not in {reason(Verdict.HELD, other, SHIPPED).told() for other in Ground if other is not ground}


@pytest.mark.parametrize(
    ("verdict", "rule", "text", "who"),
    [
        ("eligible", "phase-1", "CAPE takes this entry now (phase 1).", Who.BROKER),
        ("not_yet", "phase-2", "CAPE takes this entry from 29 June (phase 2).", Who.CBP),
        ("not_yet", "phase-3", "CAPE is to take this entry, but the day is not known yet (phase 3).", Who.CBP),
        ("not_yet", "phase-9", "CAPE is to take this entry, but the day is not known yet (phase 9).", Who.CBP),
        ("excluded", "entry-type", "CAPE takes no entries of the types 08, 09, 47.", None),
        ("closed", "final", "It was liquidated more than 180 days ago, so that is final.", None),
    ],
)
def test_what_it_says_and_who_must_act(verdict: str, rule: str, text: str, who: Who | None) -> None:
    found = reason(verdict, rule, SHIPPED)
    assert found.told(day=lambda day: f"{day.day} {day:%B}") == text
    assert found.who is who


def test_an_entry_for_reconciliation_is_told_the_condition() -> None:
    assert "type 09" in reason("eligible", "phase-2", SHIPPED).told()


def test_it_is_told_in_the_readers_language() -> None:
    assert reason("paid", "paid", SHIPPED).told(str.upper) == "CBP HAS PAID THE REFUND."


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ("phase-2", "CSMS 69035485"),
        ("final", "19 USC 1514(c)(3)"),
        ("cape", "CSMS 68340863"),
        ("phase-9", None),
    ],
)
def test_the_source_is_that_of_the_rule(rule: str, source: str | None) -> None:
    found = stated(rule, SHIPPED)
    assert (found and found.source) == source
