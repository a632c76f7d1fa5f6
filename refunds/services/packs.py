"""Showing an importer its entries: as a snapshot that stays as it was, in a pack of its own each time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import Min, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.models import BrokerFirm, ImporterAccess, ImporterOfRecord, MailKind, Readiness, User
from importers.services.change import change
from importers.services.outbox import post
from refunds.domain import pack as domain
from refunds.domain.clocks import clocks
from refunds.domain.eligibility import Decision, EntryFacts, Verdict, assess
from refunds.domain.pack import Changes, Group, Sum, Totals, changes, totals
from refunds.domain.rules import Rules
from refunds.formats import client_pack
from refunds.models import Entry, Pack, PackLine, RuleVersion

NO_ENTRIES = _("There are no entries of this importer. Load an ES-003 report that holds them, then share.")
UNCHANGED = _("Nothing has changed since the importer was shown the entries last. Share them again when it has.")
CHANGED = _("The entries have changed since you looked at them. Look at what would be shown now, then decide.")
WITHDRAWN = _("This was taken back already.")
CHUNK = 5000
COLUMNS = (
    "entry_number",
    "entry_date",
    "liquidation_status",
    "liquidation_date",
    "cape_until",
    "protest_until",
    "ieepa_duty",
    "verdict",
    "verdict_rule",
)


# What the rules ask of an entry, beside its day and duty, in the order of EntryFacts.
FACTS = (
    "entry_type",
    "liquidation_date",
    "liquidation_status",
    "reconciliation",
    "control_status",
    "protest_status",
    "claim_status",
    "paid_on",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the importer would be shown now. `before` is the newest pack that is still shared, `changes` what is new
    since then; without one all is new."""

    importer: ImporterOfRecord
    as_of: date
    reports_as_of: date | None
    rules: Rules
    lines: list[domain.PackLine]
    totals: Totals
    before: Pack | None
    changes: Changes

    @property
    def is_new(self) -> bool:
        return self.before is None or bool(self.changes)

    @property
    def seen(self) -> str:
        """Tells whether what was looked at is what would be shown now."""
        return sha256(repr((self.lines, self.changes)).encode()).hexdigest()


def newest(importer: ImporterOfRecord) -> Pack | None:
    """The one that the importer sees; of its files nothing is loaded."""
    return Pack.objects.filter(importer=importer).shared().without_files().first()


def draft(importer: ImporterOfRecord) -> Draft:
    rules, today, before = RuleVersion.objects.rules(), timezone.localdate(), newest(importer)
    entries = Entry.objects.filter(importer=importer)
    lines = list(_lines_now(entries.order_by("-entry_date", "number"), rules, today))
    shown = {line.number: line for line in _lines_of(before)} if before else {}
    return Draft(
        importer,
        today,
        entries.aggregate(day=Min("as_of"))["day"] if lines else None,
        rules,
        lines,
        totals(Group(line.verdict, line.entry_date, Sum(1, line.ieepa_duty)) for line in lines),
        before,
        changes(shown, {line.number: line for line in lines}),
    )


def _lines_now(entries: QuerySet[Entry], rules: Rules, today: date) -> Iterator[domain.PackLine]:
    """With the verdicts as of today: what is kept may be of yesterday, or of other rules. The rules are asked once for
    each combination of facts, of which there are far fewer than entries."""

    @cache
    def decided(*facts: Any) -> Decision:
        return assess(EntryFacts(*facts), rules, today)

    runs_from = cache(partial(clocks, rules=rules))
    for number, entered, duty, *facts in entries.values_list("number", "entry_date", "ieepa_duty", *FACTS).iterator(
        CHUNK
    ):
        kind, liquidated, status, reconciliation, control, protest, claim, paid_on = facts
        day = rules.first_entry if rules.first_entry <= entered <= rules.last_entry else entered
        decision = decided(
            kind, day, liquidated, status, reconciliation, control, protest, duty > 0, claim, paid_on is not None
        )
        runs = runs_from(liquidated)
        yield domain.PackLine(
            number,
            entered,
            status,
            liquidated,
            runs.cape_until,
            runs.protest_until,
            duty,
            decision.verdict,
            str(decision.rule),
        )


