"""Whoever records something reads the answer where they are, not at the top of a long page."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.admin.importers import page_url
from importers.domain.identifiers import NumberKind, parse_importer_number
from importers.models import Acceptance, ImporterOfRecord, User
from importers.services.invitations import invite
from importers.wording import plain_date
from tests.factories import ImporterFactory, OfficerFactory

TOLD = '<p class="pa-told pa-success" role="status">'


@pytest.fixture
def importer(db: None) -> ImporterOfRecord:
    return ImporterFactory.create()  # type: ignore[no-any-return]


def deed(key: str, importer: ImporterOfRecord) -> str:
    return reverse("admin:importers_deed", args=[importer.pk, key])


def test_the_answer_stands_at_the_step(as_staff: Client, importer: ImporterOfRecord) -> None:
    OfficerFactory.create(importer=importer, name="Mette Sørensen", email="mette@nordlys.example")
    said = {"name": "Mette Sørensen", "email": "mette@nordlys.example", "source": "ACE"}
    answer = as_staff.post(deed("record-ace", importer), said)
    assert answer.headers["Location"] == f"{page_url(importer)}#ace-account"
    page = as_staff.get(page_url(importer)).content.decode()
    assert page.count("Recorded. It agrees with the officer.") == 1
    step = page[page.index('<li id="ace-account">') :]
    assert TOLD in step[: step.index("</li>")]


def test_a_refusal_stands_in_the_form_that_keeps_what_was_typed(as_staff: Client, importer: ImporterOfRecord) -> None:
    page = as_staff.get(page_url(importer)).content.decode()
    assert f'action="{deed("pause", importer)}#d-pause"' in page
    refused = as_staff.post(deed("pause", importer), {"until": "", "reason": "on holiday"}).content.decode()
    [form] = [part for part in refused.split('<details class="pa-deed" open>')[1:] if 'id="d-pause"' in part]
    form = form[: form.index("</details>")]
    assert 'role="alert" id="d-pause" tabindex="-1">Nothing was saved. Look at “Pause reminders”.</p>' in form
    assert "on holiday" in form
    assert refused.count("Nothing was saved.") == 1


def test_a_refusal_of_what_is_no_longer_on_the_page_stands_on_top(as_staff: Client, importer: ImporterOfRecord) -> None:
    refused = as_staff.post(deed("accept", importer), {"fingerprint": "f" * 32, "reason": "checked by phone"})
    assert refused.content.decode().count("Nothing was saved.") == 1
    assert [str(message) for message in refused.context["messages"]]


def test_an_accepted_warning_is_not_forgotten(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    OfficerFactory.create(importer=importer, name="Mette Sørensen", email="nordlys@gmail.com")
    page = as_staff.get(page_url(importer))
    [finding] = [f for step in page.context["steps"] for f in step.findings if f.accept]
    fingerprint = finding.accept.form["fingerprint"].value()
    answer = as_staff.post(deed("accept", importer), {"fingerprint": fingerprint, "reason": "It is her own box."})
    assert answer.headers["Location"] == f"{page_url(importer)}#officer"
    told = as_staff.get(page_url(importer)).content.decode()
    assert "Accepted by Kirsten Holm on " in told
    assert ": It is her own box." in told
    assert Acceptance.objects.get().accepted_at.date() >= date(2026, 1, 1)


def test_the_whole_number_can_be_copied_but_never_an_ssn(as_staff: Client, importer: ImporterOfRecord) -> None:
    person = ImporterFactory.create(parsed=parse_importer_number("219-09-9999", NumberKind.SSN), number="")
    page = as_staff.get(page_url(importer)).content.decode()
    assert f'<span id="importer-number">{importer.number}</span>' in page
    page = as_staff.get(page_url(person)).content.decode()
    assert "importer-number" not in page
    assert "•••-••-9999" in page


def test_inviting_once_more_is_called_so(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    assert "Send the invitation again" not in as_staff.get(page_url(importer)).content.decode()
    invite([importer], by=staff)
    assert "Send the invitation again" in as_staff.get(page_url(importer)).content.decode()


def test_the_question_tells_who_was_invited_before(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    invite([importer], by=staff)
    chosen = {"action": "invite_selected", "_selected_action": [importer.pk], "index": 0}
    asked = as_staff.post(reverse("admin:importers_importerofrecord_changelist"), chosen)
    assert f"· invited on {plain_date(timezone.localdate())}" in asked.content.decode()
