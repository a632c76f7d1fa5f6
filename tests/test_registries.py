"""What must be complete: no deed without a doer, no step without its page."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import CheckConstraint, Model
from django.template.loader import get_template

from importers.domain.checklist import DELEGABLE, STEPS
from importers.domain.consistency import DOCUMENT_STEP, Who
from importers.domain.facts import Document
from importers.forms import STEP_FORMS
from importers.models.constraints import pair
from importers.pages.delegation import LAST_SAVED

OURS = ("importers", "refunds")
MODELS = [model for app in OURS for model in apps.get_app_config(app).get_models()]


def columns(model: type[Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields}


def pairs(model: type[Model]) -> set[str]:
    names = columns(model)
    return {name[:-3] for name in names if name.endswith("_at") and f"{name[:-3]}_by" in names}


TABLES = [model for model in MODELS if not model.__name__.endswith("Event")]
PAIRS = [(model, name) for model in TABLES for name in sorted(pairs(model))]


def test_there_are_pairs() -> None:
    assert len(PAIRS) > 10


@pytest.mark.parametrize(("model", "name"), PAIRS, ids=lambda value: getattr(value, "__name__", value))
def test_a_time_and_its_doer_are_held_together_by_the_database(model: type[Model], name: str) -> None:
    conditions = [c.condition for c in model._meta.constraints if isinstance(c, CheckConstraint)]
    assert pair(name).condition in conditions


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_a_doer_has_a_time(model: type[Model]) -> None:
    alone = {name for name in columns(model) if name.endswith("_by") and f"{name[:-3]}_at" not in columns(model)}
    assert alone <= {"requested_by", "superseded_by"}  # an outbox row is made by nobody but at created_at; a campaign


def test_every_step_of_the_importer_has_a_form_and_no_other_has() -> None:
    assert set(STEP_FORMS) == {step.key for step in STEPS if step.who is Who.IMPORTER}


def test_of_every_step_that_can_be_sent_it_is_known_who_saved_it() -> None:
    assert set(LAST_SAVED) == set(DELEGABLE)
    assert set(DELEGABLE) <= set(STEP_FORMS)


@pytest.mark.parametrize("key", [step.key for step in STEPS])
def test_every_step_has_a_page(key: str) -> None:
    assert get_template(f"importers/steps/{key}.html")


def test_no_page_is_left_without_a_step() -> None:
    """What is no step's page is a part of one."""
    templates = Path(settings.BASE_DIR) / "templates"
    used = " ".join(path.read_text() for path in templates.rglob("*.html"))
    steps = {step.key for step in STEPS}
    found = {path.stem for path in (templates / "importers" / "steps").glob("*.html")}
    assert {name for name in found - steps if f"importers/steps/{name}.html" not in used} == set()


def test_every_document_is_recorded_at_a_step() -> None:
    assert set(DOCUMENT_STEP) == set(Document)
    assert set(DOCUMENT_STEP.values()) <= {step.key for step in STEPS}
