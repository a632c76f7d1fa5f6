"""The officer sends a step to a colleague, reads who has it, and takes it back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.domain.checklist import STEPS
from importers.domain.facts import ACHStatus
from importers.models import Delegation, ImporterOfRecord, MailKind, Notification, User
from importers.services import steps
from tests import walkthrough
from tests.factories import AccessFactory, ImporterFactory
from tests.pages import html, signed_in, url

pytestmark = pytest.mark.django_db
QUERIES = 8
GIVEN = {"name": "Jens Holm", "email": "jens@nordlys.example", "language": "da"}


def last_day(importer: ImporterOfRecord) -> str:
    day = timezone.localdate() + timedelta(days=14)
    return f"{day.day} {day:%B}"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_only_the_steps_of_the_table_offer_it(desk: Client, importer: ImporterOfRecord, step: Any) -> None:
    offered = url(importer, step.key, "send_step") in html(desk.get(url(importer, step.key)))
    assert offered == step.delegable
    assert desk.get(url(importer, step.key, "send_step")).status_code == (200 if step.delegable else 404)


def test_the_officer_sends_a_step_and_reads_who_has_it(desk: Client, importer: ImporterOfRecord) -> None:
    page = url(importer, "ach-refund", "send_step")
    assert "Signing and declaring stay with you." in html(desk.get(page))
    told = html(desk.post(page, GIVEN, follow=True))
    assert f"Jens Holm gets a mail with a link to this step, which is open until {last_day(importer)}." in told
    assert "Jens Holm, jens@nordlys.example" in told
    assert "Not opened yet." in told
    checklist = html(desk.get(reverse("checklist", args=[importer.uuid])))
    assert f"Sent to Jens Holm, until {last_day(importer)}" in checklist


def test_sending_it_twice_is_once(desk: Client, importer: ImporterOfRecord) -> None:
    for _ in range(2):
        told = html(desk.post(url(importer, "ach-refund", "send_step"), GIVEN, follow=True))
    assert f"Jens Holm has this step already, until {last_day(importer)}. No second mail has gone out." in told
    assert Notification.objects.filter(kind=MailKind.DELEGATION).count() == 1


def test_the_language_is_the_importers_unless_another_is_chosen(desk: Client, importer: ImporterOfRecord) -> None:
    ImporterOfRecord.objects.update(language="da")
    assert re.search(r'value="da"[^>]* checked', html(desk.get(url(importer, "company", "send_step"))))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": ""}, "Enter your colleague&#x27;s name."),
        ({"email": "jens"}, "Write the e-mail address like name@company.com"),
        ({"language": ""}, "Choose a language."),
        ({"name": "Go to http://evil.example"}, "web address"),
        ({"name": "DK50 0040 0440 1162 43"}, "This looks like bank details."),
        ({"name": "Jens, evil.example"}, "Write the name alone, without a web or e-mail address."),
        ({"name": "jens@nordlys.example"}, "Write the name alone, without a web or e-mail address."),
        ({"name": "Jens " * 17}, "Write the name in at most 80 characters."),
        ({"email": "jens?bcc=b@c.example"}, "This e-mail address has a sign in it that we cannot take"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    desk: Client, importer: ImporterOfRecord, change: dict[str, str], error: str
) -> None:
    answer = html(desk.post(url(importer, "company", "send_step"), GIVEN | change))
    assert error in answer
    assert "<title>Error:" in answer
    assert 'value="jens' in answer
    assert not Delegation.objects.exists()


def test_a_step_that_is_not_open_is_not_sent(desk: Client, importer: ImporterOfRecord, staff: User) -> None:
    steps.record_ach(importer, by=User.objects.get(email=importer.contact_email), status=ACHStatus.SHOWN)
    steps.declare(importer, by=User.objects.get(email=importer.contact_email), digest=walkthrough.digest(importer))
    page = url(importer, "company", "send_step")
    assert page not in html(desk.get(url(importer, "company")))
    for answer in (desk.get(page, follow=True), desk.post(page, GIVEN, follow=True)):
        assert "This step cannot be sent to anybody now." in html(answer)
    assert not Delegation.objects.exists()


def take_back(importer: ImporterOfRecord) -> str:
    sent = Delegation.objects.get()
    return reverse("take_back_step", args=[importer.uuid, sent.step, sent.uuid])


def test_the_officer_takes_it_back_however_often_the_button_is_pressed(
    desk: Client, phone: Client, importer: ImporterOfRecord
) -> None:
    assert phone.get(url(importer, "ach-refund")).status_code == 200
    assert take_back(importer) in html(desk.get(url(importer, "ach-refund")))
    assert desk.get(take_back(importer))["Location"] == url(importer, "ach-refund"), "only the button acts"
    for _ in range(2):
        told = html(desk.post(take_back(importer), follow=True))
        assert "Jens Holm can no longer open this step." in told
        assert "jens@nordlys.example" not in told
    assert phone.get(url(importer, "ach-refund")).status_code == 404


def test_whoever_else_reads_the_checklist_sees_it_and_does_nothing(
    importer: ImporterOfRecord, colleague: User, staff: User
) -> None:
    for somebody in (AccessFactory(importer=importer, user=User.objects.create_user("c@nordlys.example")).user, staff):
        client = signed_in(somebody)
        assert "Sent to Jens Holm" in html(client.get(reverse("checklist", args=[importer.uuid])))
        page = html(client.get(url(importer, "ach-refund")))
        assert "Jens Holm, jens@nordlys.example" in page
        assert take_back(importer) not in page
        assert url(importer, "ach-refund", "send_step") not in page
        assert client.post(take_back(importer)).status_code == 403
        assert client.post(url(importer, "company", "send_step"), GIVEN).status_code == 403
    assert Delegation.objects.get().revoked_at is None


def test_one_of_another_importer_cannot_be_taken_back(desk: Client, importer: ImporterOfRecord, staff: User) -> None:
    other = ImporterFactory()
    walkthrough.before(other, walkthrough.invited(other, staff))
    walkthrough.sent(other, User.objects.get(email=other.contact_email), "company")
    sent = Delegation.objects.get()
    for uuid in (importer.uuid, other.uuid):
        assert desk.post(reverse("take_back_step", args=[uuid, "company", sent.uuid])).status_code == 404
    assert Delegation.objects.get().revoked_at is None


def test_the_officer_is_told_on_the_checklist_who_saved_it(
    desk: Client, phone: Client, importer: ImporterOfRecord
) -> None:
    day = f"{timezone.localdate().day} {timezone.localdate():%B}"
    phone.post(url(importer, "ach-refund"), {"status": "none"})
    checklist = reverse("checklist", args=[importer.uuid])
    assert f"Sent to Jens Holm, until {last_day(importer)}; last saved on {day}" in html(desk.get(checklist))
    phone.post(url(importer, "ach-refund"), {"status": "shown", "seen": "refund_tab"})
    assert f"Saved by Jens Holm on {day}" in html(desk.get(checklist))
    assert not Notification.objects.filter(to_email=importer.contact_email).exclude(kind="invitation").exists()
    desk.post(url(importer, "ach-refund"), {"status": "shown", "seen": "refund_tab"})  # now it is the officer's own
    assert "Saved by Jens Holm" not in html(desk.get(checklist))
