"""Who has which step in hand, in the words of the checklist."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from importers.domain.checklist import StepState
from importers.domain.delegation import SentStep
from importers.models import ImporterOfRecord
from importers.pages.importer import ImporterPage
from importers.wording import short_date

Saved = tuple[datetime | None, int | None]  # when, and by which person


def _account(importer: ImporterOfRecord, deed: str) -> Saved:
    account = getattr(importer, "ace_account", None)
    return (getattr(account, f"{deed}_at"), getattr(account, f"{deed}_by_id")) if account else (None, None)


def _enrollment(importer: ImporterOfRecord) -> Saved:
    enrollment = getattr(importer, "ach_enrollment", None)
    return (enrollment.checked_at, enrollment.checked_by_id) if enrollment else (None, None)


# Who last saved each step that can be sent.
LAST_SAVED: dict[str, Callable[[ImporterOfRecord], Saved]] = {
    "company": lambda importer: (importer.company_confirmed_at, importer.company_confirmed_by_id),
    "existing-account": lambda importer: _account(importer, "answered"),
    "ace-account": lambda importer: _account(importer, "confirmed"),
    "ach-refund": _enrollment,
}


def saved_at(importer: ImporterOfRecord, sent: SentStep) -> datetime | None:
    """When the colleague saved the step; None when somebody else has saved it since."""
    at, by = LAST_SAVED[sent.step](importer)
    return at if at is not None and at >= sent.sent_at and by == sent.colleague else None


def in_other_hands(page: ImporterPage, state: StepState) -> Iterator[str]:
    """What the officer is told of it on the checklist: to whom a step was sent, and who saved it."""
    for sent in page.sent:
        if sent.step == state.key and (text := _in_hand(page.importer, state, sent)):
            yield text


def _in_hand(importer: ImporterOfRecord, state: StepState, sent: SentStep) -> str:
    saved = saved_at(importer, sent)
    words = {
        "name": sent.name,
        "day": short_date(sent.last_day),
        "saved": short_date(timezone.localdate(saved)) if saved else "",
    }
    if saved and (state.status.is_settled or not sent.is_open):
        return gettext("Saved by %(name)s on %(saved)s") % words
    if saved:
        return gettext("Sent to %(name)s, until %(day)s; last saved on %(saved)s") % words
    return gettext("Sent to %(name)s, until %(day)s") % words if sent.is_open else ""
