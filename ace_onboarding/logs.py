"""Log lines: one event a line, and nothing in it that must not be read there.

Masked: whatever looks like an SSN, an EIN or a CBP-assigned number, and the secret part of mailed links.
"""

import logging
import re

SECRET_PATHS = re.compile(r"(/start/|/password/reset/key/|/confirm-email/)[^/\s\"'?]+")
NUMBERS = re.compile(r"(?<![\w.-])(?:\d{3}([- ]?)\d{2}\1\d{4}|\d{2}-\d{7}(?:[A-Z0-9]{2})?|\d{6}-\d{5})(?![\w-]|\.\d)")


def mask(text: str) -> str:
    return NUMBERS.sub("•••", SECRET_PATHS.sub(r"\1•••", text))


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that arguments and tracebacks are covered too."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s level=%(levelname)s logger=%(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
