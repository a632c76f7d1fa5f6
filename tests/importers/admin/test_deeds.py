"""What staff do on an importer's page: each deed goes through its service, and the page answers at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.admin.deeds import DEEDS
from importers.domain.facts import Document
from importers.models import (
    Acceptance,
    Attestation,
    FiledContact,
    Form4811,
    ImporterOfRecord,
    MailKind,
    Notification,
    User,
)
from importers.services import filings, steps
from importers.services.invitations import invite
from importers.services.readiness import checklist_of
from tests import walkthrough
from tests.factories import AccessFactory, ImporterFactory, OfficerFactory, StaffFactory
from tests.served_forms import served

RIGHT = {
    "name": "Mette Sørensen",
    "email": "mette@nordlys.example",
    "company_name": "",
    "source": "ACE query",
}


@pytest.fixture
def importer(staff: User) -> ImporterOfRecord:
    row: ImporterOfRecord = ImporterFactory.create(name="Nordlys Cykler ApS", contact_email="mette@nordlys.example")
    OfficerFactory.create(importer=row)
    return row


def page(importer: ImporterOfRecord) -> str:
    return reverse("admin:importers_importerofrecord_change", args=[importer.pk])


def do(client: Client, importer: ImporterOfRecord, key: str, **data: Any) -> HttpResponse:
    return client.post(reverse("admin:importers_deed", args=[importer.pk, key]), data, follow=True)  # type: ignore[return-value]


def decide(client: Client, importer: ImporterOfRecord, key: str, **typed: Any) -> HttpResponse:
    """With the form that was served."""
    form = served(client.get(page(importer)), to=f"/do/{key}/")  # type: ignore[arg-type]
    return do(client, importer, key, **form | typed)


def text(response: HttpResponse) -> str:
    return response.content.decode()


def test_recording_form_5106_brings_the_rules_answer(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    answer = text(do(as_staff, importer, "record-form-5106", **RIGHT))
    assert "It agrees with the officer" in answer
    filed = FiledContact.objects.get(importer=importer, document=Document.FORM_5106)
    assert (filed.name, filed.email, filed.source, filed.recorded_by) == (
        "Mette Sørensen", "mette@nordlys.example", "ACE query", staff,
    )  # fmt: skip


def test_a_difference_is_told_at_once_and_where_the_rule_comes_from(
    as_staff: Client, importer: ImporterOfRecord
) -> None:
    answer = text(do(as_staff, importer, "record-form-5106", **RIGHT | {"name": "Lars Holm"}))
    assert "This does not agree: " in answer
    assert "It must name the officer, Mette Sørensen." in answer
    assert "Who puts it right: Us." in answer
    assert "Broker&#x27;s guide, March 2026" in answer
    assert "The surnames differ." in answer


@pytest.mark.parametrize(("key", "document"), [("record-ace", Document.ACE), ("record-form-4811", Document.FORM_4811)])
def test_recording_the_other_documents(
    key: str, document: Document, as_staff: Client, importer: ImporterOfRecord
) -> None:
    do(as_staff, importer, key, **RIGHT)
    assert FiledContact.objects.get(importer=importer, document=document).name == "Mette Sørensen"


def test_a_correction_on_its_way_is_cbps_turn(as_staff: Client, importer: ImporterOfRecord) -> None:
    do(as_staff, importer, "record-form-5106", **RIGHT | {"email": "other@nordlys.example"})
    assert "turn until you record" in text(do(as_staff, importer, "correct-form-5106"))
    assert checklist_of(importer)["form-5106"].status == "waiting_cbp"


@pytest.mark.parametrize("key", ["record-ace", "record-form-4811"])
def test_what_the_importer_corrects_has_no_button_for_a_correction(
    key: str, as_staff: Client, importer: ImporterOfRecord
) -> None:
    answer = text(do(as_staff, importer, key, **RIGHT | {"email": "other@nordlys.example"}))
    assert "Must be put right:" in answer
    assert "Correction sent to CBP" not in answer
    assert [deed for deed in DEEDS if deed.startswith("correct-")] == ["correct-form-5106"]


def test_a_warning_is_accepted_with_a_reason(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="M. Sørensen", email="mette@nordlys.example")
    finding = next(f for f in checklist_of(importer).findings if f.rule.key == "name-written-differently")
    assert finding.fingerprint in text(as_staff.get(page(importer)))
    do(as_staff, importer, "accept", fingerprint=finding.fingerprint, reason="CBP abbreviates")
    assert Acceptance.objects.get(importer=importer).reason == "CBP abbreviates"


def test_without_a_reason_the_form_comes_back(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="M. Sørensen", email="mette@nordlys.example")
    finding = next(f for f in checklist_of(importer).findings if f.rule.key == "name-written-differently")
    answer = text(do(as_staff, importer, "accept", fingerprint=finding.fingerprint, reason=""))
    assert "Nothing was saved." in answer
    assert "This field is required." in answer
    assert not Acceptance.objects.exists()


def test_bank_details_are_refused_and_not_kept(as_staff: Client, importer: ImporterOfRecord) -> None:
    answer = text(
        do(
            as_staff,
            importer,
            "record-form-5106",
            **RIGHT | {"source": "routing 021000021 account 123456789"},
        )
    )
    assert "Nothing was saved." in answer
    assert not FiledContact.objects.exists()


def declared(importer: ImporterOfRecord) -> Attestation:
    return Attestation.objects.create(
        importer=importer,
        answers={},
        digest=checklist_of(importer).facts.digest,
        declared_at=timezone.now(),
        declared_by=User.objects.for_email("mette@nordlys.example"),
    )


def test_verifying_too_early_says_everything_that_is_missing(as_staff: Client, importer: ImporterOfRecord) -> None:
    declared(importer)
    answer = text(decide(as_staff, importer, "verify"))
    assert "Still missing:" in answer
    assert "Confirm your company details" in answer


def test_sending_back_writes_to_the_officer(as_staff: Client, importer: ImporterOfRecord) -> None:
    attestation = declared(importer)
    decide(as_staff, importer, "send-back", note="ACE shows another phone number.")
    attestation.refresh_from_db()
    assert attestation.return_note == "ACE shows another phone number."
    assert Notification.objects.get(kind=MailKind.RETURNED).to_email == "mette@nordlys.example"


def test_a_note_with_a_code_of_cbp_is_not_sent_back(as_staff: Client, importer: ImporterOfRecord) -> None:
    attestation = declared(importer)
    html = text(decide(as_staff, importer, "send-back", note="Use the code 482913 from CBP."))
    assert "nothing that we write may hold one" in html
    assert "Use the code 482913 from CBP.</textarea>" in html
    attestation.refresh_from_db()
    assert attestation.returned_at is None


def test_answers_that_changed_meanwhile_are_looked_at_again(
    as_staff: Client, staff: User, importer: ImporterOfRecord
) -> None:
    declared(importer)
    form = served(as_staff.get(page(importer)), to="/do/send-back/")  # type: ignore[arg-type]
    steps.confirm_company(importer, by=staff, phone="+4511223344")
    declared(importer)
    again = do(as_staff, importer, "send-back", **form | {"note": "Which phone?"})
    assert "An answer was changed meanwhile." in text(again)
    assert not Attestation.objects.filter(returned_at__isnull=False).exists()
    do(as_staff, importer, "send-back", **served(again, to="/do/send-back/"))
    assert Attestation.objects.latest("pk").return_note == "Which phone?"


def test_the_two_checks_of_form_4811(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    do(as_staff, importer, "checks-4811", on_profile="on")
    form = Form4811.objects.get(importer=importer)
    assert (form.on_profile_by, form.box_28_at) == (staff, None)


def test_inviting_and_inviting_again(as_staff: Client, importer: ImporterOfRecord) -> None:
    for count in (1, 2):
        assert "on its way to mette@nordlys.example" in text(do(as_staff, importer, "invite"))
        assert Notification.objects.filter(kind=MailKind.INVITATION).count() == count


def test_nobody_to_invite_is_said(as_staff: Client, importer: ImporterOfRecord) -> None:
    ImporterOfRecord.objects.filter(pk=importer.pk).update(contact_email="")
    assert "There is no e-mail to write to." in text(do(as_staff, importer, "invite"))


def test_a_colleague_is_not_invited(as_staff: Client, importer: ImporterOfRecord) -> None:
    colleague = StaffFactory.create()
    ImporterOfRecord.objects.filter(pk=importer.pk).update(contact_email=colleague.email)
    assert "one of our own people" in text(do(as_staff, importer, "invite"))


def test_access_is_taken_away(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    invite([importer], by=staff)
    access = importer.accesses.get()
    do(as_staff, importer, "revoke", access=access.pk)
    access.refresh_from_db()
    assert access.revoked_by == staff
    assert "has no access any more" in text(do(as_staff, importer, "revoke", access=access.pk))


def test_access_to_another_importer_is_not_touched(as_staff: Client, importer: ImporterOfRecord) -> None:
    other = AccessFactory.create()
    do(as_staff, importer, "revoke", access=other.pk)
    other.refresh_from_db()
    assert other.revoked_at is None


def test_pausing_and_going_on(as_staff: Client, importer: ImporterOfRecord) -> None:
    until = timezone.localdate() + timedelta(days=10)
    do(as_staff, importer, "pause", until=until.isoformat(), reason="On holiday")
    importer.refresh_from_db()
    assert (importer.paused_until, importer.pause_reason) == (until, "On holiday")
    do(as_staff, importer, "resume")
    importer.refresh_from_db()
    assert (importer.paused_until, importer.pause_reason) == (None, "")


def test_a_pause_that_is_over_is_refused(as_staff: Client, importer: ImporterOfRecord) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    answer = text(do(as_staff, importer, "pause", until=yesterday.isoformat(), reason="x"))
    assert "The day is over already." in answer


def test_details_are_changed(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    data = {
        "name": importer.name, "contact_name": "Ida Sølund", "contact_title": "",
        "contact_email": "ida@nordlys.example", "contact_phone": "", "language": "da", "assigned_to": staff.pk,
    }  # fmt: skip
    answer = text(do(as_staff, importer, "details", **data))
    assert "The new contact cannot come in yet: invite them." in answer
    importer.refresh_from_db()
    assert (importer.contact_name, importer.language, importer.assigned_to) == ("Ida Sølund", "da", staff)


@pytest.mark.parametrize("key", DEEDS)
def test_no_deed_is_done_by_looking(key: str, as_staff: Client, importer: ImporterOfRecord) -> None:
    response = as_staff.get(reverse("admin:importers_deed", args=[importer.pk, key]))
    assert response.status_code == 302
    assert not Notification.objects.exists()


def test_no_deed_is_done_by_an_importer(as_importer: Client, importer: ImporterOfRecord) -> None:
    response = as_importer.post(reverse("admin:importers_deed", args=[importer.pk, "invite"]))
    assert response.status_code == 404
    assert not Notification.objects.exists()


def test_an_unknown_deed_is_404(as_staff: Client, importer: ImporterOfRecord) -> None:
    assert as_staff.post(reverse("admin:importers_deed", args=[importer.pk, "dance"])).status_code == 404


def test_a_row_loaded_by_mistake_can_go(as_superuser: Client, importer: ImporterOfRecord) -> None:
    response = as_superuser.post(reverse("admin:importers_remove", args=[importer.pk]))
    assert response.status_code == 302
    assert not ImporterOfRecord.objects.exists()


def test_once_somebody_was_here_it_stays(as_superuser: Client, importer: ImporterOfRecord) -> None:
    AccessFactory.create(importer=importer, first_visit_at=timezone.now())
    response = as_superuser.post(reverse("admin:importers_remove", args=[importer.pk]), follow=True)
    assert "the file is kept as proof" in response.content.decode()
    assert ImporterOfRecord.objects.exists()


def test_only_a_superuser_removes(as_staff: Client, importer: ImporterOfRecord) -> None:
    assert as_staff.post(reverse("admin:importers_remove", args=[importer.pk])).status_code == 404
    assert ImporterOfRecord.objects.exists()


def test_the_officer_stays_when_the_contact_is_changed_and_it_is_said_who_corrects_them(
    as_staff: Client, staff: User, importer: ImporterOfRecord
) -> None:
    walkthrough.invited(importer, staff)
    importer.officer.email = importer.contact_email  # type: ignore[misc]
    importer.officer.save()
    served_details = served(as_staff.get(page(importer)), to="/do/details/")  # type: ignore[arg-type]
    html = text(do(as_staff, importer, "details", **served_details | {"contact_email": "ida@nordlys.example"}))
    assert "e-mail is unchanged: mette@nordlys.example." in html
    assert "The contact, ida@nordlys.example, is not invited yet." in html
    assert "Not invited yet." not in html
    assert "are corrected by the importer, at the step “Name the responsible officer”." in html
    assert 'href="mailto:ida@nordlys.example?subject=' in html


def test_what_we_put_right_says_that_the_officer_is_not_ours(as_staff: Client, importer: ImporterOfRecord) -> None:
    told = "are corrected by the importer, at the step"
    assert text(as_staff.get(page(importer))).count(told) == 1  # type: ignore[arg-type]
    html = text(do(as_staff, importer, "record-form-5106", **RIGHT | {"email": "lars@elsewhere.example"}))
    assert html.count(told) == 2


def test_the_address_of_a_refused_form_ends_at_the_reason(as_staff: Client, importer: ImporterOfRecord) -> None:
    """A browser puts the focus on what its address ends with, if that takes it."""
    html = text(do(as_staff, importer, "pause", until="2000-01-01", reason="x"))
    assert 'role="alert" id="d-pause" tabindex="-1">Nothing was saved.' in html
    assert f'action="{reverse("admin:importers_deed", args=[importer.pk, "pause"])}#d-pause"' in html
    assert html.count('id="d-pause"') == 1
