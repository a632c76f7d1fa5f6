"""Takes in the files that come from ACE: keeps them, and has them read again."""

import hashlib
from collections.abc import Iterable
from datetime import date
from tempfile import TemporaryFile
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.roster.text import masked
from importers.models import User
from refunds.formats.recognition import open_report
from refunds.models import Report, ReportState
from refunds.services.keeping import is_private, keep, pieces_of, without_private

FUTURE = _("A report cannot show a day that is still to come. Give the day on which it was made.")


class RefusedError(Exception):
    """No report; `errors` say why. Nothing of the file is kept."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__(errors)
        self.errors = errors


def receive(
    file_name: str, pieces: Iterable[bytes], *, by: User, as_of: date | None = None, skip_bad_rows: bool = False
) -> Report:
    """Keeps the file, to be read by `import_report`. Raises RefusedError."""
    with TemporaryFile() as file:
        digest, size = hashlib.sha256(), 0
        try:
            _refuse_future(as_of)
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
            return _kept(
                file, by,
                file_name=masked(file_name), sha256=digest.hexdigest(), size=size,
                as_of=as_of or _day_of(digest.hexdigest()), skip_bad_rows=skip_bad_rows,
            )  # fmt: skip
        except RuleViolation as violation:
            raise RefusedError([LineError.of(0, "", violation)]) from None


def replay(report: Report, *, by: User, skip_bad_rows: bool = False) -> Report:
    """The same file once more, under the rules as they are now; what was left out before stays out."""
    source = report.replay_of or report
    return Report.objects.create(
        format=source.format,
        file_name=source.file_name,
        sha256=source.sha256,
        size=source.size,
        as_of=source.as_of,
        skip_bad_rows=skip_bad_rows or report.skip_bad_rows,
        uploaded_at=timezone.now(),
        uploaded_by=by,
        replay_of=source,
    )


def _refuse_future(as_of: date | None) -> None:
    if as_of and as_of > timezone.localdate():
        raise RuleViolation("as_of", FUTURE)


def _day_of(sha256: str) -> date:
    """A file shows the same day whenever it is loaded."""
    before = Report.objects.filter(sha256=sha256, state=ReportState.DONE).order_by("as_of").first()
    return before.as_of if before else timezone.localdate()


def _kept(file: BinaryIO, by: User, **columns: object) -> Report:
    with open_report(pieces_of(file)) as recognised:
        if recognised.headed.errors:
            raise RefusedError(list(recognised.headed.errors))
        key = recognised.format.key
        private = is_private(file, recognised)
    with transaction.atomic():
        report = Report.objects.create(format=key, uploaded_at=timezone.now(), uploaded_by=by, **columns)
        if private:
            with open_report(pieces_of(file)) as recognised:
                keep(report, without_private(recognised))
        else:
            keep(report, pieces_of(file))
    return report
