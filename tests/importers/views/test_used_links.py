"""A mailed link after it was opened by machines, used, replaced; the new one in its place; and where its token goes."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ace_onboarding.logs import MaskingFormatter
from importers.letters import start_url, write
from importers.models import BrokerFirm, ImporterAccess, ImporterOfRecord, MailKind, MailState, Notification, User
from importers.services.invitations import invite
from importers.services.links import mail_new_link
from tests.factories import AccessFactory, NotificationFactory, OfficerFactory, StaffFactory

pytestmark = pytest.mark.django_db
CONFIRM = reverse("account_confirm_login_code")
NEW_LINK = {"action": "new-link"}
PREFETCH = (
    {},
    {"purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"x-moz": "prefetch", "user-agent": "Mozilla/5.0 (compatible; SafeLinks)"},
)


def address(mail: Notification) -> str:
    return start_url(mail).removeprefix("http://127.0.0.1:8000")


def sent(mail: Notification) -> Notification:
    Notification.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=timezone.now())
    mail.refresh_from_db()
    return mail


def code() -> str:
    text = Notification.objects.filter(kind=MailKind.ACCOUNT).latest("pk").text
    return re.search(r"[ck]ode: (\S+)", text)[1]  # type: ignore[index]


def come_in(client: Client, link: str) -> None:
    client.post(link)
    client.post(CONFIRM, {"code": code()})


def read(client: Client, link: str, status: int = 410) -> str:
    response = client.get(link)
    assert response.status_code == status
    return response.content.decode()


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    tables = connection.introspection.table_names()
    assert {"django_session", "portal_cache"} <= set(tables)
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute("SELECT * FROM " + connection.ops.quote_name(table) + " ORDER BY 1")  # noqa: S608
            found[table] = cursor.fetchall()
    return found


@pytest.fixture
def mail(importer: ImporterOfRecord, person: User) -> Notification:
    return sent(NotificationFactory(importer=importer, to_email=person.email))


@pytest.fixture
def link(mail: Notification) -> str:
    return address(mail)


@pytest.fixture
def used(mail: Notification, link: str) -> str:
    come_in(Client(), link)
    mail.refresh_from_db()
    assert mail.link_used_at is not None
    return link


# --- machines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("state", ["open", "used", "replaced", "expired", "revoked", "unknown"])
def test_opening_it_twenty_times_changes_nothing(mail: Notification, link: str, state: str, method: str) -> None:
    BrokerFirm.current()
    now = timezone.now()
    match state:
        case "used":
            come_in(Client(), link)
        case "replaced":
            sent(NotificationFactory(importer=mail.importer, to_email=mail.to_email))
        case "expired":
            now += timedelta(days=91)
        case "revoked":
            ImporterAccess.objects.update(revoked_at=now, revoked_by=User.objects.system())
        case "unknown":
            link = link[:-4] + "/"
    before, client = everything(), Client()
    with time_machine.travel(now, tick=False):
        for number in range(20):
            headers = PREFETCH[number % len(PREFETCH)]
            response = getattr(client, method)(link, headers=headers, follow=True)
            assert response.status_code == (200 if state == "open" else 410)
    assert everything() == before
    assert not client.cookies


def test_pressing_the_button_and_closing_the_page_burns_nothing(client: Client, mail: Notification, link: str) -> None:
    client.post(link)
    mail.refresh_from_db()
    assert mail.link_used_at is None
    come_in(Client(), link)
    mail.refresh_from_db()
    assert mail.link_used_at is not None


def test_a_wrong_code_burns_nothing(client: Client, mail: Notification, link: str) -> None:
    client.post(link)
    client.post(CONFIRM, {"code": "WRONG"})
    mail.refresh_from_db()
    assert mail.link_used_at is None


# --- used, replaced ------------------------------------------------------------------------------------------------


def test_a_used_link_says_when_and_offers_a_new_one(mail: Notification, used: str) -> None:
    html = read(Client(), used)
    assert "This link has been used" in html
    assert timezone.localtime().strftime("on %-d %B %Y, ") in html
    assert "Mail me a new link" in html
    assert "Mail me the code" not in html
    assert mail.to_email not in html
    assert "m•••@nordlys.example" in html


def test_a_used_link_mails_no_code(used: str) -> None:
    before = Notification.objects.count()
    assert Client().post(used).status_code == 410
    assert Notification.objects.count() == before


def test_whoever_is_signed_in_already_is_led_on_also_from_a_used_link(
    page: Client, importer: ImporterOfRecord, used: str
) -> None:
    assert page.get(used)["Location"] == reverse("checklist", args=[importer.uuid])


def test_the_first_use_stays_on_record(mail: Notification, used: str, person: User) -> None:
    first = (mail.link_used_at, mail.link_used_by)
    assert first[1] == person
    late = Client()
    Notification.objects.update(link_used_at=None, link_used_by=None)
    late.post(used)  # the code was asked for before somebody else came in through it
    Notification.objects.filter(pk=mail.pk).update(link_used_at=first[0], link_used_by=first[1])
    late.post(CONFIRM, {"code": code()})
    mail.refresh_from_db()
    assert (mail.link_used_at, mail.link_used_by) == first


def test_signing_in_without_the_link_leaves_it_open(client: Client, mail: Notification, link: str) -> None:
    client.post(reverse("account_request_login_code"), {"email": mail.to_email})
    client.post(CONFIRM, {"code": code()})
    assert read(Client(), link, 200)


def test_an_invitation_replaces_older_links_of_the_same_person(importer: ImporterOfRecord, mail: Notification) -> None:
    old = address(mail)
    invite([importer], by=StaffFactory())
    new = Notification.objects.latest("pk")
    assert read(Client(), old, 200), "the newer mail has not gone out"
    sent(new)
    html = read(Client(), old)
    assert "There is a newer link" in html
    assert timezone.localtime().strftime("on %-d %B %Y, ") in html
    assert "Mail me a new link" in html
    assert read(Client(), address(new), 200)


def test_a_reminder_replaces_nothing(importer: ImporterOfRecord, mail: Notification, link: str) -> None:
    sent(NotificationFactory(kind=MailKind.READY, importer=importer, to_email=mail.to_email))
    assert read(Client(), link, 200)


def test_what_is_mailed_to_somebody_else_or_about_another_importer_replaces_nothing(
    importer: ImporterOfRecord, person: User, mail: Notification, link: str
) -> None:
    colleague = AccessFactory(importer=importer, user=User.objects.for_email("colleague@nordlys.example")).user
    sent(NotificationFactory(importer=importer, to_email=colleague.email))
    sent(NotificationFactory(importer=AccessFactory(user=person).importer, to_email=person.email))
    assert read(Client(), link, 200)


def test_a_newer_mail_that_could_not_be_delivered_replaces_nothing(mail: Notification, link: str) -> None:
    NotificationFactory(importer=mail.importer, to_email=mail.to_email, state=MailState.FAILED)
    assert read(Client(), link, 200)


# --- the new link --------------------------------------------------------------------------------------------------


def new_links() -> list[Notification]:
    return list(Notification.objects.filter(kind=MailKind.NEW_LINK))


def test_a_new_link_goes_to_the_address_that_the_old_one_went_to(mail: Notification, used: str, person: User) -> None:
    AccessFactory(importer=mail.importer, user=User.objects.for_email("colleague@nordlys.example"))
    User.objects.filter(pk=person.pk).update(language="da")
    response = Client().post(used, NEW_LINK, follow=True)
    html = response.content.decode()
    assert "A new link is on its way" in html
    assert "@nordlys" not in html
    (new,) = new_links()
    assert (new.to_email, new.importer, new.language) == (mail.to_email, mail.importer, "da")
    sent(new)
    client = Client()
    come_in(client, address(new))
    assert client.session["_auth_user_id"] == str(person.pk)
    assert "There is a newer link" in read(Client(), used)


def test_an_expired_link_brings_a_new_one_too(client: Client, link: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=91), tick=False):
        assert client.post(link, NEW_LINK)["Location"] == reverse("new_link_mailed")
        (new,) = new_links()
        assert read(Client(), address(new), 200)


def test_an_open_link_and_one_of_somebody_who_was_shut_out_bring_none(client: Client, link: str) -> None:
    assert client.post(link, NEW_LINK)["Location"].startswith(CONFIRM)
    ImporterAccess.objects.update(revoked_at=timezone.now(), revoked_by=User.objects.system())
    html = Client().post(link, NEW_LINK).content.decode()
    assert f"no access to this checklist since {timezone.localtime().strftime('%-d %B %Y')}." in html
    assert "Mail me a new link" not in html
    assert new_links() == []


def test_pressing_twice_mails_once(client: Client, mail: Notification, used: str, person: User) -> None:
    for _ in range(2):
        assert client.post(used, NEW_LINK).status_code == 302
    assert mail_new_link(mail, to=person), "one is on its way"
    assert len(new_links()) == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        client.post(used, NEW_LINK)
    assert len(new_links()) == 2


def test_whoever_was_shut_out_while_the_button_was_pressed_is_mailed_nothing(mail: Notification, person: User) -> None:
    ImporterAccess.objects.update(revoked_at=timezone.now(), revoked_by=User.objects.system())
    assert not mail_new_link(mail, to=person)
    assert new_links() == []


def test_links_are_limited_like_codes(client: Client, used: str) -> None:
    answers = [client.post(used, NEW_LINK) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert "Wait one minute" in answers[-1].content.decode()
    assert "Mail me a new link" in answers[-1].content.decode()


def test_a_browser_that_hides_the_origin_gets_its_new_link(used: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(used, NEW_LINK, headers={"origin": "null"}).status_code == 302


def test_the_page_without_the_token_asks_for_a_csrf_token(link: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.post(link)
    for _ in range(3):
        page = strict.get(CONFIRM)
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
        assert token
        response = strict.post(CONFIRM, {"code": "WRONG", "csrfmiddlewaretoken": token[1]})
    again = response["Location"]
    assert strict.post(again).status_code == 403
    token = re.search(r'<main.*csrfmiddlewaretoken" value="(\w+)"', strict.get(again).content.decode(), re.DOTALL)
    assert token
    assert strict.post(again, {"csrfmiddlewaretoken": token[1]}).status_code == 302


# --- where the token goes ------------------------------------------------------------------------------------------


def test_after_the_first_page_no_address_holds_the_token(client: Client, mail: Notification, link: str) -> None:
    token = link.removeprefix("/start/").strip("/")
    steps = [client.post(link)]
    for _ in range(3):
        steps.append(client.post(CONFIRM, {"code": "WRONG"}))  # noqa: PERF401 - in this order
    steps.append(client.post(steps[-1]["Location"]))
    steps.append(client.post(CONFIRM, {"action": "resend"}))
    steps.append(client.post(CONFIRM, {"code": code()}))
    for response in steps:
        assert token not in response.get("Location", "")
        assert token not in response.content.decode()
    assert token not in client.get(CONFIRM, follow=True).content.decode()
    for session in client.session.values():
        assert token not in str(session)


def test_every_page_with_the_token_sends_no_referrer(client: Client, page: Client, used: str) -> None:
    pages = [client.get(used), client.post(used), client.get("/start/nothing/"), page.get(used)]
    pages += [client.post(used, NEW_LINK) for _ in range(4)]
    assert [response["Referrer-Policy"] for response in pages] == ["no-referrer"] * 8


def test_neither_the_history_nor_a_log_line_holds_the_token(
    client: Client, mail: Notification, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.get(link)
    come_in(client, link)
    client.get(reverse("checklist", args=[mail.importer.uuid]))  # type: ignore[union-attr]
    Client().post(link, NEW_LINK)
    signature = link.strip("/").rpartition(":")[2]
    histories = [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]
    kept = [str(row) for model in histories for row in model.objects.values()]  # type: ignore[attr-defined]
    assert kept
    assert not [row for row in kept if signature in row]
    formatter = MaskingFormatter()
    ours = [record for record in caplog.records if not record.name.startswith("django.db")]
    assert not [line for record in ours if signature in (line := formatter.format(record))]


def test_two_links_in_two_tabs_do_not_meet(client: Client, person: User, mail: Notification, link: str) -> None:
    other = sent(NotificationFactory(importer=AccessFactory(user=person).importer, to_email=person.email))
    client.post(link)
    client.post(address(other))
    for which in (mail, other):
        html = read(client, reverse("start_again", args=[which.uuid]), 200)
        assert which.importer.name in html  # type: ignore[union-attr]
    client.post(CONFIRM, {"code": code()})
    mail.refresh_from_db()
    other.refresh_from_db()
    assert (mail.link_used_at is None, other.link_used_at is None) == (True, False)


def test_without_the_session_the_address_without_a_token_shows_nothing(mail: Notification) -> None:
    response = Client().get(reverse("start_again", args=[mail.uuid]))
    assert response["Location"] == reverse("account_request_login_code")


def test_without_cookies_the_page_says_so_and_the_link_still_works(mail: Notification, link: str) -> None:
    asked = Client().post(link)["Location"]
    html = read(Client(), asked, 400)
    assert "Your browser keeps no cookies" in html
    assert read(Client(), link, 200)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "You are the company's responsible officer here"), ("da", "virksomhedens ansvarlige tegningsberettigede")],
)
def test_the_new_link_tells_an_officer_what_they_are(mail: Notification, language: str, words: str) -> None:
    assert mail.importer
    OfficerFactory(importer=mail.importer, email="lars@nordlys.example")
    officer = AccessFactory(importer=mail.importer, user=User.objects.for_email("lars@nordlys.example")).user
    User.objects.update(language=language)
    for person in (officer, User.objects.get(email=mail.to_email)):
        person.refresh_from_db()
        mail_new_link(mail, to=person)
    for new in new_links():
        letter, is_officers = write(new), new.to_email == officer.email
        assert (words in letter.text) is (words in letter.html) is is_officers
        page = read(Client(), address(sent(new)) + "?language=en", 200)
        assert ("You were named as the responsible officer" in page) is is_officers


def test_the_mail_says_what_it_is_and_leads_to_a_link(mail: Notification, person: User) -> None:
    mail_new_link(mail, to=person)
    (new,) = new_links()
    letter = write(new)
    assert letter.subject == "Nordlys Cykler ApS: your new link"
    assert letter.text.count("/start/") == 1
    assert "Older links no longer work." in letter.text
