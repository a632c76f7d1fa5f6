"""Whom to call and write to: each person has one address, and every block on the pages is the same one."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from importers.contact import contact_for
from importers.domain.failures import CBP_DESKS, CbpDesk
from importers.models import BrokerFirm
from importers.wording import readable_phone
from tests.factories import ImporterFactory, StaffFactory

SOURCES = [
    path
    for folder in ("importers", "templates")
    for path in Path(settings.BASE_DIR, folder).rglob("*")
    if path.suffix in (".html", ".txt", ".py") and path.name not in ("failures.py", "free_text.py")
]


@pytest.mark.django_db
def test_the_person_in_charge_is_the_contact_with_their_own_address() -> None:
    staff, firm = StaffFactory(name="Kirsten Holm"), BrokerFirm.current()
    contact = contact_for(ImporterFactory(assigned_to=staff), firm)
    assert (contact.name, contact.firm, contact.phone, contact.email) == (
        "Kirsten Holm",
        firm.name,
        firm.phone,
        staff.email,
    )


@pytest.mark.django_db
def test_the_firms_contact_has_one_address_also_when_in_charge_of_somebody() -> None:
    firm = BrokerFirm.current()
    staff = StaffFactory(name=firm.contact_name, email="jens@elsewhere.example")
    assert contact_for(ImporterFactory(assigned_to=staff), firm) == contact_for(None, firm)
    assert contact_for(None, firm).email == firm.email


@pytest.mark.parametrize("desk", CBP_DESKS.values(), ids=lambda desk: desk.name)
def test_how_cbp_is_reached_is_written_once(desk: CbpDesk) -> None:
    for how in filter(None, (desk.phone.removeprefix("+1 "), desk.email)):
        assert [path for path in SOURCES if how in path.read_text().lower()] == []


def test_how_we_are_reached_is_written_in_components_only() -> None:
    pages = [path for path in SOURCES if path.suffix == ".html" and "emails" not in path.parts]
    written = [path.name for path in pages if "|phone_href" in path.read_text() and "components" not in path.parts]
    assert written == []


RAW_PHONE = re.compile(r"{{ *[\w.]+\.(?:contact_)?phone *}}|=[\w.]+\.(?:contact_)?phone(?=[ %])")


def test_no_page_and_no_mail_shows_a_phone_number_as_it_is_stored() -> None:
    raw = [
        f"{path.name}: {line.strip()}"
        for path in SOURCES
        if path.suffix != ".py"
        for line in path.read_text().splitlines()
        if RAW_PHONE.search(re.sub(r'{% include "components/phone.html"[^%]*%}|href="[^"]*"', "", line))
    ]
    assert raw == []


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+4599287817", "+45 99 28 78 17"),
        ("+45 9928 7817", "+45 9928 7817"),
        ("+13172981200", "+1 317-298-1200"),
        ("99287817", "99287817"),
        ("+999123", "+999123"),
        ("", ""),
    ],
)
def test_phone_numbers_are_spaced_as_people_read_them(stored: str, shown: str) -> None:
    assert readable_phone(stored) == shown
