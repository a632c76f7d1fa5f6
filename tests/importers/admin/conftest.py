"""Who looks at the staff's pages. (Models by name: this file may be read before Django is set up.)"""

from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.test import Client

if TYPE_CHECKING:
    from importers.models import User


def person(email: str, **fields: object) -> "User":
    apps.get_model("importers", "BrokerFirm").current()
    return apps.get_model("importers", "User").objects.create_user(email, **fields)  # type: ignore[no-any-return]


def signed_in(user: "User") -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff(db: None) -> "User":
    return person("kirsten@broker.example", name="Kirsten Holm", is_staff=True)


@pytest.fixture
def superuser(db: None) -> "User":
    return person("jens@broker.example", name="Jens Rahbek", is_staff=True, is_superuser=True)


@pytest.fixture
def as_staff(staff: "User") -> Client:
    return signed_in(staff)


@pytest.fixture
def as_superuser(superuser: "User") -> Client:
    return signed_in(superuser)


@pytest.fixture
def as_importer(db: None) -> Client:
    return signed_in(person("mette@nordlys.example", name="Mette Sørensen"))


@pytest.fixture
def clients(as_importer: Client, as_staff: Client, as_superuser: Client) -> dict[str, Client]:
    return {"anonymous": Client(), "importer": as_importer, "staff": as_staff, "superuser": as_superuser}
