"""The words of a reminder about one importer: the broker's own, else the shipped ones, with their places filled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import select_template
from django.utils.translation import ngettext

from importers.contact import Contact
from importers.domain.checklist import STEPS
from importers.domain.consistency import Who
from importers.domain.mail_text import BEFORE, LATE, fill_places, paragraphs, parse_shipped
from importers.models import Campaign, MailText, Occasion
from importers.wording import long_date, number_word, readable_phone, short_date

PLACES = {Occasion.BEFORE: BEFORE, Occasion.LATE: LATE}
STEPS_OF_IMPORTERS = tuple(step for step in STEPS if step.who is Who.IMPORTER)
ANY = "any"


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    body: str

    @property
    def paragraphs(self) -> list[str]:
        return paragraphs(self.body)

    def filled(self, values: Mapping[str, str]) -> "Words":
        return Words(fill_places(self.subject, values), fill_places(self.body, values))


def words_for(occasion: Occasion, step: str, language: str) -> Words:
    """Of the broker's own texts the one for this step, then the one for every step; then the shipped ones alike."""
    own = MailText.objects.filter(occasion=occasion, language=language, step__in=[step, ""])
    text = own.order_by("-step").first()
    return Words(text.subject, text.body) if text else shipped_words(occasion, step, language)


def shipped_words(occasion: Occasion, step: str, language: str) -> Words:
    names = [f"emails/{language}/words/{occasion}/{name}.txt" for name in (step, ANY) if name]
    found = select_template(names)
    return Words(*parse_shipped(found.template.source))


def steps_left_text(count: int) -> str:
    return ngettext("%(n)s step", "%(n)s steps", count) % {"n": number_word(count)}


def minutes_text(count: int) -> str:
    return ngettext("%(n)s minute", "%(n)s minutes", count) % {"n": count}


def days_text(count: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": count}


def place_values(
    *, importer: str, step: str, minutes: int, left: int, campaign: Campaign, firm: str, contact: Contact, now: datetime
) -> dict[str, str]:
    """For every place there is, in the language that is active."""
    days = (campaign.deadline - campaign.place.local(now).date()).days
    return {
        "importer": importer,
        "step": step,
        "steps_left": steps_left_text(left),
        "minutes": minutes_text(minutes),
        "deadline": long_date(campaign.deadline),
        "short_deadline": short_date(campaign.deadline),
        "days_left": days_text(max(days, 0)),
        "days_late": days_text(max(-days, 0)),
        "firm": firm,
        "contact_name": contact.name,
        "phone": readable_phone(contact.phone),
    }