def _lines_of(pack: Pack) -> Iterator[domain.PackLine]:
    rows = PackLine.objects.filter(pack=pack).order_by().values_list(*COLUMNS)
    for number, entered, status, liquidated, cape, protest, duty, verdict, rule in rows.iterator(CHUNK):
        yield domain.PackLine(number, entered, status, liquidated, cape, protest, duty, Verdict(verdict), rule)


def files(shown: Draft) -> client_pack.Files:
    """As the importer can download them, in the importer's language."""
    importer = shown.importer
    content = client_pack.ClientPack(
        firm=BrokerFirm.current().name,
        importer=importer.name,
        number=importer.number or importer.masked_number,
        as_of=shown.as_of,
        lines=shown.lines,
    )
    with translation.override(importer.language):
        return client_pack.write(content, gettext)


def publish(importer: ImporterOfRecord, *, by: User, seen: str = "") -> Pack:
    """Raises RuleViolation `no_entries`, `unchanged`, or `changed` when it is no longer what was `seen` (of a draft; ""
    for: never mind). Whoever of the importer may come in is told by mail."""
    with change(importer, "share entries", by=by) as row:
        shown = draft(row)
        if shown.reports_as_of is None:
            raise RuleViolation("no_entries", NO_ENTRIES)
        if seen not in ("", shown.seen):
            raise RuleViolation("changed", CHANGED)
        if not shown.is_new:
            raise RuleViolation("unchanged", UNCHANGED)
        made = files(shown)
        pack = Pack.objects.create(
            importer=row,
            published_at=timezone.now(),
            published_by=by,
            as_of=shown.as_of,
            reports_as_of=shown.reports_as_of,
            rules_version=shown.rules.version,
            language=row.language,
            entries=len(shown.lines),
            possible_refund=shown.totals.possible.duty,
            totals=shown.totals.kept(),
            xlsx=made.xlsx,
            csv=made.csv,
        )
        _copy(pack, shown.lines)
        _note_what_is_shared(row)
        for person, name in readers(row):
            post(
                MailKind.SHARED,
                to_email=person.email,
                to_name=name,
                language=person.language,
                importer=row,
                by=by,
            )
    return pack


def _copy(pack: Pack, lines: Iterable[domain.PackLine]) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, ("pack_id", *COLUMNS)))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(PackLine._meta.db_table)} ({columns}) FROM STDIN") as copy,
    ):
        for line in lines:
            copy.write_row((
                pack.pk,
                line.number,
                line.entry_date,
                line.liquidation_status,
                line.liquidation_date,
                line.cape_until,
                line.protest_until,
                line.ieepa_duty,
                str(line.verdict),
                line.rule,
            ))  # fmt: skip


def withdraw(pack: Pack, *, by: User) -> None:
    """The importer sees the pack before it again, or nothing."""
    with change(pack.importer, "take back shared entries", by=by) as row:
        taken = Pack.objects.filter(pk=pack.pk).shared().update(withdrawn_at=timezone.now(), withdrawn_by=by)
        if not taken:
            raise RuleViolation("withdrawn", WITHDRAWN)
        _note_what_is_shared(row)


def _note_what_is_shared(importer: ImporterOfRecord) -> None:
    pack = newest(importer)
    Readiness.objects.filter(importer=importer).update(shared_refund=pack.possible_refund if pack else None)


def readers(importer: ImporterOfRecord) -> list[tuple[User, str]]:
    """Who is told: the officer and the contact, as far as they may come in, each with the name the importer gave."""
    officer = getattr(importer, "officer", None)
    named = {officer.email.lower(): officer.name} if officer else {}
    named.setdefault(importer.contact_email.lower(), importer.contact_name)
    accesses = ImporterAccess.objects.filter(importer=importer, revoked_at=None, user__is_active=True)
    people = {access.user.email.lower(): access.user for access in accesses.select_related("user")}
    return [(people[email], name) for email, name in named.items() if email in people]
