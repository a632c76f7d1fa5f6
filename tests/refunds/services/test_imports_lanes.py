"""Both ways of reading a report say the same, and for plain is taken only what the readers take so."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

import polars as pl
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from importers.domain.errors import LineError, RuleViolation
from importers.domain.sheets.separated import LONGEST_LINE
from refunds.domain.entry_number import parse_entry_number
from refunds.formats import es003
from refunds.formats.cells import money
from refunds.formats.recognition import open_report
from refunds.models import Entry
from refunds.services import judging, keeping, staging
from refunds.services.judging import MOST_KNOWN, PLAIN_AMOUNT, Judged, _taken, as_money, plain_numbers
from refunds.services.reports import RefusedError
from refunds.services.staging import Lines, NotPlainError, straight
from tests.factories import ImporterFactory
from tests.refunds.services.entry_reports import HEADINGS, KNOWN, OTHER, entry_number, line, load, report

pytestmark = pytest.mark.django_db
MANY = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SAVED = ("number", "importer_number", "entry_type", "entry_date", "liquidation_date", "ieepa_duty", "lines", "verdict")


def is_read(reader: Any, text: str) -> object:
    try:
        return reader(text)
    except RuleViolation:
        return None


@MANY
@given(st.lists(st.from_regex(r"\A[0-9A-Z]{3}-?[0-9]{7}-?[0-9]\Z") | st.text("B760-1 a٣", max_size=13), max_size=50))
def test_plain_entry_numbers_are_those_that_the_reader_takes(texts: list[str]) -> None:
    numbers = pl.Series(texts, dtype=pl.String)
    plain = set(numbers.filter(plain_numbers(numbers)))
    for text in texts:
        try:
            taken = parse_entry_number(text).compact == text.replace("-", "")
        except RuleViolation:
            taken = False
        assert (text in plain) <= taken
        if taken and text.count("-") in (0, 2) and "a" not in text:
            assert text in plain


AMOUNTS = st.from_regex(r"\A\$?[0-9]{0,4}(,[0-9]{1,4}){0,4}(\.[0-9]{0,3})?\Z") | st.text("$1,.-() ٣", max_size=9)


@given(st.lists(AMOUNTS, max_size=30))
def test_plain_amounts_are_read_as_they_are_cast(texts: list[str]) -> None:
    amounts = pl.Series(texts, dtype=pl.String)
    for text in amounts.filter(amounts.str.contains(PLAIN_AMOUNT)):
        [cast] = pl.Series([text]).to_frame("t").select(as_money(pl.col("t")))["t"]
        assert is_read(money, text) == cast


def outcome_of(data: bytes) -> tuple[tuple[object, ...], list[LineError]]:
    outcome = load(data, skip_bad_rows=True)
    saved = list(Entry.objects.order_by("number").values_list(*SAVED))
    Entry.objects.all().delete()
    errors = sorted(outcome.errors, key=lambda error: (error.row, error.column, error.code))
    return (outcome.lines, outcome.entries, outcome.created, outcome.importers, saved), errors


@contextmanager
def undone() -> Iterator[None]:
    """The locks of hundreds of temporary tables do not fit into one transaction."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


CELLS = {
    "number": ["B76-0324527-8", "B7603245278", "b76-0324527-8", "B76-0324527-1", "", " 316-2509314-6", "1E+10"],
    "importer": [KNOWN, OTHER, "12-3456789", "123456789", "12-3456789OI", ""],
    "date": ["06/02/2025", "6/2/2025", "2025-06-02", "13/13/2025", "01/01/1999", ""],
    "duty": ["$1,234.56", "$0.00", "12", "1,23", "-5", "($5.00)", "5.5", "$", "0.001"],
    "hts": ["99030125", "9903.01.25", "8712004800", "990", "9903012"],
    "line": ["1", "001", "2", "x", ""],
    "name": ["Nordlys ApS", 'A "quoted" name', "a\nb", "Søren, & Co", "=1+1", "a\\.b"],
    "liquidated": ["", "04/12/2026", "04/13/2026"],
}
LINES = st.lists(st.fixed_dictionaries({}, optional={name: st.sampled_from(cells) for name, cells in CELLS.items()}))


