"""One cell as text."""

import datetime
import re
import unicodedata

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.identifiers import refuse_bank_details
from importers.domain.sheets import Broken, Cell

# CSV exports write ="0123" so that Excel keeps a number as text.
KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
# Latin letters with at most five digits: no bank or Social Security number is that short. Spares ten thousand names
# the long look.
FEW_DIGITS = re.compile(r"(?:[^\d¹²³¼½¾\u0250-\U0010ffff]*[0-9]){0,5}[^\d¹²³¼½¾\u0250-\U0010ffff]*")
SHOWN = 40

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
    if quoted := KEPT_AS_TEXT.fullmatch(text.strip()):
        text = quoted[1]
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():
        return " ".join(text.split())
    visible = (c for c in text if unicodedata.category(c) not in ("Cf", "Co", "Cn"))
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in visible).split())


def free_text(cell: Cell, limit: int) -> str:
    """A name or a title. Raises RuleViolation for what must not be kept or cannot be meant."""
    text = cell_text(cell)
    if text.startswith("="):
        raise RuleViolation("formula", FORMULA)
    if text.startswith("#") or (text and not any(c.isalnum() for c in text)):
        raise RuleViolation("not_text", NO_LETTERS, value=shown(text))
    if len(text) > limit:
        raise RuleViolation("too_long", TOO_LONG, length=len(text), limit=limit)
    if not FEW_DIGITS.fullmatch(text):
        refuse_bank_details(text)
    return text


def shown(text: str) -> str:
    """A value as a message may repeat it: short, and without what could be a number nobody may read."""
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return re.sub(r"\d", "•", short) if sum(c.isdigit() for c in text) > 4 else short


def required(text: str) -> str:
    if not text:
        raise RuleViolation("empty", EMPTY)
    return text
