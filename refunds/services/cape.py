"""What an importer can claim now, as CBP's CAPE takes it, and of every other entry why not. Makes files for the broker
to upload; the portal itself never touches ACE."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from anyascii import anyascii
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from importers.domain.consistency import Who
from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.models import BrokerFirm, ImporterOfRecord, User
from importers.services.change import change
from refunds.domain.cape_messages import ClaimStatus, Message, Refile
from refunds.domain.eligibility import FOR_CAPE, Decision, EntryFacts, assess
from refunds.domain.entry_number import hyphened
from refunds.domain.reasons import Reason, reason
from refunds.domain.rules import Rules
from refunds.formats import cape_csv
from refunds.models import CapeFile, CapeFileEntry, Entry, RuleVersion
from refunds.services.refiling import rejections
from refunds.services.waiting import release, waiting

NAMED = 5
BATCH = 5000
PENDING = "claim-pending"
WAITING = "in-a-file"

UNDECIDED = Reason(_("CAPE has this entry and has not decided. Load the claim's results when they are there."), None)
NO_FILER_CODE = _(
    "The firm's filer code is not set, so nobody can tell which entries another broker filed. Set it on the page of "
    "the broker firm."
)
OTHER_FILER = _(
    "Filed by another broker, with filer code %(code)s: %(named)s (entries: %(count)s). Only the broker that filed an "
    "entry, or the importer, may claim it."
)
IN_A_FILE = _(
    "It is in the CAPE file “%(file)s” of %(made)s, and no result has come in since. Load that file's results. If the "
    "file was never uploaded, put its entries in again."
)
GOES_AGAIN = _(
    "The file “%(file)s” counts as never uploaded, and what it holds goes in here again (entries: %(count)s). Do not "
    "upload that file."
)
NOT_TOLD = _(
    "No report has said whether an entry is liquidated, so it is taken as not liquidated: %(named)s (entries: "
    "%(count)s). Export ES-003 with the columns Liquidation Date and Liquidation Status to be sure."
)
REJECTED = _(
    "Rejected with “%(message)s”: %(named)s (entries: %(count)s). What is not put right comes back the same: %(remedy)s"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that is looked at."""

    pk: int
    number: str
    duty: Decimal

    @property
    def canonical(self) -> str:
        return hyphened(self.number)


@dataclass(frozen=True, slots=True)
class Excluded:
    """`code` is the key of the rule that keeps the entry out."""

    entry: Candidate
    code: str
    reason: Reason


@dataclass(slots=True)
class CapePlan:
    """`excluded` are all entries of the importer that do not go in; `waiting` are those among them that only an earlier
    file keeps out, by the file. `warnings` keep nothing out."""

    importer: ImporterOfRecord
    today: date
    rules: Rules
    entries: list[Candidate] = field(default_factory=list)
    excluded: list[Excluded] = field(default_factory=list)
    waiting: dict[CapeFile, list[Candidate]] = field(default_factory=dict)
    warnings: list[RuleViolation] = field(default_factory=list)

    @property
    def files(self) -> list[bytes]:
        return cape_csv.write(entry.number for entry in self.entries)

    @property
    def possible_refund(self) -> Decimal:
        return sum((entry.duty for entry in self.entries), Decimal("0.00"))

    @property
    def standing(self) -> list[CapeFile]:
        """Earlier files that would be made of the same entries again: CAPE has answered to none of them."""
        return [file for file, entries in self.waiting.items() if len(entries) == file.entries]


def plan(importer: ImporterOfRecord, *, today: date) -> CapePlan:
    """Judges by the rules as of `today`, whatever day the stored verdicts are of."""
    made = CapePlan(importer, today, RuleVersion.objects.rules())
    stand_in = waiting(importer)
    decided: dict[EntryFacts, Decision] = {}
    not_told: list[Candidate] = []
    entries = Entry.objects.filter(importer=importer).order_by("entry_date", "number")
    for entry in entries.iterator(chunk_size=BATCH):
        facts = entry.facts
        if facts not in decided:
            decided[facts] = assess(facts, made.rules, today)
        decision, candidate = decided[facts], Candidate(entry.pk, entry.number, entry.ieepa_duty)
        if decision.verdict not in FOR_CAPE:
            why = reason(decision.verdict, decision.rule, made.rules)
            made.excluded.append(Excluded(candidate, decision.rule, why))
        elif entry.claim_status == ClaimStatus.PENDING:
            made.excluded.append(Excluded(candidate, PENDING, UNDECIDED))
        elif file := stand_in.held.get(entry.pk):
            made.excluded.append(Excluded(candidate, WAITING, _in(file)))
            made.waiting.setdefault(file, []).append(candidate)
        else:
            made.entries.append(candidate)
            if not (entry.liquidation_date or entry.liquidation_status):
                not_told.append(candidate)
    made.warnings = [
        *_other_filers(made.entries),
        *_liquidation_not_told(not_told),
        *_go_again(stand_in.released[entry.pk] for entry in made.entries if entry.pk in stand_in.released),
        *_not_yet_right(importer, {entry.pk: entry for entry in made.entries}),
    ]
    return made


def _in(file: CapeFile) -> Reason:
    about = {"file": file.name, "made": timezone.localdate(file.made_at)}
    return Reason(IN_A_FILE, Who.BROKER, about)


