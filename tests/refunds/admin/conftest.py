"""Who looks at the staff's pages. (Models by name: this file may be read before Django is set up.)"""

from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.test import Client

if TYPE_CHECKING:
    from importers.models import User


@pytest.fixture
def staff(db: None) -> "User":
    apps.get_model("importers", "BrokerFirm").current()
    people = apps.get_model("importers", "User").objects
    return people.create_user("kirsten@broker.example", name="Kirsten Holm", is_staff=True)  # type: ignore[no-any-return]


@pytest.fixture
def as_staff(staff: "User") -> Client:
    client = Client()
    client.force_login(staff)
    return client
