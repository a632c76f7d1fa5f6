"""Loads a client list: reads it, says what it would do, and does it as a whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from django.db import IntegrityError, connection
from django.db.models import Model
from django.utils import timezone

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.roster import Field, Roster, Staff, read_roster
from importers.domain.roster.text import masked
from importers.models import ACEAccount, ImporterAccess, ImporterOfRecord, PointOfContact, User
from importers.services.change import deed
from importers.services.readiness import refresh
from importers.services.roster_plan import Planned, Planner, Wanted

BATCH = 1000
ONE_LIST_AT_A_TIME = 5106_0001  # PostgreSQL advisory lock
WRITTEN = [
    "name", "country", "contact_name", "contact_email", "contact_title", "contact_phone", "language", "is_ddp", "route",
    "assigned_to", "invited_at", "invited_by",
]  # fmt: skip

MEANWHILE = _("Somebody added one of these importers at the same moment. Nothing was saved; load the list again.")


@dataclass(slots=True)
class Listing:
    """A list that has been read. Holds nothing that may not be kept for a while (see `Wanted`); the name of the file is
    `masked`, because it goes into the history, which nobody can correct."""

    file_name: str
    wanted: list[Wanted] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    rows: int = 0
    sheet: str = ""
    ignored: list[str] = field(default_factory=list)
    headings: dict[Field, str] = field(default_factory=dict)
    readable: bool = False

    def may_be_saved(self, *, skip_bad_rows: bool) -> bool:
        return self.readable and (skip_bad_rows or not self.errors)


@dataclass(slots=True)
class Outcome:
    """What was done when `saved`, else what would be."""

    listing: Listing
    created: list[Planned] = field(default_factory=list)
    updated: list[Planned] = field(default_factory=list)
    unchanged: int = 0
    warnings: list[LineError] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    saved: bool = False


def read(file_name: str, data: bytes) -> Listing:
    people = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    roster: Roster = read_roster(data, [Staff(user.pk, user.name, user.email) for user in people])
    return Listing(
        masked(file_name),
        [Wanted.of(entry) for entry in roster.entries],
        roster.errors,
        roster.rows,
        roster.sheet,
        roster.ignored,
        roster.headings,
        roster.readable,
    )


def preview(listing: Listing, *, by: User) -> Outcome:
    """Writes nothing."""
    return _outcome(listing, _plan(listing, by, lock=False))


def save(listing: Listing, *, by: User, skip_bad_rows: bool = False) -> Outcome:
    """All rows in one transaction; nothing while any row is wrong, unless the bad ones are to be skipped."""
    if not listing.may_be_saved(skip_bad_rows=skip_bad_rows):
        return preview(listing, by=by)
    action = f"client list {listing.file_name}"
    try:
        with deed(action, by=by):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_LIST_AT_A_TIME])
            planned = _plan(listing, by, lock=True)
            _write([one for one in planned if one.touches], by)
    except IntegrityError:
        outcome = preview(listing, by=by)
        outcome.errors.append(LineError.of(0, "", RuleViolation("meanwhile", MEANWHILE)))
        return outcome
    outcome = _outcome(listing, planned)
    outcome.saved = True
    return outcome


def _plan(listing: Listing, by: User, *, lock: bool) -> list[Planned]:
    known = _known([wanted.number["fingerprint"] for wanted in listing.wanted], lock=lock)
    staff = User.objects.filter(is_staff=True).values_list("email", flat=True)
    planner = Planner(by, timezone.now(), listing.headings, frozenset(email.lower() for email in staff))
    return [planner.plan(wanted, known.get(wanted.number["fingerprint"])) for wanted in listing.wanted]


def _known(fingerprints: list[str], *, lock: bool) -> dict[str, ImporterOfRecord]:
    rows = ImporterOfRecord.objects.filter(fingerprint__in=fingerprints).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",))
    rows = rows.select_related("officer", "ace_account").prefetch_related("accesses__user")
    return {row.fingerprint: row for row in rows}


def _outcome(listing: Listing, planned: list[Planned]) -> Outcome:
    return Outcome(
        listing,
        created=[one for one in planned if one.is_new],
        updated=[one for one in planned if not one.is_new and one.touches],
        unchanged=sum(not one.touches for one in planned),
        warnings=list(chain.from_iterable(one.warnings for one in planned)),
        errors=list(listing.errors),
    )


def _write(planned: list[Planned], by: User) -> None:
    """A few statements, however many rows."""
    if not planned:
        return
    _save(ImporterOfRecord, [one.importer for one in planned if one.is_new or one.changes], WRITTEN)
    _save(PointOfContact, [one.officer for one in planned if one.officer], ["name", "title", "email", "phone"])
    _save(ACEAccount, [one.account for one in planned if one.account], ["existing", "answered_at", "answered_by"])
    leaving = [access.pk for one in planned for access in one.leaving]
    if leaving:
        ImporterAccess.objects.filter(pk__in=leaving).update(revoked_at=timezone.now(), revoked_by=by)
    refresh([one.importer.pk for one in planned])


def _save(model: type[Model], rows: Sequence[Model], fields: list[str]) -> None:
    """For the rows that are there: INSERT … ON CONFLICT (id) DO UPDATE, many times faster than the CASE WHEN of
    bulk_update. They are locked, so it only ever updates."""
    new, old = [row for row in rows if row.pk is None], [row for row in rows if row.pk is not None]
    model._default_manager.bulk_create(new, batch_size=BATCH)
    model._default_manager.bulk_create(
        old, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=fields
    )
