"""The history of every table: rows stay as they were written, and the table cannot be emptied."""

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from tests.factories import ImporterFactory

pytestmark = pytest.mark.django_db
HISTORIES = [model for model in apps.get_models(include_auto_created=True) if hasattr(model, "pgh_tracked_model")]


@pytest.fixture
def guarded() -> None:
    """As in production: the tests' database lets tables be emptied (see tests/conftest.py)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = '{}'")


def test_there_are_histories() -> None:
    assert len(HISTORIES) >= 10


@pytest.mark.parametrize("model", HISTORIES, ids=lambda model: model.__name__)
@pytest.mark.parametrize("how", ["TRUNCATE {}", "TRUNCATE {} RESTART IDENTITY CASCADE"])
def test_no_history_can_be_emptied(model: Any, how: str, guarded: None) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    with pytest.raises(DatabaseError, match="cannot be emptied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(how.format(table))


@pytest.mark.parametrize("how", ["DELETE FROM {}", "UPDATE {} SET pgh_label = 'other'"])
def test_no_row_of_a_history_can_be_changed(how: str, guarded: None) -> None:
    ImporterFactory.create()
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(how.format("importers_importerofrecordevent"))
