"""Importers whose reminders are due now, at whatever hour and on whatever day this runs."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.chaos.processes import Portal, until
from tests.office_hours import COUNTRY, office_hours

AHEAD = 14  # the one slot of the campaign, in days
HEADINGS = ["Company name", "Importer number", "Country", "Contact", "E-mail", "Title", "Officer", "Phone", "Language"]
FILLED = """
    UPDATE importers_importerofrecord SET created_at = now() - interval '40 days', time_zone = '{zone}';
    DELETE FROM importers_campaign;
    INSERT INTO importers_campaign (name, deadline, time_zone, days, weeks_after, source)
    VALUES ('Chaos', '{deadline}', '{zone}', '{{{days}}}', 0, 'a test')
"""
LEDGER = "SELECT count(*) FROM importers_notification WHERE kind = 'reminder' AND state <> 'skipped'"
SOON_SECONDS = 60.0


def client_list(importers: int) -> Iterator[tuple[str, ...]]:
    """Every tenth person has two of them, and is to get one mail."""
    for n in range(importers):
        person = n - (n % 10 == 1)
        contact = (f"Mette Sørensen {person}", f"mette@company{person}.example", "Director", "yes", "+45 70 10 10 11")
        yield f"Nordlys {n} ApS", f"26{n // 100_000:04d}-{n % 100_000:05d}", COUNTRY, *contact, "da" if n % 2 else "en"


def fill(portal: Portal, importers: int, now: datetime) -> datetime:
    """By the client list, and then their age and the campaign; returns when the reminders are due."""
    at, place = office_hours(now)
    path = portal.folder / "clients.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADINGS, *client_list(importers)])
    told = portal.run("import_roster", str(path), "--json")
    assert json.loads(told)["created"] == importers
    deadline = place.local(at).date() + timedelta(days=AHEAD)
    for statement in FILLED.format(zone=place.time_zone, deadline=deadline, days=AHEAD).split(";"):
        portal.rows(statement)
    return at


def schedule(portal: Portal, importers: int, at: datetime) -> None:
    """The beats ring for it meanwhile, both: of all that come at once one does it."""

    def all_are_due() -> bool:
        portal.run("schedule_reminders", "--at", at.isoformat(), "--json")
        return portal.rows(LEDGER) == [(importers,)]

    until(all_are_due, SOON_SECONDS, "the reminders are in the outbox")
