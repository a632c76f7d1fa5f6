"""The schedule over 100,000 importers, as beat runs it: a first sweep in which every one of them is due, and the next
one right after. And the look ahead of staff over as many."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from importers.models import Campaign, ImporterOfRecord, MailState, Notification, User
from importers.services import reminders
from importers.services.forecast import look_ahead
from tests.factories import CampaignFactory

IMPORTERS = 100_000
LIMIT_SECONDS, LIMIT_MEGABYTES = 60.0, 300.0
LOOK_SECONDS = 10.0
AT = datetime(2027, 4, 7, 13, tzinfo=UTC)  # office hours in Europe and on the American east coast

# Every fourth is in the United States, every tenth person has two importers, one in a hundred has no e-mail.
ROWS = """
INSERT INTO importers_importerofrecord (uuid, name, number_kind, number, number_last4, fingerprint, country, structure,
    street, postal_code, city, phone, is_ddp, language, contact_name, contact_title, contact_email, contact_phone,
    route, time_zone, pause_reason, created_at, invited_at, invited_by_id)
SELECT gen_random_uuid(), 'Importer ' || n, 'CBP_ASSIGNED', to_char(n, 'FM000000000000'), to_char(n %% 10000, 'FM0000'),
    md5(n::text), CASE WHEN n %% 4 = 0 THEN 'US' ELSE 'DK' END, '', 'Havnegade 1', '5000', 'Odense', '', false,
    CASE WHEN n %% 2 = 0 THEN 'en' ELSE 'da' END, 'Mette Sørensen', 'Direktør',
    CASE WHEN n %% 100 = 0 THEN '' ELSE 'mette' || n - (n %% 10 = 1)::int || '@firm' || n %% 997 || '.example' END,
    '', '', '', '', %(joined)s, %(invited)s, CASE WHEN %(invited)s::timestamptz IS NULL THEN NULL ELSE %(by)s::int END
FROM generate_series(1, %(count)s) AS n
"""
USERS = """
INSERT INTO importers_user (password, is_superuser, email, name, language, is_staff, wants_digest, is_active,
    date_joined)
SELECT DISTINCT '!', false, contact_email, 'Mette Sørensen', 'en', false, false, true, %(joined)s::timestamptz
FROM importers_importerofrecord WHERE contact_email <> '' ON CONFLICT DO NOTHING
"""
ACCESSES = """
INSERT INTO importers_importeraccess (importer_id, user_id, granted_at, granted_by_id)
SELECT i.id, u.id, %(joined)s, %(by)s FROM importers_importerofrecord i JOIN importers_user u ON u.email = contact_email
"""
READINESS = """
INSERT INTO importers_readiness (importer_id, stage, done, total, blocker, blocker_rule, who, importer_step, changed_at)
SELECT id, 'working', 0, 8, 'company', '', 'importer', 'company', %(joined)s FROM importers_importerofrecord
"""


def fill(count: int, *, invited: bool) -> None:
    joined = datetime(2027, 3, 1, tzinfo=UTC)
    known = {"joined": joined, "invited": joined if invited else None, "by": User.objects.system().pk, "count": count}
    with connection.cursor() as cursor:
        for sql in (ROWS, *((USERS, ACCESSES) if invited else ()), READINESS):
            cursor.execute(sql, known)
        cursor.execute("ANALYZE")
    campaign = CampaignFactory.create(deadline=date(2027, 4, 21))
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)


def sweep(env: dict[str, str], at: datetime) -> tuple[float, float, float, dict[str, object]]:
    """In a process of its own: its seconds, those of them on the processor, megabytes at its peak, what it says."""
    command = [sys.executable, "manage.py", "schedule_reminders", "--at", at.isoformat(), "--json"]
    start = time.perf_counter()
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    busy = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - start, busy, usage.ru_maxrss / 1024, json.loads(told)


@pytest.mark.django_db(transaction=True)
def test_hundred_thousand_importers(process_env: dict[str, str]) -> None:
    fill(IMPORTERS, invited=True)
    for what, at, due in (("all are due", AT, 99_000), ("nobody is", AT + timedelta(minutes=5), 0)):
        seconds, busy, megabytes, told = sweep(process_env, at)
        found = len(told["due"])  # type: ignore[arg-type]
        cost = f"{seconds:.1f} s ({busy:.1f} s on the processor), {megabytes:.0f} MB"
        print(f"\nschedule: {IMPORTERS:,} importers, {what}: {cost}, {found:,} put in")  # noqa: T201
        assert found == due
        assert seconds <= LIMIT_SECONDS
        assert megabytes <= LIMIT_MEGABYTES
    Notification.objects.filter(state=MailState.PENDING).update(state=MailState.SENT, sent_at=timezone.now())
    start = time.perf_counter()
    ahead = look_ahead(AT + timedelta(days=1), chosen=date(2027, 4, 14), until=date(2027, 5, 7))
    seconds = time.perf_counter() - start
    print(f"\nlook ahead: {IMPORTERS:,} importers, 30 days: {seconds:.1f} s, {ahead.count:,} on the day")  # noqa: T201
    assert ahead.count == 99_000
    assert seconds <= LOOK_SECONDS


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_whom_nobody_has_invited() -> None:
    """Each becomes a person who may come in, with the history of it."""
    fill(IMPORTERS // 10, invited=False)
    start = time.perf_counter()
    schedule = reminders.schedule_due(AT)
    seconds = time.perf_counter() - start
    print(f"\nschedule: {IMPORTERS // 10:,} importers, nobody invited yet: {seconds:.1f} s")  # noqa: T201
    assert len(schedule.due) == 9_900
    assert ImporterOfRecord.objects.filter(invited_at=None).count() == 100
    assert seconds <= LIMIT_SECONDS
