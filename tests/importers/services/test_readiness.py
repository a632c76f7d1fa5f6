from io import StringIO

import pghistory.models
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from importers.domain.facts import Document
from importers.models import ImporterOfRecord, PointOfContact, Readiness
from importers.services import filings, readiness, steps
from importers.services.change import change
from tests import walkthrough
from tests.factories import ImporterFactory, OfficerFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_every_service_leaves_the_projection_equal_to_the_facts() -> None:
    staff = StaffFactory()
    for route in walkthrough.Route:
        walkthrough.ready(ImporterFactory(), staff, route)
    walkthrough.declared(ImporterFactory(), staff)
    filings.record_contact(OfficerFactory().importer, Document.ACE, by=staff, name="Lars Holm", email="l@x.example")
    assert list(readiness.drift()) == []


def test_a_write_past_the_services_is_found_and_put_right() -> None:
    importer = ImporterFactory()
    ImporterOfRecord.objects.update(company_confirmed_at=timezone.now(), company_confirmed_by=UserFactory())
    drifts = {drift.column: (drift.importer, drift.stored, drift.computed) for drift in readiness.drift()}
    assert drifts["done"] == (importer, 0, 1)
    assert drifts["blocker"] == (importer, "company", "officer")
    with pytest.raises(CommandError, match="values differ"):
        call_command("recompute_readiness", "--check", stderr=StringIO())
    call_command("recompute_readiness", stderr=StringIO())
    call_command("recompute_readiness", "--check", stderr=StringIO())


def test_an_importer_without_a_projection_is_found() -> None:
    ImporterFactory()
    Readiness.objects.all().delete()
    assert {d.column for d in readiness.drift()} >= {"stage", "total"}


def test_since_when_is_kept_while_the_same_thing_holds_it_up() -> None:
    importer, who = ImporterFactory(), UserFactory()
    before = Readiness.objects.get(importer=importer).changed_at
    steps.answer_existing_account(importer, by=who, answer=walkthrough.ExistingAccount.NO)
    after = Readiness.objects.get(importer=importer)
    assert (after.done, after.blocker, after.changed_at) == (1, "company", before)
    steps.confirm_company(importer, by=who, name="Nordlys")
    assert Readiness.objects.get(importer=importer).changed_at > before


def test_queries_do_not_grow_with_importers(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    ids = [ImporterFactory().pk for _ in range(15)]
    with django_assert_max_num_queries(10):
        readiness.refresh(ids)


def test_all_or_nothing() -> None:
    importer, who = ImporterFactory(), UserFactory()
    events = pghistory.models.Events.objects.count()

    def fail_half_way() -> None:
        with change(importer, "a deed that fails", by=who) as row:
            row.name = "Half done"
            row.save()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    importer.refresh_from_db()
    assert importer.name != "Half done"
    assert pghistory.models.Events.objects.count() == events


def test_history_says_who_did_what() -> None:
    importer, who = ImporterFactory(), UserFactory(name="Mette Sørensen")
    steps.confirm_company(importer, by=who, city="Aarhus")
    event = importer.history.latest("pgh_id")
    assert (event.pgh_label, event.city) == ("update", "Aarhus")
    assert event.pgh_context["by"] == who.pk
    assert event.pgh_context["who"] == "Mette Sørensen"
    assert event.pgh_context["action"] == "confirm company"


def test_history_sees_bulk_and_raw_sql_too() -> None:
    importer = ImporterFactory()
    ImporterOfRecord.objects.filter(pk=importer.pk).update(city="Viborg")
    with connection.cursor() as cursor:
        cursor.execute("update importers_importerofrecord set city = 'Skive' where id = %s", [importer.pk])
    assert [e.city for e in importer.history.order_by("-pgh_id")[:2]] == ["Skive", "Viborg"]


@pytest.mark.parametrize(
    "verb", ["update importers_importerofrecordevent set city = 'x'", "delete from importers_importerofrecordevent"]
)
def test_history_cannot_be_changed_or_deleted(verb: str) -> None:
    ImporterFactory()
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb)


@pytest.mark.parametrize(
    "broken",
    [
        {"company_confirmed_at": timezone.now()},
        {"route": "cheque"},
        {"number_kind": "VAT"},
        {"number": ""},
        {"number_kind": "SSN"},
    ],
)
def test_the_database_itself_refuses_what_must_not_be(broken: dict[str, object]) -> None:
    ImporterFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        ImporterOfRecord.objects.update(**broken)


def test_one_number_stands_once_and_one_contact_is_current() -> None:
    ImporterFactory(number_text="261301-00123")
    with pytest.raises(IntegrityError), transaction.atomic():
        ImporterFactory(number_text="261301-00123")
    officer = OfficerFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        PointOfContact.objects.create(importer=officer.importer, name="Two", email="two@x.example")
