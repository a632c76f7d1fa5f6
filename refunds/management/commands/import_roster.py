from pathlib import Path

from importers.management.commands import import_roster
from importers.services.roster import Outcome
from refunds.services import stakes


class Command(import_roster.Command):
    """The importers' command; whoever joins gets the entries that were kept aside."""

    def _load(self, path: Path, email: str, *, dry_run: bool, skip: bool) -> Outcome:
        outcome = super()._load(path, email, dry_run=dry_run, skip=skip)
        if outcome.saved:
            stakes.attach()
        return outcome
