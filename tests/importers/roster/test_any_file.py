"""Whatever is in the file: no traceback, and never half of it saved."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importers.domain.roster import COLUMNS
from importers.models import ImporterOfRecord
from importers.services.roster import read, save
from tests.factories import StaffFactory
from tests.lists import GOOD, csv_list, workbook, xlsx_list
from tests.lists import read as read_purely

HEADINGS = [name for column in COLUMNS for name in (column.english, column.danish)]
WORDS = [
    *map(str, GOOD.values()),
    "yes",
    "nej",
    "da",
    "EIN",
    "SSN",
    "12345678",
    "219-09-9999",
    "1E10",
    "=1+1",
    "DK",
    "",
]
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
CELL = st.one_of(
    st.sampled_from(WORDS), TEXT, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)
RELAXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"sep=", ",".join(GOOD).encode() + b"\n"):
        roster = read_purely(start + data)
        assert roster.errors or roster.entries


@given(st.binary(min_size=1, max_size=8), st.integers(0, 10_000))
@settings(max_examples=200, deadline=None)
def test_any_damage_to_a_workbook(noise: bytes, place: int) -> None:
    data = bytearray(xlsx_list(GOOD))
    place %= len(data)
    data[place : place + len(noise)] = noise
    roster = read_purely(bytes(data))
    assert roster.errors or roster.entries


def writable(cell: object) -> object:
    return cell if not isinstance(cell, int) or abs(cell) < 10**15 else str(cell)


@given(st.lists(st.lists(CELL, min_size=5, max_size=15), max_size=6), st.lists(st.sampled_from(HEADINGS), max_size=10))
@RELAXED
def test_any_cells(rows: list[list[object]], more: list[str]) -> None:
    clean = [[writable(cell) for cell in cells] for cells in rows]
    roster = read_purely(workbook({"A": [[*GOOD, *more], *clean]}))
    assert roster.rows >= len(roster.entries)
    assert roster.errors or roster.entries


@pytest.mark.django_db
@given(st.lists(st.dictionaries(st.sampled_from([*GOOD, "Officer", "Kind", "Phone"]), CELL, max_size=3), max_size=5))
@RELAXED
def test_all_or_nothing(changes: list[dict[str, object]]) -> None:
    clerk = StaffFactory()
    ImporterOfRecord.objects.all().delete()
    rows = [GOOD | {"Importer number": f"260101-{n:05d}"} | change for n, change in enumerate(changes)]
    listing = read("any.csv", csv_list(GOOD, *rows))
    outcome = save(listing, by=clerk)
    assert outcome.saved is (not listing.errors)
    assert ImporterOfRecord.objects.count() == (listing.rows if outcome.saved else 0)
