from datetime import timedelta

import pytest
from django.utils import timezone

from importers.domain.checklist import Status
from importers.domain.errors import RuleViolation
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.models import Attestation, FiledContact, ImporterAccess, ImporterOfRecord, MailKind, Notification, User
from importers.services import steps
from importers.services.invitations import revoke
from importers.services.readiness import checklist_of
from tests import walkthrough
from tests.factories import ImporterFactory, OfficerFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

IBAN = "DK50 0040 0440 1162 43"


def status(importer: ImporterOfRecord, key: str) -> Status:
    return checklist_of(importer)[key].status


def name_officer(importer: ImporterOfRecord, by: User, **changes: object) -> None:
    given: dict[str, object] = {
        "name": "Mette Sørensen",
        "title": "Direktør",
        "email": importer.contact_email,
        "phone": "+4570101011",
        "authorised": True,
    }
    steps.name_officer(importer, by=by, **(given | changes))  # type: ignore[arg-type]


def test_confirming_the_company_saves_what_was_typed_and_who_did_it() -> None:
    importer, who = ImporterFactory(), UserFactory()
    steps.confirm_company(importer, by=who, name="Nordlys Cykler ApS", city="Aarhus", structure="llc")
    importer.refresh_from_db()
    assert (importer.name, importer.city, importer.structure) == ("Nordlys Cykler ApS", "Aarhus", "llc")
    assert importer.company_confirmed_by == who
    assert status(importer, "company") is Status.DONE
    assert importer.readiness.done == 1


@pytest.mark.parametrize("field", ["name", "street", "city"])
def test_bank_details_are_refused_and_nothing_is_saved(field: str) -> None:
    importer, who = ImporterFactory(), UserFactory()
    with pytest.raises(RuleViolation) as refused:
        steps.confirm_company(importer, by=who, **{field: IBAN})
    assert "5000" not in refused.value.message
    importer.refresh_from_db()
    assert importer.company_confirmed_at is None
    assert getattr(importer, field) != IBAN


def test_names_that_lead_elsewhere_are_refused_and_nobody_is_written_to() -> None:
    importer, who = ImporterFactory(), UserFactory()
    bait = "Your refund waits: http://evil.example/now"
    with pytest.raises(RuleViolation) as company:
        steps.confirm_company(importer, by=who, name=bait)
    with pytest.raises(RuleViolation) as officer:
        name_officer(importer, who, name=bait, email="victim@elsewhere.example")
    assert {company.value.code, officer.value.code} == {"link"}
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Lars, evil.example"}, "link"),
        ({"name": "L" * 81}, "too_long"),
        ({"name": "Lars, call +1 888 555 0134"}, "phone"),
        ({"name": "Lars //evil.example"}, "link"),
        ({"name": "Lars evil。example"}, "link"),
        ({"email": "a?bcc=b@c.example"}, "address"),
    ],
)
def test_an_officer_is_named_by_a_name_and_an_address_alone(change: dict[str, str], code: str) -> None:
    importer, who = ImporterFactory(), UserFactory()
    with pytest.raises(RuleViolation) as refused:
        name_officer(importer, who, **({"email": "lars@nordlys.example"} | change))
    assert refused.value.code == code
    assert not User.objects.filter(email__startswith="a").exists()


def test_an_officer_with_another_address_gets_access_and_a_mail_once() -> None:
    importer, who = ImporterFactory(), UserFactory()
    for _ in range(2):
        name_officer(importer, who, email="Lars@nordlys.example", name="Lars Holm")
    officer = User.objects.get(email="lars@nordlys.example")
    assert ImporterAccess.objects.filter(importer=importer, user=officer).count() == 1
    mail = Notification.objects.get(kind=MailKind.OFFICER_INVITATION)
    assert (mail.to_email, mail.to_name) == ("lars@nordlys.example", "Lars Holm")


def test_an_officer_who_is_not_authorised_is_kept_but_not_declared_and_not_let_in() -> None:
    importer, who = ImporterFactory(), UserFactory()
    name_officer(importer, who, authorised=False, email="lars@nordlys.example")
    assert status(importer, "officer") is Status.NOT_STARTED
    assert not ImporterAccess.objects.filter(importer=importer).exists()


