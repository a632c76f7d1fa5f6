"""What each cell says. Nothing is repaired of which there is more than one reading."""

import re
from datetime import datetime
from functools import lru_cache

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import WHOLE_SSN
from importers.domain.identifiers import ImporterNumber
from importers.domain.roster.numbers import read_number
from importers.domain.roster.text import free_text, shown
from importers.domain.sheets import Cell, Uncomputed
from refunds.domain.entry_number import parse_entry_number
from refunds.formats.cells import DISTINCT, UNCOMPUTED, text_of
from refunds.formats.kept_number import holds_private

HTS = re.compile(r"\d{3,4}(?:\.?\d{2}){1,3}|\d{3,4}\.?\d{2}\.?\d{4}")
LONGEST_STATUS, LONGEST_NAME = 40, 200

NOT_HTS = _("“%(value)s” is no HTS number. Write its 8 or 10 digits, with dots or without.")
NOT_A_TYPE = _("“%(value)s” is no entry type. Write its two digits, like 01.")
NOT_A_PORT = _("“%(value)s” is no port. Write its four digits, like 1401.")
NOT_A_COUNT = _("“%(value)s” is no line number. Write a whole number.")
TOO_LONG = _("The text is too long: %(length)s characters, at most %(limit)s. Shorten it.")


def entry_number(cell: Cell) -> str:
    """Compact, 11 characters. A number cell with all of them has lost none."""
    return parse_entry_number(text_of(cell)).compact


@lru_cache(DISTINCT, typed=True)
def importer_number(cell: Cell) -> ImporterNumber:
    if isinstance(cell, Uncomputed):
        raise RuleViolation("formula", UNCOMPUTED)
    return read_number(cell, None)


@lru_cache(DISTINCT, typed=True)
def hts_number(cell: Cell) -> str:
    """Digits only. They come in pairs, so where one is missing it was the zero in front."""
    text = text_of(cell).removeprefix("'")
    if not HTS.fullmatch(text) or not text.isascii():
        raise RuleViolation("hts", NOT_HTS, value=shown(text))
    digits = text.replace(".", "")
    return digits.zfill(len(digits) + len(digits) % 2)


@lru_cache(DISTINCT, typed=True)
def entry_type(cell: Cell) -> str:
    """Two digits, "" where the cell is empty; a spreadsheet drops the zero in front."""
    return _code(cell, 2, "entry_type", NOT_A_TYPE)


@lru_cache(DISTINCT, typed=True)
def port(cell: Cell) -> str:
    return _code(cell, 4, "port", NOT_A_PORT)


def _code(cell: Cell, length: int, code: str, refusal: str) -> str:
    text = text_of(cell).removeprefix("'")
    if text and not (text.isascii() and text.isdecimal() and len(text) <= length):
        raise RuleViolation(code, refusal, value=shown(text))
    return text.zfill(length) if text else ""


@lru_cache(DISTINCT, typed=True)
def count(cell: Cell) -> int | None:
    """The number of a line, None where the cell is empty."""
    text = text_of(cell)
    if text and not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise RuleViolation("line_number", NOT_A_COUNT, value=shown(text))
    return int(text) if text else None


@lru_cache(DISTINCT, typed=True)
def status(cell: Cell) -> str:
    text = cell.date().isoformat() if isinstance(cell, datetime) else text_of(cell)
    if len(text) > LONGEST_STATUS:
        raise RuleViolation("too_long", TOO_LONG, length=len(text), limit=LONGEST_STATUS)
    if holds_private(text):
        raise RuleViolation("ssn", WHOLE_SSN)
    return text


@lru_cache(DISTINCT, typed=True)
def name(cell: Cell) -> str:
    if isinstance(cell, Uncomputed):
        raise RuleViolation("formula", UNCOMPUTED)
    return free_text(cell, LONGEST_NAME)
