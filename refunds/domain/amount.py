"""Amounts that people type: as ACE writes them ("$1,234.56"), as Danes do ("1.234,56 USD"), or plainly."""

import re
from decimal import Decimal

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _

# With two decimals at most, a sign before three digits can only part thousands.
GROUPED = r"\d{1,3}(?:%s\d{3})+|\d+"
AMERICAN = re.compile(rf"(?P<whole>{GROUPED % ','})(?:\.(?P<cents>\d{{1,2}}))?")
DANISH = re.compile(rf"(?P<whole>{GROUPED % '[.]'})(?:,(?P<cents>\d{{1,2}}))?")
UNREADABLE = _("Write the amount in dollars and cents, as 1,234.56 or 1.234,56.")


def typed_amount(text: str) -> Decimal:
    """Raises RuleViolation `amount`."""
    plain = re.sub(r"USD|[$\s]", "", text.upper())
    found = AMERICAN.fullmatch(plain) or DANISH.fullmatch(plain)
    if not found or not plain.isascii():
        raise RuleViolation("amount", UNREADABLE)
    return Decimal(f"{re.sub('[.,]', '', found['whole'])}.{found['cents'] or '0'}")
