"""Cells that a spreadsheet would run as a formula, made plain text (https://owasp.org/www-community/attacks/CSV_Injection)."""

import re

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
# Full-width forms, which some spreadsheets read as the plain ones.
WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")


def neutral(text: str) -> str:
    """With a leading apostrophe where it begins like a formula. A plain number, negative too, is none."""
    if text.lstrip(" \n\u00a0").startswith((*DANGEROUS, *WIDE)) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text
