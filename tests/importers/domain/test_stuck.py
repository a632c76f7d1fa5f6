from datetime import UTC, datetime, timedelta

import pytest

from importers.domain.checklist import STEPS
from importers.domain.errors import RuleViolation
from importers.domain.failures import PLACES, failures_at
from importers.domain.stuck import ELSE, TOPICS, check_question, holds_reminders, topics_of

NOW = datetime(2027, 4, 7, 8, tzinfo=UTC)


def test_every_step_has_its_topics_and_one_for_all_else() -> None:
    assert set(TOPICS) == {step.key for step in STEPS}
    for step in TOPICS:
        keys = [topic.key for topic in topics_of(step)]
        assert len(keys) == len(set(keys)) >= 2
        assert keys[-1] == ELSE.key


def test_a_known_failure_needs_no_more_words() -> None:
    check_question("ace-account", "no-code", "")


@pytest.mark.parametrize("step", PLACES)
def test_every_known_failure_at_a_step_can_be_asked_about_in_its_own_words(step: str) -> None:
    known = {topic.known for topic in topics_of(step) if topic.known}
    assert set(failures_at(PLACES[step])) <= known
    for topic in topics_of(step):
        assert topic.known is None or (topic.key, topic.text) == (topic.known.key, topic.known.title)


@pytest.mark.parametrize(
    ("topic", "text", "code"), [("else", "", "text"), ("nothing-shown", "x", "topic"), ("", "x", "topic")]
)
def test_something_else_needs_words_and_a_topic_must_be_of_the_step(topic: str, text: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        check_question("ace-account", topic, text)
    assert refused.value.code == code


def test_a_question_holds_the_reminders_for_a_week() -> None:
    assert not holds_reminders(None, NOW)
    assert holds_reminders(NOW - timedelta(days=7) + timedelta(seconds=1), NOW)
    assert not holds_reminders(NOW - timedelta(days=7), NOW)
