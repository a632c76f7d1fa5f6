import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.conf import settings
from django.utils import timezone

from importers.domain.facts import ExistingAccount, Route
from importers.letters import WRITTEN, Letter, message, write
from importers.models import Campaign, ImporterOfRecord, MailKind, MailState, Notification, User
from importers.services import filings, steps
from tests import walkthrough
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory

pytestmark = pytest.mark.django_db

TO_STAFF = (MailKind.DECLARED, MailKind.QUESTION)
KINDS = [kind for kind in MailKind if kind not in WRITTEN]
URL = re.compile(r"https?://[^\s\"'<>]+")
HURRY = re.compile(r"urgent|immediately|act now|last chance|final notice|straks|haster|sidste chance", re.I)
BANK = re.compile(r"\bbank|\biban\b|routing|account number|kontonummer", re.I)
MIDNIGHT = datetime(2026, 12, 8, 23, tzinfo=UTC)  # in Copenhagen
NEVER = ("We never ask for bank numbers", "Vi beder aldrig om bankoplysninger")


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys & Søn ApS", number_text="261304-00123")


@pytest.fixture
def declared(importer: ImporterOfRecord) -> Iterator[User]:
    """Far enough that every kind of mail has something to tell."""
    staff = StaffFactory()
    who = walkthrough.declared(importer, staff)
    filings.send_back(importer, by=staff, digest=walkthrough.digest(importer), note="Form 4811 names Lars Holm.")
    return who


def mail(importer: ImporterOfRecord, kind: MailKind, language: str = "en", **fields: object) -> Notification:
    if kind is MailKind.REMINDER:
        fields = {"campaign": Campaign.objects.first() or CampaignFactory(), "slot": "T-14"} | fields
    if kind is MailKind.DELEGATION:
        sender = User.objects.get(email=importer.contact_email)
        fields = {"step": "ach-refund", "requested_by": sender, "expires_at": MIDNIGHT} | fields
    return NotificationFactory(importer=importer, kind=kind, language=language, **fields)


def letter(importer: ImporterOfRecord, kind: MailKind, language: str = "en", **fields: object) -> Letter:
    return write(mail(importer, kind, language, **fields))


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_is_whole_in_every_language(
    importer: ImporterOfRecord, declared: User, kind: MailKind, language: str
) -> None:
    written = letter(importer, kind, language)
    for part in (written.subject, written.text, written.html):
        assert part.strip()
        assert not re.search(r"\{\{|\{%|None|%\(", part)
    assert "Nordlys & Søn ApS" in written.subject
    assert "Nordlys & Søn ApS" in written.text
    assert "Nordlys &amp; Søn ApS" in written.html
    assert "\n\n\n" not in written.text
    assert "<style" not in written.html
    assert "style=" in written.html


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_looks_like_phishing(importer: ImporterOfRecord, declared: User, kind: MailKind, language: str) -> None:
    written = letter(importer, kind, language)
    for part in (written.text, written.html):
        assert URL.findall(part)
        assert all(address.startswith(f"{settings.PUBLIC_URL}/") for address in URL.findall(part))
        assert "<img" not in part
        assert f"{settings.PUBLIC_URL}/verify/" in part
        assert "+45 9928 7817" in part
    assert not HURRY.search(written.subject + written.text)
    rest = "\n".join(line for line in written.text.splitlines() if not any(never in line for never in NEVER))
    assert not BANK.search(rest)


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in TO_STAFF])
def test_importers_are_led_to_the_start_page(
    importer: ImporterOfRecord, declared: User, kind: MailKind, language: str
) -> None:
    assert f"{settings.PUBLIC_URL}/start/" in letter(importer, kind, language).text


@pytest.mark.parametrize("kind", TO_STAFF)
def test_staff_are_led_to_the_admin(importer: ImporterOfRecord, declared: User, kind: MailKind) -> None:
    written = letter(importer, kind)
    assert f"{settings.PUBLIC_URL}/admin/" in written.text
    assert "/start/" not in written.text


def test_the_reminder_counts_what_is_left_in_words(importer: ImporterOfRecord) -> None:
    who = walkthrough.invited(importer, StaffFactory())
    walkthrough.before(importer, who)
    steps.confirm_ace_account(importer, by=who, name=importer.contact_name, email=importer.contact_email)
    ahead = CampaignFactory(deadline=timezone.localdate() + timedelta(days=14))
    day = f"{ahead.deadline.day} {ahead.deadline:%B}"
    written = letter(importer, MailKind.REMINDER, campaign=ahead)
    assert written.subject == f"Nordlys & Søn ApS: nominate us on Form 4811 by {day}"
    assert "What is left for Nordlys & Søn ApS: two steps." in written.text
    assert "about 5 minutes" in written.text
    danish = letter(importer, MailKind.REMINDER, "da", campaign=ahead, slot="T-7")
    assert danish.subject.startswith("Nordlys & Søn ApS: angiv os på Form 4811 senest den ")
    assert "Nordlys & Søn ApS mangler to trin:" in danish.text


