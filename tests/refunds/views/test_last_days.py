"""What an importer reads of each entry: what can still be filed, by whom, until when."""

from datetime import date
from typing import Any

import pytest

from refunds.domain.eligibility import Verdict
from refunds.domain.rules import Ground
from refunds.models import PackLine
from refunds.pages.last_days import Reader, last_days

AS_OF = date(2026, 11, 27)
CAPE, PROTEST = date(2027, 1, 5), date(2027, 4, 15)
LIQUIDATED = {"cape_until": CAPE, "protest_until": PROTEST}
TOO_LATE = {"cape_until": date(2026, 11, 26), "protest_until": PROTEST}
CLAIM = "Until 5 January 2027: claim (CAPE), filed by us"
ASK = "Until 15 April 2027: protest; ask us first"
ANY_DAY = "Claim (CAPE), filed by us: no last day yet"
NOTHING = "Nothing more to file"


def told(
    verdict: Verdict, rule: str = "phase-1", *, today: date = AS_OF, filer: str = "B76", **dates: Any
) -> list[str]:
    row = PackLine(entry_number="B7610001466", verdict=verdict, verdict_rule=rule, **dates)
    return [day.text for day in last_days(row, Reader(AS_OF, today, filer))]


@pytest.mark.parametrize("verdict", [Verdict.ELIGIBLE, Verdict.REJECTED])
def test_a_claim_is_filed_by_us(verdict: Verdict) -> None:
    assert told(verdict) == [ANY_DAY]
    assert told(verdict, **LIQUIDATED) == [CLAIM, ASK]


def test_no_day_is_promised_while_the_phase_has_not_begun() -> None:
    """It may begin when CAPE's ordinary days are over."""
    assert told(Verdict.NOT_YET, **LIQUIDATED) == ["A claim (CAPE) can be filed later", ASK]


@pytest.mark.parametrize("verdict", [Verdict.ELIGIBLE, Verdict.REJECTED])
def test_what_another_broker_filed_is_not_ours_to_claim(verdict: Verdict) -> None:
    assert told(verdict, filer="316", **LIQUIDATED) == [
        "Until 5 January 2027: claim (CAPE), filed by the broker of this entry or by you",
        ASK,
    ]
    assert told(verdict, filer="316") == [
        "Claim (CAPE), filed by the broker of this entry or by you: no last day yet"
    ]  # fmt: skip


def test_while_our_filer_code_is_not_known_all_is_ours() -> None:
    assert told(Verdict.ELIGIBLE, filer="") == [ANY_DAY]


def test_a_day_that_counts_and_one_that_is_over() -> None:
    assert told(Verdict.ELIGIBLE, today=CAPE, **LIQUIDATED) == [CLAIM, ASK]
    over = "The last day for a claim (CAPE) was 5 January 2027"
    assert told(Verdict.ELIGIBLE, today=date(2027, 1, 6), **LIQUIDATED) == [over, ASK]
    assert told(Verdict.CLOSED, today=date(2027, 4, 16), **LIQUIDATED) == [
        "The last day for a protest was 15 April 2027"
    ]
    row = PackLine(entry_number="B7610001466", verdict=Verdict.ELIGIBLE, verdict_rule="phase-1", **LIQUIDATED)
    assert [day.is_over for day in last_days(row, Reader(AS_OF, date(2027, 1, 6)))] == [True, False]


def test_too_late_for_a_claim_leaves_the_protest() -> None:
    assert told(Verdict.LATE, Ground.CAPE, **TOO_LATE) == [ASK]


def test_a_phase_that_takes_what_is_late_has_no_last_day() -> None:
    assert told(Verdict.ELIGIBLE, "phase-3", **TOO_LATE) == [ANY_DAY, ASK]


def test_what_is_held_up() -> None:
    assert told(Verdict.HELD, Ground.NOT_ACCEPTED) == ["None before liquidation"]
    assert told(Verdict.HELD, Ground.NO_LIQUIDATION_DATE) == ["Not known"]
    assert told(Verdict.HELD, Ground.NOT_ACCEPTED, **LIQUIDATED) == [CLAIM, ASK]
    assert told(Verdict.HELD, Ground.NOT_ACCEPTED, **TOO_LATE) == [ASK]


def test_an_open_protest_is_not_offered_again() -> None:
    assert told(Verdict.HELD, Ground.PROTEST, **LIQUIDATED) == [CLAIM]
    assert told(Verdict.HELD, Ground.PROTEST, **TOO_LATE) == ["None"]


@pytest.mark.parametrize("verdict", [Verdict.CLAIMED, Verdict.PAID, Verdict.NO_DUTY])
def test_where_nothing_is_to_be_filed_no_day_is_named(verdict: Verdict) -> None:
    assert told(verdict, **LIQUIDATED) == [NOTHING]


def test_what_cape_leaves_out_can_be_protested() -> None:
    assert told(Verdict.EXCLUDED, Ground.ENTRY_TYPE) == ["None"]
    assert told(Verdict.EXCLUDED, Ground.ENTRY_TYPE, **LIQUIDATED) == [ASK]
