"""What can still be filed for an entry, by whom and until which day. The day itself still counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from importers.domain.errors import gettext_noop as _
from importers.wording import plain_date
from refunds.domain.eligibility import FOR_CAPE, Verdict
from refunds.domain.rules import Ground
from refunds.models import PackLine

CLAIM = _("Until %(day)s: claim (CAPE), filed by us")
ANOTHERS_CLAIM = _("Until %(day)s: claim (CAPE), filed by the broker of this entry or by you")
CLAIM_WAS = _("The last day for a claim (CAPE) was %(day)s")
PROTEST = _("Until %(day)s: protest; ask us first")
PROTEST_WAS = _("The last day for a protest was %(day)s")
CLAIM_ANY_DAY = _("Claim (CAPE), filed by us: no last day yet")
ANOTHERS_CLAIM_ANY_DAY = _("Claim (CAPE), filed by the broker of this entry or by you: no last day yet")
LATER = _("A claim (CAPE) can be filed later")
NO_DAY_YET = _("None before liquidation")
NOT_KNOWN = _("Not known")
NOTHING = _("Nothing more to file")
NONE = _("None")

# What CBP has settled, or what bears no duty.
SETTLED = frozenset({Verdict.CLAIMED, Verdict.PAID, Verdict.NO_DUTY})


@dataclass(frozen=True, slots=True)
class LastDay:
    text: str
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """From where a line of a pack is looked at: `as_of` is the pack's day, `own_filer` the firm's filer code, "" while
    that is not known."""

    as_of: date
    today: date
    own_filer: str = ""


def last_days(row: PackLine, reader: Reader) -> list[LastDay]:
    verdict = Verdict(row.verdict)
    if verdict in SETTLED:
        return [LastDay(gettext(NOTHING))]
    return [*_claim(row, verdict, reader), *_protest(row, reader)] or [LastDay(gettext(NONE))]


def _claim(row: PackLine, verdict: Verdict, reader: Reader) -> Iterator[LastDay]:
    """An entry that is claimable although CAPE's days are past is taken by a phase that has no last day."""
    is_ours = row.entry_number.startswith(reader.own_filer)
    if verdict is Verdict.NOT_YET:  # whose phase opens another day, perhaps after CAPE's ordinary days
        yield LastDay(gettext(LATER))
    elif verdict not in FOR_CAPE | {Verdict.HELD}:
        return
    elif row.cape_until and row.cape_until >= reader.as_of:
        yield _day(row.cape_until, reader, CLAIM if is_ours else ANOTHERS_CLAIM, CLAIM_WAS)
    elif verdict in FOR_CAPE:
        yield LastDay(gettext(CLAIM_ANY_DAY if is_ours else ANOTHERS_CLAIM_ANY_DAY))
    elif row.cape_until is None:
        yield LastDay(gettext(NOT_KNOWN if row.verdict_rule == Ground.NO_LIQUIDATION_DATE else NO_DAY_YET))


def _protest(row: PackLine, reader: Reader) -> Iterator[LastDay]:
    """An open one says so by itself, and there is no second."""
    if row.protest_until and row.verdict_rule != Ground.PROTEST:
        yield _day(row.protest_until, reader, PROTEST, PROTEST_WAS)


def _day(until: date, reader: Reader, template: str, when_over: str) -> LastDay:
    is_over = until < reader.today
    return LastDay(gettext(when_over if is_over else template) % {"day": plain_date(until)}, is_over)
