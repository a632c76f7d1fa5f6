"""The file as it is kept: in pieces, as it came, but for what may not be kept.

A Social Security number becomes its mask and its keyed fingerprint, by which it is read again; nine digits that could
be one become a mask, and in words all digits. Columns headed as such numbers are emptied (those for bank numbers are
refused before), and of a report that may repeat such numbers only what is read is kept. Only then is the file written
anew, as CSV with the same rows; else it stays byte for byte what was loaded.
"""

import csv
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from io import StringIO
from typing import IO, BinaryIO

from django.db import connection, transaction

from importers.domain.errors import RuleViolation
from importers.domain.free_text import refuse_bank_details
from importers.domain.identifiers import NumberKind, masked_ssn
from importers.domain.roster.numbers import read_number
from importers.domain.roster.text import cell_text, shown
from importers.domain.sheets import Broken, Cell
from importers.domain.sheets.long_workbook import MAX_UNPACKED
from importers.domain.sheets.package import opened
from importers.domain.sheets.table import MAX_COLUMNS
from importers.models.importer import number_columns
from refunds.domain.cape_messages import LONG_NUMBER, without_private_numbers
from refunds.domain.entry_number import parse_entry_number
from refunds.formats.headed import Headed
from refunds.formats.kept_number import KeptNumber, holds_private, kept_number, may_be_private
from refunds.formats.recognition import Recognised, open_report
from refunds.models import Report, ReportChunk
from refunds.services.ahead import ahead

PIECE = 4 * 1024 * 1024
OVERLAP = 64
# Of these only what is read is kept: what a bank or CAPE sends back may repeat numbers.
BLANKED = ("rev613", "cape_result")
# Apart, because each begins with a sign that is found fast.
HAS_SSN, HAS_SSN_IN_SPACES = re.compile(rb"-\d\d-\d{4}(?!\d)"), re.compile(rb" \d\d \d{4}(?!\d)")
# Between the digits any signs that are no ASCII: dashes and spaces of other kinds, in whatever encoding.
HAS_SSN_IN_OTHER_SIGNS = re.compile(rb"\d{3}[- \x80-\xff]{1,9}\d\d[- \x80-\xff]{1,9}\d{4}(?!\d)|\xef\xbc")
# Bytes of such signs in UTF-8 and Windows-1252, looked for first for the same reason.
OTHER_SIGNS = (b"\xe2", b"\xef", b"\xa0", b"\xad", b"\x96", b"\x97")
# Where the bytes do not show a number that is written in them.
UTF_16 = (b"\0",)
IN_XML = (b"\0", b"&#", b"<!", b"<r>")
BETWEEN = r"[\s\u00ad\u200b-\u2015\u2060\u2212\ufeff\uff0d-]{1,3}"
SSN = re.compile(rf"(?<!\d)\d{{3}}{BETWEEN}\d{{2}}{BETWEEN}\d{{4}}(?!\d)")
PRIVATE_HEADING = re.compile(r"\b(?:SSN|SOCIAL SECURITY|TAXPAYER|TIN)\b")


def is_private(file: BinaryIO, recognised: Recognised) -> bool:
    """May hold a number that must not be kept. Looked for in the bytes: a false alarm costs only time."""
    if recognised.format.key in BLANKED or any(_is_private_heading(title) for title in recognised.ignored):
        return True
    if recognised.is_text:
        return _holds(file, UTF_16)
    with opened(file, most_unpacked=MAX_UNPACKED) as archive:
        parts = (name for name in archive.namelist() if name.endswith(".xml") and "/theme/" not in name)
        return any(_holds(archive.open(part), IN_XML) for part in parts)


