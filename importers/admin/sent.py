"""On an importer's page: which step is in whose hands, until when, and how to end that."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.admin import words
from importers.admin.page import DeedForm, Deeds
from importers.domain.delegation import SentStep, Standing
from importers.models import ImporterOfRecord
from importers.models.delegation import sent_steps
from importers.wording import plain_date

STANDINGS = {
    Standing.OPEN: _("open until %(day)s"),
    Standing.RAN_OUT: _("was open until %(day)s"),
    Standing.TAKEN_BACK: _("taken back by the officer"),
    Standing.ENDED: _("closed by us"),
    Standing.SENDER_LEFT: _("closed, because who sent it is no longer the officer"),
}


@dataclass(frozen=True, slots=True)
class SentLine:
    sent: SentStep
    title: str
    standing: str
    opened: str
    deed: DeedForm | None


def sent_lines(importer: ImporterOfRecord, deeds: Deeds) -> list[SentLine]:
    """Newest first."""
    return [_line(sent, deeds) for sent in reversed(sent_steps(importer, timezone.now()))]


def _line(sent: SentStep, deeds: Deeds) -> SentLine:
    opened = gettext("first opened on %(day)s") % {"day": _day(sent)} if sent.opened_at else gettext("never opened")
    standing = str(STANDINGS[sent.standing]) % {"day": plain_date(sent.last_day)}
    return SentLine(sent, words.step_title(sent.step), standing, opened, _deed(sent, deeds))


def _day(sent: SentStep) -> str:
    return plain_date(timezone.localdate(sent.opened_at))


def _deed(sent: SentStep, deeds: Deeds) -> DeedForm | None:
    if sent.is_open:
        return deeds.form("close-step", button="quiet", sent=sent.uuid)
    if sent.standing is Standing.ENDED and sent.revoked_at and not sent.is_lifted:
        return deeds.form("allow-sending", button="quiet", sent=sent.uuid)
    return None
