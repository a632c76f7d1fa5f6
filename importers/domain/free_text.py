"""Keeps bank details and Social Security numbers out of notes, reasons, names and other free text.

The choice between missing one and refusing what is harmless:

- Refused whatever stands around it: an IBAN (check digits right, or only its shape), a routing number that
  passes `check_routing_number`, a run of 12 or more digits (also written with spaces or hyphens), 11 digits
  that are neither an entry number nor a phone number, and 6 or more digits after a word like "account".
- Refused as a Social Security number: NNN-NN-NNNN, also with spaces, and nine digits in a row, because nobody
  can tell them from one (`parse_importer_number` calls them ambiguous too).
- Let through: up to 8 digits, and 10 digits in a row (a US phone number, an HTS code), so an account number of
  that length is only seen after such a word. Dots and commas never join digits: they belong to dates, amounts
  and HTS codes.
- What has a shape of its own (`HARMLESS`) is taken out before the digits are counted.

It is for people who mean well; whoever wants to hide a number can.
"""

import re
import unicodedata

from stdnum import iban, luhn

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.routing_number import check_routing_number
from importers.domain.text import unify

BANK_DETAILS = _(
    "This looks like bank details. Bank routing and account numbers are typed into ACE and nowhere else: take them "
    "out here. If it is something else, write a phone number with + and the country code, and importer and entry "
    "numbers with their hyphens."
)
WHOLE_SSN = _(
    "This looks like a whole Social Security number. Take it out, or keep only its last four digits. If it is "
    "something else, write an EIN as NN-NNNNNNN and a phone number with + and the country code."
)


SSN = re.compile(
    r"(?<!\d)(?<!\d-)(?!000|\d{3}-00)\d{3}-\d{2}-\d{4}(?![\dA-Z])(?!-\d)"
    r"|(?<!\d)(?<!\d[ -])(?!000|\d{3} 00)\d{3} \d{2} \d{4}(?![\dA-Z])(?![ -]\d)"
    r"|(?:SSN|SOCIAL SECURITY)(?:[ :#.]|NUMBER|NO){0,12}\d{9}(?!\d)"
)

ALONE_BEFORE, ALONE_AFTER = r"(?<![\dA-Z])(?<!\d-)", r"(?![\dA-Z])(?!-\d)"
CURRENCY = r"(?:USD|US\$|DKK|EUR|GBP|SEK|NOK|KR\.?|[$€£])"
AMOUNT = r"(?:[1-9]\d{0,2}(?:[ .,']\d{3})+(?:[.,]\d{2})?|[1-9]\d{0,9}(?:[.,]\d{1,2})?)(?!\d)"
HARMLESS = re.compile(
    "|".join(
        (
            r"\+\(?\d(?:[ ().-]{0,2}\d){7,14}(?!\d)",  # phone number with its country code (E.164: 15 digits)
            # Phone number in the US: (317) 298-1200, 1-866-530-4172
            rf"{ALONE_BEFORE}(?:1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{{4}}{ALONE_AFTER}",
            r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:[0-2]\d|3[01])(?!\d)",
            r"(?<!\d)\d{1,2}([./-])\d{1,2}\1(?:19|20)?\d{2}(?!\d)",
            rf"{ALONE_BEFORE}[0-9A-Z]{{3}}-\d{{7}}-\d{ALONE_AFTER}",  # entry number
            rf"{ALONE_BEFORE}\d{{2}}-\d{{7}}(?:[0-9A-HJ-NP-Y]{{2}})?{ALONE_AFTER}",  # EIN
            rf"{ALONE_BEFORE}\d{{6}}-\d{{5}}{ALONE_AFTER}",  # importer number assigned by CBP
            rf"{ALONE_BEFORE}\d{{4}}-\d{{2}}-\d{{6}}{ALONE_AFTER}",  # protest number: port, year, serial
            rf"{ALONE_BEFORE}\d{{3}}-\d{{8}}{ALONE_AFTER}",  # air waybill
            rf"{ALONE_BEFORE}\d{{5}}-\d{{4}}{ALONE_AFTER}",  # ZIP+4
            r"DUNS(?: (?:NO|NR|NUMBER))?[.:]* ?\d{9}(?!\d)",
            r"[0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12}",  # UUID, as in the portal's own addresses
            rf"{CURRENCY} ?{AMOUNT}",
            rf"(?<![\d.,]){AMOUNT} ?{CURRENCY}(?![A-Z])",
            r"(?<![\d.,])[1-9]\d{0,2}(?: \d{3})*,\d{2}(?![.,]?\d)",
            r"(?<![\d.,])[1-9]\d{0,11}[.,]\d{2}(?![.,]?\d)",
        )
    )
)

