"""Postal codes: exact for the countries whose shape we know, a general rule for all others, and countries
without any."""

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
NO_CODE = re.compile(r"0+|[-/.]+|N/?A|NO(?:NE|T APPLICABLE)?|NIL|NULL|INGEN|INTET|X+|")
MISSING = _("Enter the postal code.")
NONE_THERE = _("Addresses in this country have a postal code: enter it, and check the country above.")
# Whose addresses have no postal code, or need none, after the Universal Postal Union's notes on addressing
# (upu.int, "Addressing Solutions") and the countries of Google's address data that do not require one.
WITHOUT = frozenset({
    "AE", "AG", "AO", "AW", "BF", "BI", "BJ", "BO", "BQ", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM",
    "CW", "DJ", "DM", "ER", "FJ", "GA", "GD", "GH", "GM", "GN", "GQ", "GY", "HK", "JM", "KI", "KM", "KN", "KP",
    "LC", "LY", "ML", "MO", "MR", "MW", "NR", "NU", "PA", "QA", "RW", "SB", "SC", "SL", "SO", "SR", "SS", "ST",
    "SX", "SY", "TD", "TF", "TG", "TK", "TL", "TO", "TT", "TV", "TZ", "UG", "VU", "WS", "YE", "ZW",
})  # fmt: skip
NOT_A_CODE = _("Write only the postal code: letters, digits, spaces and hyphens, at most twelve of them.")


def parse_postal_code(text: str, country: str) -> str:
    """As it is kept: "" where there is none. Raises RuleViolation `postal_code`."""
    plain = one_line(unify(text)).upper()
    if country in WITHOUT and NO_CODE.fullmatch(plain):
        return ""
    if not plain:
        raise RuleViolation("postal_code", MISSING)
    shape = SHAPES.get(country)
    if shape is None:
        if NO_CODE.fullmatch(plain):
            raise RuleViolation("postal_code", NONE_THERE)
        if not ELSEWHERE.fullmatch(plain):
            raise RuleViolation("postal_code", NOT_A_CODE)
        return plain
    found = shape.pattern.fullmatch(plain)
    if not found:
        raise RuleViolation("postal_code", shape.refusal)
    return found.expand(shape.written).rstrip("-")
