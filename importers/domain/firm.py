"""What holds for the broker firm, whether it stands in the settings or is typed into its page in the admin."""

import re

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.identifiers import NumberKind, parse_importer_number
from importers.domain.text import identifier_text

LONGEST_NAME = 200
LONGEST_PHONE = 40
LONGEST_EMAIL = 254
LONGEST_NUMBER = len("NN-NNNNNNNXX")

FILER_CODE = re.compile(r"(?!000)[0-9A-Z]{3}")  # CATAIR Appendix E: in effect any three, but for 000

NO_FILER_CODE = _("A filer code is three letters or digits, like B76: the first three characters of an entry number.")
NO_SSN = _("A firm has an EIN or a CBP-assigned number, no Social Security number.")


def parse_firm_number(text: str) -> str:
    """The firm's own importer number in its one spelling; none stays none. It is kept and shown whole, so that a Social
    Security number is refused."""
    if not text:
        return ""
    number = parse_importer_number(text)
    if number.kind is NumberKind.SSN:
        raise RuleViolation("ssn", NO_SSN)
    return number.canonical


def parse_filer_code(text: str) -> str:
    """The three characters under which the firm files entries; none stays none. Raises RuleViolation `filer_code`."""
    if not text:
        return ""
    code = identifier_text(text, code="filer_code")
    if not FILER_CODE.fullmatch(code):
        raise RuleViolation("filer_code", NO_FILER_CODE)
    return code
