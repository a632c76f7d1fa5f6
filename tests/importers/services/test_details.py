"""What the office keeps about an importer, and may take out again."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.models import ImporterOfRecord, MailKind, MailState, Notification, Readiness, User
from importers.services import details
from tests.factories import (
    AccessFactory,
    CampaignFactory,
    ImporterFactory,
    NotificationFactory,
    OfficerFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return StaffFactory.create()


@pytest.fixture
def importer() -> ImporterOfRecord:
    return ImporterFactory.create()


@pytest.mark.parametrize("time_zone", ["Copenhagen", "localtime", "Factory", "../etc"])
def test_a_time_zone_is_one_of_the_known(importer: ImporterOfRecord, staff: User, time_zone: str) -> None:
    with pytest.raises(RuleViolation, match="is no time zone"):
        details.edit_details(importer, by=staff, time_zone=time_zone)
    assert details.edit_details(importer, by=staff, time_zone="America/Los_Angeles") == ["time_zone"]
    assert details.edit_details(importer, by=staff, time_zone="") == ["time_zone"]


def test_only_what_differs_is_written(importer: ImporterOfRecord, staff: User) -> None:
    changed = details.edit_details(importer, by=staff, contact_name="Ida Sølund", language=importer.language)
    assert changed == ["contact_name"]
    importer.refresh_from_db()
    assert importer.contact_name == "Ida Sølund"


def test_what_rules_look_at_brings_the_projection_along(staff: User) -> None:
    importer = ImporterFactory.create(country="US")
    total = Readiness.objects.get(importer=importer).total
    details.edit_details(importer, by=staff, is_ddp=True)
    assert Readiness.objects.get(importer=importer).total > total


@pytest.mark.parametrize("field", ["number", "fingerprint", "route", "invited_at"])
def test_what_has_a_deed_of_its_own_is_not_edited_here(field: str, importer: ImporterOfRecord, staff: User) -> None:
    with pytest.raises(TypeError, match=field):
        details.edit_details(importer, by=staff, **{field: "x"})


def test_bank_details_are_refused_whole(importer: ImporterOfRecord, staff: User) -> None:
    with pytest.raises(RuleViolation):
        details.edit_details(importer, by=staff, contact_name="Ida", contact_title="IBAN DK50 0040 0440 1162 43")
    importer.refresh_from_db()
    assert importer.contact_name != "Ida"


def test_only_active_staff_are_assigned(importer: ImporterOfRecord, staff: User) -> None:
    for stranger in (UserFactory.create(), StaffFactory.create(is_active=False)):
        with pytest.raises(RuleViolation, match="own people"):
            details.assign([importer], by=staff, to=stranger)


def test_assigning_counts_those_who_changed_hands(staff: User) -> None:
    rows = [ImporterFactory.create(assigned_to=staff), ImporterFactory.create()]
    assert details.assign(rows, by=staff, to=staff) == 1
    assert details.assign(rows, by=staff, to=None) == 2
    assert details.assign(rows, by=staff, to=None) == 0


def test_a_pause_has_an_end_ahead_and_a_reason(importer: ImporterOfRecord, staff: User) -> None:
    today = timezone.localdate()
    for until, reason, code in ((today, " ", "reason"), (today - timedelta(days=1), "holiday", "past")):
        with pytest.raises(RuleViolation) as refused:
            details.pause([importer], by=staff, until=until, reason=reason)
        assert refused.value.code == code
    assert details.pause([importer], by=staff, until=today, reason=" holiday ") == 1
    importer.refresh_from_db()
    assert importer.pause_reason == "holiday"
    assert details.resume([importer], by=staff) == 1
    assert details.resume([importer], by=staff) == 0


def test_the_history_knows_who_did_it_for_many(staff: User) -> None:
    rows = [ImporterFactory.create(), ImporterFactory.create()]
    details.pause(rows, by=staff, until=timezone.localdate(), reason="holiday")
    for row in rows:
        event = row.history.order_by("-pgh_id")[0]
        assert event.pgh_context["by"] == staff.pk
        assert event.pgh_context["action"] == "pause reminders"


def test_a_row_loaded_by_mistake_goes(importer: ImporterOfRecord, staff: User) -> None:
    AccessFactory.create(importer=importer)
    details.remove(importer, by=staff)
    assert not ImporterOfRecord.objects.exists()


def test_a_row_that_was_used_stays(importer: ImporterOfRecord, staff: User) -> None:
    AccessFactory.create(importer=importer, first_visit_at=timezone.now())
    with pytest.raises(RuleViolation, match="kept as proof"):
        details.remove(importer, by=staff)


@pytest.mark.parametrize("state", MailState)
def test_a_mail_that_has_gone_out_is_proof(state: MailState, importer: ImporterOfRecord, staff: User) -> None:
    now = timezone.now()
    belongs = {
        MailState.SENDING: {"claim": uuid4(), "claimed_at": now},
        MailState.SENT: {"sent_at": now},
        MailState.SKIPPED: {
            "kind": MailKind.REMINDER, "campaign": CampaignFactory.create(), "slot": "T-14", "reason": "paused"
        },
    }  # fmt: skip
    NotificationFactory.create(importer=importer, state=state, **belongs.get(state, {}))
    if state in (MailState.SENT, MailState.SENDING):
        with pytest.raises(RuleViolation, match="A mail has gone out"):
            details.remove(importer, by=staff)
        assert Notification.objects.exists()
    else:
        details.remove(importer, by=staff)
        assert not ImporterOfRecord.objects.exists()


def test_a_former_contact_does_not_go_on_reading_along(staff: User) -> None:
    access = AccessFactory.create()
    importer = access.importer
    ImporterOfRecord.objects.filter(pk=importer.pk).update(invited_at=timezone.now(), invited_by=staff)
    details.edit_details(importer, by=staff, contact_email="ida@nordlys.example")
    access.refresh_from_db()
    importer.refresh_from_db()
    assert access.revoked_by == staff
    assert importer.invited_at is None


def test_a_former_contact_who_is_the_officer_stays(staff: User) -> None:
    access = AccessFactory.create()
    OfficerFactory.create(importer=access.importer)
    details.edit_details(access.importer, by=staff, contact_email="ida@nordlys.example")
    access.refresh_from_db()
    assert access.revoked_at is None
