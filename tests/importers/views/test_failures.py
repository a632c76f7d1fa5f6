"""Whatever goes wrong in ACE, the page has a mail that is ready to send, in the right language, with nothing in it that
must not be there."""

import html as entities
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from importers.domain.facts import ACHStatus, ExistingAccount, Route
from importers.domain.free_text import refuse_bank_details
from importers.models import ImporterOfRecord, User
from importers.services import steps
from importers.services.portal import edit_firm
from tests import walkthrough
from tests.factories import ImporterFactory

pytestmark = pytest.mark.django_db

TO_CBP = "ace.support@cbp.dhs.gov"


def read(page: Client, importer: ImporterOfRecord, key: str) -> str:
    response = page.get(reverse("step", args=[importer.uuid, key]))
    assert response.status_code == 200
    return response.content.decode()


def mails(html: str) -> Iterator[tuple[str, str, str]]:
    """Address, subject and text of every mail that a link would open."""
    for href in re.findall(r'href="(mailto:[^"?]+\?[^"]+)"', html):
        parts = urlsplit(entities.unescape(href))
        fields = parse_qs(parts.query, strict_parsing=True)
        yield unquote(parts.path), fields["subject"][0], fields["body"][0].replace("\r\n", "\n")


def mail_about(html: str, word: str) -> tuple[str, str, str]:
    (found,) = [mail for mail in mails(html) if word in mail[1]]
    return found


