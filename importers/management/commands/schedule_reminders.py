from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from importers.management.base import JSONCommand
from importers.services import reminders


def moment(text: str) -> datetime:
    """An ISO moment; without an offset it is the portal's local time, a bare date is that day's noon."""
    try:
        at = _noon(text) or datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--at “{text}”: {error}. Write it like 2027-04-07 or 2027-04-07T09:00+02:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))


def _noon(text: str) -> datetime | None:
    """Of a bare date, in any of its ISO spellings; None when it is more than that."""
    try:
        return datetime.combine(date.fromisoformat(text), time(12))
    except ValueError:
        return None


class Command(JSONCommand):
    help = "Puts the reminders that are due into the outbox, as beat does every five minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", metavar="ISO", help="as if it were this moment (default: now)")
        parser.add_argument("--dry-run", action="store_true", help="only show what is due")

    def refusal(self, message: str) -> dict[str, object]:
        return {"at": None, "due": [], "skipped": {}, "error": message}

    def handle(self, *args: Any, at: str | None, dry_run: bool, as_json: bool, **options: Any) -> None:
        try:
            now = moment(at) if at is not None else timezone.now()
        except CommandError as error:
            if as_json:
                self.answer(self.refusal(str(error)) | {"at": at})
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
            self.answer({"at": now.isoformat(), "due": due, "skipped": dict(schedule.skipped)})
            return
        for item in schedule.due:
            self.stderr.write(f"{item.slot:6} {item.importer.name} → {item.to} ({item.step})")
        skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(schedule.skipped.items())) or "none"
        verb = "would go out" if dry_run else "in the outbox"
        self.stderr.write(f"{len(due)} {verb}; skipped: {skipped}.")
