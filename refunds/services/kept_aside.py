"""The entries whose importer number is not on the client list: whose they seem to be, and what they come to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Left

from importers.domain.identifiers import EIN_LENGTH, NumberKind, masked_ssn
from importers.models import ImporterOfRecord
from refunds.domain.eligibility import POSSIBLE
from refunds.models import Entry


@dataclass(frozen=True, slots=True)
class Aside:
    """One importer number. `number` is masked when it is a Social Security number; `same_ein` are importers on the
    client list with the same EIN and another suffix."""

    number: str
    name: str
    entries: int
    duty: Decimal
    same_ein: tuple[ImporterOfRecord, ...] = ()


def kept_aside() -> list[Aside]:
    """The largest possible refund first."""
    rows = (
        Entry.objects.kept_aside()
        .order_by()
        .values("fingerprint", "number_kind", "importer_number", "number_last4")
        .annotate(
            name=Max("importer_name"),
            n=Count("pk"),
            duty=Sum("ieepa_duty", filter=Q(verdict__in=[str(verdict) for verdict in POSSIBLE])),
        )
    )
    found = sorted(rows, key=lambda row: row["duty"] or Decimal(0), reverse=True)
    relatives = _by_ein({row["importer_number"][:EIN_LENGTH] for row in found if row["number_kind"] == NumberKind.EIN})
    return [
        Aside(
            row["importer_number"] or masked_ssn(row["number_last4"]),
            row["name"],
            row["n"],
            row["duty"] or Decimal(0),
            tuple(relatives[row["importer_number"][:EIN_LENGTH]]) if row["number_kind"] == NumberKind.EIN else (),
        )
        for row in found
    ]


def _by_ein(eins: Iterable[str]) -> defaultdict[str, list[ImporterOfRecord]]:
    found: defaultdict[str, list[ImporterOfRecord]] = defaultdict(list)
    importers = ImporterOfRecord.objects.filter(number_kind=NumberKind.EIN).annotate(ein=Left("number", EIN_LENGTH))
    for importer in importers.filter(ein__in=eins):
        found[importer.number[:EIN_LENGTH]].append(importer)
    return found
