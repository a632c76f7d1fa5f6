"""The way of CAPE's answers through the door that all reports come in by."""

import pytest

from importers.models import User
from refunds.models import ClaimResult, RejectedRefund, Report, ReportState
from refunds.services.imports import import_report
from refunds.services.reports import RefusedError, receive
from tests.factories import EntryFactory, ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)

RESULTS = "ENTRY_NUMBER,CLAIM_NUMBER,STATUS,ERROR_DESCRIPTION\r\n{},C1,Rejected,Entry on drawback\r\n"
REFUNDS = "Importer Number,Refund Amount,Reject Date,{}\r\n{},$5.00,06/30/2026,{}\r\n"


def load(text: str, by: User) -> Report:
    report = receive("from-ace.csv", [text.encode()], by=by)
    import_report(report)
    report.refresh_from_db()
    return report


def test_results_of_a_claim() -> None:
    entry = EntryFactory.create()
    report = load(RESULTS.format(entry.canonical), StaffFactory.create())
    assert (report.format, report.state, report.errors) == ("cape_result", ReportState.DONE, [])
    entry.refresh_from_db()
    assert entry.claim_status == "rejected"
    assert ClaimResult.objects.get().message == "ENTRY ON DRAWBACK"


def test_rejected_refunds() -> None:
    importer = ImporterFactory.create()
    report = load(REFUNDS.format("Reject Reason", importer.number, "R03"), StaffFactory.create())
    assert (report.format, report.state) == ("rev613", ReportState.DONE)
    assert RejectedRefund.objects.get().importer == importer


def test_of_a_column_with_bank_numbers_nothing_is_kept() -> None:
    importer = ImporterFactory.create()
    with pytest.raises(RefusedError) as refused:
        load(REFUNDS.format("Account Number", importer.number, "987654321012"), StaffFactory.create())
    assert [error.code for error in refused.value.errors] == ["bank_column"]
    assert "987654321012" not in str(refused.value)
    assert not RejectedRefund.objects.exists()
    assert not Report.objects.exists()


def test_results_that_are_loaded_again_do_not_overwrite_newer_ones_of_that_day() -> None:
    entry, by = EntryFactory.create(), StaffFactory.create()
    for text in (RESULTS, RESULTS.replace("Rejected,Entry on drawback", "Accepted,"), RESULTS):
        load(text.format(entry.canonical), by)
    entry.refresh_from_db()
    assert entry.claim_status == "accepted"
