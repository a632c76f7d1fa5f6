"""An importer number as the kept file has it when it is a Social Security number, or could be one."""

import re
from dataclasses import dataclass

from importers.domain.errors import RuleViolation
from importers.domain.free_text import looks_like_ssn
from importers.domain.identifiers import AMBIGUOUS_9, masked_ssn
from importers.domain.text import LONGEST_TEXT

SSN = re.compile(r"•••-••-(\d{4})#([0-9a-f]{64})")
NINE_DIGITS = re.compile(r"(?<!\d)\d{9}(?!\d)")
NINE = re.compile(r"•{5}\d{4}")


@dataclass(frozen=True, slots=True)
class KeptNumber:
    last4: str
    fingerprint: str

    @property
    def written(self) -> str:
        return f"{masked_ssn(self.last4)}#{self.fingerprint}"

    @property
    def told(self) -> str:
        """To programs."""
        return f"{masked_ssn(self.last4)}#{self.fingerprint[:8]}"


def may_be_private(text: str) -> bool:
    """Of what could not be read."""
    return sum(c.isdigit() for c in text) == len("NNNNNNNNN")


def holds_private(text: str) -> bool:
    """A text in which a Social Security number stands, or what nobody can tell from one."""
    if sum(map(str.isdigit, text)) < len("NNNNNNNNN"):
        return False
    return len(text) > LONGEST_TEXT or bool(NINE_DIGITS.search(text)) or looks_like_ssn(text)


def kept_number(text: str) -> KeptNumber | None:
    """None for a number that stands there as it was written. Raises RuleViolation `ambiguous` for nine digits that
    nobody can tell apart."""
    if NINE.fullmatch(text):
        raise RuleViolation("ambiguous", AMBIGUOUS_9)
    found = SSN.fullmatch(text)
    return KeptNumber(found[1], found[2]) if found else None
