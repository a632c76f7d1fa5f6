"""Which of the reports a file is, told by its headings."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.roster.columns import key
from importers.domain.roster.text import masked
from importers.domain.sheets import Cell, Stream, is_blank, open_tables
from importers.domain.sheets.table import HEADING_WITHIN
from refunds.formats import FORMATS, Format
from refunds.formats.headed import Headed, Row, known_headings, under_headings

PREFERRED, NEVER = "main report", "parameters"  # the sheets of ACE's exports
MOST_NAMED = 8

UNKNOWN = _(
    "These are not the headings of a report that can be read here. Found: %(found)s. Known: %(near)s. Export the "
    "report from ACE again and change no heading."
)
NOTHING = _("nothing")
TWO_SHEETS = _("The report stands on two sheets, “%(first)s” and “%(second)s”. Load each of them in a file of its own.")


@dataclass(frozen=True, slots=True)
class Recognised:
    """`headed.lines` are the rows below the headings, `rows` all of them; either can be read, once. `ignored` are the
    headings of columns that are not read. With `headed.errors` the report is known, but cannot be read as it is."""

    format: Format
    headed: Headed
    rows: Iterator[Row]
    ignored: tuple[str, ...] = ()
    sheet: str = ""
    is_text: bool = True


@contextmanager
def open_report(pieces: Iterable[bytes]) -> Iterator[Recognised]:
    """Raises RuleViolation for the whole file, also while rows are read: `heading` when it is none of the reports."""
    with open_tables(pieces, _known) as streams:
        yield _best([stream for stream in streams if stream.name.casefold() != NEVER])


def _known(cells: Sequence[Cell]) -> int:
    return max((known_headings(cells, format_.columns) for format_ in FORMATS.values()), default=0)


def _best(streams: Sequence[Stream]) -> Recognised:
    firsts = [list(islice(stream.rows, HEADING_WITHIN)) for stream in streams]
    tries = [
        (_score(format_, first, stream.name), place, format_)
        for place, (stream, first) in enumerate(zip(streams, firsts, strict=True))
        for format_ in FORMATS.values()
        if format_.columns
    ]
    score, place, format_ = max(tries, key=lambda one: one[0], default=((0.0, 0, False), 0, None))
    if format_ is None or score[0] < 0.5:
        raise _unknown(row for first in firsts for row in first)
    found = streams[place], firsts[place]
    for rival in zip(streams, firsts, strict=True):
        if rival[0] is not found[0] and _holds_part(format_, rival, found[0].name):
            raise RuleViolation("two_sheets", TWO_SHEETS, first=masked(found[0].name), second=masked(rival[0].name))
    return _recognised(format_, *found)


def _holds_part(format_: Format, rival: tuple[Stream, Sequence[Row]], chosen: str) -> bool:
    """Another sheet with the same report in it, which nobody would miss if it was left unread. Beside ACE's own sheet
    only one that is named like it: a long report goes on in "Main Report (2)"."""
    stream, first = rival
    if chosen.casefold() == PREFERRED and not stream.name.casefold().startswith(PREFERRED):
        return False
    return _score(format_, first, "")[0] == 1 and any(under_headings(first, format_.columns).lines)


def _score(format_: Format, first: Sequence[Row], sheet: str) -> tuple[float, int, bool]:
    """Which part of the required headings is there, how many of all, and whether it is the sheet where ACE has them."""
    places = under_headings(first, format_.columns).places
    required = [column.name for column in format_.columns if column.required]
    return sum(name in places for name in required) / len(required), len(places), sheet.casefold() == PREFERRED


def _recognised(format_: Format, stream: Stream, first: Sequence[Row]) -> Recognised:
    rows: Iterator[Row] = chain(first, stream.rows)
    headed = under_headings(rows, format_.columns)
    read = {place for place, _title in headed.places.values()}
    heading = next((cells for number, cells in first if number == headed.row), [])
    ignored = tuple(masked(str(c)) for place, c in enumerate(heading) if place not in read and not is_blank(c))
    again = chain([row for row in first if row[0] <= headed.row], headed.lines)
    return Recognised(format_, headed, again, ignored, stream.name, stream.is_text)


def _unknown(rows: Iterable[Row]) -> RuleViolation:
    """Names what was found where most headings could be, and what is known that is written like it."""
    texts = ([cell for cell in cells if isinstance(cell, str) and not is_blank(cell)] for _number, cells in rows)
    titles = [masked(text) for text in max(texts, key=len, default=[])[:MOST_NAMED]]
    columns = [column for format_ in FORMATS.values() for column in format_.columns]
    names = {key(text): column.heading for column in columns for text in column.also}
    names |= {key(column.heading): column.heading for column in columns}
    near = [names[match] for title in titles for match in get_close_matches(key(title), names, n=1, cutoff=0.6)]
    near = near or [column.heading for column in columns if column.required]
    return RuleViolation("heading", UNKNOWN, found=_listed(titles) or NOTHING, near=_listed(near))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in list(dict.fromkeys(names))[:MOST_NAMED])
