"""What a client list does to the rows, against PostgreSQL."""

import threading
from typing import Any

import pytest
from django.db import connection, connections

from importers.domain.checklist import Status
from importers.domain.facts import ExistingAccount, Route
from importers.models import ACEAccount, ImporterAccess, ImporterOfRecord, PointOfContact, Readiness, User
from importers.services import roster, steps
from importers.services.invitations import invite
from importers.services.readiness import checklist_of, drift
from importers.services.roster import Outcome, read, save
from tests.factories import AccessFactory, ImporterFactory, StaffFactory, UserFactory
from tests.lists import csv_list, row

pytestmark = pytest.mark.django_db

HISTORY = ImporterOfRecord.history.rel.related_model  # type: ignore[attr-defined]


@pytest.fixture
def clerk() -> User:
    return StaffFactory(name="Kirsten Holm", email="kirsten@broker.example")


def load(by: User, *rows: dict[str, object], skip: bool = False) -> Outcome:
    return save(read("clients.csv", csv_list(*rows)), by=by, skip_bad_rows=skip)


def counts(outcome: Outcome) -> tuple[int, int, int]:
    return len(outcome.created), len(outcome.updated), outcome.unchanged


def only() -> ImporterOfRecord:
    return ImporterOfRecord.objects.get()


def warned(outcome: Outcome) -> list[str]:
    return [warning.code for warning in outcome.warnings]


FULL = row(
    Kind="CBP_ASSIGNED", Title="Direktør", Officer="yes", Phone="+45 99 28 78 17", Language="da", DDP="yes",
    Refund_route="form 4811", Already_enrolled="yes", Assigned_to="Kirsten Holm",
)  # fmt: skip


def test_a_full_row_becomes_an_importer_an_officer_and_an_answer(clerk: User) -> None:
    outcome = load(clerk, FULL)
    assert outcome.saved
    assert counts(outcome) == (1, 0, 0)
    importer = only()
    assert (importer.name, importer.number, importer.number_kind) == (
        "Nordlys Cykler ApS",
        "260101-12345",
        "CBP_ASSIGNED",
    )
    assert (importer.country, importer.language, importer.is_ddp, importer.route) == ("DK", "da", True, Route.FORM_4811)
    assert (importer.contact_phone, importer.assigned_to, importer.company_confirmed_at) == ("+4599287817", clerk, None)
    assert (importer.officer.email, importer.officer.title) == ("mette@nordlys.example", "Direktør")
    assert importer.officer.declared_at is None
    assert importer.ace_account.existing == ExistingAccount.ENROLLED
    assert importer.ace_account.answered_by == clerk


@pytest.mark.parametrize(
    ("country", "language", "expected"),
    [("DK", "", "da"), ("SE", "", "en"), ("DK", "en", "en"), ("US", "da", "da")],
)
def test_danes_are_written_to_in_danish_unless_the_list_says_otherwise(
    clerk: User, country: str, language: str, expected: str
) -> None:
    load(clerk, row(Country=country, Language=language))
    assert only().language == expected


def test_readiness_is_there_in_the_same_transaction(clerk: User) -> None:
    load(clerk, FULL, row(Importer_number="12-3456789"))
    assert Readiness.objects.count() == 2
    assert list(drift()) == []


def test_of_an_ssn_only_kind_last_digits_and_fingerprint_are_kept(clerk: User) -> None:
    load(clerk, row(Importer_number="219-09-9999"))
    importer = only()
    assert (importer.number, importer.number_last4, importer.number_kind) == ("", "9999", "SSN")
    listing = read("clients.csv", csv_list(row(Importer_number="219-09-9999")))
    assert "219-09" not in repr(listing)
    assert ImporterOfRecord.objects.by_number("219 09 9999", "SSN").get() == importer


def test_the_same_list_again_changes_nothing_and_writes_nothing(clerk: User) -> None:
    rows = [FULL, row(Importer_number="12-3456789"), row(Importer_number="219-09-9999", Officer="no")]
    load(clerk, *rows)
    before = HISTORY.objects.count()
    with connection.execute_wrapper(refuse_writes):
        outcome = load(clerk, *rows)
    assert counts(outcome) == (0, 0, 3)
    assert outcome.saved
    assert HISTORY.objects.count() == before


def refuse_writes(execute: Any, sql: str, *args: Any) -> Any:
    assert not str(sql).lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")), sql
    return execute(sql, *args)


def test_the_number_of_statements_does_not_grow_with_the_rows(clerk: User, django_assert_max_num_queries: Any) -> None:
    rows = [FULL | {"Importer number": f"260101-{n:05d}"} for n in range(60)]
    with django_assert_max_num_queries(25):
        load(clerk, *rows)


def test_while_one_row_is_wrong_nothing_is_saved(clerk: User) -> None:
    outcome = load(clerk, FULL, row(Importer_number="1234"))
    assert (outcome.saved, counts(outcome), len(outcome.errors)) == (False, (1, 0, 0), 1)
    assert not ImporterOfRecord.objects.exists()


