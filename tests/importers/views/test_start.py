import re
from datetime import timedelta

import pytest
import time_machine
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from importers.letters import START_SALT
from importers.models import ImporterAccess, ImporterOfRecord, MailKind, Notification, User
from tests.factories import AccessFactory, NotificationFactory, StaffFactory

pytestmark = pytest.mark.django_db


def link(mail: Notification) -> str:
    return reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)])


@pytest.fixture
def mail(importer: ImporterOfRecord, person: User) -> Notification:
    return NotificationFactory(importer=importer, to_email=person.email)


def codes() -> list[str]:
    texts = Notification.objects.filter(kind=MailKind.ACCOUNT).order_by("pk").values_list("text", flat=True)
    return [re.search(r"code: (\S+)", text)[1] for text in texts]  # type: ignore[index]


def test_the_page_says_who_asks_for_whom_and_where_the_code_goes(client: Client, mail: Notification) -> None:
    html = client.get(link(mail)).content.decode()
    for text in ("ALPI Customs Brokers Inc.", "Nordlys Cykler ApS", "••••••-•0123", "m•••@nordlys.example"):
        assert text in html
    assert mail.to_email not in html


def test_the_address_goes_nowhere_and_is_kept_nowhere(client: Client, mail: Notification) -> None:
    response = client.get(link(mail))
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"


def test_the_button_mails_a_code_and_the_code_opens_the_checklist(
    client: Client, mail: Notification, importer: ImporterOfRecord
) -> None:
    page = client.post(link(mail), follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("account_confirm_login_code"))
    goal = reverse("checklist", args=[importer.uuid])
    response = client.post(reverse("account_confirm_login_code"), {"code": codes()[-1], "next": goal})
    assert response["Location"] == goal
    assert client.get(goal).status_code == 200


def test_a_browser_that_hides_the_origin_is_still_served(mail: Notification) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link(mail), headers={"origin": "null"}).status_code == 302


def test_a_wrong_code_does_not_open_it(client: Client, mail: Notification, importer: ImporterOfRecord) -> None:
    client.post(link(mail))
    html = client.post(reverse("account_confirm_login_code"), {"code": "WRONG1"}).content.decode()
    assert "This is not the code we mailed." in html
    assert client.get(reverse("checklist", args=[importer.uuid])).status_code == 302


def test_from_ones_own_link_the_page_says_plainly_that_a_code_was_mailed(client: Client, mail: Notification) -> None:
    html = client.post(link(mail), follow=True).content.decode()
    assert "We have mailed a code to m•••@nordlys.example." in html
    assert "is known here" not in html
    client.post(reverse("account_confirm_login_code"), {"action": "resend"})
    assert "We have mailed a code" in client.get(reverse("account_confirm_login_code")).content.decode()


def test_after_three_wrong_codes_the_link_is_the_way_back(client: Client, mail: Notification) -> None:
    client.post(link(mail))
    for _ in range(3):
        response = client.post(reverse("account_confirm_login_code"), {"code": "WRONG"})
    html = client.get(response["Location"]).content.decode()
    assert "wait one minute" in html
    assert "Mail me the code" in html
    assert client.post(response["Location"])["Location"].startswith(reverse("account_confirm_login_code"))


def test_too_many_codes_are_refused_with_what_to_do(client: Client, mail: Notification) -> None:
    answers = [client.post(link(mail)) for _ in range(5)]
    assert answers[-1].status_code == 429
    assert "Wait one minute" in answers[-1].content.decode()
    assert len(codes()) == 3


def test_a_link_runs_out_after_ninety_days(client: Client, mail: Notification) -> None:
    address = link(mail)
    with time_machine.travel(timezone.now() + timedelta(days=89), tick=False):
        assert client.get(address).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=91), tick=False):
        response = client.get(address)
    assert response.status_code == 410
    assert "This link has run out" in response.content.decode()
    assert reverse("account_request_login_code") in response.content.decode()
    day = (timezone.localtime() + timedelta(days=90)).day
    assert f"It was mailed on {date_format(timezone.localtime(), 'j F Y')}" in response.content.decode()
    assert f"until {day} " in response.content.decode()


def test_a_link_that_was_cut_off_offers_the_sign_in_page(client: Client, mail: Notification) -> None:
    whole = link(mail)
    for address in (whole[:-8] + "/", whole + "./", reverse("start", args=["nothing"]), "/start/a/b/"):
        response = client.get(address)
        assert response.status_code == 410
        assert "This link does not work" in response.content.decode()


def test_a_link_of_somebody_whose_access_was_taken_away_says_so(client: Client, mail: Notification) -> None:
    who = User.objects.system()
    ImporterAccess.objects.update(revoked_at=timezone.now(), revoked_by=who)
    for method in (client.get, client.post):
        response = method(link(mail))
        assert response.status_code == 410
        assert "no longer valid" in response.content.decode()
    assert codes() == []


def test_whoever_is_signed_in_goes_straight_on(page: Client, mail: Notification, importer: ImporterOfRecord) -> None:
    for method in (page.get, page.post):
        assert method(link(mail))["Location"] == reverse("checklist", args=[importer.uuid])


def test_somebody_else_who_is_signed_in_is_asked_to_sign_out(mail: Notification) -> None:
    client = Client()
    client.force_login(AccessFactory().user)
    html = client.get(link(mail)).content.decode()
    assert "You are signed in as somebody else" in html
    client.post(link(mail))
    assert codes() == []


def test_the_page_speaks_the_mails_language_until_another_is_chosen(client: Client, mail: Notification) -> None:
    Notification.objects.update(language="da")
    assert '<html lang="da">' in client.get(link(mail)).content.decode()
    assert '<html lang="en">' in client.get(link(mail) + "?language=en").content.decode()


def test_a_link_never_lets_staff_in(client: Client, importer: ImporterOfRecord) -> None:
    staff = StaffFactory()
    AccessFactory(importer=importer, user=staff)
    mail = NotificationFactory(importer=importer, to_email=staff.email)
    assert client.post(link(mail)).status_code == 410


def test_a_stranger_who_knows_the_address_locks_nobody_out_of_a_link(client: Client, mail: Notification) -> None:
    for minute in range(12):
        with time_machine.travel(timezone.now() + timedelta(minutes=minute), tick=False):
            stranger = Client(REMOTE_ADDR=f"192.0.2.{minute}")
            stranger.post(reverse("account_request_login_code"), {"email": mail.to_email})
    with time_machine.travel(timezone.now() + timedelta(minutes=12), tick=False):
        before = len(codes())
        assert before == 10, "the stranger's own limit holds"
        answer = client.post(link(mail))
        client.post(reverse("account_confirm_login_code"), {"action": "resend"})
    assert answer.status_code == 302
    assert len(codes()) == before + 2


def test_one_link_has_ten_codes_an_hour(client: Client, mail: Notification) -> None:
    address = link(mail)
    now = timezone.now()
    for minute in range(12):
        with time_machine.travel(now + timedelta(minutes=2 * minute), tick=False):
            answer = client.post(address)
    assert answer.status_code == 429
    assert len(codes()) == 10
