"""What no reminder may say, whoever wrote it: nothing that hurries, no way to another host, no request for a secret.

It is for people who mean well and for a text that somebody else slipped in; it looks at English and Danish at once.
A text may speak of secrets ("We never ask for bank details", "Type them in ACE"); it may not ask for them.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from importers.domain.errors import Msgid
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import DOTS, looks_like_bank_details, looks_like_ssn
from importers.domain.text import unify

LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Rule:
    key: str
    why: Msgid
    instead: Msgid


@dataclass(frozen=True, slots=True)
class Found:
    """`words` are the text's own."""

    rule: Rule
    words: str


HURRY = Rule(
    "hurry",
    _("This hurries the reader, as forged mails do; people who learn to obey such mails are easily cheated."),
    _("Say which day it is and what happens after it, like “Our date is {deadline}. You can finish later too.”"),
)
LOUD = Rule(
    "loud",
    _("Capitals and rows of exclamation marks look like a forged mail, and spam filters think so too."),
    _("Write it in ordinary letters, with a full stop."),
)
LINK = Rule(
    "link",
    _("This leads, or looks as if it leads, to another host. Readers are told that our mails never do."),
    _("Leave it out: the link to the checklist is there by itself. Name other places in words, like “CBP's website”."),
)
SECRET = Rule(
    "secret",
    _("This asks for a password, a code, bank details or another secret. Readers are told that we never do."),
    _("Say where it is typed, like “Type the bank details in ACE, and send them to nobody”."),
)
NUMBERS = Rule(
    "numbers",
    _("This looks like bank details or a Social Security number."),
    _("Take the number out. Write phone numbers with + and the country code, or use {phone}."),
)

ALIKE = Rule(
    "alike",
    _("These are letters that look like others. Forged mails hide their words so."),
    _("Write it with ordinary letters."),
)

