from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from importers.domain.errors import Msgid
from importers.models import BrokerFirm, ImporterOfRecord
from refunds.formats.cape_csv import check
from refunds.models import CapeFile, ClaimResult
from refunds.services import cape
from refunds.services.cape import CapePlan, make_all, make_files, plan
from tests.factories import EntryFactory, ImporterFactory, ReportFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def importer() -> ImporterOfRecord:
    BrokerFirm.current()
    BrokerFirm.objects.update(filer_code="B76")
    return ImporterFactory.create(name="Nordlys Ærø A/S")


def today() -> date:
    return timezone.localdate()


def codes(made: CapePlan) -> list[str]:
    return [warning.code for warning in made.warnings]


def test_what_goes_in_and_why_every_other_entry_does_not(importer: ImporterOfRecord) -> None:
    goes = EntryFactory.create(importer=importer, ieepa_duty=Decimal("10.05"))
    again = EntryFactory.create(importer=importer, ieepa_duty=Decimal("1.00"), claim_status="rejected")
    out = [
        EntryFactory.create(importer=importer, entry_type="47"),
        EntryFactory.create(importer=importer, claim_status="accepted"),
        EntryFactory.create(importer=importer, claim_status="pending"),
        EntryFactory.create(importer=importer, ieepa_duty=Decimal(0)),
        EntryFactory.create(importer=importer, liquidation_date=today() - timedelta(days=81)),
    ]
    EntryFactory.create()
    made = plan(importer, today=today())
    assert {entry.number for entry in made.entries} == {goes.number, again.number}
    assert made.possible_refund == Decimal("11.05")
    assert {one.entry.number for one in made.excluded} == {entry.number for entry in out}
    assert all(one.reason.told() and one.code for one in made.excluded)
    assert len({one.reason.told() for one in made.excluded}) == 5
    assert made.warnings == []


def test_the_day_counts_and_not_the_day_of_the_stored_verdict(importer: ImporterOfRecord) -> None:
    entry = EntryFactory.create(importer=importer, liquidation_date=today() - timedelta(days=80))
    assert [one.number for one in plan(importer, today=today()).entries] == [entry.number]
    assert plan(importer, today=today() + timedelta(days=1)).entries == []


def test_entries_of_another_broker_are_told_and_go_in(importer: ImporterOfRecord) -> None:
    EntryFactory.create(importer=importer)
    EntryFactory.create(importer=importer, number="31625093146")
    made = plan(importer, today=today())
    assert (len(made.entries), codes(made)) == (2, ["other_filer"])
    assert "(entries: 1)" in made.warnings[0].message
    assert "316-2509314-6" in made.warnings[0].message


def test_without_a_filer_code_nobody_can_tell(importer: ImporterOfRecord) -> None:
    BrokerFirm.objects.update(filer_code="")
    assert codes(plan(importer, today=today())) == ["filer_code_unknown"]


def test_files_are_kept_as_they_were_made(importer: ImporterOfRecord) -> None:
    by = StaffFactory.create()
    entry = EntryFactory.create(importer=importer)
    EntryFactory.create(importer=importer, entry_type="47")
    [file] = make_files(importer, by=by, today=today())
    kept = CapeFile.objects.get(pk=file.pk)
    assert bytes(kept.data) == f"Entry Number\r\n{entry.number}\r\n".encode()
    assert check(bytes(kept.data)).accept
    assert (kept.entries, kept.possible_refund, kept.made_by) == (1, entry.ieepa_duty, by)
    assert [one.entry for one in kept.contents.all()] == [entry]  # type: ignore[attr-defined]
    assert kept.name == f"CAPE-nordlys-aero-as-{importer.pk}-{today().isoformat()}-1.csv"


def test_more_than_a_file_takes_is_split(importer: ImporterOfRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refunds.formats.cape_csv.MOST_ENTRIES", 2)
    EntryFactory.create_batch(3, importer=importer)
    files = make_files(importer, by=StaffFactory.create(), today=today())
    assert [file.entries for file in files] == [2, 1]
    assert len({file.name for file in files}) == 2
    assert all(bytes(f.data).count(b"\r\n") == f.entries + 1 == f.contents.count() + 1 for f in files)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("message", "told"), [("ENTRY ON DRAWBACK", ["rejected"]), ("FLAGGED FOR RECON", [])])
def test_what_would_come_back_the_same_is_told(importer: ImporterOfRecord, message: str, told: list[str]) -> None:
    entry = EntryFactory.create(importer=importer, claim_status="rejected")
    ClaimResult.objects.create(
        report=ReportFactory.create(format="cape_result"), row=2, entry_number=entry.number, entry=entry,
        status="rejected", status_text="Rejected", message=message, as_of=today(),
    )  # fmt: skip
    made = plan(importer, today=today())
    assert (len(made.entries), codes(made)) == (1, told)
    assert all(entry.canonical in warning.message for warning in made.warnings)


def test_an_entry_counts_once_whatever_ace_adds_to_the_message(importer: ImporterOfRecord) -> None:
    entry = EntryFactory.create(importer=importer, claim_status="rejected")
    report = ReportFactory.create(format="cape_result")
    for row in (2, 3):
        ClaimResult.objects.create(
            report=report, row=row, entry_number=entry.number, entry=entry, status="rejected", status_text="Rejected",
            message=f"ENTRY ON DRAWBACK {row}", as_of=today(),
        )  # fmt: skip
    [warning] = plan(importer, today=today()).warnings
    assert warning.params["count"] == 1


COUNTING = {name: text for name, text in vars(cape).items() if isinstance(text, Msgid) and "%(count)" in text}


@pytest.mark.parametrize("name", COUNTING)
def test_a_warning_reads_well_for_one_and_for_many(name: str) -> None:
    assert "(entries: %(count)s)" in COUNTING[name]


def test_nothing_to_claim_makes_no_file(importer: ImporterOfRecord) -> None:
    EntryFactory.create(importer=importer, entry_type="47")
    assert make_files(importer, by=StaffFactory.create(), today=today()) == []


def test_importers_are_taken_in_the_order_in_which_an_import_takes_them(importer: ImporterOfRecord) -> None:
    later = ImporterFactory.create(name="Aarhus ApS")
    for one in (importer, later):
        EntryFactory.create(importer=one)
    files = make_all([later, importer], by=StaffFactory.create(), today=today())
    assert [file.importer_id for file in files] == sorted([importer.pk, later.pk])


def test_where_no_report_told_of_liquidation_it_is_said() -> None:
    told = EntryFactory(liquidation_status="Not Liquidated")
    silent = EntryFactory(importer=told.importer, liquidation_status="")
    made = plan(told.importer, today=timezone.localdate())
    assert len(made.entries) == 2
    [warning] = [one for one in made.warnings if one.code == "liquidation_not_told"]
    assert silent.canonical in warning.message
    assert told.canonical not in warning.message
