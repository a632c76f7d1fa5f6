"""What staff see of refunds: on an importer's page, on the dashboard, on the list, in the lists of entries."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from importers.models import ImporterOfRecord, Readiness, User
from refunds.admin.entries import EntryAdmin
from refunds.domain.eligibility import ACCEPTED, Verdict
from refunds.models import Entry, Payment
from refunds.services import stakes
from tests.factories import EntryFactory, ImporterFactory

pytestmark = pytest.mark.django_db
ENTRIES = "/admin/refunds/entry/"
IMPORTERS = "/admin/importers/importerofrecord/"


def page_of(client: Client, importer: ImporterOfRecord) -> Any:
    return client.get(reverse("admin:importers_importerofrecord_change", args=[importer.pk]))


def with_money(name: str, duty: str, **fields: Any) -> ImporterOfRecord:
    importer: ImporterOfRecord = ImporterFactory.create(name=name)
    EntryFactory.create(importer=importer, ieepa_duty=Decimal(duty), **fields)
    stakes.refresh([importer.pk])
    return importer


# On the importer's page


def test_the_panel_names_the_link_that_stops_who_acts_and_the_dollars(as_staff: Client) -> None:
    importer = with_money("Nordlys", "1234.56")
    page = page_of(as_staff, importer)
    (_template, panel) = page.context["panels"][0]
    assert panel["stops"].title == "Contact on Form 5106"
    html = page.content.decode()
    for said in ("$1,234.56", "It stops at: <strong>Contact on Form 5106</strong>", "Stops here", "In place",
                 f'href="#{panel["stops"].step}"'):  # fmt: skip
        assert said in html


def test_the_panel_sums_entries_by_status_and_leads_to_each(as_staff: Client) -> None:
    importer = with_money("Nordlys", "100.00")
    EntryFactory.create(importer=importer, ieepa_duty=Decimal("40.00"), claim_status=ACCEPTED)
    EntryFactory.create(importer=importer, ieepa_duty=Decimal(0))
    (_template, panel) = page_of(as_staff, importer).context["panels"][0]
    assert [(line.words, line.count, line.amount, line.is_possible) for line in panel["verdicts"]] == [
        ("Can be claimed now", 1, Decimal("100.00"), True),
        ("Claimed, waiting for CBP", 1, Decimal("40.00"), True),
        ("No IEEPA duty", 1, Decimal("0.00"), False),
    ]
    for line in panel["verdicts"]:
        assert as_staff.get(line.link).context["cl"].result_count == line.count


def test_importers_never_see_it(as_staff: Client, client: Client) -> None:
    importer = with_money("Nordlys", "1234.56")
    user = User.objects.create_user("mette@nordlys.example")
    client.force_login(user)
    for address in (ENTRIES, "/admin/refunds/payment/", reverse("admin:refunds_expected", args=[importer.pk])):
        assert client.get(address).status_code == 404


# On the dashboard


def section(client: Client, query: str = "") -> Any:
    sections = client.get(f"/admin/{query}").context["sections"]
    return sections[0][1] if sections else None


def test_without_money_there_is_no_card(as_staff: Client) -> None:
    ImporterFactory.create()
    assert section(as_staff) is None


def test_what_is_lost_first_stands_first(as_staff: Client) -> None:
    today = timezone.localdate()
    for name, dollars, days in (("Much, later", 9000, 80), ("Less, sooner", 1000, 5), ("No date", 20000, None)):
        until = None if days is None else today + timedelta(days=days)
        Readiness.objects.filter(importer=ImporterFactory.create(name=name)).update(at_stake=dollars, act_until=until)
    found = section(as_staff)
    assert [line.importer.name for line in found["lines"]] == ["Less, sooner", "Much, later", "No date"]
    assert found["total"] == 30000
    html = as_staff.get("/admin/").content.decode()
    assert "Money that waits" in html
    assert "5 days left" in html
    assert "no deadline yet" in html


def test_totals_by_who_must_act_lead_to_those_importers(as_staff: Client) -> None:
    for who, stage, dollars in (("broker", "waiting_broker", 10), ("importer", "working", 20), ("", "ready", 40)):
        row = Readiness.objects.filter(importer=ImporterFactory.create())
        row.update(who=who, stage=stage, at_stake=dollars)
    found = section(as_staff)
    assert [(total.words, total.amount) for total in found["totals"]] == [
        ("The importer", 20), ("Us", 10), ("Set-up done: claims and payment", 40),
    ]  # fmt: skip
    for total in found["totals"]:
        assert as_staff.get(total.link).context["cl"].result_count == total.count


def test_only_mine(as_staff: Client) -> None:
    mine, other = with_money("Mine", "10.00"), with_money("Other", "20.00")
    ImporterOfRecord.objects.filter(pk=mine.pk).update(assigned_to=User.objects.get(name="Kirsten Holm"))
    found = section(as_staff, "?whose=mine")
    assert ([line.importer for line in found["lines"]], found["total"]) == ([mine], Decimal("10.00"))
    assert other.name in {line.importer.name for line in section(as_staff)["lines"]}


@pytest.mark.parametrize("rows", [1, 12])
def test_the_dashboards_queries_do_not_grow_with_the_money(
    rows: int, as_staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        with_money(f"Importer {n}", "10.00")
    as_staff.get("/admin/")
    with django_assert_max_num_queries(20):
        as_staff.get("/admin/")


# On the list of importers


def test_the_list_shows_and_sorts_and_filters_by_money(as_staff: Client) -> None:
    with_money("Little", "10.00")
    with_money("Much", "1234.56")
    ImporterFactory.create(name="Without")
    listed = as_staff.get(f"{IMPORTERS}?entries=money&o=-7")
    assert [row.name for row in listed.context["cl"].result_list] == ["Much", "Little"]
    assert "$1,234.56" in listed.content.decode()
    none = as_staff.get(f"{IMPORTERS}?entries=none").context["cl"].result_list
    assert [row.name for row in none] == ["Without"]


# Entries


@pytest.fixture
def entry() -> Entry:
    row: Entry = EntryFactory.create(serial=1234567, ieepa_duty=Decimal("1234.56"), liquidation_date=date(2026, 6, 5))
    return row


@pytest.mark.parametrize("spelling", ["{canonical}", "{compact}", " b76 1234567 ", "B76-1234", "b761234567"])
def test_an_entry_is_found_in_any_spelling(as_staff: Client, entry: Entry, spelling: str) -> None:
    EntryFactory.create(serial=7654321)
    term = spelling.format(canonical=entry.canonical, compact=entry.number)
    listed = as_staff.get(ENTRIES, {"q": term})
    assert list(listed.context["cl"].result_list) == [entry]


def test_an_entry_is_found_by_a_part_of_its_number(as_staff: Client, entry: Entry) -> None:
    EntryFactory.create()
    listed = as_staff.get(ENTRIES, {"q": entry.number[3:10]})
    assert list(listed.context["cl"].result_list) == [entry]


def test_entries_are_found_by_company_and_by_the_name_in_the_report(as_staff: Client, entry: Entry) -> None:
    aside = EntryFactory.create(importer_name="Kystens Kaffe")
    Entry.objects.filter(pk=aside.pk).update(importer=None)
    assert entry.importer is not None
    for term, found in ((entry.importer.name, entry), ("kystens", aside)):
        assert list(as_staff.get(ENTRIES, {"q": term}).context["cl"].result_list) == [found]


def test_the_list_sums_what_it_shows(as_staff: Client, entry: Entry) -> None:
    EntryFactory.create(ieepa_duty=Decimal("1.00"))
    assert "$1,235.56" in as_staff.get(ENTRIES).content.decode()
    listed = as_staff.get(ENTRIES, {"importer": str(entry.importer_id)})
    assert listed.context["cl"].paginator.totals == {"n": 1, "duty": Decimal("1234.56")}


def test_the_entries_of_one_importer_stand_by_their_date_and_the_others_by_when_they_came(
    as_staff: Client, entry: Entry
) -> None:
    newer, older = (
        EntryFactory.create(importer=entry.importer, entry_date=entry.entry_date + timedelta(days=days))
        for days in (10, -10)
    )
    assert list(as_staff.get(ENTRIES).context["cl"].result_list) == [older, newer, entry]
    narrowed = as_staff.get(ENTRIES, {"importer": str(entry.importer_id)})
    assert list(narrowed.context["cl"].result_list) == [newer, entry, older]


def test_only_keys_are_sorted(as_staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole rows are read of one page only, and stand as they were sorted."""
    monkeypatch.setattr(EntryAdmin, "list_per_page", 2)
    for duty in ("3.00", "1.00", "4.00", "2.00", "5.00"):
        EntryFactory.create(ieepa_duty=Decimal(duty))
    with CaptureQueriesContext(connection) as queries:
        listed = as_staff.get(ENTRIES, {"o": "6", "p": "2"})
    assert [entry.ieepa_duty for entry in listed.context["cl"].result_list] == [Decimal("3.00"), Decimal("4.00")]
    sorted_ones = [one["sql"] for one in queries if "LIMIT 2 OFFSET 2" in one["sql"]]
    assert len(sorted_ones) == 1
    assert "importer_name" not in sorted_ones[0]


