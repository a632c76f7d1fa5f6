"""The morning's first page: right, quick, and the same number of questions to the database for any number of rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from importers.admin import dashboard
from importers.admin.dashboard import SHOWN
from importers.domain.facts import Document
from importers.models import Campaign, ImporterOfRecord, MailKind, MailState, Notification, Readiness, User
from importers.services import filings, steps
from tests import walkthrough
from tests.factories import CampaignFactory, ImporterFactory, NotificationFactory, OfficerFactory

QUERIES = 13  # the budget is 12, and one that asks whether there is money to tell of
INDEX = "/admin/"


@pytest.fixture
def problem(staff: User) -> ImporterOfRecord:
    """Form 5106 names somebody else than the officer."""
    importer: ImporterOfRecord = ImporterFactory.create(name="Kystens Kaffe ApS")
    OfficerFactory.create(importer=importer)
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@elsewhere.example")
    return importer


def waiting_for_us(name: str, days: int) -> ImporterOfRecord:
    importer: ImporterOfRecord = ImporterFactory.create(name=name)
    Readiness.objects.filter(importer=importer).update(
        stage="waiting_broker",
        who="broker",
        blocker="form-5106",
        changed_at=timezone.now() - timedelta(days=days),
    )
    return importer


def context(client: Client, query: str = "") -> dict[str, Any]:
    return client.get(INDEX + query).context


def test_counts_link_to_the_filtered_list(as_staff: Client, problem: ImporterOfRecord) -> None:
    ImporterFactory.create_batch(2)
    stages = {s.words: s for s in context(as_staff)["stages"]}
    assert stages["There is a problem"].number == 1
    assert stages["Not invited"].number == 2
    assert stages["Ready"].number == 0
    listed = as_staff.get(stages["There is a problem"].link)
    assert [row.pk for row in listed.context["cl"].result_list] == [problem.pk]


def test_a_problem_is_told_in_the_rules_own_words(as_staff: Client, problem: ImporterOfRecord) -> None:
    page = as_staff.get(INDEX).content.decode()
    assert "elsewhere.example stands in Form 5106" in page
    assert reverse("admin:importers_importerofrecord_change", args=[problem.pk]) in page


def test_your_turn_has_the_longest_waiting_first(as_staff: Client) -> None:
    for name, days in (("B", 2), ("A", 9), ("C", 1)):
        waiting_for_us(name, days)
    page = context(as_staff)
    assert [line.importer.name for line in page["turn"]] == ["A", "B", "C"]
    assert page["turn_count"] == 3


def test_a_problem_is_told_once_to_those_who_put_it_right(as_staff: Client, problem: ImporterOfRecord) -> None:
    """Form 5106 is ours to correct; what the importer must correct stands apart."""
    waiting_for_us("B", 2)
    other = ImporterFactory.create(name="Theirs")
    Readiness.objects.filter(importer=other).update(stage="problem", who="importer", blocker="officer")
    page = context(as_staff)
    assert [line.importer.name for line in page["turn"]] == ["Kystens Kaffe ApS", "B"]
    assert [line.is_wrong for line in page["turn"]] == [True, False]
    assert [line.importer.pk for line in page["problems"]] == [other.pk]
    assert (page["turn_count"], page["turn_wrong"], page["problem_count"]) == (2, 1, 1)


def test_the_numbers_and_their_links_agree(as_staff: Client, problem: ImporterOfRecord) -> None:
    waiting_for_us("B", 2)
    other = ImporterFactory.create(name="Theirs")
    Readiness.objects.filter(importer=other).update(stage="problem", who="cbp", blocker="form-5106")
    page = context(as_staff)
    for name in ("turn", "problem"):
        assert as_staff.get(page[f"{name}_link"]).context["cl"].result_count == page[f"{name}_count"]


def test_only_mine(as_staff: Client, staff: User) -> None:
    mine, _other = waiting_for_us("Mine", 1), waiting_for_us("Other", 1)
    ImporterOfRecord.objects.filter(pk=mine.pk).update(assigned_to=staff)
    page = context(as_staff, "?whose=mine")
    assert [line.importer.name for line in page["turn"]] == ["Mine"]
    assert page["total"] == 1
    assert "assigned=me" in page["turn_link"]


def test_a_deed_changes_the_dashboard(as_staff: Client, problem: ImporterOfRecord) -> None:
    as_staff.post(reverse("admin:importers_deed", args=[problem.pk, "correct-form-5106"]))
    page = context(as_staff)
    assert page["problems"] == []


def test_failed_mails_are_shown(as_staff: Client) -> None:
    NotificationFactory.create(state=MailState.FAILED, answer="550 no such mailbox")
    assert "550 no such mailbox" in as_staff.get(INDEX).content.decode()


def test_a_deadline_ahead_tells_the_days_and_the_next_reminder(as_staff: Client) -> None:
    CampaignFactory.create(deadline=timezone.localdate() + timedelta(days=30))
    deadline = next(d for d in context(as_staff)["deadlines"] if not d.is_past)
    assert deadline.left in ("30 days left", "29 days left", "31 days left")
    assert deadline.slot == "T-28"


def test_a_deadline_past_is_said_plainly(as_staff: Client) -> None:
    Campaign.objects.all().delete()
    CampaignFactory.create(deadline=timezone.localdate() - timedelta(days=3))
    page = as_staff.get(INDEX).content.decode()
    assert "past: late, not lost" in page
    assert "Importers can finish later too" in page


def test_without_any_importer_it_says_how_to_begin(as_staff: Client) -> None:
    page = as_staff.get(INDEX).content.decode()
    assert "Load a client list to begin" in page
    assert reverse("admin:importers_roster") in page


@pytest.mark.parametrize("rows", [0, 3, 40])
def test_the_number_of_queries_does_not_grow(
    rows: int, as_staff: Client, staff: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        importer = waiting_for_us(f"Importer {n}", n)
        OfficerFactory.create(importer=importer)
        NotificationFactory.create(importer=importer, state=MailState.FAILED)
    if rows == 3:
        for importer in ImporterOfRecord.objects.all():
            walkthrough.declared(importer, staff)
    as_staff.get(INDEX)  # once an hour it is written down that the session is in use
    with django_assert_max_num_queries(QUERIES):
        as_staff.get(INDEX)


def test_a_declaration_is_told_at_once_by_mail_and_here(as_staff: Client, staff: User) -> None:
    importer = ImporterFactory.create(name="Nordlys Cykler ApS", assigned_to=staff)
    who = walkthrough.declared(importer, staff)
    assert Notification.objects.filter(kind=MailKind.DECLARED, to_email=staff.email).count() == 1
    (line,) = context(as_staff)["declared"]
    assert (line.importer, line.who) == (importer, str(who))
    assert line.at == importer.attestations.get().declared_at
    page = as_staff.get(INDEX).content.decode()
    assert "Declared, not checked yet" in page
    assert f"Declared by {who}, " in page


def test_a_declaration_shows_before_form_5106_was_read_and_whoever_must_act(as_staff: Client, staff: User) -> None:
    importer = ImporterFactory.create()
    walkthrough.declared(importer, staff)
    importer.filed_contacts.filter(document=Document.FORM_5106).update(name="Lars Holm")
    Readiness.objects.filter(importer=importer).update(stage="problem", who="cbp", blocker="form-5106")
    page = context(as_staff)
    assert [line.importer for line in page["declared"]] == [importer]
    assert [line.importer for line in page["problems"]] == [importer]


def test_what_was_checked_or_sent_back_or_changed_since_waits_no_more(as_staff: Client, staff: User) -> None:
    checked, returned, changed, open_to_us = (ImporterFactory.create() for _n in range(4))
    walkthrough.ready(checked, staff)
    walkthrough.declared(returned, staff)
    filings.send_back(returned, by=staff, digest=walkthrough.digest(returned), note="The phone number is wrong.")
    who = walkthrough.declared(changed, staff)
    steps.confirm_company(changed, by=who, city="Ribe")
    walkthrough.declared(open_to_us, staff)
    assert [line.importer for line in context(as_staff)["declared"]] == [open_to_us]


def test_declarations_whose_answers_changed_hide_no_other(as_staff: Client, staff: User) -> None:
    for n in range(SHOWN):
        changed = ImporterFactory.create()
        who = walkthrough.declared(changed, staff)
        steps.confirm_company(changed, by=who, city="Ribe")
        if n % 2:  # as if the step were another one
            Readiness.objects.filter(importer=changed).update(importer_step="company")
    waiting = ImporterFactory.create()
    walkthrough.declared(waiting, staff)
    page = context(as_staff)
    assert [line.importer for line in page["declared"]] == [waiting]
    assert page["declared_count"] == 1


def test_the_rest_of_the_declarations_is_one_link_away(
    as_staff: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "SHOWN", 1)
    for name in ("First", "Second"):
        walkthrough.declared(ImporterFactory.create(name=name), staff)
    changed = ImporterFactory.create(name="Changed")
    steps.confirm_company(changed, by=walkthrough.declared(changed, staff), city="Ribe")
    page = context(as_staff)
    assert [line.importer.name for line in page["declared"]] == ["First"]
    link = page["declared_link"]
    assert f'href="{link}"' in as_staff.get(INDEX).content.decode().replace("&amp;", "&")
    listed = as_staff.get(link).context["cl"].queryset
    assert {row.name for row in listed} == {"First", "Second"}


def test_only_my_declarations_and_the_oldest_first(as_staff: Client, staff: User) -> None:
    first, second = (ImporterFactory.create(assigned_to=staff) for _n in range(2))
    other = ImporterFactory.create()
    for importer in (second, first, other):
        walkthrough.declared(importer, staff)
    first.attestations.update(declared_at=timezone.now() - timedelta(days=3))
    assert [line.importer for line in context(as_staff)["declared"]] == [first, second, other]
    assert [line.importer for line in context(as_staff, "?whose=mine")["declared"]] == [first, second]


def test_declarations_push_nobody_into_the_lists_of_others(as_staff: Client, staff: User) -> None:
    """They are read in one go, and each list shows its own."""
    for n in range(SHOWN + 2):
        waiting_for_us(f"Importer {n:02}", 30 - n)
    importer = ImporterFactory.create(name="Declared")
    walkthrough.declared(importer, staff)
    page = context(as_staff)
    assert [line.importer.name for line in page["turn"]] == [f"Importer {n:02}" for n in range(SHOWN)]
    assert page["problems"] == []
