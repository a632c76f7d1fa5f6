"""The refund path of importers, read in a number of queries that does not grow with them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import (
    Count,
    DateField,
    DecimalField,
    DurationField,
    ExpressionWrapper,
    F,
    Max,
    Min,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, ExtractDay, Greatest, TruncDate

from importers.domain.checklist import evaluate
from importers.models import BrokerFirm, ImporterOfRecord, Readiness
from refunds.domain.eligibility import Verdict
from refunds.domain.refund_path import DAYS_WITHOUT_CLOCK, NOTHING, Path, RefundFacts, Refused, refund_path
from refunds.domain.refund_path import Sum as Amount
from refunds.models import CapeFile, Entry, Payment, RejectedRefund

Sums = dict[int, dict[Verdict, Amount]]


def paths_of(importers: Sequence[ImporterOfRecord], *, firm: BrokerFirm, today: date) -> list[Path]:
    """One for each, in their order. They come with their facts and `readiness`."""
    pks = [row.pk for row in importers]
    facts = _facts(pks, _entry_sums(pks))
    return [_path(row, facts[row.pk], firm, today, row.readiness.at_stake) for row in importers]


def by_urgency(rows: QuerySet[Readiness], today: date) -> QuerySet[Readiness]:
    """Those with money behind them, what is lost first at the top; as domain/refund_path.urgency reckons."""
    left = ExtractDay(ExpressionWrapper(F("act_until") - Value(today, DateField()), output_field=DurationField()))
    days = Greatest(Coalesce(left, Value(DAYS_WITHOUT_CLOCK)), Value(1))
    urgency = ExpressionWrapper(F("at_stake") / days, output_field=DecimalField(max_digits=30, decimal_places=10))
    return rows.filter(at_stake__gt=0).annotate(urgency=urgency).order_by("-urgency", "importer_id")


def _path(row: ImporterOfRecord, facts: RefundFacts, firm: BrokerFirm, today: date, dollars: Decimal | None) -> Path:
    until = row.readiness.act_until if dollars is not None else None
    return refund_path(evaluate(row.facts(firm, today)), facts, dollars=dollars, act_until=until, today=today)


def _facts(pks: Sequence[int], sums: Sums) -> dict[int, RefundFacts]:
    paid = {
        row["importer"]: (Amount(row["n"], row["amount"]), row["last"])
        for row in Payment.objects.filter(importer__in=pks).order_by().values("importer")
        .annotate(n=Count("pk"), amount=Sum("amount"), last=Max("paid_on"))
    }  # fmt: skip
    refused = _refused(pks, {pk: last for pk, (_amount, last) in paid.items()})
    made = dict(
        CapeFile.objects.filter(importer__in=pks, released_at=None)
        .order_by().values_list("importer").annotate(last=TruncDate(Max("made_at")))
    )  # fmt: skip
    nothing = (Amount(), None)
    return {pk: RefundFacts(sums.get(pk, {}), paid.get(pk, nothing)[0], refused.get(pk), made.get(pk)) for pk in pks}


def _entry_sums(pks: Sequence[int]) -> Sums:
    sums: Sums = defaultdict(dict)
    rows = Entry.objects.filter(importer__in=pks).order_by().values_list("importer", "verdict")
    for importer, verdict, n, amount in rows.annotate(n=Count("pk"), amount=Sum("ieepa_duty")):
        sums[importer][Verdict(verdict)] = Amount(n, amount)
    return sums


def _refused(pks: Sequence[int], last_paid: dict[int, date]) -> dict[int, Refused]:
    """Each refund once, in however many reports it stands, if it came back after the last payment. Where the report
    does not say when, the day of the first report that has it counts."""
    found: dict[int, Refused] = {}
    rows = RejectedRefund.objects.filter(importer__in=pks).order_by()
    each = rows.values("importer", "entry_number", "amount", "rejected_on")
    for row in each.annotate(day=Coalesce("rejected_on", Min("as_of")), why=Max("reason")).order_by("day"):
        pk = row["importer"]
        if pk in last_paid and row["day"] <= last_paid[pk]:
            continue
        before = found.get(pk)
        count, amount = (before.count, before.amount) if before else (0, NOTHING)
        found[pk] = Refused(count + 1, amount + row["amount"], row["day"], row["why"])
    return found
