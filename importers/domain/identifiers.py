"""Importer of record numbers: CBP Form 5106 blocks 1B and 1F.

Masks: https://bmsi.com/bmsi/doc/bildh/cf5106.html (CATAIR restated); the suffix never holds O, I or Z.
Routing numbers stand next door and are offered here too.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.routing_number import RoutingNumber, check_routing_number
from importers.domain.text import identifier_text

__all__ = [
    "ImporterNumber",
    "NumberKind",
    "RoutingNumber",
    "check_routing_number",
    "masked_ssn",
    "parse_importer_number",
]


class NumberKind(StrEnum):
    EIN = "EIN"
    SSN = "SSN"
    CBP_ASSIGNED = "CBP_ASSIGNED"


@dataclass(frozen=True, slots=True, repr=False)
class ImporterNumber:
    """`base` is the EIN without its suffix, else the whole number; ACH is enrolled per number and suffix."""

    kind: NumberKind
    canonical: str
    base: str
    suffix: str

    @property
    def masked(self) -> str:
        """All but the last four characters hidden: ••-•••••8900."""
        return re.sub(r"[^-](?=.{4})", "•", self.canonical)

    def __repr__(self) -> str:
        return f"ImporterNumber({self.kind}, {self.masked})"


# Each with or without its hyphens: what stands in the groups, joined by "-", is the canonical form.
SHAPES = {
    NumberKind.EIN: re.compile(r"(\d{2})-?(\d{7}(?:[0-9A-HJ-NP-Y]{2})?)"),
    NumberKind.SSN: re.compile(r"(?=\d{9}$|\d{3}-\d{2}-\d{4}$)(\d{3})-?(\d{2})-?(\d{4})"),
    NumberKind.CBP_ASSIGNED: re.compile(r"(\d{6})-?(\d{5})"),
}
EIN_LENGTH = len("NN-NNNNNNN")
BAD_SUFFIX = re.compile(r"\d{2}-?\d{7}(?=.?[OIZ])[0-9A-Z]{2}")
NEVER_ISSUED_SSN = re.compile(r"000-.*|\d{3}-00-.*")

EMPTY = _("The importer number is missing. Copy it from Form 5106 or from an entry summary (Form 7501).")
MASK_HELP = _(
    "This is not an importer number. Write NN-NNNNNNN or NN-NNNNNNNXX (EIN), NNN-NN-NNNN (Social Security "
    "number) or YYDDPP-NNNNN (assigned by CBP), with the hyphen where it stands on Form 5106."
)
SUFFIX_HELP = _(
    "The two characters after the EIN cannot be the letters O, I or Z. Check whether a zero, a one or a two is meant."
)
SSN_HELP = _("No Social Security number begins with 000 or has 00 in the middle. Compare it with the card.")
KIND_HELP = _("The number is not written like the kind it is said to be (%(kind)s). Correct the number or the kind.")
UNKNOWN_KIND = _("The kind of number must be EIN, SSN or CBP_ASSIGNED.")
AMBIGUOUS_9 = _(
    "Nine digits without hyphens can be an EIN or a Social Security number. Say which kind it is, or write the "
    "hyphens: NN-NNNNNNN or NNN-NN-NNNN."
)
AMBIGUOUS_11 = _(
    "Eleven digits without a hyphen can be an EIN with its suffix or a number assigned by CBP. Say which kind it "
    "is, or write the hyphen: NN-NNNNNNNXX or YYDDPP-NNNNN."
)


def parse_importer_number(text: str, kind: NumberKind | str | None = None) -> ImporterNumber:
    """Raises RuleViolation `ambiguous` (ask for the kind) or `invalid`. An empty kind is no kind."""
    wanted = _kind(kind)
    typed = identifier_text(text, code="invalid")
    readings = {k: "-".join(match.groups()) for k in NumberKind if (match := SHAPES[k].fullmatch(typed))}
    if not readings:
        raise RuleViolation("invalid", _why_no_number(typed))
    if wanted and wanted not in readings:
        raise RuleViolation("invalid", KIND_HELP, kind=wanted.value)
    if not wanted and len(readings) > 1:
        raise RuleViolation("ambiguous", AMBIGUOUS_9 if len(typed) == 9 else AMBIGUOUS_11)
    found = wanted or next(iter(readings))
    canonical = readings[found]
    if found is NumberKind.SSN and NEVER_ISSUED_SSN.fullmatch(canonical):
        raise RuleViolation("invalid", SSN_HELP)
    cut = EIN_LENGTH if found is NumberKind.EIN else len(canonical)
    return ImporterNumber(found, canonical, base=canonical[:cut], suffix=canonical[cut:])


def masked_ssn(last4: str) -> str:
    return f"•••-••-{last4}"


def _kind(kind: NumberKind | str | None) -> NumberKind | None:
    try:
        return NumberKind(kind) if kind else None
    except ValueError:
        raise RuleViolation("invalid", UNKNOWN_KIND) from None


def _why_no_number(typed: str) -> str:
    if not typed:
        return EMPTY
    return SUFFIX_HELP if BAD_SUFFIX.fullmatch(typed) else MASK_HELP
