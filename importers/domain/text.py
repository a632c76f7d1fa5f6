"""How text from forms, mails and spreadsheets is read before a rule looks at it. The one place for it."""

import unicodedata

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _

# Hyphen, non-breaking hyphen, figure dash, en dash, em dash, minus, full-width hyphen.
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"), "-")
LONGEST_IDENTIFIER = 100
# Bringing 100,000 combining marks into order takes 20 seconds: the time grows with the square.
LONGEST_TEXT = 10_000
INVISIBLE = frozenset({"Cf", "Co", "Cn", "Cs"})
LINE_ENDS = frozenset({"Cc", "Zl", "Zp"})

TOO_LONG = _("This is far too long. Type only the number.")
TEXT_TOO_LONG = _("This text is far too long: at most %(limit)s characters can be read. Shorten it.")
NOT_PLAIN = _("Only the letters A to Z, digits and hyphens belong here. Type the number again instead of pasting it.")


def refuse_too_long(text: str) -> None:
    """To be asked before anything looks at text of unknown length."""
    if len(text) > LONGEST_TEXT:
        raise RuleViolation("too_long", TEXT_TOO_LONG, limit=f"{LONGEST_TEXT:,}")


def one_line(text: str) -> str:
    """A name, title or address as it is kept: one line, single spaces, no control or invisible characters. A line
    break in a name could end a header, a cell or a sentence of a mail and begin another."""
    refuse_too_long(text)
    if not text.isprintable():
        kinds = [(c, unicodedata.category(c)) for c in text]
        text = "".join(" " if kind in LINE_ENDS else c for c, kind in kinds if kind not in INVISIBLE)
    return " ".join(unicodedata.normalize("NFC", text).split())


def unify(text: str) -> str:
    """NFKC of what is left without zero-width and other format characters, with "-" for every dash."""
    refuse_too_long(text)
    if text.isascii():
        return text
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", visible).translate(DASHES)


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
