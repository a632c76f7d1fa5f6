"""The invented data shows everything that the portal can show, and is the same on every run."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from importers import demo
from importers.domain.checklist import Stage
from importers.domain.facts import Route
from importers.domain.identifiers import NumberKind
from importers.models import Delegation, FiledContact, ImporterOfRecord, Notification, PointOfContact, Readiness, User
from importers.models.delegation import sent_steps
from importers.services import readiness

pytestmark = pytest.mark.django_db

FORTY = 40
BY_THE_CLOCK_OR_CHANCE = ("_at", "_on", "uuid", "claim", "not_before", "text", "html")


def rows(model: type[Model]) -> Iterator[dict[str, Any]]:
    for row in model._default_manager.order_by("pk").values():
        yield {name: value for name, value in row.items() if not name.endswith(BY_THE_CLOCK_OR_CHANCE)}


def numbered_from_one(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the row numbers, which the database never gives twice."""
    return [{name: value for name, value in row.items() if not name.endswith("id")} for row in found]


def snapshot() -> list[list[dict[str, Any]]]:
    models = (ImporterOfRecord, PointOfContact, FiledContact, Readiness, Notification, Delegation)
    return [numbered_from_one(list(rows(model))) for model in models]


def test_it_shows_everything() -> None:
    assert demo.build(FORTY) == FORTY
    importers = ImporterOfRecord.objects.all()
    assert importers.count() == FORTY
    assert {row.readiness.stage for row in importers.select_related("readiness")} == set(Stage)
    assert {row.route for row in importers} >= set(Route)
    assert {row.number_kind for row in importers} == set(NumberKind)
    assert {row.language for row in importers} == {"en", "da"}
    assert {"DK", "US"} < {str(row.country) for row in importers}
    staff = User.objects.filter(is_staff=True)
    assert sorted(staff.values_list("email", flat=True)) == sorted(email for email, _password in demo.SIGN_INS)
    assert len(demo.SIGN_INS) == 3
    assert staff.filter(is_superuser=True).count() == 1
    sent = [step for row in importers.select_related("officer") for step in sent_steps(row, timezone.now())]
    assert [(step.name, step.step, step.is_open) for step in sent] == [("Jens Holm", "ach-refund", True)]
    assert list(readiness.drift()) == []


def test_it_is_there_once() -> None:
    demo.build(FORTY)
    before = snapshot()
    assert demo.build(FORTY) == 0
    assert snapshot() == before
    assert list(readiness.drift()) == []


def test_it_is_the_same_in_another_database() -> None:
    demo.build(FORTY)
    before = snapshot()
    ImporterOfRecord.objects.all().delete()
    demo.build(FORTY)
    assert snapshot() == before
