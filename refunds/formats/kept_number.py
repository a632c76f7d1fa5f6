"""An importer number as the kept file has it when it is a Social Security number, or could be one."""

import re
from dataclasses import dataclass

from importers.domain.errors import RuleViolation
from importers.domain.identifiers import AMBIGUOUS_9

SSN = re.compile(r"•••-••-(\d{4})#([0-9a-f]{64})")
NINE = re.compile(r"•{5}\d{4}")


@dataclass(frozen=True, slots=True)
class KeptNumber:
    last4: str
    fingerprint: str


def may_be_private(text: str) -> bool:
    """Of what could not be read."""
    return sum(c.isdigit() for c in text) == len("NNNNNNNNN")


def kept_number(text: str) -> KeptNumber | None:
    """None for a number that stands there as it was written. Raises RuleViolation `ambiguous` for nine digits that
    nobody can tell apart."""
    if NINE.fullmatch(text):
        raise RuleViolation("ambiguous", AMBIGUOUS_9)
    found = SSN.fullmatch(text)
    return KeptNumber(found[1], found[2]) if found else None
