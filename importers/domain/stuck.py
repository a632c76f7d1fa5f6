"""What goes wrong at a step, in the importer's words: the topics of the questions that they ask us.

Drawn from the known failures (DOMAIN 4 to 6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _

LONGEST_QUESTION = 2000
ANSWER_WITHIN = timedelta(days=7)  # so long a question of theirs holds the reminders back


@dataclass(frozen=True, slots=True)
class Topic:
    key: str
    text: str


ELSE = Topic("else", _("Something else"))
_NO_US_BANK = Topic("no-us-bank", _("No bank in the United States gives us an account"))
_OWNER_LEFT = Topic("owner-left", _("The person who owned the ACE account has left the company"))
_HOW_LONG = Topic("how-long", _("It takes longer than you said"))

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
        Topic("unknown", _("Nobody knows whether there is an ACE account")),
        _OWNER_LEFT,
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
    "ace-account": (
        Topic("no-code", _("No code arrives")),
        Topic("code-late", _("The code has run out, or is not accepted")),
        Topic("name", _("The company name is not accepted")),
        Topic("number", _("The importer number is not accepted")),
        Topic("email-used", _("The e-mail is already used in ACE")),
        Topic("linked", _("The number is already linked to an account")),
        _OWNER_LEFT,
    ),
    "ach-refund": (
        Topic("no-tab", _("The tab ACH Refund Authorization is not there")),
        Topic("nothing-shown", _("No bank details are shown after Get Info/Refresh")),
        Topic("refused", _("ACE does not take the bank details")),
        _NO_US_BANK,
    ),
    "form-4811": (
        Topic("where", _("We do not find in ACE where to add you")),
        Topic("sign", _("The officer cannot sign")),
        Topic("old-entries", _("We want to know what happens to refunds of older entries")),
    ),
    "inform-broker": (
        Topic("answer", _("An answer is not right, and we cannot change it")),
        Topic("sign-in", _("The officer cannot sign in")),
    ),
    "broker-review": (_HOW_LONG,),
}


def topics_of(step: str) -> tuple[Topic, ...]:
    return (*TOPICS[step], ELSE)


def check_question(step: str, topic: str, text: str) -> None:
    """Raises RuleViolation. Whoever chooses "something else" must write what."""
    if topic not in {t.key for t in topics_of(step)}:
        raise RuleViolation("topic", _("Choose what went wrong."))
    if topic == ELSE.key and not text:
        raise RuleViolation("text", _("Write in a few words what went wrong."))


def holds_reminders(asked_at: datetime | None, now: datetime) -> bool:
    """Who has asked us waits for us; after a week the reminders go on, answered or not."""
    return asked_at is not None and now < asked_at + ANSWER_WITHIN
