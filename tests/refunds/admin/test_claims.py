from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.domain.identifiers import parse_importer_number
from importers.models import BrokerFirm
from refunds.domain.cape_messages import ClaimStatus
from refunds.formats.cape_result import ResultRow
from refunds.formats.rev613 import RejectedRow
from refunds.models import Entry
from refunds.services.claims import store_rejected, store_results
from refunds.services.refiling import SHOWN, piles
from tests.factories import EntryFactory, ImporterFactory, ReportFactory, StaffFactory

DAY = date(2026, 6, 1)
FIX = "admin:refunds_fix_and_refile"
RESULTS = "admin:refunds_claimresult_changelist"


@pytest.fixture
def as_staff(db: None) -> Client:
    BrokerFirm.current()
    client = Client()
    client.force_login(StaffFactory.create())
    return client


def rejected(entry: Entry, *messages: str, as_of: date = DAY) -> None:
    rows = [
        ResultRow(row, entry.number, "C1", ClaimStatus.REJECTED, "Rejected", message)
        for row, message in enumerate(messages, 2)
    ]
    store_results(ReportFactory.create(format="cape_result", as_of=as_of), rows, today=timezone.localdate())


def text(client: Client, name: str, **query: str) -> str:
    response: Any = client.get(reverse(name), query)
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.django_db
def test_rejected_entries_lie_by_message_the_most_dollars_first() -> None:
    until = timezone.localdate() + timedelta(days=5)
    small = EntryFactory.create(ieepa_duty=Decimal(10), liquidation_date=until - timedelta(days=80))
    large, both = EntryFactory.create(ieepa_duty=Decimal(500)), EntryFactory.create(ieepa_duty=Decimal(100))
    silent = EntryFactory.create(ieepa_duty=Decimal(1))
    rejected(small, "INVALID HTS 99030125")
    rejected(large, "SOMETHING NEW")
    rejected(both, "INVALID HTS", "PROTEST ON ENTRY")
    rejected(silent, "")
    answer = piles()
    found = answer.piles
    assert answer.entries == 4, "each entry counts once"
    assert [pile.entries for pile in found] == [1, 2, 1, 1]
    assert [(pile.text, [entry.number for entry in pile.shown], pile.duty) for pile in found] == [
        ("SOMETHING NEW", [large.number], 500),
        ("INVALID HTS", [small.number, both.number], 110),
        ("PROTEST ON ENTRY", [both.number], 100),
        ("", [silent.number], 1),
    ]
    assert [pile.message is None for pile in found] == [True, False, False, True]
    assert found[1].act_until == until


@pytest.mark.django_db
def test_only_the_newest_answer_is_worked_on() -> None:
    again, done = EntryFactory.create(), EntryFactory.create()
    rejected(again, "INVALID HTS")
    rejected(again, "PROTEST ON ENTRY", as_of=DAY + timedelta(days=9))
    rejected(done, "INVALID HTS")
    accepted = ResultRow(2, done.number, "C2", ClaimStatus.ACCEPTED, "Accepted", "")
    report = ReportFactory.create(format="cape_result", as_of=DAY + timedelta(days=9))
    store_results(report, [accepted], today=timezone.localdate())
    assert [pile.text for pile in piles().piles] == ["PROTEST ON ENTRY"]


@pytest.mark.django_db
def test_that_it_was_claimed_already_counts_only_when_nothing_else_was_said() -> None:
    other, alone = EntryFactory.create(), EntryFactory.create()
    rejected(other, "INVALID HTS", "DUPLICATE ENTRY")
    rejected(other, "DUPLICATE ENTRY NUMBER", as_of=DAY + timedelta(days=9))
    rejected(alone, "DUPLICATE ENTRY")
    lying = {pile.text: [entry.number for entry in pile.shown] for pile in piles().piles}
    assert lying == {"INVALID HTS": [other.number], "DUPLICATE ENTRY": [alone.number]}


@pytest.mark.django_db
def test_the_most_urgent_are_shown_whatever_ace_adds_to_the_message() -> None:
    days = [timezone.localdate() - timedelta(days=past) for past in (20, 70, 45, 60)]
    lot = [EntryFactory.create(liquidation_date=day, ieepa_duty=Decimal(10)) for day in days]
    for place, entry in enumerate(lot):
        rejected(entry, f"INVALID HTS {place % 2}", f"INVALID HTS {place % 3}")
    late = EntryFactory.create(ieepa_duty=Decimal(99))
    rejected(late, "INVALID HTS")
    [pile] = piles().piles
    urgent = [lot[1], lot[3], lot[2], lot[0], late]
    assert (pile.entries, pile.duty, pile.act_until) == (5, 139, days[1] + timedelta(days=80))
    assert [entry.number for entry in pile.shown] == [entry.number for entry in urgent]


