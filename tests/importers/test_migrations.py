"""Migrations that move data, on a database with rows: forth and back, and no deed in the history that nobody did."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from importers.models import Delegation, Question
from importers.services import questions
from tests import walkthrough
from tests.factories import ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, AFTER = "0008_links_are_used_once", "0010_answers_are_read"


def migrate(name: str | None) -> None:
    executor = MigrationExecutor(connection)
    targets = [("importers", name)] if name else executor.loader.graph.leaf_nodes()
    executor.migrate(targets)


def select(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@pytest.fixture
def back_to_the_newest() -> Iterator[None]:
    yield
    migrate(None)


def test_topics_answers_and_languages_from_before(back_to_the_newest: None) -> None:
    staff, importer = StaffFactory(), ImporterFactory(language="da")
    officer = walkthrough.able_to_send(importer, staff)
    colleague = walkthrough.sent(importer, officer)
    colleague.language = "da"
    colleague.save()
    asked = questions.ask(importer, by=officer, step="form-4811", topic="notify-party-not-found", text="")
    questions.answer(asked, by=staff, text="Look under Importer.")
    migrate(BEFORE)
    assert select("SELECT topic FROM importers_question") == [("where",)]
    assert {topic for (topic,) in select("SELECT topic FROM importers_questionevent")} == {"where"}
    count = (
        select("SELECT count(*) FROM importers_questionevent"),
        select("SELECT count(*) FROM importers_delegationevent"),
    )

    migrate(AFTER)
    assert select("SELECT topic, read_at = answered_at FROM importers_question") == [("notify-party-not-found", True)]
    assert {topic for (topic,) in select("SELECT topic FROM importers_questionevent")} == {"notify-party-not-found"}
    assert select("SELECT language FROM importers_delegation") == [("da",)]
    assert {language for (language,) in select("SELECT language FROM importers_delegationevent")} == {"da"}
    after = (
        select("SELECT count(*) FROM importers_questionevent"),
        select("SELECT count(*) FROM importers_delegationevent"),
    )
    assert after == count
    migrate(None)
    assert Question.objects.get().read_at is not None
    assert Delegation.objects.get().language == "da"
