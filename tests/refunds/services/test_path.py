"""The path read from the database: right, and in one go."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from importers.models import BrokerFirm, ImporterOfRecord, Readiness
from refunds.domain.refund_path import MAKE_FILES, UPLOAD_FILES, Link, LinkKey, Path
from refunds.models import Payment, RejectedRefund
from refunds.services.cape import make_files
from refunds.services.path import by_urgency, paths_of
from refunds.services.waiting import release
from tests.factories import EntryFactory, ImporterFactory, ReportFactory, StaffFactory

pytestmark = pytest.mark.django_db


def at_stake(importer: ImporterOfRecord, **numbers: Any) -> None:
    Readiness.objects.filter(importer=importer).update(**numbers)


def paid(importer: ImporterOfRecord, day: date, amount: str = "10.00") -> Payment:
    by = {"recorded_at": timezone.now(), "recorded_by": StaffFactory.create()}
    return Payment.objects.create(importer=importer, paid_on=day, amount=Decimal(amount), **by)


def came_back(importer: ImporterOfRecord, day: date | None, amount: str = "75.00", **more: Any) -> RejectedRefund:
    report = more.pop("report", None) or ReportFactory.create(format="rev613", as_of=date(2026, 10, 1))
    number = {"number_kind": importer.number_kind, "number_last4": "0000", "fingerprint": importer.fingerprint}
    row = {"row": RejectedRefund.objects.count() + 2, "as_of": report.as_of, "reason": "Account closed"} | number | more
    return RejectedRefund.objects.create(
        report=report, importer=importer, amount=Decimal(amount), rejected_on=day, **row
    )


def path_of(importer: ImporterOfRecord) -> Path:
    row = ImporterOfRecord.objects.with_facts().select_related("readiness").get(pk=importer.pk)
    return paths_of([row], firm=BrokerFirm.current(), today=timezone.localdate())[0]


def texts(path: Path, key: LinkKey) -> list[tuple[str, dict[str, object]]]:
    return [
        (str(reason.template), dict(reason.params)) for link in path.links if link.key is key for reason in link.reasons
    ]


def claim(importer: ImporterOfRecord) -> Link:
    return next(link for link in path_of(importer).links if link.key is LinkKey.CLAIM)


def amounts(path: Path, key: LinkKey) -> list[object]:
    return [params.get("amount") for _text, params in texts(path, key)]


def test_entries_come_in_by_verdict() -> None:
    importer = ImporterFactory.create()
    EntryFactory.create(importer=importer, ieepa_duty=Decimal("10.10"))
    EntryFactory.create(importer=importer, ieepa_duty=Decimal("20.20"))
    EntryFactory.create(importer=importer, ieepa_duty=Decimal("5.00"), claim_status="accepted")
    EntryFactory.create()
    at_stake(importer, at_stake=Decimal("35.30"), act_until=timezone.localdate() + timedelta(days=3))
    path = path_of(importer)
    assert texts(path, LinkKey.ENTRIES)[0][1] == {"count": 3}
    assert texts(path, LinkKey.CLAIM)[0][1] == {"count": 2, "amount": Decimal("30.30")}
    assert texts(path, LinkKey.PAYMENT)[0][1] == {"count": 1, "amount": Decimal("5.00")}
    assert (path.dollars, path.days_left) == (Decimal("35.30"), 3)


def test_a_refund_that_came_back_counts_once_and_until_it_is_paid() -> None:
    importer = ImporterFactory.create()
    came_back(importer, date(2026, 5, 1), entry_number="B7603245278")
    came_back(importer, date(2026, 5, 1), entry_number="B7603245278")  # the next report has it too
    came_back(importer, date(2026, 5, 2), "25.00", reason="No account")
    came_back(ImporterFactory.create(), date(2026, 5, 2))
    (params,) = (params for _text, params in texts(path_of(importer), LinkKey.ACH_OR_4811))
    assert params == {"amount": Decimal("100.00"), "count": 2, "day": date(2026, 5, 2), "reason": "No account"}
    paid(importer, date(2026, 5, 1))
    assert amounts(path_of(importer), LinkKey.ACH_OR_4811) == [Decimal("25.00")]
    paid(importer, date(2026, 5, 2))
    assert amounts(path_of(importer), LinkKey.ACH_OR_4811) == [None]


def test_without_a_day_the_first_report_that_has_it_counts() -> None:
    importer = ImporterFactory.create()
    for as_of in (date(2026, 7, 1), date(2026, 6, 1)):
        came_back(importer, None, report=ReportFactory.create(as_of=as_of))
    ((_text, params),) = texts(path_of(importer), LinkKey.ACH_OR_4811)
    assert params["day"] == date(2026, 6, 1)


def test_files_that_were_made_are_to_be_uploaded_and_not_made_again() -> None:
    importer = ImporterFactory.create()
    EntryFactory.create(importer=importer)
    assert claim(importer).remedy == MAKE_FILES
    [file] = make_files(importer, by=StaffFactory.create(), today=timezone.localdate())
    assert claim(importer).remedy == UPLOAD_FILES
    assert texts(path_of(importer), LinkKey.CLAIM)[-1][1] == {"day": timezone.localdate(file.made_at)}
    release([file.pk], by=StaffFactory.create())  # it was never uploaded
    assert claim(importer).remedy == MAKE_FILES


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for importer in ImporterFactory.create_batch(count):
        EntryFactory.create(importer=importer)
        came_back(importer, date(2026, 5, 1))
        paid(importer, date(2026, 4, 1))
    rows = list(ImporterOfRecord.objects.with_facts().select_related("readiness"))
    firm = BrokerFirm.current()
    with django_assert_num_queries(4):
        found = paths_of(rows, firm=firm, today=timezone.localdate())
    assert [amounts(path, LinkKey.ACH_OR_4811) for path in found] == [[Decimal("75.00")]] * count


def test_what_is_lost_first_comes_first_as_the_domain_reckons() -> None:
    today = timezone.localdate()
    for dollars, days in ((9000, 80), (1000, 5), (20000, None), (500, -3), (0, 1), (None, None)):
        until = None if days is None else today + timedelta(days=days)
        at_stake(ImporterFactory.create(name=str(dollars)), at_stake=dollars, act_until=until)
    rows = list(by_urgency(Readiness.objects.select_related("importer"), today))
    assert [row.importer.name for row in rows] == ["500", "1000", "9000", "20000"]
    for row in rows:
        assert float(row.urgency) == pytest.approx(float(path_of(row.importer).urgency))  # type: ignore[attr-defined]
