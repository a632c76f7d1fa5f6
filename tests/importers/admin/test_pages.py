"""Every page of the staff's side, for everybody who may knock."""

import pytest
from django.test import Client
from django.urls import reverse

from importers.models import BrokerFirm, Campaign, ImporterOfRecord, User
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory

LISTS = ("importerofrecord", "notification", "campaign", "user")
PAGES: dict[str, tuple[str, ...]] = {
    "index": (),
    "importers_reminders": (),
    "importers_roster": (),
    **{f"importers_{name}_changelist": () for name in LISTS},
    "importers_importerofrecord_change": ("importer",),
    "importers_importerofrecord_history": ("importer",),
    "importers_notification_change": ("mail",),
    "importers_campaign_add": (),
    "importers_campaign_change": ("campaign",),
    "importers_campaign_history": ("campaign",),
    "importers_brokerfirm_change": ("firm",),
    "importers_brokerfirm_history": ("firm",),
    "importers_user_change": ("person",),
    "importers_user_history": ("person",),
    "jsi18n": (),
}
SUPERUSER_ONLY: dict[str, tuple[str, ...]] = {"importers_user_add": (), "importers_remove": ("importer",)}
NOBODY: dict[str, tuple[str, ...]] = {
    "importers_importerofrecord_add": (),
    "importers_importerofrecord_delete": ("importer",),
    "importers_notification_add": (),
    "importers_notification_delete": ("mail",),
    "importers_brokerfirm_add": (),
    "importers_brokerfirm_delete": ("firm",),
    "importers_campaign_delete": ("campaign",),
    "importers_user_delete": ("person",),
}


@pytest.fixture
def rows(db: None) -> dict[str, int]:
    importer: ImporterOfRecord = ImporterFactory.create()
    campaign: Campaign = CampaignFactory.create()
    person = User.objects.for_email("somebody@importer.example", name="Somebody")
    return {
        "importer": importer.pk,
        "mail": NotificationFactory.create(importer=importer).pk,
        "campaign": campaign.pk,
        "firm": BrokerFirm.current().pk,
        "person": person.pk,
    }


def url(name: str, args: tuple[str, ...], rows: dict[str, int]) -> str:
    return reverse(f"admin:{name}", args=[rows[arg] for arg in args])


def answers(address: str, clients: dict[str, Client]) -> dict[str, int]:
    return {role: client.get(address).status_code for role, client in clients.items()}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_for_staff(name: str, clients: dict[str, Client], rows: dict[str, int]) -> None:
    address = url(name, PAGES[name], rows)
    assert answers(address, clients) == {"anonymous": 302, "importer": 404, "staff": 200, "superuser": 200}


@pytest.mark.parametrize("name", SUPERUSER_ONLY)
def test_page_is_for_superusers(name: str, clients: dict[str, Client], rows: dict[str, int]) -> None:
    found = answers(url(name, SUPERUSER_ONLY[name], rows), clients)
    assert found.pop("staff") in (403, 404)
    assert found == {"anonymous": 302, "importer": 404, "superuser": 200}


@pytest.mark.parametrize("name", NOBODY)
def test_page_is_for_nobody(name: str, clients: dict[str, Client], rows: dict[str, int]) -> None:
    found = answers(url(name, NOBODY[name], rows), clients)
    assert found.pop("anonymous") == 302
    assert set(found.values()) <= {403, 404}


def test_every_named_page_is_in_one_of_the_tables() -> None:
    known = PAGES.keys() | SUPERUSER_ONLY.keys() | NOBODY.keys()
    models = ("importerofrecord", "notification", "campaign", "brokerfirm", "user")
    wanted = {f"importers_{m}_{page}" for m in models for page in ("add", "change", "delete", "history", "changelist")}
    elsewhere = {
        "importers_notification_history",
        "importers_importerofrecord_changelist",
        "importers_brokerfirm_changelist",
    }
    assert wanted - known - elsewhere == set()


@pytest.mark.parametrize("name", ["login", "logout", "password_change"])
def test_the_door_leads_to_the_portals_own_sign_in(name: str, as_staff: Client) -> None:
    response = as_staff.get(reverse(f"admin:{name}"))
    assert response.status_code == 302
    expected = {
        "login": reverse("admin:index"),
        "logout": reverse("account_logout"),
        "password_change": reverse("account_change_password"),
    }
    assert response["Location"] == expected[name]


@pytest.mark.django_db
def test_the_door_keeps_where_one_wanted_to_go() -> None:
    response = Client().get(reverse("admin:login") + "?next=/admin/importers/campaign/")
    assert response["Location"] == reverse("account_login") + "?next=%2Fadmin%2Fimporters%2Fcampaign%2F"


def test_the_door_leads_to_no_other_host(as_staff: Client) -> None:
    response = as_staff.get(reverse("admin:login") + "?next=https://evil.example/")
    assert response["Location"] == reverse("admin:index")


def test_an_importer_is_not_told_that_there_is_a_door(as_importer: Client) -> None:
    assert as_importer.get(reverse("admin:login")).status_code == 404
    assert as_importer.get("/admin/no-such-page/").status_code == 404


@pytest.mark.parametrize("model", ["auth/group", "account/emailaddress", "mfa/authenticator"])
def test_what_nobody_works_with_is_not_there(model: str, as_superuser: Client) -> None:
    assert as_superuser.get(f"/admin/{model}/").status_code == 404


@pytest.mark.parametrize("number", ["0", "999999", "abc"])
def test_an_importer_who_is_not_there(number: str, as_staff: Client) -> None:
    assert as_staff.get(f"/admin/importers/importerofrecord/{number}/change/").status_code == 404


def test_no_field_can_be_written_past_the_services(as_staff: Client, rows: dict[str, int]) -> None:
    page = url("importers_importerofrecord_change", ("importer",), rows)
    assert as_staff.post(page, {"name": "Other"}).status_code == 404
    assert not ImporterOfRecord.objects.filter(name="Other").exists()
    mail = url("importers_notification_change", ("mail",), rows)
    assert as_staff.post(mail, {"subject": "Other"}).status_code == 404


def test_a_page_names_its_icon_and_each_list_once(as_staff: Client) -> None:
    page = as_staff.get(reverse("admin:importers_importerofrecord_changelist")).content.decode()
    assert 'rel="icon" href="/static/icon.svg"' in page
    heading = page[page.index("<h1") : page.index("</h1>")]
    assert heading.count("Importers") == 1
