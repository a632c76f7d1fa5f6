"""Which of allauth's pages are open, to whom, and that its own table of addresses decides nothing."""

import re
from hashlib import sha256

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils.http import int_to_base36
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from importers.models import Notification, User
from importers.sign_in import urlpatterns
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
CLOSED = [
    "/account/email/", "/account/confirm-email/", "/account/confirm-email/abc/", "/account/signup/",
    "/account/inactive/", "/account/phone/verify/", "/account/phone/change/", "/account/2fa/webauthn/signup/",
    "/account/2fa/trust/", "/account/signup/passkey/", "/account/", "/account/social/signup/",
]  # fmt: skip
OF_STAFF = [
    "/account/password/change/", "/account/password/set/", "/account/password/reset/", "/account/password/reset/done/",
    "/account/password/reset/key/done/", "/account/password/reset/key/1-abc/", "/account/reauthenticate/",
    "/account/2fa/", "/account/2fa/authenticate/", "/account/2fa/reauthenticate/", "/account/2fa/totp/activate/",
    "/account/2fa/totp/deactivate/", "/account/2fa/recovery-codes/", "/account/2fa/recovery-codes/generate/",
    "/account/2fa/recovery-codes/download/", "/account/2fa/webauthn/", "/account/2fa/webauthn/add/",
    "/account/2fa/webauthn/reauthenticate/", "/account/2fa/webauthn/keys/1/remove/",
    "/account/2fa/webauthn/keys/1/edit/", "/account/2fa/webauthn/login/",
]  # fmt: skip
FOR_ALL = ["/account/login/", "/account/login/code/", "/account/login/code/confirm/", "/account/logout/"]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def secured() -> Client:
    """Somebody of the staff who has just typed the password, with an authenticator app, codes and a security key."""
    staff = StaffFactory.create()
    client = Client()
    for page in ("/account/login/", "/account/reauthenticate/"):
        client.post(page, {"login": staff.email, "password": PASSWORD})
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={"secret": "x"})
    RecoveryCodes.activate(staff)
    data = {"credential": security_key(), "name": "Key", "passwordless": False}
    Authenticator.objects.create(user=staff, type=Authenticator.Type.WEBAUTHN, data=data)
    return client


