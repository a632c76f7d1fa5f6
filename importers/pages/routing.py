"""The rule about routing numbers as the browser gets it: what is typed there goes nowhere, so the rule goes to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from importers.domain import routing_number, text
from importers.domain.errors import gettext_noop as _

LOOKS_RIGHT = _("This is formed like a bank's routing number. Whether it is your bank's own, only the bank can say.")


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """Prefixes as numbers with commas between them; messages by the name of what is wrong."""

    bank: str
    electronic: str
    messages: Iterable[tuple[str, str]]


def _listed(prefixes: Iterable[int]) -> str:
    return ",".join(map(str, sorted(prefixes)))


MESSAGES: Mapping[str, str] = {
    "too-long": text.TOO_LONG,
    "not-plain": text.NOT_PLAIN,
    "format": routing_number.ROUTING_FORMAT,
    "checksum": routing_number.ROUTING_CHECKSUM,
    "prefix": routing_number.ROUTING_PREFIX,
    "warning": routing_number.ROUTING_WARNING,
    "right": LOOKS_RIGHT,
}
ROUTING_RULE = RoutingRule(
    _listed(routing_number.BANK_PREFIXES), _listed(routing_number.ELECTRONIC_PREFIXES), tuple(MESSAGES.items())
)
