"""Whether a step that was sent is open, Python and the database say alike; mails to colleagues follow it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from importers.delivery import deliver
from importers.models import Delegation, ImporterAccess, ImporterOfRecord, MailKind, MailState, Notification, User
from importers.models.delegation import sent_steps
from importers.services import questions
from tests import walkthrough
from tests.factories import AccessFactory, ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db
Change = Callable[[Delegation], object]


def staff_member() -> User:
    staff = User.objects.filter(is_staff=True).first()
    assert staff
    return staff


def _officer(sent: Delegation, **changes: object) -> None:
    officer = sent.importer.officer
    type(officer).objects.filter(pk=officer.pk).update(**changes)


def _colleague(sent: Delegation, **changes: object) -> None:
    User.objects.filter(pk=sent.colleague_id).update(**changes)


def _sent(sent: Delegation, **changes: object) -> None:
    Delegation.objects.filter(pk=sent.pk).update(**changes)


def _sender_access(sent: Delegation, **changes: object) -> None:
    ImporterAccess.objects.filter(importer=sent.importer, user=sent.granted_by).update(**changes)


def _shut_out(sent: Delegation) -> None:
    now = timezone.now()
    staff = staff_member()
    AccessFactory(importer=sent.importer, user=sent.colleague, revoked_at=now, revoked_by=staff)


def _revoke(sent: Delegation, *, by_staff: bool) -> None:
    by = staff_member() if by_staff else sent.granted_by
    _sent(sent, revoked_at=timezone.now(), revoked_by=by)


NOW = timezone.now
OPEN: dict[str, Change] = {
    "nothing happened": lambda sent: None,
    "the officer's address in capitals": lambda sent: _officer(sent, email=sent.granted_by.email.upper()),
}
CLOSED: dict[str, Change] = {
    "taken back": lambda sent: _revoke(sent, by_staff=False),
    "ended by staff": lambda sent: _revoke(sent, by_staff=True),
    "ran out": lambda sent: _sent(sent, granted_at=NOW() - timedelta(days=9), expires_at=NOW() - timedelta(days=1)),
    "another officer": lambda sent: _officer(sent, email="lars@elsewhere.example"),
    "an officer who may not sign": lambda sent: _officer(sent, declared_at=None, declared_by=None),
    "the sender has no access": lambda sent: _sender_access(sent, revoked_at=NOW(), revoked_by=staff_member()),
    "the sender is no user any more": lambda sent: User.objects.filter(pk=sent.granted_by_id).update(is_active=False),
    "the colleague is shut out": _shut_out,
    "the colleague is no user any more": lambda sent: _colleague(sent, is_active=False),
    "the colleague is staff now": lambda sent: _colleague(sent, is_staff=True),
}


@pytest.fixture
def staff() -> User:
    return StaffFactory.create()


@pytest.fixture
def sent(staff: User) -> Delegation:
    importer = ImporterFactory.create()
    walkthrough.sent(importer, walkthrough.able_to_send(importer, staff), "ach-refund")
    return Delegation.objects.get()


def is_open(sent: Delegation, now: datetime) -> bool:
    (step,) = sent_steps(ImporterOfRecord.objects.get(pk=sent.importer_id), now)
    return step.is_open


@pytest.mark.parametrize("what", [*OPEN, *CLOSED])
def test_the_database_and_python_call_the_same_steps_open(sent: Delegation, what: str) -> None:
    (OPEN | CLOSED)[what](sent)
    now = timezone.now()
    assert is_open(sent, now) is (what in OPEN)
    assert Delegation.objects.open_at(now).exists() is (what in OPEN)


@pytest.mark.parametrize("what", [*OPEN, *CLOSED])
def test_an_answer_goes_only_to_whom_the_step_is_open_when_it_is_sent(sent: Delegation, staff: User, what: str) -> None:
    question = questions.ask(sent.importer, by=sent.colleague, step=sent.step, topic="else", text="Which bank?")
    questions.answer(question, by=staff, text="The one in the United States.")
    mail = Notification.objects.get(kind=MailKind.ANSWER)
    (OPEN | CLOSED)[what](sent)
    assert (deliver(mail.pk) == MailState.SENT) is (what in OPEN)
