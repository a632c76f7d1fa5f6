"""What beat starts. Each fetches the day and calls one service."""

import logging
from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from ace_onboarding.celery import IMPORT_SECONDS
from refunds.models import Report
from refunds.services import imports, sharing, stakes, verdicts

log = logging.getLogger(__name__)


@shared_task(name="refunds.tasks.reassess")
def reassess() -> int:
    """The day has changed: clocks run out, phases open."""
    return len(verdicts.reassess_daily(timezone.localdate()))


@shared_task(name="refunds.tasks.attach")
def attach() -> int:
    return stakes.attach()


@shared_task(name="refunds.tasks.check_refunds")
def check_refunds() -> int:
    """Nightly proof that verdicts equal the rules and stakes the entries; a difference is a bug, and logged as one."""
    today = timezone.localdate()
    stale = verdicts.drift(today)
    for one in stale:
        log.error("Entry %s drifted: it is %s, should be %s", one.number, one.stored, one.computed)
    differing = list(stakes.drift(today=today))
    for drift in differing:
        log.error(
            "Readiness of %s drifted: %s is %s, should be %s",
            drift.importer.uuid,
            drift.column,
            drift.stored,
            drift.computed,
        )
    return len(stale) + len(differing)


@shared_task(name="refunds.tasks.import_report", time_limit=IMPORT_SECONDS, soft_time_limit=IMPORT_SECONDS - 30)
def import_report(report_id: int) -> bool:
    """While another one is read it is left for the sweep: a worker that waits here delivers no mail meanwhile."""
    report = Report.objects.filter(pk=report_id).first()
    with imports.alone_if_free() as is_free:
        if report is None or not is_free or not imports.begin(report, timezone.now()):
            return False
        return imports.import_report(report).saved


@shared_task(name="refunds.tasks.sweep_reports")
def sweep_reports() -> int:
    """Reports whose message was lost, or whose worker did not come back."""
    left = imports.unfinished(timezone.now())
    for report_id in left:
        import_report.delay(report_id)
    return len(left)


@shared_task(name="refunds.tasks.share")
def share(sharing_id: int) -> bool:
    return sharing.make(sharing_id) is not None


@shared_task(name="refunds.tasks.sweep_sharings")
def sweep_sharings() -> int:
    left = sharing.unfinished(timezone.now())
    ring_to_share(left)
    return len(left)


def ring_to_share(sharing_ids: Iterable[int]) -> None:
    """While the broker is away nothing is lost: the sweep finds them."""
    try:
        for sharing_id in sharing_ids:
            share.apply_async(args=[sharing_id], retry=False)
    except (BrokerError, OSError) as error:
        log.warning("No message of what is to be shared (%s); the sweep will find it.", type(error).__name__)
