"""What staff see of the steps that officers sent, and how they end one."""

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.admin.history import history_page
from importers.models import Delegation, ImporterOfRecord, User
from importers.services import delegations
from importers.wording import plain_date
from tests import walkthrough
from tests.factories import ImporterFactory
from tests.served_forms import served

pytestmark = pytest.mark.django_db


@pytest.fixture
def importer() -> ImporterOfRecord:
    row: ImporterOfRecord = ImporterFactory.create(name="Nordlys Cykler ApS")
    return row


@pytest.fixture
def officer(importer: ImporterOfRecord, staff: User) -> User:
    return walkthrough.able_to_send(importer, staff)


def page(importer: ImporterOfRecord) -> str:
    return reverse("admin:importers_importerofrecord_change", args=[importer.pk])


def text(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response.content.decode()


def press(client: Client, importer: ImporterOfRecord, key: str) -> str:
    """The button as it was served."""
    form = served(client.get(page(importer)), to=f"/do/{key}/")  # type: ignore[arg-type]
    return text(client.post(reverse("admin:importers_deed", args=[importer.pk, key]), form, follow=True))  # type: ignore[arg-type]


def test_nothing_sent_shows_nothing(as_staff: Client, importer: ImporterOfRecord, officer: User) -> None:
    assert "Steps sent to colleagues" not in text(as_staff.get(page(importer)))  # type: ignore[arg-type]


def test_staff_see_who_has_which_step_until_when(as_staff: Client, importer: ImporterOfRecord, officer: User) -> None:
    walkthrough.sent(importer, officer, "ach-refund")
    seen = text(as_staff.get(page(importer)))  # type: ignore[arg-type]
    until = plain_date(timezone.localdate() + timedelta(days=14))
    for part in ("Set up ACH refunds: Jens Holm", "jens@nordlys.example", f"open until {until}", "never opened"):
        assert part in seen
    assert f"sent by Mette Sørensen on {plain_date(timezone.localdate())}" in seen


def test_staff_close_it_and_allow_it_again(as_staff: Client, importer: ImporterOfRecord, officer: User) -> None:
    colleague = walkthrough.sent(importer, officer, "ach-refund")
    client = Client()
    client.force_login(colleague)
    step = reverse("step", args=[importer.uuid, "ach-refund"])
    assert client.get(step).status_code == 200
    answer = press(as_staff, importer, "close-step")
    assert "Jens Holm can no longer open that step" in answer
    assert "closed by us" in answer
    assert client.get(step).status_code == 404
    assert "The officer can send Jens Holm a step again." in press(as_staff, importer, "allow-sending")
    assert "/do/allow-sending/" not in text(as_staff.get(page(importer)))  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["close-step", "allow-sending"])
def test_a_deed_that_was_done_already_is_told(
    as_staff: Client, importer: ImporterOfRecord, officer: User, staff: User, key: str
) -> None:
    walkthrough.sent(importer, officer, "ach-refund")
    sent = Delegation.objects.get()
    delegations.revoke(importer, sent.uuid, by=staff)
    delegations.lift(importer, sent.uuid, by=staff)
    answer = as_staff.post(reverse("admin:importers_deed", args=[importer.pk, key]), {"sent": sent.uuid}, follow=True)
    assert "Nothing was saved." in text(answer)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("ran out", "was open until"),
        ("taken back", "taken back by the officer"),
        ("officer changed", "closed, because who sent it is no longer the officer"),
    ],
)
def test_how_it_ended_is_told(
    as_staff: Client, importer: ImporterOfRecord, officer: User, staff: User, state: str, words: str
) -> None:
    walkthrough.sent(importer, officer, "ach-refund")
    sent, at = Delegation.objects.get(), timezone.now()
    match state:
        case "ran out":
            at = sent.expires_at
        case "taken back":
            delegations.revoke(importer, sent.uuid, by=officer)
        case "officer changed":
            importer.officer.delete()  # type: ignore[attr-defined]
    with time_machine.travel(at, tick=False):
        as_staff.force_login(staff)
        seen = text(as_staff.get(page(importer)))  # type: ignore[arg-type]
    assert words in seen
    assert "/do/close-step/" not in seen


@pytest.mark.django_db(transaction=True)  # the database's clock stands still inside a transaction
def test_the_history_tells_all_of_it_in_words(importer: ImporterOfRecord, officer: User, staff: User) -> None:
    walkthrough.sent(importer, officer, "ach-refund")
    delegations.revoke(importer, Delegation.objects.get().uuid, by=staff)
    closed, sent = history_page(importer, "1").object_list[:2]
    assert (closed.who, closed.action) == ("Kirsten Holm", "close a sent step")
    assert (sent.who, sent.action) == ("Mette Sørensen", "send step to a colleague")
    [row] = sent.touched
    changes = {change.label: change.after for change in row.changes}
    assert (row.what, row.deed) == ("step sent to a colleague", "added")
    told = (changes["step"], changes["colleague"], changes["name"])
    assert told == ("Set up ACH refunds", "jens@nordlys.example", "Jens Holm")
    assert "open until" in changes
    assert {"uuid", "granted by"}.isdisjoint(changes)
