"""Loads a report from ACE from a file."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from importers.domain.errors import LineError, RuleViolation
from importers.domain.roster.text import masked
from importers.management.base import JSONCommand
from importers.management.commands.import_roster import NO_FILE, line, person
from importers.models import User
from refunds.services.imports import Outcome, begin, import_report, stopped
from refunds.services.keeping import pieces_of
from refunds.services.reports import RefusedError, receive

MOST_TOLD = 50


class Command(JSONCommand):
    requires_system_checks: list[str] = []  # of the installation; they would take a tenth of the time
    help = "Loads a report from ACE (ES-003, CAPE results, REV-613). Nothing is saved while any row is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the report, as .xlsx or CSV")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, save nothing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="leave out entries with a bad row, list them")
        parser.add_argument("--as-of", type=_day, metavar="DATE", help="the day the report shows; else today")
        parser.add_argument("--by", metavar="EMAIL", default="", help="who loads it, for the history")

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = self._outcome(Path(options["file"]), options)
        self._tell(outcome, dry_run=options["dry_run"])
        if options["as_json"]:
            self.answer(outcome.as_dict())
        would_save = options["dry_run"] and outcome.lines and (options["skip_bad_rows"] or not outcome.errors)
        if not (outcome.saved or would_save):
            sys.exit(1)

    def refusal(self, message: str) -> dict[str, object]:
        return Outcome(errors=[LineError(0, "", "usage", message)]).as_dict()

    def _outcome(self, path: Path, options: dict[str, Any]) -> Outcome:
        try:
            by = person(options["by"])
            if options["dry_run"]:
                with transaction.atomic():
                    outcome = self._load(path, by, options)
                    transaction.set_rollback(True)
                return outcome
            return self._load(path, by, options)
        except RuleViolation as violation:
            return Outcome(errors=[LineError.of(0, "", violation)])
        except RefusedError as refused:
            return Outcome(errors=refused.errors)

    def _load(self, path: Path, by: User, options: dict[str, Any]) -> Outcome:
        with transaction.atomic():  # a report that nobody else may begin
            report = receive(
                path.name, _pieces(path), by=by, as_of=options["as_of"], skip_bad_rows=options["skip_bad_rows"]
            )
            begin(report, timezone.now())
        try:
            return import_report(report, dry_run=options["dry_run"])
        except KeyboardInterrupt:
            if not options["dry_run"]:
                stopped(report)
            raise

    def _tell(self, outcome: Outcome, *, dry_run: bool) -> None:
        for error in outcome.errors[:MOST_TOLD]:
            self.stderr.write(line(error), self.style.ERROR)
        if len(outcome.errors) > MOST_TOLD:
            self.stderr.write(f"… and {len(outcome.errors) - MOST_TOLD} more errors; --json lists all.")
        word = "Saved" if outcome.saved else "Nothing is saved (dry run)" if dry_run else "Nothing was saved"
        self.stderr.write(
            f"{word}: {outcome.lines} lines, {outcome.entries} entries, {outcome.created} new, {outcome.updated} "
            f"changed, {outcome.unchanged} unchanged. Importers not on the client list: {len(outcome.unmatched)}. "
            f"Errors: {len(outcome.errors)}.",
            str,
        )
        if outcome.older:
            self.stderr.write(
                f"{outcome.older} entries were passed over: a report of a later day, or loaded later, has said what "
                "they are. If this one is newer, give its day with --as-of.",
                self.style.WARNING,
            )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("write the date like 2026-04-21") from None


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from pieces_of(file)
    except OSError as error:
        violation = RuleViolation("no_file", NO_FILE, file=masked(str(path)), reason=error.strerror or "unknown")
        raise violation from None
