"""Who looks at the staff's pages."""

import pytest
from django.test import Client

from importers.models import BrokerFirm
from tests.factories import StaffFactory


@pytest.fixture
def as_staff(db: None) -> Client:
    BrokerFirm.current()
    client = Client()
    client.force_login(StaffFactory.create(name="Kirsten Holm"))
    return client
