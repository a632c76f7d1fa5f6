"""E-mail addresses and telephone numbers."""

import re

import idna
import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import refuse_bank_details
from importers.domain.roster.text import shown

LONGEST_EMAIL = 254
LONGEST_PHONE = 40
LONGEST_LABEL = 63
ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDRESS = rf"{ATOM}(?:\.{ATOM})*@(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?!\d+\b)[^\W_][\w-]+"
EMAIL = re.compile(rf"(?:[^<>@]*<)?(?:mailto:)?({ADDRESS})>?[;,. ]*", re.IGNORECASE)
TWO_PHONES = re.compile(r"\+.*\+|[;|]|\d\s*(?:/|\bog\b|\bor\b|\band\b|\beller\b)\s*[+\d(]", re.IGNORECASE)

SEVERAL_EMAILS = _(
    "More than one e-mail address is in this cell. Keep one: one person with one address stands in all papers."
)
NOT_AN_EMAIL = _("“%(value)s” is no e-mail address. Write it like name@company.com.")
LETTERS_IN_EMAIL = _(
    "The part before the @ has letters that most mail servers refuse (such as æ, ø, å). Ask for the address as the "
    "person signs in with it."
)
SEVERAL_PHONES = _("More than one telephone number is in this cell. Keep the one at which the person is reached.")
NOT_A_PHONE = _(
    "This is no telephone number that can be dialled. Write it with + and the country code, like +45 99 28 78 17."
)


def read_email(text: str) -> str:
    """The bare address in lower case, also out of "Mette Holm <mette@holm.example>"."""
    if text.count("@") > 1:
        raise RuleViolation("several_emails", SEVERAL_EMAILS)
    if not text.partition("@")[0].rpartition("<")[2].isascii():
        raise RuleViolation("email", LETTERS_IN_EMAIL)
    found = EMAIL.fullmatch(text)
    address = found[1].lower() if found else ""
    if not address or len(address) > LONGEST_EMAIL or not _is_domain(address.partition("@")[2]):
        raise RuleViolation("email", NOT_AN_EMAIL, value=shown(text))
    refuse_bank_details(address)
    return address


def _is_domain(text: str) -> bool:
    if text.isascii() and "--" not in text:
        return all(len(label) <= LONGEST_LABEL for label in text.split("."))
    try:
        return bool(idna.encode(text, uts46=True))
    except idna.IDNAError:
        return False


def read_phone(text: str, country: str) -> str:
    """As +4599287817; with an extension as it is written for people. `country` reads a number without its code."""
    if TWO_PHONES.search(text):
        raise RuleViolation("several_phones", SEVERAL_PHONES)
    try:
        number = phonenumbers.parse(text, country or None)
    except NumberParseException:
        raise RuleViolation("phone", NOT_A_PHONE) from None
    if not phonenumbers.is_possible_number(number):
        raise RuleViolation("phone", NOT_A_PHONE)
    kind = PhoneNumberFormat.INTERNATIONAL if number.extension else PhoneNumberFormat.E164
    written = phonenumbers.format_number(number, kind)
    if len(written) > LONGEST_PHONE:
        raise RuleViolation("phone", NOT_A_PHONE)
    return written