def test_bad_rows_are_left_out_when_that_is_said(clerk: User) -> None:
    outcome = load(clerk, FULL, row(Importer_number="1234"), skip=True)
    assert (outcome.saved, counts(outcome), len(outcome.errors)) == (True, (1, 0, 0), 1)


def test_a_list_without_its_headings_is_not_saved_even_then(clerk: User) -> None:
    assert not save(read("x.csv", b"Company name,E-mail\nA,b@c.example\n"), by=clerk, skip_bad_rows=True).saved


def test_history_says_who_and_from_which_list(clerk: User) -> None:
    load(clerk, FULL)
    load(clerk, FULL | {"Phone": "+45 99 28 78 18"})
    rows = list(HISTORY.objects.order_by("pgh_id"))
    assert [r.pgh_label for r in rows] == ["insert", "update"]
    for r in rows:
        assert (r.pgh_context["who"], r.pgh_context["action"]) == ("Kirsten Holm", "client list clients.csv")


def test_an_empty_cell_and_a_missing_column_change_nothing(clerk: User) -> None:
    load(clerk, FULL)
    assert counts(load(clerk, row())) == (0, 0, 1)
    assert counts(load(clerk, dict.fromkeys(FULL, "") | row())) == (0, 0, 1)
    assert only().route == Route.FORM_4811


def test_what_changes_is_named_field_by_field(clerk: User) -> None:
    load(clerk, FULL)
    outcome = load(clerk, FULL | {"Company name": "Nordlys A/S", "DDP": "no"})
    assert outcome.updated[0].changes == [("name", "Nordlys Cykler ApS", "Nordlys A/S"), ("is_ddp", True, False)]
    assert only().name == "Nordlys A/S"
    assert list(drift()) == []


def test_another_spelling_of_the_same_is_no_change(clerk: User) -> None:
    importer = ImporterFactory(
        number_text="260101-12345", name="Nordlys", contact_email="Mette@Nordlys.example", contact_phone="99 28 78 17"
    )
    same = row(Company_name="Nordlys", Phone="+4599287817", Country="Danmark", Importer_number=importer.number)
    assert counts(load(clerk, same)) == (0, 0, 1)


def test_what_the_importer_confirmed_stays_and_is_said(clerk: User) -> None:
    load(clerk, FULL)
    who = UserFactory()
    steps.confirm_company(only(), by=who, name="Nordlys Cykler A/S", country="SE")
    outcome = load(clerk, FULL)
    assert (counts(outcome), warned(outcome)) == ((0, 0, 1), ["kept", "kept"])
    assert [w.column for w in outcome.warnings] == ["Company name", "Country"]
    assert (only().name, only().country) == ("Nordlys Cykler A/S", "SE")


def test_the_list_proposes_a_route_until_the_importer_has_chosen(clerk: User) -> None:
    load(clerk, FULL | {"Already enrolled": ""})
    assert checklist_of(only())["refund-route"].status is Status.NOT_STARTED
    assert counts(load(clerk, FULL | {"Refund route": "own account"})) == (0, 1, 0)
    steps.choose_route(only(), by=UserFactory(), route=Route.OWN_ACCOUNT)
    outcome = load(clerk, FULL)
    assert warned(outcome) == ["kept"]
    assert only().route == Route.OWN_ACCOUNT


def test_a_declared_officer_stays(clerk: User) -> None:
    load(clerk, row())
    steps.name_officer(
        only(), by=UserFactory(), name="Bo Bak", title="CEO", email="bo@n.example", phone="+4599287817", authorised=True
    )
    outcome = load(clerk, row(Officer="yes"))
    assert (counts(outcome), warned(outcome), only().officer.name) == ((0, 0, 1), ["kept"], "Bo Bak")


def test_an_officer_known_only_from_a_list_is_corrected_by_the_next(clerk: User) -> None:
    load(clerk, FULL)
    outcome = load(clerk, FULL | {"Contact name": "Mette Holm Sørensen", "E-mail": "mhs@nordlys.example"})
    assert (counts(outcome), warned(outcome)) == ((0, 1, 0), [])
    assert (only().officer.name, only().officer.email) == ("Mette Holm Sørensen", "mhs@nordlys.example")


def test_the_list_takes_no_officer_out(clerk: User) -> None:
    load(clerk, FULL)
    outcome = load(clerk, FULL | {"Officer": "no"})
    assert (counts(outcome), warned(outcome)) == ((0, 0, 1), ["kept"])
    assert PointOfContact.objects.count() == 1


def test_an_answer_that_was_given_stays(clerk: User) -> None:
    load(clerk, row())
    steps.answer_existing_account(only(), by=UserFactory(), answer=ExistingAccount.NO)
    outcome = load(clerk, row(Already_enrolled="yes"))
    assert (counts(outcome), warned(outcome)) == ((0, 0, 1), ["kept"])
    assert ACEAccount.objects.get().existing == ExistingAccount.NO


