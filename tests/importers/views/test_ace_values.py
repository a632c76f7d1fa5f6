"""What to type into CBP's pages, and how sure we are of it."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from importers.domain.facts import Route
from importers.models import FiledContact, ImporterOfRecord, User
from importers.pages.ace_values import country_in_ace
from importers.services import filings, steps
from tests import walkthrough

pytestmark = pytest.mark.django_db


@pytest.fixture
def underway(importer: ImporterOfRecord, person: User) -> ImporterOfRecord:
    walkthrough.before(importer, person, Route.OWN_ACCOUNT)
    return importer


def read(page: Client, importer: ImporterOfRecord, key: str = "ace-account") -> str:
    return page.get(reverse("step", args=[importer.uuid, key])).content.decode()


def rows(html: str) -> dict[str, str]:
    """By CBP's label."""
    values = re.search(r'<dl class="answers typed">.*?</dl>', html, re.S)
    assert values
    return dict(re.findall(r'<dt><span lang="en">([^<]*)</span>(.*?)\n    </div>', values[0], re.S))


def unchecked(html: str) -> list[str]:
    return [label for label, rest in rows(html).items() if "Not checked yet" in rest]


def test_until_form_5106_is_read_what_cbp_compares_is_marked(page: Client, underway: ImporterOfRecord) -> None:
    html = read(page, underway)
    assert unchecked(html) == ["Company name", "Importer number", "E-mail"]
    assert "Best wait until nothing here is marked" in html
    assert "exactly so" not in html


def test_what_was_read_on_form_5106_is_no_longer_marked(page: Client, underway: ImporterOfRecord, staff: User) -> None:
    walkthrough.on_5106(underway, staff)  # without the company's name
    assert unchecked(read(page, underway)) == ["Company name", "Importer number"]
    FiledContact.objects.update(company_name=underway.name)
    html = read(page, underway)
    assert unchecked(html) == []
    assert "What to type, exactly so" in html
    assert "Best wait" not in html


def test_an_account_that_is_there_has_passed_cbps_checks(
    page: Client, underway: ImporterOfRecord, person: User
) -> None:
    steps.confirm_ace_account(underway, by=person, name="Mette Sørensen", email=underway.contact_email)
    assert unchecked(read(page, underway)) == []


def test_every_value_has_cbps_label_a_gloss_and_a_copy(page: Client, underway: ImporterOfRecord) -> None:
    page.cookies["django_language"] = "da"
    found = rows(read(page, underway))
    assert list(found) == [
        "Company name", "Importer number", "E-mail", "Organization structure", "Address", "City", "Postal code",
        "Country", "Phone",
    ]  # fmt: skip
    assert all("data-copy=" in rest and "<code" in rest for rest in found.values())
    assert "Postnummer" in found["Postal code"]
    assert '<code lang="en">Corporation</code>' in found["Organization structure"]


@pytest.mark.parametrize(
    ("structure", "country", "choice"),
    [
        ("llc", "US", "Limited Liability Company"),
        ("government", "US", "U.S. Government"),
        ("government", "DK", "Foreign Government"),
        ("sole_proprietor", "DK", "Sole Proprietorship"),
    ],
)
def test_the_kind_of_company_is_in_cbps_words(
    page: Client, underway: ImporterOfRecord, structure: str, country: str, choice: str
) -> None:
    ImporterOfRecord.objects.update(structure=structure, country=country)
    assert f">{choice}</code>" in rows(read(page, underway))["Organization structure"]


def test_the_pre_flight_says_no_more_than_we_know(page: Client, underway: ImporterOfRecord, staff: User) -> None:
    name, email = underway.contact_name, underway.contact_email
    filings.record_contact(underway, "form-5106", by=staff, name=name, email=email, company_name=underway.name)
    checks = read(page, underway).split('<dl class="answers checks">')[1].split("</dl>")[0]
    verdicts = re.findall(r"<dt>(?:<span[^>]*>)?([^<]+)", checks)
    assert verdicts == ["In order", "In order", "We do not know", "As the company answered"]
    assert "Ask the officer: do you sign in to ACE with this e-mail already" in checks


@pytest.mark.parametrize(
    ("code", "name"),
    [("HK", "Hong Kong"), ("MM", "Myanmar"), ("CD", "Democratic Republic of the Congo"), ("DK", "Denmark")],
)
def test_what_is_chosen_in_ace_is_the_plain_name_in_any_language(code: str, name: str) -> None:
    with override("da"):
        assert country_in_ace(code) == name


def test_countries_are_called_what_they_are_called_today(page: Client, importer: ImporterOfRecord) -> None:
    page.cookies["django_language"] = "da"
    html = read(page, importer, "company")
    assert '<option value="SZ">Eswatini</option>' in html
    assert '<option value="NL">Nederlandene</option>' in html
    assert html.index(">Zimbabwe<") < html.index(">Østrig<")


@pytest.mark.parametrize(("country", "code"), [("DK", "86000"), ("DK", "86"), ("US", "8600")])
def test_a_postal_code_that_cannot_be_is_refused_at_its_field(
    page: Client, importer: ImporterOfRecord, country: str, code: str
) -> None:
    given = {"name": "N", "country": country, "structure": "llc", "street": "A 1", "city": "B", "phone": "+4570101011"}
    url = reverse("step", args=[importer.uuid, "company"])
    html = page.post(url, given | {"postal_code": code}).content.decode()
    assert '<a href="#id_postal_code">' in html
    assert "check the country above" in html
    importer.refresh_from_db()
    assert not importer.company_confirmed_at


def test_a_postal_code_is_kept_without_its_country(page: Client, importer: ImporterOfRecord) -> None:
    given = {"name": "N", "country": "DK", "structure": "llc", "street": "A 1", "city": "B", "phone": "+4570101011"}
    page.post(reverse("step", args=[importer.uuid, "company"]), given | {"postal_code": "DK-8600"})
    importer.refresh_from_db()
    assert importer.postal_code == "8600"


@pytest.mark.parametrize("code", ["", "0", "none"])
def test_a_company_where_there_are_no_postal_codes_gets_past_the_first_step(
    page: Client, importer: ImporterOfRecord, code: str
) -> None:
    given = {"name": "N", "country": "HK", "structure": "llc", "street": "A 1", "city": "B", "phone": "+85221234567"}
    page.post(reverse("step", args=[importer.uuid, "company"]), given | {"postal_code": code})
    importer.refresh_from_db()
    assert importer.company_confirmed_at
    assert importer.postal_code == ""


@pytest.mark.parametrize(("code", "told"), [("", "Enter the postal code."), ("none", "have a postal code: enter it")])
def test_everywhere_else_the_postal_code_is_asked_for(
    page: Client, importer: ImporterOfRecord, code: str, told: str
) -> None:
    given = {"name": "N", "country": "SE", "structure": "llc", "street": "A 1", "city": "B", "phone": "+46812345678"}
    html = page.post(reverse("step", args=[importer.uuid, "company"]), given | {"postal_code": code}).content.decode()
    assert '<a href="#id_postal_code">' in html
    assert told in html
    importer.refresh_from_db()
    assert not importer.company_confirmed_at
