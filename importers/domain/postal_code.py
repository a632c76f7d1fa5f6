"""Postal codes: exact for the countries whose shape we know, a general rule for all others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from importers.domain.errors import Msgid, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.text import one_line, unify


@dataclass(frozen=True, slots=True)
class Shape:
    """`pattern` reads what people write, in upper case; `written` is how it is kept."""

    pattern: re.Pattern[str]
    written: str
    refusal: Msgid


SHAPES: Mapping[str, Shape] = {
    "DK": Shape(
        re.compile(r"(?:DK[- ]?)?(\d{4})"),
        r"\1",
        _("A Danish postal code has four digits, like 5000. Check it, and check the country above."),
    ),
    "US": Shape(
        re.compile(r"(\d{5})(?:[- ]?(\d{4}))?"),
        r"\1-\2",
        _("A ZIP code in the United States has five digits, like 10001, or nine, like 10001-1234. Check it, and check "
          "the country above."),
    ),
}  # fmt: skip
ELSEWHERE = re.compile(r"[0-9A-Z](?:[0-9A-Z -]{0,10}[0-9A-Z])?")
NOT_A_CODE = _("Write only the postal code: letters, digits, spaces and hyphens, at most twelve of them.")


def parse_postal_code(text: str, country: str) -> str:
    """As it is kept. Raises RuleViolation `postal_code`."""
    plain = one_line(unify(text)).upper()
    shape = SHAPES.get(country)
    if shape is None:
        if not ELSEWHERE.fullmatch(plain):
            raise RuleViolation("postal_code", NOT_A_CODE)
        return plain
    found = shape.pattern.fullmatch(plain)
    if not found:
        raise RuleViolation("postal_code", shape.refusal)
    return found.expand(shape.written).rstrip("-")
