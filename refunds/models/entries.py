"""One entry summary, as the newest report shows it, and what the rules make of it."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from importers.domain.identifiers import NumberKind
from importers.models import ImporterOfRecord
from importers.models.constraints import known
from importers.models.history import tracked
from importers.models.labels import choices
from refunds.domain.eligibility import EntryFacts, Verdict
from refunds.domain.entry_number import hyphened
from refunds.models.labels import verdict_choices
from refunds.models.reports import Report


class EntryQuerySet(models.QuerySet["Entry"]):
    def kept_aside(self) -> Self:
        """Those of importer numbers that are not on the client list."""
        return self.filter(importer=None)


@tracked(inserts=False, exclude=("assessed_on", "rules_version"))
class Entry(models.Model):
    """`number` is compact, 11 characters. Whose it is stands in `fingerprint` and the number columns, as on
    `ImporterOfRecord` (of an SSN only the last four digits); `importer` is set while that number is on the client list,
    and taken from there by the statements that set it: the database, which would ask for each row of a quarter million
    in turn, is not asked again.
    `ieepa_duty` is the sum over the lines that the rules' prefixes name, in USD. `verdict`, `verdict_rule` and
    `act_until` are the rules' answer as of `assessed_on` (services/verdicts); the other columns are the report's."""

    number = models.CharField(_("entry number"), max_length=11)
    importer = models.ForeignKey(
        ImporterOfRecord, models.SET_NULL, null=True, blank=True, related_name="entries", db_index=False,
        db_constraint=False, verbose_name=_("importer"),
    )  # fmt: skip
    number_kind = models.CharField(max_length=12, choices=choices(NumberKind))
    importer_number = models.CharField(_("importer number"), max_length=12, blank=True)
    number_last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=64)
    importer_name = models.CharField(_("importer's name in the report"), max_length=200, blank=True)
    entry_type = models.CharField(_("entry type"), max_length=2, blank=True)
    port = models.CharField(_("port of entry"), max_length=4, blank=True)
    entry_date = models.DateField(_("entry date"))
    summary_date = models.DateField(_("entry summary date"), null=True, blank=True)
    liquidation_date = models.DateField(_("liquidation date"), null=True, blank=True)
    liquidation_status = models.CharField(_("liquidation status"), max_length=40, blank=True)
    reconciliation = models.CharField(_("reconciliation indicator"), max_length=40, blank=True)
    control_status = models.CharField(_("control status"), max_length=40, blank=True)
    correction = models.CharField(_("post summary correction"), max_length=40, blank=True)
    protest_number = models.CharField(_("protest number"), max_length=40, blank=True)
    protest_status = models.CharField(_("protest status"), max_length=40, blank=True)
    lines = models.PositiveIntegerField(_("lines"))
    ieepa_duty = models.DecimalField(_("IEEPA duty"), max_digits=14, decimal_places=2)
    liquidated_duty = models.DecimalField(
        _("total liquidated duty"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    report = models.ForeignKey(
        Report, models.PROTECT, related_name="entries", db_index=False, db_constraint=False,
        verbose_name=_("newest report"),
    )  # fmt: skip
    as_of = models.DateField(_("as of"))
    verdict = models.CharField(_("verdict"), max_length=16, choices=verdict_choices())
    verdict_rule = models.CharField(max_length=40)
    act_until = models.DateField(_("act until"), null=True, blank=True)
    assessed_on = models.DateField()
    rules_version = models.PositiveIntegerField(_("rules"))
    # Set by services/claims when results come in, so that verdicts are computed from the row alone.
    claim_status = models.CharField(_("claim"), max_length=10, blank=True)
    paid_on = models.DateField(_("paid"), null=True, blank=True)

    objects: ClassVar[models.Manager["Entry"]] = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["-entry_date", "number"]
        indexes = [
            models.Index(fields=["importer", "-entry_date"], name="entry_of_importer"),
            models.Index(fields=["fingerprint"], condition=Q(importer=None), name="entry_kept_aside"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="entry_once"),
            known("verdict", Verdict),
            known("number_kind", NumberKind),
        ]

    def __str__(self) -> str:
        return self.canonical

    @property
    def canonical(self) -> str:
        """XXX-NNNNNNN-C."""
        return hyphened(self.number)

    @property
    def filer_code(self) -> str:
        return self.number[:3]

    @property
    def facts(self) -> EntryFacts:
        return EntryFacts(
            entry_type=self.entry_type,
            entry_date=self.entry_date,
            liquidation_date=self.liquidation_date,
            liquidation_status=self.liquidation_status,
            reconciliation=self.reconciliation,
            control_status=self.control_status,
            protest_status=self.protest_status,
            has_duty=self.ieepa_duty > 0,
            claim_status=self.claim_status,
            is_paid=self.paid_on is not None,
        )