def test_the_ace_contact_is_recorded_and_compared() -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    steps.confirm_ace_account(importer, by=who, name="Lars Holm", email=importer.contact_email)
    assert status(importer, "ace-account") is Status.PROBLEM
    steps.confirm_ace_account(importer, by=who, name=importer.contact_name, email=importer.contact_email)
    assert status(importer, "ace-account") is Status.DONE
    readings = FiledContact.objects.filter(importer=importer, document=Document.ACE)
    assert [r.is_current for r in readings.order_by("pk")] == [False, True]


def test_the_same_answer_twice_leaves_one_row() -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    for _ in range(2):
        walkthrough.in_ace(importer, who)
    assert FiledContact.objects.filter(importer=importer).count() == 2  # ACE and Form 4811


def test_steps_keep_their_order_whoever_asks() -> None:
    importer, who = ImporterFactory(), UserFactory()
    today = timezone.localdate()
    deeds = (
        lambda: steps.confirm_ace_account(importer, by=who, name="Mette", email="m@x.example"),
        lambda: steps.record_ach(importer, by=who, status=ACHStatus.SHOWN),
        lambda: steps.complete_form_4811(importer, by=who, signer="Mette", email="m@x.example", signed_on=today),
    )
    for deed in deeds:
        with pytest.raises(RuleViolation) as refused:
            deed()
        assert refused.value.code == "not_yet"
    assert not FiledContact.objects.exists()


def test_a_former_officer_no_longer_reads_along() -> None:
    importer, who = ImporterFactory(), UserFactory()
    for email in ("mistyped@nordlys.example", "lars@nordlys.example"):
        name_officer(importer, who, email=email)
    live = ImporterAccess.objects.filter(importer=importer, revoked_at=None)
    assert [access.user.email for access in live] == ["lars@nordlys.example"]


def test_the_contact_keeps_access_when_somebody_else_becomes_the_officer() -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    name_officer(importer, who)
    name_officer(importer, who, email="lars@nordlys.example")
    assert ImporterAccess.objects.filter(importer=importer, user=who, revoked_at=None).exists()


def handed_over(importer: ImporterOfRecord) -> User:
    """An officer who is not the contact, and now names somebody else."""
    contact = walkthrough.invited(importer, StaffFactory())
    name_officer(importer, contact, email="lars@nordlys.example")
    return User.objects.get(email="lars@nordlys.example")


def test_an_officer_who_hands_over_is_out_and_the_contact_stays() -> None:
    importer = ImporterFactory()
    lars = handed_over(importer)
    name_officer(importer, lars, email="anna@nordlys.example")
    live = ImporterAccess.objects.filter(importer=importer, revoked_at=None).order_by("pk")
    assert [access.user.email for access in live] == [importer.contact_email, "anna@nordlys.example"]
    name_officer(importer, User.objects.get(email="anna@nordlys.example"), email="lars@nordlys.example")
    assert ImporterOfRecord.objects.visible_to(lars).exists(), "named again, in again"


def test_an_officer_stays_as_long_as_the_one_they_name_cannot_come_in() -> None:
    importer = ImporterFactory()
    lars = handed_over(importer)
    name_officer(importer, lars, email="anna@nordlys.example", authorised=False)
    assert ImporterOfRecord.objects.visible_to(lars).exists()


def test_what_an_importer_calls_somebody_stays_with_that_importer() -> None:
    """Or one importer could name another's people, before anybody asked them."""
    theirs, ours = ImporterFactory(contact_name=""), ImporterFactory(contact_name="")
    person = walkthrough.invited(theirs, StaffFactory())
    name_officer(ours, UserFactory(), name="Sign in elsewhere", email=person.email)
    person.refresh_from_db()
    assert person.name == ""
    assert ImporterOfRecord.objects.get(pk=ours.pk).calls(person) == "Sign in elsewhere"
    assert ImporterOfRecord.objects.get(pk=theirs.pk).calls(person) == person.email


def test_who_was_shut_out_by_staff_is_not_let_in_by_the_importer() -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    name_officer(importer, who, email="lars@nordlys.example")
    revoke(ImporterAccess.objects.get(user__email="lars@nordlys.example"), by=staff)
    name_officer(importer, who)
    name_officer(importer, who, email="lars@nordlys.example")
    assert not ImporterAccess.objects.filter(user__email="lars@nordlys.example", revoked_at=None).exists()
    assert Notification.objects.filter(kind=MailKind.OFFICER_INVITATION).count() == 1


