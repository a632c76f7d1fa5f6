"""Keeps bank details and Social Security numbers out of notes, reasons, names, e-mail addresses and other free text,
web addresses out of names, and CBP's codes out of what importers write to us.

The choice between missing one and refusing what is harmless:

- Refused whatever stands around it: an IBAN (check digits right, or only its shape), a routing number that
  passes `check_routing_number`, also with a letter at either end or with one sign between all its groups
  (021.000.021), a run of 12 or more digits (also written with spaces or hyphens), 11 digits that are neither an
  entry number nor a phone number, 6 or more digits after a word like "account", 5 after "account no.".
- Refused after a word like "account", up to forty characters before: 6 to 10 digits, unless a word between says what
  else they are ("call", "invoice") or a sentence ends. "ACE account" is such a word only straight before them, "ACE
  account number" always: nobody here needs that number, and many would write the bank's.
- Refused as a Social Security number: NNN-NN-NNNN, also with spaces, dots, slashes, and nine digits in a row,
  because nobody can tell them from one (`parse_importer_number` calls them ambiguous too). A Danish CPR number by its
  date and hyphen, or after its name.
- Let through: up to 8 digits, and 10 digits in a row (a US phone number, an HTS code), so an account number of
  that length is only seen after such a word. Dots and commas join digits to nothing but a routing number: they
  belong to dates, amounts and HTS codes.
- What has a shape of its own (`HARMLESS`) is taken out before the digits are counted.

It is for people who mean well; whoever wants to hide a number can.
"""

import re
import unicodedata

from stdnum import iban, luhn

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.routing_number import check_routing_number
from importers.domain.text import refuse_too_long, unify

BANK_DETAILS = _(
    "This looks like bank details. Bank routing and account numbers are typed into ACE and nowhere else: take them "
    "out here. If it is something else, write a phone number with + and the country code, and importer and entry "
    "numbers with their hyphens."
)
WHOLE_SSN = _(
    "This looks like a whole Social Security number. Take it out, or keep only its last four digits. If it is "
    "something else, write an EIN as NN-NNNNNNN and a phone number with + and the country code."
)
CPR_NUMBER = _(
    "This looks like a Danish CPR number. Take it out: nobody needs it here. If it is something else, write it "
    "without the hyphen."
)

SSN = re.compile(
    r"(?<!\d)(?<!\d-)(?!000|\d{3}-00)\d{3}-\d{2}-\d{4}(?![\dA-Z])(?!-\d)"
    r"|(?<!\d)(?<!\d[ -])(?!000|\d{3} ?- ?00)\d{3} ?- ?\d{2} ?- ?\d{4}(?![\dA-Z])(?! ?-? ?\d)"
    r"|(?<!\d)(?<!\d[ -])(?!000|\d{3} 00)\d{3} \d{2} \d{4}(?![\dA-Z])(?![ -]\d)"
    r"|(?<!\d)(?<!\d[._/,])(?!000|\d{3}[._/,]00)\d{3}([._/,])\d{2}\1\d{4}(?![\dA-Z])(?![._/,]\d)"
    r"|(?:SSN|SOCIAL SECURITY)(?:[\s:#.=(]|NUMBER|NO|NUMMER|NR|IS|ER){0,12}\d(?:[\s.-]{0,3}\d){8}(?!\d)"
)
CPR_DATE = r"(?:[0-2]\d|3[01])(?:0\d|1[0-2])\d\d"
CPR = re.compile(
    rf"(?<![\dA-Z])(?<!\d-){CPR_DATE} ?- ?\d{{4}}(?![\dA-Z])(?!-\d)"
    rf"|(?<![A-Z])(?:CPR|PERSONN(?:UMME)?R)(?:[\s:#.=(-]|NUMBER|NO|NUMMER|NR|IS|ER){{0,12}}"
    rf"{CPR_DATE}[\s-]{{0,3}}\d{{4}}(?!\d)"
)

