"""What an importer is shown of its entries."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from refunds.domain.eligibility import Verdict
from refunds.domain.pack import NOTES, STATUS, Changes, Group, PackLine, Sum, changes, note_of, totals
from refunds.domain.rules import Ground

LINE = PackLine(
    number="B7600000012",
    entry_date=date(2025, 6, 2),
    liquidation_status="Not Liquidated",
    liquidation_date=None,
    cape_until=None,
    protest_until=None,
    ieepa_duty=Decimal("100.10"),
    verdict=Verdict.ELIGIBLE,
    rule="phase-2",
)


def group(verdict: Verdict, day: date, entries: int, duty: str) -> Group:
    return Group(verdict, day, Sum(entries, Decimal(duty)))


def test_only_what_may_be_refunded_counts_as_possible() -> None:
    june, july = date(2025, 6, 1), date(2025, 7, 1)
    found = totals(
        [
            group(Verdict.PAID, june, 1, "7.00"),
            group(Verdict.ELIGIBLE, date(2025, 7, 31), 2, "200.20"),
            group(Verdict.ELIGIBLE, date(2025, 6, 30), 1, "0.05"),
            group(Verdict.HELD, date(2025, 6, 2), 1, "10.00"),
            group(Verdict.CLOSED, july, 4, "1000.00"),
        ]
    )
    assert found.possible == Sum(4, Decimal("210.25"))
    assert list(found.by_month.items()) == [(june, Sum(2, Decimal("10.05"))), (july, Sum(2, Decimal("200.20")))]
    assert found.by_status[Verdict.ELIGIBLE] == Sum(3, Decimal("200.25"))
    assert found.by_status[Verdict.CLOSED] == Sum(4, Decimal("1000.00"))
    assert list(found.by_status) == [Verdict.ELIGIBLE, Verdict.HELD, Verdict.CLOSED, Verdict.PAID]


def test_nothing_makes_nothing() -> None:
    assert totals([]).possible == Sum(0, Decimal(0))


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_words_of_its_own(verdict: Verdict) -> None:
    assert [other for other in Verdict if STATUS[other] == STATUS[verdict]] == [verdict]


def test_what_a_verdict_rests_on_tells_more_than_the_verdict() -> None:
    assert note_of(Verdict.HELD, "protest") == NOTES[Ground.PROTEST]
    assert note_of(Verdict.NOT_YET, "phase-3") == NOTES[Verdict.NOT_YET]
    assert note_of(Verdict.ELIGIBLE, "phase-2") is None


HELD = (Ground.PROTEST, Ground.NOT_ACCEPTED, Ground.TRADE_CONTROL, Ground.NO_LIQUIDATION_DATE, Ground.NO_PHASE)


@pytest.mark.parametrize(
    ("verdict", "ground"),
    [
        *((Verdict.HELD, ground) for ground in HELD),
        *((Verdict.EXCLUDED, g) for g in (Ground.ENTRY_DATES, Ground.ENTRY_TYPE)),
    ],
)
def test_who_is_held_up_or_left_out_reads_why(verdict: Verdict, ground: Ground) -> None:
    assert note_of(verdict, ground)


def test_what_is_new_gone_and_changed() -> None:
    other, third = replace(LINE, number="B7600000020"), replace(LINE, number="B7600000038")
    before = {line.number: line for line in (LINE, other)}
    after = {line.number: line for line in (replace(LINE, ieepa_duty=Decimal("99.00")), third)}
    assert changes(before, after) == Changes(added=1, gone=1, changed=1)
    assert not changes(before, dict(before))
    assert changes({}, before) == Changes(added=2, gone=0, changed=0)
