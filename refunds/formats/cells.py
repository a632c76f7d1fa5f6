"""Money and dates as ACE's reports write them."""

import re
from datetime import date, datetime
from decimal import Decimal

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.roster.text import cell_text, required, shown
from importers.domain.sheets import Cell

MONEY = re.compile(r"\$? ?(?P<whole>\d{1,3}(?:,\d{3}){1,4}|\d{1,13})(?P<cents>\.\d{1,2}(?:0{0,6})|\.)?")
NEGATIVE = re.compile(r"-.*|.*-|\(.*\)|\$ ?-.*")
DAY = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?: 0{1,2}:00(?::00)?(?: AM)?)?")
FIRST_DAY = date(2000, 1, 1)

NOT_MONEY = _("“%(value)s” is no amount. Write dollars and cents as in $1,234.56.")
NEGATIVE_MONEY = _("The amount is negative. No amount in this report can be: look it up in ACE and correct it.")
TRUTH = _("A yes or no stands where an amount belongs. Look it up in ACE and correct it.")
NOT_A_DAY = _("“%(value)s” is no date. Write month, day and year as in 06/30/2025.")
TOO_EARLY = _("The date %(day)s is before 2000. Look it up in ACE and correct it.")
IN_THE_FUTURE = _("The date %(day)s is in the future. Look it up in ACE and correct it.")


def read_money(cell: Cell) -> Decimal:
    """USD, to the cent. Raises RuleViolation `money`, or what `cell_text` raises."""
    if isinstance(cell, bool):
        raise RuleViolation("money", TRUTH)
    if isinstance(cell, float) and abs(cell) < 1e13:
        cell = f"{cell:.2f}" if abs(cell - round(cell, 2)) < 1e-6 else repr(cell)
    text = required(cell_text(cell))
    if NEGATIVE.fullmatch(text):
        raise RuleViolation("money", NEGATIVE_MONEY)
    match = MONEY.fullmatch(text) if text.isascii() else None
    if match is None:
        raise RuleViolation("money", NOT_MONEY, value=shown(text))
    return Decimal(match["whole"].replace(",", "") + (match["cents"] or "")).quantize(Decimal("0.01"))


def read_day(cell: Cell, *, today: date) -> date:
    """Raises RuleViolation `date`, or what `cell_text` raises."""
    day = _day(cell)
    if day < FIRST_DAY:
        raise RuleViolation("date", TOO_EARLY, day=day.isoformat())
    if day > today:
        raise RuleViolation("date", IN_THE_FUTURE, day=day.isoformat())
    return day


def _day(cell: Cell) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = required(cell_text(cell))
    match = DAY.fullmatch(text) if text.isascii() else None
    try:
        if match:
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        pass
    raise RuleViolation("date", NOT_A_DAY, value=shown(text))