ALONE_BEFORE, ALONE_AFTER = r"(?<![\dA-Z])(?<!\d-)", r"(?![\dA-Z])(?!-\d)"
CURRENCY = r"(?:USD|US\$|DKK|EUR|GBP|SEK|NOK|KR\.?|[$€£])"
AMOUNT = r"(?:[1-9]\d{0,2}(?:[ .,']\d{3})+(?:[.,]\d{2})?|[1-9]\d{0,9}(?:[.,]\d{1,2})?)(?!\d)"
HARMLESS = re.compile(
    "|".join(
        (
            # Phone number with its country code (E.164: 15 digits). None begins with 0; behind +1 stand ten digits.
            r"\+\(?(?:[2-9](?:[ ().-]{0,2}\d){7,14}|1(?:[ ().-]{0,2}\d){10})(?!\d)",
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
            r"(?<![A-Z0-9.+_-])1[3-9]\d{9}(?=@)",  # mailbox called like the mobile phone, as in China
            r"DUNS(?: (?:NO|NR|NUMBER))?[.:]* ?\d{9}(?!\d)",
            r"[0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12}",  # UUID, as in the portal's own addresses
            rf"{CURRENCY} ?{AMOUNT}",
            rf"(?<![\d.,]){AMOUNT} ?{CURRENCY}(?![A-Z])",
            r"(?<![\d.,])[1-9]\d{0,2}(?: \d{3})*,\d{2}(?![.,]?\d)",
            r"(?<![\d.,])[1-9]\d{0,11}[.,]\d{2}(?![.,]?\d)",
        )
    )
)

IBAN_START = re.compile(r"(?<![A-Z0-9])(?=([A-Z]{2}\d{2}(?:[\s.-]?[A-Z0-9]){11,30}))")
IBAN_SHAPE = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)(?![A-Z0-9])"
)
SHORTEST_IBAN, DIGITS_IN_IBAN = 15, 10
NORWEGIAN_ACCOUNT = re.compile(r"(?<![\d.])\d{4}\.\d{2}\.\d{5}(?![\d.])")
BANK_WORD = (
    r"(?<![A-Z])(?:ACCOUNTS?|ACCT|ACC(?![A-Z])|KTO(?![A-Z])|A/C|BANKKONTO|KONTO(?:EN|NR|NUMMER(?:ET)?)?|ROUTING|ABA|RTN"
    r"|SORT ?CODE|IBAN)"
)
BETWEEN = r"(?:[\s:;#=.,()*-]|NUMBERS?|NUMMER|NO|NR|IS|ER|CODE)"
AFTER_BANK_WORD = re.compile(
    rf"{BANK_WORD}{BETWEEN}{{0,20}}(?:\d[ ._/-]{{0,2}}){{6}}"
    rf"|{BANK_WORD}[\s.:-]{{0,3}}(?:NUMBERS?|NUMMER|NO|NR|#){BETWEEN}{{0,20}}(?:\d[ ._/-]{{0,2}}){{5}}"
    r"|(?<![A-Z])KONTO(?:NR|NUMMER(?:ET)?)[\s.:]{0,5}\d{5}"
    # Danish banks: four digits for the branch, up to ten for the account.
    r"|(?<![A-Z])REG(?:ISTRERINGS)?[\s.-]{0,2}(?:NR|NO|NUMMER|NUMBER)?[\s.:#]{0,3}\d{4}"
    r"(?:[\s,;:/.&+-]|OG|AND){1,6}\d{6,10}(?!\d)"
)
NEAR_BANK_WORD = re.compile(
    r"(?<![A-Z])(?:(?<!ACE[ -])(?:ACCOUNTS?|KONTO(?:EN)?)|ACCOUNTS? ?(?:NUMBER|NO|NR)|ACCT|A/C|BANKKONTO(?:EN)?"
    r"|KONTON(?:UMMER(?:ET)?|R)|ROUTING|ABA|RTN|SORT ?CODE|IBAN)(?![A-ZÆØÅ])"
    r"(?=([^\d|!?]{1,40})(?<![A-Z])(?!20\d\d(?:0[1-9]|1[0-2])[0-3]\d(?!\d))"
    r"\d(?:[ ._/-]{0,2}\d){5,9}(?![ ._/-]{0,2}\d)(?![A-Z]))"
)
# What stands between a word like "account" and digits that are something else.
OTHER_NUMBERS = re.compile(
    r"(?<!NR)(?<!NO)(?<!REG)(?<!^)\.\s|(?<![A-ZÆØÅ])(?:"
    "CALL|PHONE|TELEPHONE|TEL|TLF|TELEFON(?:EN|NUMMER)?|MOBILE?|MOBIL(?:EN|NUMMER)|CELL|FAX|DIAL|EXT|SMS|WHATSAPP|REACH"
    "|RING(?:E|ES)?|MANAGERS?|OWNERS?|EJER(?:EN)?|TEAM|CODE|HTS|TARIFF|CVR|VAT|MOMS|SE|EIN|IOR|TAX|DUNS|IMPORTER|ENTRY"
    "|ENTRIES|PROTEST|BOND|AWB|BL|B/L|SHIPMENT|TRACKING|CONTAINER|ORDERS?|ORDREN?|ORDRENUMMER|ORDRENR|PO|INVOICES?"
    "|FAKTURA(?:EN|NUMMER|NR)?|SAG(?:EN|SNUMMER|SNR)?|CASE|TICKET|CSMS|REF|REFERENCE|CUSTOMER|KUNDE(?:NUMMER|NR)?"
    ")(?![A-ZÆØÅ])"
)
DIGITS = re.compile(r"(?<![0-9A-Z])\d+(?:(?: {1,2}| ?- ?)\d+)*(?![0-9A-Z])")
ROUTING_LENGTH = 9
# Nine digits between letters. Not: a bill of lading (four letters), a VAT number of a country whose numbers have
# nine digits.
AMONG_LETTERS = re.compile(r"(?<!\d)(?<!(?<![A-Z])[A-Z]{4})(?<!(?<![A-Z])(?:DE|EE|EL|GB|PT|XI)(?=[1-9]))\d{9}(?!\d)")
# CATAIR Appendix E: A-I and J-R count as 1-9, S-Z as 2-9; then it is Luhn.
LETTER_VALUES = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
ENTRY_NUMBER = re.compile(r"(?<![0-9A-Z])[A-Z]{2}\d{9}(?![0-9A-Z])")
# Numbers of cards, and routing numbers of which each line holds three digits.
GROUPED = re.compile(
    r"(?<!\d)(?<!\d[._/,])\d{4}([._/,])\d{4}\1\d{4}\1\d{4}(?!\d)|(?<!\d)(\d{3})\s+(\d{3})\s+(\d{3})(?!\d)"
)
JOINED = re.compile(r"(?<!\d)\d{1,8}(?:([._/,])\d{1,8})(?:\1\d{1,8})*(?!\d)")
# At most four digits in Latin letters: nothing that is refused here is that short. Spares ten thousand names the long
# look.
FEW_DIGITS = re.compile(r"(?:[^\d¹²³¼½¾\u0250-\U0010ffff]*[0-9]){0,4}[^\d¹²³¼½¾\u0250-\U0010ffff]*")