def test_while_the_way_is_open_only_one_of_the_two_is_counted(importer: ImporterOfRecord) -> None:
    walkthrough.invited(importer, StaffFactory())
    ahead = CampaignFactory(deadline=timezone.localdate() + timedelta(days=14))
    assert ": seven steps." in letter(importer, MailKind.REMINDER, campaign=ahead).text


@pytest.mark.parametrize(
    ("route", "listed", "not_listed"),
    [
        (None, "Set up the way you choose to receive refunds", "Set up ACH refunds"),
        (Route.OWN_ACCOUNT, "Set up ACH refunds", "the way you choose"),
        (Route.FORM_4811, "Nominate us on Form 4811", "Set up ACH refunds"),
    ],
)
def test_the_invitation_lists_ach_only_for_who_receives_by_it(
    importer: ImporterOfRecord, route: Route | None, listed: str, not_listed: str
) -> None:
    if route:
        steps.choose_route(importer, by=User.objects.system(), route=route)
    text = write(mail(importer, MailKind.INVITATION)).text
    assert listed in text
    assert not_listed not in text


@pytest.mark.parametrize("language", ["en", "da"])
def test_the_invitation_explains_its_words(importer: ImporterOfRecord, language: str) -> None:
    letter = write(mail(importer, MailKind.INVITATION, language))
    for part in (letter.text, unescape(letter.html)):
        for words in ("ACE is CBP's website", "ACH is", "Form 5106 is", "With Form 4811"):
            danish = words.replace("is CBP's website", "er CBP's websted").replace(" is", " er").replace("With", "Med")
            assert (words if language == "en" else danish) in part


def test_one_step_is_one_step(importer: ImporterOfRecord) -> None:
    who = walkthrough.invited(importer, StaffFactory())
    walkthrough.before(importer, who, Route.OWN_ACCOUNT)
    walkthrough.in_ace(importer, who, Route.OWN_ACCOUNT)
    ahead = CampaignFactory(deadline=timezone.localdate() + timedelta(days=14))
    assert ": one step." in letter(importer, MailKind.REMINDER, campaign=ahead).text
    assert "mangler ét trin:" in letter(importer, MailKind.REMINDER, "da", campaign=ahead, slot="T-7").text


def test_past_the_date_the_reminder_says_late_not_lost(importer: ImporterOfRecord) -> None:
    walkthrough.invited(importer, StaffFactory())
    past = CampaignFactory(deadline=timezone.localdate() - timedelta(days=7))
    assert "late, not lost" in letter(importer, MailKind.REMINDER, campaign=past).subject
    assert "sent, men ikke for sent" in letter(importer, MailKind.REMINDER, "da", campaign=past, slot="T+7").subject


@pytest.mark.parametrize(("language", "intro"), [("en", "are your customs broker"), ("da", "er jeres toldagent")])
@pytest.mark.parametrize("days", [14, -7])
def test_a_first_mail_that_is_a_reminder_says_who_writes(
    importer: ImporterOfRecord, language: str, intro: str, days: int
) -> None:
    who = walkthrough.invited(importer, StaffFactory())
    invitation = Notification.objects.get(kind=MailKind.INVITATION)
    campaign = CampaignFactory(deadline=timezone.localdate() + timedelta(days=days))
    row = mail(importer, MailKind.REMINDER, language, campaign=campaign, to_email=who.email)
    written = write(row)
    for part in (written.text, written.html):
        assert intro in part
        assert "Start here" in part or "Begynd her" in part
    Notification.objects.filter(pk=invitation.pk).update(state=MailState.SENT, sent_at=timezone.now())
    written = write(row)
    assert intro not in written.text + written.html
    assert "Continue here" in written.text or "Fortsæt her" in written.text


@pytest.mark.parametrize(
    ("language", "subject", "step", "until"),
    [
        ("en", "asks you to do one step", "Set up ACH refunds (about 10 minutes)", "until Tuesday 8 December 2026."),
        ("da", "beder dig klare ét trin", "Sæt ACH-refusion op (ca. 10 minutter)", "med tirsdag den 8. december 2026."),
    ],
)
def test_a_colleague_reads_who_asks_for_which_step_and_until_when(
    importer: ImporterOfRecord, declared: User, language: str, subject: str, step: str, until: str
) -> None:
    written = letter(importer, MailKind.DELEGATION, language)
    assert written.subject == f"Nordlys & Søn ApS: Mette Sørensen {subject}"
    for text in ("Mette Sørensen", step, until, "ALPI Customs Brokers Inc."):
        assert text in written.text
        assert text in re.sub(r"</?b[^>]*>", "", written.html)


def test_the_danish_invitation_is_short_and_names_the_duty(importer: ImporterOfRecord) -> None:
    CampaignFactory()
    written = letter(importer, MailKind.INVITATION, "da")
    assert written.subject == "Nordlys & Søn ApS: gør klar til refusion af told fra USA"
    assert "refusion af told" in written.text
    assert "Vores frist" in written.text


