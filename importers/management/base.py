"""What the portal's commands share: the history says which one it was, and programs can read the answer."""

import json
import sys
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError, CommandParser


class PortalCommand(BaseCommand):
    """Whatever it writes, the history names the command (see importers/admin/history.py)."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with pghistory.context(command=type(self).__module__.rpartition(".")[2]):
            answer: str | None = super().execute(*args, **options)
        return answer


class JSONCommand(PortalCommand):
    """With --json one JSON object on standard output, also when the command line itself is not understood; then exit
    1, as for everything that is refused."""

    def refusal(self, message: str) -> dict[str, object]:
        """The object for a command line that is not understood: the same keys as ever, nothing done."""
        raise NotImplementedError

    def answer(self, found: dict[str, object]) -> None:
        self.stdout.write(json.dumps(found, ensure_ascii=False))

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **options)
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object on standard output")
        parser.called_from_command_line = False  # then it raises, where argparse would write and leave with 2
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as error:  # of the parser; what `handle` raises Django has told already
            if "--traceback" in argv:
                raise
            message = str(error).removeprefix("Error: ")
            if "--json" in argv:
                self.answer(self.refusal(message))
            self.stderr.write(f"{message} See --help.")
            sys.exit(1)
