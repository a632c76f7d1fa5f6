"""Two people on one page: nobody puts back what they have not touched."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from importers.models import BrokerFirm, ImporterOfRecord, User
from importers.services import steps
from importers.services.details import edit_details
from importers.services.portal import edit_firm
from tests.factories import ImporterFactory
from tests.served_forms import served


@pytest.fixture
def importer(staff: User) -> ImporterOfRecord:
    return ImporterFactory.create(name="Nordlys", contact_name="Mette Sørensen", assigned_to=staff, is_ddp=True)


def page(client: Client, importer: ImporterOfRecord) -> HttpResponse:
    return client.get(reverse("admin:importers_importerofrecord_change", args=[importer.pk]))  # type: ignore[return-value]


def save(client: Client, importer: ImporterOfRecord, form: dict[str, Any]) -> str:
    url = reverse("admin:importers_deed", args=[importer.pk, "details"])
    return client.post(url, form, follow=True).content.decode()


def test_what_the_importer_confirmed_meanwhile_stays(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    form = served(page(as_staff, importer), to="/do/details/")
    steps.confirm_company(importer, by=staff, name="Nordlys Cykler ApS")
    edit_details(importer, by=staff, is_ddp=False, language="da")
    assert "1 field changed." in save(as_staff, importer, form | {"contact_name": "Ida Sølund"})
    importer.refresh_from_db()
    assert (importer.name, importer.contact_name) == ("Nordlys Cykler ApS", "Ida Sølund")
    assert (importer.is_ddp, importer.language, importer.assigned_to) == (False, "da", staff)


def test_a_form_that_was_not_touched_changes_nothing(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    form = served(page(as_staff, importer), to="/do/details/")
    edit_details(importer, by=staff, assigned_to=None, contact_phone="+4511223344")
    assert "Nothing was changed." in save(as_staff, importer, form)
    importer.refresh_from_db()
    assert (importer.assigned_to, importer.contact_phone) == (None, "+4511223344")


def test_a_confirmed_name_is_the_importers(as_staff: Client, staff: User, importer: ImporterOfRecord) -> None:
    steps.confirm_company(importer, by=staff, name="Nordlys Cykler ApS")
    form = served(page(as_staff, importer), to="/do/details/")
    answer = save(as_staff, importer, form | {"name": "Nordlys", "contact_name": "Ida Sølund"})
    assert "Ask them to change it there." in answer
    importer.refresh_from_db()
    assert (importer.name, importer.contact_name) == ("Nordlys Cykler ApS", "Mette Sørensen")


def test_emptying_a_field_is_a_change(as_staff: Client, importer: ImporterOfRecord) -> None:
    form = served(page(as_staff, importer), to="/do/details/")
    form.pop("is_ddp")
    save(as_staff, importer, form | {"contact_title": "", "assigned_to": ""})
    importer.refresh_from_db()
    assert (importer.contact_title, importer.assigned_to, importer.is_ddp) == ("", None, False)


def test_the_firm_too(as_staff: Client, staff: User) -> None:
    address = reverse("admin:importers_brokerfirm_change", args=[BrokerFirm.current().pk])
    form = served(as_staff.get(address), name=BrokerFirm.current().name)  # type: ignore[arg-type]
    edit_firm(by=staff, ach_enrolled=True, email="office@broker.example")
    assert as_staff.post(address, form | {"phone": "+45 1234 5678"}).status_code == 302
    firm = BrokerFirm.current()
    assert (firm.phone, firm.email, firm.ach_enrolled_by) == ("+45 1234 5678", "office@broker.example", staff)
