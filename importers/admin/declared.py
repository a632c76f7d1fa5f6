"""What officers have declared and nobody of us has checked yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from importers.models import Attestation, BrokerFirm, ImporterOfRecord, Readiness, User


@dataclass(frozen=True, slots=True)
class Declared:
    importer: ImporterOfRecord
    who: str
    at: datetime
    link: str


def waiting_declarations(scope: Q) -> QuerySet[Attestation]:
    """Neither checked nor sent back, the oldest first. Who is to declare again has changed an answer since;
    `declarations` leaves out the few others who have. So this is never cut off before `declarations` has looked."""
    newer = Attestation.objects.filter(importer=OuterRef("importer"), pk__gt=OuterRef("pk"))
    again = Readiness.objects.filter(importer=OuterRef("importer"), importer_step="inform-broker")
    waiting = Attestation.objects.filter(scope, ~Exists(newer), ~Exists(again), verified_at=None, returned_at=None)
    return waiting.order_by("declared_at", "pk")


def declarations(importers: Iterable[ImporterOfRecord], firm: BrokerFirm) -> list[Declared]:
    """Of these importers, who come with facts, the oldest first."""
    today = timezone.localdate()
    waiting = [
        (importer, newest)
        for importer in importers
        if (newest := importer.newest_declaration)
        and newest.verified_at is None
        and importer.facts(firm, today).is_declared
    ]
    people = User.objects.in_bulk({newest.declared_by_id for _importer, newest in waiting}) if waiting else {}
    return [
        Declared(
            importer,
            str(people[newest.declared_by_id]),
            newest.declared_at,
            reverse("admin:importers_importerofrecord_change", args=[importer.pk]) + "#broker-review",
        )
        for importer, newest in sorted(waiting, key=lambda pair: (pair[1].declared_at, pair[1].pk))
    ]
