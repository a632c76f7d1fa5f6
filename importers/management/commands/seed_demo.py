from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from importers import demo


class Command(BaseCommand):
    help = "Fills the database with invented importers in every state. The same ones on every run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--importers", type=int, default=40, metavar="N", help="how many (default 40)")

    def handle(self, *args: Any, importers: int, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo people have a known password. Run this with DEBUG=on only.")
        if importers < 1:
            raise CommandError(f"--importers must be 1 or more, not {importers}.")
        made = demo.build(importers)
        self.stderr.write(f"{made} importers made, {importers - made} were there already.")
