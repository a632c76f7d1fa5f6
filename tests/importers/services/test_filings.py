from datetime import timedelta
from functools import partial

import pytest

from importers.domain.checklist import Status
from importers.domain.errors import RuleViolation
from importers.domain.facts import Document, Route
from importers.models import Acceptance, Attestation, BrokerFirm, FiledContact, MailKind, Notification, Readiness
from importers.services import filings, steps
from importers.services.portal import edit_firm
from importers.services.readiness import checklist_of
from tests import walkthrough
from tests.factories import ImporterFactory, OfficerFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_recording_a_contact_answers_at_once_with_what_disagrees() -> None:
    staff, officer = StaffFactory(), OfficerFactory()
    filings.record_contact(officer.importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@x.example")
    checklist = checklist_of(officer.importer)
    assert {f.rule.key for f in checklist["form-5106"].findings} == {"email-differs", "person-differs"}
    readiness = Readiness.objects.get(importer=officer.importer)
    assert (readiness.blocker, readiness.blocker_rule, readiness.who) == ("form-5106", "email-differs", "broker")


def test_a_new_reading_replaces_the_old_one_which_stays() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    for name in ("Lars Holm", "Mette Sørensen", "Mette Sørensen"):
        filings.record_contact(importer, Document.FORM_5106, by=staff, name=name, email="m@x.example")
    rows = FiledContact.objects.filter(importer=importer).order_by("pk")
    assert [(r.name, r.is_current) for r in rows] == [("Lars Holm", False), ("Mette Sørensen", True)]


def test_a_correction_sent_waits_for_cbp_until_the_next_reading() -> None:
    staff, officer = StaffFactory(), OfficerFactory()
    importer = officer.importer
    with pytest.raises(RuleViolation, match="Record first"):
        filings.mark_correction_sent(importer, by=staff)
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@x.example")
    filings.mark_correction_sent(importer, by=staff)
    assert checklist_of(importer)["form-5106"].status is Status.WAITING_CBP
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@x.example")
    assert checklist_of(importer)["form-5106"].status is Status.PROBLEM
    filings.record_contact(importer, Document.FORM_5106, by=staff, name=officer.name, email=officer.email)
    assert checklist_of(importer)["form-5106"].status is Status.DONE


@pytest.mark.parametrize("document", [Document.ACE, Document.FORM_4811])
def test_only_form_5106_is_the_brokers_to_correct(document: Document) -> None:
    staff, officer = StaffFactory(), OfficerFactory()
    filings.record_contact(officer.importer, document, by=staff, name="Lars Holm", email="lars@x.example")
    with pytest.raises(RuleViolation, match="Record first"):
        filings.mark_correction_sent(officer.importer, by=staff)
    assert FiledContact.objects.get().correction_sent_at is None


def test_a_warning_is_accepted_with_a_reason_and_a_blocker_is_not() -> None:
    staff, officer = StaffFactory(), OfficerFactory()
    importer = officer.importer
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="M. Sørensen", email=officer.email)
    (warning,) = checklist_of(importer).findings
    with pytest.raises(RuleViolation, match="Write why"):
        filings.accept_finding(importer, warning.fingerprint, by=staff, reason="  ")
    with pytest.raises(RuleViolation) as bank:
        filings.accept_finding(importer, warning.fingerprint, by=staff, reason="IBAN DK5000400440116243")
    assert bank.value.code == "bank_details"
    filings.accept_finding(importer, warning.fingerprint, by=staff, reason="Same person, seen on the passport.")
    assert checklist_of(importer).findings == ()
    assert Acceptance.objects.get().accepted_by == staff
    with pytest.raises(RuleViolation, match="no longer there"):
        filings.accept_finding(importer, warning.fingerprint, by=staff, reason="again")
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email=officer.email)
    (blocker,) = checklist_of(importer).findings
    with pytest.raises(RuleViolation, match="must be corrected"):
        filings.accept_finding(importer, blocker.fingerprint, by=staff, reason="please")


def test_verify_names_everything_that_is_missing() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    walkthrough.declared(importer, staff)
    with pytest.raises(RuleViolation) as refused:
        filings.verify(importer, by=staff, digest=walkthrough.digest(importer))
    for word in ("ACE profile", "box 28", "own ACH"):
        assert word in refused.value.message
    assert not Notification.objects.filter(kind=MailKind.READY).exists()


@pytest.mark.parametrize("route", list(Route))
def test_a_verified_importer_is_ready_and_is_told(route: Route) -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    walkthrough.ready(importer, staff, route)
    readiness = Readiness.objects.get(importer=importer)
    assert (readiness.stage, readiness.who, readiness.blocker) == ("ready", "", "")
    assert Notification.objects.get(kind=MailKind.READY).to_email == importer.contact_email


def test_verify_wants_a_declaration_of_the_answers_as_they_are() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    with pytest.raises(RuleViolation) as undeclared:
        filings.verify(importer, by=staff, digest=walkthrough.digest(importer))
    assert undeclared.value.code == "not_declared"
    who = walkthrough.declared(importer, staff, Route.OWN_ACCOUNT)
    steps.confirm_company(importer, by=who, phone="+4511223344")
    with pytest.raises(RuleViolation) as changed:
        filings.verify(importer, by=staff, digest=walkthrough.digest(importer))
    assert changed.value.code == "not_declared"


