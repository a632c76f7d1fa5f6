"""What the broker's staff must do by hand, because no mail can do it."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from importers.models.accounts import User
from importers.models.constraints import known, pair
from importers.models.history import tracked
from importers.models.importer import ImporterOfRecord

LONGEST_WHY = 500


class ErrandKind(models.TextChoices):
    OPTED_OUT = "opted_out", _("Wants no reminders: find another way")
    DEAD_MAILBOX = "dead_mailbox", _("Mail comes back: find out the right address")
    MAIL_REFUSED = "mail_refused", _("A mail failed for good: see why")
    NO_VISIT = "no_visit", _("Has never been here: call")


class ErrandQuerySet(models.QuerySet["Errand"]):
    def open(self) -> Self:
        return self.filter(done_at=None)

    def open_for(self, importers: Iterable[int], kind: ErrandKind, why: str, now: datetime) -> None:
        """For each of these importers, unless one of this kind is open already."""
        why = why[:LONGEST_WHY]
        errands = [Errand(importer_id=pk, kind=kind, why=why, opened_at=now) for pk in sorted(set(importers))]
        Errand.objects.bulk_create(errands, ignore_conflicts=True)


@tracked()
class Errand(models.Model):
    """For whoever has the case (`importer.assigned_to`). Of each kind an importer has one open at most."""

    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, related_name="errands")
    kind = models.CharField(_("what to do"), max_length=20, choices=ErrandKind.choices)
    why = models.CharField(_("why"), max_length=LONGEST_WHY)
    opened_at = models.DateTimeField(_("since"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("done by"), null=True, blank=True, related_name="+"
    )
    outcome = models.CharField(_("what came of it"), max_length=500, blank=True)

    objects: ClassVar[models.Manager["Errand"]] = ErrandQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["importer", "kind"], condition=Q(done_at=None), name="errand_one_open_of_a_kind"
            ),
            known("kind", ErrandKind),
            pair("done"),
        ]

    def __str__(self) -> str:
        return f"{self.importer}: {self.get_kind_display()}"
