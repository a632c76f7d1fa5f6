"""A colleague's answer is on its way while the officer ends it: two connections, the officer's first."""

import threading
from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from importers.domain.checklist import DELEGABLE
from importers.domain.facts import ACHStatus, ExistingAccount
from importers.models import Delegation, ImporterOfRecord, User
from importers.services import delegations, steps
from importers.services.change import CLOSED, DECLARED
from importers.services.readiness import checklist_of
from tests import walkthrough
from tests.factories import AccessFactory, ImporterFactory, StaffFactory
from tests.importers.services.test_two_at_once import together
from tests.pages import html, signed_in, url

pytestmark = pytest.mark.django_db(transaction=True)
COMPANY = {
    "name": "Nordlys Cykler ApS",
    "country": "DK",
    "structure": "corporation",
    "street": "Nygade 7",
    "postal_code": "8000",
    "city": "Aarhus",
    "phone": "+45 70 10 10 11",
}
ANSWERS = {
    "company": COMPANY,
    "existing-account": {"answer": "account", "ach": "neither"},
    "ace-account": {"name": "Lars Holm", "email": "lars@nordlys.example", "there": "on"},
    "ach-refund": {"status": "none"},
}


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys Cykler ApS")


@pytest.fixture
def officer(importer: ImporterOfRecord) -> User:
    staff = StaffFactory()
    officer = walkthrough.able_to_send(importer, staff)
    walkthrough.on_5106(importer, staff)
    steps.record_ach(importer, by=officer, status=ACHStatus.SHOWN)
    return officer


def meanwhile(importer: ImporterOfRecord, client: Client, key: str, deed: Callable[[], object]) -> str:
    """The page that the colleague reads who pressed the button while the officer's deed was not yet committed."""
    inside, pages = threading.Event(), list[str]()

    def officers() -> None:
        with transaction.atomic():
            ImporterOfRecord.objects.select_for_update().get(pk=importer.pk)
            inside.set()
            threading.Event().wait(1)  # the colleague's answer has been let in by the view, and waits for the lock
            deed()

    def colleagues() -> None:
        assert inside.wait(10)
        pages.append(html(client.post(url(importer, key), ANSWERS[key])))

    together(officers, colleagues)
    return pages[0]


@pytest.mark.parametrize("key", DELEGABLE)
def test_what_was_taken_back_meanwhile_saves_nothing(importer: ImporterOfRecord, officer: User, key: str) -> None:
    client = signed_in(walkthrough.sent(importer, officer, key))
    before = checklist_of(importer).facts
    page = meanwhile(
        importer, client, key, lambda: delegations.revoke(importer, Delegation.objects.get().uuid, by=officer)
    )
    assert CLOSED in page
    assert checklist_of(importer).facts == before
    assert client.get(url(importer, key)).status_code == 404


def test_what_was_declared_meanwhile_is_not_changed(importer: ImporterOfRecord, officer: User) -> None:
    client = signed_in(walkthrough.sent(importer, officer, "company"))
    digest = walkthrough.digest(importer)
    page = meanwhile(importer, client, "company", lambda: steps.declare(importer, by=officer, digest=digest))
    assert DECLARED in page
    assert checklist_of(importer).facts.is_declared


def test_nobody_else_is_asked(importer: ImporterOfRecord, officer: User) -> None:
    colleague = walkthrough.sent(importer, officer, "company")
    AccessFactory(importer=importer, user=colleague)
    delegations.revoke(importer, Delegation.objects.get().uuid, by=officer)
    steps.answer_existing_account(importer, by=colleague, answer=ExistingAccount.ACCOUNT)
    steps.confirm_company(importer, by=colleague, city="Aarhus")
    importer.refresh_from_db()
    assert importer.city == "Aarhus"
