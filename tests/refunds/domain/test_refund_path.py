"""One chain for each importer number: where it stops, who must act, what waits behind."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from importers.domain.checklist import evaluate
from importers.domain.consistency import Who
from importers.domain.errors import fill
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Form4811Facts, ImporterFacts
from refunds.domain.eligibility import Verdict
from refunds.domain.refund_path import (
    Link,
    LinkKey,
    LinkState,
    Path,
    RefundFacts,
    Refused,
    Sum,
    refund_path,
    urgency,
)
from tests.samples_of_facts import complete, filed, fresh, own_account

TODAY = date(2026, 11, 22)
OK, BROKEN, LATER, NEVER = LinkState.OK, LinkState.BROKEN, LinkState.NOT_REACHED, LinkState.NOT_NEEDED
REFUSED = Refused(1, Decimal("99.50"), date(2026, 11, 3), "Account closed.")


def entries(**counts: int) -> RefundFacts:
    """So many entries of 100 dollars under each verdict."""
    return RefundFacts({Verdict(name): Sum(count, Decimal(100 * count)) for name, count in counts.items()})


def path(facts: ImporterFacts, refunds: RefundFacts | None = None, **numbers: Any) -> Path:
    numbers = {"dollars": None, "act_until": None} | numbers
    return refund_path(evaluate(facts), refunds or RefundFacts(), today=TODAY, **numbers)


def link(found: Path, key: LinkKey) -> Link:
    return next(one for one in found.links if one.key is key)


def first(found: Path) -> Link:
    assert found.first_broken is not None
    return found.first_broken


def said(one: Link) -> list[str]:
    return [fill(reason.template, reason.params) for reason in one.reasons]


def test_every_key_is_one_link_of_the_chain() -> None:
    assert [one.key for one in path(fresh()).links] == list(LinkKey)


SET_UP = {
    "nothing yet: the officer comes before Form 5106": (fresh(), LinkKey.CONTACT_5106, Who.IMPORTER, "officer"),
    "nobody looked at Form 5106": (
        complete(filed={}, ace_confirmed=False), LinkKey.CONTACT_5106, Who.BROKER, "form-5106",
    ),
    "another e-mail on Form 5106": (
        filed(complete(), Document.FORM_5106, email="lars@elsewhere.example"), LinkKey.CONTACT_5106, Who.BROKER,
        "form-5106",
    ),
    "CBP has the correction": (
        filed(complete(), Document.FORM_5106, email="lars@elsewhere.example", correction_sent=True),
        LinkKey.CONTACT_5106, Who.CBP, "form-5106",
    ),
    "no account": (
        complete(ace_confirmed=False), LinkKey.ACE_ACCOUNT, Who.IMPORTER, "ace-account",
    ),
    "an answer before the account": (
        complete(ace_confirmed=False, existing_account=None), LinkKey.ACE_ACCOUNT, Who.IMPORTER, "existing-account",
    ),
    "no bank details shown": (
        own_account(ach=ACHStatus.NONE), LinkKey.ACH_OR_4811, Who.IMPORTER, "ach-refund",
    ),
    "Form 4811 not completed": (
        complete(form_4811=Form4811Facts()), LinkKey.ACH_OR_4811, Who.IMPORTER, "form-4811",
    ),
    "not on the profile": (
        complete(form_4811=Form4811Facts(completed=True, box_28=True)), LinkKey.ACH_OR_4811, Who.BROKER,
        "broker-review",
    ),
    "not in box 28": (
        complete(form_4811=Form4811Facts(completed=True, on_profile=True)), LinkKey.ACH_OR_4811, Who.BROKER,
        "broker-review",
    ),
    "the broker's own ACH": (
        complete(broker_ach_enrolled=False), LinkKey.ACH_OR_4811, Who.BROKER, "broker-review",
    ),
    "all set up, no entries": (complete(), LinkKey.ENTRIES, Who.BROKER, ""),
    "enrolled already, no entries": (
        own_account(existing_account=ExistingAccount.ENROLLED, ach=ACHStatus.UNKNOWN, ace_confirmed=False),
        LinkKey.ENTRIES, Who.BROKER, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SET_UP)
def test_the_set_up_stops_where_the_checklist_does(case: str) -> None:
    facts, key, who, step = SET_UP[case]
    found = path(facts)
    assert (first(found).key, found.who, first(found).step) == (key, who, step)
    assert all(one.ok for one in found.links[: list(LinkKey).index(key)])
    assert first(found).remedy


def test_what_the_way_by_form_4811_lacks_is_named_piece_by_piece() -> None:
    facts = complete(form_4811=Form4811Facts(completed=True), broker_ach_enrolled=False)
    assert [text.removeprefix("Still missing: ").rstrip(".") for text in said(first(path(facts)))] == [
        "the broker as notify party on the importer's ACE profile",
        "the broker's importer number in box 28 of the entries",
        "the broker's own ACH refund enrolment",
    ]


@pytest.mark.parametrize(("facts", "who"), [(own_account(), Who.IMPORTER), (complete(), Who.BROKER)])
def test_a_refund_that_came_back_breaks_the_way_of_payment(facts: ImporterFacts, who: Who) -> None:
    """Whatever the checklist says; who put the bank details in mends them."""
    found = path(facts, replace(entries(claimed=1), refused=REFUSED))
    assert (first(found).key, found.who) == (LinkKey.ACH_OR_4811, who)
    assert said(first(found)) == ["CBP could not pay 99.50 on 2026-11-03: Account closed."]


def test_several_that_came_back_are_one_sentence() -> None:
    found = path(own_account(), RefundFacts(refused=replace(REFUSED, count=3, reason="")))
    (text,) = said(first(found))
    assert text == "CBP could not pay 99.50 in 3 refunds, last on 2026-11-03: no reason is given."


CLAIMS: dict[str, tuple[RefundFacts, tuple[LinkState, LinkState, LinkState], Who | None]] = {
    "none": (entries(), (BROKEN, LATER, LATER), Who.BROKER),
    "can be claimed": (entries(eligible=2), (OK, BROKEN, LATER), Who.BROKER),
    "rejected": (entries(rejected=1, claimed=4), (OK, BROKEN, BROKEN), Who.BROKER),
    "late": (entries(late=1), (OK, BROKEN, LATER), Who.BROKER),
    "held up": (entries(held=1, paid=1), (OK, BROKEN, LATER), Who.BROKER),
    "not open yet": (entries(not_yet=1, closed=1), (OK, BROKEN, LATER), Who.CBP),
    "claimed": (entries(claimed=1, no_duty=5), (OK, OK, BROKEN), Who.CBP),
    "paid": (entries(paid=1), (OK, OK, OK), None),
    "nothing to be had": (entries(no_duty=1, closed=1, excluded=1), (OK, NEVER, NEVER), None),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_entries_claim_and_payment_follow_the_verdicts(case: str) -> None:
    refunds, states, who = CLAIMS[case]
    found = path(complete(), refunds)
    keys = (LinkKey.ENTRIES, LinkKey.CLAIM, LinkKey.PAYMENT)
    assert tuple(link(found, key).state for key in keys) == states
    assert found.who is who


@pytest.mark.parametrize("verdict", Verdict)
def test_no_verdict_leaves_the_chain_without_a_word(verdict: Verdict) -> None:
    found = path(complete(), entries(**{verdict.value: 1}))
    assert all(one.reasons for one in found.links if one.key is not LinkKey.PAYMENT or verdict is not Verdict.PAID)
    assert verdict.is_possible is not link(found, LinkKey.PAYMENT).ok


def test_what_can_be_done_now_is_said_before_what_must_wait() -> None:
    found = path(complete(), entries(not_yet=1, eligible=2, rejected=3))
    assert said(first(found)) == [
        "Rejected by CAPE: 300 (entries: 3).",
        "Can be claimed now: 200 (entries: 2).",
        "Cannot be claimed yet: 100 (entries: 1).",
    ]


def test_what_was_paid_is_said_while_more_is_waited_for() -> None:
    found = path(complete(), replace(entries(claimed=1, paid=1), paid=Sum(1, Decimal("104.20"))))
    assert said(link(found, LinkKey.PAYMENT))[-1] == "Paid so far: 104.20, interest included."


def test_entries_can_be_claimed_before_the_set_up_is_there() -> None:
    found = path(fresh(), entries(eligible=1))
    assert link(found, LinkKey.CLAIM).state is BROKEN
    assert first(found).key is LinkKey.CONTACT_5106


@pytest.mark.parametrize(
    ("dollars", "until", "expected"),
    [
        (None, None, Decimal(0)),
        (Decimal(365), None, Decimal(1)),  # no clock runs
        (Decimal(100), date(2026, 12, 2), Decimal(10)),
        (Decimal(100), TODAY, Decimal(100)),  # the last day
        (Decimal(100), date(2026, 11, 1), Decimal(100)),
    ],
)
def test_urgency_is_dollars_by_the_days_left(dollars: Decimal | None, until: date | None, expected: Decimal) -> None:
    found = path(complete(), dollars=dollars, act_until=until)
    assert found.urgency == expected
    assert found.days_left == (None if until is None else (until - TODAY).days)


def test_less_money_with_fewer_days_can_come_first() -> None:
    assert urgency(Decimal(1000), 5) > urgency(Decimal(9000), 80)
