"""An officer who can send every step, and a colleague who has one. (Models by name: this file may be read before Django
is set up.)"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from importers.models import ImporterOfRecord, User


def signed_in(user: "User") -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def walkthrough() -> Any:
    return import_module("tests.walkthrough")


@pytest.fixture
def officer(importer: "ImporterOfRecord", staff: "User", walkthrough: Any) -> "User":
    return walkthrough.able_to_send(importer, staff)  # type: ignore[no-any-return]


@pytest.fixture
def desk(officer: "User") -> Client:
    """The officer's browser."""
    return signed_in(officer)


@pytest.fixture
def colleague(importer: "ImporterOfRecord", officer: "User", walkthrough: Any) -> "User":
    return walkthrough.sent(importer, officer, "ach-refund")  # type: ignore[no-any-return]


@pytest.fixture
def phone(colleague: "User") -> Client:
    """The colleague's."""
    return signed_in(colleague)
