"""The deadline for the reader's calendar: published with each reminder ahead of it, cancelled with the mail that ends
the reminders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.mime.text import MIMEText

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from importers.contact import contact_for
from importers.domain.calendar_file import DeadlineEntry, Method, calendar_file
from importers.models import BrokerFirm, Campaign, MailKind, MailState, Notification
from importers.wording import readable_phone

ENDING = (MailKind.RECEIPT, MailKind.READY)
NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class CalendarFile:
    method: Method
    content: bytes

    @property
    def part(self) -> MIMEText:
        part = MIMEText(self.content.decode(), "calendar", "utf-8")
        part.set_param("method", self.method)
        part.add_header("Content-Disposition", "attachment", filename="deadline.ics")
        return part


def published(row: Notification, names: Mapping[Campaign, Sequence[str]], firm: BrokerFirm) -> list[CalendarFile]:
    """`names` are those of the importers that the mail is about, for each campaign."""
    now = timezone.now()
    ahead = [_entry(row, campaign, whose, firm) for campaign, whose in names.items() if not campaign.is_past(now)]
    return [CalendarFile(Method.PUBLISH, calendar_file(Method.PUBLISH, ahead))] if ahead else []


def cancelled(row: Notification, firm: BrokerFirm) -> list[CalendarFile]:
    """With the mails that end the reminders: for each campaign in which this person was reminded, once nothing waits
    for them any more, about whichever importer."""
    if row.kind not in ENDING or row.importer is None:
        return []
    reminded = Notification.objects.filter(
        kind=MailKind.REMINDER, state=MailState.SENT, to_email__iexact=row.to_email, campaign__superseded_by=None
    )
    over = [
        _entry(row, campaign, [row.importer.name], firm)
        for campaign in Campaign.objects.filter(pk__in=reminded.filter(importer=row.importer).values("campaign"))
        if not campaign.is_past(timezone.now())
        and not reminded.filter(campaign=campaign).exclude(importer__readiness__importer_step="").exists()
    ]
    return [CalendarFile(Method.CANCEL, calendar_file(Method.CANCEL, over))] if over else []


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
