"""Writes the CAPE upload files of one importer to a folder."""

import os
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.identifiers import parse_importer_number
from importers.management.base import JSONCommand
from importers.management.commands.import_roster import person
from importers.models import ImporterOfRecord
from refunds.models import CapeFile
from refunds.services.cape import CapePlan, Excluded, make

UNKNOWN = _("No importer on the client list has the number %(number)s. Compare it with Form 5106, suffix included.")
NO_FOLDER = _("The files cannot be written to “%(folder)s” (%(reason)s). Name another folder with --out.")
THERE_ALREADY = _("“%(file)s” is there already. Move it away, or name another folder with --out. Nothing was written.")
WRITTEN_AGAIN = _(
    "“%(file)s” was made before and waits for its results. It is written as it was: upload it only if nobody has."
)


class Command(JSONCommand):
    help = "Writes what an importer can claim now as CAPE upload files, and says why every other entry is left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("importer_number", help="in any spelling")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="is made if it is not there")
        parser.add_argument("--kind", default="", help="EIN, SSN or CBP_ASSIGNED, for a number without hyphens")
        parser.add_argument(
            "--again",
            action="store_true",
            help="put what waits in earlier files into new ones: they were never uploaded",
        )
        parser.add_argument("--by", metavar="EMAIL", default="", help="who makes the files, for the history")

    def handle(
        self,
        *args: Any,
        importer_number: str,
        out: Path,
        kind: str,
        by: str,
        again: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        try:
            importer = found(importer_number, kind)
            with transaction.atomic():
                made, new = make(importer, by=person(by), today=timezone.localdate(), again=again)
                files = [*made.standing, *new]
                paths = write(out, files)
        except RuleViolation as violation:
            if as_json:
                self.answer(self.refusal(violation.message, violation.code))
            raise CommandError(violation.message) from None
        if as_json:
            self.answer(as_dict(made, files, paths))
        self._tell(made, files, paths)

    def refusal(self, message: str, code: str = "usage") -> dict[str, object]:
        errors = [{"row": 0, "column": "", "code": code, "message": message}]
        return {"files": [], "entries": 0, "excluded": [], "warnings": [], "errors": errors}

    def _tell(self, made: CapePlan, files: list[CapeFile], paths: list[Path]) -> None:
        for warning in warnings(made):
            self.stderr.write(f"note: {warning}", self.style.WARNING)
        left_out = excluded(made)
        for one in left_out:
            self.stderr.write(f"left out: {one.entry.canonical}: {one.reason.told()}", str)
        for file in made.waiting:
            self.stderr.write(f"Was {file.name} never uploaded? With --again its entries go into a new file.", str)
        for path in paths:
            self.stderr.write(str(path), str)
        entries = sum(file.entries for file in files)
        self.stderr.write(f"Entries: {entries}. Files: {len(paths)}. Left out: {len(left_out)}.", str)


def found(text: str, kind: str) -> ImporterOfRecord:
    importer = ImporterOfRecord.objects.by_number(text, kind).first()
    if importer is None:
        raise RuleViolation("unknown_importer", UNKNOWN, number=parse_importer_number(text, kind).masked)
    return importer


def write(folder: Path, files: list[CapeFile]) -> list[Path]:
    """All or none, each under its name only when it is whole. Writes over nothing but what is the same."""
    with ExitStack() as undo:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            halves = []
            for file in files:
                if is_there(folder / file.name, bytes(file.data)):
                    continue
                half = folder / f".{file.name}.{os.getpid()}.part"
                undo.callback(half.unlink, missing_ok=True)
                half.write_bytes(bytes(file.data))
                halves.append((half, folder / file.name))
            for half, path in halves:
                path.touch(exist_ok=False)
                undo.callback(path.unlink, missing_ok=True)
                half.replace(path)
        except FileExistsError as error:
            raise RuleViolation("file_exists", THERE_ALREADY, file=str(error.filename)) from None
        except OSError as error:
            reason = error.strerror or "unknown"
            raise RuleViolation("no_folder", NO_FOLDER, folder=str(folder), reason=reason) from None
        undo.pop_all()
    return [folder / file.name for file in files]


def is_there(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data


def excluded(made: CapePlan) -> list[Excluded]:
    """Of all that goes into no new file what stands in no file that is written again either."""
    written = {entry for file in made.standing for entry in made.waiting[file]}
    return [one for one in made.excluded if one.entry not in written]


def warnings(made: CapePlan) -> list[str]:
    again = (RuleViolation("written_again", WRITTEN_AGAIN, file=file.name) for file in made.standing)
    return [one.message for one in (*made.warnings, *again)]


def as_dict(made: CapePlan, files: list[CapeFile], paths: list[Path]) -> dict[str, object]:
    return {
        "files": [{"path": str(path), "entries": file.entries} for path, file in zip(paths, files, strict=True)],
        "entries": sum(file.entries for file in files),
        "excluded": [
            {"entry": one.entry.canonical, "reason": one.reason.told(), "code": one.code} for one in excluded(made)
        ],
        "warnings": warnings(made),
    }
