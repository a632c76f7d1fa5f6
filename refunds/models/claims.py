"""What went to CBP's CAPE and what came back. The portal makes the files; the broker carries them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.models import ImporterOfRecord, User
from importers.models.constraints import pair
from importers.models.history import tracked
from refunds.models.entries import Entry
from refunds.models.reports import Report


@tracked(exclude=("data",))
class CapeFile(models.Model):
    """One upload file as it was made, for one importer. Its entries stay out of further files until CAPE's answer has
    come in, or the file is released: it was never uploaded, or ACE refused it."""

    importer = models.ForeignKey(ImporterOfRecord, models.PROTECT, related_name="cape_files")
    name = models.CharField(_("file"), max_length=120)
    data = models.BinaryField()
    sha256 = models.CharField(_("fingerprint (SHA-256)"), max_length=64)
    entries = models.PositiveIntegerField(_("entries"))
    possible_refund = models.DecimalField(_("possible refund"), max_digits=16, decimal_places=2)
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    rules_version = models.PositiveIntegerField(_("rules"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    released_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("released by")
    )

    class Meta:
        verbose_name = _("CAPE file")
        verbose_name_plural = _("CAPE files")
        ordering = ["-made_at", "-pk"]
        constraints = [pair("made"), pair("released")]

    def __str__(self) -> str:
        return self.name


class CapeFileEntry(models.Model):
    """Which entries a file holds."""

    file = models.ForeignKey(CapeFile, models.CASCADE, related_name="contents")
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="cape_files")

    objects: ClassVar[models.Manager["CapeFileEntry"]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "entry"], name="capefileentry_once")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.entry_id}"


class ClaimResult(models.Model):
    """CAPE's answer about one entry, as its result file has it. `message` is the text upper-cased and trimmed, by
    which the table of messages is asked (domain/cape_messages); "" when the entry was accepted without one. `entry` is
    None when the number is not known here. `status` is one of domain/cape_messages.ClaimStatus."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="claim_results")
    row = models.PositiveIntegerField(_("row"))
    entry_number = models.CharField(_("entry number"), max_length=11, db_index=True)
    entry = models.ForeignKey(Entry, models.CASCADE, null=True, blank=True, related_name="claim_results")
    claim_number = models.CharField(_("claim number"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=10)
    status_text = models.CharField(_("status as in the file"), max_length=100)
    message = models.CharField(_("message"), max_length=500, blank=True)
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("CAPE result")
        verbose_name_plural = _("CAPE results")
        ordering = ["-as_of", "-pk"]
        constraints = [models.UniqueConstraint(fields=["report", "row"], name="claimresult_once")]

    def __str__(self) -> str:
        return f"{self.entry_number} {self.status}"


class RejectedRefund(models.Model):
    """A refund that CBP certified and could not pay by ACH (report REV-613). Of an SSN only the last four digits."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="rejected_refunds")
    row = models.PositiveIntegerField(_("row"))
    importer = models.ForeignKey(
        ImporterOfRecord, models.SET_NULL, null=True, blank=True, related_name="rejected_refunds"
    )
    number_kind = models.CharField(max_length=12)
    importer_number = models.CharField(_("importer number"), max_length=12, blank=True)
    number_last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=64, db_index=True)
    entry_number = models.CharField(_("entry number"), max_length=11, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    rejected_on = models.DateField(_("rejected"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("rejected refund")
        verbose_name_plural = _("rejected refunds")
        ordering = ["-as_of", "-pk"]
        constraints = [models.UniqueConstraint(fields=["report", "row"], name="rejectedrefund_once")]

    def __str__(self) -> str:
        return f"{self.amount} {self.rejected_on or ''}".strip()


@tracked()
class Payment(models.Model):
    """What CBP really paid, as staff read it in ACE: one sum for an importer number and a liquidation date
    (CSMS 68340863), interest included and told apart where it is known."""

    importer = models.ForeignKey(ImporterOfRecord, models.PROTECT, related_name="payments")
    paid_on = models.DateField(_("paid"))
    liquidation_date = models.DateField(_("of entries liquidated on"), null=True, blank=True)
    amount = models.DecimalField(_("amount, interest included"), max_digits=16, decimal_places=2)
    interest = models.DecimalField(_("of it interest"), max_digits=16, decimal_places=2, null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-paid_on", "-pk"]
        constraints = [
            pair("recorded"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_is_money"),
            models.CheckConstraint(
                condition=models.Q(interest=None) | models.Q(interest__gte=0, interest__lte=models.F("amount")),
                name="payment_interest_is_part",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.paid_on}"
