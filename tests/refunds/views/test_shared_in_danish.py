"""No text of the importer's page stays as it was in English: both are laid side by side, in every state that shows
other words."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.domain.checklist import Stage
from importers.models import BrokerFirm, ImporterOfRecord, Readiness, User
from refunds.domain.eligibility import Verdict
from refunds.domain.rules import Ground
from refunds.models import ClaimResult, Entry
from refunds.services.packs import publish
from tests.factories import AccessFactory, EntryFactory, PaymentFactory, ReportFactory, StaffFactory
from tests.test_translations import Danish

pytestmark = pytest.mark.django_db
# The same in both.
ALIKE = {"ace", "csv", "excel", "excel xlsx", "dansk", "english", "status", "protest", "usd", "nordlys cykler aps"}
MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|januar|februar|marts|maj|juni|juli|oktober"
)
GROUNDS = [
    *((verdict, "phase-1") for verdict in Verdict),
    *((Verdict.HELD, ground) for ground in (Ground.PROTEST, Ground.NOT_ACCEPTED, Ground.TRADE_CONTROL)),
    *((Verdict.HELD, ground) for ground in (Ground.NO_LIQUIDATION_DATE, Ground.NO_PHASE)),
    *((Verdict.EXCLUDED, ground) for ground in (Ground.ENTRY_DATES, Ground.ENTRY_TYPE)),
]


@pytest.fixture
def importer() -> ImporterOfRecord:
    return AccessFactory.create(importer__name="Nordlys Cykler ApS").importer


@pytest.fixture
def staff() -> User:
    return StaffFactory.create()


def of_every_kind(importer: ImporterOfRecord, staff: User) -> None:
    """Every verdict on every ground that says something of its own, at all times; shared twice; with answers since."""
    today, report = timezone.localdate(), ReportFactory.create()
    for verdict, rule in GROUNDS:
        for ago in (None, 0, 120):
            liquidated = None if ago is None else today - timedelta(ago)
            kept = {"verdict": verdict, "verdict_rule": rule, "liquidation_date": liquidated, "report": report}
            EntryFactory.create(importer=importer, **kept)
    EntryFactory.create(importer=importer, report=report, liquidation_status="")
    for share in (1, 2):
        Entry.objects.filter(pk=importer.entries.latest("pk").pk).update(ieepa_duty=Decimal(share))  # type: ignore[attr-defined]
        publish(importer, by=staff)
    answered = importer.entries.order_by("pk")[:3]  # type: ignore[attr-defined]
    for row, (entry, status) in enumerate(zip(answered, ("accepted", "rejected", "accepted"), strict=True)):
        ClaimResult.objects.create(
            report=report, row=row, entry_number=entry.number, entry=entry, status=status, as_of=today
        )
        Entry.objects.filter(pk=entry.pk).update(claim_status=status, paid_on=date(2026, 7, 1) if row == 2 else None)
    PaymentFactory.create(importer=importer)


def plain(text: str) -> str:
    """Without what is written otherwise in the other language though it is no word: figures, dates and money."""
    words = re.sub(rf"[\W\d_]+|\b(?:{MONTHS}|usd)\b", " ", text.lower()).split()
    return " ".join(words) if max(map(len, words), default=0) > 1 else ""


def texts(client: Client, address: str, language: str) -> set[str]:
    client.cookies["django_language"] = language
    response = client.get(address)
    assert response.status_code == 200
    page = response.content.decode().replace('<html lang="en">', "<html>")  # of that, nothing would be read
    read = set(map(plain, Danish(page).texts))
    assert len(read) > len(ALIKE)
    return read


def untranslated(client: Client, address: str) -> set[str]:
    firm = BrokerFirm.current()
    names = set(map(plain, (firm.name, f"{firm.contact_name}, {firm.name}", firm.email)))
    return texts(client, address, "en") & texts(client, address, "da") - ALIKE - names - {""}


def signed_in(importer: ImporterOfRecord) -> Client:
    client = Client()
    client.force_login(importer.accesses.get().user)
    return client


def assert_danish(importer: ImporterOfRecord) -> None:
    client, address = signed_in(importer), reverse("refunds", args=[importer.uuid])
    found: set[str] = set()
    for query in ("", "?page=2", "?page=3", "?q=nothing"):
        found |= untranslated(client, address + query)
    assert not found, "\n".join(sorted(found))


def test_before_anything_is_shared(importer: ImporterOfRecord) -> None:
    assert_danish(importer)


@pytest.mark.parametrize("filer_code", ["B76", "316"])
@pytest.mark.parametrize("stage", [Stage.INVITED, Stage.READY])
def test_what_is_shared(importer: ImporterOfRecord, staff: User, filer_code: str, stage: Stage) -> None:
    of_every_kind(importer, staff)
    BrokerFirm.objects.update_or_create(pk=1, defaults={"filer_code": filer_code})
    Readiness.objects.filter(importer=importer).update(stage=stage)
    assert_danish(importer)


def test_after_the_last_days(importer: ImporterOfRecord, staff: User) -> None:
    of_every_kind(importer, staff)
    with time_machine.travel(timezone.now() + timedelta(200), tick=False):
        assert_danish(importer)
