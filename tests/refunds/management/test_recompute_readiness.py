"""`recompute_readiness` with entries: verdicts and stakes are proven and put right too."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from importers.models import Readiness
from refunds.domain.eligibility import Verdict
from refunds.models import Entry
from refunds.services import stakes
from tests.factories import EntryFactory, ImporterFactory

pytestmark = pytest.mark.django_db


def check() -> str:
    err = StringIO()
    try:
        call_command("recompute_readiness", "--check", stderr=err)
    except CommandError as error:
        return err.getvalue() + str(error)
    return err.getvalue() + "fine"


def recompute() -> str:
    call_command("recompute_readiness", stderr=(err := StringIO()))
    return err.getvalue()


def test_all_is_well_when_it_is() -> None:
    EntryFactory()
    stakes.refresh(None)
    assert check().endswith("fine")


def test_a_wrong_verdict_is_named_and_put_right() -> None:
    entry = EntryFactory()
    stakes.refresh(None)
    Entry.objects.update(verdict=Verdict.CLOSED, verdict_rule="final")
    said = check()
    assert f"{entry.number}: is 'closed final', the rules say 'eligible phase-1'" in said
    assert "2 values of entries differ" in said  # the verdict, and the stakes that follow from it
    assert "1 verdicts changed" in recompute()
    assert check().endswith("fine")


def test_wrong_stakes_are_named_and_put_right() -> None:
    importer = EntryFactory().importer
    assert f"{importer.uuid}: at_stake is None, the entries say Decimal('1234.56')" in check()
    recompute()
    assert Readiness.objects.get(importer=importer).at_stake == Decimal("1234.56")
    assert check().endswith("fine")


def test_the_importers_own_part_is_still_proven() -> None:
    ImporterFactory()
    Readiness.objects.update(done=1)
    assert "values differ" in check()
    recompute()
    assert check().endswith("fine")
