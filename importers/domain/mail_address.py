"""E-mail addresses as they stand in cells, forms and pasted letters."""

import re
import unicodedata
from dataclasses import dataclass

import idna
from anyascii import anyascii

# Before the @ stands what RFC 5322 lets into an atom, and the letters of any script; quotes and brackets do not.
OUTSIDE = r"\s@<>()\[\],;:\"\\“”„‘’‚«»‹›"
ADDRESS = re.compile(rf"([^{OUTSIDE}]+)@([^{OUTSIDE}'`!?/=&|*+{{}}]+)")
STRAY_AT = re.compile(r"\S@|@\S")
IN_FRONT = "'`.*|{•·"

# What stands before the @ of a mailbox that several people read.
SHARED_MAILBOX = frozenset(
    {
        "info", "mail", "post", "kontakt", "contact", "office", "kontor", "admin", "administration", "sales",
        "salg", "order", "ordre", "orders", "booking", "finance", "accounting", "accounts", "bogholderi",
        "regnskab", "faktura", "invoice", "support", "service", "import", "export", "shipping", "logistics",
        "logistik", "customs", "told", "reception", "hello", "hej", "noreply", "no-reply",
    }
)  # fmt: skip

# Cyrillic and Greek letters that pass for Latin ones, then what passes for another sign in many typefaces.
LOOK_ALIKE = str.maketrans(
    dict(zip("аеорсухіјѕԁһӏкмтвн", "aeopcyxljsdhlkmtbh", strict=True))
    | dict(zip("οραιυκν", "opalukv", strict=True))
    | {"0": "o", "1": "l", "i": "l"}
)


@dataclass(frozen=True, slots=True)
class MailAddress:
    """`local` in lower case; `domain` in lower case, in punycode where it is internationalised."""

    local: str
    domain: str

    @property
    def without_tag(self) -> str:
        return self.local.partition("+")[0]

    @property
    def skeleton(self) -> str:
        """Equal for addresses that look alike."""
        seen = unicodedata.normalize("NFKC", f"{self.local}@{_shown(self.domain)}").lower().translate(LOOK_ALIKE)
        bare = "".join(anyascii(c) if unicodedata.name(c, "").startswith("LATIN") else c for c in seen)
        return bare.replace("rn", "m").replace("vv", "w")


def addresses_in(cell: str) -> list[MailAddress]:
    """All addresses in it, without display names, mailto: and what stands around them; none when one is broken."""
    normal = unicodedata.normalize("NFC", cell)
    plain = "".join(c for c in normal if unicodedata.category(c) != "Cf")
    if STRAY_AT.search(ADDRESS.sub(" ", plain)):
        return []
    found = [_read(local, domain) for local, domain in ADDRESS.findall(plain)]
    # Mail programs write the address as its own display name: jens@firm.dk <jens@firm.dk>.
    return list(dict.fromkeys(found)) if "<" in plain else found


def _read(local: str, domain: str) -> MailAddress:
    return MailAddress((local.lstrip(IN_FRONT) or local).lower(), _punycode(domain.rstrip(".-_…")))


def _punycode(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return domain.lower()


def _shown(domain: str) -> str:
    try:
        return idna.decode(domain)
    except UnicodeError:
        return domain


def is_shared_mailbox(email: str) -> bool:
    """By its name: whether only one person reads it, nobody can see from outside."""
    return email.partition("@")[0].strip().casefold() in SHARED_MAILBOX
