"""Invented entries for the demo's importers, over every verdict that the rules give: the same numbers and importers on
every run; only the days are counted from today."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pghistory
from django.db import transaction
from django.utils import timezone

from importers.domain.identifiers import parse_importer_number
from importers.models import ImporterOfRecord, Readiness, User
from importers.models.importer import number_columns
from refunds.domain.eligibility import ACCEPTED, REFUSED, Verdict, assess
from refunds.domain.entry_number import check_digit
from refunds.formats import cape_csv
from refunds.models import (
    CapeFile,
    CapeFileEntry,
    ClaimResult,
    Entry,
    Payment,
    RejectedRefund,
    Report,
    ReportState,
    RuleVersion,
)
from refunds.services import packs, stakes

FILER, ANOTHER_FILER = "B76", "316"
STRANGER = "98-76543210B"  # on no client list: its entries are kept aside
BATCH = 5000
NUMBER_COLUMNS = ("number_kind", "number_last4", "fingerprint")
CLAIM = "D2026DEMO1"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry; it comes `often` in a hundred. `liquidated` and `paid` count days back from today."""

    often: int
    liquidated: int | None = None
    paid: int | None = None
    duty: bool = True
    columns: dict[str, str] = field(default_factory=dict)


KINDS = (
    Kind(38),
    Kind(5, columns={"liquidation_status": "Suspended"}),
    Kind(4, columns={"liquidation_status": "Extended"}),
    Kind(8, liquidated=12),
    Kind(4, liquidated=75),
    Kind(1, liquidated=80),
    Kind(3, columns={"reconciliation": "Y"}),
    Kind(1, columns={"reconciliation": "Y", "entry_type": "03"}),
    Kind(6, liquidated=110),
    Kind(4, liquidated=240),
    Kind(2, liquidated=40, columns={"protest_number": "470126100001", "protest_status": "Open"}),
    Kind(1, columns={"control_status": "Rejected"}),
    Kind(1, columns={"entry_type": "47"}),
    Kind(4, duty=False),
    Kind(9, columns={"claim_status": ACCEPTED}),
    Kind(3, columns={"claim_status": REFUSED}),
    Kind(6, liquidated=50, paid=20, columns={"claim_status": ACCEPTED}),
)
HUNDRED = tuple(kind for kind in KINDS for _ in range(kind.often))


def build(count: int) -> int:
    """Makes what is not there yet of the first `count` entries; returns how many were made. All or nothing."""
    importers = list(ImporterOfRecord.objects.order_by("pk"))
    if not count or not importers:
        return 0
    with transaction.atomic():
        with _as_demo() as system:
            report = _report("es003", "ES-003 demo.csv", system)
            before = Entry.objects.count()
            rows = _rows(count, importers, report)
            while batch := list(islice(rows, BATCH)):
                Entry.objects.bulk_create(batch, ignore_conflicts=True)
            made = Entry.objects.count() - before
            if made:
                _follow_up(importers, system)
                stakes.refresh(None)
        if made:
            _share(importers, system)
    return made


@contextmanager
def _as_demo() -> Iterator[User]:
    """For the rows that no deed makes."""
    system = User.objects.system()
    with pghistory.context(by=system.pk, who=str(system), action="demo data"):
        yield system


def _report(format_: str, name: str, by: User) -> Report:
    now = timezone.now()
    columns = {
        "format": format_,
        "file_name": name,
        "size": 0,
        "as_of": timezone.localdate(),
        "uploaded_at": now,
        "finished_at": now,
        "uploaded_by": by,
        "state": ReportState.DONE,
    }
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return Report.objects.get_or_create(sha256=sha256, defaults=columns)[0]


