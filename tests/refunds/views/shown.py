"""What an importer's page of refunds shows."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from importers.models import ImporterOfRecord
from refunds.models import Entry
from tests.factories import EntryFactory, ReportFactory
from tests.pages import html


def address(importer: ImporterOfRecord) -> str:
    return reverse("refunds", args=[importer.uuid])


def page(client: Client, importer: ImporterOfRecord, **query: Any) -> str:
    return html(client.get(address(importer), query))  # type: ignore[arg-type]


def numbers(text: str) -> list[str]:
    return re.findall(r"<th role=\"rowheader\"[^>]*><b>([^<]+)</b>", text)


def entries(importer: ImporterOfRecord, duties: Sequence[str], **fields: Any) -> list[Entry]:
    """The first is the newest."""
    report = ReportFactory.create()
    return [
        EntryFactory.create(
            importer=importer, ieepa_duty=Decimal(duty), entry_date=date(2025, 9, 30) - timedelta(n), report=report,
            **fields,
        )
        for n, duty in enumerate(duties)
    ]  # fmt: skip
