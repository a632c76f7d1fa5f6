"""What CBP paid: entries of that liquidation date become paid, and the stakes follow."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pghistory.models import Events

from importers.domain.errors import RuleViolation
from importers.models import ImporterOfRecord, User
from refunds.domain.eligibility import ACCEPTED, Verdict
from refunds.models import Entry, Payment
from refunds.services import stakes
from refunds.services.payments import Expected, expected, record, take_back
from tests.factories import EntryFactory, ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db
LIQUIDATED, OTHER = date(2026, 6, 5), date(2026, 7, 3)


@pytest.fixture
def importer() -> ImporterOfRecord:
    found: ImporterOfRecord = ImporterFactory.create()
    for day, duty, claim in ((LIQUIDATED, "100.00", ACCEPTED), (LIQUIDATED, "50.00", ACCEPTED),
                             (LIQUIDATED, "7.00", ""), (OTHER, "20.00", ACCEPTED), (None, "9.00", "")):  # fmt: skip
        EntryFactory.create(importer=found, liquidation_date=day, ieepa_duty=Decimal(duty), claim_status=claim)
    EntryFactory.create(liquidation_date=LIQUIDATED, claim_status=ACCEPTED)
    stakes.refresh(None)
    return found


def recorded(importer: ImporterOfRecord, by: User | None = None, **fields: Any) -> Payment:
    given: dict[str, Any] = {
        "paid_on": date(2026, 8, 1), "liquidation_date": LIQUIDATED, "amount": Decimal("154.20"),
        "interest": Decimal("4.20"), "note": "",
    }  # fmt: skip
    return record(importer, by=by or StaffFactory.create(), **given | fields)


def paid(importer: ImporterOfRecord) -> list[Decimal]:
    rows = Entry.objects.filter(importer=importer, verdict=Verdict.PAID, paid_on__isnull=False)
    return sorted(rows.values_list("ieepa_duty", flat=True))


def test_claimed_entries_of_that_date_and_importer_become_paid(importer: ImporterOfRecord) -> None:
    recorded(importer)
    assert paid(importer) == [Decimal("50.00"), Decimal("100.00")]
    assert Entry.objects.filter(paid_on__isnull=False).exclude(importer=importer).count() == 0


def test_what_is_paid_is_no_longer_at_stake(importer: ImporterOfRecord) -> None:
    importer.readiness.refresh_from_db()
    before = importer.readiness.at_stake
    recorded(importer)
    importer.readiness.refresh_from_db()
    assert before is not None
    assert importer.readiness.at_stake == before - Decimal("150.00")


def test_without_a_date_only_the_money_is_noted(importer: ImporterOfRecord) -> None:
    recorded(importer, liquidation_date=None)
    assert paid(importer) == []
    assert expected(importer)[-1].paid == Decimal("154.20")


def test_who_recorded_it_stands_with_it_and_in_the_history(importer: ImporterOfRecord) -> None:
    kirsten = StaffFactory.create(name="Kirsten Holm")
    payment = recorded(importer, by=kirsten, note=" from ACE ")
    assert (payment.recorded_by, payment.note) == (kirsten, "from ACE")
    assert Events.objects.tracks(payment).get().pgh_context["who"] == "Kirsten Holm"
    changed = Entry.objects.filter(importer=importer, verdict=Verdict.PAID).first()
    assert changed is not None
    assert {event.pgh_context["action"] for event in Events.objects.tracks(changed)} == {"record payment"}


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a day to come": ("future", {"paid_on": date(2199, 1, 1)}),
    "nothing": ("amount", {"amount": Decimal("0.00"), "interest": None}),
    "more interest than money": ("interest", {"interest": Decimal("154.21")}),
    "interest below zero": ("interest", {"interest": Decimal("-0.01")}),
    "paid before it was liquidated": ("liquidation", {"paid_on": date(2026, 6, 4)}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_saved(importer: ImporterOfRecord, case: str) -> None:
    code, fields = REFUSED[case]
    with pytest.raises(RuleViolation) as refused:
        recorded(importer, **fields)
    assert refused.value.code == code
    assert (Payment.objects.count(), paid(importer)) == (0, [])


def test_pressed_twice_is_recorded_once(importer: ImporterOfRecord) -> None:
    recorded(importer)
    with pytest.raises(RuleViolation) as refused:
        recorded(importer, note="again")
    assert refused.value.code == "twice"
    assert Payment.objects.count() == 1
    recorded(importer, is_another=True)
    assert Payment.objects.count() == 2


def test_what_was_recorded_wrongly_is_taken_back(importer: ImporterOfRecord) -> None:
    importer.readiness.refresh_from_db()
    before = importer.readiness.at_stake
    kirsten = StaffFactory.create(name="Kirsten Holm")
    payment = recorded(importer)
    earlier = recorded(importer, paid_on=date(2026, 7, 1))
    take_back(payment, by=kirsten)
    assert set(Entry.objects.filter(verdict=Verdict.PAID).values_list("paid_on", flat=True)) == {earlier.paid_on}
    take_back(earlier, by=kirsten)
    take_back(earlier, by=kirsten)  # pressed twice
    assert (paid(importer), Payment.objects.count()) == ([], 0)
    assert Entry.objects.filter(verdict=Verdict.CLAIMED, importer=importer, liquidation_date=LIQUIDATED).count() == 2
    importer.readiness.refresh_from_db()
    assert importer.readiness.at_stake == before
    assert ("take back payment", "Kirsten Holm") in {
        (event.pgh_context["action"], event.pgh_context["who"]) for event in Events.objects.tracks(payment)
    }


def test_bank_details_are_refused(importer: ImporterOfRecord) -> None:
    with pytest.raises(RuleViolation):
        recorded(importer, note="routing number 021000021, account 123456789")
    assert Payment.objects.count() == 0


def test_paid_today_is_not_the_future(importer: ImporterOfRecord) -> None:
    assert recorded(importer, paid_on=timezone.localdate()).pk


def test_expected_against_paid_by_liquidation_date(importer: ImporterOfRecord) -> None:
    assert expected(importer) == [
        Expected(OTHER, 1, Decimal("20.00"), Decimal("20.00")),
        Expected(LIQUIDATED, 2, Decimal("150.00"), Decimal("150.00")),
    ]
    recorded(importer, amount=Decimal("140.00"), interest=Decimal("4.00"))
    recorded(importer, amount=Decimal("10.00"), interest=None)
    row = expected(importer)[1]
    assert (row.claimed, row.open, row.paid, row.interest) == (150, 0, Decimal("150.00"), Decimal("4.00"))
    assert row.difference == Decimal("-4.00")
