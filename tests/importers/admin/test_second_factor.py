"""With STAFF_MFA_REQUIRED, staff set up a second factor before they see anything of an importer."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    SECRET_SESSION_KEY,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch, reverse
from pytest_django import Settings

from importers.middleware import StaffSecondFactor
from importers.models import User
from tests.factories import ImporterFactory


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    settings.STAFF_MFA_REQUIRED = True


def pages() -> list[str]:
    importer = ImporterFactory.create()
    return [
        reverse("admin:index"),
        reverse("admin:importers_importerofrecord_change", args=[importer.pk]),
        reverse("checklist", args=[importer.uuid]),
        reverse("importers"),
    ]


def test_without_one_staff_are_sent_to_set_it_up(as_staff: Client) -> None:
    for page in pages():
        response = as_staff.get(page)
        assert (response.status_code, response["Location"]) == (302, reverse("mfa_index"))


def test_a_deed_is_not_done_either(as_staff: Client) -> None:
    importer = ImporterFactory.create()
    as_staff.post(reverse("admin:importers_deed", args=[importer.pk, "invite"]))
    importer.refresh_from_db()
    assert importer.invited_at is None


def test_setting_it_up_and_leaving_stay_open(as_staff: Client) -> None:
    assert as_staff.get(reverse("mfa_index")).status_code == 200
    assert as_staff.get(reverse("account_logout")).status_code == 200


def test_with_one_they_come_in(as_staff: Client, staff: User) -> None:
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert as_staff.get(reverse("admin:index")).status_code == 200


@pytest.mark.django_db
def test_the_first_person_of_a_new_portal_can_get_in(client: Client) -> None:
    """Made by createsuperuser: password, password again, authenticator app, dashboard. Nothing else is asked."""
    password = "correct horse battery"
    User.objects.create_superuser("jens@broker.example", password)
    client.post(reverse("account_login"), {"login": "jens@broker.example", "password": password})
    assert client.get(reverse("admin:index")).headers["Location"] == reverse("mfa_index")
    activate = reverse("mfa_activate_totp")
    client.post(client.get(activate).headers["Location"], {"password": password})
    assert client.get(activate).status_code == 200
    secret = client.session[SECRET_SESSION_KEY]
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    client.post(activate, {"code": code})
    assert client.get(reverse("admin:index")).status_code == 200


def test_importers_need_none(as_importer: Client) -> None:
    assert as_importer.get(reverse("importers")).status_code in (200, 302)
    assert as_importer.get(reverse("importers")).headers.get("Location") != reverse("mfa_index")


def test_nobody_is_held_up_where_it_is_not_required(settings: Settings, as_staff: Client) -> None:
    settings.STAFF_MFA_REQUIRED = False
    assert as_staff.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("page", ["account_ledger", "admin:mfa_index", "healthy", "mfa_"])
def test_nothing_opens_because_its_name_begins_alike(page: str, staff: User, rf: RequestFactory) -> None:
    *spaces, name = page.split(":")
    request = rf.get("/")
    request.user = staff
    request.resolver_match = ResolverMatch(lambda: None, (), {}, name, namespaces=spaces)
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    response = StaffSecondFactor(lambda r: HttpResponse()).process_view(request, None, (), {})
    assert response is not None
    assert response["Location"] == reverse("mfa_index")
