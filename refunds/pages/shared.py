"""The page on which an importer sees what was shared: the newest pack, and beside it what CBP has answered since."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Case, Count, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from importers.domain.text import LONGEST_IDENTIFIER, unify
from importers.models import ImporterOfRecord
from importers.wording import plain_date
from refunds.domain import pack as domain
from refunds.domain.eligibility import ACCEPTED, REFUSED, Verdict
from refunds.domain.pack import STATUS, Totals, note_of
from refunds.domain.rules import SHIPPED, ClockKey, Rules, Takes, parse_rules
from refunds.models import ClaimResult, Entry, Pack, PackLine, Payment, RuleVersion
from refunds.pages.last_days import LastDay, Reader, last_days

# Colour only where money waits for somebody; words say the same.
TAGS = {Verdict.ELIGIBLE: "todo", Verdict.REJECTED: "wait", Verdict.CLAIMED: "wait"}
PAGE = 20  # on a phone an entry takes 200 pixels and more
PACKS_SHOWN = 12


class Sort(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    DUTY = "duty"
    STATUS = "status"


SORTS: dict[Sort, Promise | str] = {
    Sort.NEWEST: gettext_lazy("Newest entry date first"),
    Sort.OLDEST: gettext_lazy("Oldest entry date first"),
    Sort.DUTY: gettext_lazy("Largest duty first"),
    Sort.STATUS: gettext_lazy("By status"),
}
IN_ORDER = Case(*(When(verdict=v, then=Value(n)) for n, v in enumerate(Verdict)), output_field=IntegerField())
ORDER: dict[Sort, tuple[Any, ...]] = {
    Sort.NEWEST: ("-entry_date", "entry_number"),
    Sort.OLDEST: ("entry_date", "-entry_number"),  # the same index, read from its end
    Sort.DUTY: ("-ieepa_duty", "entry_number"),
    Sort.STATUS: (IN_ORDER, "-entry_date", "entry_number"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What the address asks for. What it cannot mean is as if it was not there. `number` is a part of an entry number
    in any spelling, compact; `typed` is how it was written."""

    typed: str = ""
    number: str = ""
    verdict: Verdict | None = None
    sort: Sort = Sort.NEWEST
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        typed = query.get("q", "")[:LONGEST_IDENTIFIER].strip()
        verdict, sort, page = query.get("status", ""), query.get("sort", ""), query.get("page", "")
        return cls(
            typed=typed,
            number="".join(c for c in unify(typed).upper() if c.isalnum()),
            verdict=Verdict(verdict) if verdict in set(Verdict) else None,
            sort=Sort(sort) if sort in set(Sort) else Sort.NEWEST,
            page=max(1, int(page)) if page.isdecimal() and len(page) < len("1000000") else 1,
        )

    @property
    def is_narrow(self) -> bool:
        return bool(self.typed or self.verdict)

    @property
    def wanted(self) -> Q:
        """Of the lines of a pack."""
        wanted = Q()
        if self.typed:
            wanted &= Q(entry_number__contains=self.number) if self.number else Q(pk=None)
        return wanted & Q(verdict=self.verdict) if self.verdict else wanted

    def address(self, page: int) -> str:
        asked = {"q": self.typed, "status": self.verdict or "", "sort": self.sort, "page": page}
        return "?" + urlencode({name: value for name, value in asked.items() if value}) + "#entries"


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the chart. `width` is in percent of the longest, written for a browser."""

    label: str
    counted: domain.Sum
    width: str
    is_possible: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """`since` is what CBP has said of the entry, whenever that was."""

    row: PackLine
    status: str
    tag: str
    note: str
    days: list[LastDay]
    since: list[str]


@dataclass(frozen=True, slots=True)
class Paid:
    amount: Decimal
    last: date


@dataclass(frozen=True, slots=True)
class Protest:
    """Entries for which nothing else is left, and the last day of the first of them."""

    entries: int
    until: date


@dataclass(frozen=True, slots=True)
class SharedPage:
    """`rules` are those the pack rests on. `has_others`: another broker filed some of its entries."""

    pack: Pack
    earlier: list[Pack]
    totals: Totals
    question: Question
    found: int
    lines: list[Line]
    paid: Paid | None
    rules: Rules
    has_others: bool
    protest: Protest | None

    @property
    def claim_days(self) -> int:
        return self.rules.days(ClockKey.CAPE)

    @property
    def protest_days(self) -> int:
        return self.rules.days(ClockKey.PROTEST)

    @property
    def is_late_way_unknown(self) -> bool:
        """CBP has announced to take what is too late now, and not said from when."""
        return any(phase.opens is None and Takes.LATE in phase.takes for phase in self.rules.phases)

    @property
    def by_status(self) -> list[Bar]:
        rows = self.totals.by_status.items()
        return list(_bars((gettext(STATUS[v]), counted, v.is_possible) for v, counted in rows))

    @property
    def by_month(self) -> list[Bar]:
        return list(_bars((_month(day), counted, True) for day, counted in self.totals.by_month.items()))

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [(str(verdict), gettext(STATUS[verdict])) for verdict in self.totals.by_status]

    @property
    def sorts(self) -> list[tuple[str, Promise | str]]:
        return [(str(sort), text) for sort, text in SORTS.items()]

    @property
    def first(self) -> int:
        return (self.question.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @property
    def before(self) -> str:
        return self.question.address(self.question.page - 1) if self.question.page > 1 else ""

    @property
    def after(self) -> str:
        return self.question.address(self.question.page + 1) if self.last < self.found else ""


def shared_page(importer: ImporterOfRecord, question: Question, own_filer: str = "") -> SharedPage | None:
    """None while nothing is shared. `own_filer` is the firm's filer code, "" while it is not known."""
    packs = _packs(importer)
    if not packs:
        return None
    pack, lines = packs[0], PackLine.objects.filter(pack=packs[0])
    counted = Totals.read(pack.totals)
    found = lines.filter(question.wanted).count() if question.is_narrow else pack.entries
    last_page = max(1, -(-found // PAGE))
    if question.page > last_page:
        question = Question(question.typed, question.number, question.verdict, question.sort, last_page)
    start = (question.page - 1) * PAGE
    rows = list(lines.filter(question.wanted).order_by(*ORDER[question.sort])[start : start + PAGE])
    today = timezone.localdate()
    shown = list(_lines(importer, rows, Reader(pack.as_of, today, own_filer)))
    paid, rules, has_others = _paid(pack), _rules(pack), _has_others(pack, own_filer)
    protest = _protest(lines, today) if Verdict.LATE in counted.by_status else None
    return SharedPage(pack, packs[1:], counted, question, found, shown, paid, rules, has_others, protest)


def _packs(importer: ImporterOfRecord) -> list[Any]:
    """Each with its rules' content, the first and last of its entry numbers, which an index tells, and what CBP has
    paid the importer."""
    numbers = PackLine.objects.filter(pack=OuterRef("pk")).values("entry_number")
    rules = RuleVersion.objects.filter(version=OuterRef("rules_version")).values("content")
    payments = Payment.objects.filter(importer=OuterRef("importer")).order_by().values("importer")
    found = Pack.objects.filter(importer=importer).shared().without_files()
    return list(
        found.annotate(
            rules_content=Subquery(rules[:1]),
            first_number=Subquery(numbers.order_by("entry_number")[:1]),
            last_number=Subquery(numbers.order_by("-entry_number")[:1]),
            paid_amount=Subquery(payments.annotate(amount=Sum("amount")).values("amount")),
            paid_last=Subquery(payments.annotate(last=Max("paid_on")).values("last")),
        )[: PACKS_SHOWN + 1]
    )


def _rules(pack: Any) -> Rules:
    return parse_rules(pack.rules_content, version=pack.rules_version) if pack.rules_content else SHIPPED


def _has_others(pack: Any, own_filer: str) -> bool:
    """All numbers lie between the first and the last."""
    return not all(number.startswith(own_filer) for number in (pack.first_number, pack.last_number))


def _lines(importer: ImporterOfRecord, rows: list[PackLine], reader: Reader) -> Iterator[Line]:
    since = _since(importer, [row.entry_number for row in rows])
    for row in rows:
        verdict = Verdict(row.verdict)
        note = note_of(verdict, row.verdict_rule)
        told = list(_told(since.get(row.entry_number)))
        is_for_us = verdict is not Verdict.REJECTED or row.entry_number.startswith(reader.own_filer)
        words = gettext(note) if note and is_for_us else ""
        yield Line(row, gettext(STATUS[verdict]), TAGS.get(verdict, ""), words, last_days(row, reader), told)


def _since(importer: ImporterOfRecord, numbers: list[str]) -> dict[str, Entry]:
    """Each with `answered_on`, the day of CAPE's newest answer."""
    answered = ClaimResult.objects.filter(entry=OuterRef("pk")).order_by("-as_of", "-pk")
    entries = Entry.objects.filter(importer=importer, number__in=numbers).only("number", "claim_status", "paid_on")
    return {entry.number: entry for entry in entries.annotate(answered_on=Subquery(answered.values("as_of")[:1]))}


def _told(entry: Any) -> Iterator[str]:
    if entry is None:
        return
    words = {"day": plain_date(entry.answered_on)} if entry.answered_on else {}
    if words and entry.claim_status == ACCEPTED:
        yield gettext("CBP has accepted the claim (as of %(day)s).") % words
    if words and entry.claim_status == REFUSED:
        yield gettext("CBP has rejected the claim (as of %(day)s).") % words
    if entry.paid_on:
        yield gettext("CBP paid on %(day)s.") % {"day": plain_date(entry.paid_on)}


def _paid(pack: Any) -> Paid | None:
    return Paid(pack.paid_amount, pack.paid_last) if pack.paid_amount else None


def _protest(lines: QuerySet[PackLine], today: date) -> Protest | None:
    open_ones = lines.filter(verdict=Verdict.LATE, protest_until__gte=today)
    found = open_ones.aggregate(entries=Count("pk"), until=Min("protest_until"))
    return Protest(**found) if found["entries"] else None


def _bars(rows: Iterable[tuple[str, domain.Sum, bool]]) -> Iterator[Bar]:
    rows = list(rows)
    longest = max((counted.duty for _label, counted, _is in rows), default=Decimal(0))
    for label, counted, is_possible in rows:
        width = counted.duty / longest * 100 if longest else Decimal(0)
        yield Bar(label, counted, f"{width:.1f}", is_possible)


def _month(day: date) -> str:
    text = date_format(day, "F Y")
    return text[:1].upper() + text[1:]
