"""The possible refund in a reminder: only what was shared with the importer, and not a byte different without it."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.utils import timezone

from importers.domain.mail_lint import lint
from importers.letters import Letter, write
from importers.models import Campaign, ImporterOfRecord, MailKind, Notification, Readiness
from importers.services.mail_texts import own_hosts
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory

pytestmark = pytest.mark.django_db
SHARED = Decimal("1234567.89")
SENTENCE = {
    "en": "Behind this step wait possible refunds of $1,234,567.89, excluding interest. That is the amount we last "
    "shared with you; your page shows each entry and the date of the figures.",
    "da": "Så længe trinet mangler, venter en mulig refusion på 1.234.567,89 USD (uden renter). Det er det beløb, vi "
    "senest har delt med jer. På din side kan du se hver angivelse, og hvilken dato tallene er fra.",
}
LINE = {
    "en": "Possible refund, excluding interest: $1,234,567.89, as we last shared it with you.",
    "da": "Mulig refusion (uden renter): 1.234.567,89 USD. Det er det beløb, vi senest har delt med jer.",
}
LANGUAGES = tuple(SENTENCE)


@pytest.fixture
def importer() -> ImporterOfRecord:
    found: ImporterOfRecord = ImporterFactory.create(name="Nordlys Cykler ApS")
    return found


def reminder(importer: ImporterOfRecord, language: str, days: int) -> Notification:
    campaign: Campaign = CampaignFactory.create(deadline=timezone.localdate() + timedelta(days=days))
    row: Notification = NotificationFactory.create(
        kind=MailKind.REMINDER, importer=importer, campaign=campaign, slot="T-14", step="company", language=language
    )
    return row


def shared(importer: ImporterOfRecord, amount: Decimal | None, at_stake: Decimal | None = None) -> None:
    Readiness.objects.filter(importer=importer).update(shared_refund=amount, at_stake=at_stake)


def parts(letter: Letter) -> tuple[str, str]:
    """Text and HTML without the links, which are signed anew each time."""
    return (
        re.sub(r"/(start|stop-reminders|stop)/[^\s\"<]+", "/link/", letter.text),
        re.sub(r"/(start|stop-reminders|stop)/[^\s\"<]+", "/link/", unescape(letter.html)),
    )


@pytest.mark.parametrize("days", [14, -7])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_shared_is_one_sentence_and_the_only_difference(
    importer: ImporterOfRecord, language: str, days: int
) -> None:
    row = reminder(importer, language, days)
    without = parts(write(row))
    shared(importer, SHARED)
    text, html = parts(write(row))
    sentence = SENTENCE[language]
    assert sentence in text
    assert sentence in html
    assert (text.replace(f"{sentence}\n\n", ""), html.replace(f"<p>{sentence}</p>", "")) == without


@pytest.mark.parametrize("amount", [None, Decimal(0)])
def test_what_was_not_shared_is_in_no_mail(importer: ImporterOfRecord, amount: Decimal | None) -> None:
    row = reminder(importer, "en", 14)
    without = parts(write(row))
    shared(importer, amount, at_stake=SHARED)
    assert parts(write(row)) == without


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_several_importers_each_has_its_own_amount(importer: ImporterOfRecord, language: str) -> None:
    other = ImporterFactory.create(name="Anden Cykel ApS")
    rows = [reminder(importer, language, 14), reminder(other, language, 14)]
    without = parts(write(rows))
    shared(importer, SHARED)
    text, html = parts(write(rows))
    line = LINE[language]
    assert (text.count(line), html.count(line)) == (1, 1)
    assert text.index("Anden Cykel") < text.index("Nordlys Cykler") < text.index(line)
    assert (text.replace(f"  {line}\n", ""), html.replace(f"{line}<br>\n", "")) == without


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_nothing_that_a_reminder_may_not_say(importer: ImporterOfRecord, language: str) -> None:
    for said in (SENTENCE[language], LINE[language]):
        assert lint(said, hosts=own_hosts()) == []
