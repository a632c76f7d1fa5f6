"""The timetable names tasks that exist, and nothing hangs while the broker is away."""

import json
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import OperationalError

from ace_onboarding.celery import REDIS_OPTIONS, TASK_SECONDS, TIMETABLE, app
from ace_onboarding.supervisor import STOP_SECONDS
from importers.delivery import DRAIN_SECONDS
from importers.tasks import forget_limits
from tests.platform.conftest import ROOT
from tests.servers import free_port


@pytest.mark.parametrize("entry", TIMETABLE)
def test_timetable_names_a_task(entry: str) -> None:
    app.loader.import_default_modules()
    assert TIMETABLE[entry]["task"] in app.tasks


@pytest.mark.parametrize("entry", TIMETABLE)
def test_what_was_not_run_in_time_is_dropped(entry: str) -> None:
    """After an outage the worker does not work off a heap of the same messages."""
    assert "expires" in TIMETABLE[entry]["options"]


def test_a_task_is_given_back_when_its_worker_is_lost() -> None:
    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)
    assert REDIS_OPTIONS["visibility_timeout"] > TASK_SECONDS == app.conf.task_time_limit
    assert (app.conf.accept_content, app.conf.worker_prefetch_multiplier) == (["json"], 1)


@pytest.mark.processes
def test_publishing_fails_soon_when_redis_is_away(process_env: dict[str, str]) -> None:
    """A web request that rings the doorbell must not hang: the row is saved, the sweep finds it."""
    script = (
        "import django, time; django.setup()\n"
        "from kombu.exceptions import OperationalError\n"
        "from ace_onboarding.celery import app\n"
        "begin = time.monotonic()\n"
        "try: app.send_task('importers.tasks.sweep')\n"
        "except OperationalError: print(time.monotonic() - begin)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=process_env | {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    assert float(done.stdout) < 5


def test_a_silent_redis_does_not_hang_the_publisher() -> None:
    """One that takes the connection and says nothing, as behind a broken firewall."""
    with Connection("redis://127.0.0.1:1/0", transport_options=REDIS_OPTIONS) as connection:
        begin = time.monotonic()
        with pytest.raises(OperationalError):
            connection.ensure_connection(max_retries=1, timeout=3, reraise_as_library_errors=True)
        assert time.monotonic() - begin < 6


def test_a_worker_that_is_told_to_stop_has_ended_its_run_before_it_is_ended_by_force() -> None:
    """Else a mail is under way then, and goes out again."""
    assert DRAIN_SECONDS <= STOP_SECONDS - 5


def test_messages_are_plain_json() -> None:
    assert json.loads(json.dumps(app.conf.task_serializer)) == "json"


@pytest.mark.django_db
def test_limits_are_forgotten_once_they_have_run_out_and_no_sooner() -> None:
    """Django's own choice is 300 entries: with more it throws away what still counts."""
    cache.clear()
    for number in range(340):
        cache.set(f"live-{number}", number, 3600)
    for number in range(20):
        cache.set(f"short-{number}", number, 60)
    assert len(cache.get_many([f"live-{number}" for number in range(340)])) == 340
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert forget_limits() == 20
        assert len(cache.get_many([f"live-{number}" for number in range(340)])) == 340
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM portal_cache")
        assert cursor.fetchone() == (340,)