def test_one_of_the_brokers_own_people_cannot_be_the_officer() -> None:
    importer, who = ImporterFactory(), UserFactory()
    with pytest.raises(RuleViolation) as refused:
        name_officer(importer, who, email=StaffFactory().email.upper())
    assert refused.value.code == "staff_email"
    assert not hasattr(ImporterOfRecord.objects.get(pk=importer.pk), "officer")


def test_the_brokers_mail_cannot_be_used_to_write_to_strangers_without_end() -> None:
    importer, who = ImporterFactory(), UserFactory()
    for n in range(steps.OFFICERS_A_DAY):
        name_officer(importer, who, email=f"victim{n}@elsewhere.example")
    with pytest.raises(RuleViolation) as refused:
        name_officer(importer, who, email="victim9@elsewhere.example")
    assert refused.value.code == "too_many"
    assert Notification.objects.filter(kind=MailKind.OFFICER_INVITATION).count() == steps.OFFICERS_A_DAY


def test_form_4811_signed_in_the_future_is_refused() -> None:
    importer, who = ImporterFactory(), UserFactory()
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(RuleViolation, match="future"):
        steps.complete_form_4811(importer, by=who, signer="Mette", email="m@x.example", signed_on=tomorrow)
    assert not FiledContact.objects.exists()


def test_ach_is_done_only_when_shown() -> None:
    importer, who = ImporterFactory(), UserFactory()
    walkthrough.before(importer, who, Route.OWN_ACCOUNT)
    steps.confirm_ace_account(importer, by=who, name=importer.contact_name, email=importer.contact_email)
    for ach, expected in ((ACHStatus.NONE, "none"), (ACHStatus.SHOWN, "shown")):
        steps.record_ach(importer, by=who, status=ach)
        importer.ach_enrollment.refresh_from_db()
        assert importer.ach_enrollment.status == expected


def test_the_officer_declares_and_both_sides_are_told() -> None:
    staff = StaffFactory()
    importer = ImporterFactory(assigned_to=staff)
    who = walkthrough.declared(importer, staff)
    declaration = Attestation.objects.get(importer=importer)
    assert declaration.declared_by == who
    assert declaration.answers["officer_email"] == importer.contact_email
    assert status(importer, "inform-broker") is Status.DONE
    told = dict(Notification.objects.filter(importer=importer).values_list("kind", "to_email"))
    assert told[MailKind.DECLARED] == staff.email
    assert told[MailKind.RECEIPT] == who.email


def test_pressing_twice_declares_once() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    who = walkthrough.declared(importer, staff)
    steps.declare(importer, by=who, digest=checklist_of(importer).facts.digest)
    assert Attestation.objects.count() == 1
    assert Notification.objects.filter(kind=MailKind.DECLARED).count() == 1


def test_nobody_but_the_officer_declares() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    walkthrough.in_ace(importer, who)
    digest = checklist_of(importer).facts.digest
    with pytest.raises(RuleViolation) as refused:
        steps.declare(importer, by=UserFactory(), digest=digest)
    assert refused.value.code == "not_officer"
    steps.declare(importer, by=who, digest=digest)


def test_nothing_is_declared_while_a_step_is_open_or_an_answer_changed() -> None:
    staff, importer = StaffFactory(), ImporterFactory()
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    with pytest.raises(RuleViolation) as early:
        steps.declare(importer, by=who, digest=checklist_of(importer).facts.digest)
    assert early.value.code == "not_yet"
    walkthrough.in_ace(importer, who)
    seen = checklist_of(importer).facts.digest
    steps.answer_existing_account(importer, by=who, answer=ExistingAccount.ACCOUNT)
    with pytest.raises(RuleViolation) as changed:
        steps.declare(importer, by=who, digest=seen)
    assert changed.value.code == "changed"
    assert not Attestation.objects.exists()


def test_the_first_visit_is_noted_once() -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    steps.note_visit(importer, by=who)
    first = ImporterAccess.objects.get(importer=importer, user=who).first_visit_at
    steps.note_visit(importer, by=who)
    assert ImporterAccess.objects.get(importer=importer, user=who).first_visit_at == first
    importer.readiness.refresh_from_db()
    assert importer.readiness.stage == "working"


def test_may_declare_wants_a_declared_officer() -> None:
    importer = ImporterFactory()
    user = User.objects.for_email(importer.contact_email)
    assert not steps.may_declare(importer, user)
    OfficerFactory(importer=importer, declared_at=None, declared_by=None)
    assert not steps.may_declare(importer, user)