def security_key() -> dict[str, object]:
    """What a browser sends when a key is added."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    held = AttestedCredentialData.create(bytes(16), b"credential-id-01", public)
    said = AuthenticatorData.create(sha256(b"testserver").digest(), 0x41, 0, held)
    client = CollectedClientData.create("webauthn.create", b"challenge", "https://testserver")
    sent = {
        "clientDataJSON": websafe_encode(client),
        "attestationObject": websafe_encode(AttestationObject.create("none", said, {})),
    }
    name = websafe_encode(b"credential-id-01")
    return {"id": name, "rawId": name, "type": "public-key", "response": sent, "clientExtensionResults": {}}


@pytest.mark.parametrize("path", CLOSED)
def test_what_nobody_uses_is_there_for_nobody(path: str, person: User, staff: User) -> None:
    boss = StaffFactory.create(is_superuser=True)
    for client in (Client(), signed_in(person), signed_in(staff), signed_in(boss)):
        assert client.get(path).status_code == 404
        assert client.post(path, {"email": "victim@acme.example", "action_add": ""}).status_code == 404
    assert not EmailAddress.objects.exists()


@pytest.mark.parametrize("path", OF_STAFF)
def test_importers_have_no_password_and_no_second_factor(path: str, person: User) -> None:
    client = signed_in(person)
    assert client.get(path).status_code == 404
    assert client.post(path, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 404
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_every_page_is_named_in_these_lists() -> None:
    def written(page: object) -> str:
        route = str(page.pattern).removeprefix("^")  # type: ignore[attr-defined]
        return "/account/" + route.replace("(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", "1-abc/").replace("<int:pk>", "1")

    assert sorted(map(written, urlpatterns)) == sorted([*OF_STAFF, *FOR_ALL, "/account/signup/"])
    names = {str(name) for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert {name for name in names if name.startswith(("account_", "mfa_"))} == {page.name for page in urlpatterns}
    with pytest.raises(NoReverseMatch):
        reverse("account_email")


@pytest.mark.parametrize("path", [path for path in OF_STAFF if path.startswith("/account/2fa/")])
def test_every_page_of_the_second_factor_opens_for_staff(path: str, secured: Client) -> None:
    if path == "/account/2fa/authenticate/":  # a stage of signing in
        assert secured.get(path).status_code == 302
        return
    if path == "/account/2fa/webauthn/login/":  # for who is not signed in
        secured = Client(headers={"accept": "application/json"})
    if path == "/account/2fa/totp/activate/":
        Authenticator.objects.filter(type=Authenticator.Type.TOTP).delete()
    key = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
    assert secured.get(path.replace("keys/1/", f"keys/{key.pk}/")).status_code == 200


@pytest.mark.parametrize("path", ["/account/login/code/", "/account/password/reset/"])
def test_a_row_in_allauths_table_finds_nobody(path: str, client: Client, person: User, staff: User) -> None:
    for user in (person, staff):
        for verified in (True, False):
            email = f"{user.pk}-{verified}@evil.example"
            EmailAddress.objects.create(user=user, email=email, primary=verified, verified=verified)
            client.post(path, {"email": email})
    assert not Notification.objects.exists()


def test_a_row_in_allauths_table_takes_nobodys_place(client: Client, person: User, staff: User) -> None:
    EmailAddress.objects.create(user=staff, email=person.email, primary=True, verified=True)
    client.post("/account/login/code/", {"email": person.email})
    code = re.search(r"code: (\S+)", Notification.objects.get().text)[1]  # type: ignore[index]
    client.post("/account/login/code/confirm/", {"code": code})
    assert client.session["_auth_user_id"] == str(person.pk)


def test_a_row_in_allauths_table_opens_nothing_with_a_password(client: Client) -> None:
    staff = StaffFactory.create()
    EmailAddress.objects.create(user=staff, email="me@evil.example", primary=True, verified=True)
    client.post("/account/login/", {"login": "me@evil.example", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    client.post("/account/login/", {"login": staff.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(staff.pk)


def test_signing_in_and_resetting_write_no_such_rows(client: Client, staff: User) -> None:
    client.post("/account/password/reset/", {"email": staff.email})
    client.post("/account/login/", {"login": staff.email, "password": PASSWORD})
    client.get("/account/2fa/")
    assert not EmailAddress.objects.exists()


def test_an_importer_with_a_password_does_not_get_in_with_it(client: Client, person: User) -> None:
    person.set_password(PASSWORD)
    person.save()
    client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_an_importer_with_a_reset_link_gets_no_password(client: Client, person: User) -> None:
    link = f"/account/password/reset/key/{int_to_base36(person.pk)}-{default_token_generator.make_token(person)}/"
    form = client.get(link)["Location"]
    assert client.post(form, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 404
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_look_alike_letters_find_nobody(client: Client) -> None:
    StaffFactory.create(email="mike@broker.example")
    for email in ("mıke@broker.example", "mi\u212ae@broker.example"):
        client.post("/account/password/reset/", {"email": email})
    assert all(mail.to_email.isascii() for mail in Notification.objects.all())


def test_a_mailed_link_names_the_portal_and_not_the_host_that_was_asked(staff: User) -> None:
    client = Client(headers={"host": "localhost:6666"})
    client.post("/account/password/reset/", {"email": staff.email})
    mail = Notification.objects.get()
    assert "6666" not in mail.text + mail.html + mail.subject
    link = re.search(rf"{settings.PUBLIC_URL}(/account/password/reset/key/\S+)", mail.text)
    assert link is not None
    assert Client().get(link[1]).status_code == 302


def test_who_was_switched_off_meanwhile_reads_why(client: Client, person: User) -> None:
    client.post("/account/login/code/", {"email": person.email})
    code = re.search(r"code: (\S+)", Notification.objects.get().text)[1]  # type: ignore[index]
    User.objects.update(is_active=False)
    response = client.post("/account/login/code/confirm/", {"code": code}, follow=True)
    assert "_auth_user_id" not in client.session
    assert response.status_code == 200
