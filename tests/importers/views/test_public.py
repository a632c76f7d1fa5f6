import re
from email.utils import parseaddr

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real

from importers.models import BrokerFirm, Campaign, User
from tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db

PUBLIC = ("home", "guide", "verify", "privacy", "accessibility")
LOADED = re.compile(r'<(?:link|script|img)[^>]*\b(?:href|src)="([^"]+)"')


@pytest.mark.parametrize("name", PUBLIC)
def test_everybody_may_read_the_public_pages(client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", PUBLIC)
def test_a_page_loads_nothing_from_another_host_and_holds_no_inline_code(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    html = response.content.decode()
    assert all(address.startswith("/") and not address.startswith("//") for address in LOADED.findall(html))
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert " style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son\w+=", html)
    assert "unsafe" not in response["Content-Security-Policy"]


def test_the_guide_has_six_steps_for_the_account_and_seven_for_ach(client: Client) -> None:
    html = client.get(reverse("guide")).content.decode()
    account, ach = (block.count("<li>") for block in re.findall(r'<ol class="guide">(.*?)</ol>', html, re.S))
    assert (account, ach) == (6, 7)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("The same person with the same e-mail", "Option 1: ACH", "Option 2: Form 4811")),
        ("da", ("Den samme person med den samme e-mailadresse", "Mulighed 1: ACH", "Mulighed 2: Form 4811")),
    ],
)
def test_the_guide_names_both_options_and_the_one_person_with_the_one_e_mail(
    client: Client, language: str, words: tuple[str, ...]
) -> None:
    html = client.get(reverse("guide"), headers={"Accept-Language": language}).content.decode()
    assert [word for word in words if word not in html] == []
    for anchor in ("person", "ach", "form-4811"):
        assert f'href="#{anchor}"' in html
        assert f'id="{anchor}"' in html


def test_the_guide_names_the_firm_its_contact_and_the_date(client: Client) -> None:
    Campaign.objects.all().delete()
    CampaignFactory()
    html = client.get(reverse("guide")).content.decode()
    for text in ("Jens Anton Rahbek", "+45 9928 7817", "jar@alpi.dk", "Wednesday 21 April 2027"):
        assert text in html


def test_verify_says_how_our_links_begin_and_what_we_never_ask_for(client: Client) -> None:
    html = client.get(reverse("verify")).content.decode()
    assert "127.0.0.1:8000" in html
    assert "We never ask for" in html
    assert parseaddr(settings.DEFAULT_FROM_EMAIL)[1] in html


def test_the_privacy_page_says_how_long_where_who_and_to_whom_to_complain(client: Client) -> None:
    html = client.get(reverse("privacy")).content.decode()
    for text in ("Where it is kept", "How long", "Who is responsible", "Datatilsynet"):
        assert text in html


def test_the_first_page_leads_people_to_their_work(page: Client, staff: User) -> None:
    assert page.get("/").headers["Location"] == reverse("importers")
    office = Client()
    office.force_login(staff)
    assert office.get("/").headers["Location"] == reverse("admin:index")


def test_the_accent_is_the_firms_own(client: Client) -> None:
    BrokerFirm.current()
    BrokerFirm.objects.update(colour="#ffd100")
    response = client.get(reverse("brand"))
    assert response.content.decode() == ":root{--brand:#ffd100;--brand-ink:#14212b}\n"
    assert response["Content-Type"] == "text/css"
    assert "max-age" in response["Cache-Control"]
    assert "/brand.css?v=ffd100" in client.get("/").content.decode()


@pytest.mark.parametrize("path", ["/nothing/", "/importers/00000000-0000-0000-0000-000000000000/"])
def test_a_page_that_is_not_there_says_so_in_our_look(page: Client, path: str) -> None:
    response = page.get(path)
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


@pytest.mark.django_db
def test_languages_that_the_portal_does_not_have_leave_nothing_behind(client: Client, person: User) -> None:
    client.force_login(person)
    client.post(reverse("set_language"), {"language": "da"})
    before = set(trans_real._translations)  # type: ignore[attr-defined]
    for chosen in ("xx-unheard", "da-unheard", "x" * 5000, "de", ""):
        answer = client.post(reverse("set_language"), {"language": chosen})
        assert answer.status_code == 302
    person.refresh_from_db()
    assert person.language == "da"
    assert set(trans_real._translations) == before  # type: ignore[attr-defined]
