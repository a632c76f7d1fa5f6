"""The invented entries show what the portal can show of refunds, and are the same on every run."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from importers import demo as people
from importers.models import Readiness
from refunds import demo
from refunds.domain.eligibility import Verdict
from refunds.domain.entry_number import parse_entry_number
from refunds.models import CapeFile, ClaimResult, Entry, Pack, Payment, RejectedRefund
from refunds.services import stakes, verdicts

pytestmark = pytest.mark.django_db

IMPORTERS, ENTRIES = 8, 300


@pytest.fixture
def made() -> int:
    people.build(IMPORTERS)
    return demo.build(ENTRIES)


def test_every_verdict_that_the_rules_give_today_is_there(made: int) -> None:
    """The two first phases are open and the third has no date, so there is nothing that is not taken yet."""
    assert made == ENTRIES
    found = set(Entry.objects.values_list("verdict", flat=True))
    assert found == {str(verdict) for verdict in Verdict} - {Verdict.NOT_YET}


def test_verdicts_and_stakes_are_those_of_the_rules(made: int) -> None:
    assert verdicts.drift(Entry.objects.latest("assessed_on").assessed_on) == []
    assert list(stakes.drift()) == []
    assert Readiness.objects.filter(at_stake__gt=0).count() == IMPORTERS


def test_there_is_something_of_everything(made: int) -> None:
    assert Entry.objects.kept_aside().exists()
    assert Entry.objects.exclude(number__startswith="B76").exists()
    file, payment, pack = CapeFile.objects.get(), Payment.objects.get(), Pack.objects.get()
    assert set(ClaimResult.objects.values_list("status", flat=True)) == {"accepted", "rejected"}
    assert file.entries == ClaimResult.objects.count()
    assert payment.amount > payment.interest
    assert RejectedRefund.objects.get().importer is not None
    assert pack.importer == file.importer == payment.importer
    assert pack.possible_refund == Readiness.objects.get(importer=pack.importer).at_stake


def test_its_numbers_are_real_ones(made: int) -> None:
    for number in Entry.objects.values_list("number", flat=True):
        assert parse_entry_number(number).compact == number


def test_again_makes_nothing_and_more_makes_only_those(made: int) -> None:
    assert demo.build(ENTRIES) == 0
    assert demo.build(ENTRIES + 5) == 5
    assert (CapeFile.objects.count(), Payment.objects.count(), Pack.objects.count()) == (1, 1, 1)
    assert list(stakes.drift()) == []


def test_the_command_makes_both() -> None:
    call_command("seed_demo", "--importers", "2", "--entries", "20", stderr=(err := StringIO()), **{"verbosity": 0})
    assert "2 importers made" in err.getvalue()
    assert "20 entries made" in err.getvalue()
    assert Entry.objects.count() == 20


def test_no_entries_is_possible_and_fewer_is_not() -> None:
    call_command("seed_demo", "--importers", "1", "--entries", "0", stderr=StringIO())
    assert not Entry.objects.exists()
    with pytest.raises(CommandError):
        call_command("seed_demo", "--entries", "-1", stderr=StringIO())


@pytest.fixture(autouse=True)
def at_home(settings: object) -> None:
    """Demo people have a known password, so they are made while DEBUG is on only."""
    settings.DEBUG = True  # type: ignore[attr-defined]
