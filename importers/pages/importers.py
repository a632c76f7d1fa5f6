"""One person's importers, by whose turn it is: each with how far it is and what is next."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from importers.domain.checklist import evaluate
from importers.models import BrokerFirm, ImporterOfRecord, User
from importers.pages.checklist import Next, next_thing
from importers.pages.importer import ImporterPage


@dataclass(frozen=True, slots=True)
class ImporterRow:
    page: ImporterPage
    next: Next

    @property
    def url(self) -> str:
        return reverse("checklist", args=[self.page.importer.uuid])

    @property
    def is_done(self) -> bool:
        return self.page.checklist.first_blocker is None

    @property
    def is_theirs(self) -> bool:
        """There is something that this person can do now."""
        return bool(self.next.url)


@dataclass(frozen=True, slots=True)
class Turn:
    title: str
    rows: list[ImporterRow]


def importers_of(user: User, firm: BrokerFirm) -> list[ImporterRow]:
    """In a number of queries that does not grow with the importers."""
    today = timezone.localdate()
    found = ImporterOfRecord.objects.visible_to(user).with_facts().select_related("assigned_to")
    pages = (ImporterPage(importer, user, firm, evaluate(importer.facts(firm, today))) for importer in found)
    return [ImporterRow(page, next_thing(page)) for page in pages]


def by_turn(rows: list[ImporterRow]) -> Iterator[Turn]:
    groups = (
        (gettext("Your turn"), [row for row in rows if row.is_theirs]),
        (gettext("Our turn, or CBP's"), [row for row in rows if not row.is_theirs and not row.is_done]),
        (gettext("All in place"), [row for row in rows if row.is_done]),
    )
    return (Turn(title, found) for title, found in groups if found)