def test_entries_can_be_narrowed_down(as_staff: Client, entry: Entry) -> None:
    nothing = EntryFactory.create(ieepa_duty=Decimal(0))
    Entry.objects.filter(pk=nothing.pk).update(importer=None)

    def listed(**query: str) -> list[Entry]:
        return list(as_staff.get(ENTRIES, query).context["cl"].result_list)

    assert listed(verdict="possible") == listed(roster="yes") == [entry]
    assert listed(verdict="no_duty") == listed(roster="no") == [nothing]


def test_the_page_of_an_entry_names_the_rule_its_source_and_the_clocks(as_staff: Client, entry: Entry) -> None:
    html = as_staff.get(f"{ENTRIES}{entry.pk}/change/").content.decode()
    for said in (entry.canonical, "$1,234.56", "Source:", "CAPE takes it until", "24 August 2026", "2 December 2026"):
        assert said in html
    assert as_staff.post(f"{ENTRIES}{entry.pk}/change/").status_code == 404
    assert as_staff.get(f"{ENTRIES}0/change/").status_code == 404
    assert as_staff.get(f"{ENTRIES}{entry.pk}/history/").status_code == 200


def test_the_page_of_an_entry_shows_no_keys(as_staff: Client, entry: Entry) -> None:
    Entry.objects.filter(pk=entry.pk).update(
        verdict="eligible", verdict_rule="phase-1", liquidation_status="Liquidated"
    )
    html = as_staff.get(f"{ENTRIES}{entry.pk}/change/").content.decode()
    assert "by the rules as shipped" in html
    assert "(phase 1)" in html
    assert "phase-1" not in html
    assert '<dd lang="en">Liquidated</dd>' in html