IBAN_START = re.compile(r"(?<![A-Z0-9])(?=([A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}))")
IBAN_SHAPE = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)(?![A-Z0-9])"
)
SHORTEST_IBAN, DIGITS_IN_IBAN = 15, 10
NORWEGIAN_ACCOUNT = re.compile(r"(?<![\d.])\d{4}\.\d{2}\.\d{5}(?![\d.])")
AFTER_BANK_WORD = re.compile(
    r"(?<![A-Z])(?:ACCOUNTS?|ACCT|A/C|BANKKONTO|KONTO(?:EN|NR|NUMMER(?:ET)?)?|ROUTING|ABA|RTN|SORT ?CODE"
    r"|IBAN)(?:[\s:;#=.,()*-]|NUMBERS?|NUMMER|NO|NR|IS|ER|CODE){0,20}(?:\d[ -]{0,2}){6}"
)
DIGITS = re.compile(r"(?<![0-9A-Z])\d+(?:(?: {1,2}| ?- ?)\d+)*(?![0-9A-Z])")


def refuse_bank_details(text: str) -> None:
    """Raises RuleViolation `bank_details`, or `ssn` for a whole Social Security number."""
    if looks_like_bank_details(text):
        raise RuleViolation("bank_details", BANK_DETAILS)
    if looks_like_ssn(text):
        raise RuleViolation("ssn", WHOLE_SSN)


def looks_like_bank_details(text: str) -> bool:
    plain = _plain(text)
    if _holds_iban(plain) or NORWEGIAN_ACCOUNT.search(plain):
        return True
    rest = _without_harmless(plain)
    return bool(AFTER_BANK_WORD.search(rest)) or any(_is_bank_number(run[0]) for run in DIGITS.finditer(rest))


def looks_like_ssn(text: str) -> bool:
    plain = _plain(text)
    if SSN.search(plain):
        return True
    return any(
        re.fullmatch(r"\d{9}", run[0]) and not _is_routing_number(run[0])
        for run in DIGITS.finditer(_without_harmless(plain))
    )


def _plain(text: str) -> str:
    """Upper case, one kind of dash, and ASCII digits for those of any script."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in unify(text).upper())


def _without_harmless(plain: str) -> str:
    return HARMLESS.sub("|", SSN.sub("|", plain))


def _holds_iban(plain: str) -> bool:
    if any(sum(c.isdigit() for c in shape[0][4:]) >= DIGITS_IN_IBAN for shape in IBAN_SHAPE.finditer(plain)):
        return True
    for start in IBAN_START.finditer(plain):
        compact = re.sub("[ -]", "", start[1])
        if any(iban.is_valid(compact[:end]) for end in range(SHORTEST_IBAN, len(compact) + 1)):
            return True
    return False


def _is_bank_number(run: str) -> bool:
    groups = re.findall(r"\d+", run)
    digits = "".join(groups)
    if any(_is_routing_number(number) for number in (digits, *groups)):
        return True
    if len(digits) == 11 and len(groups) == 1 and luhn.is_valid(digits):
        return False  # an entry number without its hyphens
    return len(digits) >= 11 and not _is_phone_number(digits, groups)


def _is_routing_number(digits: str) -> bool:
    try:
        return bool(check_routing_number(digits))
    except RuleViolation:
        return False


def _is_phone_number(digits: str, groups: list[str]) -> bool:
    """Without "+", but dialled like one: 1 866 530 4172, 020 7946 0958, 0045 9928 7817."""
    if re.fullmatch(r"1[2-9]\d\d[2-9]\d{6}", digits):
        return True
    longest = 14 if digits.startswith("00") else 11
    return digits.startswith("0") and len(digits) <= longest and len(groups) >= 2 and max(map(len, groups)) <= 8