def test_send_back_tells_the_officer_what_and_reopens_the_declaration() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    with pytest.raises(RuleViolation, match="no declaration"):
        filings.send_back(importer, by=staff, digest=walkthrough.digest(importer), note="Which phone?")
    who = walkthrough.declared(importer, staff)
    with pytest.raises(RuleViolation, match="what must be changed"):
        filings.send_back(importer, by=staff, digest=walkthrough.digest(importer), note=" ")
    filings.send_back(importer, by=staff, digest=walkthrough.digest(importer), note="Which phone is right?")
    assert checklist_of(importer)["inform-broker"].status is Status.PROBLEM
    assert checklist_of(importer).facts.returned == "Which phone is right?"
    assert Notification.objects.get(kind=MailKind.RETURNED).to_email == who.email
    steps.declare(importer, by=who, digest=checklist_of(importer).facts.digest)
    assert checklist_of(importer)["inform-broker"].status is Status.DONE


def test_what_was_not_on_the_page_is_neither_verified_nor_sent_back() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    who = walkthrough.declared(importer, staff, Route.OWN_ACCOUNT)
    seen = walkthrough.digest(importer)
    steps.confirm_company(importer, by=who, phone="+4511223344")
    steps.declare(importer, by=who, digest=walkthrough.digest(importer))
    for decide in (filings.verify, partial(filings.send_back, note="Which phone?")):
        with pytest.raises(RuleViolation) as refused:
            decide(importer, by=staff, digest=seen)
        assert refused.value.code == "changed"
    newest = Attestation.objects.latest("pk")
    assert (newest.verified_at, newest.returned_at) == (None, None)
    assert not Notification.objects.filter(kind__in=[MailKind.READY, MailKind.RETURNED]).exists()


def test_verifying_twice_keeps_the_first_and_mails_once() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    walkthrough.ready(importer, staff)
    first = Attestation.objects.get()
    filings.verify(importer, by=StaffFactory(), digest=walkthrough.digest(importer))
    again = Attestation.objects.get()
    assert (again.verified_at, again.verified_by) == (first.verified_at, staff)
    assert Notification.objects.filter(kind=MailKind.READY).count() == 1


def test_sending_back_twice_mails_once_and_another_note_is_refused() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    walkthrough.declared(importer, staff)
    digest = walkthrough.digest(importer)
    for by in (staff, StaffFactory()):
        filings.send_back(importer, by=by, digest=digest, note="Which phone?")
    with pytest.raises(RuleViolation, match="another note"):
        filings.send_back(importer, by=StaffFactory(), digest=digest, note="Which e-mail?")
    declaration = Attestation.objects.get()
    assert (declaration.returned_by, declaration.return_note) == (staff, "Which phone?")
    assert Notification.objects.filter(kind=MailKind.RETURNED).count() == 1
    with pytest.raises(RuleViolation) as refused:
        filings.verify(importer, by=staff, digest=digest)
    assert refused.value.code == "not_declared"


def test_what_was_verified_can_still_be_sent_back() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    walkthrough.ready(importer, staff)
    filings.send_back(importer, by=staff, digest=walkthrough.digest(importer), note="Which phone?")
    declaration = Attestation.objects.get()
    assert (declaration.verified_at, declaration.verified_by, declaration.returned_by) == (None, None, staff)
    assert Readiness.objects.get(importer=importer).stage != "ready"


def test_the_brokers_own_enrolment_changes_every_importers_readiness() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    walkthrough.ready(importer, staff)
    edit_firm(by=staff, ach_enrolled=False)
    assert Readiness.objects.get(importer=importer).stage == "waiting_broker"
    event = BrokerFirm.current().history.latest("pgh_id")
    assert (event.pgh_context["action"], event.pgh_context["by"]) == ("edit broker firm", staff.pk)


def test_an_enrolment_seen_before_keeps_its_first_time() -> None:
    staff = StaffFactory()
    edit_firm(by=staff, ach_enrolled=True, importer_number="36-7654321")
    first = BrokerFirm.current()
    edit_firm(by=StaffFactory(), ach_enrolled=True, phone="+45 1234 5678")
    edit_firm(by=StaffFactory(), phone="+45 1234 5679")
    now = BrokerFirm.current()
    assert (now.ach_enrolled_at, now.ach_enrolled_by, now.phone) == (first.ach_enrolled_at, staff, "+45 1234 5679")


def test_the_checks_of_form_4811_keep_their_first_time() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    filings.record_4811_checks(importer, by=staff, on_profile=True, box_28=False)
    first = importer.form_4811.on_profile_at
    importer.form_4811.__class__.objects.update(on_profile_at=first - timedelta(days=1))
    filings.record_4811_checks(importer, by=StaffFactory(), on_profile=True, box_28=True)
    importer.form_4811.refresh_from_db()
    assert importer.form_4811.on_profile_at == first - timedelta(days=1)
    assert importer.form_4811.box_28_at is not None
