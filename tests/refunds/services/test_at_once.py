"""Two at once: whoever comes second waits, loses nothing, and no two wait for one another."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from importers.models import BrokerFirm
from refunds.domain.cape_messages import ClaimStatus
from refunds.domain.eligibility import ACCEPTED, Verdict
from refunds.formats.cape_result import ResultRow
from refunds.models import Entry
from refunds.services import verdicts
from refunds.services.claims import store_results
from refunds.services.payments import record
from tests.factories import EntryFactory, ReportFactory, StaffFactory
from tests.refunds.services.elsewhere import elsewhere, waits_for

pytestmark = pytest.mark.django_db(transaction=True)
LIQUIDATED = date(2026, 6, 5)


@pytest.fixture
def entry() -> Entry:
    BrokerFirm.current()
    made: Entry = EntryFactory.create(liquidation_date=LIQUIDATED, claim_status=ACCEPTED, verdict=Verdict.CLAIMED)
    return made


def payment_of(entry: Entry) -> Callable[[], Any]:
    by, importer = StaffFactory.create(), entry.importer
    assert importer is not None
    return lambda: record(
        importer, by=by, paid_on=date(2026, 8, 1), liquidation_date=LIQUIDATED, amount=Decimal("154.20"),
        interest=None, note="",
    )  # fmt: skip


def answer_to(entry: Entry) -> Callable[[], Any]:
    report = ReportFactory.create(format="cape_result")
    row = ResultRow(2, entry.number, "", ClaimStatus.REJECTED, "Rejected", "")
    return lambda: store_results(report, [row], today=timezone.localdate())


@pytest.mark.parametrize("deed", [payment_of, answer_to])
def test_while_the_rules_change_nobody_holds_entries(entry: Entry, deed: Callable[[Entry], Callable[[], Any]]) -> None:
    work = deed(entry)
    with elsewhere() as start:
        with transaction.atomic():
            verdicts._lock("pg_advisory_xact_lock")
            late = start(work)
            assert waits_for(late) == "advisory"
            assert Entry.objects.select_for_update(nowait=True).get() == entry
        assert late.result(timeout=20)
