"""What holds for the broker firm, whether it stands in the settings or is typed into its page in the admin."""

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.identifiers import NumberKind, parse_importer_number

LONGEST_NAME = 200
LONGEST_PHONE = 40
LONGEST_EMAIL = 254
LONGEST_NUMBER = len("NN-NNNNNNNXX")

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
