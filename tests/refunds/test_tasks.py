"""What beat starts: each does its one thing, and says how much there was to do."""

import logging
from datetime import UTC, date, datetime

import pytest
import time_machine

from importers.models import Readiness
from refunds import tasks
from refunds.domain.eligibility import Verdict
from refunds.models import Entry
from refunds.services import stakes
from tests.factories import EntryFactory

pytestmark = pytest.mark.django_db


def test_the_day_is_that_of_the_portal() -> None:
    """In Copenhagen it is the 30th already, when the 80 days of the 29th are over."""
    entry = EntryFactory(liquidation_date=date(2026, 9, 10), assessed_on=date(2026, 11, 29))
    with time_machine.travel(datetime(2026, 11, 29, 22, 59, tzinfo=UTC), tick=False):
        assert tasks.reassess() == 0
    with time_machine.travel(datetime(2026, 11, 29, 23, 5, tzinfo=UTC), tick=False):
        assert tasks.reassess() == 1
    entry.refresh_from_db()
    assert entry.verdict == Verdict.LATE
    assert Readiness.objects.get().act_until == date(2027, 3, 9)


def test_entries_are_given_to_who_has_joined() -> None:
    entry = EntryFactory()
    Entry.objects.update(importer=None)
    assert tasks.attach() == 1
    entry.refresh_from_db()
    assert entry.importer is not None
    assert tasks.attach() == 0


def test_the_proof_logs_what_differs(caplog: pytest.LogCaptureFixture) -> None:
    entry = EntryFactory()
    stakes.refresh(None)
    assert tasks.check_refunds() == 0
    Entry.objects.update(verdict=Verdict.CLOSED)
    with caplog.at_level(logging.ERROR):
        assert tasks.check_refunds() == 2
    assert f"Entry {entry.number} drifted" in caplog.text
    assert "at_stake is 1234.56, should be 0" in caplog.text
