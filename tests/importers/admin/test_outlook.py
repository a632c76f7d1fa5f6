"""What staff are told about the reminders of one importer, and of all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.models import Campaign, ImporterOfRecord, User
from tests import walkthrough
from tests.factories import CampaignFactory, ImporterFactory


@pytest.fixture(autouse=True)
def in_office_hours() -> Iterator[None]:
    with time_machine.travel(datetime(2027, 4, 7, 8, tzinfo=UTC)):
        yield


@pytest.fixture(autouse=True)
def campaign(in_office_hours: None, db: None) -> Campaign:
    campaign: Campaign = CampaignFactory.create(deadline=timezone.localdate() + timedelta(days=100))
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    return campaign


def page_of(client: Client, importer: ImporterOfRecord) -> str:
    return client.get(reverse("admin:importers_importerofrecord_change", args=[importer.pk])).content.decode()


def test_the_next_reminder_is_named(as_staff: Client) -> None:
    page = page_of(as_staff, ImporterFactory.create(contact_email="mette@nordlys.example"))
    assert "None yet: the first date is still ahead." in page
    assert "Next, to mette@nordlys.example: 28 days before, " in page


def test_without_an_address_no_reminder_is_promised(as_staff: Client) -> None:
    page = page_of(as_staff, ImporterFactory.create(contact_email=""))
    assert "Next, to" not in page


def test_what_goes_out_now_is_said(as_staff: Client, campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(deadline=timezone.localdate() + timedelta(days=10))
    importer = ImporterFactory.create()
    ImporterOfRecord.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert f"Within five minutes, to {importer.contact_email}: 14 days before." in page_of(as_staff, importer)


def test_the_page_of_next_reminders_names_who_is_passed_over(as_staff: Client) -> None:
    importer = ImporterFactory.create(name="Uden Mail ApS", contact_email="")
    page = as_staff.get(reverse("admin:importers_reminders")).content.decode()
    assert "Uden Mail ApS" in page
    assert reverse("admin:importers_importerofrecord_change", args=[importer.pk]) in page


def test_whose_turn_it_is_keeps_the_next_reminder_back(as_staff: Client, staff: User) -> None:
    importer = ImporterFactory.create()
    walkthrough.declared(importer, staff, walkthrough.Route.OWN_ACCOUNT)
    page = page_of(as_staff, importer)
    assert "None now: it is our turn, or CBP" in page
    assert "Next, to" not in page
