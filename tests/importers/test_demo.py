"""The invented data shows everything that the portal can show, and is the same on every run."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.utils import timezone

from importers import demo
from importers.domain.checklist import Stage
from importers.domain.facts import Route
from importers.domain.identifiers import NumberKind
from importers.models import (
    ACEAccount,
    ACHEnrollment,
    Attestation,
    BrokerFirm,
    Campaign,
    Delegation,
    Errand,
    ErrandKind,
    FiledContact,
    Form4811,
    ImporterAccess,
    ImporterOfRecord,
    Mailbox,
    Notification,
    PointOfContact,
    Question,
    Readiness,
    User,
)
from importers.models.delegation import sent_steps
from importers.services import readiness

pytestmark = pytest.mark.django_db

FORTY = 40
MODELS: tuple[type[Model], ...] = (
    ImporterOfRecord, PointOfContact, FiledContact, ACEAccount, ACHEnrollment, Form4811, Attestation, ImporterAccess,
    Readiness, Notification, User, Campaign, BrokerFirm, Delegation, Question, Errand,
    Mailbox,
)  # fmt: skip
MOMENTS = ("_at", "_on", "not_before", "date_joined")  # only whether there is one
BY_CHANCE = {
    ("notification", "uuid"),
    ("notification", "mail"),
    ("notification", "text"),
    ("notification", "html"),
    ("user", "password"),
    ("delegation", "uuid"),
}


def rows(model: type[Model]) -> Iterator[dict[str, Any]]:
    """Without row numbers, which the database never gives twice: what a row points to is named instead."""
    name = str(model._meta.model_name)
    fields = [f for f in model._meta.concrete_fields if f.name != "id" and (name, f.name) not in BY_CHANCE]
    related = [field.name for field in fields if field.is_relation]
    for row in model._default_manager.select_related(*related).order_by("pk"):
        yield {field.name: shown(field.name, getattr(row, field.name)) for field in fields}


def shown(name: str, value: object) -> object:
    if name.endswith(MOMENTS):
        return value is not None
    return str(value) if isinstance(value, Model) else value


def snapshot() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: list(rows(model)) for model in MODELS}


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
    errands = Errand.objects.order_by("pk")
    assert {errand.kind for errand in errands} == set(ErrandKind)
    assert errands.exclude(done_at=None).count() == 1
    assert (Mailbox.objects.opted_out().count(), Mailbox.objects.dead().count()) == (1, 1)
    assert [(step.name, step.step, step.is_open) for step in sent] == [("Jens Holm", "ach-refund", True)]
    assert list(readiness.drift()) == []


def test_it_is_there_once() -> None:
    demo.build(FORTY)
    before = snapshot()
    assert demo.build(FORTY) == 0
    assert snapshot() == before
    assert list(readiness.drift()) == []


def new_database() -> None:
    """As after the migrations, whatever the tests before have emptied."""
    for model in (ImporterOfRecord, BrokerFirm, Campaign, User):
        model._default_manager.all().delete()
    import_module("importers.migrations.0002_guide_campaign").add(apps, None)


def test_it_is_the_same_in_another_database() -> None:
    new_database()
    demo.build(FORTY)
    before = snapshot()
    new_database()
    demo.build(FORTY)
    after = snapshot()
    assert all(after.values()), "no table is left out"
    for name in after:
        assert after[name] == before[name]


def test_the_pages_have_the_same_addresses_everywhere() -> None:
    demo.build(1)
    assert str(ImporterOfRecord.objects.get().uuid) == "2e226b9e-b8db-5c07-8164-bb6e9a65f00d"
