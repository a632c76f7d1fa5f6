"""The importer's files: every cell of its own type, the same bytes for the same facts."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from refunds.domain.eligibility import Verdict
from refunds.domain.pack import PackLine
from refunds.formats import FORMATS
from refunds.formats.client_pack import HEADINGS, ClientPack, write

GOLDEN = Path(__file__).parent / "golden" / "client_pack"
LIQUIDATED = PackLine(
    number="B7600000012",
    entry_date=date(2025, 6, 2),
    liquidation_status="Liquidated",
    liquidation_date=date(2026, 5, 4),
    cape_until=date(2026, 7, 23),
    protest_until=date(2026, 10, 31),
    ieepa_duty=Decimal("1234567.05"),
    verdict=Verdict.CLOSED,
    rule="final",
)
LINES = [
    LIQUIDATED,
    PackLine(
        number="00P00000027",
        entry_date=date(2025, 5, 1),
        liquidation_status="Not Liquidated",
        liquidation_date=None,
        cape_until=None,
        protest_until=None,
        ieepa_duty=Decimal("12.50"),
        verdict=Verdict.ELIGIBLE,
        rule="phase-2",
    ),
]
PACK = ClientPack("Alpi & Søn", "Grøn Handel ApS", "260101-12345", date(2026, 11, 26), LINES)


def sheet(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def table(data: bytes) -> list[list[object]]:
    """The rows below the headings."""
    rows = sheet(data)
    return rows[next(n for n, row in enumerate(rows) if row[0] == "Entry Number") + 1 :]


def separated(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {name: book.read(name) for name in book.namelist()}


def test_the_csv_is_the_golden_one() -> None:
    assert write(PACK).csv == (GOLDEN / "pack.csv").read_bytes()


def test_the_workbook_is_the_golden_one() -> None:
    """Unpacked: how hard zlib pressed it is no matter."""
    assert parts(write(PACK).xlsx) == parts((GOLDEN / "pack.xlsx").read_bytes())


def test_the_same_facts_give_the_same_bytes() -> None:
    assert write(PACK) == write(replace(PACK, lines=list(LINES)))
    assert write(PACK) != write(replace(PACK, as_of=date(2026, 11, 27)))


def test_cells_are_of_their_own_types() -> None:
    first, second = table(write(PACK).xlsx)
    assert first[:8] == [
        "B76-0000001-2", date(2025, 6, 2), "260101-12345", "Liquidated", date(2026, 5, 4), date(2026, 7, 23),
        date(2026, 10, 31), 1234567.05,
    ]  # fmt: skip
    assert second[3:8] == ["Not Liquidated", "", "", "", 12.5]


def test_the_workbook_says_what_is_possible_and_as_of_when() -> None:
    head = {row[0]: row[3] for row in sheet(write(PACK).xlsx)[:7]}
    assert head["Shared by"] == "Alpi & Søn"
    assert head["Importer"] == "Grøn Handel ApS"
    assert head["As of"] == date(2026, 11, 26)
    assert head["Possible refund (USD), excluding interest"] == 12.5, "what is final is not counted"
    assert head["Entries"] == "2"


def test_the_csv_begins_with_its_headings_and_says_as_of_when_in_each_row() -> None:
    data = write(PACK).csv
    assert data.startswith(b"\xef\xbb\xbfEntry Number,")
    headings, *rows = separated(data)
    assert "possible refund, excluding interest" in headings[7]
    assert {row[-1] for row in rows} == {"2026-11-26"}
    assert rows[0][:8] == [
        "B76-0000001-2", "2025-06-02", "260101-12345", "Liquidated", "2026-05-04", "2026-07-23", "2026-10-31",
        "1234567.05",
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1+1", "@SUM(1)"])
def test_no_text_becomes_a_formula(start: str) -> None:
    line = replace(LIQUIDATED, liquidation_status=start)
    made = write(replace(PACK, firm=start, importer=start, number=start, lines=[line]))
    assert separated(made.csv)[1][3] == separated(made.csv)[1][2] == f"'{start}"
    assert table(made.xlsx)[0][2:4] == [f"'{start}"] * 2
    assert b"<f>" not in b"".join(parts(made.xlsx).values())
    assert [row[3] for row in sheet(made.xlsx)[1:4]] == [f"'{start}"] * 3


def test_both_files_speak_the_language_they_are_asked_for() -> None:
    made = write(PACK, lambda text: f"~{text}")
    assert separated(made.csv)[0] == [f"~{text}" for text, _width in HEADINGS] + ["~As of"]
    assert separated(made.csv)[1][8:10] == [
        "~Liquidation is final",
        "~The days for a protest are over. We tell you if a way opens.",
    ]
    assert sheet(made.xlsx)[0][0] == "~Entries and possible refund"


def test_no_sum_loses_a_cent() -> None:
    most = Decimal("999999999999.99")
    made = write(replace(PACK, lines=[replace(LINES[1], ieepa_duty=most)]))
    assert b"<v>999999999999.99</v>" in parts(made.xlsx)["xl/worksheets/sheet1.xml"]
    assert separated(made.csv)[1][7] == str(most)


def test_a_pack_without_lines_can_be_written() -> None:
    made = write(replace(PACK, lines=[]))
    assert table(made.xlsx) == []
    assert len(separated(made.csv)) == 1


def test_it_is_named_among_the_formats() -> None:
    assert FORMATS["client_pack"].write is write