@MANY
@given(LINES.map(lambda lines: report(*(line(number, **cells) for number, cells in enumerate(lines, 1)))))
def test_both_lanes_say_the_same_and_tell_what_the_reader_of_single_rows_tells(data: bytes) -> None:
    with undone():
        ImporterFactory.create(number_text=KNOWN)
        fast, errors = outcome_of(data)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(judging, "straight", not_plain)
            careful, careful_errors = outcome_of(data)
    assert (fast, errors) == (careful, careful_errors)
    assert places_of(errors) == told_by_reader(data)


# What no reader of single rows can tell.
BETWEEN_ROWS = ("duplicate", "contradiction", "no_rows")


def told_by_reader(data: bytes) -> list[tuple[object, ...]]:
    with open_report([data]) as recognised:
        return places_of(es003.read(recognised.rows, today=timezone.localdate()).errors)


def places_of(errors: list[LineError]) -> list[tuple[object, ...]]:
    return sorted((error.row, error.column, error.code) for error in errors if error.code not in BETWEEN_ROWS)


def not_plain(*_: object) -> NoReturn:
    raise NotPlainError


def test_a_plain_file_takes_the_straight_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "careful", lambda *_: pytest.fail("read row by row"))
    assert load(report(line(name="Søren, & Co"), preamble="Parameters,x\r\n")).saved


def with_ends(*ends: str) -> bytes:
    """Each row of a report with one more cell to the right, the headings first."""
    rows = report(*(line(serial) for serial in range(1, len(ends)))).decode().splitlines()
    return "".join(f"{row},{end}\r\n" for row, end in zip(rows, ends, strict=True)).encode()


def test_what_stands_to_the_right_of_the_headings_is_told() -> None:
    """A comma in a name has moved all that follows."""
    outcome = load(with_ends("", "", "Liquidated"))
    assert [(error.row, error.code) for error in outcome.errors] == [(3, "too_many_cells")]


@pytest.mark.parametrize("end", ["", "  "])
def test_a_column_with_nothing_in_it_is_plain(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "careful", lambda *_: pytest.fail("read row by row"))
    assert load(with_ends("", end, end)).saved


@pytest.mark.parametrize("sign", [" ", "\t", "\u00a0"])
def test_a_row_of_blanks_is_none(sign: str) -> None:
    blank = ",".join([sign, *[""] * 10])
    outcome = load(report(line()) + f"{blank}\r\n".encode())
    assert (outcome.lines, outcome.errors) == (1, [])