# ASCII-like marks that browsers take for the dot of a domain, and NFKC does not.
DOTS = str.maketrans("。｡", "..")
LINK = re.compile(
    r"://|(?<![^\W_])www\d?\.|(?<![^\W_])(?:https?|ftp|mailto|hxxps?|javascript|data):\S"
    r"|(?<=[\w-])\.(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)(?:/|[?#]\S|:\d)",
    re.IGNORECASE,
)
LINKS = _(
    "A name holds no web address. Take it out. If it is none, put a space behind the full stop or before the slash."
)

LONGEST_NAME = 80
BARE_DOMAIN = re.compile(r"(?<=[^\W_])\.(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)(?!\w)", re.IGNORECASE)
SIGNS_IN_LINKS = re.compile(r"[?&=%#/]")
NO_NAME = _(
    "Write the name alone, without a web or e-mail address. If there is none in it, put a space behind the full stop."
)
DIGITS_OF_PHONE = 7
NO_PHONE = _("Write the name alone, without a phone number.")
LONG_NAME = _("Write the name in at most %(limit)s characters.")
ODD_ADDRESS = _("This e-mail address has a sign in it that we cannot take, like ? or &. Enter another address.")
# A code from CBP: six to eight digits that the words around them call a code, four or five only straight behind "code
# is". What other codes are called ("error code", "postnummer", "HTS code") stands in front of the word.
CODE_WORD = (
    r"(?:(?:CODES?|KODEN?|KODER(?:NE)?|PASSCODES?|PINS?|PINCODES?|OTPS?)(?: (?:NUMBER|NO|NR|NUMMER)\b\.?)?"
    r"|(?:VERIFICATION|SECURITY|CONFIRMATION|AUTHENTICATION|ONE-TIME) NUMBERS?"
    r"|(?:NUMBERS?|DIGITS|NUMMERET|TALLET|TALLENE|CIFRENE)(?= (?:FROM |FRA |THAT |WHICH |SOM )?CBP))"
)
OWN_CODE_WORD = (
    r"(?:(?<![\w-])(?:(?P<kind>[\w/-]+) )?"
    r"|(?<![A-ZÆØÅ])(?:(?:SIKKERHEDS|ENGANGS|BEKRÆFTELSES|GODKENDELSES|VERIFIKATIONS|PIN)-?"
    rf"|(?:CBP|ACE|SMS|MAIL)S?-)){CODE_WORD}(?!\w)"
)
OTHER_CODES = re.compile(
    "ERROR|FEJL|MESSAGE|STATUS|REASON|RESPONSE|RETURN|ZIP|POST|POSTAL|AREA|COUNTRY|LAND|DIALL?ING|CITY|STATE|HS|HTS|HTSUS"
    "|TARIFF|COMMODITY|DUTY|EXEMPTION|FILER|PORT|CENTER|ENTRY|IMPORTER|CUSTOMER|CLIENT|CARRIER|SCAC|SURETY|BOND|TAX|VAT"
    "|COMPANY|BUSINESS|NAICS|SIC|ISO|LICEN[CS]E|TRACKING|TRACE|PRODUCT|PROMO|DISCOUNT|ORDER|CASE|REFERENCE|BAR|QR|DOOR|GATE"
    "|SWIFT|SORT|BANK|CSMS|PROTEST|CLAIM|TICKET|PHONE|TELEPHONE|FAX|INVOICE|BROKER|ACCOUNT|FORM|REGISTRATION|ID"
)
BETWEEN_CODE = (
    r"(?:[\s:;=.,()*#\"'“”‘’„-]|\b(?:IS|WAS|ER|VAR|LYDER|READS|SAYS|FROM|FRA|CBP|CBPS|ACE|CUSTOMS|TOLDEN|I|WE|JEG|VI|IT"
    r"|HAVE|HAR|GOT|GET|FIK|FÅR|FÅET|MODTOG|MODTAGET|RECEIVED|THE|MY|OUR|THIS|THAT|WHICH|SOM|DEN|DENNE|HER|HERE|NOW|NU"
    r"|ME|US|MIG|OS|SENT|MAILED|SENDTE|SENDT|BLEV|CAME|KOM|DOES|DID|WORKS?|VIRKER|IKKE|NOT|TO|TIL|FOR|EXPIRED|UDLØBET"
    r"|ACCEPTED|GODTAGET|TYPED|TASTEDE|SKREV|TRIED|PRØVEDE|MED|WITH|S)\b){0,24}"
)
NOT_LONGER = r"(?![ .-]?\d)(?!\w)"
LONG_CODE = (
    rf"(?<![\d.,-])(?!990[1-3])(?:\d{{6,8}}|\d{{3}}[ .-]\d{{3}}|\d{{4}}[ -]\d{{4}}|\d\d(?: \d\d){{2}}){NOT_LONGER}"
)
SHORT_CODE = rf"(?!(?:19|20)\d\d(?!\d)|5106|4811|7501|3461|990[1-3])\d{{4,5}}{NOT_LONGER}"
CODE_OF_CBP = re.compile(
    rf"{OWN_CODE_WORD}(?:{BETWEEN_CODE}{LONG_CODE}|(?:[ :=*\"”“]|IS\b|ER\b){{1,6}}{SHORT_CODE})"
    rf"|{LONG_CODE}[\s\"”“*]*\b(?:IS|WAS|ER|VAR|AS|SOM)\b(?:\s(?:THE|MY|OUR|A|MIN|VORES|EN|CBP'?S?))*\s{CODE_WORD}(?!\w)"
    rf"|^\W*{LONG_CODE}\W*$"
)
CBP_CODE = _(
    "This looks like a code from CBP. Take it out: nobody needs this code but CBP's own form, and we never ask for it. "
    "Has it run out, or is it not accepted? Then write just that. If it is another number, write in front of it what "
    "it is, like “case number”."
)