def test_the_history_of_an_entry_is_told_in_words_from_its_first_change_on(as_staff: Client, entry: Entry) -> None:
    def history() -> str:
        return as_staff.get(f"{ENTRIES}{entry.pk}/history/").content.decode()

    assert "Nothing was changed yet" in history()
    Entry.objects.filter(pk=entry.pk).update(
        verdict="rejected", verdict_rule="phase-2", claim_status="rejected", act_until=date(2026, 12, 24)
    )
    told = history()
    for said in (f"<del>{entry.get_verdict_display()}</del>", "<ins>CAPE, phase 2</ins>", "<ins>Rejected</ins>",
                 "<ins>24 December 2026</ins>"):  # fmt: skip
        assert said in told
    assert "phase-2" not in told


def test_a_rejected_entry_leads_to_what_to_fix(as_staff: Client, entry: Entry) -> None:
    def content() -> str:
        text = as_staff.get(f"{ENTRIES}{entry.pk}/change/").content.decode()
        return text[text.index('id="content"') :]

    link = f'href="{reverse("admin:refunds_fix_and_refile")}"'
    assert link not in content()
    Entry.objects.filter(pk=entry.pk).update(verdict=Verdict.REJECTED)
    assert link in content()


def test_kept_aside_is_grouped_by_number_and_masks_a_social_security_number(as_staff: Client) -> None:
    suffix = ImporterFactory.create(name="Same EIN A/S", number_text="12-345678900")
    joined = ImporterFactory.create(number_text="12-345678901")
    person = ImporterFactory.create(number_text="123-45-6789")
    for importer, duty in ((joined, "10.00"), (joined, "20.00"), (person, "5.00")):
        EntryFactory.create(importer=importer, ieepa_duty=Decimal(duty), importer_name="As reported")
    Entry.objects.update(importer=None)
    ImporterOfRecord.objects.filter(pk__in=[joined.pk, person.pk]).delete()
    page = as_staff.get(reverse("admin:refunds_kept_aside"))
    assert [(row.number, row.entries, row.duty, row.same_ein) for row in page.context["rows"]] == [
        ("12-345678901", 2, Decimal("30.00"), (suffix,)),
        ("•••-••-6789", 1, Decimal("5.00"), ()),
    ]
    html = page.content.decode()
    assert "Same EIN A/S" in html
    assert "123-45-6789" not in html


# Payments


def test_a_payment_is_recorded_and_told(as_staff: Client) -> None:
    importer = with_money("Nordlys", "100.00", claim_status=ACCEPTED, liquidation_date=date(2026, 6, 5))
    address = reverse("admin:refunds_expected", args=[importer.pk])
    assert "not paid yet" in as_staff.get(address).content.decode()
    data = {"paid_on": "2026-08-01", "liquidation_date": "2026-06-05", "amount": "104.20", "interest": "4.20"}
    told = as_staff.post(address, data, follow=True).content.decode()
    assert "Recorded: $104.20." in told
    assert Payment.objects.get().importer == importer
    assert Entry.objects.get().paid_on == date(2026, 8, 1)
    listed = as_staff.get("/admin/refunds/payment/").content.decode()
    assert all(part in listed for part in ("$104.20", "1 August 2026", "5 June 2026"))


