"""The campaign that a new portal starts with."""

from importlib import import_module

import pytest
from django.apps import apps

from importers.models import Campaign

pytestmark = pytest.mark.django_db

MIGRATION = import_module("importers.migrations.0002_guide_campaign")


def test_a_new_portal_has_the_date_of_the_brokers_guide() -> None:
    """As the migration writes it; tests that empty the tables may have taken its own row away."""
    Campaign.objects.all().delete()
    MIGRATION.add(apps, None)
    campaign = Campaign.objects.get()
    assert campaign.name == "Refunds by ACH"
    assert f"{campaign.deadline:%-d %B %Y}" == "21 April 2026"
    assert campaign.time_zone == "Europe/Copenhagen"
    assert campaign.source == "broker's guide, March 2026; no CBP source found"
    assert campaign.superseded_by is None


def test_taking_the_migration_back_takes_its_campaign_and_no_other() -> None:
    Campaign.objects.all().delete()
    MIGRATION.add(apps, None)
    own = Campaign.objects.create(name="Our own", deadline="2027-04-21", source="a test")
    MIGRATION.remove(apps, None)
    assert list(Campaign.objects.all()) == [own]