def make_all(importers: Iterable[ImporterOfRecord], *, by: User, today: date) -> list[CapeFile]:
    """The files of many importers, all or none of them; `made_at` is the same in all. Locks the importers in the order
    in which an import does."""
    chosen = ImporterOfRecord.objects.filter(pk__in=[importer.pk for importer in importers]).order_by("pk")
    with transaction.atomic():
        locked = list(chosen.select_for_update())
        at = timezone.now()  # whatever comes in while we wait was there before the files
        return [file for importer in locked for file in make_files(importer, by=by, today=today, at=at)]


def make_files(importer: ImporterOfRecord, *, by: User, today: date, at: datetime | None = None) -> list[CapeFile]:
    """Keeps the files as they were made. None when nothing can be claimed."""
    return make(importer, by=by, today=today, at=at)[1]


def make(
    importer: ImporterOfRecord, *, by: User, today: date, at: datetime | None = None, again: bool = False
) -> tuple[CapePlan, list[CapeFile]]:
    """The files, and the plan by which they were made. With `again` also what waits in earlier files goes in."""
    with transaction.atomic():
        if again:
            _let_in_again(importer, by=by)
        with change(importer, "make CAPE files", by=by) as locked:
            at = at or timezone.now()
            made = plan(locked, today=today)
            before = CapeFile.objects.filter(importer=locked).count()
            files = [
                _store(made, f"{_stem(made)}-{before + number}.csv", data, entries, by, at)
                for number, (data, entries) in enumerate(zip(made.files, _parts(made.entries), strict=True), 1)
            ]
    return made, files


def _stem(made: CapePlan) -> str:
    name = slugify(anyascii(made.importer.name))[:40].strip("-") or "importer"
    return f"CAPE-{name}-{made.importer.pk}-{made.today.isoformat()}"


def _let_in_again(importer: ImporterOfRecord, *, by: User) -> None:
    """A file may be another importer's, who had the entry then: all are locked first, in the order of an import."""
    files = set(waiting(importer).held.values())
    pks = sorted({importer.pk, *(file.importer_id for file in files)})
    list(ImporterOfRecord.objects.filter(pk__in=pks).order_by("pk").select_for_update())
    release([file.pk for file in files], by=by)


def _parts(entries: list[Candidate]) -> Iterator[list[Candidate]]:
    """As `cape_csv.write` parts them; an entry number stands only once in the table."""
    for start in range(0, len(entries), cape_csv.MOST_ENTRIES):
        yield entries[start : start + cape_csv.MOST_ENTRIES]


def _store(made: CapePlan, name: str, data: bytes, entries: list[Candidate], by: User, at: datetime) -> CapeFile:
    file = CapeFile.objects.create(
        importer=made.importer,
        name=name,
        data=data,
        sha256=sha256(data).hexdigest(),
        entries=len(entries),
        possible_refund=sum((entry.duty for entry in entries), Decimal("0.00")),
        made_at=at,
        made_by=by,
        rules_version=made.rules.version,
    )
    CapeFileEntry.objects.bulk_create(
        (CapeFileEntry(file=file, entry_id=entry.pk) for entry in entries), batch_size=BATCH
    )
    return file


def _other_filers(entries: list[Candidate]) -> Iterator[RuleViolation]:
    own = BrokerFirm.current().own_filer
    if not own:
        yield RuleViolation("filer_code_unknown", NO_FILER_CODE)
        return
    foreign = Counter(entry.number[:3] for entry in entries if entry.number[:3] != own)
    for code, count in sorted(foreign.items()):
        named = _named(entry for entry in entries if entry.number.startswith(code))
        yield RuleViolation("other_filer", OTHER_FILER, count=count, code=code, named=named)


def _liquidation_not_told(entries: list[Candidate]) -> Iterator[RuleViolation]:
    if entries:
        yield RuleViolation("liquidation_not_told", NOT_TOLD, count=len(entries), named=_named(iter(entries)))


def _named(entries: Iterator[Candidate]) -> str:
    listed = [entry.canonical for entry in entries]
    return ", ".join(listed[:NAMED]) + (" …" if len(listed) > NAMED else "")


def _go_again(files: Iterable[CapeFile]) -> Iterator[RuleViolation]:
    for file, count in sorted(Counter(files).items(), key=lambda item: item[0].pk):
        yield RuleViolation("goes_again", GOES_AGAIN, count=count, file=file.name)


def _not_yet_right(importer: ImporterOfRecord, going: dict[int, Candidate]) -> Iterator[RuleViolation]:
    """What CAPE rejected for a reason that does not pass by itself. Nobody here knows whether it was put right."""
    found: dict[str, tuple[Message, list[Candidate]]] = {}
    for pk, messages in rejections(importer):
        for said in {one.name: one for one in messages}.values():
            if said.message and said.message.refile is not Refile.NOW and pk in going:
                found.setdefault(said.name, (said.message, []))[1].append(going[pk])
    for name, (message, entries) in sorted(found.items()):
        about = {"count": len(entries), "message": name, "named": _named(iter(entries)), "remedy": message.remedy}
        yield RuleViolation("rejected", REJECTED, **about)