@pytest.fixture
def underway(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    return importer


@pytest.fixture
def with_account(underway: ImporterOfRecord, person: User) -> ImporterOfRecord:
    steps.confirm_ace_account(underway, by=person, name="Mette Sørensen", email=underway.contact_email)
    return underway


def test_every_failure_of_the_application_has_a_mail(page: Client, underway: ImporterOfRecord) -> None:
    html = read(page, underway, "ace-account")
    assert html.count("<summary>") == len(list(mails(html))) == 8


def test_a_mail_to_ace_support_is_english_and_holds_the_whole_number(page: Client, underway: ImporterOfRecord) -> None:
    page.cookies["django_language"] = "da"
    html = read(page, underway, "ace-account")
    to, _subject, text = mail_about(html, "already linked")
    assert to == TO_CBP
    assert text.startswith("Dear ACE Support,\n\nWe applied for an ACE Portal account for Nordlys Cykler ApS.")
    assert "importer number 261304-00123 is already linked" in text
    assert f"Mette Sørensen, Direktør, {underway.contact_email}, +45 70 10 10 11." in text
    assert text.endswith("Best regards\nMette Sørensen\nNordlys Cykler ApS")
    assert '<pre lang="en">Dear ACE Support,' in html


def test_a_mail_to_the_broker_is_in_the_readers_language_with_a_masked_number(
    page: Client, underway: ImporterOfRecord
) -> None:
    to, subject, text = mail_about(read(page, underway, "ace-account"), "no code from CBP")
    assert (to, subject) == ("jar@alpi.dk", "Nordlys Cykler ApS: no code from CBP")
    assert text.startswith("Hello Jens Anton Rahbek,")
    page.cookies["django_language"] = "da"
    html = read(page, underway, "ace-account")
    _to, subject, text = mail_about(html, "ingen kode")
    assert text.startswith("Hej Jens Anton Rahbek\n\nVi har prøvet at oprette ACE-kontoen")
    assert text.endswith("Med venlig hilsen\nMette Sørensen\nNordlys Cykler ApS")
    assert "ender på 0123" in text
    assert all(underway.number not in text for to, _subject, text in mails(html) if to != TO_CBP)


def test_the_mail_goes_to_the_person_in_charge(page: Client, underway: ImporterOfRecord, staff: User) -> None:
    ImporterOfRecord.objects.update(assigned_to=staff)
    to, _subject, text = mail_about(read(page, underway, "ace-account"), "no code")
    assert to == staff.email
    assert text.startswith(f"Hello {staff.name},")


def test_the_page_shows_the_same_text_to_copy(page: Client, underway: ImporterOfRecord) -> None:
    html = read(page, underway, "ace-account")
    shown = [entities.unescape(text) for text in re.findall(r"<pre[^>]*>(.*?)</pre>", html, re.S)]
    assert shown == [text for _to, _subject, text in mails(html)]
    for to, subject, _text in mails(html):
        assert f"<code>{to}</code>" in html
        assert re.search(rf"<code[^>]*>{re.escape(entities.escape(subject))}</code>", html)


def test_a_name_cannot_break_out_of_the_mail(page: Client, underway: ImporterOfRecord) -> None:
    name = 'A&B "Ø" 50% ? #1 <b> Ltd'
    ImporterOfRecord.objects.update(name=name)
    html = read(page, underway, "ace-account")
    assert len(list(mails(html))) == 8
    assert all(name in subject and name in text for _to, subject, text in mails(html))
    assert "<b> Ltd" not in html


def test_staff_who_look_see_no_whole_number_in_the_mails(underway: ImporterOfRecord, staff: User) -> None:
    office = Client()
    office.force_login(staff)
    found = list(mails(read(office, underway, "ace-account")))
    assert found
    assert all(underway.number not in text for _to, _subject, text in found)


def test_a_social_security_number_is_a_gap_to_be_filled_in(person: User, staff: User) -> None:
    importer = ImporterFactory(number_text="219-09-9123", contact_email=person.email)
    walkthrough.invited(importer, staff)
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    page = Client()
    page.force_login(person)
    _to, _subject, text = mail_about(read(page, importer, "ace-account"), "already linked")
    assert "importer number [our Social Security number; we can give it on the phone] is" in text
    assert "Fill in what stands in [brackets]." in read(page, importer, "ace-account")


def test_mails_are_short_enough_for_every_mail_program(page: Client, with_account: ImporterOfRecord) -> None:
    ImporterOfRecord.objects.update(name="Ærøskøbing Sølvsmedje og Møbelfabrik A/S")
    for language in ("en", "da"):
        page.cookies["django_language"] = language
        for key in ("existing-account", "ace-account", "ach-refund"):
            links = re.findall(r'href="(mailto:[^"]+)"', read(page, with_account, key))
            assert links
            assert max(len(entities.unescape(link)) for link in links) < 2_000


@pytest.mark.parametrize("key", ["existing-account", "ace-account", "ach-refund"])
def test_no_mail_holds_bank_details(page: Client, with_account: ImporterOfRecord, key: str) -> None:
    for _to, _subject, text in mails(read(page, with_account, key)):
        refuse_bank_details(text)


def test_who_has_an_account_reads_of_its_owner_not_of_codes(
    page: Client, underway: ImporterOfRecord, person: User
) -> None:
    steps.answer_existing_account(underway, by=person, answer=ExistingAccount.ACCOUNT)
    html = read(page, underway, "ace-account")
    assert mail_about(html, "new Trade Account Owner")[0] == TO_CBP
    assert "No code arrives" not in html


def test_nobody_knowing_has_a_mail_before_the_officer_is_named(page: Client, importer: ImporterOfRecord) -> None:
    to, _subject, text = mail_about(read(page, importer, "existing-account"), "is our importer number linked?")
    assert to == TO_CBP
    assert f"The responsible officer is Mette Sørensen, Direktør, {importer.contact_email}, +45 70 10 10 11." in text


@pytest.mark.parametrize(
    ("seen", "title", "mail", "desk"),
    [
        (ACHStatus.NONE, "No bank details are shown in ACE", "nothing shown after Submit", TO_CBP),
        (ACHStatus.NO_TAB, "There is no tab ACH Refund Authorization in ACE", "is missing", TO_CBP),
        (ACHStatus.ERROR, "ACE shows an error message", "routing number refused", "gmb.achrefundsupport@cbp.dhs.gov"),
    ],
)
def test_what_was_seen_decides_what_comes_next(
    page: Client, with_account: ImporterOfRecord, person: User, seen: ACHStatus, title: str, mail: str, desk: str
) -> None:
    assert "You told us" not in read(page, with_account, "ach-refund")
    steps.record_ach(with_account, by=person, status=seen)
    html = read(page, with_account, "ach-refund")
    first = html.split(f"You told us: {title}")[1].split("Seven steps in ACE")[0]
    assert mail_about(first, mail)[0] == desk
    assert len(list(mails(html))) == 4
    assert len(list(mails(first))) == (2 if seen is ACHStatus.ERROR else 1)


@pytest.fixture
def nominating(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.FORM_4811)
    steps.confirm_ace_account(importer, by=person, name="Mette Sørensen", email=importer.contact_email)
    return importer


def test_the_firms_missing_number_is_told_with_a_mail_that_asks_for_it(
    page: Client, nominating: ImporterOfRecord, staff: User
) -> None:
    edit_firm(by=staff, importer_number="")
    html = read(page, nominating, "form-4811")
    assert "You cannot name us without it." in html
    assert mail_about(html, "your importer number for Form 4811")[0] == "jar@alpi.dk"
    edit_firm(by=staff, importer_number="36-7654321")
    html = read(page, nominating, "form-4811")
    assert "<code>36-7654321</code>" in html
    assert "You cannot name us without it." not in html
    assert not [mail for mail in mails(html) if "your importer number" in mail[1]]


def test_the_public_guide_lists_the_same_failures_about_nobody(client: Client) -> None:
    html = client.get(reverse("guide")).content.decode()
    for title in ("No code arrives", "The e-mail is already used", "The tab shows no bank details", "Add Notify Party"):
        assert title in html
    assert list(mails(html)) == []
    assert "Our importer number is missing" not in html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
