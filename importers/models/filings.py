"""What stands with CBP: who is filed where, the ACE account, ACH, Form 4811, and what the officer declared."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from importers.domain.facts import ACHStatus, Document, ExistingAccount, Filed, Form4811Facts
from importers.models.accounts import User
from importers.models.constraints import known, pair
from importers.models.history import tracked
from importers.models.importer import ImporterOfRecord
from importers.models.labels import choices


@tracked()
class FiledContact(models.Model):
    """Who stands, as filed, in one document. A newer reading replaces it; the old rows stay."""

    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, related_name="filed_contacts")
    document = models.CharField(_("document"), max_length=12, choices=choices(Document))
    name = models.CharField(_("name as filed"), max_length=200, blank=True)
    email = models.CharField(_("e-mail as filed"), max_length=254, blank=True)
    company_name = models.CharField(_("company name as filed"), max_length=200, blank=True)
    source = models.CharField(_("where it was read"), max_length=200, blank=True)
    is_current = models.BooleanField(default=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    correction_sent_at = models.DateTimeField(_("correction sent to CBP"), null=True, blank=True)
    correction_sent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("filed contact")
        verbose_name_plural = _("filed contacts")
        ordering = ["document", "-recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["importer", "document"], condition=Q(is_current=True), name="filedcontact_one_current"
            ),
            known("document", Document),
            pair("recorded"),
            pair("correction_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_document_display()}: {self.name} {self.email}"

    @property
    def facts_key(self) -> Document:
        return Document(self.document)

    @property
    def facts(self) -> Filed:
        return Filed(self.name, self.email, self.company_name, self.correction_sent_at is not None)


@tracked()
class ACEAccount(models.Model):
    importer = models.OneToOneField(ImporterOfRecord, models.CASCADE, related_name="ace_account")
    existing = models.CharField(_("used ACE already"), max_length=12, choices=choices(ExistingAccount), blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(_("account there since"), null=True, blank=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("ACE account")
        verbose_name_plural = _("ACE accounts")
        constraints = [known("existing", ExistingAccount, blank=True), pair("answered"), pair("confirmed")]

    def __str__(self) -> str:
        return f"ACE: {self.importer}"


@tracked()
class ACHEnrollment(models.Model):
    """What the ACH Refund Authorization tab shows for this number and suffix. Never any bank details."""

    importer = models.OneToOneField(ImporterOfRecord, models.CASCADE, related_name="ach_enrollment")
    status = models.CharField(max_length=8, choices=choices(ACHStatus), default=ACHStatus.UNKNOWN)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("ACH enrolment")
        verbose_name_plural = _("ACH enrolments")
        constraints = [known("status", ACHStatus), pair("checked")]

    def __str__(self) -> str:
        return f"ACH: {self.importer}"


@tracked()
class Form4811(models.Model):
    importer = models.OneToOneField(ImporterOfRecord, models.CASCADE, related_name="form_4811")
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    completed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    on_profile_at = models.DateTimeField(_("broker seen on the ACE profile"), null=True, blank=True)
    on_profile_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    box_28_at = models.DateTimeField(_("box 28 set on new entries"), null=True, blank=True)
    box_28_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("Form 4811")
        verbose_name_plural = _("Forms 4811")
        constraints = [pair("completed"), pair("on_profile"), pair("box_28")]

    def __str__(self) -> str:
        return f"4811: {self.importer}"

    @property
    def facts(self) -> Form4811Facts:
        return Form4811Facts(
            completed=self.completed_at is not None,
            signed_on=self.signed_on,
            on_profile=self.on_profile_at is not None,
            box_28=self.box_28_at is not None,
        )


@tracked()
class Attestation(models.Model):
    """The officer's declaration, with the answers as they stood, and what staff made of it. The newest counts."""

    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, related_name="attestations")
    answers = models.JSONField()
    digest = models.CharField(max_length=64)
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    return_note = models.CharField(_("what must be changed"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("declaration")
        verbose_name_plural = _("declarations")
        ordering = ["-pk"]
        constraints = [
            pair("declared"),
            pair("verified"),
            pair("returned"),
            models.CheckConstraint(
                condition=Q(verified_at=None) | Q(returned_at=None), name="attestation_verified_or_returned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.importer}: {self.declared_at:%Y-%m-%d}"


@tracked()
class Acceptance(models.Model):
    """Staff accepted a warning, for the values that were compared then and no others."""

    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, related_name="acceptances")
    rule = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=32)
    reason = models.CharField(max_length=500)
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("accepted warning")
        verbose_name_plural = _("accepted warnings")
        constraints = [
            models.UniqueConstraint(fields=["importer", "fingerprint"], name="acceptance_once"),
            pair("accepted"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.reason}"


class AccessQuerySet(models.QuerySet["ImporterAccess"]):
    def shut_out(self) -> Self:
        """What staff took away: only staff lift that, whatever somebody of the importer does."""
        return self.filter(revoked_by__is_staff=True)


@tracked()
class ImporterAccess(models.Model):
    """A person may see and fill in one importer's checklist."""

    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, related_name="accesses")
    user = models.ForeignKey(User, models.CASCADE, related_name="accesses")
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    first_visit_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["ImporterAccess"]] = AccessQuerySet.as_manager()

    class Meta:
        verbose_name = _("access")
        verbose_name_plural = _("accesses")
        constraints = [
            models.UniqueConstraint(fields=["importer", "user"], name="access_once"),
            pair("granted"),
            pair("revoked"),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.importer}"

    @property
    def is_shut_out(self) -> bool:
        return self.revoked_by is not None and self.revoked_by.is_staff
