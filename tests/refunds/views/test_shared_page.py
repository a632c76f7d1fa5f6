"""The importer's page: what was shared, found again, and nothing that was not shared."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from importers.domain.checklist import Stage
from importers.letters import read_link, start_url
from importers.models import ImporterOfRecord, MailKind, Notification, Readiness, User
from importers.pages.link import MailedLink
from refunds.domain.eligibility import Verdict
from refunds.domain.rules import SHIPPED_CONTENT
from refunds.models import ClaimResult, Entry, Pack, Payment
from refunds.services.packs import publish, withdraw
from refunds.services.verdicts import set_rules
from tests import walkthrough
from tests.factories import AccessFactory, EntryFactory, ImporterFactory, ReportFactory, StaffFactory
from tests.pages import html, signed_in
from tests.refunds.views.shown import address, entries, numbers, page

pytestmark = pytest.mark.django_db
MOST_QUERIES = 10


@pytest.fixture
def staff() -> User:
    return StaffFactory.create()


@pytest.fixture
def importer() -> ImporterOfRecord:
    return AccessFactory.create(importer__name="Nordlys Cykler ApS").importer


@pytest.fixture
def client(importer: ImporterOfRecord) -> Client:
    return signed_in(importer.accesses.get().user)


def file(client: Client, importer: ImporterOfRecord, pack: Pack, ending: str = "csv") -> Any:
    return client.get(reverse("refunds_file", args=[importer.uuid, pack.pk, ending]))


def test_what_is_not_shared_is_not_seen(client: Client, importer: ImporterOfRecord) -> None:
    """The same page whether there are entries or none."""
    before = page(client, importer)
    (entry,) = entries(importer, ["1234.50"])
    text = page(client, importer)
    assert "Nothing has been shared yet." in text
    assert strip(text) == strip(before)
    assert entry.canonical not in text


def strip(text: str) -> str:
    return re.sub(r"name=\"csrfmiddlewaretoken\" value=\"\w+\"|nonce=\"[^\"]+\"", "", text)


def test_the_page_shows_what_is_possible_and_as_of_when(
    client: Client, importer: ImporterOfRecord, staff: User
) -> None:
    found = entries(importer, ["1234.50", "2000.00"])
    pack = publish(importer, by=staff)
    text = page(client, importer)
    day = f"{pack.as_of.day} {pack.as_of:%B %Y}"
    assert f"Possible refund, excluding interest, as of {day}" in text
    assert "$3,234.50" in text
    assert numbers(text) == [entry.canonical for entry in found]
    assert "September 2025" in text
    assert importer.number not in text
    assert f"ending {importer.number_last4}" in text


def test_it_shows_the_pack_and_not_what_came_later(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    (entry,) = entries(importer, ["1234.50"])
    publish(importer, by=staff)
    Entry.objects.filter(pk=entry.pk).update(ieepa_duty=Decimal("7777.00"), liquidation_status="Later")
    (later,) = entries(importer, ["5.00"])
    text = page(client, importer)
    assert "1,234.50" in text
    for unseen in ("7,777", "Later", later.canonical):
        assert unseen not in text


def test_what_is_taken_back_is_gone(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1234.50"])
    pack = publish(importer, by=staff)
    withdraw(pack, by=staff)
    assert "Nothing has been shared yet." in page(client, importer)
    assert file(client, importer, pack).status_code == 404


def test_the_files_are_those_of_the_pack(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    (entry,) = entries(importer, ["1234.50"])
    first = publish(importer, by=staff)
    Entry.objects.filter(pk=entry.pk).update(ieepa_duty=Decimal("7.00"))
    second = publish(importer, by=staff)
    for pack in (first, second):
        pack.refresh_from_db()
        for ending in ("csv", "xlsx"):
            response = file(client, importer, pack, ending)
            assert response.content == bytes(getattr(pack, ending))
            assert f'filename="nordlys-cykler-aps-{pack.as_of}.{ending}"' in response["Content-Disposition"]
            assert response["Cache-Control"].count("no-store")
            assert reverse("refunds_file", args=[importer.uuid, pack.pk, ending]) in page(client, importer)
    assert file(client, importer, first, "pdf").status_code == 404


def test_nobody_gets_the_pack_of_another_importer(importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1234.50"])
    pack = publish(importer, by=staff)
    other = AccessFactory.create()
    stranger = signed_in(other.user)
    assert stranger.get(address(importer)).status_code == 404
    assert file(stranger, importer, pack).status_code == 404
    assert file(stranger, other.importer, pack).status_code == 404


def test_a_colleague_with_one_step_has_no_entries(importer: ImporterOfRecord, staff: User) -> None:
    officer = walkthrough.able_to_send(importer, staff)
    client = signed_in(walkthrough.sent(importer, officer, "ach-refund"))
    entries(importer, ["1234.50"])
    pack = publish(importer, by=staff)
    assert client.get(reverse("step", args=[importer.uuid, "ach-refund"])).status_code == 200
    assert client.get(address(importer)).status_code == 404
    assert file(client, importer, pack).status_code == 404


def test_staff_see_it_as_the_importer_does(importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1234.50"])
    publish(importer, by=staff)
    text = page(signed_in(staff), importer)
    assert "You see this page as the importer does." in text
    assert "1,234.50" in text


@pytest.mark.parametrize("spelling", ["{0}", "{1}", " {0} ", "{2}", "{3}", "{4}"])
def test_an_entry_is_found_in_any_spelling(
    client: Client, importer: ImporterOfRecord, staff: User, spelling: str
) -> None:
    wanted, _other = entries(importer, ["1.00", "2.00"])
    publish(importer, by=staff)
    number = wanted.number
    typed = spelling.format(
        wanted.canonical,
        number.lower(),
        f"{number[:3]} {number[3:10]} {number[10:]}",
        f"{number[:3]}\N{EN DASH}{number[3:10]}\N{EN DASH}{number[10:]}",
        number[6:],
    )
    text = page(client, importer, q=typed)
    assert numbers(text) == [wanted.canonical]
    assert "1 to 1 of 1" in text


@pytest.mark.parametrize("typed", ["nothing like it", "%", "_", "'; DROP", "\x00", "ø" * 500, "---"])
def test_what_nobody_has_is_not_found(client: Client, importer: ImporterOfRecord, staff: User, typed: str) -> None:
    entries(importer, ["1.00"])
    publish(importer, by=staff)
    assert "No entry is like that." in page(client, importer, q=typed)


def test_the_order_can_be_chosen(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    newest, largest, middle = entries(importer, ["2.00", "30.00", "10.00"])
    (paid,) = entries(importer, ["5.00"], paid_on=date(2026, 1, 1))
    publish(importer, by=staff)
    expected = {
        "newest": {newest, paid},
        "oldest": {middle},
        "duty": {largest},
        "status": {newest},
        "nonsense": {newest, paid},
    }
    first = {sort: numbers(page(client, importer, sort=sort))[0] for sort in expected}
    assert all(number in {e.canonical for e in expected[sort]} for sort, number in first.items()), first
    assert numbers(page(client, importer, sort="duty"))[1:] == [e.canonical for e in (middle, paid, newest)]
    assert numbers(page(client, importer, sort="status"))[-1] == paid.canonical


def test_one_status_alone(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["2.00", "30.00"])
    (paid,) = entries(importer, ["5.00"], paid_on=date(2026, 1, 1))
    publish(importer, by=staff)
    assert numbers(page(client, importer, status=Verdict.PAID)) == [paid.canonical]
    assert len(numbers(page(client, importer, status="nonsense"))) == 3


def test_pages_of_twenty(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    found = [entry.canonical for entry in entries(importer, ["1.00"] * 23)]
    publish(importer, by=staff)
    first, second = page(client, importer), page(client, importer, page=2)
    assert numbers(first) == found[:20]
    assert numbers(second) == found[20:]
    assert "21 to 23 of 23" in second
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second
    for beyond in ("99", "0", "-1", "x", "9" * 40, "²"):
        assert numbers(page(client, importer, page=beyond)) in (found[:20], found[20:])


def test_a_page_of_what_was_searched_for_keeps_the_search(
    client: Client, importer: ImporterOfRecord, staff: User
) -> None:
    entries(importer, ["1.00"] * 22)
    publish(importer, by=staff)
    text = page(client, importer, q="b76", sort="duty")
    following = re.search(r'rel="next" href="([^"]+)"', text)
    assert following
    assert following[1] == "?q=b76&amp;sort=duty&amp;page=2#entries"


def test_what_cbp_has_said_since_stands_beside_it(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    accepted, rejected, paid = entries(importer, ["1.00", "2.00", "3.00"])
    publish(importer, by=staff)
    report = ReportFactory.create(format="cape_result")
    for row, (entry, status, day) in enumerate(
        [
            (accepted, "rejected", date(2026, 6, 1)),
            (accepted, "accepted", date(2026, 6, 5)),
            (rejected, "rejected", date(2026, 6, 6)),
        ]
    ):
        ClaimResult.objects.create(
            report=report, row=row, entry_number=entry.number, entry=entry, status=status, status_text=status, as_of=day
        )
        Entry.objects.filter(pk=entry.pk).update(claim_status=status)
    Entry.objects.filter(pk=paid.pk).update(paid_on=date(2026, 7, 1))
    Payment.objects.create(
        importer=importer, paid_on=date(2026, 7, 2), amount=Decimal("1003.40"), recorded_at=timezone.now(),
        recorded_by=staff,
    )  # fmt: skip
    Payment.objects.create(
        importer=ImporterFactory.create(), paid_on=date(2026, 7, 3), amount=Decimal("9.00"), recorded_at=timezone.now(),
        recorded_by=staff,
    )  # fmt: skip
    text = page(client, importer)
    assert "CBP has accepted the claim (as of 5 June 2026)." in text
    assert "CBP has rejected the claim (as of 6 June 2026)." in text
    assert "CBP paid on 1 July 2026." in text
    assert "CBP has paid $1,003.40 so far, interest included, last on 2 July 2026." in text


def test_the_number_of_queries_does_not_grow(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    report = ReportFactory.create()
    EntryFactory.create_batch(300, importer=importer, report=report)
    late = timezone.localdate() - timedelta(days=100)  # for which only a protest is left
    EntryFactory.create(importer=importer, report=report, liquidation_date=late, liquidation_status="Liquidated")
    set_rules(SHIPPED_CONTENT | {"as_of": "2026-10-02"}, "looked at again", by=staff)
    publish(importer, by=staff)
    ImporterOfRecord.objects.filter(pk=importer.pk).update(assigned_to=staff)
    page(client, importer)  # the first one prolongs the session
    for query in ({}, {"q": "b76", "status": "eligible", "sort": "status", "page": 3}):
        with CaptureQueriesContext(connection) as queries:
            text = page(client, importer, **query)
        assert "only a protest is left" in text
        assert len(numbers(text)) == 20
        assert len(queries) <= MOST_QUERIES


def test_no_query_reads_the_files(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1.00"])
    publish(importer, by=staff)
    with CaptureQueriesContext(connection) as queries:
        page(client, importer)
    assert not [query["sql"] for query in queries if '"xlsx"' in query["sql"]]


def test_the_checklist_leads_there_once_something_is_shared(
    client: Client, importer: ImporterOfRecord, staff: User
) -> None:
    checklist = reverse("checklist", args=[importer.uuid])
    entries(importer, ["1.00"])
    assert address(importer) not in html(client.get(checklist))  # type: ignore[arg-type]
    publish(importer, by=staff)
    assert address(importer) in html(client.get(checklist))  # type: ignore[arg-type]


def test_the_mails_link_leads_there(importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1.00"])
    publish(importer, by=staff)
    mail = Notification.objects.get(kind=MailKind.SHARED)
    found = read_link(start_url(mail).rstrip("/").rpartition("/")[2])
    assert found
    assert MailedLink.in_mail(*found).goal == address(importer)


def test_in_danish(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["1234.50"])
    publish(importer, by=staff)
    client.cookies["django_language"] = "da"
    text = page(client, importer)
    assert "1.234,50 USD" in text
    assert 'width="100.0%"' in text
    assert "September 2025" in text


def test_the_page_says_what_to_do_now(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["100.00"])
    publish(importer, by=staff)
    waits, nothing = "before your checklist is done", "You need not do anything now"
    text = page(client, importer)
    assert (waits in text, nothing in text) == (True, False)
    Readiness.objects.filter(importer=importer).update(stage=Stage.READY)
    text = page(client, importer)
    assert (waits in text, nothing in text) == (False, True)


def test_nothing_is_promised_where_nothing_can_come(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["0.00"])
    publish(importer, by=staff)
    text = page(client, importer)
    assert "before your checklist is done" not in text
    assert "You need not do anything now" not in text


def test_the_mailed_link_says_that_it_leads_to_the_entries(importer: ImporterOfRecord, staff: User) -> None:
    entries(importer, ["100.00"])
    publish(importer, by=staff)
    mail = Notification.objects.get(kind=MailKind.SHARED)
    token = start_url(mail).rstrip("/").rpartition("/")[2]
    text = html(Client().get(reverse("start", args=[token])))  # type: ignore[arg-type]
    assert "has shared your entries with you" in text
    assert "It opens the page with your entries." in text
    assert "set up electronic refunds" not in text
    assert "100.00" not in text
    Notification.objects.filter(pk=mail.pk).update(
        link_used_at=timezone.now(), link_used_by=importer.accesses.get().user
    )
    used = Client().get(reverse("start", args=[token]))
    assert "the page with your entries is still there" in used.content.decode()
