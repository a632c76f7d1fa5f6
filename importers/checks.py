"""What must fit together before the portal starts: the tables of steps, rules, mails and jobs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.module_loading import import_string

from ace_onboarding.celery import TIMETABLE
from importers.domain.checklist import STEP_BY_KEY, STEPS, Step
from importers.domain.consistency import DOCUMENT_FIXER, DOCUMENT_NAME, DOCUMENT_STEP, RULES
from importers.domain.facts import Document
from importers.letters import SEVERAL
from importers.models import MailKind, Occasion
from importers.reminder_words import ANY

TAG = "portal"
MAIL_PARTS = ("-subject.txt", ".txt", ".html")


@register(TAG)
def check_steps(**kwargs: Any) -> list[CheckMessage]:
    return list(step_errors(STEPS))


def step_errors(steps: Sequence[Step]) -> Iterable[CheckMessage]:
    keys = [step.key for step in steps]
    for key, count in Counter(keys).items():
        if count > 1:
            yield Error(f"Step “{key}” is there {count} times.", id="portal.E001")
    for place, step in enumerate(steps):
        for before in set(step.after) - set(keys[:place]):
            yield Error(f"Step “{step.key}” comes after “{before}”, which no earlier step is.", id="portal.E002")


@register(TAG)
def check_documents(**kwargs: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = [
        Error(f"Document “{document}” shows at “{step}”, which is no step.", id="portal.E003")
        for document, step in DOCUMENT_STEP.items()
        if step not in STEP_BY_KEY
    ]
    known = DOCUMENT_STEP.keys() & DOCUMENT_NAME.keys() & DOCUMENT_FIXER.keys()
    errors += [Error(f"Document “{d}” lacks its step, name or fixer.", id="portal.E004") for d in set(Document) - known]
    return errors


@register(TAG)
def check_rules(**kwargs: Any) -> list[CheckMessage]:
    counts = Counter(rule.key for rule in RULES)
    return [Error(f"Rule “{key}” is there {n} times.", id="portal.E005") for key, n in counts.items() if n > 1]


@register(TAG)
def check_mails(**kwargs: Any) -> list[CheckMessage]:
    """Sign-in mails come written; every other kind is rendered from its three templates in each language."""
    names = [kind.value for kind in MailKind if kind != MailKind.ACCOUNT]
    names.append(SEVERAL)
    languages = [code for code, _name in settings.LANGUAGES]
    wanted = {f"emails/{code}/{name}{part}" for code in languages for name in names for part in MAIL_PARTS}
    wanted |= {f"emails/{code}/words/{occasion}/{ANY}.txt" for code in languages for occasion in Occasion}
    missing = [path for path in sorted(wanted) if not _there(path)]
    return [Error(f"The mail template {path} is missing.", id="portal.E006") for path in missing]


def _there(path: str) -> bool:
    try:
        get_template(path)
    except TemplateDoesNotExist:
        return False
    return True


@register(TAG)
def check_timetable(**kwargs: Any) -> list[CheckMessage]:
    """A task goes by the dotted name of its function."""
    return [
        Error(f"The timetable's “{name}” starts {entry['task']}, which is no task.", id="portal.E007")
        for name, entry in TIMETABLE.items()
        if not _is_task(str(entry["task"]))
    ]


def _is_task(name: str) -> bool:
    try:
        return getattr(import_string(name), "name", "") == name
    except ImportError:
        return False
