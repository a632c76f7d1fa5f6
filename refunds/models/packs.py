"""What was shown to an importer: a snapshot that never changes."""

from typing import ClassVar, Self

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.models import ImporterOfRecord, User
from importers.models.constraints import pair
from importers.models.history import tracked
from refunds.domain.entry_number import hyphened


class PackQuerySet(models.QuerySet["Pack"]):
    def shared(self) -> Self:
        return self.filter(withdrawn_at=None)

    def without_files(self) -> Self:
        """They are megabytes, and read to be downloaded only."""
        return self.defer("xlsx", "csv")


@tracked(exclude=("xlsx", "csv"))
class Pack(models.Model):
    """`as_of` is the day on which verdicts and clocks were reckoned, `reports_as_of` that of the oldest report behind
    its entries, `totals` are domain/pack.Totals.kept(). Only `withdrawn` may ever change."""

    importer = models.ForeignKey(ImporterOfRecord, models.PROTECT, related_name="packs", verbose_name=_("importer"))
    published_at = models.DateTimeField(_("shared"))
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    as_of = models.DateField(_("as of"))
    reports_as_of = models.DateField()
    rules_version = models.PositiveIntegerField(_("rules"))
    language = models.CharField(max_length=5)
    entries = models.PositiveIntegerField(_("entries"))
    possible_refund = models.DecimalField(_("possible refund"), max_digits=16, decimal_places=2)
    totals = models.JSONField(default=dict)
    xlsx = models.BinaryField()
    csv = models.BinaryField()

    objects: ClassVar[models.Manager["Pack"]] = PackQuerySet.as_manager()

    class Meta:
        verbose_name = _("shared pack")
        verbose_name_plural = _("shared packs")
        ordering = ["-published_at", "-pk"]
        constraints = [pair("published"), pair("withdrawn")]
        triggers = [
            pgtrigger.ReadOnly(name="pack_never_changes", exclude=["withdrawn_at", "withdrawn_by"]),
        ]

    def __str__(self) -> str:
        return f"{self.importer} {self.as_of}"


class PackLine(models.Model):
    """One entry as it was shown. `note` is a key of domain/pack notes, filled when shown."""

    pack = models.ForeignKey(Pack, models.CASCADE, related_name="lines")
    entry_number = models.CharField(_("entry number"), max_length=11)
    entry_date = models.DateField(_("entry date"))
    liquidation_status = models.CharField(_("liquidation status"), max_length=40, blank=True)
    liquidation_date = models.DateField(_("liquidation date"), null=True, blank=True)
    cape_until = models.DateField(_("CAPE until"), null=True, blank=True)
    protest_until = models.DateField(_("protest until"), null=True, blank=True)
    ieepa_duty = models.DecimalField(_("IEEPA duty"), max_digits=14, decimal_places=2)
    verdict = models.CharField(_("status"), max_length=16)
    verdict_rule = models.CharField(max_length=40)

    objects: ClassVar[models.Manager["PackLine"]] = models.Manager()

    class Meta:
        ordering = ["-entry_date", "entry_number"]
        constraints = [models.UniqueConstraint(fields=["pack", "entry_number"], name="packline_once")]
        indexes = [
            models.Index(fields=["pack", "-entry_date", "entry_number"], name="packline_by_date"),
            models.Index(fields=["pack", "-ieepa_duty", "entry_number"], name="packline_by_duty"),
        ]
        triggers = [pgtrigger.ReadOnly(name="packline_never_changes")]

    def __str__(self) -> str:
        return self.entry_number

    @property
    def canonical(self) -> str:
        return hyphened(self.entry_number)