def _rows(count: int, importers: Sequence[ImporterOfRecord], report: Report) -> Iterator[Entry]:
    """Two in five are of the first importer who is through: so one has a long list, and the others some."""
    rules, today = RuleVersion.objects.rules(), timezone.localdate()
    largest = _ready(importers) or importers[0]
    stranger = {"importer": None, "importer_name": "Ukendt Import ApS", **_number_of(STRANGER)}
    owners = [{"importer": one, "importer_name": one.name, **_number_of(one)} for one in importers]
    largest_owner = owners[importers.index(largest)]
    for place in range(count):
        owner = stranger if place % 50 == 7 else largest_owner if place % 5 < 2 else owners[place // 5 % len(owners)]
        row = Entry(report=report, as_of=report.as_of, assessed_on=today, rules_version=rules.version)
        for name, value in {**owner, **_facts(place, rules.first_entry, today)}.items():
            setattr(row, name, value)
        decision = assess(row.facts, rules, today)
        row.verdict, row.verdict_rule, row.act_until = decision.verdict, decision.rule, decision.act_until
        yield row


def _number_of(whose: ImporterOfRecord | str) -> dict[str, str]:
    if isinstance(whose, ImporterOfRecord):
        return {"importer_number": whose.number} | {name: getattr(whose, name) for name in NUMBER_COLUMNS}
    columns = number_columns(parse_importer_number(whose))
    return {"importer_number": columns.pop("number"), **columns}


def _facts(place: int, first_day: date, today: date) -> dict[str, Any]:
    kind = HUNDRED[place * 37 % 100]
    ten = f"{ANOTHER_FILER if place % 29 == 5 else FILER}{1_000_000 + place:07d}"
    liquidated = today - timedelta(days=kind.liquidated) if kind.liquidated is not None else None
    entered = first_day + timedelta(days=place * 13 % 380)
    duty = Decimal(place * 7919 % 900_000 + 2500) / 100 if kind.duty else Decimal(0)
    return {
        "number": ten + check_digit(ten),
        "entry_type": "01",
        "port": ("4701", "1001", "2704", "5301")[place % 4],
        "entry_date": entered,
        "summary_date": entered + timedelta(days=10),
        "liquidation_date": liquidated,
        "liquidation_status": "Liquidated" if liquidated else "Not Liquidated",
        "reconciliation": "N",
        "control_status": "CBP",
        "lines": place % 4 + 1,
        "ieepa_duty": duty,
        "paid_on": today - timedelta(days=kind.paid) if kind.paid is not None else None,
    } | kind.columns


def _ready(importers: Sequence[ImporterOfRecord]) -> ImporterOfRecord | None:
    ready = set(Readiness.objects.filter(stage="ready").values_list("importer_id", flat=True))
    return next((one for one in importers if one.pk in ready), None)


def _follow_up(importers: Sequence[ImporterOfRecord], by: User) -> None:
    """What went to CAPE for the importer with most entries and what came back; what was paid, and what could not be."""
    largest = _ready(importers) or importers[0]
    claimed = list(Entry.objects.filter(importer=largest).exclude(claim_status="").order_by("number"))
    if claimed and not CapeFile.objects.filter(importer=largest).exists():
        _claim(largest, claimed[: cape_csv.MOST_ENTRIES], by)
    paid = [entry for entry in claimed if entry.verdict == Verdict.PAID]
    if paid and not Payment.objects.filter(importer=largest).exists():
        duty = sum((entry.ieepa_duty for entry in paid), Decimal(0))
        interest = (duty * Decimal("0.041")).quantize(Decimal("0.01"))
        Payment.objects.create(
            importer=largest,
            paid_on=paid[0].paid_on or timezone.localdate(),
            liquidation_date=paid[0].liquidation_date,
            amount=duty + interest,
            interest=interest,
            recorded_at=timezone.now(),
            recorded_by=by,
        )
    _rejected_refund(importers[-1], by)


def _claim(importer: ImporterOfRecord, entries: Sequence[Entry], by: User) -> None:
    [data] = cape_csv.write(entry.number for entry in entries)
    file = CapeFile.objects.create(
        importer=importer,
        name="cape-demo.csv",
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        entries=len(entries),
        possible_refund=sum((entry.ieepa_duty for entry in entries), Decimal(0)),
        made_at=timezone.now() - timedelta(days=60),
        made_by=by,
        rules_version=entries[0].rules_version,
    )
    CapeFileEntry.objects.bulk_create((CapeFileEntry(file=file, entry=one) for one in entries), batch_size=BATCH)
    report = _report("cape_result", "CAPE result demo.csv", by)
    ClaimResult.objects.bulk_create(
        (_result(report, row, entry) for row, entry in enumerate(entries, 2)), batch_size=BATCH, ignore_conflicts=True
    )


def _result(report: Report, row: int, entry: Entry) -> ClaimResult:
    is_refused = entry.claim_status == REFUSED
    return ClaimResult(
        report=report,
        row=row,
        entry_number=entry.number,
        entry=entry,
        claim_number=CLAIM,
        status=entry.claim_status,
        status_text="Rejected" if is_refused else "Accepted",
        message="UNABLE TO CALCULATE DUTY" if is_refused else "",
        as_of=report.as_of,
    )


def _rejected_refund(importer: ImporterOfRecord, by: User) -> None:
    report = _report("rev613", "REV-613 demo.csv", by)
    columns = {
        "importer": importer,
        **_number_of(importer),
        "amount": Decimal("4812.50"),
        "rejected_on": report.as_of - timedelta(days=5),
        "reason": "NO ACH REFUND ACCOUNT ON FILE",
        "as_of": report.as_of,
    }
    RejectedRefund.objects.get_or_create(report=report, row=2, defaults=columns)


def _share(importers: Sequence[ImporterOfRecord], by: User) -> None:
    """One pack: the importer sees its entries."""
    largest = _ready(importers)
    if largest and Entry.objects.filter(importer=largest).exists() and packs.newest(largest) is None:
        packs.publish(largest, by=by)
