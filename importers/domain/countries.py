"""What countries are called, in the words of CLDR."""

from functools import cache

from anyascii import anyascii
from babel import Locale

# In CLDR's list, but no countries with an ISO 3166 code of their own.
NOT_ISO = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
# Letters that end an alphabet; everywhere else they stand with the letter that they are made from.
LAST_LETTERS = {"da": str.maketrans("æøå", "{|}")}


@cache
def codes() -> frozenset[str]:
    found = {code for code in map(str, Locale.parse("en").territories) if len(code) == 2 and code.isalpha()}
    return frozenset(found - NOT_ISO)


def country_name(code: str, language: str) -> str:
    """The code itself for one that is not in the list."""
    return str(Locale.parse(language).territories.get(code, code))


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """All of them with their codes, in the order of that language's alphabet."""
    last = LAST_LETTERS.get(language, {})
    named = ((code, country_name(code, language)) for code in codes())
    return tuple(sorted(named, key=lambda country: anyascii(country[1].casefold().translate(last))))
