"""The history of every table: rows stay as they were written, and the table cannot be emptied."""

from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from importers import demo
from importers.models import Acceptance, ImporterOfRecord, MailText, Occasion, User
from refunds.domain.rules import SHIPPED_CONTENT
from refunds.services.cape import make_files
from refunds.services.packs import publish
from refunds.services.verdicts import set_rules
from refunds.services.waiting import release
from tests.factories import EntryFactory, PaymentFactory

pytestmark = pytest.mark.django_db
OURS = ("ace_onboarding", "importers", "refunds")
WITHOUT_HISTORY = {
    "Readiness": "a projection, computed again from the facts at any time",
    "Notification": "a ledger of its own: a row is written with the deed, and keeps what was sent, when and why",
    "MailAttempt": "written once for each try, and kept",
    "Pace": "how many mails went out in a minute; of use for that minute",
    "Report": "written once and kept, with the file itself; afterwards only how far it was read",
    "ReportChunk": "the file as it came",
    "CapeFileEntry": "what a file holds, written with it",
    "ClaimResult": "a line of a kept report",
    "RejectedRefund": "a line of a kept report",
    "PackLine": "can never change, nor can its pack",
    "Sharing": "written once; afterwards only what came of it",
    "User_groups": "Django's; groups are not used",
    "User_user_permissions": "Django's; single permissions are not used",
}
HISTORIES = [model for model in apps.get_models(include_auto_created=True) if hasattr(model, "pgh_tracked_model")]


@pytest.fixture
def guarded() -> None:
    """As in production: the tests' database lets tables be emptied (see tests/conftest.py)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = '{}'")


def test_every_model_of_ours_has_a_history_or_a_reason_for_none() -> None:
    ours = {model for app in OURS for model in apps.get_app_config(app).get_models(include_auto_created=True)}
    tracked = {model.pgh_tracked_model for model in HISTORIES}
    assert {model.__name__ for model in ours - tracked - set(HISTORIES)} == WITHOUT_HISTORY.keys()


@pytest.mark.parametrize("model", HISTORIES, ids=lambda model: model.__name__)
@pytest.mark.parametrize("how", ["TRUNCATE {}", "TRUNCATE {} RESTART IDENTITY CASCADE"])
def test_no_history_can_be_emptied(model: Any, how: str, guarded: None) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    with pytest.raises(DatabaseError, match="cannot be emptied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(how.format(table))


def test_no_row_of_any_history_can_be_changed(guarded: None, subtests: pytest.Subtests) -> None:
    demo.build(len(demo.PROFILES))
    MailText.objects.create(occasion=Occasion.BEFORE, language="en", subject="S", body="B")  # not done in the demo
    Acceptance.objects.create(  # nor this
        importer=ImporterOfRecord.objects.earliest("pk"),
        rule="name-written-differently",
        fingerprint="0",
        reason="The same person.",
        accepted_at=timezone.now(),
        accepted_by=User.objects.system(),
    )
    EntryFactory().delete()  # that it came is told by its report
    PaymentFactory()
    set_rules(SHIPPED_CONTENT | {"as_of": "2026-11-26"}, "looked again", by=User.objects.system())
    by = User.objects.system()
    publish(EntryFactory().importer, by=by)
    [file] = make_files(EntryFactory().importer, by=by, today=timezone.localdate())
    release([file.pk], by=by)
    for model, how in product(HISTORIES, ("DELETE FROM {}", "UPDATE {} SET pgh_label = 'other'")):
        with subtests.test(model=model.__name__, how=how):
            assert model.objects.exists(), "without a row nothing would be refused"
            table = connection.ops.quote_name(model._meta.db_table)
            with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(how.format(table))
