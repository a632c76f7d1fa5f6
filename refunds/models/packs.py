"""What was shown to an importer: a snapshot that never changes."""

from typing import ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from importers.models import ImporterOfRecord, User
from importers.models.constraints import pair
from importers.models.history import kept_whole, tracked
from refunds.domain.entry_number import hyphened

TAKEN_BACK_AGAIN = pgtrigger.Q(old__withdrawn_at__isnull=False) & (
    pgtrigger.Q(old__withdrawn_at__df=pgtrigger.F("new__withdrawn_at"))
    | pgtrigger.Q(old__withdrawn_by__df=pgtrigger.F("new__withdrawn_by"))
)


def all_at_once() -> pgtrigger.Trigger:
    """The lines of a pack come in one statement, as many as it says: none can be put in later, and none left out."""
    return pgtrigger.Trigger(
        name="packline_all_at_once",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_lines"),
        func=pgtrigger.Func(
            """
            IF EXISTS (
                SELECT FROM refunds_pack pack
                JOIN (SELECT pack_id FROM new_lines GROUP BY 1) came ON came.pack_id = pack.id
                WHERE pack.entries <> (SELECT count(*) FROM {meta.db_table} line WHERE line.pack_id = pack.id)
            ) THEN
                RAISE EXCEPTION 'A pack has as many lines as it says, and gets no other';
            END IF;
            RETURN NULL;
            """
        ),
    )


class PackQuerySet(models.QuerySet["Pack"]):
    def shared(self) -> Self:
        return self.filter(withdrawn_at=None)

    def without_files(self) -> Self:
        """They are megabytes, and read to be downloaded only."""
        return self.defer("xlsx", "csv")


@tracked(exclude=("xlsx", "csv"))
class Pack(models.Model):
    """`as_of` is the day on which verdicts and clocks were reckoned, `reports_as_of` that of the oldest report behind
    its entries, `totals` are domain/pack.Totals.kept(). Only `withdrawn` may ever change, and that once; the triggers
    see to it."""

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
        verbose_name = _("shared list of entries")
        verbose_name_plural = _("shared lists of entries")
        ordering = ["-published_at", "-pk"]
        constraints = [pair("published"), pair("withdrawn")]
        triggers = [
            pgtrigger.ReadOnly(name="pack_never_changes", exclude=["withdrawn_at", "withdrawn_by"]),
            pgtrigger.Protect(name="pack_never_goes", operation=pgtrigger.Delete),
            pgtrigger.Protect(name="pack_taken_back_once", operation=pgtrigger.Update, condition=TAKEN_BACK_AGAIN),
            kept_whole(),
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
        triggers = [
            pgtrigger.ReadOnly(name="packline_never_changes"),
            pgtrigger.Protect(name="packline_never_goes", operation=pgtrigger.Delete),
            all_at_once(),
            kept_whole(),
        ]

    def __str__(self) -> str:
        return self.entry_number

    @property
    def canonical(self) -> str:
        return hyphened(self.entry_number)


class SharingQuerySet(models.QuerySet["Sharing"]):
    def open(self) -> Self:
        return self.filter(finished_at=None)


class Sharing(models.Model):
    """What staff want an importer to be shown: `seen` is the draft they looked at. A worker makes the pack of it. While
    `finished_at` is empty it is still to be done; afterwards there is the `pack`, or `refusal` says why there is none:
    a RuleViolation's code, template and params. `tries` counts the workers who began."""

    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, related_name="sharings", verbose_name=_("importer"))
    seen = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    pack = models.OneToOneField(Pack, models.PROTECT, null=True, blank=True, related_name="sharing")
    refusal = models.JSONField(default=dict, blank=True)

    objects: ClassVar[models.Manager["Sharing"]] = SharingQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            pair("asked"),
            models.UniqueConstraint(fields=["importer"], condition=Q(finished_at=None), name="sharing_open_once"),
        ]

    def __str__(self) -> str:
        return f"{self.importer} {self.asked_at}"
