"""The lists that the README names."""

from pathlib import Path

import pytest

from importers.models import ImporterOfRecord, PointOfContact
from importers.services.roster import read, save
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parents[2] / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def test_the_workbook_and_the_danish_csv_hold_the_same_list() -> None:
    clerk = StaffFactory()
    first = save(read("client-list.xlsx", sample("client-list.xlsx")), by=clerk)
    assert (first.saved, len(first.created), first.errors) == (True, 25, [])
    second = save(read("client-list.csv", sample("client-list.csv")), by=clerk)
    assert (second.saved, second.unchanged, second.errors) == (True, 25, [])
    assert {i.number_kind for i in ImporterOfRecord.objects.all()} == {"EIN", "SSN", "CBP_ASSIGNED"}
    assert PointOfContact.objects.count() == 24


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_the_broken_list_shows_one_damage_a_row(ending: str) -> None:
    listing = read("broken", sample(f"client-list-broken.{ending}"))
    assert (listing.rows, len(listing.wanted)) == (14, 1)
    assert len({error.code for error in listing.errors}) >= 11
    assert len({error.row for error in listing.errors}) == 13
