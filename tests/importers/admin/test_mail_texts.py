"""Staff word the reminders: checked while typed, seen as a mail before it is saved."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.mail_lint import LINK
from importers.models import ImporterOfRecord, MailText, Notification, Occasion, User
from importers.services.mail_texts import not_to_be_said, save_mail_text
from importers.services.portal import edit_firm
from tests import walkthrough
from tests.factories import CampaignFactory, ImporterFactory, StaffFactory

ADD = "/admin/importers/mailtext/add/"
TYPED = {
    "occasion": "before",
    "step": "company",
    "language": "en",
    "subject": "{importer}: the company details",
    "body": "Please look at {step}.\n\nIt takes {minutes}.",
}


@pytest.fixture
def importer(db: None) -> ImporterOfRecord:
    CampaignFactory.create(deadline=timezone.localdate() + timedelta(days=20))
    found: ImporterOfRecord = ImporterFactory.create(name="Nordlys & Søn ApS")
    return found


def send(client: Client, address: str = ADD, **data: str) -> Any:
    return client.post(address, TYPED | data)


def shown(response: Any) -> str:
    return unescape(response.content.decode())


def test_the_mail_is_shown_before_the_text_is_saved(as_staff: Client, importer: ImporterOfRecord) -> None:
    response = send(as_staff)
    page = shown(response)
    assert not MailText.objects.exists()
    assert response.context["letter"].subject == "Nordlys & Søn ApS: the company details"
    assert "Please look at Confirm your company details." in page
    assert page.count("It takes 3 minutes.") == 2, "with its layout, and as plain text"
    assert "sandbox=" in page
    assert not Notification.objects.exists()


def test_then_it_is_saved_under_the_name_of_who_did_it(
    as_staff: Client, staff: User, importer: ImporterOfRecord
) -> None:
    assert send(as_staff, confirmed="yes").status_code == 302
    text = MailText.objects.get()
    assert text.subject == TYPED["subject"]
    assert text.body.replace("\r", "") == TYPED["body"]
    event = text.history.get()  # type: ignore[attr-defined]
    assert (event.pgh_context["who"], event.pgh_context["action"]) == (str(staff), "add mail text")


def test_another_importer_can_be_chosen(as_staff: Client, importer: ImporterOfRecord) -> None:
    other = ImporterFactory.create(name="Østerbro Cykler ApS")
    assert send(as_staff, chosen=str(other.pk)).context["importer"] == other
    assert send(as_staff, find="østerbro").context["importer"] == other
    assert "No importer at this step has “zzz” in its name" in shown(send(as_staff, find="zzz"))


def test_only_importers_at_this_step_are_offered(as_staff: Client, importer: ImporterOfRecord) -> None:
    further = ImporterFactory.create()
    walkthrough.before(further, walkthrough.invited(further, StaffFactory.create()))
    assert send(as_staff).context["importers"] == [importer]
    assert send(as_staff, step="ace-account").context["importers"] == [further]
    assert set(send(as_staff, step="").context["importers"]) == {importer, further}


@pytest.mark.parametrize("occasion", Occasion)
def test_the_date_in_the_preview_fits_the_occasion(
    as_staff: Client, importer: ImporterOfRecord, occasion: Occasion
) -> None:
    letter = send(as_staff, occasion=occasion, body="{deadline}").context["letter"]
    assert ("Our date was" in letter.text) == (occasion is Occasion.LATE)
    assert ("Our date is" in letter.text) == (occasion is Occasion.BEFORE)


def test_without_any_importer_or_campaign_the_text_can_be_saved_all_the_same(as_staff: Client) -> None:
    assert "there is nobody to write the mail about" in shown(send(as_staff))
    assert send(as_staff, confirmed="yes").status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("body", "Hello {imprter}", "There is no place called {imprter}. These are known: {importer}, {step}"),
        ("subject", "{importer", "A brace stands alone at “{importer”"),
        ("body", "{days_late}", "There is no place called {days_late}"),
        ("body", "Please act now.", "“act now”: This hurries the reader"),
        ("subject", "Sidste chance", "Say which day it is and what happens after it"),
        ("body", "See https://evil.example/", "“https://evil.example/”: This leads"),
        ("body", "Send us your password", "This asks for a password"),
    ],
)
@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
def test_what_no_mail_may_say_is_refused_with_the_reason_and_what_to_write_instead(
    as_staff: Client, importer: ImporterOfRecord, field: str, value: str, told: str, confirmed: dict[str, str]
) -> None:
    response = send(as_staff, **{field: value}, **confirmed)
    assert response.status_code == 200
    assert told in shown(response)
    assert not MailText.objects.exists()


def test_a_link_to_the_portal_itself_may_stand_there(as_staff: Client, importer: ImporterOfRecord) -> None:
    response = send(as_staff, body="See http://127.0.0.1:8000/guide/ or write to jar@alpi.dk.", confirmed="yes")
    assert response.status_code == 302


def test_the_service_refuses_it_too(staff: User) -> None:
    for subject in ("{nothing}", "Act now"):
        with pytest.raises(RuleViolation):
            save_mail_text(MailText(**TYPED | {"subject": subject}), by=staff)


def test_one_text_for_each_case(as_staff: Client, importer: ImporterOfRecord) -> None:
    send(as_staff, confirmed="yes")
    response = send(as_staff, confirmed="yes")
    assert response.status_code == 200
    assert MailText.objects.count() == 1


def test_whoever_begins_a_text_begins_with_the_shipped_one(as_staff: Client) -> None:
    page = shown(as_staff.get(ADD, {"occasion": "late", "language": "da"}))
    assert "sent, men ikke for sent" in page
    assert "{contact_name}" in page
    assert "Weekly after it · every step without a text of its own · Dansk" in page
    assert "ACH" in shown(as_staff.get(ADD, {"occasion": "before", "language": "en", "step": "ach-refund"}))


@pytest.mark.parametrize("asked", [{}, {"occasion": "x", "language": "xx"}, {"occasion": "late", "step": "../../base"}])
def test_first_it_is_asked_for_which_reminders_it_is(asked: dict[str, str], as_staff: Client) -> None:
    page = shown(as_staff.get(ADD, asked))
    assert "For which reminders?" in page
    assert 'name="body"' not in page


def test_where_there_is_a_text_already_that_one_is_opened(as_staff: Client, importer: ImporterOfRecord) -> None:
    send(as_staff, confirmed="yes")
    case = {name: TYPED[name] for name in ("occasion", "step", "language")}
    assert as_staff.get(ADD, case).url == reverse(  # type: ignore[attr-defined]
        "admin:importers_mailtext_change", args=[MailText.objects.get().pk]
    )


def test_a_text_can_be_changed_and_taken_away(as_staff: Client, importer: ImporterOfRecord) -> None:
    send(as_staff, confirmed="yes")
    text = MailText.objects.get()
    address = reverse("admin:importers_mailtext_change", args=[text.pk])
    assert send(as_staff, address, subject="Other").context["letter"].subject == "Other"
    text.refresh_from_db()
    assert text.subject != "Other"
    send(as_staff, address, subject="Other", confirmed="yes")
    text.refresh_from_db()
    assert text.subject == "Other"
    assert "Other" in shown(as_staff.get(reverse("admin:importers_mailtext_changelist")))
    as_staff.post(reverse("admin:importers_mailtext_delete", args=[text.pk]), {"post": "yes"})
    assert not MailText.objects.exists()


@pytest.mark.parametrize("step", ["%00", "../../base", "nothing"])
def test_only_a_known_step_is_looked_up(as_staff: Client, step: str) -> None:
    assert as_staff.get(f"{ADD}?step={step}").status_code == 200


def test_what_is_no_address_is_refused_and_does_not_break_the_page(
    as_staff: Client, importer: ImporterOfRecord
) -> None:
    for confirmed in ({}, {"confirmed": "yes"}):
        response = send(as_staff, body="See http://[ for more.", **confirmed)
        assert response.status_code == 200
        assert "leads, or looks as if it leads" in shown(response)
    assert not MailText.objects.exists()


def test_of_a_mailbox_provider_that_anybody_may_use_only_the_firms_own_addresses_are_let_through(staff: User) -> None:
    edit_firm(by=staff, email="Alpi.Customs@gmail.com")
    User.objects.filter(pk=staff.pk).update(email="staff.person@gmail.com")
    for text in ("Write to alpi.customs@gmail.com.", "Write to staff.person@gmail.com."):
        assert not_to_be_said(text) == []
    for text in ("Write to x@gmail.com.", "See http://gmail.com/x", "mailto:x@gmail.com"):
        assert [found.rule for found in not_to_be_said(text)] == [LINK], text
