"""What CBP really paid: recorded by staff, and held against what was claimed.

CBP pays one sum for an importer number and a liquidation date, so many deposits match no declaration (CSMS 68340863).
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import refuse_bank_details
from importers.models import ImporterOfRecord, User
from importers.services.change import change
from refunds.domain.eligibility import Verdict
from refunds.models import Entry, Payment
from refunds.services import stakes, verdicts

FUTURE = _("The day is not over yet. Enter the day on which CBP paid, as ACE shows it.")
NO_MONEY = _("Enter what was paid, in dollars and cents, more than zero.")
INTEREST = _("The interest is part of the amount, so it cannot be more than it or less than zero.")
TWICE = _(
    "This payment is recorded already. If CBP paid the same amount for the same date twice, confirm that it is another."
)
LIQUIDATED_LATER = _("CBP pays after it liquidates. Look at both dates in ACE.")
CLAIMED_OR_PAID = (Verdict.CLAIMED, Verdict.PAID)


@dataclass(frozen=True, slots=True)
class Expected:
    """Of one liquidation date: what was claimed, what of it is open still, and what CBP paid. None is the date of
    entries that are not liquidated yet, and of payments for which nobody knew it."""

    liquidated: date | None
    entries: int = 0
    claimed: Decimal = Decimal(0)
    open: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    interest: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """What was paid without interest, less the duty that was claimed; only where something was paid."""
        return self.paid - self.interest - self.claimed


def record(
    importer: ImporterOfRecord,
    *,
    by: User,
    paid_on: date,
    liquidation_date: date | None,
    amount: Decimal,
    interest: Decimal | None,
    note: str,
    is_another: bool = False,
) -> Payment:
    """The claimed entries of that liquidation date count as paid from now on. Raises RuleViolation, `twice` for one
    that equals another; `is_another` says that it is none the less."""
    _check(paid_on, liquidation_date, amount, interest, note)
    today = timezone.localdate()
    with transaction.atomic():
        verdicts.held_rules()  # before any row, as whoever changes the rules takes them
        with change(importer, "record payment", by=by) as row:
            same = Payment.objects.filter(
                importer=row, paid_on=paid_on, liquidation_date=liquidation_date, amount=amount
            )
            if not is_another and same.exists():
                raise RuleViolation("twice", TWICE)
            payment = Payment.objects.create(
                importer=row, paid_on=paid_on, liquidation_date=liquidation_date, amount=amount, interest=interest,
                note=note.strip(), recorded_at=timezone.now(), recorded_by=by,
            )  # fmt: skip
            if liquidation_date is not None:
                entries = Entry.objects.filter(importer=row, liquidation_date=liquidation_date)
                _mark(entries.filter(verdict=Verdict.CLAIMED), paid_on, today)
            stakes.refresh([row.pk], today=today)
    return payment


def is_of_claimed_entries(payment: Payment) -> bool:
    claimed = Entry.objects.filter(importer=payment.importer_id, verdict__in=CLAIMED_OR_PAID)
    return claimed.filter(liquidation_date=payment.liquidation_date).exists()


def take_back(payment: Payment, *, by: User) -> None:
    """It was recorded wrongly. Its entries count as claimed again, unless another payment for that date is left."""
    today = timezone.localdate()
    with transaction.atomic():
        verdicts.held_rules()
        with change(payment.importer, "take back payment", by=by) as row:
            deleted, _models = Payment.objects.filter(pk=payment.pk).delete()
            if deleted and payment.liquidation_date is not None:
                left = Payment.objects.filter(importer=row, liquidation_date=payment.liquidation_date)
                _mark(
                    Entry.objects.filter(importer=row, liquidation_date=payment.liquidation_date).exclude(paid_on=None),
                    left.aggregate(last=Max("paid_on"))["last"],
                    today,
                )
            stakes.refresh([row.pk], today=today)


def _mark(entries: QuerySet[Entry], paid_on: date | None, today: date) -> None:
    pks = list(entries.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Entry.objects.filter(pk__in=pks).update(paid_on=paid_on)
    verdicts.reassess(today=today, entries=pks)


def _check(paid_on: date, liquidated: date | None, amount: Decimal, interest: Decimal | None, note: str) -> None:
    refuse_bank_details(note)
    if paid_on > timezone.localdate():
        raise RuleViolation("future", FUTURE)
    if amount <= 0:
        raise RuleViolation("amount", NO_MONEY)
    if interest is not None and not 0 <= interest <= amount:
        raise RuleViolation("interest", INTEREST)
    if liquidated is not None and liquidated > paid_on:
        raise RuleViolation("liquidation", LIQUIDATED_LATER)


def expected(importer: ImporterOfRecord) -> list[Expected]:
    """By liquidation date, the newest first and those without one last."""
    found: dict[date | None, Expected] = {}
    entries = Entry.objects.filter(importer=importer, verdict__in=CLAIMED_OR_PAID).order_by()
    is_open = Q(verdict=Verdict.CLAIMED)
    for day, n, claimed, still in entries.values_list("liquidation_date").annotate(
        n=Count("pk"), claimed=Sum("ieepa_duty"), still=Coalesce(Sum("ieepa_duty", filter=is_open), Decimal(0))
    ):
        found[day] = Expected(day, n, claimed, still)
    payments = Payment.objects.filter(importer=importer).order_by().values_list("liquidation_date")
    for day, paid, interest in payments.annotate(paid=Sum("amount"), of_it=Coalesce(Sum("interest"), Decimal(0))):
        found[day] = replace(found.get(day, Expected(day)), paid=paid, interest=interest)
    return sorted(found.values(), key=lambda row: row.liquidated or date.min, reverse=True)
