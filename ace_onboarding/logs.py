"""Log lines: one event a line, and nothing in it that must not be read there.

Masked: whatever looks like an SSN, an EIN or a CBP-assigned number, and the secret part of mailed links.
"""

import logging
import re

from importers.domain.links import without_tokens

DASH = "[-\u2010-\u2015\u2212\uff0d]"
SHAPES = (
    rf"\d{{3}}({DASH}?|[ ./])\d{{2}}\1\d{{4}}",  # SSN
    rf"\d{{2}}{DASH}?\d{{7}}(?:[A-Z0-9]{{2}})?",  # EIN
    rf"\d{{6}}{DASH}?\d{{5}}",  # assigned by CBP
)
# Part of nothing longer: a moment, an address in the network, a UUID.
NUMBERS = re.compile(rf"(?<![\w.-])(?:{'|'.join(SHAPES)})(?![\w-]|\.\d)", re.IGNORECASE)


def mask(text: str) -> str:
    return NUMBERS.sub("•••", without_tokens(text))


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that arguments and tracebacks are covered too."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s level=%(levelname)s logger=%(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
