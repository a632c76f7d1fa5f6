"""The officer sends a step, takes it back; and what closes it without anybody touching it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from importers.delivery import deliver
from importers.domain.checklist import STEPS
from importers.domain.delegation import Standing
from importers.domain.errors import RuleViolation
from importers.domain.facts import Route
from importers.models import Delegation, ImporterAccess, ImporterOfRecord, MailKind, MailState, Notification, User
from importers.models.delegation import last_day, sent_steps, with_sent
from importers.services import delegations, details, invitations, steps
from importers.services.delegations import A_DAY
from importers.services.readiness import checklist_of
from tests import walkthrough
from tests.factories import AccessFactory, ImporterFactory, NotificationFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return StaffFactory()


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys Cykler ApS")


@pytest.fixture
def officer(importer: ImporterOfRecord, staff: User) -> User:
    return walkthrough.able_to_send(importer, staff)


def send(importer: ImporterOfRecord, by: User, step: str = "ach-refund", **changes: str) -> tuple[Delegation, bool]:
    given = {"name": "Jens Holm", "email": "jens@nordlys.example", "language": "da"} | changes
    return delegations.delegate(importer, step, by=by, **given)


def refused(importer: ImporterOfRecord, by: User, *args: Any, **changes: str) -> str:
    with pytest.raises(RuleViolation) as violation:
        send(importer, by, *args, **changes)
    return violation.value.code


def standing(importer: ImporterOfRecord) -> Standing:
    fresh = ImporterOfRecord.objects.get(pk=importer.pk)
    return sent_steps(fresh, timezone.now())[-1].standing


def mails() -> list[Notification]:
    return list(Notification.objects.filter(kind=MailKind.DELEGATION).order_by("pk"))


def test_a_step_is_sent_with_a_mail_in_the_language_chosen(importer: ImporterOfRecord, officer: User) -> None:
    delegation, is_new = send(importer, officer, email="Jens@Nordlys.example")
    assert is_new
    assert (delegation.step, delegation.name, delegation.granted_by) == ("ach-refund", "Jens Holm", officer)
    assert delegation.colleague == User.objects.get(email="jens@nordlys.example")
    [mail] = mails()
    assert (mail.to_email, mail.to_name, mail.language) == ("jens@nordlys.example", "Jens Holm", "da")
    assert (mail.step, mail.requested_by, mail.expires_at) == ("ach-refund", officer, delegation.expires_at)
    assert standing(importer) is Standing.OPEN
    assert not ImporterAccess.objects.filter(user=delegation.colleague).exists()


@pytest.mark.parametrize("hour", [1, 12, 22])  # in Copenhagen it is another day from 23 UTC on
def test_it_is_open_for_fourteen_whole_days(importer: ImporterOfRecord, officer: User, hour: int) -> None:
    with time_machine.travel(datetime(2027, 1, 10, hour, tzinfo=UTC), tick=False):
        delegation, _is_new = send(importer, officer)
    assert last_day(delegation.expires_at) == date(2027, 1, 24)
    with time_machine.travel(datetime(2027, 1, 24, 22, 59, tzinfo=UTC), tick=False):
        assert standing(importer) is Standing.OPEN
    with time_machine.travel(datetime(2027, 1, 24, 23, 0, tzinfo=UTC), tick=False):
        assert standing(importer) is Standing.RAN_OUT


@pytest.mark.parametrize("step", [step.key for step in STEPS if not step.delegable])
def test_naming_choosing_signing_and_declaring_stay(importer: ImporterOfRecord, officer: User, step: str) -> None:
    assert refused(importer, officer, step) == "not_now"
    assert not Delegation.objects.exists()


def test_a_step_that_cannot_start_is_not_sent(importer: ImporterOfRecord, staff: User) -> None:
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who, Route.OWN_ACCOUNT)
    assert refused(importer, who, "ach-refund") == "not_now"


def test_only_the_officer_sends(importer: ImporterOfRecord, officer: User, staff: User) -> None:
    contact = AccessFactory(importer=importer, user=UserFactory()).user
    for somebody in (contact, staff, UserFactory()):
        assert refused(importer, somebody) == "not_officer"
    assert mails() == []


def test_nothing_goes_to_the_brokers_own(importer: ImporterOfRecord, officer: User, staff: User) -> None:
    assert refused(importer, officer, email=staff.email) == "staff_email"


def test_who_can_open_everything_is_sent_nothing(importer: ImporterOfRecord, officer: User) -> None:
    assert refused(importer, officer, email=officer.email) == "is_in"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Read http://evil.example/now"}, "link"),
        ({"name": "DK50 0040 0440 1162 43"}, "bank_details"),
        ({"email": "021000021-9876543210987@x.example"}, "bank_details"),
        ({"name": "Jens, evil.example"}, "link"),
        ({"name": "J" * 81}, "too_long"),
        ({"email": "a?bcc=b@c.example"}, "address"),
    ],
)
def test_names_that_lead_elsewhere_or_hold_bank_details_are_refused(
    importer: ImporterOfRecord, officer: User, change: dict[str, str], code: str
) -> None:
    assert refused(importer, officer, **change) == code
    assert mails() == []


def test_what_the_officer_calls_them_stays_with_the_step(importer: ImporterOfRecord, officer: User) -> None:
    delegation, _new = send(importer, officer)
    assert (delegation.name, delegation.language) == ("Jens Holm", "da")
    assert (delegation.colleague.name, delegation.colleague.language) == ("", "da")
    karen = UserFactory(email="karen@nordlys.example", name="Karen Bak", language="en")
    known, _new = send(importer, officer, name="Kaya", email=karen.email)
    karen.refresh_from_db()
    assert (karen.name, karen.language) == ("Karen Bak", "en")
    assert (known.name, known.language) == ("Kaya", "da")
    assert [(mail.to_name, mail.language) for mail in mails()] == [("Jens Holm", "da"), ("Kaya", "da")]


def test_whoever_is_invited_later_gets_the_name_on_the_client_list(
    importer: ImporterOfRecord, officer: User, staff: User
) -> None:
    colleague = send(importer, officer)[0].colleague
    invitations.invite([ImporterFactory(contact_email=colleague.email, contact_name="Jens Peter Holm")], by=staff)
    colleague.refresh_from_db()
    assert colleague.name == "Jens Peter Holm"


def test_the_same_again_is_one(importer: ImporterOfRecord, officer: User) -> None:
    first, _new = send(importer, officer)
    again, is_new = send(importer, officer, name="J. Holm")
    assert (again, is_new) == (first, False)
    assert Delegation.objects.count() == len(mails()) == 1


def test_the_database_keeps_one_open_for_each_step_and_person(importer: ImporterOfRecord, officer: User) -> None:
    first, _new = send(importer, officer)
    values = {f.name: getattr(first, f.name) for f in Delegation._meta.fields if f.name not in ("id", "uuid")}
    with pytest.raises(IntegrityError, match="delegation_one_live"), transaction.atomic():
        Delegation.objects.create(**values)
    for wrong, name in (({"step": "officer"}, "step_known"), ({"expires_at": first.granted_at}, "ends_after")):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Delegation.objects.filter(pk=first.pk).update(**wrong)


def test_a_few_a_day_and_no_more(importer: ImporterOfRecord, officer: User) -> None:
    for n in range(A_DAY):
        send(importer, officer, email=f"colleague{n}@nordlys.example")
    assert refused(importer, officer, email="one@more.example") == "too_many"
    assert not User.objects.filter(email="one@more.example").exists()
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        assert send(importer, officer, email="one@more.example")[1]


@pytest.mark.parametrize("by", ["officer", "staff"])
def test_it_is_ended_by_the_officer_or_by_staff_once(
    importer: ImporterOfRecord, officer: User, staff: User, by: str
) -> None:
    delegation, _new = send(importer, officer)
    who, expected = (officer, Standing.TAKEN_BACK) if by == "officer" else (staff, Standing.ENDED)
    assert delegations.revoke(importer, delegation.uuid, by=who) == delegation
    assert standing(importer) is expected
    ended = Delegation.objects.get()
    assert delegations.revoke(importer, delegation.uuid, by=who) is None
    assert (ended.revoked_at, ended.revoked_by) == (Delegation.objects.get().revoked_at, who)


def test_nobody_else_ends_it(importer: ImporterOfRecord, officer: User) -> None:
    delegation, _new = send(importer, officer)
    for somebody in (delegation.colleague, AccessFactory(importer=importer, user=UserFactory()).user):
        with pytest.raises(RuleViolation):
            delegations.revoke(importer, delegation.uuid, by=somebody)
    assert standing(importer) is Standing.OPEN


def test_one_of_another_importer_is_not_found(importer: ImporterOfRecord, officer: User, staff: User) -> None:
    delegation, _new = send(importer, officer)
    assert delegations.revoke(ImporterFactory(), delegation.uuid, by=staff) is None
    assert delegations.lift(ImporterFactory(), delegation.uuid, by=staff) is None
    assert standing(importer) is Standing.OPEN


def test_a_mail_that_still_waits_is_not_sent_after_it_was_taken_back(importer: ImporterOfRecord, officer: User) -> None:
    delegation, _new = send(importer, officer)
    send(importer, officer, "company")
    delegations.revoke(importer, delegation.uuid, by=officer)
    assert [(mail.step, mail.state) for mail in mails()] == [
        ("ach-refund", MailState.DROPPED),
        ("company", MailState.PENDING),
    ]
    assert deliver(mails()[0].pk) == "not mine"


def test_after_it_was_taken_back_the_officer_can_send_it_again(importer: ImporterOfRecord, officer: User) -> None:
    first, _new = send(importer, officer)
    delegations.revoke(importer, first.uuid, by=officer)
    again, is_new = send(importer, officer)
    assert is_new
    assert again.pk != first.pk
    assert standing(importer) is Standing.OPEN


def test_what_ran_out_begins_anew(importer: ImporterOfRecord, officer: User) -> None:
    first, _new = send(importer, officer)
    with time_machine.travel(first.expires_at, tick=False):
        again, is_new = send(importer, officer)
        assert (again.pk, is_new) == (first.pk, True)
        assert standing(importer) is Standing.OPEN
    assert len(mails()) == 2


def name_lars(importer: ImporterOfRecord, by: User) -> User:
    lars = {"name": "Lars Holm", "title": "CFO", "email": "lars@nordlys.example", "phone": "+4570101012"}
    steps.name_officer(importer, by=by, authorised=True, **lars)
    return User.objects.get(email="lars@nordlys.example")


def test_when_the_officer_changes_what_the_former_one_sent_is_closed_at_once(
    importer: ImporterOfRecord, officer: User
) -> None:
    first, _new = send(importer, officer, "company")
    lars = name_lars(importer, officer)
    assert standing(importer) is Standing.SENDER_LEFT
    assert refused(importer, officer, "company") == "not_officer"
    again, is_new = send(importer, lars, "company")
    assert (again.pk, again.granted_by, is_new) == (first.pk, lars, True)
    assert standing(importer) is Standing.OPEN


def test_when_the_officer_is_shut_out_so_are_their_colleagues(
    importer: ImporterOfRecord, officer: User, staff: User
) -> None:
    send(importer, officer)
    invitations.revoke(ImporterAccess.objects.get(user=officer), by=staff)
    assert standing(importer) is Standing.SENDER_LEFT


def test_finishing_the_step_leaves_it_open_for_corrections(importer: ImporterOfRecord, officer: User) -> None:
    colleague = send(importer, officer, "company")[0].colleague
    steps.confirm_company(importer, by=colleague, city="Aarhus")
    assert standing(importer) is Standing.OPEN


def test_a_delegation_is_no_way_back_for_somebody_whom_staff_shut_out(
    importer: ImporterOfRecord, officer: User, staff: User
) -> None:
    kicked = AccessFactory(importer=importer, user=UserFactory(email="kicked@nordlys.example"))
    invitations.revoke(kicked, by=staff)
    assert refused(importer, officer, email="kicked@nordlys.example") == "shut_out"
    invitations.grant(importer, kicked.user, by=staff)  # only staff lift it
    ImporterAccess.objects.filter(user=kicked.user).delete()
    assert send(importer, officer, email="kicked@nordlys.example")[1]


def test_shutting_somebody_out_closes_what_was_sent_to_them_before(
    importer: ImporterOfRecord, officer: User, staff: User
) -> None:
    colleague = send(importer, officer)[0].colleague
    invitations.revoke(AccessFactory(importer=importer, user=colleague), by=staff)
    assert standing(importer) is Standing.ENDED


def test_a_former_contact_whom_staff_replaced_stays_out(importer: ImporterOfRecord, officer: User, staff: User) -> None:
    former = importer.contact_email
    lars = name_lars(importer, officer)
    details.edit_details(importer, by=staff, contact_email="new@nordlys.example")
    assert refused(importer, lars, "company", email=former) == "shut_out"


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": True}])
def test_who_may_not_sign_in_as_an_importers_person_opens_nothing(
    importer: ImporterOfRecord, officer: User, change: dict[str, bool]
) -> None:
    colleague = send(importer, officer)[0].colleague
    User.objects.filter(pk=colleague.pk).update(**change)
    assert standing(importer) is Standing.ENDED
    assert refused(importer, officer) in ("shut_out", "staff_email")


def test_whom_staff_closed_a_step_to_is_sent_no_other_until_staff_allow_it(
    importer: ImporterOfRecord, officer: User, staff: User
) -> None:
    delegation, _new = send(importer, officer)
    delegations.revoke(importer, delegation.uuid, by=staff)
    assert refused(importer, officer) == refused(importer, officer, "company") == "shut_out"
    assert delegations.lift(importer, delegation.uuid, by=staff) == delegation
    assert delegations.lift(importer, delegation.uuid, by=staff) is None
    assert send(importer, officer)[1]


def test_nothing_more_is_sent_once_the_answers_are_declared(importer: ImporterOfRecord, staff: User) -> None:
    who = walkthrough.declared(importer, staff, Route.OWN_ACCOUNT)
    assert refused(importer, who, "company") == "not_now"


def test_what_a_colleague_saves_is_theirs_in_the_history(importer: ImporterOfRecord, officer: User) -> None:
    colleague = send(importer, officer, "company")[0].colleague
    steps.confirm_company(importer, by=colleague, city="Aarhus")
    assert ImporterOfRecord.objects.get().company_confirmed_by == colleague
    assert checklist_of(importer)["company"].status == "done"


def test_read_with_the_importers_it_costs_no_query(
    importer: ImporterOfRecord, officer: User, django_assert_num_queries: Any
) -> None:
    send(importer, officer)
    send(importer, officer, "company", email="maria@nordlys.example")
    with django_assert_num_queries(1):
        [row] = with_sent(ImporterOfRecord.objects.select_related("officer"))
        assert [s.step for s in sent_steps(row, timezone.now())] == ["ach-refund", "company"]
    assert sent_steps(row, timezone.now()) == sent_steps(ImporterOfRecord.objects.get(), timezone.now())


def test_links_mailed_again_do_not_count_against_the_officer() -> None:
    importer = ImporterFactory()
    officer = walkthrough.able_to_send(importer, StaffFactory())
    walkthrough.sent(importer, officer)
    mail = Notification.objects.get(kind=MailKind.DELEGATION)
    for _ in range(A_DAY):
        NotificationFactory(kind=mail.kind, importer=importer, step=mail.step, why="asked for with an older link")
    walkthrough.sent(importer, officer, "company", email="karen@nordlys.example")
    assert Notification.objects.filter(kind=MailKind.DELEGATION, to_email="karen@nordlys.example").exists()
