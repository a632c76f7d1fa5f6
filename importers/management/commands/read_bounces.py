"""Reads the reports that a plain mail server sends when a mail does not arrive."""

import mailbox
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email.errors import MessageError
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DataError
from django.utils import timezone

from ace_onboarding.logs import mask
from importers.domain.bounces import LARGEST_MAIL, Bounce, read_report
from importers.management.base import JSONCommand
from importers.services.bounces import note

# What Python's reader of mails raises on a strange one, and the database on a strange value.
STRANGE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, MessageError, DataError)


class Command(JSONCommand):
    help = (
        "Reads delivery status reports (RFC 3464): one mail, or a mailbox file (mbox) of many. Other mails in it are "
        "passed over. A mail server can pipe what comes to DEFAULT_FROM_EMAIL into “read_bounces -”. Reading a report "
        "twice changes nothing more. Exit 1 if a mail could not be read; the others were."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the mail or mailbox file; - for standard input")

    def refusal(self, message: str) -> dict[str, object]:
        return {"mails": 0, "unreadable": 0, "reports": [], "error": message}

    def handle(self, *args: Any, file: str, as_json: bool, **options: Any) -> None:
        with NamedTemporaryFile(suffix=".mbox") as copy:
            try:
                _copy(file, copy)
            except OSError as error:
                message = f"The file “{file}” cannot be opened: {error.strerror}."
                if as_json:
                    self.answer(self.refusal(message))
                raise CommandError(message) from None
            mails, unreadable, reports = self._read_all(copy.name)
        if as_json:
            self.answer({"mails": mails, "unreadable": unreadable, "reports": reports})
        counts = Counter(str(report["noted"]) for report in reports)
        found = ", ".join(f"{count} {noted}" for noted, count in sorted(counts.items())) or "no report"
        self.stderr.write(f"{mails} mails read: {found}.")
        if unreadable:
            raise CommandError(f"{unreadable} of them could not be read.")

    def _read_all(self, path: str) -> tuple[int, int, list[dict[str, object]]]:
        """How many mails there are, how many of them could not be read, and what the others say."""
        mails, unreadable = 0, 0
        reports: list[dict[str, object]] = []
        for text in _mails(path):
            mails += 1
            try:
                reports += self._read(text)
            except STRANGE as error:
                unreadable += 1
                self.stderr.write(f"Mail {mails} cannot be read ({type(error).__name__}).")
        return mails, unreadable, reports

    def _read(self, text: bytes) -> Iterator[dict[str, object]]:
        for found in read_report(text, settings.PUBLIC_HOST):
            bounce = replace(found, said=mask(found.said))
            report = note(bounce, timezone.now())
            self.stderr.write(f"{report.noted:9} {report.email}: {bounce.said}")
            yield _as_dict(bounce, report.email, report.noted)


def _as_dict(bounce: Bounce, email: str, noted: str) -> dict[str, object]:
    mail = str(bounce.mail) if bounce.mail else None
    return {"to": email, "outcome": bounce.outcome.value, "said": bounce.said, "mail": mail, "noted": noted}


def _copy(file: str, copy: IO[bytes]) -> None:
    if file == "-":
        copyfileobj(sys.stdin.buffer, copy)
    else:
        with Path(file).open("rb") as source:
            copyfileobj(source, copy)
    copy.flush()


def _mails(path: str) -> Iterator[bytes]:
    """As they stand. A mailbox file begins with “From ” and no colon, a mail with a header."""
    with Path(path).open("rb") as file:
        start = file.read(LARGEST_MAIL)
    if not start.startswith(b"From "):
        yield start
        return
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.keys():  # noqa: SIM118 - iterating over it would parse each mail
            yield box.get_file(key).read(LARGEST_MAIL)
    finally:
        box.close()