@pytest.mark.parametrize("lane", ["straight", "careful"])
def test_lines_of_one_entry_may_stand_far_apart(lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In other pieces of the file, and with what was read there before."""
    numbers = [*range(1, 9)] * 3
    lines = [line(serial, line=str(place), duty="$0.10") for place, serial in enumerate(numbers)]
    lines[20] |= {"line": "004"}  # entry 5 for the second time
    lines[5] |= {"importer": "123456789"}  # entry 6, and 7 in another piece
    lines[22] |= {"importer": "123456789"}
    lines[23] |= {"date": "06/03/2025"}  # entry 8 otherwise
    monkeypatch.setattr(keeping, "PIECE", 500)
    monkeypatch.setattr(staging, "BATCH", 5)
    monkeypatch.setattr(judging, {"straight": "careful", "careful": "straight"}[lane], not_plain)
    outcome = load(report(*lines), skip_bad_rows=True)
    assert [(error.row, error.code) for error in outcome.errors] == [
        (7, "ambiguous"), (22, "duplicate"), (24, "ambiguous"), (25, "contradiction"),
    ]  # fmt: skip
    assert (outcome.lines, outcome.entries) == (24, 8)
    saved = Entry.objects.order_by("number").values_list("number", "lines", "ieepa_duty")
    assert list(saved) == [(entry_number(serial).replace("-", ""), 3, Decimal("0.30")) for serial in range(1, 5)]


def test_a_line_without_end_is_not_held_whole() -> None:
    head, taken = report(line()), []

    def pieces() -> Iterator[bytes]:
        for piece in [head, *[b"x" * LONGEST_LINE] * 9]:
            taken.append(piece)
            yield piece

    with open_report([head]) as recognised, pytest.raises(NotPlainError):
        list(staging.straight(pieces(), recognised.headed))
    assert len(taken) <= 4


def test_where_the_parser_breaks_down_our_own_reader_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*_: object, **options: object) -> NoReturn:
        raise pl.exceptions.PanicException

    monkeypatch.setattr(staging.pl, "read_csv", panic)
    assert load(report(line())).saved


@MANY
@given(st.data())
def test_a_mangled_file_never_breaks_the_import(data: st.DataObject) -> None:
    whole = bytearray(report(*(line(serial) for serial in range(1, 6))))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4) | st.sampled_from(
            [b'"', b",", b"\r\n", b"\n\n", b"\\.\n", b"\0", "æ".encode(), b"\xe6", b"=", b"99999999999"]
        ))  # fmt: skip
    with undone():
        try:
            outcome = load(bytes(whole))
        except RefusedError:
            return
        assert Entry.objects.count() == (outcome.entries if outcome.saved else 0)
        assert outcome.saved or outcome.errors


HEADED = b",".join(heading.encode() for heading in HEADINGS.values())
WHOLE = report(*(line(serial) for serial in range(1, 30)))
WITH_REMARKS = WHOLE.replace(HEADED, HEADED + b",Remarks").replace(b"Liquidated\r\n", b"Liquidated,\r\n")
WIDER = WHOLE.replace(HEADED, HEADED + b",")
ALMOST_PLAIN = {
    "a cell under no heading": WIDER.replace(b"Liquidated\r\n", b"Liquidated,12\r\n"),
    "nothing under no heading": WIDER.replace(b"Liquidated\r\n", b"Liquidated, \r\n"),
    "a row of tabs": WHOLE + b"\t" + b"," * (len(HEADINGS) - 1) + b"\r\n",
    "a row of other spaces": WHOLE + "\u00a0".encode() + b"," * (len(HEADINGS) - 1) + b"\r\n",
    "a long cell that is not read": WITH_REMARKS[:-2] + b"x" * 200_000 + b"\r\n",
    "a line without an end": WHOLE + b"x" * 5_000_000,
}


@pytest.mark.parametrize("data", ALMOST_PLAIN.values(), ids=ALMOST_PLAIN)
def test_both_lanes_say_the_same_of_what_is_almost_plain(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    ImporterFactory.create(number_text=KNOWN)
    fast = outcome_of(data)
    monkeypatch.setattr(judging, "straight", not_plain)
    assert fast == outcome_of(data)


def test_where_the_parser_panics_the_file_is_read_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def panics(*_args: object, **_options: object) -> NoReturn:
        raise pl.exceptions.PanicException("index out of bounds")

    monkeypatch.setattr(pl, "read_csv", panics)
    assert load(WHOLE).saved


def test_a_line_without_an_end_is_not_gathered() -> None:
    def pieces() -> Iterator[bytes]:
        yield WHOLE
        yield from [b"x" * 1_000_000] * 2
        pytest.fail("read on")

    with open_report([WHOLE]) as recognised, pytest.raises(NotPlainError):
        list(straight(pieces(), recognised.headed))


def part_of(numbers: list[str]) -> Lines:
    texts = {"number": numbers, "importer": KNOWN, "entry_date": "06/02/2025", "hts": "99030125", "duty": "5.00"}
    frame = pl.DataFrame(texts | {"others": ""}, dict.fromkeys([*texts, "others"], pl.String), strict=True)
    return Lines(frame.with_row_index("row", 2))


def test_what_is_wrong_with_many_lines_takes_little_memory() -> None:
    judged = Judged(dict.fromkeys(("number", "importer", "entry_date", "hts", "duty"), "x"), (), date(2026, 1, 1))
    tracemalloc.start()
    try:
        for place in range(5):
            _taken(judged, part_of([f"Z{place}{serial:09d}" for serial in range(MOST_KNOWN + 1)]))
        size, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size / len(judged.errors) < 600
