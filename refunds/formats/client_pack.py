"""What the importer downloads: the entries and the possible refund, as a workbook for people and as CSV for programs.

Cells are of their own types: dates are dates, money is a number, text is text and never a formula. The same facts give
the same bytes: neither file holds the time at which it was made.

The CSV is plain: UTF-8 with a byte order mark (Excel reads “ø” by it), commas, dates as ISO, money with a point. It is
no file for Excel in Denmark, which splits columns at semicolons and would then read an amount like 12.05 as the 12th of
May; with commas it shows everything in one column, which everybody sees. For Excel there is the workbook. The CSV
begins with its headings, so that a program need skip nothing; as of when stands in each row.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import xlsxwriter

from importers.domain.errors import Msgid
from importers.domain.errors import gettext_noop as _
from importers.domain.sheets.neutral import neutral
from refunds.domain.pack import Group, PackLine, Sum, totals

Translate = Callable[[str], str]
Cell = str | date | Decimal | None

TITLE = _("Entries and possible refund")
FIRM, IMPORTER, NUMBER = _("Shared by"), _("Importer"), _("Importer Number")
AS_OF, POSSIBLE = _("As of"), _("Possible refund (USD), excluding interest")
ENTRIES, PROVISO = (
    _("Entries"),
    _("Possible, not promised: CBP decides what is paid, and when. Interest is not counted."),
)
COLUMN = _(
    "The column “IEEPA duty” holds the duty of every entry; the possible refund counts what may still be refunded."
)
HEAD_COLUMN = 3  # what stands before it flows over the columns between
# The first ones as CBP calls them, for who lays this file beside one of CBP's.
HEADINGS: tuple[tuple[Msgid, int], ...] = (
    (_("Entry Number"), 16),
    (_("Entry Date"), 12),
    (_("Importer Number"), 16),
    (_("Liquidation Status"), 20),
    (_("Liquidation Date"), 16),
    (_("CAPE until"), 12),
    (_("Protest until"), 13),
    (_("IEEPA duty (USD), possible refund, excluding interest"), 24),
    (_("Status"), 32),
    (_("Note"), 60),
)
DAY, MONEY = "yyyy-mm-dd", "#,##0.00"
STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 14},
    "label": {"bold": True},
    "heading": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1},
    "day": {"num_format": DAY, "align": "left"},
    "money": {"num_format": MONEY},
    "sum": {"num_format": MONEY, "bold": True, "align": "left"},
}


@dataclass(frozen=True, slots=True)
class ClientPack:
    """`number` is the importer's own, of an SSN its mask."""

    firm: str
    importer: str
    number: str
    as_of: date
    lines: Sequence[PackLine]


@dataclass(frozen=True, slots=True)
class Files:
    xlsx: bytes
    csv: bytes


def write(pack: ClientPack, translate: Translate = str) -> Files:
    """Both files, in the language of `translate`."""
    return Files(_workbook(pack, translate), _separated(pack, translate))


def _rows(pack: ClientPack, translate: Translate) -> Iterator[list[Cell]]:
    for line in pack.lines:
        yield [
            neutral(line.canonical),
            line.entry_date,
            neutral(pack.number),
            neutral(line.liquidation_status),
            line.liquidation_date,
            line.cape_until,
            line.protest_until,
            line.ieepa_duty,
            neutral(translate(line.status)),
            neutral(translate(line.note)) if line.note else "",
        ]


def _separated(pack: ClientPack, translate: Translate) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*(translate(heading) for heading, _width in HEADINGS), translate(AS_OF)])
    as_of = pack.as_of.isoformat()
    writer.writerows([*map(_as_text, row), as_of] for row in _rows(pack, translate))
    return out.getvalue().encode("utf-8-sig")


def _as_text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _workbook(pack: ClientPack, translate: Translate) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        book.set_properties({"title": translate(TITLE), "created": datetime.combine(pack.as_of, time())})
        styles = {name: book.add_format(style) for name, style in STYLES.items()}
        sheet = book.add_worksheet(translate(ENTRIES))
        for column, (_heading, width) in enumerate(HEADINGS):
            sheet.set_column(column, column, width)
        top = _write_head(sheet, pack, translate, styles)
        for number, row in enumerate(_rows(pack, translate), top):
            for column, cell in enumerate(row):
                _write_cell(sheet, number, column, cell, styles)
        sheet.autofilter(top - 1, 0, top - 1 + len(pack.lines), len(HEADINGS) - 1)
        sheet.freeze_panes(top, 1)
        sheet.set_landscape()
        sheet.repeat_rows(top - 1)
        sheet.fit_to_pages(1, 0)
    return out.getvalue()


def _write_head(sheet: Any, pack: ClientPack, translate: Translate, styles: Mapping[str, Any]) -> int:
    """Returns the row below the headings."""
    counted = (Group(line.verdict, line.entry_date, Sum(1, line.ieepa_duty)) for line in pack.lines)
    facts: list[tuple[Msgid, Cell]] = [
        (FIRM, neutral(pack.firm)),
        (IMPORTER, neutral(pack.importer)),
        (NUMBER, neutral(pack.number)),
        (AS_OF, pack.as_of),
        (ENTRIES, str(len(pack.lines))),
        (POSSIBLE, totals(counted).possible.duty),
    ]
    sheet.write_string(0, 0, translate(TITLE), styles["title"])
    for number, (label, value) in enumerate(facts, 1):
        sheet.write_string(number, 0, translate(label), styles["label"])
        _write_cell(sheet, number, HEAD_COLUMN, value, styles, money="sum")
    for number, text in enumerate((PROVISO, COLUMN), len(facts) + 1):
        sheet.write_string(number, 0, translate(text))
    top = len(facts) + 4
    for column, (heading, _width) in enumerate(HEADINGS):
        sheet.write_string(top, column, translate(heading), styles["heading"])
    return top + 1


def _write_cell(
    sheet: Any, row: int, column: int, cell: Cell, styles: Mapping[str, Any], *, money: str = "money"
) -> None:
    match cell:
        case Decimal():
            sheet.write_number(row, column, cell, styles[money])
        case date():
            sheet.write_datetime(row, column, cell, styles["day"])
        case str() if cell:
            sheet.write_string(row, column, cell)
