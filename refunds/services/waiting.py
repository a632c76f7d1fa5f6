"""Which entries stand in a CAPE file and wait for CAPE's answer. They stay out of further files, for a claim that is
filed twice is refused or muddles the money, until somebody says that the file never came to CAPE."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from importers.models import ImporterOfRecord, User
from importers.services.change import change
from refunds.models import CapeFile, CapeFileEntry, ClaimResult, Report

RELEASE = "release CAPE file"
HOLD = "hold CAPE file"


@dataclass(slots=True)
class Waiting:
    """By entry, the newest of the files in which it waits: those that hold it back, and those that were released."""

    held: dict[int, CapeFile] = field(default_factory=dict)
    released: dict[int, CapeFile] = field(default_factory=dict)


def waiting(importer: ImporterOfRecord) -> Waiting:
    """Of all entries of the importer: a file may be another importer's, whose entry it was when the file was made."""
    found = Waiting()
    rows = list(
        unanswered()
        .filter(entry__importer=importer)
        .order_by("file__made_at", "file_id")
        .values_list("file_id", "entry_id")
    )
    files = CapeFile.objects.defer("data").select_related("made_by").in_bulk({file_id for file_id, _entry in rows})
    for file_id, entry_id in rows:
        file = files[file_id]
        (found.released if file.released_at else found.held)[entry_id] = file
    return found


def unanswered() -> QuerySet[CapeFileEntry]:
    return _contents().filter(~Exists(_answers()))


def with_answers() -> QuerySet[Any]:
    """`answer` is the status that CAPE gave the entry in the file, "" as long as there is none."""
    newest = _answers().order_by("-as_of", "-pk").values("status")[:1]
    return _contents().annotate(answer=Coalesce(Subquery(newest), Value("")))


def answers_to(files: Iterable[CapeFile]) -> dict[int, Counter[str]]:
    """Of each file how many of its entries have which answer."""
    rows = (
        with_answers().filter(file__in=[file.pk for file in files]).order_by("file_id").values_list("file_id", "answer")
    )
    return {
        file_id: Counter({answer: n for _file, answer, n in same})
        for file_id, same in groupby(rows.annotate(n=Count("pk")), key=lambda row: row[0])
    }


def _contents() -> QuerySet[CapeFileEntry]:
    return CapeFileEntry.objects.annotate(made_on=TruncDate("file__made_at"))


def _answers() -> QuerySet[ClaimResult]:
    """What CAPE said of an entry since the file was made. Not what was known before: no results that had been loaded
    by then, though they be loaded again, and none of a claim that had an answer already."""
    first = Report.objects.filter(sha256=OuterRef("report__sha256")).order_by().values("sha256")
    results = ClaimResult.objects.annotate(first_here=Subquery(first.annotate(at=Min("uploaded_at")).values("at")))
    known = results.filter(
        entry=OuterRef("entry"),
        claim_number=OuterRef("claim_number"),
        first_here__lte=OuterRef(OuterRef("file__made_at")),
    ).exclude(claim_number="")
    return results.filter(
        ~Exists(known),
        entry=OuterRef("entry"),
        as_of__gte=OuterRef("made_on"),
        first_here__gt=OuterRef("file__made_at"),
    )


def release(files: Iterable[int], *, by: User) -> list[CapeFile]:
    """Their unanswered entries may go into another file. Locks the importers in the order in which an import does;
    what is released already stays as it is. Returns those that are released now."""
    found = CapeFile.objects.filter(pk__in=list(files)).select_related("importer").defer("data")
    done = []
    for file in found.order_by("importer_id", "pk"):
        with change(file.importer, RELEASE, by=by):
            now = {"released_at": timezone.now(), "released_by": by}
            if CapeFile.objects.filter(pk=file.pk, released_at=None).update(**now):
                done.append(file)
    return done


def hold(file: CapeFile, *, by: User) -> None:
    """It was released by mistake."""
    with change(file.importer, HOLD, by=by):
        CapeFile.objects.filter(pk=file.pk).update(released_at=None, released_by=None)
