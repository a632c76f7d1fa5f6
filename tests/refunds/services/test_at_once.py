"""Two at once: whoever comes second waits, loses nothing, and no two wait for one another."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from importers.models import BrokerFirm, ImporterOfRecord, User
from refunds import tasks
from refunds.domain.cape_messages import ClaimStatus
from refunds.domain.eligibility import ACCEPTED, Verdict
from refunds.formats.cape_result import ResultRow
from refunds.models import Entry, Report, ReportState
from refunds.services import imports, merging, packs, stakes, verdicts
from refunds.services.claims import store_results
from refunds.services.imports import begin
from refunds.services.payments import record
from refunds.services.reports import receive
from tests.factories import EntryFactory, ImporterFactory, ReportFactory, StaffFactory
from tests.refunds.services.elsewhere import LONGEST, elsewhere, stopped_before, waits_for
from tests.refunds.services.entry_reports import KNOWN, line, load, report

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
        assert late.result(LONGEST)


def received(data: bytes) -> Report:
    got = receive("ES-003.csv", [data], by=User.objects.system())
    assert begin(got, timezone.now())
    return got


def test_two_imports_of_one_file_come_one_after_the_other() -> None:
    ImporterFactory.create(number_text=KNOWN)
    one, other = (received(report(line())) for _ in range(2))
    with elsewhere() as start:
        with stopped_before(imports, "judge") as is_there:
            first = start(lambda: imports.import_report(one))
            assert is_there.wait(LONGEST)
            second = start(lambda: imports.import_report(other))
            assert waits_for(second) == "advisory"
        assert (first.result(LONGEST).created, second.result(LONGEST).unchanged) == (1, 1)


def test_no_worker_waits_for_another_ones_import() -> None:
    one, other = received(report(line())), receive("ES-003.csv", [report(line())], by=User.objects.system())
    with elsewhere() as start:
        with stopped_before(imports, "judge") as is_there:
            first = start(lambda: imports.import_report(one))
            assert is_there.wait(LONGEST)
            second = start(lambda: tasks.import_report(other.pk))
            assert not waits_for(second)
            assert not second.result(LONGEST)
        assert first.result(LONGEST).saved
        other.refresh_from_db()
        assert (other.state, other.result) == (ReportState.WAITING, {})
        assert start(lambda: tasks.import_report(other.pk)).result(LONGEST), "the lock was given back"


@pytest.fixture
def importer() -> ImporterOfRecord:
    BrokerFirm.current()
    made: ImporterOfRecord = ImporterFactory.create(number_text=KNOWN)
    return made


def meanwhile(data: bytes, work: Callable[[], Any]) -> Any:
    """What comes of work that begins when an import has looked at the entries and not written any yet."""
    got = received(data)
    with elsewhere() as start:
        with stopped_before(merging, "write") as is_there:
            first = start(lambda: imports.import_report(got))
            assert is_there.wait(LONGEST)
            late = start(work)
            assert waits_for(late)
        assert first.result(LONGEST).saved
        return late.result(LONGEST)


def test_what_an_import_brings_meanwhile_is_shared(importer: ImporterOfRecord) -> None:
    by = StaffFactory.create()
    pack = meanwhile(report(line()), lambda: packs.publish(importer, by=by))
    assert pack.entries == 1


def test_who_joins_while_an_import_runs_gets_the_entries() -> None:
    load(report(line(status="Not Liquidated")))
    importer = ImporterFactory.create(number_text=KNOWN)
    Entry.objects.update(importer=None)
    meanwhile(report(line()), stakes.attach)
    assert Entry.objects.get().importer == importer


def test_what_is_paid_while_an_import_runs_stays_paid(importer: ImporterOfRecord) -> None:
    load(report(line(liquidated="06/05/2026", status="Not Liquidated")))
    Entry.objects.update(claim_status=ACCEPTED, verdict=Verdict.CLAIMED)
    meanwhile(report(line(liquidated="06/05/2026")), payment_of(Entry.objects.get()))
    entry = Entry.objects.get()
    assert (entry.liquidation_status, entry.verdict, entry.paid_on) == ("Liquidated", Verdict.PAID, date(2026, 8, 1))
