"""How text from forms, mails and spreadsheets is read before a rule looks at it. The one place for it."""

import unicodedata

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _

# Hyphen, non-breaking hyphen, figure dash, en dash, em dash, minus, full-width hyphen.
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"), "-")
LONGEST_IDENTIFIER = 100

TOO_LONG = _("This is far too long. Type only the number.")
NOT_PLAIN = _("Only the letters A to Z, digits and hyphens belong here. Type the number again instead of pasting it.")


def unify(text: str) -> str:
    """NFKC, without zero-width and other format characters, with "-" for every dash."""
    if text.isascii():
        return text
    normal = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normal if unicodedata.category(c) != "Cf").translate(DASHES)


def identifier_text(text: str, *, code: str) -> str:
    """An identifier as typed, with nothing left but upper-case ASCII without white space.

    Raises RuleViolation with `code` for what is too long or not ASCII. ASCII is asked for before the case
    changes: the upper case of "ß" and of the dotless "ı" would be ASCII, but nobody meant S or I.
    """
    if len(text) > LONGEST_IDENTIFIER:
        raise RuleViolation(code, TOO_LONG)
    plain = "".join(unify(text).split())
    if not plain.isascii():
        raise RuleViolation(code, NOT_PLAIN)
    return plain.upper()
