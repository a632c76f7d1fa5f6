"""Whatever is in the file: lines, or a reason why not. Nothing else ever comes out of reading."""

import zipfile
import zlib
from io import BytesIO

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importers.domain.errors import RuleViolation
from refunds.formats import FORMATS
from refunds.formats.es003 import COLUMNS, Lines, read
from refunds.formats.recognition import open_report
from tests.lists import workbook
from tests.reports import GOOD, TODAY, csv_report, line, pieces, xlsx_report

FULL = line(
    Entry_Type_Code="01", Importer_Name="Nordlys, ApS", Port_of_Entry_Code="1401", Entry_Summary_Line_Number=1,
    Liquidation_Date="03/20/2026", Liquidation_Status="Liquidated", Protest_Number="",
    Total_Liquidated_Duty_Amount="$5",
)  # fmt: skip
CSV, XLSX = csv_report(FULL, FULL), xlsx_report(FULL, FULL)
HEADINGS = [name for column in COLUMNS for name in (column.heading, *column.also)]
WORDS = [
    *map(str, FULL.values()),
    "-$5",
    "(1.00)",
    "13/45/2025",
    "1E10",
    "219-09-9999",
    "=1+1",
    "#N/A",
    "$",
    "-",
    "\u0661",
]
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
CELL = st.one_of(
    st.none(), st.sampled_from(WORDS), TEXT, st.integers(), st.floats(), st.booleans(), st.datetimes(), st.dates(),
    st.times(), st.timedeltas(),
)  # fmt: skip
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOME = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome(data: bytes, size: int = 300) -> Lines | RuleViolation | None:
    """None for a report of another kind."""
    try:
        with open_report(pieces(data, size)) as report:
            return read(report.rows, today=TODAY) if report.format is FORMATS["es003"] else None
    except RuleViolation as violation:
        return violation


def test_what_is_mutated_here_is_right() -> None:
    for data in (CSV, XLSX):
        found = outcome(data)
        assert isinstance(found, Lines)
        assert (len(found.lines), found.errors) == (2, [])


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"sep=", b"\xd0\xcf\x11\xe0", CSV]),
)
@MANY
def test_any_bytes(data: bytes, start: bytes) -> None:
    assert outcome(start + data, size=7) is not None


@given(st.binary(max_size=8), st.integers(0, 10_000), st.integers(0, 8), st.sampled_from([CSV, XLSX]))
@MANY
def test_any_damage(noise: bytes, place: int, dropped: int, source: bytes) -> None:
    place %= len(source)
    outcome(source[:place] + noise + source[place + dropped :])


@given(
    st.sampled_from(zipfile.ZipFile(BytesIO(XLSX)).namelist()),
    st.binary(max_size=12),
    st.integers(0, 10_000),
    st.integers(0, 9),
)
@MANY
def test_any_damage_within_the_parts_of_a_workbook(part: str, noise: bytes, place: int, dropped: int) -> None:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(XLSX)) as book, zipfile.ZipFile(out, "w") as target:
        for name in book.namelist():
            xml = book.read(name)
            at = place % len(xml)
            target.writestr(name, xml[:at] + noise + xml[at + dropped :] if name == part else xml)
    outcome(out.getvalue())


@given(st.binary(max_size=200))
@SOME
def test_any_packed_bytes(data: bytes) -> None:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(XLSX)) as book, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in book.namelist():
            target.writestr(name, zlib.compress(data) if name.endswith("sheet1.xml") else book.read(name))
    assert isinstance(outcome(out.getvalue()), RuleViolation)


@given(st.lists(st.lists(CELL, max_size=10), max_size=6), st.lists(st.sampled_from(HEADINGS), max_size=6))
@MANY
def test_any_cells(rows: list[list[object]], more: list[str]) -> None:
    found = read(enumerate([[*GOOD, *more], *rows], 1), today=TODAY)  # type: ignore[arg-type]
    assert found.lines or found.errors
    assert {one.row for one in found.lines}.isdisjoint(error.row for error in found.errors)
    assert all(error.code and error.message for error in found.errors)


@given(st.lists(st.lists(TEXT, min_size=1, max_size=10), max_size=6))
@SOME
def test_any_text_in_a_file(rows: list[list[str]]) -> None:
    printable = [["".join(c for c in cell if c.isprintable()) for cell in row] for row in rows]
    assert outcome(workbook({"Main Report": [list(GOOD), *printable]})) is not None
    assert outcome(csv_report(*(dict(zip(GOOD, row, strict=False)) for row in printable), GOOD)) is not None
