"""Rows for tests: plain, the same every time, nothing random."""

from datetime import date
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone

from importers.domain.facts import Document
from importers.domain.identifiers import parse_importer_number
from importers.models import (
    Campaign,
    FiledContact,
    ImporterAccess,
    ImporterOfRecord,
    MailKind,
    Notification,
    PointOfContact,
    User,
)
from importers.models.importer import fingerprint
from importers.services.readiness import refresh
from refunds.domain.eligibility import assess
from refunds.domain.entry_number import check_digit
from refunds.domain.rules import SHIPPED
from refunds.models import Entry, Payment, Report, ReportState


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@importer.example")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(None)


class StaffFactory(UserFactory):
    email = factory.Sequence(lambda n: f"staff{n}@broker.example")
    name = factory.Sequence(lambda n: f"Staff {n}")
    password = factory.django.Password("correct horse battery")
    is_staff = True


class ImporterFactory(factory.django.DjangoModelFactory[ImporterOfRecord]):
    """`number_text` is any spelling that `parse_importer_number` takes. Readiness is there as after any service."""

    class Meta:
        model = ImporterOfRecord
        skip_postgeneration_save = True

    class Params:
        number_text = factory.Sequence(lambda n: f"26{n // 100000:04d}-{n % 100000:05d}")
        parsed = factory.LazyAttribute(lambda o: parse_importer_number(o.number_text))

    name = factory.Sequence(lambda n: f"Nordlys Cykler {n} ApS")
    number_kind = factory.LazyAttribute(lambda o: o.parsed.kind)
    number = factory.LazyAttribute(lambda o: "" if o.parsed.kind == "SSN" else o.parsed.canonical)
    number_last4 = factory.LazyAttribute(lambda o: o.parsed.canonical[-4:])
    fingerprint = factory.LazyAttribute(lambda o: fingerprint(o.parsed))
    country = "DK"
    street = "Havnegade 1"
    postal_code = "5000"
    city = "Odense"
    language = "en"
    contact_name = "Mette Sørensen"
    contact_title = "Direktør"
    contact_email = factory.Sequence(lambda n: f"mette{n}@nordlys.example")
    contact_phone = "+4570101011"

    @factory.post_generation
    def projected(self: ImporterOfRecord, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            refresh([self.pk])


class AccessFactory(factory.django.DjangoModelFactory[ImporterAccess]):
    """The person on the client list may come in."""

    class Meta:
        model = ImporterAccess

    importer = factory.SubFactory(ImporterFactory)
    user = factory.LazyAttribute(
        lambda o: User.objects.for_email(o.importer.contact_email, name=o.importer.contact_name)
    )
    granted_at = factory.LazyFunction(timezone.now)
    granted_by = factory.LazyFunction(lambda: User.objects.system())


class OfficerFactory(factory.django.DjangoModelFactory[PointOfContact]):
    class Meta:
        model = PointOfContact

    importer = factory.SubFactory(ImporterFactory)
    name = "Mette Sørensen"
    title = "Direktør"
    email = factory.LazyAttribute(lambda o: o.importer.contact_email)
    phone = "+4570101011"
    declared_at = factory.LazyFunction(timezone.now)
    declared_by = factory.LazyFunction(lambda: User.objects.system())


class FiledContactFactory(factory.django.DjangoModelFactory[FiledContact]):
    class Meta:
        model = FiledContact

    importer = factory.SubFactory(ImporterFactory)
    document = Document.FORM_5106
    name = "Mette Sørensen"
    email = factory.LazyAttribute(lambda o: o.importer.contact_email)
    recorded_at = factory.LazyFunction(timezone.now)
    recorded_by = factory.SubFactory(StaffFactory)


class CampaignFactory(factory.django.DjangoModelFactory[Campaign]):
    class Meta:
        model = Campaign

    name = factory.Sequence(lambda n: f"Campaign {n}")
    deadline = date(2027, 4, 21)
    source = "a test"


class NotificationFactory(factory.django.DjangoModelFactory[Notification]):
    class Meta:
        model = Notification

    kind = MailKind.INVITATION
    importer = factory.SubFactory(ImporterFactory)
    to_email = factory.LazyAttribute(lambda o: o.importer.contact_email if o.importer else "someone@importer.example")
    to_name = "Mette Sørensen"
    not_before = factory.LazyFunction(timezone.now)


class ReportFactory(factory.django.DjangoModelFactory[Report]):
    class Meta:
        model = Report

    format = "es003"
    file_name = "ES-003.csv"
    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    size = 1
    as_of = factory.LazyFunction(timezone.localdate)
    uploaded_at = factory.LazyFunction(timezone.now)
    uploaded_by = factory.SubFactory(StaffFactory)
    state = ReportState.DONE


class EntryFactory(factory.django.DjangoModelFactory[Entry]):
    """An entry of a real importer's number, judged under the shipped rules as of today."""

    class Meta:
        model = Entry

    class Params:
        serial = factory.Sequence(int)

    importer = factory.SubFactory(ImporterFactory)
    number = factory.LazyAttribute(lambda o: f"B76{o.serial:07d}{check_digit(f'B76{o.serial:07d}')}")
    number_kind = factory.LazyAttribute(lambda o: o.importer.number_kind)
    importer_number = factory.LazyAttribute(lambda o: o.importer.number)
    number_last4 = factory.LazyAttribute(lambda o: o.importer.number_last4)
    fingerprint = factory.LazyAttribute(lambda o: o.importer.fingerprint)
    importer_name = factory.LazyAttribute(lambda o: o.importer.name)
    entry_type = "01"
    port = "4701"
    entry_date = date(2025, 6, 2)
    liquidation_status = "Not Liquidated"
    lines = 2
    ieepa_duty = Decimal("1234.56")
    report = factory.SubFactory(ReportFactory)
    as_of = factory.LazyAttribute(lambda o: o.report.as_of)

    @classmethod
    def _create(cls, model_class: type[Entry], *args: Any, **kwargs: Any) -> Entry:
        today = timezone.localdate()
        row = model_class(*args, **({"assessed_on": today, "rules_version": 0} | kwargs))
        decision = assess(row.facts, SHIPPED, row.assessed_on)
        judged = {"verdict": decision.verdict, "verdict_rule": decision.rule, "act_until": decision.act_until}
        for name, value in judged.items():
            if name not in kwargs:
                setattr(row, name, value)
        row.save(force_insert=True)
        return row


class PaymentFactory(factory.django.DjangoModelFactory[Payment]):
    class Meta:
        model = Payment

    importer = factory.SubFactory(ImporterFactory)
    paid_on = date(2026, 9, 1)
    amount = Decimal("1300.00")
    recorded_at = factory.LazyFunction(timezone.now)
    recorded_by = factory.SubFactory(StaffFactory)
