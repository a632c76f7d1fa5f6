"""One importer number and what the importer has told us."""

import hashlib
import hmac
import uuid
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from importers.domain.facts import ACHStatus, Document, ExistingAccount, ImporterFacts, Officer, Route
from importers.domain.identifiers import ImporterNumber, NumberKind, masked_ssn, parse_importer_number
from importers.models.accounts import BrokerFirm, User
from importers.models.campaign import known_time_zone
from importers.models.constraints import known, pair
from importers.models.history import tracked
from importers.models.labels import choices

if TYPE_CHECKING:
    from importers.models.filings import Attestation, FiledContact

RELATED_FACTS = ("filed_contacts", "attestations")


def fingerprint(number: ImporterNumber) -> str:
    """What an importer number is found by. Keyed, because all Social Security numbers can be tried in minutes."""
    text = f"{number.kind}:{number.canonical}"
    return hmac.new(settings.FINGERPRINT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def number_columns(number: ImporterNumber) -> dict[str, str]:
    """What is kept of the number: of an SSN only the last four digits and the fingerprint."""
    return {
        "number_kind": number.kind,
        "number": "" if number.kind is NumberKind.SSN else number.canonical,
        "number_last4": number.canonical[-4:],
        "fingerprint": fingerprint(number),
    }


class ImporterQuerySet(models.QuerySet["ImporterOfRecord"]):
    def by_number(self, text: str, kind: NumberKind | str | None = None) -> Self:
        """The one with exactly this number, suffix included. Raises RuleViolation when it is no number."""
        return self.filter(fingerprint=fingerprint(parse_importer_number(text, kind)))

    def visible_to(self, user: User) -> Self:
        """Staff see all; everybody else what they were given access to and still have."""
        if user.is_staff:
            return self
        return self.filter(accesses__user=user, accesses__revoked_at=None)

    def with_facts(self, *, aside: bool = False) -> Self:
        """All that `ImporterOfRecord.facts` reads, in a number of queries that does not grow with the rows. `aside`
        puts the related rows where only `facts` finds them: a related manager for each of thousands of importers
        costs more than all the queries."""
        same_email = (
            PointOfContact.objects.annotate(folded=Lower("email"))
            .filter(folded=Lower(OuterRef("officer__email")))
            .exclude(importer=OuterRef("pk"))
            .order_by()
            .values("folded")
            .annotate(n=Count("pk"))
            .values("n")
        )
        visits = ImporterOfRecord.objects.filter(pk=OuterRef("pk"), accesses__first_visit_at__isnull=False)
        accepted = ImporterOfRecord.objects.filter(pk=OuterRef("pk"), acceptances__isnull=False).order_by()
        return (
            self.select_related("officer", "ace_account", "ach_enrollment", "form_4811")
            .prefetch_related(*(Prefetch(name, to_attr=f"{name}_aside") if aside else name for name in RELATED_FACTS))
            .annotate(
                email_elsewhere=Coalesce(Subquery(same_email), 0),
                visited=Exists(visits),
                accepted_findings=ArraySubquery(accepted.values("acceptances__fingerprint")),
            )
        )


@tracked()
class ImporterOfRecord(models.Model):
    """One importer number, suffix included. Of an SSN only the last four digits and a keyed fingerprint are kept."""

    class Structure(models.TextChoices):
        CORPORATION = "corporation", _("Corporation (ApS, A/S, Inc.)")
        LLC = "llc", _("Limited liability company (LLC)")
        PARTNERSHIP = "partnership", _("Partnership (I/S, K/S)")
        SOLE_PROPRIETOR = "sole_proprietor", _("Sole proprietorship")
        INDIVIDUAL = "individual", _("Private individual")
        GOVERNMENT = "government", _("Government body")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("company name"), max_length=200, help_text=_("Exactly as it stands on Form 5106."))
    number_kind = models.CharField(_("kind of number"), max_length=12, choices=choices(NumberKind))
    number = models.CharField(_("importer number"), max_length=12, blank=True)
    number_last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=64, unique=True)
    country = CountryField(_("country"))
    structure = models.CharField(_("structure"), max_length=20, choices=Structure.choices, blank=True)
    street = models.CharField(_("street address"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    phone = models.CharField(_("company phone"), max_length=40, blank=True)
    is_ddp = models.BooleanField(_("sells DDP"), default=False)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    contact_name = models.CharField(_("contact person"), max_length=200, blank=True)
    contact_title = models.CharField(_("contact's title"), max_length=100, blank=True)
    contact_email = models.EmailField(_("contact's e-mail"), blank=True)
    contact_phone = models.CharField(_("contact's phone"), max_length=40, blank=True)
    assigned_to = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="assigned", verbose_name=_("assigned to")
    )
    route = models.CharField(_("refund route"), max_length=12, choices=choices(Route), blank=True)
    route_chosen_at = models.DateTimeField(null=True, blank=True)
    route_chosen_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    company_confirmed_at = models.DateTimeField(null=True, blank=True)
    company_confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    invited_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[known_time_zone],
        help_text=_("Only if it is not the usual one of the country."),
    )
    paused_until = models.DateField(_("no reminders until"), null=True, blank=True)
    pause_reason = models.CharField(_("why"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["ImporterOfRecord"]] = ImporterQuerySet.as_manager()

    class Meta:
        verbose_name = _("importer")
        verbose_name_plural = _("importers")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["number_last4"]), models.Index(Lower("contact_email"), name="importer_contact")]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="importer_number_once"),
            models.CheckConstraint(
                condition=Q(number_kind=NumberKind.SSN, number="") | (~Q(number_kind=NumberKind.SSN) & ~Q(number="")),
                name="importer_ssn_not_kept",
            ),
            known("number_kind", NumberKind),
            known("route", Route, blank=True),
            pair("route_chosen"),
            pair("company_confirmed"),
            pair("invited"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_number(self) -> str:
        """All but the last four characters as dots, hyphens kept."""
        if self.number_kind == NumberKind.SSN:
            return masked_ssn(self.number_last4)
        return "".join("•" if c != "-" else c for c in self.number[:-4]) + self.number_last4

    def calls(self, user: User) -> str:
        """The name in this importer's own rows, before one that the person has elsewhere."""
        officer = getattr(self, "officer", None)
        if officer is not None and officer.email.lower() == user.email.lower():
            return str(officer.name)
        is_contact = self.contact_email.lower() == user.email.lower()
        return (is_contact and self.contact_name) or str(user)

    @property
    def name_on_the_list(self) -> str:
        """The company's name as the broker has it: what the importer made of it stands in no mail to an address that
        the importer chose. After the first confirmation only the importer changes it."""
        before = self.history.filter(company_confirmed_at=None).order_by("-pgh_id")  # type: ignore[attr-defined]
        kept = None if self.company_confirmed_at is None else before.values_list("name", flat=True).first()
        return kept or self.name

    @property
    def address(self) -> str:
        return ", ".join(part for part in (self.street, f"{self.postal_code} {self.city}".strip()) if part)

    def _related(self, name: str) -> Iterable[Any]:
        aside: list[Any] | None = self.__dict__.get(f"{name}_aside")
        return getattr(self, name).all() if aside is None else aside

    def _accepted(self) -> Iterable[str]:
        read: list[str] | None = self.__dict__.get("accepted_findings")
        return self.acceptances.values_list("fingerprint", flat=True) if read is None else read

    @property
    def newest_declaration(self) -> "Attestation | None":
        """The one that counts; read through `with_facts()` it costs no query."""
        return max(self._related("attestations"), key=lambda a: a.pk, default=None)

    def filed_in(self, document: Document) -> "FiledContact | None":
        """Who stands there now; read through `with_facts()` it costs no query."""
        contacts = self._related("filed_contacts")
        return next((c for c in contacts if c.is_current and c.document == document), None)

    def facts(self, firm: BrokerFirm, as_of: date) -> ImporterFacts:
        """What the rules look at. Read through `with_facts()`, or each importer costs eight queries."""
        account = getattr(self, "ace_account", None)
        enrollment = getattr(self, "ach_enrollment", None)
        form_4811 = getattr(self, "form_4811", None)
        attestation = self.newest_declaration
        standing = attestation if attestation and not attestation.returned_at else None
        officer = getattr(self, "officer", None)
        optional = {"form_4811": form_4811.facts} if form_4811 else {}
        return ImporterFacts(
            as_of=as_of,
            name=self.name,
            number=self.masked_number,
            country=str(self.country),
            structure=self.structure,
            address=self.address,
            phone=self.phone,
            is_ddp=self.is_ddp,
            invited=self.invited_at is not None,
            started=getattr(self, "visited", False),
            company_confirmed=self.company_confirmed_at is not None,
            officer=officer.facts if officer else None,
            existing_account=ExistingAccount(account.existing) if account and account.existing else None,
            route=Route(self.route) if self.route_chosen_at else None,
            filed={c.facts_key: c.facts for c in self._related("filed_contacts") if c.is_current},
            ace_confirmed=bool(account and account.confirmed_at),
            ach=ACHStatus(enrollment.status) if enrollment else ACHStatus.UNKNOWN,
            attested=standing.digest if standing else "",
            reviewed=standing.digest if standing and standing.verified_at else "",
            returned=attestation.return_note if attestation and attestation.returned_at else "",
            accepted=frozenset(self._accepted()),
            officer_email_elsewhere=getattr(self, "email_elsewhere", 0),
            broker_email=firm.email,
            broker_ach_enrolled=firm.ach_enrolled_at is not None,
            broker_has_number=bool(firm.importer_number),
            **optional,
        )


@tracked()
class PointOfContact(models.Model):
    """The responsible officer: one person, one e-mail, authorised to sign."""

    importer = models.OneToOneField(ImporterOfRecord, models.CASCADE, related_name="officer")
    name = models.CharField(_("name"), max_length=200)
    title = models.CharField(_("title"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    declared_at = models.DateTimeField(_("declared authorised to sign"), null=True, blank=True)
    declared_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("responsible officer")
        verbose_name_plural = _("responsible officers")
        indexes = [models.Index(Lower("email"), name="officer_email")]
        constraints = [pair("declared")]

    def __str__(self) -> str:
        return self.name

    @property
    def facts(self) -> Officer:
        declared = self.declared_at is not None
        return Officer(self.name, self.title, self.email, str(self.phone), declared)
