"""Many importers at once: asked first, and told afterwards who was left out and why."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from importers.admin import actions
from importers.admin.actions import BulkActions
from importers.models import ImporterOfRecord, MailKind, Notification, User
from tests.factories import ImporterFactory, StaffFactory
from tests.served_forms import served

LIST = "/admin/importers/importerofrecord/"


def ask(client: Client, action: str, rows: list[ImporterOfRecord], **data: Any) -> HttpResponse:
    return client.post(LIST, {"action": action, "_selected_action": [r.pk for r in rows], **data}, follow=True)  # type: ignore[return-value]


def act(client: Client, action: str, rows: list[ImporterOfRecord], **typed: Any) -> HttpResponse:
    """Asks, and answers the question with the form that was served."""
    question = served(ask(client, action, rows), action=action)
    return client.post(LIST, question | typed, follow=True)  # type: ignore[return-value]


@pytest.fixture
def rows(staff: User) -> list[ImporterOfRecord]:
    colleague = StaffFactory.create(email="colleague@broker.example")
    return [
        ImporterFactory.create(name="With"),
        ImporterFactory.create(name="Without", contact_email=""),
        ImporterFactory.create(name="Ours", contact_email=colleague.email),
    ]


@pytest.fixture
def other(rows: list[ImporterOfRecord]) -> ImporterOfRecord:
    """On the list, and not ticked."""
    return ImporterFactory.create(name="Not ticked")


def test_inviting_asks_first(as_staff: Client, rows: list[ImporterOfRecord]) -> None:
    page = ask(as_staff, "invite_selected", rows).content.decode()
    assert "Write to 2 importers?" in page
    assert "Left out, for want of an e-mail: Without." in page
    assert rows[0].contact_email in page
    assert not Notification.objects.exists()


def test_inviting_tells_who_was_left_out(
    as_staff: Client, rows: list[ImporterOfRecord], other: ImporterOfRecord
) -> None:
    page = act(as_staff, "invite_selected", rows).content.decode()
    assert "1 invitation is on its way." in page
    assert "one of our own people: Ours." in page
    assert Notification.objects.get(kind=MailKind.INVITATION).importer == rows[0]
    other.refresh_from_db()
    assert other.invited_at is None


def test_those_invited_before_are_counted(as_staff: Client, rows: list[ImporterOfRecord]) -> None:
    act(as_staff, "invite_selected", rows[:1])
    page = ask(as_staff, "invite_selected", rows[:1]).content.decode()
    assert "1 of them was invited before and gets a new mail." in page


def test_assigning(as_staff: Client, staff: User, rows: list[ImporterOfRecord], other: ImporterOfRecord) -> None:
    assert "Whose cases are these?" in ask(as_staff, "assign_selected", rows).content.decode()
    act(as_staff, "assign_selected", rows[:2], to=staff.pk)
    assert list(staff.assigned.order_by("pk")) == rows[:2]
    act(as_staff, "assign_selected", rows[:1], to="")
    assert list(staff.assigned.all()) == rows[1:2]


def test_nobody_of_an_importer_can_be_assigned(as_staff: Client, rows: list[ImporterOfRecord]) -> None:
    stranger = User.objects.for_email("mette@nordlys.example")
    act(as_staff, "assign_selected", rows, to=stranger.pk)
    assert not ImporterOfRecord.objects.filter(assigned_to__isnull=False).exists()


def test_pausing_and_going_on(as_staff: Client, rows: list[ImporterOfRecord], other: ImporterOfRecord) -> None:
    until = timezone.localdate() + timedelta(days=5)
    act(as_staff, "pause_selected", rows, until=until.isoformat(), reason="Agreed by phone")
    paused = ImporterOfRecord.objects.filter(paused_until=until, pause_reason="Agreed by phone")
    assert set(paused.all()) == {*rows}
    page = act(as_staff, "resume_selected", rows[:1]).content.decode()
    assert "1 importer gets reminders again." in page
    assert set(paused.all()) == {*rows[1:]}


def test_a_pause_without_a_reason_is_asked_again(as_staff: Client, rows: list[ImporterOfRecord]) -> None:
    page = act(as_staff, "pause_selected", rows, until="2027-01-01", reason="").content.decode()
    assert "This field is required." in page
    assert not ImporterOfRecord.objects.filter(paused_until__isnull=False).exists()


def test_nothing_is_deleted_by_the_list(as_staff: Client, rows: list[ImporterOfRecord]) -> None:
    ask(as_staff, "delete_selected", rows, post="yes")
    assert ImporterOfRecord.objects.count() == 3


@pytest.mark.parametrize("action", [action for action in BulkActions.actions if isinstance(action, str)])
def test_all_on_the_list_means_those_that_were_named(
    action: str, as_staff: Client, staff: User, rows: list[ImporterOfRecord]
) -> None:
    before = timezone.localdate() + timedelta(days=1)
    colleague = StaffFactory.create()
    page = ask(as_staff, action, rows[:1], select_across="1")
    late = ImporterFactory.create(name="Came later", paused_until=before, pause_reason="x", assigned_to=colleague)
    untouched = ImporterOfRecord.objects.filter(pk=late.pk).values().get()
    typed = {"until": "2999-01-01", "reason": "y", "to": staff.pk}
    answer = as_staff.post(LIST, served(page, action=action) | typed, follow=True)
    assert "success" in {message.level_tag for message in answer.context["messages"]}
    assert ImporterOfRecord.objects.filter(pk=late.pk).values().get() == untouched


def test_more_than_can_be_waited_for_are_left_for_the_next_time(
    as_staff: Client, rows: list[ImporterOfRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "INVITED_AT_ONCE", 1)
    page = ask(as_staff, "invite_selected", rows).content.decode()
    assert "Write to 1 importer?" in page
    assert "At most 1 go at once: the other 1 are left for the next time." in page
