"""Entry numbers XXX-NNNNNNN-C: filer code, serial, check digit (19 CFR 142.3a(b))."""

import re
from dataclasses import dataclass

from stdnum import luhn

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.text import identifier_text

# With both hyphens or with none: one in the wrong place means that a digit was lost somewhere.
SHAPE = re.compile(r"([0-9A-Z]{3})(?P<hyphen>-?)(\d{7})(?P=hyphen)(\d)")
SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+?\d+")
# CATAIR Appendix E: A-I and J-R count as 1-9, S-Z as 2-9; then it is Luhn. Letters of one value are interchangeable.
LETTER_VALUES = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")

EMPTY = _("The entry number is missing.")
EXCEL = _(
    "Excel has turned this entry number into a rounded number. Format the column as text and enter the number again."
)
LENGTH = _(
    "An entry number has 11 characters, this has %(count)d. Write XXX-NNNNNNN-C; in Excel format the column as text "
    "first, or leading zeros are lost."
)
FORMAT = _(
    "This is not an entry number. Write XXX-NNNNNNN-C: three letters or digits of the filer, seven digits, and the "
    "check digit, with both hyphens or without."
)
FILER_CODE = _("No filer has the code 000. Copy the entry number from the entry summary (Form 7501, block 1).")
CHECK_DIGIT = _(
    "The check digit does not fit, so a character is wrong or two are swapped. Compare it with the entry summary "
    "(Form 7501, block 1)."
)


@dataclass(frozen=True, slots=True)
class EntryNumber:
    """`canonical` is XXX-NNNNNNN-C, `compact` its 11 characters, as CAPE takes them."""

    canonical: str
    compact: str


def parse_entry_number(text: str) -> EntryNumber:
    """Raises RuleViolation `format`, `filer_code` or `check_digit`."""
    typed = identifier_text(text, code="format")
    match = SHAPE.fullmatch(typed)
    if not match:
        raise _no_entry_number(typed)
    filer, _hyphen, serial, digit = match.groups()
    if filer == "000":
        raise RuleViolation("filer_code", FILER_CODE)
    if check_digit(filer + serial) != digit:
        raise RuleViolation("check_digit", CHECK_DIGIT)
    compact = filer + serial + digit
    return EntryNumber(hyphened(compact), compact)


def hyphened(compact: str) -> str:
    """XXX-NNNNNNN-C. What has not its 11 characters stays as it is."""
    return f"{compact[:3]}-{compact[3:10]}-{compact[10:]}" if len(compact) == 11 else compact


def check_digit(first_ten: str) -> str:
    """The check digit for the filer code and the serial."""
    return luhn.calc_check_digit(first_ten.translate(LETTER_VALUES))


def _no_entry_number(typed: str) -> RuleViolation:
    if not typed:
        return RuleViolation("format", EMPTY)
    if SCIENTIFIC.fullmatch(typed):
        return RuleViolation("format", EXCEL)
    count = len(typed.replace("-", ""))
    return RuleViolation("format", FORMAT) if count == 11 else RuleViolation("format", LENGTH, count=count)
