"""One cell as text."""

import datetime
import re

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import refuse_bank_details, refuse_links
from importers.domain.sheets import Broken, Cell
from importers.domain.text import one_line, refuse_too_long

# CSV exports write ="0123" so that Excel keeps a number as text.
KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
SHOWN = 40
LONGEST_LABEL = 100
MOST_DIGITS = 4

BROKEN = _("The spreadsheet shows an error in this cell (such as #N/A). Correct the formula, or type the value.")
NOT_TEXT = _("The spreadsheet made a date or time of this cell. Format the column as text and type the value again.")
FORMULA = _("The cell begins with “=” and would be read as a formula. Type the value itself.")
NO_LETTERS = _("“%(value)s” is no text that can be used here. Type the value, or leave the cell empty.")
TOO_LONG = _("The text is too long: %(length)s characters, at most %(limit)s. Shorten it.")
EMPTY = _("This cell must be filled in.")


def cell_text(cell: Cell) -> str:
    """Without invisible characters, white space made single; a whole number without its ".0"."""
    if isinstance(cell, Broken):
        raise RuleViolation("broken_cell", BROKEN)
    if isinstance(cell, (datetime.date, datetime.time, datetime.timedelta)):
        raise RuleViolation("date", NOT_TEXT)
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = "" if cell is None else str(cell)
    refuse_too_long(text)
    if quoted := KEPT_AS_TEXT.fullmatch(text.strip()):
        text = quoted[1]
    return one_line(text)


def free_text(cell: Cell, limit: int) -> str:
    """A name or a title. Raises RuleViolation for what must not be kept or cannot be meant."""
    text = cell_text(cell)
    if text.startswith("="):
        raise RuleViolation("formula", FORMULA)
    if text.startswith("#") or (text and not any(c.isalnum() for c in text)):
        raise RuleViolation("not_text", NO_LETTERS, value=shown(text))
    if len(text) > limit:
        raise RuleViolation("too_long", TOO_LONG, length=len(text), limit=limit)
    refuse_bank_details(text)
    return text


def name_text(cell: Cell, limit: int) -> str:
    """What a person or company is called."""
    text = free_text(cell, limit)
    refuse_links(text)
    return text


def shown(text: str) -> str:
    """A value as a message may repeat it: short, and without what could be a number nobody may read."""
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return re.sub(r"\d", "•", short) if sum(c.isdigit() for c in text) > MOST_DIGITS else short


def masked(text: str) -> str:
    """What the office calls a file or a column, as it may be kept: short, and with dots for digits when there are so
    many that they could be a number nobody may read."""
    short = one_line(text[:LONGEST_LABEL])
    return re.sub(r"\d", "•", short) if sum(c.isdigit() for c in short) > MOST_DIGITS else short


def required(text: str) -> str:
    if not text:
        raise RuleViolation("empty", EMPTY)
    return text
