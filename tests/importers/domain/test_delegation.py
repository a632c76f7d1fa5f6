"""Which steps may be sent to a colleague, and when one that was sent is open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from importers.domain.checklist import DELEGABLE, STEP_BY_KEY, STEPS, evaluate
from importers.domain.consistency import Who
from importers.domain.delegation import Sending, Standing, can_be_sent
from importers.domain.facts import ExistingAccount, ImporterFacts, Officer
from tests.samples_of_facts import OFFICER, complete, fresh, own_account

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
METTE = OFFICER
SENT = Sending(
    "ach-refund",
    sender_email="mette@nordlys.example",
    is_sender_in=True,
    is_shut_out=False,
    expires_at=NOW + timedelta(days=1),
)


def test_the_steps_that_can_be_sent_are_these() -> None:
    """The officer names, chooses who gets the money, signs Form 4811, declares: none of that is for others."""
    assert set(DELEGABLE) == {"company", "existing-account", "ace-account", "ach-refund"}


def test_nothing_that_is_the_brokers_can_be_sent() -> None:
    assert {STEP_BY_KEY[key].who for key in DELEGABLE} == {Who.IMPORTER}


def test_a_step_is_open_from_sending_to_its_last_moment() -> None:
    assert SENT.standing(METTE, NOW) is Standing.OPEN
    assert SENT.standing(METTE, SENT.expires_at - timedelta(seconds=1)) is Standing.OPEN
    assert SENT.standing(METTE, SENT.expires_at) is Standing.RAN_OUT


@pytest.mark.parametrize(
    ("change", "officer", "standing"),
    [
        ({"revoked_by_broker": False}, METTE, Standing.TAKEN_BACK),
        ({"revoked_by_broker": True}, METTE, Standing.ENDED),
        ({"is_shut_out": True}, METTE, Standing.ENDED),
        ({"is_shut_out": True, "revoked_by_broker": False}, METTE, Standing.ENDED),
        ({"is_sender_in": False}, METTE, Standing.SENDER_LEFT),
        ({"step": "officer"}, METTE, Standing.RAN_OUT),  # it can no longer be sent
        ({}, None, Standing.SENDER_LEFT),
        ({}, replace(METTE, declared=False), Standing.SENDER_LEFT),
        ({}, replace(METTE, email="lars@nordlys.example"), Standing.SENDER_LEFT),
        ({}, replace(METTE, email="Mette@Nordlys.example"), Standing.OPEN),
    ],
)
def test_what_closes_it(change: dict[str, object], officer: Officer | None, standing: Standing) -> None:
    assert replace(SENT, **change).standing(officer, NOW) is standing  # type: ignore[arg-type]


def sendable(known: ImporterFacts) -> set[str]:
    checklist = evaluate(known)
    return {step.key for step in STEPS if can_be_sent(checklist, step.key)}


def test_a_step_is_sent_while_somebody_could_fill_it_in() -> None:
    assert sendable(fresh()) == {"company", "existing-account"}
    assert sendable(own_account(attested="")) == set(DELEGABLE)
    assert sendable(complete(attested="")) == set(DELEGABLE) - {"ach-refund"}  # paid to the broker
    enrolled = complete(attested="", existing_account=ExistingAccount.ENROLLED)
    assert sendable(enrolled) == {"company", "existing-account"}


def test_what_the_officer_has_declared_is_sent_to_nobody() -> None:
    assert sendable(own_account()) == set()