CBP_CODE_FROM_US = _(
    "This looks like a code from CBP. Take it out: only CBP's own form asks for it, and nothing that we write may hold "
    "one. If it is another number, write in front of it what it is, like “case number”."
)


def refuse_codes(text: str, told: str = CBP_CODE) -> None:
    """Raises RuleViolation `code`, in the words `told`, for what looks like CBP's code for the ACE account."""
    refuse_too_long(text)
    plain = _without_harmless(_plain(text))
    if any(not OTHER_CODES.fullmatch(found["kind"] or "") for found in CODE_OF_CBP.finditer(plain)):
        raise RuleViolation("code", told)


def refuse_links(text: str) -> None:
    """Raises RuleViolation `link`: what importers call themselves stands in mails to others, and must lead nowhere."""
    if LINK.search(unify(text).translate(DOTS)):
        raise RuleViolation("link", LINKS)


def refuse_in_names(text: str) -> None:
    """As `refuse_links`; of a person's name, which an officer types and which then stands in mails to others, also
    what a mail program makes a link of, and a number to call (`too_long`: what is longer than names are)."""
    refuse_links(text)
    plain = unify(text).translate(DOTS)
    if len(plain) > LONGEST_NAME:
        raise RuleViolation("too_long", LONG_NAME, limit=str(LONGEST_NAME))
    if "@" in plain or BARE_DOMAIN.search(plain):
        raise RuleViolation("link", NO_NAME)
    if sum(c.isdigit() for c in plain) >= DIGITS_OF_PHONE:
        raise RuleViolation("phone", NO_PHONE)


