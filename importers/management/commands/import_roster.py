"""Loads the client list from a file."""

import gc
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.management.base import JSONCommand
from importers.models import User
from importers.services.roster import Listing, Outcome, preview, read, save

NO_FILE = _("The file “%(file)s” cannot be opened: %(reason)s.")
NO_PERSON = _("“%(email)s” is none of the broker's staff who may sign in. Name one of them with --by.")


class Command(JSONCommand):
    help = "Loads a client list (XLSX or CSV). Nothing is saved while any row is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the list, as .xlsx or CSV")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, save nothing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="save the good rows, list the bad ones")
        parser.add_argument("--by", metavar="EMAIL", default="", help="who loads it, for the history")

    def handle(self, *args: Any, **options: Any) -> None:
        skip, dry_run = options["skip_bad_rows"], options["dry_run"]
        with without_collector():
            outcome = self._load(Path(options["file"]), options["by"], dry_run=dry_run, skip=skip)
        self._tell(outcome, dry_run=dry_run)
        if options["as_json"]:
            self.answer(as_json(outcome))
        done = outcome.listing.may_be_saved(skip_bad_rows=skip) if dry_run else outcome.saved
        if not done:
            sys.exit(1)

    def refusal(self, message: str) -> dict[str, object]:
        return as_json(Outcome(Listing(""), errors=[LineError(0, "", "usage", message)]))

    def _load(self, path: Path, email: str, *, dry_run: bool, skip: bool) -> Outcome:
        try:
            by = person(email)
            listing = read(path.name, read_bytes(path))
        except RuleViolation as violation:
            return Outcome(Listing(path.name), errors=[LineError.of(0, "", violation)])
        return preview(listing, by=by) if dry_run else save(listing, by=by, skip_bad_rows=skip)

    def _tell(self, outcome: Outcome, *, dry_run: bool) -> None:
        listing = outcome.listing
        for error in outcome.errors:
            self.stderr.write(line(error), self.style.ERROR)
        for warning in outcome.warnings:
            self.stderr.write(f"note: {line(warning)}", self.style.WARNING)
        if listing.ignored:
            self.stderr.write(f"Columns that are not part of the list, left out: {', '.join(listing.ignored)}.")
        word = "Saved" if outcome.saved else "Nothing is saved (dry run)" if dry_run else "Nothing was saved"
        self.stderr.write(
            f"{word}: {listing.rows} rows, {len(outcome.created)} new, {len(outcome.updated)} changed, "
            f"{outcome.unchanged} unchanged, {len(outcome.errors)} errors.",
            str,
        )


@contextmanager
def without_collector() -> Iterator[None]:
    """A list only grows until it is saved; the collector would walk all of it again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def person(email: str) -> User:
    if not email:
        return User.objects.system()
    found = User.objects.filter(email__iexact=email, is_staff=True, is_active=True).first()
    if found is None:
        raise RuleViolation("unknown_person", NO_PERSON, email=email)
    return found


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuleViolation("no_file", NO_FILE, file=str(path), reason=error.strerror or "unknown") from None


def line(error: LineError) -> str:
    place = ", ".join(([f"row {error.row}"] if error.row else []) + ([f"“{error.column}”"] if error.column else []))
    return f"{place}: {error.message}" if place else error.message


def as_json(outcome: Outcome) -> dict[str, object]:
    return {
        "rows": outcome.listing.rows,
        "created": len(outcome.created),
        "updated": len(outcome.updated),
        "unchanged": outcome.unchanged,
        "errors": [error.as_dict() for error in outcome.errors],
        "saved": outcome.saved,
        "warnings": [warning.as_dict() for warning in outcome.warnings],
        "ignored_columns": outcome.listing.ignored,
        "sheet": outcome.listing.sheet,
    }
