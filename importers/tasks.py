"""What beat starts. Each fetches the moment and calls one service."""

import logging

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from importers.services import digest, limits, outbox, readiness, reminders

log = logging.getLogger(__name__)


@shared_task(name="importers.tasks.schedule_reminders")
def schedule_reminders() -> int:
    return len(reminders.schedule_due(timezone.now()).due)


@shared_task(name="importers.tasks.send_digests")
def send_digests() -> int:
    return digest.send_digests(timezone.now())


@shared_task(name="importers.tasks.sweep")
def sweep() -> int:
    return outbox.sweep(timezone.now()).waiting


@shared_task(name="importers.tasks.check_readiness")
def check_readiness() -> int:
    """Nightly proof that the projection equals the facts; a difference is a bug and is logged as one."""
    count = 0
    for drift in readiness.drift():
        count += 1
        log.error(
            "Readiness of %s drifted: %s is %s, should be %s",
            drift.importer.uuid,
            drift.column,
            drift.stored,
            drift.computed,
        )
    return count


@shared_task(name="importers.tasks.forget_sessions")
def forget_sessions() -> None:
    """Those that have run out, with what somebody may have typed before signing in again."""
    SessionStore.clear_expired()


@shared_task(name="importers.tasks.forget_limits")
def forget_limits() -> int:
    return limits.forget_run_out(timezone.now())