HURRYING = re.compile(
    r"(?<!not )(?<!isn't )\burgent(?:ly)?\b|\bimmediate(?:ly)?\b|\bright (?:away|now)\b|\bhurry\b"
    r"|\bact (?:now|fast|today|quickly)\b|\b(?:last|final) (?:chance|warning|reminder|call|notice)\b"
    r"|\bas soon as possible\b|\basap\b|\bwithout delay\b|\b(?:do not|don't) (?:wait|delay|miss)\b"
    r"|(?<!not )(?<!never )\btoo late\b|\brunning out\b|\blimited time\b|\boverdue\b"
    r"|\bpenalt(?:y|ies)\b|\blegal action\b"
    r"|\bonly \S+ (?:days?|hours?) (?:left|to go)\b|\bonly \{days_left\}|\bwithin (?:the next )?\S+ hours?\b"
    r"|\bexpires? (?:today|tonight|soon|tomorrow)\b|\b(?:you|will|would) (?:lose|forfeit)\b"
    r"|\b(?:will be|is being|be) (?:closed|suspended|blocked|locked|terminated|deleted|lost|cancelled)\b"
    r"|(?<!ikke )\bhaster\b(?! ikke)|\bhastesag|\bstraks\b|\bomgående\b|\bøjeblikkelig|\bmed det samme\b"
    r"|\b(?:hurtigst|snarest) muligt\b|\bsnarest\b|\buopsættelig|\bskynd (?:dig|jer)\b|\bvent ikke\b"
    r"|\bhandl (?:nu|straks|hurtigt|i dag)\b|\brykker(?:e|en|skrivelse)?\b|\binkasso|\bbøder?\b|\bretslige skridt\b"
    r"|\b(?:sidste|endelig) (?:chance|frist|advarsel|påmindelse|udkald|varsel)\b|(?<!ikke )(?<!aldrig )\bfor sent\b"
    r"|\btiden (?:løber|er ved at løbe) ud\b|\bkun \S+ (?:dage?|timer?) (?:tilbage|igen)\b|\bkun \{days_left\}"
    r"|\binden for (?:de næste )?\S+ timer?\b|\budløber (?:i dag|snart|i morgen)\b|\b(?:du|i|vil) (?:mister?|taber?)\b"
    r"|\b(?:mister|taber) (?:du|i)\b|\b(?:bliver|vil blive) (?:lukket|spærret|suspenderet|slettet|annulleret)\b"
    r"|\buden (?:forsinkelse|ophold)\b"
    r"|\b(?:respond|reply|answer) today\b|\b(?:in|within) (?:the next )?\d+ hours?\b|\bwill expire\b"
    r"|\bfinal deadline\b|\b(?:the|your|our|is) last day\b|^last day\b"
    r"|\bgør det (?:nu|i dag)\b|\binden \d+ timer?\b|\bsenest i dag\b|\bsidste dag\b|\bbortfalder\b"
    r"|\bkonto(?:en)? lukkes\b|\brykkergebyr|(?<!ikke en )\badvarsel\b",
    re.IGNORECASE | re.MULTILINE,
)
SHOUTED = re.compile(r"!\s*!|\b[A-ZÆØÅ]{6,}\b|(?<!\w)(?:[^\W\d_] ){4,}[^\W\d_](?!\w)")
LETTER = re.compile(r"[^\W\d_]")
SMALL_CAPITALS = re.compile("[\u0262\u026a\u0274\u0276\u0280\u028f\u0299\u029c\u029f\u1d00-\u1d25\ua730\ua731]")

ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//[^\s<>\"'”“)]+"
    r"|\b[a-z][a-z0-9+-]*:(?=[^\s\d])[^\s<>\"'”“)]+"
    r"|[\w.+{}-]+@[\w.{}-]+"
    r"|(?<![\w@])(?:[\w{}-]+\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)(?:[/:?#][^\s<>\"'”“)]*)?"
    r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)(?:[/:?#][^\s<>\"'”“)]*)?"
    r"|\w[\w.-]*[\[(]\s?(?:\.|dot|punktum)\s?[\])]\w+[^\s<>\"'”“)]*",
    re.IGNORECASE,
)
TELEPHONE = re.compile(r"tel:(?:\+?[\d-]+|\{phone\})", re.IGNORECASE)
FREE_MAIL = frozenset((
    "gmail.com", "googlemail.com", "outlook.com", "outlook.dk", "hotmail.com", "hotmail.dk", "live.com", "live.dk",
    "msn.com", "yahoo.com", "yahoo.dk", "icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com", "gmx.com",
    "mail.com", "mail.dk", "zoho.com", "jubii.dk", "ofir.dk", "stofanet.dk", "youmail.dk",
))  # fmt: skip
NO_HOST = re.compile(r"f\.eks|bl\.a|m\.fl|m\.v|inkl\.moms", re.IGNORECASE)

SECRETS = re.compile(
    r"\b(?:passwords?|passcodes?|pass ?phrases?|pin|codes?|credentials|iban|ssn|social security|log-?in details"
    r"|(?:bank|account|routing|card)[ -](?:details|numbers?|information|data|statements?)|bank accounts?"
    r"|(?:six|6)[ -](?:digits?|figures)|de seks cifre"
    r"|adgangskode\w*|kodeord\w*|\w*kode(?:n|r|rne)?|bankoplysning\w*|kontonum\w*|konto(?:nr|nummer)|kontooplysning\w*|bankkonto\w*"
    r"|kortnum\w*|kortoplysning\w*|cpr(?:-?nummer)?|personnum\w*|mitid|nemid|login-?oplysning\w*|registreringsnum\w*)\b",
    re.IGNORECASE,
)
OTHER_CODES = re.compile(
    r"\b(?:zip|postal|post|country|area|filer|tariff|hts|error)[ -]?(?:codes?|numbers?)\b"
    r"|\b(?:post|lande|område|fejl|vare|told|omr)kode\w*|\bqr[ -]?(?:code|kode)\w*",
    re.IGNORECASE,
)
VERB = (
    r"(?:send|(?<!på )(?<!by )(?<!a )(?<!en )(?<!the )(?<!this )(?<!denne )(?:e-?)?mail"
    r"|include|fill in|what (?:is|are) your|let \w+ know|hvad er|sendes til|læs(?: \w+){1,3} op"
    r"|reply|respond|answer|give|tell|provide|share|submit|confirm|verify|enter|type|write|text|call"
    r"|forward|state|supply|update|need|require|want|ask(?:ing)? (?:you |them )?for|let us (?:have|know)|phone"
    r"|svar|besvar|giv|oplys|opgiv|skriv|indtast|tast|bekræft|fortæl|indsend|fremsend|ring|angiv|udfyld|sms|opdater"
    r"|(?<!en )del|skal bruge|mangler|har brug for|beder (?:dig |jer )?om)"
)
REQUEST = re.compile(rf"\b{VERB}\b", re.IGNORECASE)
# "We never ask for", "do not send us", "send aldrig"; and what we or CBP do.
NO_REQUEST = re.compile(
    rf"\b(?:never|not|don't|nobody|aldrig|ikke)\s+(?:\w+\s+){{0,2}}?{VERB}\b"
    rf"|\b{VERB}\s+(?:\w+\s+){{0,2}}?(?:ikke|aldrig)\b"
    r"|\b(?:never|not|aldrig|ikke)\s+(?:\w+\s+){0,2}?(?:e?-?mail|here|phone|her|telefon\w*)\b"
    r"|\b(?:we|cbp|customs|ace|vi)(?: will| then)? (?:mails?|sends?|e-?mails?|gives?)\b",
    re.IGNORECASE,
)
IN_ACE = re.compile(r"\b(?:in|into|i) (?:ACE|CBP's|CBPs)\b", re.IGNORECASE)
TO_US = re.compile(
    r"\b(?:us|me|reply|mail|e-?mail|here|phone|call|os|mig|svar|her|telefon\w*|ring|\{phone\})\b", re.IGNORECASE
)
SENTENCE = re.compile(r"[.!?](?=\s|$)|;|\n\s*\n")


def lint(text: str, *, hosts: Collection[str]) -> list[Found]:
    """`hosts` are those that a link or an e-mail address may lead to, each as it stands in an address; at a provider
    that anybody may have a mailbox at, whole e-mail addresses."""
    plain = unify(text).translate(DOTS)
    found = [
        *(Found(HURRY, words[0]) for words in HURRYING.finditer(plain)),
        *(Found(LOUD, words[0]) for words in SHOUTED.finditer(plain)),
        *(Found(ALIKE, words) for words in plain.split() if _looks_alike(words)),
        *(Found(LINK, words) for words in _links(plain, {host.lower() for host in hosts})),
        *(Found(SECRET, words) for words in _requests(plain)),
    ]
    if looks_like_bank_details(plain) or looks_like_ssn(plain):
        found.append(Found(NUMBERS, ""))
    return [Found(one.rule, _short(one.words)) for one in found]


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= LONGEST_SHOWN else words[: LONGEST_SHOWN - 1] + "…"


def _links(plain: str, hosts: set[str]) -> Iterator[str]:
    for address in ADDRESS.finditer(plain):
        words = address[0].rstrip(".,;:!?")
        if not NO_HOST.fullmatch(words) and not TELEPHONE.fullmatch(words) and _host(words) not in hosts:
            yield words


def _looks_alike(word: str) -> bool:
    names = (unicodedata.name(letter, "") for letter in LETTER.findall(word))
    return bool(SMALL_CAPITALS.search(word)) or not all(
        name.startswith(("LATIN", "FEMININE", "MASCULINE")) for name in names
    )


def _host(address: str) -> str:
    """Where a browser or a mail program would go; "" for what nobody can tell."""
    if "\\" in address:
        return ""
    if "@" in address and "/" not in address:
        whole = address.lower().removeprefix("mailto:")
        if whole.count("@") > 1 or "?" in whole:
            return ""
        return whole if whole.rpartition("@")[2] in FREE_MAIL else whole.rpartition("@")[2]
    try:
        parts = urlsplit(address if "//" in address else f"//{address}", scheme="https")
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return ""
    return parts.netloc.lower()


def _requests(plain: str) -> Iterator[str]:
    for sentence in SENTENCE.split(plain):
        said = NO_REQUEST.sub(" – ", OTHER_CODES.sub(" ", sentence))
        if not (SECRETS.search(said) and REQUEST.search(said)):
            continue
        if IN_ACE.search(said) and not TO_US.search(said):
            continue
        yield sentence.strip()
