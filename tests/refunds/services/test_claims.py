from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from importers.domain.identifiers import parse_importer_number
from refunds.domain.cape_messages import ClaimStatus
from refunds.domain.eligibility import Verdict
from refunds.formats.cape_result import ResultRow
from refunds.formats.rev613 import RejectedRow
from refunds.models import ClaimResult, Entry, RejectedRefund, Report
from refunds.services.claims import Stored, attach_results, store_rejected, store_results
from tests.factories import EntryFactory, ImporterFactory, ReportFactory

pytestmark = pytest.mark.django_db

DAY = date(2026, 6, 1)
ACCEPTED, REJECTED, PENDING = ClaimStatus.ACCEPTED, ClaimStatus.REJECTED, ClaimStatus.PENDING


def report(as_of: date = DAY, **fields: Any) -> Report:
    return ReportFactory.create(format="cape_result", as_of=as_of, **fields)


def line(row: int, number: str, status: ClaimStatus, message: str = "", claim: str = "C1") -> ResultRow:
    return ResultRow(row, number, claim, status, status.title(), message)


def store(rows: Iterable[ResultRow], as_of: date = DAY, **fields: Any) -> Stored:
    return store_results(report(as_of, **fields), list(rows), today=timezone.localdate())


def claim(entry: Entry) -> tuple[str, str]:
    entry.refresh_from_db()
    return entry.claim_status, entry.verdict


def test_answers_are_kept_and_change_the_entries_and_what_is_at_stake() -> None:
    importer = ImporterFactory.create()
    yes, no, other = (EntryFactory.create(importer=importer, ieepa_duty=Decimal(100)) for _ in range(3))
    stored = store(
        [line(2, yes.number, ACCEPTED), line(3, no.number, REJECTED, "INVALID HTS"), line(4, "999", REJECTED)]
    )
    assert stored == Stored(3, 3, 2, ("999",))
    assert claim(yes) == ("accepted", Verdict.CLAIMED)
    assert claim(no) == ("rejected", Verdict.REJECTED)
    assert claim(other) == ("", Verdict.ELIGIBLE)
    kept = ClaimResult.objects.get(entry=no)
    assert (kept.row, kept.claim_number, kept.status, kept.status_text, kept.message, kept.as_of) == (
        3, "C1", "rejected", "Rejected", "INVALID HTS", DAY,
    )  # fmt: skip
    assert list(ClaimResult.objects.filter(entry=None).values_list("entry_number", flat=True)) == ["999"]
    importer.readiness.refresh_from_db()
    assert importer.readiness.at_stake == 300


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([(0, ACCEPTED, ""), (5, REJECTED, "INVALID HTS")], "rejected"),  # the newest decides
        ([(5, ACCEPTED, ""), (0, REJECTED, "INVALID HTS")], "accepted"),  # whichever is loaded last
        ([(0, REJECTED, "INVALID HTS"), (0, ACCEPTED, "")], "accepted"),  # of one day the last one
        ([(0, ACCEPTED, ""), (5, REJECTED, "DUPLICATE ENTRY")], "accepted"),  # which is what it says
        ([(0, REJECTED, "DUPLICATE ENTRY")], "rejected"),
        ([(0, REJECTED, "INVALID HTS"), (1, PENDING, "")], "pending"),
        ([(0, PENDING, ""), (1, ACCEPTED, "")], "accepted"),
    ],
)
def test_which_answer_counts(answers: list[tuple[int, ClaimStatus, str]], status: str) -> None:
    entry = EntryFactory.create()
    for days, answer, message in answers:
        store([line(2, entry.number, answer, message)], DAY + timedelta(days=days))
    assert claim(entry)[0] == status


def test_of_two_claims_in_one_file_the_later_row_counts() -> None:
    entry = EntryFactory.create()
    store([line(2, entry.number, ACCEPTED, claim="C9"), line(3, entry.number, REJECTED, "INVALID HTS", claim="C1")])
    assert claim(entry)[0] == "rejected"


def test_the_same_file_again_changes_nothing() -> None:
    entry = EntryFactory.create()
    rows = [line(2, entry.number, REJECTED, "INVALID HTS"), line(3, entry.number, REJECTED, "ENTRY ON DRAWBACK")]
    store(rows, sha256="a" * 64)
    history = entry.history.count()  # type: ignore[attr-defined]
    again = store(rows, sha256="a" * 64)
    assert (again.rows, again.changed) == (2, 0)
    assert ClaimResult.objects.count() == 2
    assert entry.history.count() == history  # type: ignore[attr-defined]


def test_what_a_corrected_reading_of_the_file_no_longer_says_is_taken_back() -> None:
    entry = EntryFactory.create()
    store([line(2, entry.number, ACCEPTED)], sha256="a" * 64)
    assert store([], sha256="a" * 64).changed == 1
    assert claim(entry) == ("", Verdict.ELIGIBLE)


def test_answers_about_entries_that_come_in_later() -> None:
    number = "B7603245278"
    store([line(2, number, ACCEPTED), line(3, "999", REJECTED)])
    entry = EntryFactory.create(number=number)
    assert attach_results() == [entry.pk]
    assert attach_results() == []
    entry.refresh_from_db()
    assert entry.claim_status == "accepted"


def test_the_number_of_statements_does_not_grow_with_the_rows(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    entries = EntryFactory.create_batch(60, importer=ImporterFactory.create())
    the_report = report()
    rows = [line(row, entry.number, REJECTED, "INVALID HTS") for row, entry in enumerate(entries, 2)]
    with django_assert_max_num_queries(21):
        store_results(the_report, rows, today=timezone.localdate())


def refund(row: int, number: str, **fields: Any) -> RejectedRow:
    about = {"entry_number": "", "amount": Decimal("5.00"), "rejected_on": DAY, "reason": "R03 No account"} | fields
    return RejectedRow(row, parse_importer_number(number), **about)


def test_rejected_refunds_find_their_importer_and_the_others_are_kept() -> None:
    importer = ImporterFactory.create(number_text="123-45-6789")
    the_report = ReportFactory.create(format="rev613", as_of=DAY)
    stored = store_rejected(the_report, [refund(2, "123-45-6789", entry_number="B7603245278"), refund(3, "98-7654321")])
    assert stored == Stored(2, 1, 0, ("98-7654321",))
    mine, other = RejectedRefund.objects.order_by("row")
    assert (mine.importer, mine.importer_number, mine.number_last4) == (importer, "", "6789")
    assert (mine.amount, mine.rejected_on, mine.reason, mine.as_of) == (Decimal(5), DAY, "R03 No account", DAY)
    assert (other.importer, other.importer_number) == (None, "98-7654321")


def test_of_a_social_security_number_nothing_whole_is_kept_or_told() -> None:
    the_report = ReportFactory.create(format="rev613")
    [unknown] = store_rejected(the_report, [refund(2, "123-45-6789")]).unknown
    [kept] = RejectedRefund.objects.all()
    assert unknown == f"•••-••-6789#{kept.fingerprint[:8]}"
    assert "123-45-6789" not in repr(RejectedRefund.objects.values()) + unknown


def test_the_same_rejected_refunds_again_change_nothing() -> None:
    for _ in range(2):
        store_rejected(ReportFactory.create(format="rev613", sha256="b" * 64), [refund(2, "98-7654321")])
    assert RejectedRefund.objects.count() == 1
