"""What each cell says. Nothing is repaired of which there is more than one reading."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.identifiers import ImporterNumber
from importers.domain.roster.numbers import read_number
from importers.domain.roster.text import BROKEN, cell_text, free_text, shown
from importers.domain.sheets import Broken, Cell, Uncomputed
from refunds.domain.entry_number import parse_entry_number

EARLIEST = date(2000, 1, 1)
AMERICAN = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})")
ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
MIDNIGHT = re.compile(r"[T ](?:(?:0?0:00(?::00(?:\.0+)?)?)|12:00(?::00)? AM)$", re.IGNORECASE)
AMOUNT = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+")
NEGATIVE = re.compile(r"\((?P<brackets>.*)\)|[-\u2212](?P<before>.*)|(?P<after>.*)[-\u2212]")
HTS = re.compile(r"\d{3,4}(?:\.?\d{2}){1,3}|\d{3,4}\.?\d{2}\.?\d{4}")
MOST = Decimal(10) ** 12
CENT = Decimal("0.01")
DUST = Decimal("0.000001")
LONGEST_STATUS, LONGEST_NAME = 40, 200
DISTINCT = 100_000

UNCOMPUTED = _(
    "The cell holds a formula whose result is not in the file. Open the file in Excel, save it again, and load that."
)
EMPTY_DATE = _("The date is missing.")
NOT_A_DATE = _("“%(value)s” is no date. Write MM/DD/YYYY, as ACE does.")
NO_SUCH_DAY = _("There is no day %(value)s. The month comes first: write MM/DD/YYYY, as ACE does.")
TOO_EARLY = _("%(value)s is before the year 2000. Correct the date.")
IN_FUTURE = _("%(value)s is in the future. Correct the date.")
EMPTY_AMOUNT = _("The amount is missing. Write 0.00 where there is none.")
NOT_MONEY = _("“%(value)s” is no amount in dollars. Write it like 1,234.56.")
IS_NEGATIVE = _("The amount is negative. A duty is zero or more: correct it, or take the entry out.")
DECIMALS = _("The amount has more than two decimals. Write whole cents.")
TOO_MUCH = _("The amount is too large to be one duty. Correct it.")
NOT_HTS = _("“%(value)s” is no HTS number. Write its 8 or 10 digits, with dots or without.")
NOT_A_TYPE = _("“%(value)s” is no entry type. Write its two digits, like 01.")
NOT_A_PORT = _("“%(value)s” is no port. Write its four digits, like 1401.")
NOT_A_COUNT = _("“%(value)s” is no line number. Write a whole number.")
TOO_LONG = _("The text is too long: %(length)s characters, at most %(limit)s. Shorten it.")


def text_of(cell: Cell) -> str:
    """Raises RuleViolation `formula` or `broken_cell` for what shows no value."""
    if isinstance(cell, Uncomputed):
        raise RuleViolation("formula", UNCOMPUTED)
    return cell_text(cell)


def entry_number(cell: Cell) -> str:
    """Compact, 11 characters. A number cell with all of them has lost none."""
    return parse_entry_number(text_of(cell)).compact


@lru_cache(DISTINCT, typed=True)
def importer_number(cell: Cell) -> ImporterNumber:
    if isinstance(cell, Uncomputed):
        raise RuleViolation("formula", UNCOMPUTED)
    return read_number(cell, None)


@lru_cache(DISTINCT, typed=True)
def day(cell: Cell, today: date) -> date:
    """Raises RuleViolation `date`, or `date_range` for one before 2000 or after `today`."""
    found = _day(cell)
    if found < EARLIEST:
        raise RuleViolation("date_range", TOO_EARLY, value=found.isoformat())
    if found > today:
        raise RuleViolation("date_range", IN_FUTURE, value=found.isoformat())
    return found


@lru_cache(DISTINCT, typed=True)
def day_or_none(cell: Cell, today: date) -> date | None:
    return None if is_empty(cell) else day(cell, today)


def is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not text_of(cell))


def _day(cell: Cell) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, Broken) or not isinstance(cell, str):
        raise RuleViolation("date", NOT_A_DATE, value=_value(cell))
    text = MIDNIGHT.sub("", text_of(cell))
    if not text:
        raise RuleViolation("date", EMPTY_DATE)
    match = AMERICAN.fullmatch(text) or ISO.fullmatch(text)
    if not match or not text.isascii():
        raise RuleViolation("date", NOT_A_DATE, value=shown(text))
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise RuleViolation("date", NO_SUCH_DAY, value=text) from None


def _value(cell: Cell) -> str:
    """As a message may repeat it. Raises RuleViolation for a cell that shows no value."""
    if isinstance(cell, Broken):
        raise (
            RuleViolation("formula", UNCOMPUTED)
            if isinstance(cell, Uncomputed)
            else RuleViolation("broken_cell", BROKEN)
        )
    return cell.isoformat() if isinstance(cell, date | time) else shown(str(cell))


def money(cell: Cell) -> Decimal:
    """Dollars and cents. Raises RuleViolation `money`, or `negative`."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        if cell is None:
            raise RuleViolation("money", EMPTY_AMOUNT)
        raise RuleViolation("money", NOT_MONEY, value=_value(cell))
    amount = _written(cell) if isinstance(cell, str) else Decimal(repr(cell))
    if amount.is_nan():
        raise RuleViolation("money", NOT_MONEY, value=str(cell))
    if amount < 0:
        raise RuleViolation("negative", IS_NEGATIVE)
    if amount >= MOST:
        raise RuleViolation("money", TOO_MUCH)
    cents = amount.quantize(CENT)
    if abs(cents - amount) > (DUST if isinstance(cell, float) else 0):
        raise RuleViolation("money", DECIMALS)
    return abs(cents)


def money_or_none(cell: Cell) -> Decimal | None:
    return None if is_empty(cell) else money(cell)


def _written(cell: str) -> Decimal:
    text = text_of(cell).upper()
    if not text:
        raise RuleViolation("money", EMPTY_AMOUNT)
    plain = text.removeprefix("USD").removesuffix("USD").replace("$", "", 1).replace(" ", "")
    negative = NEGATIVE.fullmatch(plain)
    digits = next(filter(None, negative.groups()), "") if negative else plain
    if not AMOUNT.fullmatch(digits) or not digits.isascii():
        raise RuleViolation("money", NOT_MONEY, value=shown(text))
    amount = Decimal(digits.replace(",", ""))
    return -amount if negative else amount


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
    return text


@lru_cache(DISTINCT, typed=True)
def name(cell: Cell) -> str:
    if isinstance(cell, Uncomputed):
        raise RuleViolation("formula", UNCOMPUTED)
    return free_text(cell, LONGEST_NAME)
