from typing import Any

from django.core.management.base import CommandError, CommandParser

from importers.management.base import PortalCommand
from importers.services import readiness


class Command(PortalCommand):
    help = "Computes every importer's readiness from the facts again, or proves that it equals them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare; exit 1 when something differs")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            self.stderr.write(f"{readiness.refresh_all()} importers computed.")
            return
        drifts = list(readiness.drift())
        for drift in drifts:
            self.stderr.write(
                f"{drift.importer.uuid}: {drift.column} is {drift.stored!r}, the facts say {drift.computed!r}"
            )
        if drifts:
            raise CommandError(f"{len(drifts)} values differ. Run recompute_readiness to put them right.")
        self.stderr.write("The projection equals the facts.")
