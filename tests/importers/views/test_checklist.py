import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.domain.facts import Route
from importers.models import Campaign, ImporterAccess, ImporterOfRecord, User
from importers.services import filings
from tests import walkthrough
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory

pytestmark = pytest.mark.django_db
QUERIES = 8


def html_of(page: Client, importer: ImporterOfRecord) -> str:
    response = page.get(reverse("checklist", args=[importer.uuid]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_checklist_shows_what_is_next_every_step_and_whom_to_call(page: Client, importer: ImporterOfRecord) -> None:
    html = html_of(page, importer)
    assert "Confirm your company details: about 3 minutes" in html
    assert html.count('class="row"') == 10
    assert "Jens Anton Rahbek" in html
    assert "We never ask for" in html


def test_the_importer_number_is_masked(page: Client, importer: ImporterOfRecord) -> None:
    html = html_of(page, importer)
    assert "importer number ending 0123" in html
    assert importer.number not in html


@pytest.mark.parametrize("route", list(Route))
def test_a_page_costs_at_most_eight_queries_however_far_the_importer_is(
    importer: ImporterOfRecord, staff: User, route: Route, django_assert_max_num_queries: object
) -> None:
    who = walkthrough.ready(importer, staff, route)
    for _ in range(5):
        walkthrough.on_5106(importer, staff)
        filings.record_contact(importer, "form-5106", by=staff, name="Lars Holm", email="lars@nordlys.example")
    client = Client()
    client.force_login(who)
    html_of(client, importer)  # the first visit is written down
    with django_assert_max_num_queries(QUERIES):  # type: ignore[operator]
        html_of(client, importer)


def test_a_page_weighs_little(page: Client, importer: ImporterOfRecord) -> None:
    """Compressed: 60 kB at a cold first visit with everything it loads, 15 kB after."""
    html = len(gzip.compress(html_of(page, importer).encode()))
    files = [
        Path(finders.find(name)).read_bytes()
        for name in ("portal.css", "portal.js", "icon.svg", "timer.js", "routing.js")
    ]
    loaded = sum(len(gzip.compress(content)) for content in files)
    assert html <= 15_000
    assert html + loaded <= 60_000


def test_the_first_visit_is_written_down_once(page: Client, importer: ImporterOfRecord, person: User) -> None:
    assert page.head(reverse("checklist", args=[importer.uuid])).status_code == 200
    assert ImporterAccess.objects.get(user=person).first_visit_at is None, "a look whether it is there is no visit"
    html_of(page, importer)
    first = ImporterAccess.objects.get(user=person).first_visit_at
    html_of(page, importer)
    assert first is not None
    assert ImporterAccess.objects.get(user=person).first_visit_at == first


def test_a_date_ahead_is_told_without_threat(page: Client, importer: ImporterOfRecord) -> None:
    CampaignFactory(deadline=timezone.localdate() + timedelta(days=30))
    assert "You can finish later too, but refunds wait until you do." in html_of(page, importer)


def test_where_the_date_comes_from_is_for_the_office(page: Client, importer: ImporterOfRecord) -> None:
    CampaignFactory(deadline=timezone.localdate() + timedelta(days=30), source="broker's guide; no CBP source found")
    html = html_of(page, importer)
    assert "no CBP source found" not in html
    assert "We know of no date from CBP." in html


def test_what_is_done_and_what_is_left_add_up(page: Client, importer: ImporterOfRecord) -> None:
    html = html_of(page, importer)
    assert "0 of your 7 steps done" in html
    assert "7 steps left" in html


def test_a_date_that_has_passed_is_said_plainly(page: Client, importer: ImporterOfRecord) -> None:
    Campaign.objects.all().delete()
    CampaignFactory(deadline=date(2026, 4, 21))  # the guide's own date
    html = html_of(page, importer)
    assert "Tuesday 21 April 2026" in html
    assert "Late is not lost" in html


def test_the_person_in_charge_is_named(page: Client, importer: ImporterOfRecord, staff: User) -> None:
    ImporterOfRecord.objects.update(assigned_to=staff)
    html = html_of(page, importer)
    assert staff.name in html
    assert staff.email in html


def test_when_it_is_the_brokers_turn_the_page_says_so(importer: ImporterOfRecord, staff: User) -> None:
    client = Client()
    client.force_login(walkthrough.declared(importer, staff, Route.OWN_ACCOUNT))
    html = html_of(client, importer)
    assert "It is our turn: we check in ACE that all is in place." in html
    assert ">Continue</a>" not in html


def test_when_all_is_in_place_the_page_says_so(importer: ImporterOfRecord, staff: User) -> None:
    client = Client()
    client.force_login(walkthrough.ready(importer, staff))
    assert "All is in place. You need not do anything more." in html_of(client, importer)


def test_a_problem_is_told_in_words_with_the_document(importer: ImporterOfRecord, staff: User) -> None:
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    filings.record_contact(importer, "form-5106", by=staff, name="Lars Holm", email=importer.contact_email)
    client = Client()
    client.force_login(who)
    html = html_of(client, importer)
    assert "Form 5106 names Lars Holm. It must name the officer, Mette Sørensen." in html
    assert "There is a problem" in html


def test_staff_look_but_find_no_button(importer: ImporterOfRecord, staff: User) -> None:
    client = Client()
    client.force_login(staff)
    html = html_of(client, importer)
    assert "Only the importer can fill it in." in html
    assert ">Start</a>" not in html


def test_nobody_sees_another_importer(page: Client) -> None:
    other = ImporterFactory()
    assert page.get(reverse("checklist", args=[other.uuid])).status_code == 404


def test_access_that_was_taken_away_is_gone(page: Client, importer: ImporterOfRecord, person: User) -> None:
    now = timezone.now()
    ImporterAccess.objects.filter(user=person).update(revoked_at=now, revoked_by=person)
    assert page.get(reverse("checklist", args=[importer.uuid])).status_code == 404


def test_strangers_are_asked_to_sign_in(client: Client, importer: ImporterOfRecord) -> None:
    response = client.get(reverse("checklist", args=[importer.uuid]))
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_one_importer_is_opened_at_once(page: Client, importer: ImporterOfRecord) -> None:
    assert page.get(reverse("importers"))["Location"] == reverse("checklist", args=[importer.uuid])


def test_several_importers_are_listed_first(page: Client, importer: ImporterOfRecord, person: User) -> None:
    second = AccessFactory(importer=ImporterFactory(name="Havblik Keramik ApS"), user=person).importer
    ImporterFactory(name="Somebody else")
    html = page.get(reverse("importers")).content.decode()
    assert "Nordlys Cykler ApS" in html
    assert reverse("checklist", args=[second.uuid]) in html
    assert "Somebody else" not in html


def test_with_no_importer_the_page_says_what_to_do(page: Client, person: User) -> None:
    ImporterAccess.objects.all().delete()
    assert "There is no checklist for this e-mail address." in page.get(reverse("importers")).content.decode()
