from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from importers.letters import write
from importers.management.base import JSONCommand
from importers.services import reminders

LINE = "-" * 72
FURTHEST_YEARS = 20


def moment(text: str) -> datetime:
    """An ISO moment; without an offset it is the portal's local time, a bare date is that day's noon."""
    try:
        at = _noon(text) or datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--at “{text}”: {error}. Write it like 2027-04-07 or 2027-04-07T09:00+02:00.") from None
    if abs(at.year - timezone.now().year) > FURTHEST_YEARS:
        raise CommandError(f"--at “{text}”: this is more than {FURTHEST_YEARS} years away.")
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
        parser.add_argument("--at", metavar="ISO", help="as if it were this moment; what is due then goes out now")
        parser.add_argument("--dry-run", action="store_true", help="only show what is due")
        parser.add_argument("--texts", action="store_true", help="with --dry-run: print each mail, too")

    def refusal(self, message: str) -> dict[str, object]:
        return {"at": None, "due": [], "skipped": {}, "error": message}

    def handle(self, *args: Any, at: str | None, dry_run: bool, texts: bool, as_json: bool, **options: Any) -> None:
        try:
            now = moment(at) if at is not None else timezone.now()
            if texts and not dry_run:
                raise CommandError("--texts only goes with --dry-run: a mail that goes out is written when it does.")
        except CommandError as error:
            if as_json:
                self.answer(self.refusal(str(error)) | {"at": at})
            raise
        schedule = reminders.plan(now) if dry_run else reminders.schedule_due(now)
        if as_json:
            answer: dict[str, object] = {
                "at": now.isoformat(),
                "due": [_told(line) for line in schedule.due],
                "skipped": dict(schedule.skipped),
            }
            self.answer(answer | ({"texts": list(_texts(now))} if texts else {}))
            return
        self._tell(schedule, dry_run)
        for text in _texts(now) if texts else ():
            self.stdout.write(f"To: {text['to']}\nSubject: {text['subject']}\n\n{text['text']}\n{LINE}\n")

    def _tell(self, schedule: reminders.Schedule, dry_run: bool) -> None:
        for line in schedule.due:
            self.stderr.write(f"{line.slot:6} {line.name} → {line.to} ({line.step})")
        skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(schedule.skipped.items())) or "none"
        verb = "would go out" if dry_run else "in the outbox"
        self.stderr.write(f"{len(schedule.due)} {verb}; skipped: {skipped}.")


def _told(line: reminders.Line) -> dict[str, str]:
    return {
        "importer": str(line.importer),
        "slot": line.slot,
        "step": line.step,
        "to": line.to,
        "language": line.language,
    }


def _texts(now: datetime) -> Iterator[dict[str, str]]:
    """Each mail as it would be written at that moment."""
    for rows in reminders.would_be(now):
        letter = write(rows, now=now)
        yield {"to": rows[0].to_email, "subject": letter.subject, "text": letter.text}
