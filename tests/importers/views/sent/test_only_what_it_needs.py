"""A colleague reads of the importer what the one step needs, and no answer of another step."""

import pytest

from importers.domain.checklist import DELEGABLE
from importers.domain.facts import ExistingAccount, Route
from importers.models import ImporterOfRecord, PointOfContact, User
from importers.services import steps
from tests import walkthrough
from tests.factories import ImporterFactory, OfficerFactory
from tests.pages import html, signed_in, url

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", DELEGABLE)
def test_the_whole_number_stands_only_where_it_must_be_typed(
    importer: ImporterOfRecord, officer: User, key: str
) -> None:
    number = str(ImporterOfRecord.objects.get(pk=importer.pk).number)
    page = html(signed_in(walkthrough.sent(importer, officer, key)).get(url(importer, key)))
    assert (number in page) is (key == "ace-account")
    if key == "company":
        assert importer.masked_number in page
        assert number in html(signed_in(officer).get(url(importer, key)))


@pytest.fixture
def applying(importer: ImporterOfRecord, staff: User) -> User:
    """The officer, before there is an account."""
    officer = walkthrough.invited(importer, staff)
    walkthrough.before(importer, officer, Route.OWN_ACCOUNT)
    return officer


@pytest.mark.parametrize("answer", [ExistingAccount.NO, ExistingAccount.UNSURE])
def test_the_four_checks_tell_how_they_stand_and_not_what_was_answered(
    importer: ImporterOfRecord, applying: User, answer: ExistingAccount
) -> None:
    steps.answer_existing_account(importer, by=applying, answer=answer)
    colleagues = html(signed_in(walkthrough.sent(importer, applying, "ace-account")).get(url(importer, "ace-account")))
    officers = html(signed_in(applying).get(url(importer, "ace-account")))
    assert "You told us" in officers
    assert "You told us" not in colleagues
    assert "The importer number is not yet linked to an ACE account." in colleagues
    assert ("Ask in the company before you apply." in colleagues) is (answer is ExistingAccount.UNSURE)


def test_that_the_officer_stands_for_others_is_not_told(importer: ImporterOfRecord, applying: User) -> None:
    OfficerFactory(importer=ImporterFactory(), email=PointOfContact.objects.get(importer=importer).email)
    colleagues = html(signed_in(walkthrough.sent(importer, applying, "ace-account")).get(url(importer, "ace-account")))
    told = "The same officer stands for other importers"
    assert told in html(signed_in(applying).get(url(importer, "ace-account")))
    assert told not in colleagues
