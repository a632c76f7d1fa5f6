from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from importers.management.commands import recompute_readiness
from refunds.services import stakes, verdicts


class Command(recompute_readiness.Command):
    """The importers' command, and what the entries add: verdicts by the rules and by today, then the stakes."""

    help = "Computes readiness, verdicts and stakes from the facts again, or proves that they equal them."

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            differing = self._told()
            super().handle(*args, check=check, **options)
            if differing:
                raise CommandError(f"{differing} values of entries differ. Run recompute_readiness to put them right.")
            self.stderr.write("Verdicts and stakes equal the entries.")
            return
        super().handle(*args, check=check, **options)
        moves = verdicts.reassess_daily(timezone.localdate())
        self.stderr.write(f"All entries judged, {len(moves)} verdicts changed.")

    def _told(self) -> int:
        today = timezone.localdate()
        lines = [f"{one.number}: is {one.stored!r}, the rules say {one.computed!r}" for one in verdicts.drift(today)]
        lines += [
            f"{drift.importer.uuid}: {drift.column} is {drift.stored!r}, the entries say {drift.computed!r}"
            for drift in stakes.drift(today=today)
        ]
        for line in lines:
            self.stderr.write(line)
        return len(lines)