def test_of_many_the_first_are_shown_and_all_are_counted(as_staff: Client, django_assert_max_num_queries: Any) -> None:
    importer = ImporterFactory.create()
    lot = [EntryFactory.create(importer=importer, ieepa_duty=Decimal(n + 1)) for n in range(SHOWN + 2)]
    for entry in lot:
        rejected(entry, "INVALID HTS")
    with django_assert_max_num_queries(1):
        found = piles()
    assert (found.entries, found.piles[0].entries, found.piles[0].duty) == (SHOWN + 2, SHOWN + 2, 253)
    assert [entry.number for entry in found.piles[0].shown] == [entry.number for entry in reversed(lot[2:])]
    page = text(as_staff, FIX)
    for said in ("$253.00 in 22 entries", "22 entries are rejected", "and 2 more"):
        assert said in page
    assert lot[0].canonical not in page


def test_the_list_to_fix_says_what_it_means_who_must_act_and_how_long_there_is(as_staff: Client) -> None:
    rejected(EntryFactory.create(ieepa_duty=Decimal("1234.50")), "ENTRY ON DRAWBACK", "<b>NEW</b>")
    page = text(as_staff, FIX)
    for part in (
        "claimed back as drawback",
        "A customs lawyer",
        "1,234.50",
        "unknown message",
        "&lt;B&gt;NEW&lt;/B&gt;",
    ):
        assert part.casefold() in page.casefold(), part


def test_results_are_found_by_message_and_by_status(as_staff: Client) -> None:
    known, unknown = EntryFactory.create(), EntryFactory.create()
    rejected(known, "INVALID HTS 99030125")
    rejected(unknown, "SOMETHING NEW")
    page = text(as_staff, RESULTS, message="INVALID HTS", status="rejected")
    assert known.canonical in page
    assert unknown.canonical not in page
    page = text(as_staff, RESULTS, message="unknown")
    assert unknown.canonical in page
    assert known.canonical not in page
    assert known.canonical not in text(as_staff, RESULTS, status="accepted")


def test_a_result_of_an_unknown_entry_is_listed(as_staff: Client) -> None:
    row = ResultRow(2, "B7603245278", "C1", ClaimStatus.ACCEPTED, "Accepted", "")
    store_results(ReportFactory.create(format="cape_result"), [row], today=timezone.localdate())
    page = text(as_staff, RESULTS)
    assert "B76-0324527-8" in page
    assert "entry not known here" in page


def test_rejected_refunds_say_whose_and_what_to_do(as_staff: Client) -> None:
    importer = ImporterFactory.create(number_text="12-3456789")
    rows = [
        RejectedRow(row, parse_importer_number(number), "", Decimal("77.10"), DAY, "R03 No account")
        for row, number in ((2, "12-3456789"), (3, "123-45-6789"))
    ]
    store_rejected(ReportFactory.create(format="rev613"), rows)
    page = text(as_staff, "admin:refunds_rejectedrefund_changelist")
    for part in (importer.name, "77.10", "R03 No account", "could not pay by ACH", "ending 6789"):
        assert part in page, part
    assert "45-6789" not in page
    assert importer.name not in text(as_staff, "admin:refunds_rejectedrefund_changelist", known="no")


@pytest.mark.parametrize("spelling", ["{0}", "{1}", " {1} "])
def test_an_entry_number_is_found_in_any_spelling(as_staff: Client, spelling: str) -> None:
    wanted, other = EntryFactory.create(), EntryFactory.create()
    for entry in (wanted, other):
        rejected(entry, "")
        rows = [RejectedRow(2, parse_importer_number("12-3456789"), entry.number, Decimal(1), None, "")]
        store_rejected(ReportFactory.create(format="rev613"), rows)
    query = {"q": spelling.format(wanted.number, wanted.canonical)}
    for name in (RESULTS, "admin:refunds_rejectedrefund_changelist"):
        page = text(as_staff, name, **query)
        assert wanted.canonical in page
        assert other.canonical not in page


def test_what_cbp_says_is_marked_as_english_and_what_we_say_is_not(as_staff: Client) -> None:
    rejected(EntryFactory.create(), "INVALID HTS")
    rejected(EntryFactory.create(), "")
    assert '<span lang="en">INVALID HTS</span>' in text(as_staff, RESULTS)
    page = text(as_staff, FIX)
    assert '<span lang="en">INVALID HTS</span>' in page
    assert "<span>Rejected without a reason</span>" in page
