"""Log lines: one event a line, and nothing in it that must not be read there.

Masked: whatever looks like an SSN, an EIN, a CBP-assigned number or an IBAN, and the secret part of mailed links.
"""

import logging
import re

from stdnum import iban

from importers.domain.links import without_tokens

DASH = "[-\u2010-\u2015\u2212\uff0d]"
SHAPES = (
    rf"\d{{3}}({DASH}?|[ ./])\d{{2}}\1\d{{4}}",  # SSN
    rf"\d{{2}}{DASH}?\d{{7}}(?:[A-Z0-9]{{2}})?",  # EIN
    rf"\d{{6}}{DASH}?\d{{5}}",  # assigned by CBP
)
# Part of nothing longer: a moment, an address in the network, a UUID.
NUMBERS = re.compile(rf"(?<![\w.-])(?:{'|'.join(SHAPES)})(?![\w-]|\.\d)", re.IGNORECASE)
# With its hyphens nothing else is like one, whatever letters it stands between.
HYPHENED = re.compile(rf"(?<![\d.-])\d{{3}}({DASH}|[ ./])\d{{2}}\1\d{{4}}(?!\d|[.-]\d)")
IBAN = re.compile(
    r"(?<![A-Z0-9-])[A-Z]{2}\d{2}(?:(?:[ .+-]|%20)?[A-Z0-9]{4}){2,7}(?:(?:[ .+-]|%20)?[A-Z0-9]{1,3})?(?![A-Z0-9])",
    re.IGNORECASE,
)
DIGITS_IN_IBAN = 10


def mask(text: str) -> str:
    return IBAN.sub(_unless_another, HYPHENED.sub("•••", NUMBERS.sub("•••", without_tokens(text))))


def _unless_another(found: re.Match[str]) -> str:
    """Letters and digits without capitals are an IBAN only when its check digits are right."""
    text = found[0].replace("%20", " ")
    if iban.is_valid(re.sub(r"[ .+-]", "", text)):
        return "•••"
    return "•••" if text.isupper() and sum(c.isdigit() for c in text[4:]) >= DIGITS_IN_IBAN else found[0]


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that arguments and tracebacks are covered too."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s level=%(levelname)s logger=%(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
