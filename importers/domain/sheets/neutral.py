"""Text that a spreadsheet would run as a formula, made plain (https://owasp.org/www-community/attacks/CSV_Injection)."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
# Full-width forms, which some spreadsheets read as the plain ones.
WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
BLANK = " \n\u00a0"


def neutral(text: str) -> str:
    """With a leading apostrophe where it begins like a formula. Numbers are written as numbers and do not come here."""
    return f"'{text}" if text.lstrip(BLANK).startswith((*DANGEROUS, *WIDE)) else text
