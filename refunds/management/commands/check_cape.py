from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from importers.domain.errors import LineError
from importers.management.base import JSONCommand
from refunds.formats.cape_csv import SIZE_LIMIT, CapeReport, check


class Command(JSONCommand):
    help = "Checks a CAPE upload file before it goes to CBP; exit code 1 when CBP would refuse it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, as_json: bool, **options: Any) -> None:
        report = self._checked(file)
        if as_json:
            self.answer(_as_dict(report))
        for error in report.errors:
            self.stderr.write(f"Row {error.row}: {error.message}" if error.row else error.message)
        if not report.accept:
            raise CommandError("The file is not accepted.")
        self.stderr.write(f"{report.entries} entries, nothing to correct.")

    def refusal(self, message: str) -> dict[str, object]:
        return _as_dict(CapeReport(0, (LineError(0, "", "usage", message),)))

    def _checked(self, path: Path) -> CapeReport:
        try:
            with path.open("rb") as file:
                return check(file.read(SIZE_LIMIT))
        except OSError as error:
            message = f"The file cannot be read ({error.strerror}). Check its name and its rights."
            return CapeReport(0, (LineError(0, "", "unreadable", message),))


def _as_dict(report: CapeReport) -> dict[str, object]:
    errors = [{key: error.as_dict()[key] for key in ("row", "code", "message")} for error in report.errors]
    return {"accept": report.accept, "entries": report.entries, "errors": errors}
