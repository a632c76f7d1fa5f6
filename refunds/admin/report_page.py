"""What came of a report, as its page tells it: whose entries it has, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from django.db.models import Max, Model, Q, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext, ngettext

from importers.domain.errors import fill
from importers.domain.identifiers import NumberKind, masked_ssn
from importers.models import ImporterOfRecord
from refunds.models import Entry, Report

SHOWN = 200
RUNS_SHOWN = 8
APART, PRINT = "#", 8  # a Social Security number is kept as its mask and the beginning of its fingerprint
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Owner:
    """Of an importer number in a report. `importer` is None while it is not on the client list; `name` is then the
    one that the report has."""

    number: str
    name: str
    importer: ImporterOfRecord | None
    entries: int = 0
    dollars: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShownError:
    """`rows` are those in which the same is wrong with the same entry."""

    rows: tuple[int, ...]
    entry: str
    column: str
    value: str
    message: str

    @property
    def where(self) -> str:
        """2–9, 16"""
        runs = list(_runs(self.rows))
        told = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs[:RUNS_SHOWN])
        left = sum(last - first + 1 for first, last in runs[RUNS_SHOWN:])
        more = ngettext("and %(n)s more", "and %(n)s more", left) % {"n": left}
        return f"{told} {more}" if left else told


def importers_of(report: Report) -> list[Owner]:
    """The largest sums first."""
    found = report.result.get("importers", {})
    sums = {number: Decimal(said["possible_refund"]) for number, said in found.items()}
    largest = sorted(sums, key=lambda number: sums[number], reverse=True)[:SHOWN]
    owners = owners_of(largest)
    return [replace(owners[key], entries=found[key]["entries"], dollars=sums[key]) for key in largest]


def unmatched_of(report: Report) -> list[Owner]:
    numbers = report.result.get("unmatched", [])[:SHOWN]
    owners = owners_of(numbers)
    return [owners[number] for number in numbers if owners[number].importer is None]


def owners_of(numbers: Sequence[str]) -> dict[str, Owner]:
    """By the numbers as a report's result has them."""
    on_roster = _found(ImporterOfRecord.objects.all(), "number", numbers)
    importers = {_key(row.number, row.fingerprint, row.number_last4): row for row in on_roster}
    aside = _found(Entry.objects.kept_aside(), "importer_number", numbers).order_by()
    said = aside.values_list("importer_number", "fingerprint", "number_last4").annotate(Max("importer_name"))
    names = {_key(*of): name for *of, name in said}
    return {key: Owner(key.partition(APART)[0], names.get(key, ""), importers.get(key)) for key in numbers}


def _found(rows: QuerySet[M], column: str, numbers: Sequence[str]) -> QuerySet[M]:
    whole = [number for number in numbers if APART not in number]
    prints = [number.partition(APART)[2] for number in numbers if APART in number]
    private = Q(number_kind=NumberKind.SSN, beginning__in=prints)
    found: QuerySet[M] = rows.alias(beginning=Left("fingerprint", PRINT))  # type: ignore[assignment]
    return found.filter(Q(**{f"{column}__in": whole}) | private)


def _key(number: str, fingerprint: str, last4: str) -> str:
    return number or f"{masked_ssn(last4)}{APART}{fingerprint[:PRINT]}"


def shown_errors(report: Report) -> list[ShownError]:
    return [
        ShownError(
            rows=(error["row"],) if error["row"] else (),
            entry=error.get("entry", ""),
            column=error["column"],
            value=error.get("value", ""),
            message=fill(error["template"], error["params"], gettext) if error.get("template") else error["message"],
        )
        for error in report.errors
    ]


def grouped(errors: Iterable[ShownError]) -> list[ShownError]:
    """The same about the same entry is told once: a report says it on each of the entry's lines."""
    found: dict[ShownError, list[int]] = {}
    for place, error in enumerate(errors):
        # What is about no entry stands for itself.
        key = replace(error, rows=() if error.entry else (-place,))
        found.setdefault(key, []).extend(error.rows)
    return [replace(error, rows=tuple(rows)) for error, rows in found.items()]


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    for _distance, same in groupby(enumerate(sorted(set(rows))), key=lambda pair: pair[1] - pair[0]):
        run = [row for _place, row in same]
        yield run[0], run[-1]
