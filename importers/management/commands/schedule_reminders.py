import json
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from importers.services import reminders


def moment(text: str) -> datetime:
    """An ISO moment; without an offset it is the portal's local time, a bare date is that day's noon."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--at {text}: {error}. Write it like 2027-04-07 or 2027-04-07T09:00+02:00.") from None
    if len(text) == len("2027-04-07"):
        at = datetime.combine(date.fromisoformat(text), time(12))
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))


class Command(BaseCommand):
    help = "Puts the reminders that are due into the outbox, as beat does every five minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", metavar="ISO", help="as if it were this moment (default: now)")
        parser.add_argument("--dry-run", action="store_true", help="only show what is due")
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object on standard output")

    def handle(self, *args: Any, at: str | None, dry_run: bool, as_json: bool, **options: Any) -> None:
        try:
            now = moment(at) if at else timezone.now()
        except CommandError as error:
            if as_json:
                self.stdout.write(json.dumps({"at": at, "due": [], "skipped": {}, "error": str(error)}))
            raise
        schedule = reminders.plan(now) if dry_run else reminders.schedule_due(now)
        due = [
            {
                "importer": str(item.importer.uuid),
                "slot": item.slot,
                "step": item.step,
                "to": item.to,
                "language": item.importer.language,
            }
            for item in schedule.due
        ]
        if as_json:
            answer = {"at": now.isoformat(), "due": due, "skipped": dict(schedule.skipped)}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for item in schedule.due:
            self.stderr.write(f"{item.slot:6} {item.importer.name} → {item.to} ({item.step})")
        skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(schedule.skipped.items())) or "none"
        verb = "would go out" if dry_run else "in the outbox"
        self.stderr.write(f"{len(due)} {verb}; skipped: {skipped}.")
