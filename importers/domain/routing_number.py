"""US bank routing numbers (ABA). Nothing here keeps one."""

import re
from dataclasses import dataclass

from stdnum.us import rtn

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.text import identifier_text

# First two digits, counted over the FedACH directory (https://github.com/moov-io/fed, DOMAIN 3).
BANK_PREFIXES = {*range(1, 13), *range(21, 33)}
ELECTRONIC_PREFIXES = range(61, 73)

ROUTING_FORMAT = _(
    "A US routing number has nine digits. An IBAN, a BIC (SWIFT code) or an account number is something else: "
    "take the number from a US cheque or ask the US bank for its ACH routing number."
)
ROUTING_CHECKSUM = _("A digit is wrong: the check digit does not fit. Compare the routing number with the bank's own.")
ROUTING_PREFIX = _("No US bank has a routing number that begins like this. Ask the bank for its ACH routing number.")
ROUTING_WARNING = _(
    "Routing numbers that begin with 61 to 72 are for electronic use and rarely a bank's own. Ask the bank to "
    "confirm it for ACH deposits."
)


@dataclass(frozen=True, slots=True)
class RoutingNumber:
    """`warning` is a sentence for people, "" when there is nothing to warn about."""

    canonical: str
    warning: str = ""


def check_routing_number(text: str) -> RoutingNumber:
    """ABA routing number: raises RuleViolation `format`, `checksum` or `prefix`."""
    typed = identifier_text(text, code="format")
    if not re.fullmatch(r"\d{9}", typed):
        raise RuleViolation("format", ROUTING_FORMAT)
    if not rtn.is_valid(typed):
        raise RuleViolation("checksum", ROUTING_CHECKSUM)
    prefix = int(typed[:2])
    if prefix in ELECTRONIC_PREFIXES:
        return RoutingNumber(typed, ROUTING_WARNING)
    if prefix not in BANK_PREFIXES:
        raise RuleViolation("prefix", ROUTING_PREFIX)
    return RoutingNumber(typed)
