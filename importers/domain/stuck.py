"""What goes wrong at a step: the topics of the questions that importers ask us. What is known to go wrong in ACE stands
in `failures` alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.failures import FAILURE_BY_KEY, PLACES, Failure, failures_at

LONGEST_QUESTION = 2000
ANSWER_WITHIN = timedelta(days=7)  # so long a question of theirs holds the reminders back


@dataclass(frozen=True, slots=True)
class Topic:
    """`known` is what helps when it is one of the known failures."""

    key: str
    text: str
    known: Failure | None = None


def _known(failure: Failure) -> Topic:
    return Topic(failure.key, failure.title, failure)


ELSE = Topic("else", _("Something else"))
CANNOT_CHANGE = Topic("answer", _("An answer is not right, and we cannot change it"))
_NO_US_BANK = Topic("no-us-bank", _("No bank in the United States gives us an account"))
_HOW_LONG = Topic("how-long", _("It takes longer than you said"))

# Besides the failures that are known at the step.
TOPICS: dict[str, tuple[Topic, ...]] = {
    "company": (
        Topic("name", _("We do not know how the name is written on Form 5106")),
        Topic("number", _("The importer number is not ours")),
        Topic("moved", _("Our name or address has changed")),
    ),
    "officer": (
        Topic("who", _("We do not know whom to name")),
        Topic("leaving", _("The officer has changed, or will soon")),
    ),
    "existing-account": (
        _known(FAILURE_BY_KEY["owner-left"]),
        Topic("duty", _("We pay duty by ACH and do not know whether that is the same")),
    ),
    "refund-route": (
        Topic("which", _("We do not know which of the two is right for us")),
        _NO_US_BANK,
    ),
    "form-5106": (
        Topic("wrong", _("What stands there is not right")),
        _HOW_LONG,
    ),
    "ace-account": (),
    "ach-refund": (_NO_US_BANK,),
    "form-4811": (
        Topic("sign", _("The officer cannot sign")),
        Topic("old-entries", _("We want to know what happens to refunds of older entries")),
    ),
    "inform-broker": (
        CANNOT_CHANGE,
        Topic("sign-in", _("The officer cannot sign in")),
    ),
    "broker-review": (_HOW_LONG,),
}


def topics_of(step: str) -> tuple[Topic, ...]:
    known = failures_at(PLACES[step]) if step in PLACES else ()
    return (*map(_known, known), *TOPICS[step], ELSE)


def check_question(step: str, topic: str, text: str) -> None:
    """Raises RuleViolation. Whoever chooses "something else" must write what."""
    if topic not in {t.key for t in topics_of(step)}:
        raise RuleViolation("topic", _("Choose what it is about."))
    if topic == ELSE.key and not text:
        raise RuleViolation("text", _("Write your question in a few words."))


def holds_reminders(asked_at: datetime | None, now: datetime) -> bool:
    """Who has asked us waits for us; after a week the reminders go on, answered or not."""
    return asked_at is not None and now < asked_at + ANSWER_WITHIN
