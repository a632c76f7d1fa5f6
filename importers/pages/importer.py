"""What a page about one importer is made of, loaded once."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from importers.access import importer_for_reading, importer_for_writing, may_write, signed_in
from importers.contact import Contact, contact_for
from importers.domain.checklist import Checklist, evaluate
from importers.models import BrokerFirm, ImporterOfRecord, User


@dataclass(frozen=True, slots=True)
class ImporterPage:
    importer: ImporterOfRecord
    user: User
    firm: BrokerFirm
    checklist: Checklist

    @property
    def open_questions(self) -> list[str]:
        """The steps at which they wait for an answer of ours."""
        return self.importer.__dict__.get("open_questions", [])

    @property
    def new_answers(self) -> list[str]:
        return self.importer.__dict__.get("new_answers", [])

    @property
    def may_write(self) -> bool:
        return may_write(self.user)

    @property
    def contact(self) -> Contact:
        return contact_for(self.importer, self.firm)


def page_for(request: HttpRequest, uuid: UUID) -> ImporterPage:
    """To read without a method that changes anything, to write with one. 404 and 403 as `access` says."""
    reading = request.method in ("GET", "HEAD")
    importer = (importer_for_reading if reading else importer_for_writing)(request, uuid, with_facts=True)
    firm = BrokerFirm.current()
    checklist = evaluate(importer.facts(firm, timezone.localdate()))
    return ImporterPage(importer, signed_in(request), firm, checklist)
