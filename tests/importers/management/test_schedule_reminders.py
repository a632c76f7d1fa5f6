"""`schedule_reminders`, as programs and people use it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from importers.models import Campaign, Notification
from tests.factories import CampaignFactory, ImporterFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _spring() -> Iterator[None]:
    campaign = CampaignFactory.create()
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    with time_machine.travel(datetime(2027, 4, 1, 8, tzinfo=UTC), tick=False):
        yield


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("schedule_reminders", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_it_tells_what_would_go_out_and_then_puts_it_in() -> None:
    importer = ImporterFactory.create(language="da")
    ImporterFactory(contact_email="")
    answer = json.loads(run("--at", "2027-04-07", "--dry-run", "--json"))
    assert answer["due"] == [
        {
            "importer": str(importer.uuid),
            "slot": "T-14",
            "step": "company",
            "to": importer.contact_email,
            "language": "da",
        }
    ]
    assert answer["skipped"] == {"no_email": 1}
    assert not Notification.objects.exists()
    run("--at", "2027-04-07T10:00:00+02:00")
    assert Notification.objects.filter(state="pending").count() == 1


def test_it_prints_the_mails_of_that_day() -> None:
    importer = ImporterFactory.create(name="Nordlys Cykler ApS")
    ImporterFactory(name="Nordlys Huse ApS", contact_email=importer.contact_email)
    told = run("--at", "2027-04-07", "--dry-run", "--texts")
    assert told.count(f"To: {importer.contact_email}") == 1, "one mail for one person"
    assert "21 April 2027" in told
    [text] = json.loads(run("--at", "2027-04-07", "--dry-run", "--texts", "--json"))["texts"]
    assert text["to"] == importer.contact_email
    assert text["subject"]
    assert not Notification.objects.exists()


def test_what_goes_out_is_not_printed_beforehand() -> None:
    with pytest.raises(CommandError, match="--dry-run"):
        run("--texts")


def test_it_says_what_is_wrong_with_the_moment() -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="Write it like"):
        call_command("schedule_reminders", "--at", "7 April", "--json", stdout=out)
    assert json.loads(out.getvalue())["due"] == []


@pytest.mark.parametrize("far", ["9999-12-31", "0001-01-01", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"])
def test_a_moment_out_of_all_reason_is_refused(far: str) -> None:
    with pytest.raises(CommandError, match="more than 20 years away"):
        run("--at", far, "--dry-run")
