"""A call where mail does not help: once for each deadline, and never for somebody who has been here."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from importers.domain.errors import RuleViolation
from importers.models import Campaign, Errand, ErrandKind, ImporterAccess, ImporterOfRecord, Readiness, User
from importers.services import errands, steps
from importers.services.details import pause
from importers.services.errands import open_calls
from importers.services.invitations import revoke
from importers.services.portal import save_campaign
from importers.services.reminders import schedule_due
from tests import walkthrough
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db

MORNING = datetime(2027, 4, 14, 6, 0, tzinfo=UTC)  # a week before the deadline; eight o'clock in Copenhagen
BEFORE = datetime(2027, 4, 13, 21, 59, tzinfo=UTC)  # one minute to that day's midnight


@pytest.fixture(autouse=True)
def campaign() -> Campaign:
    Campaign.objects.all().delete()
    made: Campaign = CampaignFactory.create(name="Refunds 2027")
    return made


@pytest.fixture
def staff() -> User:
    person: User = StaffFactory.create()
    return person


def invited(**fields: object) -> ImporterOfRecord:
    importer: ImporterOfRecord = AccessFactory.create(**{f"importer__{name}": v for name, v in fields.items()}).importer
    return importer


def open_task(importer: ImporterOfRecord, kind: ErrandKind, why: str = "") -> None:
    Errand.objects.open_for([importer.pk], kind, why, MORNING)


def called() -> list[ImporterOfRecord]:
    return [errand.importer for errand in Errand.objects.open().filter(kind=ErrandKind.NO_VISIT)]


def test_a_week_before_the_deadline_whoever_never_came_is_to_be_called() -> None:
    importer = invited()
    assert open_calls(BEFORE) == 0
    assert open_calls(MORNING) == 1
    (errand,) = Errand.objects.all()
    assert (errand.importer, errand.kind, errand.opened_at) == (importer, ErrandKind.NO_VISIT, MORNING)
    assert errand.why == "Refunds 2027, 2027-04-21"


def test_the_schedule_opens_it() -> None:
    importer = invited()
    schedule_due(MORNING)
    assert called() == [importer]


@pytest.mark.parametrize("late", [timedelta(days=1), timedelta(days=7), timedelta(days=30)])
def test_a_portal_that_was_off_makes_up_for_it(late: timedelta) -> None:
    importer = invited()
    open_calls(MORNING + late)
    assert called() == [importer]


def test_for_one_deadline_it_is_opened_once_whatever_came_of_it(staff: User, campaign: Campaign) -> None:
    invited()
    open_calls(MORNING)
    assert open_calls(MORNING + timedelta(minutes=5)) == 0
    errands.close(Errand.objects.get(), by=staff, outcome="They will look at it tomorrow.")
    assert open_calls(MORNING + timedelta(days=3)) == 0
    campaign.deadline += timedelta(days=60)
    save_campaign(campaign, by=staff)
    assert open_calls(MORNING + timedelta(days=60)) == 1


def test_the_first_visit_closes_it() -> None:
    importer = invited()
    who = User.objects.get(email=importer.contact_email)
    open_calls(MORNING)
    steps.note_visit(importer, by=who)
    errand = Errand.objects.get()
    assert (errand.done_by, errand.outcome) == (who, errands.CAME)
    assert errand.done_at is not None


def paused(importer: ImporterOfRecord, staff: User) -> None:
    pause([importer], by=staff, until=MORNING.date(), reason="On holiday")


def visited(importer: ImporterOfRecord, staff: User) -> None:
    steps.note_visit(importer, by=User.objects.get(email=importer.contact_email))


def shut_out(importer: ImporterOfRecord, staff: User) -> None:
    revoke(importer.accesses.get(), by=staff)


def waiting(importer: ImporterOfRecord, staff: User) -> None:
    Readiness.objects.filter(importer=importer).update(importer_step="", who="broker", stage="waiting_broker")


def just_added(importer: ImporterOfRecord, staff: User) -> None:
    ImporterOfRecord.objects.filter(pk=importer.pk).update(created_at=MORNING - timedelta(hours=23))


@pytest.mark.parametrize("bring", [paused, visited, shut_out, waiting, just_added])
def test_nobody_is_called_for_nothing(bring: object, staff: User) -> None:
    importer, other = invited(), invited()
    bring(importer, staff)  # type: ignore[operator]
    open_calls(MORNING)
    assert called() == [other]


def test_after_the_pause_they_are() -> None:
    importer = invited(paused_until=MORNING.date(), pause_reason="On holiday")
    assert open_calls(MORNING + timedelta(days=1)) == 0, "in Honolulu it is not over yet"
    open_calls(MORNING + timedelta(days=2))
    assert called() == [importer]


def test_who_came_after_the_deadline_is_not_measured_by_it() -> None:
    importer = invited()
    ImporterOfRecord.objects.filter(pk=importer.pk).update(created_at=MORNING + timedelta(days=8))
    assert open_calls(MORNING + timedelta(days=20)) == 0


def test_who_has_no_address_at_all_is_called_too() -> None:
    importer = ImporterFactory.create(contact_email="")
    open_calls(MORNING)
    assert called() == [importer]


def test_a_campaign_that_is_replaced_calls_nobody(campaign: Campaign) -> None:
    invited()
    Campaign.objects.filter(pk=campaign.pk).update(superseded_by=CampaignFactory.create(deadline="2028-04-21"))
    assert open_calls(MORNING) == 0


def test_it_is_opened_for_all_at_once() -> None:
    User.objects.system()
    asked = []
    for number in (1, 5):
        for _n in range(number):
            invited()
        with CaptureQueriesContext(connection) as queries:
            assert open_calls(MORNING) == number
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_batch_is_not_the_end_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "BATCH", 2)
    importers = [invited() for _n in range(5)]
    assert open_calls(MORNING) == 5
    assert sorted(row.pk for row in called()) == [row.pk for row in importers]


def test_one_of_a_kind_is_open_at_most(staff: User) -> None:
    importer = invited()
    for why in ("550 no such user", "550 again"):
        open_task(importer, ErrandKind.DEAD_MAILBOX, why)
    open_task(importer, ErrandKind.OPTED_OUT, "mette@nordlys.example")
    assert sorted(Errand.objects.values_list("kind", "why")) == [
        ("dead_mailbox", "550 no such user"), ("opted_out", "mette@nordlys.example"),
    ]  # fmt: skip
    errands.close(Errand.objects.get(kind=ErrandKind.DEAD_MAILBOX), by=staff, outcome="New address")
    open_task(importer, ErrandKind.DEAD_MAILBOX, "550 at the new one, too")
    assert Errand.objects.open().count() == 2


def test_what_came_of_it_is_written_down(staff: User) -> None:
    open_task(invited(), ErrandKind.OPTED_OUT, "")
    errand = Errand.objects.get()
    for outcome in ("  ", "The account is 123456789, routing 021000021"):
        with pytest.raises(RuleViolation):
            errands.close(errand, by=staff, outcome=outcome)
    errands.close(errand, by=staff, outcome=" Called; they want letters. ")
    errand.refresh_from_db()
    assert (errand.done_by, errand.outcome) == (staff, "Called; they want letters.")
    with pytest.raises(RuleViolation) as refused:
        errands.close(errand, by=StaffFactory.create(), outcome="Me too")
    assert refused.value.code == "done"
    errand.refresh_from_db()
    assert errand.done_by == staff


def test_others_are_closed_with_their_reason(staff: User) -> None:
    importer, other = invited(), invited()
    for row in (importer, other):
        for kind in ErrandKind:
            open_task(row, kind, "")
    assert errands.close_for([importer.pk], ErrandKind.OPTED_OUT, ErrandKind.DEAD_MAILBOX, by=staff, outcome="x") == 2
    assert {e.kind for e in Errand.objects.open().filter(importer=importer)} == {"mail_refused", "no_visit"}
    assert Errand.objects.open().filter(importer=other).count() == 4


def test_a_declared_importer_was_here(staff: User) -> None:
    walkthrough.declared(ImporterFactory.create(), staff)
    ImporterAccess.objects.update(first_visit_at=None)
    assert open_calls(MORNING) == 0  # it is our turn