def test_not_enrolled_is_no_answer_to_whether_there_is_an_account(clerk: User) -> None:
    load(clerk, row(Already_enrolled="no"))
    assert not ACEAccount.objects.exists()


def test_a_former_contact_loses_access_and_the_new_one_counts_as_not_invited(clerk: User) -> None:
    load(clerk, row())
    invite([only()], by=clerk)
    outcome = load(clerk, row(E_mail="new@nordlys.example"))
    assert (counts(outcome), warned(outcome)) == ((0, 1, 0), ["access_revoked"])
    access = ImporterAccess.objects.get()
    assert (access.revoked_by, only().invited_at) == (clerk, None)
    assert Readiness.objects.get().stage == "not_invited"
    assert list(drift()) == []


def test_a_former_contact_who_is_the_officer_keeps_access(clerk: User) -> None:
    load(clerk, row())
    invite([only()], by=clerk)
    steps.name_officer(
        only(), by=clerk, name="Mette", title="CEO", email="mette@nordlys.example", phone="+4599287817", authorised=True
    )
    outcome = load(clerk, row(E_mail="new@nordlys.example"))
    assert warned(outcome) == ["access_kept"]
    assert ImporterAccess.objects.get().revoked_at is None


def test_others_of_the_importer_keep_access(clerk: User) -> None:
    load(clerk, row())
    invite([only()], by=clerk)
    other = AccessFactory(importer=only(), user=UserFactory(), granted_by=clerk)
    load(clerk, row(E_mail="new@nordlys.example"))
    other.refresh_from_db()
    assert other.revoked_at is None


def test_a_contact_from_the_brokers_own_house_is_said(clerk: User) -> None:
    assert warned(load(clerk, row(E_mail="kirsten@broker.example"))) == ["staff_email"]


def test_a_dry_run_says_the_same_and_writes_nothing(clerk: User) -> None:
    listing = read("clients.csv", csv_list(FULL))
    with connection.execute_wrapper(refuse_writes):
        outcome = roster.preview(listing, by=clerk)
    assert (outcome.saved, counts(outcome)) == (False, (1, 0, 0))


def test_when_history_or_readiness_fails_nothing_is_saved(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(ids: list[int]) -> None:
        raise RuntimeError

    monkeypatch.setattr(roster, "refresh", fail)
    with pytest.raises(RuntimeError):
        load(clerk, FULL)
    assert not ImporterOfRecord.objects.exists()


def test_one_added_by_hand_at_the_same_moment_saves_nothing_and_says_so(
    clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ImporterFactory(number_text="260101-12345")
    monkeypatch.setattr(roster, "_known", lambda fingerprints, lock: {})
    outcome = load(clerk, row(Importer_number="12-3456789"), row())
    assert (outcome.saved, outcome.errors[-1].code) == (False, "meanwhile")
    assert ImporterOfRecord.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["021000021.csv", "123-45-6789 kunder.xlsx", "konto DK5000400440116243.csv", "x" * 500, "a\r\nb.csv"]
)
def test_the_name_of_the_file_is_kept_only_as_far_as_it_may_be(name: str, clerk: User) -> None:
    listing = read(name, csv_list(row()))
    save(listing, by=clerk)
    (action,) = {event.pgh_context["action"] for event in HISTORY.objects.all()}
    for kept in (action, listing.file_name):
        assert sum(c.isdigit() for c in kept) <= 4
        assert kept.isprintable()
        assert len(kept) <= 120


def test_the_name_of_a_file_that_says_nothing_stays(clerk: User) -> None:
    assert read("Kunder 2026.xlsx", csv_list(row())).file_name == "Kunder 2026.xlsx"


def test_a_heading_is_kept_only_as_far_as_it_may_be() -> None:
    listing = read("clients.csv", csv_list(row(**{"routing 021000021": "x"})))
    assert listing.ignored == ["routing •••••••••"]


@pytest.mark.django_db(transaction=True)
def test_two_who_load_the_same_list_at_once_do_not_double_it() -> None:
    clerk = StaffFactory()
    data = csv_list(*(FULL | {"Importer number": f"260101-{n:05d}", "Assigned to": ""} for n in range(50)))
    start, outcomes = threading.Barrier(2), []

    def work() -> None:
        listing = read("clients.csv", data)
        start.wait()
        outcomes.append(save(listing, by=clerk))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts(outcome) for outcome in outcomes) == [(0, 0, 50), (50, 0, 0)]
    assert all(outcome.saved for outcome in outcomes)
    assert ImporterOfRecord.objects.count() == PointOfContact.objects.count() == 50


@pytest.mark.parametrize(("officer", "codes"), [("yes", ["shared_mailbox"]), ("", ["shared_mailbox"]), ("no", [])])
def test_a_shared_mailbox_is_noted_before_anybody_is_invited(clerk: User, officer: str, codes: list[str]) -> None:
    listed = row(Officer=officer, E_mail="info@nordlys.example")
    outcome = load(clerk, listed)
    assert outcome.saved
    assert warned(outcome) == codes
    assert warned(load(clerk, listed)) == []
