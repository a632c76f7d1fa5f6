"""What a rule says, in a line: on the page of the rules, and above the fields of the form."""

from collections.abc import Collection, Sequence
from datetime import date

from django.utils.translation import gettext, ngettext

from importers.wording import plain_date
from refunds.domain.rules import Takes
from refunds.models.labels import TAKES


def listed(values: Sequence[str]) -> str:
    return ", ".join(values) or gettext("none")


def between(first: date, last: date) -> str:
    return gettext("%(first)s to %(last)s") % {"first": plain_date(first), "last": plain_date(last)}


def days_after(days: int) -> str:
    return ngettext("%(n)s day after liquidation", "%(n)s days after liquidation", days) % {"n": days}


def phase(opens: date | None, takes: Collection[str], types: Sequence[str]) -> str:
    day = gettext("from %(day)s") % {"day": plain_date(opens)} if opens else gettext("no date is known")
    parts = [day, *(str(TAKES[kind]) for kind in Takes if kind in takes)]
    if types:
        parts.append(gettext("types %(types)s only") % {"types": ", ".join(types)})
    return "; ".join(parts)