def refuse_in_addresses(email: str) -> None:
    """Raises RuleViolation `address`: in front of the @ they are allowed, and in a link they begin something else."""
    if SIGNS_IN_LINKS.search(email):
        raise RuleViolation("address", ODD_ADDRESS)


def refuse_bank_details(text: str) -> None:
    """Raises RuleViolation `bank_details`, or `ssn` for a whole Social Security number. For e-mail addresses too."""
    refuse_too_long(text)
    if FEW_DIGITS.fullmatch(text):
        return
    if looks_like_bank_details(text):
        raise RuleViolation("bank_details", BANK_DETAILS)
    if looks_like_ssn(text):
        raise RuleViolation("ssn", WHOLE_SSN)
    if CPR.search(_plain(text)):
        raise RuleViolation("ssn", CPR_NUMBER)


def looks_like_bank_details(text: str) -> bool:
    plain = _plain(text)
    if _holds_iban(plain) or NORWEGIAN_ACCOUNT.search(plain):
        return True
    rest = _without_harmless(plain)
    return (
        bool(AFTER_BANK_WORD.search(rest))
        or any(not OTHER_NUMBERS.search(found[1]) for found in NEAR_BANK_WORD.finditer(rest))
        or any(found[1] or _is_routing_number("".join(found.groups("")[1:])) for found in GROUPED.finditer(rest))
        or any(_is_bank_number(run[0]) for run in DIGITS.finditer(rest))
        or any(_is_routing_number(run[0]) for run in AMONG_LETTERS.finditer(ENTRY_NUMBER.sub(_no_entry, rest)))
        or any(_joins_to_routing_number(run[0]) for run in JOINED.finditer(rest))
    )


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
        compact = re.sub(r"[\s.-]", "", start[1])
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


def _no_entry(match: re.Match[str]) -> str:
    """Takes out an entry number without its hyphens, if its check digit is right."""
    return "|" if luhn.is_valid(match[0].translate(LETTER_VALUES)) else match[0]


def _joins_to_routing_number(run: str) -> bool:
    """021.000.021, with anything before or behind it that the same sign joins to it."""
    groups = re.findall(r"\d+", run)
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) >= ROUTING_LENGTH:
                break
        if len(digits) == ROUTING_LENGTH and _is_routing_number(digits):
            return True
    return False


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
