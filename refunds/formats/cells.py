"""Amounts and days as ACE's reports write them, as text and as the cells of a workbook."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.roster.text import BROKEN, cell_text, shown
from importers.domain.sheets import Broken, Cell, Uncomputed

EARLIEST = date(2000, 1, 1)
AMERICAN = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})")
ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
MIDNIGHT = re.compile(r"[T ](?:(?:0?0:00(?::00(?:\.0+)?)?)|12:00(?::00)? AM)$", re.IGNORECASE)
AMOUNT = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+")
BETWEEN_SIGNS = re.compile(r" (?!\d)|(?<!\d) ")  # "123 45" is no amount
NEGATIVE = re.compile(r"\((?P<brackets>.*)\)|[-\u2212](?P<before>.*)|(?P<after>.*)[-\u2212]")
MOST = Decimal(10) ** 12
CENT = Decimal("0.01")
DUST = Decimal("0.000001")
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
IS_NEGATIVE = _("The amount is negative. No amount in this report can be: look it up in ACE and correct it.")
DECIMALS = _("The amount has more than two decimals. Write whole cents.")
TOO_MUCH = _("The amount is too large. Look it up in ACE and correct it.")


def text_of(cell: Cell) -> str:
    """Raises RuleViolation `formula` or `broken_cell` for what shows no value."""
    if isinstance(cell, Uncomputed):
        raise RuleViolation("formula", UNCOMPUTED)
    return cell_text(cell)


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
    plain = text.removeprefix("USD").removesuffix("USD").replace("$", "", 1)
    plain = BETWEEN_SIGNS.sub("", plain)
    negative = NEGATIVE.fullmatch(plain)
    digits = next(filter(None, negative.groups()), "") if negative else plain
    if not AMOUNT.fullmatch(digits) or not digits.isascii():
        raise RuleViolation("money", NOT_MONEY, value=shown(text))
    amount = Decimal(digits.replace(",", ""))
    return -amount if negative else amount