def test_who_has_an_account_is_not_asked_to_create_one(importer: ImporterOfRecord) -> None:
    who = walkthrough.invited(importer, StaffFactory())
    steps.answer_existing_account(importer, by=who, answer=ExistingAccount.ACCOUNT)
    ahead = CampaignFactory(deadline=timezone.localdate() + timedelta(days=14))
    text = letter(importer, MailKind.REMINDER, campaign=ahead).text
    assert "Tell us who stands in the ACE account (about 5 minutes)" in text
    assert "Create the ACE" not in text


def test_the_person_in_charge_is_named_in_the_mail(importer: ImporterOfRecord) -> None:
    staff = StaffFactory(name="Kirsten Holm")
    ImporterOfRecord.objects.update(assigned_to=staff)
    importer.refresh_from_db()
    assert f"Kirsten Holm, +45 9928 7817, {staff.email}" in letter(importer, MailKind.INVITATION).text


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("number", ["36-7654321", "36-7654321AB", "261304-00123"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_part_of_a_mail_holds_the_whole_importer_number(kind: MailKind, number: str, language: str) -> None:
    importer = ImporterFactory.create(number_text=number)
    staff = StaffFactory.create()
    walkthrough.declared(importer, staff)
    filings.send_back(importer, by=staff, digest=walkthrough.digest(importer), note="Form 4811 names Lars Holm.")
    written = letter(importer, kind, language)
    for part in (written.subject, written.text, written.html):
        for whole in (number, number.replace("-", ""), number[:10]):  # ten: an EIN without its suffix
            assert whole not in unescape(part)


def test_a_social_security_number_shows_only_its_end() -> None:
    importer = ImporterFactory(number_text="219-09-9123")
    assert "•••-••-9123" in letter(importer, MailKind.INVITATION).text


def test_an_answer_goes_to_the_firm_and_a_repeated_mail_is_known_as_one(importer: ImporterOfRecord) -> None:
    row = mail(importer, MailKind.INVITATION)
    sent = message(row, write(row))
    assert sent.reply_to == ["jar@alpi.dk"]
    assert sent.extra_headers["Message-ID"] == row.message_id
    assert sent.alternatives


def test_a_mail_about_signing_in_goes_as_it_was_written() -> None:
    row = NotificationFactory(importer=None, kind=MailKind.ACCOUNT, subject="S", text="T", html="<p>H</p>")
    assert write(row) == Letter("S", "T", "<p>H</p>")


@pytest.mark.parametrize("language", ["en", "da"])
def test_a_mail_says_in_which_language_it_is(language: str) -> None:
    assert f'<html lang="{language}">' in write(NotificationFactory(language=language)).html


BAIT = "Refund on hold. Sign in at evil.com today or call +1 888 555 0134"


@pytest.mark.django_db
def test_mails_to_addresses_that_importers_choose_have_the_company_name_of_the_client_list() -> None:
    importer = ImporterFactory(name="A.P. Møller - Mærsk A/S")
    staff = StaffFactory()
    officer = walkthrough.able_to_send(importer, staff)
    for name in (BAIT, BAIT + " at once"):
        steps.confirm_company(importer, by=officer, name=name)
    walkthrough.sent(importer, officer)
    details = {"name": "Lars Holm", "title": "CFO", "email": "lars@else.example", "phone": "+4570101012"}
    steps.name_officer(importer, by=officer, authorised=True, **details)
    for kind in (MailKind.DELEGATION, MailKind.OFFICER_INVITATION):
        row = Notification.objects.get(kind=kind)
        letter = write(row)
        for part in (letter.subject, letter.text, letter.html):
            assert "evil" not in part
            assert "888" not in part
        assert "A.P. Møller - Mærsk A/S" in letter.text
        assert importer.contact_name in letter.text, "who asks, as this importer calls them"
    importer.refresh_from_db()
    assert importer.name == BAIT + " at once"


@pytest.mark.parametrize(
    "kind",
    [
        MailKind.NEW_LINK,
        MailKind.OFFICER_INVITATION,
        MailKind.RECEIPT,
        MailKind.READY,
        MailKind.SHARED,
        MailKind.REMINDER,
    ],
)
def test_an_address_that_the_importer_chose_hears_of_the_company_by_the_brokers_name_for_it(kind: MailKind) -> None:
    importer = ImporterFactory.create(name="Nordlys ApS")
    walkthrough.ready(importer, StaffFactory.create())
    ImporterOfRecord.objects.filter(pk=importer.pk).update(name="Prizes at spam.example")
    importer.refresh_from_db()
    of_reminders = {"campaign": CampaignFactory.create(), "slot": "T-14", "step": "company"}
    row = {"importer": importer, "kind": kind, **(of_reminders if kind == MailKind.REMINDER else {})}
    theirs = write(NotificationFactory.create(to_email="somebody@else.example", **row))
    assert "spam.example" not in f"{theirs.subject} {theirs.text} {theirs.html} {theirs.files}"
    assert "Nordlys ApS" in theirs.text
    of_the_list = {**row, "slot": "T-7"} if kind == MailKind.REMINDER else row
    assert "spam.example" in write(NotificationFactory.create(to_email=importer.contact_email, **of_the_list)).text
