from typing import Any

from django.core.management.base import CommandError, CommandParser

from importers.management.commands import seed_demo
from refunds import demo


class Command(seed_demo.Command):
    help = "Fills the database with invented importers in every state, and with their entries. The same on every run."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--entries", type=int, default=600, metavar="N", help="how many entries (default 600)")

    def handle(self, *args: Any, importers: int, **options: Any) -> None:
        entries = options["entries"]
        if entries < 0:
            raise CommandError(f"--entries must be 0 or more, not {entries}.")
        super().handle(*args, importers=importers, **options)
        made = demo.build(entries)
        self.stderr.write(f"{made} entries made, {entries - made} were there already.")
