"""Rows for tests: plain, the same every time, nothing random."""

from datetime import date
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
