"""Long files, read row by row: what they are is decided by what is in them, as for short ones."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from tempfile import TemporaryFile

from importers.domain.errors import RuleViolation
from importers.domain.sheets.long_workbook import stream_workbook
from importers.domain.sheets.reading import EMPTY, OLD_OFFICE, ZIP, is_empty, refuse_other_kinds
from importers.domain.sheets.separated import stream_separated
from importers.domain.sheets.table import TOO_LARGE, KnownHeadings, Stream

MAX_TEXT = 2 * 1024**3  # ten times a report of a million lines
MAX_WORKBOOK = 200 * 1024**2
HEAD = 4096


@contextmanager
def open_tables(pieces: Iterable[bytes], known: KnownHeadings) -> Iterator[list[Stream]]:
    """The sheets that are not hidden, in order; a text file is one. `known` as for `read_tables`. Rows can be read
    until the end of the `with`.

    Raises RuleViolation for the whole file, also while rows are read.
    """
    rest = iter(pieces)
    head = _head(rest)
    if head.startswith(OLD_OFFICE):
        head += b"".join(_limited(rest, MAX_WORKBOOK))  # whether it has a password stands anywhere in it
    refuse_other_kinds(head)
    if head.startswith(ZIP):
        with TemporaryFile() as file:
            for piece in chain([head], _limited(rest, MAX_WORKBOOK)):
                file.write(piece)
            yield stream_workbook(file)
    else:
        yield [stream_separated(chain([head], _limited(rest, MAX_TEXT)), known)]


def _head(pieces: Iterator[bytes]) -> bytes:
    """The first bytes; more where they are all blank. Raises RuleViolation `empty`."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= HEAD and not is_empty(head):
            break
        if len(head) > MAX_WORKBOOK:
            raise _too_large(MAX_WORKBOOK)
    if is_empty(head):
        raise RuleViolation("empty", EMPTY)
    return head


def _limited(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        yield piece


def _too_large(limit: int) -> RuleViolation:
    return RuleViolation("too_large", TOO_LARGE, megabytes=limit // 1024**2)
