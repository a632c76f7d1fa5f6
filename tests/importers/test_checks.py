"""The portal's tables fit together, and a start with one that does not is refused by name."""

from collections.abc import Iterable

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

from importers import checks
from importers.domain.checklist import STEPS
from importers.domain.facts import Document


def ids(messages: Iterable[CheckMessage]) -> set[str | None]:
    return {message.id for message in messages}


def test_all_is_well_now() -> None:
    assert run_checks(tags=[checks.TAG]) == []


def test_a_step_twice() -> None:
    assert "portal.E001" in ids(checks.step_errors([*STEPS, STEPS[0]]))


def test_a_step_after_one_that_comes_later() -> None:
    assert "portal.E002" in ids(checks.step_errors(list(reversed(STEPS))))


def test_a_document_without_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(checks.DOCUMENT_STEP, Document.ACE, "no-step")
    assert ids(checks.check_documents()) == {"portal.E003"}
    monkeypatch.delitem(checks.DOCUMENT_NAME, Document.ACE)
    assert ids(checks.check_documents()) == {"portal.E003", "portal.E004"}


def test_a_rule_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "RULES", [*checks.RULES, checks.RULES[0]])
    assert ids(checks.check_rules()) == {"portal.E005"}


def test_a_mail_without_its_texts_in_a_language(settings: Settings) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("sv", "Svenska")]
    messages = checks.check_mails()
    assert ids(messages) == {"portal.E006"}
    assert any("emails/sv/reminder_several.html" in message.msg for message in messages)


@pytest.mark.parametrize("task", ["importers.tasks.nothing", "nowhere.sweep", "importers.checks.check_rules"])
def test_a_timetable_that_starts_nothing(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TIMETABLE", {"x": {"task": task}})
    assert ids(checks.check_timetable()) == {"portal.E007"}
