import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from importers.admin.reminders import WHY_NONE, WHY_NOT
from importers.domain.reminders import SKIP_REASONS
from importers.models import Campaign, ImporterAccess, ImporterOfRecord, MailKind, MailState, Notification, User
from importers.services import reminders
from importers.services.invitations import revoke
from tests import walkthrough
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory

pytestmark = pytest.mark.django_db

AT = datetime(2027, 4, 7, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def campaign() -> Campaign:
    """The next campaign takes the place of the guide's."""
    campaign = CampaignFactory()
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    return campaign


def sent() -> list[tuple[str, str, str]]:
    rows = Notification.objects.filter(kind=MailKind.REMINDER).order_by("pk")
    return list(rows.values_list("slot", "step", "to_email"))


def test_who_is_not_done_is_reminded_of_the_next_step() -> None:
    importer = ImporterFactory()
    schedule = reminders.schedule_due(AT)
    assert [(d.slot, d.step) for d in schedule.due] == [("T-14", "company")]
    assert sent() == [("T-14", "company", importer.contact_email)]


def test_who_is_done_waits_or_is_paused_is_not() -> None:
    staff = StaffFactory()
    walkthrough.ready(ImporterFactory(), staff)
    walkthrough.declared(ImporterFactory(), staff, walkthrough.Route.OWN_ACCOUNT)
    ImporterFactory(paused_until=date(2027, 4, 7))
    ImporterFactory(contact_email="")
    Notification.objects.all().delete()
    schedule = reminders.schedule_due(AT)
    assert schedule.due == []
    assert schedule.skipped == {"done": 1, "waiting": 1, "paused": 1, "no_email": 1}


def test_twice_at_once_or_again_later_makes_one_mail() -> None:
    ImporterFactory()
    for minutes in (0, 0, 5, 60 * 30):
        reminders.schedule_due(AT + timedelta(minutes=minutes))
    assert len(sent()) == 1


def test_the_database_refuses_a_second_mail_for_the_slot(campaign: Campaign) -> None:
    importer = ImporterFactory()
    NotificationFactory(importer=importer, campaign=campaign, slot="T-14", kind=MailKind.REMINDER)
    with pytest.raises(IntegrityError, match="one_reminder_a_slot"), transaction.atomic():
        NotificationFactory(importer=importer, campaign=campaign, slot="T-14", kind=MailKind.REMINDER)


def test_a_race_lost_to_another_scheduler_is_no_error(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    importer = ImporterFactory()
    batches = reminders._batches

    def other_scheduler_comes_first() -> object:
        for batch in batches():
            NotificationFactory(importer=importer, campaign=campaign, slot="T-14", kind=MailKind.REMINDER)
            yield batch

    monkeypatch.setattr(reminders, "_batches", other_scheduler_comes_first)
    reminders.schedule_due(AT)
    assert len(sent()) == 1


def test_missed_slots_collapse_into_the_current_one() -> None:
    ImporterFactory()
    reminders.schedule_due(datetime(2027, 4, 20, 9, tzinfo=UTC))
    assert [slot for slot, *_ in sent()] == ["T-1"]


def test_moving_the_deadline_never_repeats_a_slot_that_went_out(campaign: Campaign) -> None:
    ImporterFactory()
    reminders.schedule_due(AT)
    Notification.objects.update(created_at=AT)
    campaign.deadline += timedelta(days=7)
    campaign.save()
    reminders.schedule_due(AT + timedelta(days=2))
    reminders.schedule_due(AT + timedelta(days=8))
    assert [slot for slot, *_ in sent()] == ["T-14", "T-28"]


def test_an_importer_nobody_invited_is_let_in_with_the_reminder() -> None:
    importer = ImporterFactory()
    reminders.schedule_due(AT)
    importer.refresh_from_db()
    assert importer.invited_at is not None
    assert ImporterAccess.objects.get(importer=importer).user.email == importer.contact_email


def test_only_the_officer_is_reminded_to_declare() -> None:
    importer, staff = ImporterFactory(), StaffFactory()
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    walkthrough.in_ace(importer, who)
    importer.officer.email = "director@nordlys.example"
    importer.officer.save()
    item = reminders.DueReminder(
        ImporterOfRecord.objects.get(pk=importer.pk), Campaign.objects.active().get(), "T-14", "inform-broker"
    )
    assert item.to == "director@nordlys.example"
    other = reminders.DueReminder(item.importer, item.campaign, "T-14", "company")
    assert other.to == importer.contact_email


def test_a_mail_of_the_same_day_makes_the_reminder_wait() -> None:
    importer = ImporterFactory()
    mail = NotificationFactory(importer=importer)
    Notification.objects.filter(pk=mail.pk).update(created_at=AT - timedelta(hours=3))
    assert reminders.plan(AT).skipped == {"recent": 1}
    assert len(reminders.plan(AT + timedelta(hours=21)).due) == 1


def test_planning_writes_nothing() -> None:
    ImporterFactory()
    assert len(reminders.plan(AT).due) == 1
    assert sent() == []


def test_queries_do_not_grow_with_importers(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(12):
        ImporterFactory()
    with django_assert_max_num_queries(7):
        assert len(reminders.plan(AT).due) == 12


def run(*arguments: str) -> dict[str, object]:
    out = StringIO()
    call_command("schedule_reminders", *arguments, "--json", stdout=out, stderr=StringIO())
    answer: dict[str, object] = json.loads(out.getvalue())
    return answer


def test_the_command_tells_what_would_go_out() -> None:
    importer = ImporterFactory(language="da")
    answer = run("--at", "2027-04-07", "--dry-run")
    assert answer["due"] == [
        {
            "importer": str(importer.uuid),
            "slot": "T-14",
            "step": "company",
            "to": importer.contact_email,
            "language": "da",
        }
    ]
    assert answer["skipped"] == {}
    assert sent() == []
    run("--at", "2027-04-07T10:00:00+02:00")
    assert len(sent()) == 1


def test_the_command_says_what_is_wrong_with_the_moment() -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="Write it like"):
        call_command("schedule_reminders", "--at", "7 April", "--json", stdout=out)
    assert json.loads(out.getvalue())["due"] == []


def test_after_the_deadline_reminders_go_on_weekly() -> None:
    ImporterFactory()
    assert [d.slot for d in reminders.plan(datetime(2027, 5, 6, tzinfo=UTC)).due] == ["T+14"]


def test_who_was_shut_out_hears_nothing() -> None:
    access = AccessFactory()
    ImporterOfRecord.objects.update(invited_at=AT - timedelta(days=9), invited_by=StaffFactory())
    assert len(reminders.plan(AT).due) == 1
    revoke(access, by=StaffFactory())
    assert reminders.plan(AT).skipped == {"no_access": 1}


def test_nobody_of_the_broker_is_reminded_as_an_importer() -> None:
    ImporterFactory(contact_email=StaffFactory().email)
    assert reminders.plan(AT).skipped == {"no_access": 1}


def test_one_importer_without_a_projection_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    broken = ImporterFactory()
    ImporterFactory()
    broken.readiness.delete()
    schedule = reminders.schedule_due(AT)
    assert (len(schedule.due), schedule.skipped) == (1, {"not_computed": 1})
    assert str(broken.uuid) in caplog.text


def test_one_importer_that_cannot_be_let_in_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = ImporterFactory(), ImporterFactory()
    let_in = reminders.let_in

    def sometimes(importer: ImporterOfRecord, *, by: User) -> User | None:
        if importer.pk == broken.pk:
            raise IntegrityError
        return let_in(importer, by=by)

    monkeypatch.setattr(reminders, "let_in", sometimes)
    reminders.schedule_due(AT)
    assert [to for _slot, _step, to in sent()] == [fine.contact_email]


def test_two_campaigns_make_one_mail(campaign: Campaign) -> None:
    CampaignFactory(deadline=campaign.deadline + timedelta(days=7))
    ImporterFactory()
    schedule = reminders.schedule_due(AT)
    assert [(item.campaign, item.slot) for item in schedule.due] == [(campaign, "T-14")]
    assert len(sent()) == 1


def test_a_reminder_that_was_dropped_may_come_again_in_its_slot(campaign: Campaign) -> None:
    importer = ImporterFactory()
    kind, state = MailKind.REMINDER, MailState.DROPPED
    NotificationFactory(importer=importer, campaign=campaign, slot="T-14", kind=kind, state=state)
    reminders.schedule_due(AT)
    assert sent() == [("T-14", "", importer.contact_email), ("T-14", "company", importer.contact_email)]


@pytest.mark.parametrize("kind", [MailKind.RETURNED, MailKind.READY, MailKind.RECEIPT])
def test_any_mail_to_the_importer_makes_the_reminder_wait(kind: MailKind) -> None:
    mail = NotificationFactory(importer=ImporterFactory(), kind=kind)
    Notification.objects.filter(pk=mail.pk).update(created_at=AT - timedelta(hours=1))
    assert reminders.plan(AT).skipped == {"recent": 1}


def test_every_reason_has_words_for_staff() -> None:
    assert set(WHY_NOT) == set(WHY_NONE) == set(SKIP_REASONS)


def test_the_outlook_of_one_importer_is_what_the_schedule_does(campaign: Campaign) -> None:
    importer = ImporterFactory()
    [(_now, early), (at, item)] = reminders.outlook(importer, AT - timedelta(days=20))
    assert early == reminders.Skip("too_early")
    assert at == datetime(2027, 3, 24, 7, 0, tzinfo=UTC)
    assert isinstance(item, reminders.DueReminder)
    assert (item.slot, item.to) == ("T-28", importer.contact_email)
    assert [(d.importer, d.slot) for d in reminders.plan(at).due] == [(importer, "T-28")]


def test_the_outlook_goes_past_a_pause(campaign: Campaign) -> None:
    paused = ImporterFactory(paused_until=date(2027, 4, 8))
    found = reminders.outlook(paused, AT)
    assert found[0] == (AT, reminders.Skip("paused"))
    at, item = found[-1]
    assert at.date() == date(2027, 4, 9)
    assert isinstance(item, reminders.DueReminder)


def test_the_outlook_of_one_who_is_done_ends_with_a_reason() -> None:
    done = ImporterFactory()
    walkthrough.ready(done, StaffFactory())
    assert {getattr(decided, "reason", "") for _at, decided in reminders.outlook(done, AT)} == {"done"}


def test_who_is_passed_over_is_named_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "NAMED", 2)
    ImporterFactory.create_batch(3, contact_email="")
    schedule = reminders.plan(AT)
    assert schedule.skipped == {"no_email": 3}
    assert len(schedule.named["no_email"]) == 2


def test_what_a_moved_deadline_brings_on_is_known_before_it_is_saved(campaign: Campaign) -> None:
    ImporterFactory()
    campaign.deadline = date(2027, 4, 8)
    assert [item.slot for item in reminders.brought_on(campaign, AT)] == ["T-1"]
    campaign.refresh_from_db()
    assert reminders.brought_on(campaign, AT) == []
    assert reminders.brought_on(campaign, AT - timedelta(days=30)) == []