def keep(report: Report, pieces: Iterable[bytes]) -> None:
    table = ReportChunk._meta.db_table
    sql = f"COPY {table} (report_id, number, data) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(["int8", "int4", "bytea"])
        for number, packed in enumerate(_packed(pieces)):
            copy.write_row((report.pk, number, packed))


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def without_private(recognised: Recognised) -> Iterator[bytes]:
    """The whole file anew. Raises RuleViolation as its rows do."""
    headed = recognised.headed
    only_what_is_read = recognised.format.key in BLANKED
    cleaners = {place: CLEANERS.get(name, _words) for name, (place, _title) in headed.places.items()}
    out, last = StringIO(), 0
    writer = csv.writer(out)
    for number, cells in recognised.rows:
        if number == headed.row:
            cleaners |= dict.fromkeys(_emptied(cells, headed, only_what_is_read), _nothing)
        clean = cleaners if number > headed.row else {}
        usual = _nothing if only_what_is_read and number < headed.row else _plain
        out.write("\r\n" * (number - last - 1))
        writer.writerow([clean.get(place, usual)(cell) for place, cell in enumerate(cells)])
        last = number
        if out.tell() > PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _emptied(cells: Sequence[Cell], headed: Headed, only_what_is_read: bool) -> Iterator[int]:
    """The columns of which nothing is kept."""
    read = {place for place, _title in headed.places.values()}
    for place in range(MAX_COLUMNS):
        heading = str(cells[place]) if place < len(cells) else ""
        if _is_private_heading(heading) or (only_what_is_read and place not in read):
            yield place


def scrub(report: Report) -> None:
    """For a number that only its reader recognised: the kept file is written anew without it."""
    with open_report(report.pieces()) as recognised, transaction.atomic():
        source = report.replay_of or report
        packed = [zlib.compress(piece, 1) for piece in without_private(recognised)]
        source.chunks.all().delete()
        ReportChunk.objects.bulk_create(
            (ReportChunk(report=source, number=number, data=data) for number, data in enumerate(packed)), batch_size=1
        )


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    return ahead(lambda piece: zlib.compress(piece, 1), pieces, threads=2)


def _holds(part: IO[bytes], hidden: Sequence[bytes]) -> bool:
    part.seek(0)
    tail = b""
    while piece := part.read(PIECE):
        data = tail + piece
        if HAS_SSN.search(data) or HAS_SSN_IN_SPACES.search(data) or any(sign in data for sign in hidden):
            return True
        if not data.isascii() and any(sign in data for sign in OTHER_SIGNS) and HAS_SSN_IN_OTHER_SIGNS.search(data):
            return True
        tail = data[-OVERLAP:]
    return False


def _is_private_heading(heading: str) -> bool:
    return bool(PRIVATE_HEADING.search(re.sub(r"[^A-Z]+", " ", heading[:200].upper())))


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Broken):
        return "#N/A"
    if isinstance(cell, float):
        cell = round(cell, 6)  # as text it would keep the dust that the readers forgive a number
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _plain(cell: Cell) -> str:
    return SSN.sub(lambda found: masked_ssn(found[0][-4:]), _text(cell))


def _words(cell: Cell) -> str:
    text = _plain(cell)
    return _dots(text) if holds_private(text) else text


def _name(cell: Cell) -> str:
    text = _words(cell)
    try:
        refuse_bank_details(text)
    except RuleViolation:
        return _dots(text)
    return text


def _dots(text: str) -> str:
    return re.sub(r"\d", "•", text)


def _nothing(_cell: Cell) -> str:
    return ""


def _importer(cell: Cell) -> str:
    try:
        if kept_number(_text(cell)):
            return _text(cell)
        number = read_number(cell, None)
    except RuleViolation:
        digits = "".join(c for c in _text(cell) if c.isdigit())
        return f"•••••{digits[-4:]}" if may_be_private(digits) else _words(cell)
    if number.kind is not NumberKind.SSN:
        return _text(cell)
    columns = number_columns(number)
    return KeptNumber(columns["number_last4"], columns["fingerprint"]).written


def _entry(cell: Cell) -> str:
    """What is no entry number may be any other."""
    try:
        parse_entry_number(cell_text(cell))
    except RuleViolation as violation:
        if violation.code == "format":
            return shown(_text(cell))
    return _text(cell)


def _reason(cell: Cell) -> str:
    return LONG_NUMBER.sub("•••", _text(cell))


def _message(cell: Cell) -> str:
    return without_private_numbers(_plain(cell))


# The others are words.
CLEANERS: Mapping[str, Callable[[Cell], str]] = {
    "importer": _importer, "importer_number": _importer, "number": _entry, "entry_number": _entry, "reason": _reason,
    "code": _reason, "error": _message, "importer_name": _name, "filer_name": _name,
} | dict.fromkeys(("hts", "duty", "line", "ordinal", "liquidated_duty", "amount", "claim_number"), _plain)  # fmt: skip
