"""What may stand in the columns that have a fixed set of values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TypeVar

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import Route
from importers.domain.identifiers import NumberKind
from importers.domain.roster.countries import country_code, nearest_country
from importers.domain.roster.text import shown
from importers.domain.text import unify

T = TypeVar("T")

# An "x" is how lists are ticked; its absence says nothing. A dash or a question mark is no answer.
YES_NO = dict.fromkeys(("yes", "y", "ja", "j", "true", "sand", "1", "x", "✓", "✔"), True) | dict.fromkeys(
    ("no", "n", "nej", "false", "falsk", "0"), False
)
LANGUAGES = dict.fromkeys(("da", "dk", "dansk", "danish", "dadk"), "da") | dict.fromkeys(
    ("en", "eng", "engelsk", "english", "engb", "enus"), "en"
)
KINDS = dict.fromkeys(("ein",), NumberKind.EIN) | dict.fromkeys(("ssn", "socialsecuritynumber"), NumberKind.SSN)
KINDS |= dict.fromkeys(("cbpassigned", "cbp", "cbpassignednumber"), NumberKind.CBP_ASSIGNED)
ROUTES = dict.fromkeys(("ownaccount", "own", "ownbankaccount", "ownusaccount", "egenkonto", "egen"), Route.OWN_ACCOUNT)
ROUTES |= dict.fromkeys(("form4811", "4811", "cbpform4811", "formular4811", "blanket4811"), Route.FORM_4811)

NOT_YES_NO = _("“%(value)s” is neither yes nor no. Write yes or no (ja or nej), or leave the cell empty.")
NOT_A_LANGUAGE = _("“%(value)s” is no language of the portal. Write en for English or da for Danish.")
NOT_A_KIND = _(
    "“%(value)s” is no kind of importer number. Write EIN, SSN or CBP_ASSIGNED; if the number has its hyphen, the "
    "cell may be empty."
)
NOT_A_ROUTE = _("“%(value)s” is no refund route. Write own account or form 4811 (egen konto or form 4811).")
NOT_A_COUNTRY = _("“%(value)s” is no country. Write its name in English or Danish, or its ISO code, like DK.")
COUNTRY_NEAR = _("“%(value)s” is no country. Is %(near)s meant? Then write that.")
UNKNOWN_STAFF = _("“%(value)s” is none of the broker's staff. Write the name or e-mail of one of them: %(names)s.")
NO_STAFF = _("“%(value)s” is none of the broker's staff: nobody is set up as staff yet. Leave the cell empty.")
AMBIGUOUS_STAFF = _("Several of the broker's staff are called “%(value)s”. Write the e-mail instead: %(names)s.")


@lru_cache
def _folded(text: str) -> str:
    return "".join(c for c in unify(text).casefold() if c.isalnum() or c in "✓✔")


def _pick(text: str, table: Mapping[str, T], code: str, refusal: str) -> T:
    folded = _folded(text)
    if folded not in table:
        raise RuleViolation(code, refusal, value=shown(text))
    return table[folded]


def read_yes_no(text: str) -> bool:
    return _pick(text, YES_NO, "yes_no", NOT_YES_NO)


def read_language(text: str) -> str:
    return _pick(text, LANGUAGES, "language", NOT_A_LANGUAGE)


def read_kind(text: str) -> NumberKind:
    return _pick(text, KINDS, "kind", NOT_A_KIND)


def read_route(text: str) -> Route:
    return _pick(text, ROUTES, "route", NOT_A_ROUTE)


def read_country(text: str) -> str:
    code = country_code(text)
    if not code:
        near = nearest_country(text)
        refusal, params = (COUNTRY_NEAR, {"near": near}) if near else (NOT_A_COUNTRY, {})
        raise RuleViolation("country", refusal, value=shown(text), **params)
    return code


@dataclass(frozen=True, slots=True)
class Staff:
    """One of the broker's people, whom an importer can be assigned to."""

    pk: int
    name: str
    email: str


def read_staff(text: str, staff: Sequence[Staff]) -> int:
    wanted = text.casefold()
    found = [s for s in staff if wanted == s.email.casefold()] or [
        s for s in staff if wanted == " ".join(s.name.casefold().split())
    ]
    if len(found) == 1:
        return found[0].pk
    if found:
        emails = ", ".join(s.email for s in found)
        raise RuleViolation("ambiguous_staff", AMBIGUOUS_STAFF, value=shown(text), names=emails)
    if not staff:
        raise RuleViolation("unknown_staff", NO_STAFF, value=shown(text))
    raise RuleViolation("unknown_staff", UNKNOWN_STAFF, value=shown(text), names=_candidates(wanted, staff))


def _candidates(wanted: str, staff: Sequence[Staff]) -> str:
    labels = {s.name.casefold() or s.email: s.name or s.email for s in staff}
    near = get_close_matches(wanted, labels, n=3, cutoff=0.5) or sorted(labels)[:8]
    return ", ".join(labels[label] for label in near)
