"""A step that was sent to somebody, as that person meets it: in the list after signing in, behind the mailed link."""

from dataclasses import dataclass

from django.utils import timezone

from importers.access import steps_sent_to
from importers.domain.checklist import StepState
from importers.domain.delegation import SentStep
from importers.models import BrokerFirm, ImporterOfRecord, Notification, User
from importers.models.delegation import sent_steps, with_sent
from importers.pages.checklist import step_url, title_of
from importers.pages.importer import ImporterPage, page_of


@dataclass(frozen=True, slots=True)
class SentToMe:
    page: ImporterPage
    sent: SentStep

    @property
    def importer(self) -> ImporterOfRecord:
        return self.page.importer

    @property
    def state(self) -> StepState:
        return self.page.checklist[self.sent.step]

    @property
    def title(self) -> str:
        return title_of(self.page, self.state)

    @property
    def url(self) -> str:
        return step_url(self.page, self.state)


def sent_to_me(user: User, firm: BrokerFirm) -> list[SentToMe]:
    found = steps_sent_to(user, timezone.now())
    return [SentToMe(page_of(importer, user, firm, sent), sent) for importer, sent in found]


def behind_link(mail: Notification, importer: ImporterOfRecord) -> SentToMe | None:
    """What the mail was about, open or not, as it was last sent."""
    importer = with_sent(ImporterOfRecord.objects.with_facts()).get(pk=importer.pk)
    theirs = [sent for sent in sent_steps(importer, timezone.now()) if sent.step == mail.step]
    newest = next((sent for sent in reversed(theirs) if sent.email == mail.to_email), None)
    if newest is None:
        return None
    colleague = User.objects.get(pk=newest.colleague)
    return SentToMe(page_of(importer, colleague, BrokerFirm.current(), newest), newest)
