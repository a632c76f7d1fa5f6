"""The deadline for the reader's calendar: published with each reminder ahead of it, cancelled with the mail that ends
the reminders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.mime.text import MIMEText

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from importers.contact import contact_for
from importers.domain.calendar_file import DeadlineEntry, Method, calendar_file
from importers.models import BrokerFirm, Campaign, ImporterOfRecord, MailKind, MailState, Notification
from importers.wording import readable_phone

ENDING = (MailKind.RECEIPT, MailKind.READY)
NAMES_SHOWN = 3
FILE_NAMES = {Method.PUBLISH: "deadline.ics", Method.CANCEL: "no-deadline.ics"}


@dataclass(frozen=True, slots=True)
class CalendarFile:
    method: Method
    content: bytes

    @property
    def part(self) -> MIMEText:
        part = MIMEText(self.content.decode(), "calendar", "utf-8")
        part.set_param("method", self.method)
        part.add_header("Content-Disposition", "attachment", filename=FILE_NAMES[self.method])
        return part


def published(
    row: Notification, names: Mapping[Campaign, Sequence[str]], firm: BrokerFirm, now: datetime
) -> list[CalendarFile]:
    """`names` are those of the importers that the mail is about, for each campaign."""
    ahead = [_entry(row, campaign, whose, firm) for campaign, whose in names.items() if not campaign.is_past(now)]
    if not ahead:
        return []
    whose = next(iter(names.values()))
    replaced = [_entry(row, campaign, whose, firm) for campaign in _replaced(row, names)]
    return [*_files(Method.CANCEL, replaced), *_files(Method.PUBLISH, ahead)]


def cancelled(
    row: Notification, importer: ImporterOfRecord | None, firm: BrokerFirm, now: datetime
) -> list[CalendarFile]:
    """With the mails that end the reminders: for each campaign in which this person was reminded, once nothing waits
    for them any more, about whichever importer."""
    if row.kind not in ENDING or importer is None:
        return []
    reminded = _reminded(row).filter(campaign__superseded_by=None)
    over = [
        _entry(row, campaign, [importer.name], firm)
        for campaign in Campaign.objects.filter(pk__in=reminded.filter(importer=importer).values("campaign"))
        if not campaign.is_past(now)
        and not reminded.filter(campaign=campaign).exclude(importer__readiness__importer_step="").exists()
    ]
    return _files(Method.CANCEL, over)


def _replaced(row: Notification, campaigns: Iterable[Campaign]) -> Iterable[Campaign]:
    """Those that one of `campaigns` took the place of since this person was last reminded."""
    reminded = _reminded(row).filter(importer=row.importer)
    found = list(Campaign.objects.filter(superseded_by__in=campaigns, pk__in=reminded.values("campaign")))
    known = found and reminded.filter(campaign__in=[campaign.superseded_by_id for campaign in found]).exists()
    return [] if known else found


def _reminded(row: Notification) -> QuerySet[Notification]:
    """What this person was sent in the way of reminders, about whichever importer."""
    sent = Notification.objects.filter(kind=MailKind.REMINDER, state=MailState.SENT)
    return sent.filter(to_email__iexact=row.to_email)


def _files(method: Method, entries: Sequence[DeadlineEntry]) -> list[CalendarFile]:
    return [CalendarFile(method, calendar_file(method, entries))] if entries else []


def _entry(row: Notification, campaign: Campaign, names: Sequence[str], firm: BrokerFirm) -> DeadlineEntry:
    contact = contact_for(row.importer, firm)
    listed = ", ".join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else "")
    text = gettext(
        "By this day the steps should be done, so that CBP can pay refunds of duty. You can finish later too, but "
        "refunds wait until you do.\n\nThe checklist: %(url)s\nQuestions? %(name)s, %(phone)s"
    )
    told = {"url": f"{settings.PUBLIC_URL}/", "name": contact.name, "phone": readable_phone(contact.phone)}
    return DeadlineEntry(
        person=row.to_email,
        campaign=str(campaign.pk),
        host=settings.PUBLIC_HOST,
        day=campaign.deadline,
        written_at=row.not_before or timezone.now(),
        title=gettext("Date for refunds of U.S. duty: %(names)s") % {"names": listed},
        text=text % told,
        language=row.language,
        firm=firm.name,
        firm_email=firm.email,
    )
