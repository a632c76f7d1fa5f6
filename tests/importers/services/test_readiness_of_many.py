"""The projection while others write: nothing that is right looks wrong, and nobody is left out."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from importers.models import BrokerFirm, ImporterOfRecord, Readiness
from importers.services import readiness, roster, steps
from importers.services.portal import edit_firm
from tests.factories import ImporterFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = Path(__file__).parents[2] / "samples" / "client-list.csv"


def elsewhere(deed: Callable[[], Any]) -> Future[Any]:
    """On a database connection of its own."""

    def run() -> Any:
        try:
            return deed()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(max_workers=1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    return future


def test_what_changes_while_it_is_read_is_no_drift() -> None:
    importer, who = ImporterFactory.create(), UserFactory.create()
    BrokerFirm.current()
    written: list[Future[Any]] = []

    def write_after_the_projection_was_read(execute: Any, sql: str, *arguments: Any) -> Any:
        answer = execute(sql, *arguments)
        if not written and 'FROM "importers_readiness"' in sql:
            written.append(elsewhere(lambda: steps.confirm_company(importer, by=who, phone="+4511223344")))
            written[0].result(timeout=10)
        return answer

    with connection.execute_wrapper(write_after_the_projection_was_read):
        assert list(readiness.drift()) == []
    assert written
    assert Readiness.objects.get(importer=importer).done == 1
    assert list(readiness.drift()) == []


def test_inside_a_transaction_it_reads_what_that_one_sees() -> None:
    importer = ImporterFactory.create()
    with transaction.atomic():
        Readiness.objects.filter(importer=importer).update(done=1)
        assert [drift.column for drift in readiness.drift()] == ["done"]


def test_a_list_that_is_loaded_while_the_firm_changes_is_not_missed() -> None:
    staff = StaffFactory.create()
    BrokerFirm.current()
    listing = roster.read(SAMPLE.name, SAMPLE.read_bytes())
    with transaction.atomic():
        edit_firm(by=staff, ach_enrolled=True)
        loading = elsewhere(lambda: roster.save(listing, by=staff))
        with suppress(TimeoutError):
            loading.result(timeout=1)
        assert not loading.done()
    assert loading.result(timeout=20).saved
    assert ImporterOfRecord.objects.exists()
    assert list(readiness.drift()) == []


def test_the_firm_waits_for_a_list_that_is_being_loaded() -> None:
    staff = StaffFactory.create()
    BrokerFirm.current()
    listing = roster.read(SAMPLE.name, SAMPLE.read_bytes())
    with transaction.atomic():
        assert roster.save(listing, by=staff).saved
        changing = elsewhere(lambda: edit_firm(by=staff, email="office@broker.example"))
        with suppress(TimeoutError):
            changing.result(timeout=1)
        assert not changing.done()
    changing.result(timeout=20)
    assert list(readiness.drift()) == []
