"""One importer, its person signed in, and somebody of the broker's. (Factories by name: this file may be read before
Django is set up.)"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from importers.models import ImporterOfRecord, User


def make(factory: str, **fields: Any) -> Any:
    return getattr(import_module("tests.factories"), factory)(**fields)


@pytest.fixture
def importer(db: None) -> "ImporterOfRecord":
    return make("ImporterFactory", name="Nordlys Cykler ApS", number_text="261304-00123")


@pytest.fixture
def person(importer: "ImporterOfRecord") -> "User":
    return make("AccessFactory", importer=importer).user


@pytest.fixture
def staff(db: None) -> "User":
    return make("StaffFactory")


@pytest.fixture
def page(person: "User") -> Client:
    """A browser in which the importer's person is signed in."""
    client = Client()
    client.force_login(person)
    return client
