"""What a page about one importer is made of, loaded once."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from importers.access import (
    importer_for_reading,
    importer_for_writing,
    may_write,
    signed_in,
    step_for_reading,
    step_for_writing,
)
from importers.contact import Contact, contact_for
from importers.domain.checklist import Checklist, evaluate
from importers.domain.delegation import SentStep, can_be_sent
from importers.models import BrokerFirm, ImporterOfRecord, User
from importers.models.delegation import sent_steps
from importers.services.steps import may_declare


@dataclass(frozen=True, slots=True)
class ImporterPage:
    """`sent` is all that was ever sent to colleagues; `mine` the one step that is open to this person, where nothing
    else is."""

    importer: ImporterOfRecord
    user: User
    firm: BrokerFirm
    checklist: Checklist
    sent: tuple[SentStep, ...] = ()
    mine: SentStep | None = None

    @property
    def open_questions(self) -> list[str]:
        """The steps at which they wait for an answer of ours."""
        return self.importer.__dict__.get("open_questions", [])

    @property
    def new_answers(self) -> list[str]:
        return self.importer.__dict__.get("new_answers", [])

    @property
    def unread_answers(self) -> list[str]:
        """The steps at which this person asked, and has not read the answer yet."""
        return self.importer.__dict__.get("unread_answers", [])

    @property
    def may_write(self) -> bool:
        return may_write(self.user)

    @property
    def is_officers(self) -> bool:
        """Of the officer, signed in as such: who sends steps to colleagues and takes them back."""
        return self.may_write and may_declare(self.importer, self.user)

    def may_send(self, step: str) -> bool:
        return self.is_officers and can_be_sent(self.checklist, step)

    @property
    def contact(self) -> Contact:
        return contact_for(self.importer, self.firm)


def page_for(request: HttpRequest, uuid: UUID) -> ImporterPage:
    """To read without a method that changes anything, to write with one. 404 and 403 as `access` says."""
    reader = importer_for_reading if _is_reading(request) else importer_for_writing
    return page_of(reader(request, uuid, with_facts=True), signed_in(request), BrokerFirm.current())


def step_page_for(request: HttpRequest, uuid: UUID, key: str) -> ImporterPage:
    """As `page_for`, also for a colleague to whom this step was sent."""
    importer, mine = (step_for_reading if _is_reading(request) else step_for_writing)(request, uuid, key)
    return page_of(importer, signed_in(request), BrokerFirm.current(), mine)


def page_of(importer: ImporterOfRecord, user: User, firm: BrokerFirm, mine: SentStep | None = None) -> ImporterPage:
    checklist = evaluate(importer.facts(firm, timezone.localdate()))
    return ImporterPage(importer, user, firm, checklist, sent_steps(importer, timezone.now()), mine)


def _is_reading(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD")