@pytest.mark.parametrize(("day", "told"), [("2026-06-05", False), ("2026-06-06", True), ("", False)])
def test_a_payment_for_a_day_without_claimed_entries_is_pointed_out(as_staff: Client, day: str, told: bool) -> None:
    importer = with_money("Nordlys", "100.00", claim_status=ACCEPTED, liquidation_date=date(2026, 6, 5))
    address = reverse("admin:refunds_expected", args=[importer.pk])
    data = {"paid_on": "2026-08-01", "liquidation_date": day, "amount": "104.20"}
    page = as_staff.post(address, data, follow=True).content.decode()
    assert "Recorded: $104.20." in page
    assert ("No claimed entry was liquidated on that day." in page) == told


def test_an_amount_is_typed_as_it_is_shown(as_staff: Client) -> None:
    importer = with_money("Nordlys", "3020.64")
    address = reverse("admin:refunds_expected", args=[importer.pk])
    refused = as_staff.post(address, {"paid_on": "2026-08-01", "amount": "much", "interest": "0,5"}).content.decode()
    assert "Write the amount in dollars and cents" in refused
    as_staff.post(address, {"paid_on": "2026-08-01", "amount": "3.020,64", "interest": "$0.50"})
    assert Payment.objects.values_list("amount", "interest").get() == (Decimal("3020.64"), Decimal("0.50"))


def test_a_payment_is_recorded_once_unless_it_is_another_and_can_be_taken_back(as_staff: Client) -> None:
    importer = with_money("Nordlys", "100.00", claim_status=ACCEPTED, liquidation_date=date(2026, 6, 5))
    address = reverse("admin:refunds_expected", args=[importer.pk])
    data = {"paid_on": "2026-08-01", "liquidation_date": "2026-06-05", "amount": "104.20"}
    as_staff.post(address, data)
    assert "recorded already" in as_staff.post(address, data).content.decode()
    as_staff.post(address, data | {"is_another": "on"})
    assert Payment.objects.count() == 2
    for payment in Payment.objects.all():
        back = reverse("admin:refunds_payment_take_back", args=[payment.pk])
        assert back in as_staff.get(address).content.decode()
        as_staff.get(back)
        assert Payment.objects.filter(pk=payment.pk).exists(), "a link taken by mistake takes nothing back"
        as_staff.post(back)
    assert as_staff.post(back).status_code == 302
    assert (Payment.objects.count(), Entry.objects.get().paid_on) == (0, None)


def test_a_refused_payment_says_why_and_keeps_what_was_typed(as_staff: Client) -> None:
    importer = with_money("Nordlys", "100.00")
    address = reverse("admin:refunds_expected", args=[importer.pk])
    html = as_staff.post(address, {"paid_on": "2026-08-01", "amount": "104.20", "interest": "200"}).content.decode()
    assert "The interest is part of the amount" in html
    assert 'value="104.20"' in html
    assert Payment.objects.count() == 0


# The menu


@pytest.mark.parametrize(("name", "item", "leads_to"), [
    ("refunds_capefile_changelist", "refunds_capefile_changelist", ["refunds_cape_make", "refunds_cape_check"]),
    ("refunds_cape_make", "refunds_capefile_changelist", []),
    ("refunds_cape_check", "refunds_capefile_changelist", ["refunds_capefile_changelist"]),
    ("refunds_fix_and_refile", "refunds_fix_and_refile", ["refunds_claimresult_changelist"]),
    ("refunds_claimresult_changelist", "refunds_fix_and_refile", ["refunds_fix_and_refile"]),
])  # fmt: skip
def test_a_page_that_is_not_in_the_menu_is_reached_from_the_one_that_is(
    as_staff: Client, name: str, item: str, leads_to: list[str]
) -> None:
    page = as_staff.get(reverse(f"admin:{name}"))
    items = [one for group in page.context["sidebar_navigation"] for one in group["items"]]
    assert [one["link"] for one in items if one["active"]] == [reverse(f"admin:{item}")]
    for other in leads_to:
        assert f'href="{reverse(f"admin:{other}")}"' in page.content.decode()


@pytest.mark.parametrize("table", ["entry", "payment", "pack", "report", "ruleversion"])
@pytest.mark.parametrize("key", ["9" * 5000, "9" * 30, "x", "0"])
def test_what_is_no_key_in_the_address_is_not_found(table: str, key: str, as_staff: Client) -> None:
    assert as_staff.get(f"/admin/refunds/{table}/{key}/change/").status_code == 404
