"""The file as it is kept: in pieces, as it came, but for what may not be kept.

A Social Security number becomes its mask and its keyed fingerprint, by which it is read again; nine digits that could
be one become a mask. Columns headed as such numbers are emptied (those for bank numbers are refused before). Only then
is the file written anew, as CSV with the same rows; else it stays byte for byte what was loaded.
"""

import csv
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from io import StringIO
from typing import IO
from zipfile import ZipFile

from django.db import connection, transaction

from importers.domain.errors import RuleViolation
from importers.domain.identifiers import NumberKind
from importers.domain.roster.numbers import read_number
from importers.domain.sheets import Broken, Cell
from importers.models.importer import number_columns
from refunds.formats.headed import Headed, Row
from refunds.formats.recognition import Recognised, open_report
from refunds.models import Report, ReportChunk

PIECE = 4 * 1024 * 1024
OVERLAP = 64
IMPORTER_COLUMNS = ("importer", "importer_number")
HAS_SSN = re.compile(rb"-\d\d-\d{4}(?!\d)")
# Dashes and digits of other kinds, which the readers take for plain ones.
OTHER_SIGNS = (
    b"\xe2\x80\x90",
    b"\xe2\x80\x91",
    b"\xe2\x80\x92",
    b"\xe2\x80\x93",
    b"\xe2\x80\x94",
    b"\xe2\x88\x92",
    b"\xef\xbc",
)
SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
PRIVATE_HEADING = re.compile(r"\b(?:SSN|SOCIAL SECURITY|TAXPAYER|TIN)\b")


def is_private(file: IO[bytes], recognised: Recognised) -> bool:
    """May hold a number that must not be kept. Looked for in the bytes: a false alarm costs only time."""
    if any(_is_private_heading(title) for title in recognised.ignored):
        return True
    parts: Iterable[IO[bytes]] = [file]
    if not recognised.is_text:
        archive = ZipFile(file)
        parts = (archive.open(name) for name in archive.namelist() if name.lower().endswith(".xml"))
    return any(_holds(part) for part in parts)


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
    importers = {place for name, (place, _title) in headed.places.items() if name in IMPORTER_COLUMNS}
    emptied: set[int] = set()
    out, last = StringIO(), 0
    writer = csv.writer(out)
    for number, cells in recognised.rows:
        if number == headed.row:
            emptied = {place for place, cell in enumerate(cells) if _is_private_heading(str(cell))}
        out.write("\r\n" * (number - last - 1))
        writer.writerow(list(_masked((number, cells), headed, importers, emptied)))
        last = number
        if out.tell() > PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


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
    """Two at a time: zlib lets other threads work meanwhile."""
    waiting: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(2) as pool:
        for piece in pieces:
            waiting.append(pool.submit(zlib.compress, piece, 1))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _holds(part: IO[bytes]) -> bool:
    part.seek(0)
    tail = b""
    while piece := part.read(PIECE):
        data = tail + piece
        if HAS_SSN.search(data) or (not data.isascii() and any(sign in data for sign in OTHER_SIGNS)):
            return True
        tail = data[-OVERLAP:]
    return False


def _is_private_heading(heading: str) -> bool:
    return bool(PRIVATE_HEADING.search(re.sub(r"[^A-Z]+", " ", heading[:200].upper())))


def _masked(row: Row, headed: Headed, importers: set[int], emptied: set[int]) -> Iterator[str]:
    number, cells = row
    for place, cell in enumerate(cells):
        text = _text(cell)
        if number > headed.row and place in emptied:
            yield ""
        elif number > headed.row and place in importers:
            yield _importer(cell, text)
        else:
            yield SSN.sub(lambda found: f"•••-••-{found[0][-4:]}", text)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Broken):
        return "#N/A"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _importer(cell: Cell, text: str) -> str:
    try:
        number = read_number(cell, None)
    except RuleViolation:
        digits = [c for c in text if c.isdigit()]
        return f"•••••{''.join(digits[-4:])}" if len(digits) == len("NNNNNNNNN") else text
    if number.kind is not NumberKind.SSN:
        return text
    columns = number_columns(number)
    return f"•••-••-{columns['number_last4']}#{columns['fingerprint']}"
