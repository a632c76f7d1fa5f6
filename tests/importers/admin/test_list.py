"""The list of importers: what a row says, how it is found, and what it costs."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from importers.domain.facts import Document
from importers.models import ImporterOfRecord, Readiness, User
from importers.services import filings
from importers.services.invitations import invite
from tests.factories import AccessFactory, ImporterFactory, NotificationFactory, OfficerFactory

LIST = "/admin/importers/importerofrecord/"
QUERIES = 14


def found(client: Client, query: str = "") -> list[str]:
    return [row.name for row in client.get(LIST + query).context["cl"].result_list]


def test_a_row_says_what_is_wrong_and_who_must_act(as_staff: Client, staff: User) -> None:
    importer = ImporterFactory.create(name="Kystens Kaffe ApS", assigned_to=staff)
    OfficerFactory.create(importer=importer)
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@elsewhere.example")
    page = as_staff.get(LIST).content.decode()
    for words in (
        "Kystens Kaffe ApS",
        "There is a problem",
        "Contact on Form 5106 checked",
        "elsewhere.example",
    ):
        assert words in page
    assert importer.masked_number in page
    assert importer.number not in page


def test_a_whole_ssn_is_nowhere(as_staff: Client) -> None:
    importer = ssn()
    for page in (LIST, f"{LIST}{importer.pk}/change/", f"{LIST}{importer.pk}/history/", "/admin/"):
        text = as_staff.get(page).content.decode()
        assert "123-45-6789" not in text
        assert "123456789" not in text


def ssn() -> ImporterOfRecord:
    importer: ImporterOfRecord = ImporterFactory.create(number_text="123-45-6789", name="Tom Baker")
    return importer


@pytest.mark.parametrize("typed", ["123-45-6789", "123456789", " 123–45–6789 ", "6789"])
def test_an_ssn_is_found_by_its_fingerprint_or_its_end(typed: str, as_staff: Client) -> None:
    ssn()
    ImporterFactory.create()
    assert found(as_staff, f"?q={typed}") == ["Tom Baker"]


@pytest.mark.parametrize("typed", ["12-3456789", "123456789", "12 3456789", "12‑3456789"])
def test_an_ein_is_found_in_any_spelling(typed: str, as_staff: Client) -> None:
    ImporterFactory.create(number_text="12-3456789", name="Prairie Pet Supply LLC")
    ImporterFactory.create()
    assert found(as_staff, f"?q={typed}") == ["Prairie Pet Supply LLC"]


@pytest.mark.parametrize("typed", ["kaffe", "Camilla", "camilla@kystens.example", "officer@kystens.example"])
def test_search_by_company_and_people(typed: str, as_staff: Client) -> None:
    importer = ImporterFactory.create(
        name="Kystens Kaffe ApS", contact_name="Camilla Nørgaard", contact_email="camilla@kystens.example"
    )
    OfficerFactory.create(importer=importer, email="officer@kystens.example")
    ImporterFactory.create()
    assert found(as_staff, f"?q={typed}") == ["Kystens Kaffe ApS"]


def test_what_is_wrong_comes_first_then_what_waits_for_us(as_staff: Client) -> None:
    for name, stage, who, days in (
        ("ready", "ready", "", 90),
        ("theirs", "working", "importer", 50),
        ("ours, new", "waiting_broker", "broker", 1),
        ("ours, old", "waiting_broker", "broker", 9),
        ("wrong", "problem", "importer", 1),
    ):
        importer = ImporterFactory.create(name=name)
        since = timezone.now() - timedelta(days=days)
        Readiness.objects.filter(importer=importer).update(stage=stage, who=who, changed_at=since)
    assert found(as_staff) == ["wrong", "ours, old", "ours, new", "theirs", "ready"]


def test_filters(as_staff: Client, staff: User) -> None:
    mine = ImporterFactory.create(name="mine", assigned_to=staff, language="da", country="SE", route="form_4811")
    invite([mine], by=staff)
    visited = ImporterFactory.create(name="visited")
    AccessFactory.create(importer=visited, first_visit_at=timezone.now())
    both = ["mine", "visited"]
    for query, expected in (
        ("stage=invited", ["mine"]),
        ("stage=not_invited", ["visited"]),
        ("who=importer", both),
        ("who=cbp", []),
        ("step=company", both),
        ("assigned=me", ["mine"]),
        ("assigned=nobody", ["visited"]),
        (f"assigned={staff.pk}", ["mine"]),
        ("assigned=nonsense", []),
        ("route=form_4811", ["mine"]),
        ("route=none", ["visited"]),
        ("language__exact=da", ["mine"]),
        ("country=SE", ["mine"]),
        ("visit=never", ["mine"]),
        ("visit=yes", ["visited"]),
        ("visit=paused", []),
    ):
        assert sorted(found(as_staff, f"?{query}")) == expected, query


def test_the_client_list_can_be_loaded_from_here(as_staff: Client) -> None:
    assert reverse("admin:importers_roster") in as_staff.get(LIST).content.decode()


@pytest.mark.parametrize("rows", [5, 50])
def test_the_number_of_queries_does_not_grow(
    rows: int, as_staff: Client, staff: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _n in range(rows):
        importer = ImporterFactory.create(assigned_to=staff)
        OfficerFactory.create(importer=importer)
        AccessFactory.create(importer=importer, first_visit_at=timezone.now())
        NotificationFactory.create(importer=importer)
    with django_assert_max_num_queries(QUERIES):
        assert len(found(as_staff)) == rows


@pytest.mark.parametrize("typed", ["12-3456789", "123456789"])
def test_an_ein_finds_all_its_suffixes(typed: str, as_staff: Client) -> None:
    for number, name in (("12-345678900", "A"), ("12-3456789AB", "B"), ("12-345678800", "C")):
        ImporterFactory.create(number_text=number, name=name)
    assert sorted(found(as_staff, f"?q={typed}")) == ["A", "B"]
    assert found(as_staff, "?q=12-3456789AB") == ["B"]


@pytest.mark.parametrize("typed", ["soerensen", "Sorensen", "sørensen", "SØRENSEN", "mette soerensen"])
def test_a_name_is_found_however_its_letters_are_typed(typed: str, as_staff: Client) -> None:
    ImporterFactory.create(name="Kystens Kaffe ApS", contact_name="Mette Sørensen", contact_email="m@x.example")
    ImporterFactory.create(contact_name="Lars (Holm", contact_email="l@x.example")
    assert found(as_staff, f"?q={typed}") == ["Kystens Kaffe ApS"]


def test_signs_are_searched_for_as_they_stand(as_staff: Client) -> None:
    ImporterFactory.create(name="A (B) C", contact_name="Lars Holm")
    assert found(as_staff, "?q=(b)") == ["A (B) C"]
    assert found(as_staff, "?q=.*") == []


def test_an_empty_result_says_what_can_be_searched_for(as_staff: Client) -> None:
    ImporterFactory.create()
    page = as_staff.get(LIST + "?q=nobody").content.decode()
    assert "This can be searched for: Company, person, e-mail, importer number" in page
