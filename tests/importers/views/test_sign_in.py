import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from importers.models import ImporterOfRecord, MailKind, Notification, User
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

REQUEST = "/account/login/code/"
CONFIRM = "/account/login/code/confirm/"
RESET = "/account/password/reset/"
PASSWORD = "correct horse battery"


def mails() -> list[Notification]:
    return list(Notification.objects.filter(kind=MailKind.ACCOUNT).order_by("pk"))


def plain(html: str) -> str:
    """A page without what differs from one request to the next."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)


def test_a_code_is_mailed_through_the_outbox_in_the_persons_language(client: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(language="da")
    client.post(REQUEST, {"email": person.email.upper()})
    (mail,) = mails()
    assert (mail.to_email, mail.language) == (person.email, "da")
    assert mail.expires_at is not None
    assert "<html" in mail.html
    assert "/verify/" in mail.text


def test_the_code_signs_in(client: Client, person: User) -> None:
    client.post(REQUEST, {"email": person.email})
    code = re.search(r"code: (\S+)", mails()[0].text)[1]  # type: ignore[index]
    response = client.post(CONFIRM, {"code": code})
    assert response["Location"] == reverse("importers")
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_an_unknown_address_gets_the_same_page_and_no_mail(client: Client, person: User) -> None:
    pages = []
    for email in (person.email, "nobody@nordlys.example"):
        browser = Client()
        pages.append(plain(browser.post(REQUEST, {"email": email}, follow=True).content.decode()))
    known, unknown = (page.replace("m•••@", "").replace("n•••@", "") for page in pages)
    assert known == unknown
    assert [mail.to_email for mail in mails()] == [person.email]


def test_an_unknown_address_costs_the_same_work(person: User) -> None:
    """What the clock could tell apart: queries of the same kind, in the same order, but for taking the mail out."""
    work = []
    for email in (person.email, "nobody@nordlys.example"):
        with CaptureQueriesContext(connection) as queries:
            Client().post(REQUEST, {"email": email})
        writes = [q["sql"].split()[0] + " " + q["sql"].split('"')[1] for q in queries if q["sql"].startswith("INSERT")]
        work.append(writes)
    assert work[0] == work[1]


def test_a_wrong_password_and_an_unknown_address_read_the_same(client: Client, staff: User) -> None:
    pages = [
        plain(client.post("/account/login/", {"login": email, "password": "wrong"}).content.decode()).replace(email, "")
        for email in (staff.email, "nobody@broker.example")
    ]
    assert pages[0] == pages[1]
    assert "The e-mail or the password is not right." in pages[0]


def test_the_language_outlives_the_browser(client: Client) -> None:
    client.post("/language/", {"language": "da"})
    assert client.cookies["django_language"]["max-age"] == settings.LANGUAGE_COOKIE_AGE > settings.SESSION_COOKIE_AGE


def test_every_limit_of_an_open_page_is_named() -> None:
    open_pages = {
        "login", "login_failed", "request_login_code", "reset_password", "reset_password_from_key", "reauthenticate",
        "change_password", "new_link", "keep_draft", "code_from_link",
    }  # fmt: skip
    assert open_pages == settings.ACCOUNT_RATE_LIMITS.keys()


def test_five_wrong_passwords_lock_out_the_right_one_for_five_minutes(staff: User) -> None:
    def sign_in(password: str) -> HttpResponse:
        return Client().post("/account/login/", {"login": staff.email, "password": password})

    for _ in range(5):
        assert "The e-mail or the password is not right." in sign_in("wrong").content.decode()
    locked = sign_in(PASSWORD)
    assert locked.status_code == 200
    assert "Wait five minutes" in locked.content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1), tick=False):
        assert sign_in(PASSWORD)["Location"] == reverse("admin:index")


def test_from_one_place_twenty_codes_a_minute_are_asked_for(person: User) -> None:
    asked = [Client().post(REQUEST, {"email": f"nobody{number}@nordlys.example"}) for number in range(20)]
    assert {answer["Location"] for answer in asked} == {CONFIRM}
    refused = Client().post(REQUEST, {"email": person.email})
    assert "That was too many times. Wait one minute" in refused.content.decode()
    assert mails() == []
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert Client().post(REQUEST, {"email": person.email})["Location"] == CONFIRM


def test_staff_sign_in_with_a_password(client: Client) -> None:
    staff = StaffFactory()
    response = client.post("/account/login/", {"login": staff.email, "password": PASSWORD})
    assert response["Location"] == reverse("admin:index")


def test_a_code_alone_lets_no_staff_in(client: Client, staff: User) -> None:
    client.post(REQUEST, {"email": staff.email})
    (mail,) = mails()
    assert "password" in mail.text
    assert not re.search(r"code: \S+", mail.text)


def test_asking_for_codes_too_often_tells_nobody_either(person: User) -> None:
    pages = []
    for email in (person.email, "nobody@nordlys.example"):
        for _ in range(4):
            answer = Client().post(REQUEST, {"email": email})
        pages.append(plain(answer.content.decode()).replace(email, ""))
    assert pages[0] == pages[1]
    assert "That was too many times." in pages[0]


def asked_for_password(email: str) -> HttpResponse:
    return Client().post(RESET, {"email": email}, follow=True)


def test_asking_for_a_password_tells_nobody_whether_an_address_is_known(person: User, staff: User) -> None:
    answers = [asked_for_password(email) for email in (staff.email, person.email, "nobody@nordlys.example")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({plain(answer.content.decode()) for answer in answers}) == 1
    assert [mail.to_email for mail in mails()] == [staff.email], "importers have no password"


def test_asking_too_often_tells_nobody_either(person: User, staff: User) -> None:
    pages = []
    for email in (staff.email, person.email, "nobody@nordlys.example"):
        answers = [asked_for_password(email) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        pages.append(plain(answers[-1].content.decode()))
    assert len(set(pages)) == 1
    assert "Wait one minute, then try again." in pages[0]
    assert "portal.css" in pages[0], "a page of the family"
    assert {mail.to_email for mail in mails()} == {staff.email}


def test_nobody_signs_up(client: Client) -> None:
    response = client.post("/account/signup/", {"email": "new@nordlys.example", "password1": PASSWORD})
    assert "sessionid" not in client.cookies
    assert not User.objects.filter(email="new@nordlys.example").exists()
    assert response.status_code in (200, 404)


def test_somebody_who_was_switched_off_gets_no_code(client: Client, person: User) -> None:
    User.objects.update(is_active=False)
    client.post(REQUEST, {"email": person.email})
    assert mails() == []


@pytest.mark.parametrize("path", ["/account/login/", REQUEST, RESET])
def test_sign_in_pages_are_of_the_family(client: Client, path: str) -> None:
    html = client.get(path).content.decode()
    assert "portal.css" in html
    assert "placeholder" not in html
    assert 'class="field' in html


def test_the_second_factor_page_is_of_the_family(staff: User) -> None:
    client = Client()
    client.force_login(staff)
    html = client.get("/account/2fa/").content.decode()
    assert "portal.css" in html


def test_an_empty_address_says_what_to_do(client: Client) -> None:
    assert "Enter your e-mail address." in client.post(REQUEST, {"email": ""}).content.decode()


def test_the_switch_keeps_the_language_in_this_browser_and_for_the_mails(page: Client, person: User) -> None:
    response = page.post(reverse("set_language"), {"language": "da", "next": "/guide/"})
    assert response["Location"] == "/guide/"
    person.refresh_from_db()
    assert person.language == "da"
    assert '<html lang="da">' in page.get("/guide/").content.decode()


def test_the_switch_leads_to_no_other_host(client: Client) -> None:
    response = client.post(reverse("set_language"), {"language": "da", "next": "https://evil.example/"})
    assert "evil" not in response["Location"]


@pytest.fixture
def goal(importer: ImporterOfRecord) -> str:
    return reverse("checklist", args=[importer.uuid])


def code_of(mail: Notification) -> str:
    return re.search(r"code: (\S+)", mail.text)[1]  # type: ignore[index]


def test_who_is_not_signed_in_is_asked_for_a_code_and_goes_on_from_there(
    client: Client, person: User, goal: str
) -> None:
    response = client.get(goal)
    assert response["Location"] == f"{REQUEST}?next={goal}"
    response = client.post(REQUEST, {"email": person.email, "next": goal}, follow=True)
    assert f'name="next" value="{goal}"' in response.content.decode()
    assert client.post(CONFIRM, {"code": code_of(mails()[0]), "next": goal})["Location"] == goal


def test_the_admin_asks_its_people_for_the_password(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/account/login/?")


def test_the_page_shows_the_shape_of_the_code(client: Client, person: User) -> None:
    html = client.post(REQUEST, {"email": person.email}, follow=True).content.decode()
    assert "XXXX-XXXX" in html
    assert re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", code_of(mails()[0]))


def test_a_new_code_is_no_try_and_has_all_three(client: Client, person: User, goal: str) -> None:
    client.post(REQUEST, {"email": person.email})
    for _ in range(2):
        assert "Mail a new code" in client.post(CONFIRM, {"code": "WRONG"}).content.decode()
    response = client.post(CONFIRM, {"action": "resend", "next": goal})
    assert response["Location"].startswith(CONFIRM)
    assert "next=" in response["Location"]
    assert "A new code is on its way." in client.get(response["Location"]).content.decode()
    first, second = mails()
    for code in (code_of(first), "WRONG"):
        assert client.post(CONFIRM, {"code": code}).status_code == 200
    assert client.post(CONFIRM, {"code": code_of(second), "next": goal})["Location"] == goal


def test_the_limit_of_codes_holds_for_the_button_too(client: Client, person: User) -> None:
    client.post(REQUEST, {"email": person.email})
    for _ in range(4):
        response = client.post(CONFIRM, {"action": "resend"}, follow=True)
    assert len(mails()) == 3
    assert "Wait one minute" in response.content.decode()


def test_the_button_tells_nobody_whether_an_address_is_known(client: Client, person: User) -> None:
    pages = []
    for email in (person.email, "nobody@nordlys.example"):
        browser = Client()
        browser.post(REQUEST, {"email": email})
        pages.append(plain(browser.post(CONFIRM, {"action": "resend"}, follow=True).content.decode()))
    known, unknown = (page.replace("m•••@", "").replace("n•••@", "") for page in pages)
    assert known == unknown
    assert {mail.to_email for mail in mails()} == {person.email}


def test_after_three_wrong_codes_the_way_on_is_kept(client: Client, person: User, goal: str) -> None:
    client.post(REQUEST, {"email": person.email})
    for _ in range(3):
        response = client.post(CONFIRM, {"code": "WRONG", "next": goal})
    assert response["Location"].startswith(f"{REQUEST}?next=")
    html = client.get(response["Location"]).content.decode()
    assert "wait one minute" in html
    assert f'name="next" value="{goal}"' in html


def test_a_code_that_has_run_out_keeps_the_way_on(client: Client, person: User, goal: str) -> None:
    client.post(REQUEST, {"email": person.email})
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        response = client.get(CONFIRM, {"next": goal})
        assert response["Location"].startswith(f"{REQUEST}?next=")
        assert "has run out" in client.get(response["Location"]).content.decode()
