from datetime import UTC, datetime, timedelta

import pytest

from importers.domain.links import VALID, LinkFacts, LinkState, link_state

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)
YESTERDAY, LONG_AGO = NOW - timedelta(days=1), NOW - VALID - timedelta(seconds=1)

CASES = {
    "fresh": (LinkFacts(YESTERDAY, True), LinkState.OPEN),
    "on its last second": (LinkFacts(NOW - VALID, True), LinkState.OPEN),
    "a second later": (LinkFacts(LONG_AGO, True), LinkState.EXPIRED),
    "used": (LinkFacts(YESTERDAY, True, used_at=NOW), LinkState.USED),
    "used and too old": (LinkFacts(LONG_AGO, True, used_at=LONG_AGO), LinkState.USED),
    "a newer one is there": (LinkFacts(LONG_AGO, True, newer_at=YESTERDAY), LinkState.REPLACED),
    "used, and a newer one is there": (LinkFacts(YESTERDAY, True, used_at=NOW, newer_at=NOW), LinkState.REPLACED),
    "the newer one is too old": (LinkFacts(LONG_AGO, True, newer_at=LONG_AGO), LinkState.EXPIRED),
    "shut out": (LinkFacts(YESTERDAY, False), LinkState.REVOKED),
    "shut out, and all the rest": (LinkFacts(LONG_AGO, False, used_at=NOW, newer_at=NOW), LinkState.REVOKED),
}


@pytest.mark.parametrize(("facts", "expected"), CASES.values(), ids=CASES)
def test_what_has_become_of_a_link(facts: LinkFacts, expected: LinkState) -> None:
    assert link_state(facts, NOW) is expected


def test_whoever_was_shut_out_gets_no_new_one() -> None:
    assert [state for state in LinkState if state.is_renewable] == [
        LinkState.USED,
        LinkState.REPLACED,
        LinkState.EXPIRED,
    ]
