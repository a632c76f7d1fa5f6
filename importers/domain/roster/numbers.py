"""Importer numbers as spreadsheets leave them. What may have lost digits is never repaired, only named."""

import datetime
import re

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.identifiers import ImporterNumber, NumberKind, parse_importer_number
from importers.domain.roster.text import cell_text
from importers.domain.sheets import Cell

SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)
DECIMALS = re.compile(r"[\d-]+[.,]\d{1,2}")
GROUPED = re.compile(r"\d{1,3}(?:[.,'\u2019 ]\d{3}){2,3}")
COLUMN_TOO_NARROW = re.compile("#{2,}")
FULL_LENGTHS = {9: (NumberKind.EIN, NumberKind.SSN), 11: (NumberKind.EIN, NumberKind.CBP_ASSIGNED)}

FORMAT_AS_TEXT = _(
    "The spreadsheet took this importer number for an amount and may have dropped digits. Format the column as text, "
    "then type the number again from Form 5106, with its hyphen."
)
ZEROS_LOST = _(
    "This importer number has %(digits)s digits; zeros at its beginning were probably dropped by the spreadsheet. "
    "Format the column as text, then type the number again from Form 5106, with its hyphen."
)
TAKEN_FOR_DATE = _(
    "The spreadsheet made a date of this importer number. Format the column as text, then type the number again from "
    "Form 5106, with its hyphen."
)
NARROW = _("Only # signs are in this cell: the column was too narrow when the list was saved. Widen it and save again.")
MASKED = _(
    "Only the last digits of this number are here, as lists from the portal show Social Security numbers. Such a row "
    "cannot be loaded again: change it on the importer's page, or type the whole number."
)


def read_number(cell: Cell, kind: NumberKind | None) -> ImporterNumber:
    """Raises RuleViolation `number_damaged`, or what `parse_importer_number` raises."""
    if isinstance(cell, (datetime.date, datetime.time, datetime.timedelta)):
        raise RuleViolation("number_damaged", TAKEN_FOR_DATE)
    text = cell_text(cell).removeprefix("'")
    if COLUMN_TOO_NARROW.fullmatch(text):
        raise RuleViolation("number_damaged", NARROW)
    if "•" in text:
        raise RuleViolation("number_masked", MASKED)
    if any(shape.fullmatch(text) for shape in (SCIENTIFIC, DECIMALS, GROUPED)):
        raise RuleViolation("number_damaged", FORMAT_AS_TEXT)
    if isinstance(cell, (int, float)):
        _refuse_lost_digits(text, kind)
    elif re.fullmatch(r"\d{8}|\d{10}", text):
        raise RuleViolation("number_damaged", ZEROS_LOST, digits=len(text))
    return parse_importer_number(text, kind)


def _refuse_lost_digits(text: str, kind: NumberKind | None) -> None:
    """Of a number cell only one with every digit its kind needs is safe: nothing can have been dropped from it.
    Nine digits of an unknown kind can be eleven without the zeros of the year 2000."""
    if not text.isdecimal() or (len(text) == 9 and not kind):
        raise RuleViolation("number_damaged", FORMAT_AS_TEXT)
    kinds = FULL_LENGTHS.get(len(text), ())
    if not kinds or (kind and kind not in kinds):
        raise RuleViolation("number_damaged", ZEROS_LOST, digits=len(text))
