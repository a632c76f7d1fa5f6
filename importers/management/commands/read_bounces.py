"""Reads the reports that a plain mail server sends when a mail does not arrive."""

import mailbox
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from importers.domain.bounces import Bounce, read_report
from importers.management.base import JSONCommand
from importers.services.bounces import note


class Command(JSONCommand):
    help = (
        "Reads delivery status reports (RFC 3464): one mail, or a mailbox file (mbox) of many. Other mails in it are "
        "passed over. A mail server can pipe what comes to DEFAULT_FROM_EMAIL into “read_bounces -”. Reading a report "
        "twice changes nothing more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the mail or mailbox file; - for standard input")

    def refusal(self, message: str) -> dict[str, object]:
        return {"mails": 0, "reports": [], "error": message}

    def handle(self, *args: Any, file: str, as_json: bool, **options: Any) -> None:
        try:
            data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except OSError as error:
            message = f"The file “{file}” cannot be opened: {error.strerror}."
            if as_json:
                self.answer(self.refusal(message))
            raise CommandError(message) from None
        mails, counts, reports = 0, Counter[str](), []
        for text in _mails(data):
            mails += 1
            for bounce in read_report(text, settings.PUBLIC_HOST):
                report = note(bounce, timezone.now())
                counts[report.noted] += 1
                reports.append(_as_dict(bounce, report.email, report.noted))
                self.stderr.write(f"{report.noted:9} {report.email}: {bounce.said}")
        if as_json:
            self.answer({"mails": mails, "reports": reports})
        found = ", ".join(f"{count} {noted}" for noted, count in sorted(counts.items())) or "no report"
        self.stderr.write(f"{mails} mails read: {found}.")


def _as_dict(bounce: Bounce, email: str, noted: str) -> dict[str, object]:
    mail = str(bounce.mail) if bounce.mail else None
    return {"to": email, "outcome": bounce.outcome.value, "said": bounce.said, "mail": mail, "noted": noted}


def _mails(data: bytes) -> Iterator[bytes]:
    """A mailbox file begins with “From ” and no colon, a mail with a header."""
    if not data.startswith(b"From "):
        yield data
        return
    with NamedTemporaryFile(suffix=".mbox") as file:
        file.write(data)
        file.flush()
        box = mailbox.mbox(file.name, create=False)
        try:
            yield from (message.as_bytes() for message in box)
        finally:
            box.close()
