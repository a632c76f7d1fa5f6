"""Celery: how jobs are carried, and the whole timetable.

The broker is only a doorbell. Rows in the database say what is to be done, and `sweep` finds what a lost
message left behind; so nothing here tries to make the broker reliable.
"""

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ace_onboarding.settings")

MINUTE = 60
TASK_SECONDS = 5 * MINUTE
IMPORT_SECONDS = 12 * MINUTE  # a report with hundred thousands of lines; less than services/imports.LEASE

TIMETABLE = {
    "send the reminders that are due": {
        "task": "importers.tasks.schedule_reminders",
        "schedule": settings.REMINDERS_EVERY,
        "options": {"expires": settings.REMINDERS_EVERY},
    },
    "send colleagues the digest of the morning": {
        "task": "importers.tasks.send_digests",
        "schedule": 10 * MINUTE,
        "options": {"expires": 10 * MINUTE},
    },
    "find what a lost message left behind": {
        "task": "importers.tasks.sweep",
        "schedule": settings.SWEEP_EVERY,
        "options": {"expires": settings.SWEEP_EVERY},
    },
    "forget sessions that have run out": {
        "task": "importers.tasks.forget_sessions",
        "schedule": 60 * MINUTE,
        "options": {"expires": 60 * MINUTE},
    },
    "forget limits that have run out": {
        "task": "importers.tasks.forget_limits",
        "schedule": 60 * MINUTE,
        "options": {"expires": 60 * MINUTE},
    },
    "prove that the dashboard equals the facts": {
        "task": "importers.tasks.check_readiness",
        "schedule": crontab(hour=3, minute=15),
        "options": {"expires": 60 * MINUTE},
    },
    "judge the entries as of the new day": {
        "task": "refunds.tasks.reassess",
        "schedule": crontab(hour="0,6,12,18", minute=5),  # once is enough, unless that message was lost
        "options": {"expires": 60 * MINUTE},
    },
    "give entries to importers who have joined": {
        "task": "refunds.tasks.attach",
        "schedule": 5 * MINUTE,
        "options": {"expires": 5 * MINUTE},
    },
    "find reports that nobody reads": {
        "task": "refunds.tasks.sweep_reports",
        "schedule": settings.SWEEP_EVERY,
        "options": {"expires": settings.SWEEP_EVERY},
    },
    "find entries that nobody shares": {
        "task": "refunds.tasks.sweep_sharings",
        "schedule": settings.SWEEP_EVERY,
        "options": {"expires": settings.SWEEP_EVERY},
    },
    "prove that verdicts and stakes equal the facts": {
        "task": "refunds.tasks.check_refunds",
        "schedule": crontab(hour=3, minute=25),
        "options": {"expires": 60 * MINUTE},
    },
}

REDIS_OPTIONS = {
    "visibility_timeout": 2 * IMPORT_SECONDS,  # longer than any task may take, else a task runs twice
    "socket_connect_timeout": 2,  # a web request must not hang while Redis is away
    "socket_timeout": 10,  # longer than a worker's blocking read
    "retry_on_timeout": False,
    "max_retries": 1,
    "interval_start": 0,
    "interval_max": 0.5,
}


def file_options() -> dict[str, object]:
    """Folders that stand in for Redis; the worker reads what the web process wrote."""
    messages = settings.BROKER_FOLDER / "messages"
    control = settings.BROKER_FOLDER / "control"
    for folder in (messages, control):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.5,
    }


app = Celery("ace_onboarding")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport_options=REDIS_OPTIONS if settings.REDIS_URL else file_options(),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for Redis for as long as it takes
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.5},
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=TASK_SECONDS,
    task_soft_time_limit=TASK_SECONDS - 30,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,  # the settings' LOGGING masks what must not be read
    timezone=settings.TIME_ZONE,
    beat_schedule=TIMETABLE,
)
app.autodiscover_tasks()
